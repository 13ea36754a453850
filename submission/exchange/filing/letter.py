"""A letter that asks for additional information, and the answers to it, as a person writes them in YAML."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from submission.package.folder import FolderError, Opened, find_document


class LetterError(Exception):
    """The file is not of its form, or cites what the package does not hold; a line for each fault."""


class Question(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A question of the letter in its own words. `answer` is None until there is one.

    `cites` are documents (`CW-DOC-011`) or sections of them (`CW-DOC-011/criteria`). `line` is where it stands.
    """

    number: str
    asks: str
    answer: str | None = None
    cites: tuple[str, ...] = ()
    line: int = 0


class Letter(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`LETTER.yaml`: what the letter is called, its date and the submission's number, as it states them; and questions.

    `date` and `submission` are None where the letter states none.
    """

    letter: str
    date: str | None = None
    submission: str | None = None
    questions: tuple[Question, ...]


class _Loader(yaml.SafeLoader):
    """Dates and numbers stay the text that a person wrote."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:null"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_letter(path: Path) -> Letter:
    """Read a letter with its answers.

    Raises:
        LetterError: it is not there, is not YAML, or is not of its form.
    """
    try:
        content = path.read_text(encoding="utf-8")
        letter = msgspec.convert(yaml.load(content, Loader=_Loader), Letter)  # noqa: S506  it is a SafeLoader
        lines = _lines(content)
    except OSError as error:
        raise LetterError(f"{path}: cannot be read: {error.strerror}; name the file of the letter") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LetterError(f"{path}: {error}; mend the file") from error
    except msgspec.ValidationError as error:
        raise LetterError(f"{path}: {error}; see the tutorial of regulatory affairs for the form") from error
    placed = (msgspec.structs.replace(one, line=line) for one, line in zip(letter.questions, lines, strict=True))
    return msgspec.structs.replace(letter, questions=tuple(placed))


def _lines(content: str) -> list[int]:
    node: Any = yaml.compose(content, Loader=_Loader)
    questions = next(value for key, value in node.value if key.value == "questions")
    return [entry.start_mark.line + 1 for entry in questions.value]


def find_faults(path: Path, letter: Letter, package: Opened) -> Iterator[str]:
    """Yield what is wrong with a letter beyond its form: numbers that stand twice, places that are not there."""
    seen: dict[str, int] = {}
    if not letter.questions:
        yield f"{path}: questions: found none, expected each question of the letter"
    for question in letter.questions:
        where = f"{path}:{question.line}"
        if question.number in seen:
            yield f"{where}: question {question.number} stands twice, first on line {seen[question.number]}"
        seen.setdefault(question.number, question.line)
        if not question.asks.strip():
            yield f"{where}: asks: found nothing, expected the question in the words of the letter"
        yield from (f"{where}: {fault}" for cited in question.cites for fault in _find_absent(cited, package))


def _find_absent(cited: str, package: Opened) -> Iterator[str]:
    number, _, section = cited.partition("/")
    try:
        document = find_document(package, number)
    except FolderError as error:
        yield f"cites {cited}: {error}"
        return
    if section and section not in document.sections:
        near = get_close_matches(section, document.sections, 1)
        hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(document.sections)}"
        yield f"cites {cited}: {document.number} has no section {section!r}; {hint}"
