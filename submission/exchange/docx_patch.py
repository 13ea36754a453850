"""Changes that came back from Word as a patch of the source, for a person to read and apply; nothing is taken over.

A sentence is patched where it stands literally in one place of a template or a YAML file. Every other change is named
with the places where it might be made: a figure changes in the evidence, and what a template composes, in the template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from html import escape
from pathlib import PurePosixPath
from typing import Any

import yaml
from jinja2 import TemplateError

from submission.content.environment import make_environment
from submission.content.reading import read_catalogue
from submission.exchange.docx_check import MARK, Finding
from verification.evidence import Project

PATCHED = ("submission/templates/*.html", "submission/*.yaml", "requirements_spec/**/*.yaml", "risk/**/*.yaml")
NAMED = ("verification/features/**/*.feature", "verification/studies/**/*.yaml", "device/releases/**/*.yaml")
"""Files that hold sentences, too: steps that code runs by their words, plans that are locked, releases by digest."""

FEWEST = 4
"""Words of a sentence that is told from others by its words."""

OPENING, CLOSING = ("{{", "{%", "{#"), ("}}", "%}", "#}")


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a file in which a sentence stands; `line` is that of its beginning."""

    file: str
    line: int
    start: int
    end: int

    @property
    def told(self) -> str:
        """It for a terminal."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a finding: where it is patched, or why it is not and where it might be made."""

    finding: Finding
    place: str
    why: str


@dataclass(frozen=True, slots=True)
class Patch:
    """A unified diff of the checkout, empty if nothing is patched, and what became of each finding."""

    content: bytes
    outcomes: tuple[Outcome, ...]


def make_patch(findings: Sequence[Finding], project: Project) -> Patch:
    """Make the patch of what `check_docx` found, against the sources of a checkout as they stand."""
    sources = _Sources(project)
    outcomes = tuple(_outcome(finding, sources) for finding in findings)
    return Patch("".join(sources.diff()).encode(), outcomes)


class _Sources:
    """The files of a checkout, and the edits that are to be made in them."""

    def __init__(self, project: Project) -> None:
        self.texts = {name: project.read(name).decode() for name in project.find_names(*PATCHED, *NAMED)}
        self.patched = set(project.find_names(*PATCHED))
        self.edits: dict[str, dict[tuple[int, int], str]] = {}
        self.templates = {
            entry.number: f"submission/templates/{entry.template}" for entry in read_catalogue().documents
        }

    def find(self, sentence: str) -> list[Place]:
        """The places where a sentence stands word by word, whatever white space is between."""
        words = r"\s+".join(map(re.escape, sentence.split()))
        pattern = re.compile(rf"(?<!\w){words}(?!\w)")
        return [
            Place(name, text.count("\n", 0, match.start()) + 1, *match.span())
            for name, text in self.texts.items()
            for match in pattern.finditer(text)
        ]

    def diff(self) -> Iterator[str]:
        """Yield the lines of the patch."""
        for name, edits in sorted(self.edits.items()):
            before, after = self.texts[name], self.texts[name]
            for (start, end), said in sorted(edits.items(), reverse=True):
                after = after[:start] + said + after[end:]
            old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
            for line in unified_diff(old, new, f"a/{name}", f"b/{name}"):
                yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _outcome(finding: Finding, sources: _Sources) -> Outcome:
    template = sources.templates.get(finding.document, "its template")
    if finding.how != "changed":
        return Outcome(finding, template, f"{finding.how}: only a changed sentence has a place of its own")
    if MARK.search(finding.now):
        return Outcome(finding, template, "holds what is no plain text")
    if len(finding.was.split()) < FEWEST:
        return Outcome(finding, template, f"has fewer than {FEWEST} words, too few to be told from others")
    found = sources.find(finding.was)
    if not found:
        return Outcome(finding, template, "stands in no source as it is: composed there, or from evidence")
    if len(found) > 1:
        places = ", ".join(place.told for place in found)
        return Outcome(finding, places, f"stands in {len(found)} places: choose, or change all")
    return _edited(finding, found[0], sources)


def _edited(finding: Finding, place: Place, sources: _Sources) -> Outcome:
    """Enter the edit of a sentence, if the file stays whole with it and says that alone anew."""
    if place.file not in sources.patched:
        return Outcome(finding, place.told, "is no sentence to patch: code runs it, or a digest locks it")
    edits = sources.edits.setdefault(place.file, {})
    span = (place.start, place.end)
    if any(span[0] < end and start < span[1] for start, end in edits if (start, end) != span):
        return Outcome(finding, place.told, "overlaps another change")
    text = sources.texts[place.file]
    is_template = PurePosixPath(place.file).suffix == ".html"
    new = _rewritten(text[slice(*span)], finding.now, markup=is_template and not _in_expression(text, span[0]))
    after = text[: span[0]] + new + text[span[1] :]
    why = (_find_broken_template if is_template else _find_broken_yaml)(text, after, finding, span)
    if why or edits.get(span, new) != new:
        return Outcome(finding, place.told, why or "is changed in two ways")
    edits[span] = new
    return Outcome(finding, place.told, "")


def _rewritten(old: str, now: str, *, markup: bool) -> str:
    """The new words where the old ones stand; words that stay keep the white space after them."""
    words, gaps = old.split(), re.findall(r"\s+", old)
    new = [escape(word, quote=False) if markup else word for word in now.split()]
    found: list[tuple[str, str]] = []
    for how, i, j, k, m in SequenceMatcher(None, words, new, autojunk=False).get_opcodes():
        after = [*gaps, " "][i:j] if how in ("equal", "replace") and j - i == m - k else [" "] * (m - k)
        found += zip(new[k:m], after, strict=True)
    return "".join(f"{word}{gap}" for word, gap in found[:-1]) + found[-1][0]


def _in_expression(text: str, at: int) -> bool:
    """Whether a place of a template is within an expression, a statement or a comment of Jinja."""
    return max(text.rfind(each, 0, at) for each in OPENING) > max(text.rfind(each, 0, at) for each in CLOSING)


def _find_broken_template(before: str, after: str, finding: Finding, span: tuple[int, int]) -> str:
    """Why a template cannot be patched so; nothing if it can."""
    if any(each in finding.now for each in (*OPENING, *CLOSING)):
        return "would be read as a part of the template's code"
    if _in_expression(before, span[0]):
        if before.rfind("{#", 0, span[0]) > before.rfind("#}", 0, span[0]):
            return "stands in a comment of the template alone"
        if re.search(r'["\'\\]', finding.now):
            return "holds a quotation mark, within an expression of the template"
    try:
        make_environment().parse(after)
    except TemplateError as error:
        return f"would leave a template that cannot be read: {error}"
    return ""


def _find_broken_yaml(before: str, after: str, finding: Finding, span: tuple[int, int]) -> str:
    """Why a YAML file cannot be patched so: it could not be read, or would say something else; nothing if it can."""
    del span
    try:
        old, new = (list(_scalars(yaml.compose(text, Loader=yaml.SafeLoader))) for text in (before, after))
    except yaml.YAMLError as error:
        return f"would leave a file that is no YAML: {' '.join(str(error).split())}"
    changed = [pair for pair in zip(old, new, strict=False) if pair[0] != pair[1]]
    if len(old) != len(new) or len(changed) != 1:
        return "stands in a comment of the file alone" if not changed else "would change more than its own text"
    was, now = changed[0]
    return "" if now == was.replace(" ".join(finding.was.split()), finding.now) else "would be read otherwise by YAML"


def _scalars(node: Any) -> Iterator[str]:
    if isinstance(node, yaml.ScalarNode):
        yield " ".join(str(node.value).split())
    elif node is not None:
        for child in node.value:
            for each in child if isinstance(child, tuple) else (child,):
                yield from _scalars(each)
