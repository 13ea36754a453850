"""Who files, and what they alone know: `submission/sponsor.yaml`, the one place for it.

A *fact* is a leaf of the file, named by its path: `applicant.name`, `predicate`, `owners.Regulatory affairs`. An empty
one is None. Its fields, as the file and `sponsor` in a template have them:

    applicant       name, address, telephone, email
    contact         name, title, telephone, email
    correspondent   company, name, address, telephone, email (all empty: the contact corresponds)
    establishment   registration
    signatory       name, position
    owners          the person of each role that owns a document, by the role
    names           trade (empty: the name by which the device calls itself), common, classification
    udi_di
    user_fee
    pre_submission
    predicate       its K-number
    references      K-numbers of reference devices
    dates           summary, submission

`Sponsor` is what the file holds, `find_missing` names what it does not, and `entered` is what a template sees: each
fact its value or a `Gap` that says that it is not entered.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, NamedTuple, get_type_hints

import msgspec
import yaml
from msgspec import Struct, field

from verification.evidence import Gap

FILE = "submission/sponsor.yaml"

Text = str | None


class Fact(NamedTuple):
    """What a fact is called in the middle of a sentence, the form it has, and whether a submission can lack it.

    `form` takes the text that was found and gives what was expected instead; nothing where it is as expected.
    """

    called: str
    form: Callable[[str], str] = lambda _: ""
    optional: bool = False


def _like(pattern: str, expected: str) -> Callable[[str], str]:
    return lambda text: "" if re.fullmatch(pattern, text) else expected


def _dated(text: str) -> str:
    try:
        return "" if datetime.date.fromisoformat(text).isoformat() == text else DATE
    except ValueError:
        return DATE


def _identified(text: str) -> str:
    """The form of a UDI-DI. Of GS1's 14 digits the last makes their weighted sum a multiple of ten."""
    if re.fullmatch(r"\+[A-Z][A-Z0-9]{5,23}|=/[A-Z0-9]{10,25}", text):
        return ""
    if not re.fullmatch(r"\d{14}", text):
        return "expected 14 digits (GS1), or one that begins with + (HIBCC) or with =/ (ICCBBA)"
    weighted = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(text))
    return "" if weighted % 10 == 0 else "expected another last digit: it does not check the others"


DATE = "expected a day as 2001-02-03"
TELEPHONE = _like(
    r"\+?[0-9][0-9 ().-]{5,}( ?(x|ext\.?) ?\d+)?", "expected a telephone number: digits, spaces, + ( ) . -"
)
EMAIL = _like(r"[^@\s]+@[^@\s]+\.[^@\s]+", "expected an address with one @")
CLEARED = _like(r"K\d{6}|DEN\d{6}", "expected K or DEN and six digits")


class _Strict(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a mapping of the file may hold; an empty fact is None."""


class Applicant(_Strict, frozen=True):
    """The company that submits and will hold the clearance."""

    name: Annotated[Text, Fact("the applicant’s name")] = None
    address: Annotated[Text, Fact("the applicant’s address")] = None
    telephone: Annotated[Text, Fact("the applicant’s telephone", TELEPHONE)] = None
    email: Annotated[Text, Fact("the applicant’s e-mail address", EMAIL, optional=True)] = None


class Contact(_Strict, frozen=True):
    """The applicant's person whom FDA may ask."""

    name: Annotated[Text, Fact("the contact person’s name")] = None
    title: Annotated[Text, Fact("the contact person’s title", optional=True)] = None
    telephone: Annotated[Text, Fact("the contact person’s telephone", TELEPHONE)] = None
    email: Annotated[Text, Fact("the contact person’s e-mail address", EMAIL)] = None


class Correspondent(_Strict, frozen=True):
    """Who corresponds in the applicant's place, a consultant for instance."""

    company: Annotated[Text, Fact("the correspondent’s company", optional=True)] = None
    name: Annotated[Text, Fact("the correspondent’s name", optional=True)] = None
    address: Annotated[Text, Fact("the correspondent’s address", optional=True)] = None
    telephone: Annotated[Text, Fact("the correspondent’s telephone", TELEPHONE, optional=True)] = None
    email: Annotated[Text, Fact("the correspondent’s e-mail address", EMAIL, optional=True)] = None


class Establishment(_Strict, frozen=True):
    """The establishment that is registered with FDA."""

    registration: Annotated[
        Text, Fact("the establishment’s registration number", _like(r"\d{7}|\d{10}", "expected seven or ten digits"))
    ] = None


class Signatory(_Strict, frozen=True):
    """Who signs the statement that the submission is truthful and accurate: of the applicant, and no consultant."""

    name: Annotated[Text, Fact("the signatory’s name")] = None
    position: Annotated[Text, Fact("the signatory’s position")] = None


class Names(_Strict, frozen=True):
    """The names of the device as a 510(k) states them."""

    trade: Annotated[Text, Fact("the trade name", optional=True)] = None
    common: Annotated[Text, Fact("the common name")] = None
    classification: Annotated[Text, Fact("the classification name")] = None


class Dates(_Strict, frozen=True):
    """Days (ISO 8601)."""

    summary: Annotated[Text, Fact("the day on which the summary was prepared", _dated)] = None
    submission: Annotated[Text, Fact("the day of submission", _dated)] = None


class Sponsor(_Strict, frozen=True):
    """`sponsor.yaml`."""

    applicant: Applicant = field(default_factory=Applicant)
    contact: Contact = field(default_factory=Contact)
    correspondent: Correspondent = field(default_factory=Correspondent)
    establishment: Establishment = field(default_factory=Establishment)
    signatory: Signatory = field(default_factory=Signatory)
    owners: dict[str, str | None] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    udi_di: Annotated[Text, Fact("the unique device identifier", _identified)] = None
    user_fee: Annotated[Text, Fact("the user fee’s payment number", _like(r"\S+", "expected one word"))] = None
    pre_submission: Annotated[
        Text,
        Fact("the number of the pre-submission", _like(r"Q\d{6,7}(/S\d{3})?", "expected Q and six or seven digits")),
    ] = None
    predicate: Annotated[Text, Fact("the predicate", CLEARED)] = None
    references: tuple[str, ...] = ()
    dates: Dates = field(default_factory=Dates)


# --- what there is to enter -------------------------------------------------------------------------------------------

OWNERS, REFERENCES = "owners", "references"
OTHER_DEVICE = Fact("the reference device", CLEARED, optional=True)


@cache
def find_facts(roles: tuple[str, ...]) -> Mapping[str, Fact]:
    """Every fact by its path, in the order of the file; `roles` own documents."""
    owners = {f"{OWNERS}.{role}": Fact(f"the person of the role {role}") for role in roles}
    return dict(_facts(Sponsor)) | owners


def _facts(kind: type[Struct], front: str = "") -> Iterator[tuple[str, Fact]]:
    for name, hint in get_type_hints(kind, include_extras=True).items():
        if isinstance(hint, type) and issubclass(hint, Struct):
            yield from _facts(hint, f"{name}.")
        elif fact := next((each for each in getattr(hint, "__metadata__", ()) if isinstance(each, Fact)), None):
            yield f"{front}{name}", fact


def value_of(sponsor: Sponsor, path: str) -> str | None:
    """The value of a fact; None where it is not entered."""
    front, _, name = path.partition(".")
    inner: Any = getattr(sponsor, front)
    found: str | None = inner.get(name) if isinstance(inner, dict) else getattr(inner, name) if name else inner
    return found


def find_texts(sponsor: Sponsor, roles: tuple[str, ...]) -> tuple[str, ...]:
    """What is entered, each fact as it was written."""
    return tuple(value for path in find_facts(roles) if (value := value_of(sponsor, path)) is not None)


def find_missing(sponsor: Sponsor, roles: tuple[str, ...]) -> tuple[str, ...]:
    """The paths of the facts that are not entered, optional ones aside."""
    facts = find_facts(roles).items()
    return tuple(path for path, fact in facts if not fact.optional and value_of(sponsor, path) is None)


def entered(sponsor: Sponsor, roles: tuple[str, ...]) -> dict[str, Any]:
    """The facts as a template sees them, by the names of the file: each its value, or a gap that says how to enter it.

    An optional one that is not entered is a gap too, and no row of the gap register.
    """
    found: dict[str, Any] = {REFERENCES: sponsor.references}
    for path, fact in find_facts(roles).items():
        front, _, name = path.partition(".")
        value = value_of(sponsor, path) or absent(path, fact)
        if name:
            found.setdefault(front, {})[name] = value
        else:
            found[front] = value
    return found


def absent(path: str, fact: Fact) -> Gap:
    """What stands in the place of a fact that is not entered."""
    reason = f"{fact.called[0].upper()}{fact.called[1:]} is not entered"
    return Gap(reason=reason, closes=f"enter {path} in {FILE}")


# --- reading ----------------------------------------------------------------------------------------------------------


def parse_sponsor(text: str, roles: tuple[str, ...], devices: Iterable[str]) -> tuple[Sponsor, list[str]]:
    """What the file says, and every fault of it with its line: found, expected, what to do. Any fault voids the rest.

    Args:
        text: the content of the file. Every scalar is text: a telephone is no number, a day no date.
        roles: those that own documents.
        devices: the K-numbers of the table of cleared devices, of which predicate and references are some.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        return Sponsor(), [f"{FILE}: is not YAML: {error}; mend the file"]
    reader = _Reader(find_facts(roles), frozenset(devices))
    found = reader.read(root)
    reader.compare(found)
    return (Sponsor(), reader.faults) if reader.faults else (msgspec.convert(found, Sponsor), [])


class _Reader:
    """Reads the nodes of the file, and gathers what is wrong with them."""

    def __init__(self, facts: Mapping[str, Fact], devices: frozenset[str]) -> None:
        self.facts, self.devices = facts, devices
        self.fronts = {path.partition(".")[0] for path in facts} | {REFERENCES}
        self.lines: dict[str, int] = {}
        self.faults: list[str] = []

    def read(self, root: Any) -> dict[str, Any]:
        """The mapping of the file, without what is wrong in it."""
        found: dict[str, Any] = {}
        for front, node in self._entries(root, "", self.fronts):
            names = {path.partition(".")[2] for path in self.facts if path.startswith(f"{front}.")}
            if front == REFERENCES:
                found[front] = tuple(self._references(node))
            elif not names:
                found[front] = self._fact(front, node)
            else:
                inner = self._entries(node, f"{front}.", names)
                found[front] = {name: self._fact(f"{front}.{name}", value) for name, value in inner}
        return found

    def compare(self, found: Mapping[str, Any]) -> None:
        """Hold facts against each other."""
        predicate, references = found.get("predicate"), found.get(REFERENCES, ())
        if predicate and predicate in references:
            self._tell(self.lines[REFERENCES], f"{predicate} is the predicate too; let it be the one or the other")
        dates = found.get("dates") or {}
        prepared, submitted = dates.get("summary"), dates.get("submission")
        if prepared and submitted and submitted < prepared:
            said = f"dates.submission is {submitted}, before the summary was prepared, {prepared}; correct one of them"
            self._tell(self.lines["dates.submission"], said)

    def _entries(self, node: Any, front: str, names: set[str]) -> Iterator[tuple[str, Any]]:
        """Yield the keys of a mapping that are known, each once, with their nodes; an empty one has none."""
        if node is None or _is_empty(node):
            return
        if not isinstance(node, yaml.MappingNode):
            said = f"{front.rstrip('.') or 'the file'} is {_shown(node)}, expected a mapping of {_listed(names)}"
            self._tell(_line(node), f"{said}; see its comments")
            return
        for key, value in node.value:
            path = f"{front}{key.value}"
            if key.value not in names:
                near = get_close_matches(key.value, sorted(names), 1)
                hint = f"did you mean {near[0]}?" if near else f"expected one of {_listed(names)}"
                self._tell(_line(key), f"there is no {path}; {hint}")
            elif path in self.lines:
                self._tell(_line(key), f"{path} stands twice, first on line {self.lines[path]}; keep one")
            else:
                self.lines[path] = _line(key)
                yield key.value, value

    def _fact(self, path: str, node: Any) -> str | None:
        if _is_empty(node):
            return None
        found = self._checked(path, self.facts[path], node)
        return self._known(path, node, found) if path == "predicate" else found

    def _checked(self, path: str, fact: Fact, node: Any) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self._tell(_line(node), f"{path} is {_shown(node)}, expected text; write {fact.called} on one line")
            return ""
        text = str(node.value).strip()
        if "\n" in text:
            self._tell(_line(node), f"{path} has more than one line, expected one; divide by commas")
        elif PLACEHOLDER.search(text):
            self._tell(_line(node), f"{path} is {text!r}, which holds a place; enter {fact.called}, or leave it empty")
        elif expected := fact.form(text):
            self._tell(_line(node), f"{path} is {text!r}, {expected}; correct it, or leave it empty")
        return text

    def _known(self, path: str, node: Any, number: str) -> str:
        if number not in self.devices and not CLEARED(number):
            near = get_close_matches(number, sorted(self.devices), 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            said = f"{path} names {number}, which is not in the devices of submission/equivalence.yaml{hint}"
            self._tell(_line(node), f"{said}; enter there what was read of it")
        return number

    def _references(self, node: Any) -> Iterator[str]:
        if _is_empty(node):
            return
        if not isinstance(node, yaml.SequenceNode):
            self._tell(
                _line(node), f"{REFERENCES} is {_shown(node)}, expected a list, as [K123456, K234567]; write one"
            )
            return
        seen: set[str] = set()
        for each in node.value:
            number = self._known(REFERENCES, each, self._checked(REFERENCES, OTHER_DEVICE, each))
            if number in seen:
                self._tell(_line(each), f"{REFERENCES} names {number} twice; name it once")
            seen.add(number)
            yield number

    def _tell(self, line: int, said: str) -> None:
        self.faults.append(f"{FILE}:{line}: {said}")


PLACEHOLDER = re.compile(r"\A(?:TBD|TBC|TODO|N/?A|none|unknown|pending|-+)\Z|[\[<{?]|\bto be \w+|_{3,}", re.IGNORECASE)
"""What people write where nothing is known yet: an empty fact says that, and is counted."""


def _is_empty(node: Any) -> bool:
    scalar = isinstance(node, yaml.ScalarNode)
    return scalar and (node.tag == "tag:yaml.org,2002:null" or not str(node.value).strip())


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1


def _shown(node: Any) -> str:
    kinds = {yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list"}
    return kinds.get(type(node)) or repr(node.value)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
