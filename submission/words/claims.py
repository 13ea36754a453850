"""What a page says and where it comes from: every value of the evidence remembers its place through every filter.

A whole number, a measure, a text with a digit and a sequence that were read from evidence are what they were, and know
their *origin* beside: a file of the package and a JSON pointer into it, `studies.json#/studies/0/images` (RFC 6901;
`?` is written `~2`, `[` `~3`). A step may select: `verification.json#/results[3:8]?status=passed` are those of the
results 3 to 7 whose status is "passed", `/results[3:8,12:13]` the results 3 to 7 and 12, `/items/*/criteria/*` the
criteria of every item, `/strengths/*/killed+survived` two numbers of each. A selection is the origin of a number: the
sum of what it selects if these are whole numbers, else how many.

A filter that writes a value gives `Words`: text whose runs each know the origin and the rule by which it was written.
On the page a run with a digit and an origin is a *claim*; a digit that stands in no claim is a free numeral.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, NamedTuple, TypeVar

import msgspec
from markupsafe import Markup, escape
from msgspec import Struct

T = TypeVar("T")

DIGIT = re.compile(r"\d")


class Run(NamedTuple):
    """A stretch of text; `origin` is empty for what is nobody's claim."""

    text: str
    origin: str = ""
    rule: str = ""


class Whole(int):
    """A whole number of the evidence."""

    origin: str


class Real(float):
    """A measure of the evidence."""

    origin: str


class Rows(tuple[T, ...]):
    """A sequence of the evidence."""

    origin: str


class Words(str):
    """Text that knows where each of its runs comes from."""

    runs: tuple[Run, ...]

    def __html__(self) -> Markup:
        """Markup in which each claim is an element that names its origin."""
        return Markup("").join(mark(run, escape(run.text)) for run in self.runs)


def say(runs: Iterable[Run]) -> Words:
    """The runs as one text."""
    found = tuple(run for run in runs if run.text)
    words = Words("".join(run.text for run in found))
    words.runs = found
    return words


def mark(run: Run, inner: Markup) -> Markup:
    """A run as markup; `inner` is its text as markup."""
    if not run.origin or not DIGIT.search(run.text):
        return inner
    return Markup('<data o="{}" r="{}">{}</data>').format(run.origin, run.rule, inner)


# --- reading ----------------------------------------------------------------------------------------------------------


def remember(value: T, origin: str) -> T:
    """Give a value and all that it holds their origins. Records are changed in place, since they were just read."""
    kind: Any = type(value)
    give = _giver(kind)
    return give(value, origin) if give else value


@cache
def _giver(kind: type) -> Callable[[Any, str], Any] | None:
    """How a value of some type gets its origin; None for what needs none."""
    if kind in GIVERS:
        return GIVERS[kind]
    if issubclass(kind, Struct):
        return _of_struct
    if issubclass(kind, Mapping):
        return _of_mapping
    return _of_dataclass if is_dataclass(kind) else None


def _of_text(value: str, origin: str) -> str:
    if not DIGIT.search(value):
        return value
    figures = origin.startswith(FIGURES)
    return say([Run(HYPHEN.sub("−", value) if figures else value, origin, "text")])


FIGURES = ("studies.json#", "datasets.json#")
"""Files whose texts are of figures: what stands before a number there is its sign, and no part of a name or command."""

HYPHEN = re.compile(r"(?:(?<=[\s(])|^)-(?=\d)")
"""A hyphen that begins a number: a minus that was typed."""


def _of_whole(value: int, origin: str) -> Whole:
    found = Whole(value)
    found.origin = origin
    return found


def _of_real(value: float, origin: str) -> Real:
    found = Real(value)
    found.origin = origin
    return found


def _of_sequence(value: tuple[Any, ...], origin: str) -> Rows[Any]:
    return rows([remember(each, f"{origin}/{n}") for n, each in enumerate(value)], origin)


def _of_mapping(value: Mapping[Any, Any], origin: str) -> dict[Any, Any]:
    found = {}
    for name, inner in value.items():
        place = step(origin, name)
        found[_of_key(name, place)] = remember(inner, place)
    return found


def _of_key(name: Any, origin: str) -> Any:
    """A key of a mapping is a name; it stands where its value stands."""
    return say([Run(name, origin, "name")]) if isinstance(name, str) and DIGIT.search(name) else name


def _of_struct(value: Struct, origin: str) -> Struct:
    kind: Any = type(value)
    for name, encoded in _fields(kind):
        inner = getattr(value, name)
        sort: Any = type(inner)
        give = _giver(sort)
        if give:
            msgspec.structs.force_setattr(value, name, give(inner, f"{origin}/{encoded}"))
    return value


def _of_dataclass(value: Any, origin: str) -> Any:
    for field in fields(value):
        object.__setattr__(value, field.name, remember(getattr(value, field.name), f"{origin}/{field.name}"))
    return value


@cache
def _fields(kind: Any) -> tuple[tuple[str, str], ...]:
    return tuple((field.name, field.encode_name) for field in msgspec.structs.fields(kind))


GIVERS: dict[type, Callable[[Any, str], Any]] = {
    str: _of_text,
    int: _of_whole,
    float: _of_real,
    tuple: _of_sequence,
    list: _of_sequence,
}
"""How the plain types get an origin. Truths and enumerations are words and need none."""


def step(origin: str, name: object) -> str:
    """The place one step further in (RFC 6901)."""
    return f"{origin}/{_escaped(name)}"


def rows(values: Iterable[T], origin: str) -> Rows[T]:
    """A sequence with its origin."""
    found = Rows(values)
    found.origin = origin
    return found


# --- writing ----------------------------------------------------------------------------------------------------------


def origin_of(value: object) -> str:
    """Where a value comes from, if it is one whole piece of evidence; else nothing."""
    if isinstance(value, Words):
        return value.runs[0].origin if len(value.runs) == 1 else ""
    return getattr(value, "origin", "")


def written(text: str, value: object, rule: str) -> str:
    """What a value is written as, by a rule that the audit knows too."""
    origin = origin_of(value)
    return say([Run(text, origin, rule)]) if origin else text


def compose(pattern: str, *parts: object) -> Words:
    """The texts put into the places of a pattern, each `{}`; every one keeps its origin."""
    first, *pieces = pattern.split("{}")
    runs = [Run(first)]
    for part, piece in zip(parts, pieces, strict=True):
        runs += [*runs_of(part), Run(piece)]
    return say(runs)


def runs_of(text: object) -> Sequence[Run]:
    """The runs of a text; a plain one is a single run of no origin."""
    return text.runs if isinstance(text, Words) else [Run(str(text))]


def join_words(texts: Iterable[str], between: str = ", ") -> Words:
    """Texts in one line."""
    found = tuple(texts)
    return compose(between.join(["{}"] * len(found)), *found) if found else say(())


def cut(text: str, start: int, end: int) -> str:
    """A part of a text; what is less than a whole run is written as a part of its evidence."""
    if not isinstance(text, Words):
        return text[start:end]
    runs, at = [], 0
    for run in text.runs:
        inner = run.text[max(0, start - at) : max(0, end - at)]
        runs.append(run if inner == run.text else Run(inner, run.origin, "part" if run.origin else run.rule))
        at += len(run.text)
    return say(runs)


def scale(text: str) -> Words:
    """A mark of a drawing's scale: it measures, and is nobody's claim."""
    return say([Run(text, "", SCALE)])


SCALE = "scale"


def total_of(values: Iterable[Any], *attributes: str) -> int:
    """The sum of whole numbers of several records, with its origin."""
    found = sum(getattr(value, name) for value in values for name in attributes)
    origin = origin_of(values)
    return _of_whole(found, f"{origin}/*/{'+'.join(attributes)}") if origin else found


def pick(values: Iterable[T], attribute: str, wanted: object, *, other: bool = False) -> tuple[T, ...]:
    """The values whose attribute is `wanted` (or those whose is not), with the origin of their number.

    The attribute may be one of an attribute, as in `support.reason`.
    """
    found = [value for value in values if (_attribute(value, attribute) == wanted) is not other]
    origin = origin_of(values)
    name = str(wanted).lower() if isinstance(wanted, bool) else _escaped(wanted)
    return rows(found, f"{origin}?{attribute}{'!=' if other else '='}{name}") if origin else tuple(found)


def _attribute(value: object, path: str) -> object:
    for name in path.split("."):
        value = getattr(value, name, None)
    return value


def _escaped(name: object) -> str:
    return str(name).replace("~", "~0").replace("/", "~1").replace("?", "~2").replace("[", "~3")


def stretch(values: Sequence[T], start: int, end: int) -> tuple[T, ...]:
    """Neighbors in a sequence, with the origin of their number."""
    origin = origin_of(values)
    return rows(values[start:end], f"{origin}[{start}:{end}]") if origin else tuple(values[start:end])


def choose(values: Iterable[T], wanted: Callable[[T], bool]) -> tuple[T, ...]:
    """The values that a condition of the code chooses; the origin of their number names the places of those chosen."""
    chosen = [(at, value) for at, value in enumerate(values) if wanted(value)]
    origin = origin_of(values)
    found = [value for _, value in chosen]
    if not origin:
        return tuple(found)
    return rows(found, f"{origin}[{','.join(_stretches(at for at, _ in chosen)) or '0:0'}]")


def _stretches(places: Iterable[int]) -> list[str]:
    """Places in order as stretches of neighbors, `3:8`."""
    ends: list[list[int]] = []
    for at in places:
        if ends and ends[-1][1] == at:
            ends[-1][1] = at + 1
        else:
            ends.append([at, at + 1])
    return [f"{start}:{end}" for start, end in ends]


def number_of(values: Sequence[Any]) -> int:
    """How many they are; the number of a sequence of the evidence has its origin."""
    origin = origin_of(values)
    return _of_whole(len(values), origin) if origin else len(values)
