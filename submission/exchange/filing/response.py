"""The answer to a letter as one PDF: each question with its answer and where that stands; what changed since filing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from submission.content.catalogue import unlisted
from submission.exchange.filing.folders import refuse_blocked
from submission.exchange.filing.letter import Letter, LetterError, Question, find_faults
from submission.exchange.filing.texts import section_text, section_title
from submission.exchange.redline import Redline, compare
from submission.exchange.sheets import print_sheet
from submission.package.folder import Listed, Opened, find_document

FIGURE = re.compile(r"(?<![\w.])\d[\d,.]*(?<![.,])")
ENTRY = unlisted("Response", "Response to a request for additional information", "_response.html", "reviewer")


@dataclass(frozen=True, slots=True)
class Cited:
    """What an answer cites. `section` is its title, empty for a whole document; `page` is where it begins.

    `changed` says whether it says something else than in the package that was filed; None: nobody knows.
    """

    document: Listed
    section: str
    page: int
    changed: bool | None


@dataclass(frozen=True, slots=True)
class Reply:
    """A question with its answer; `paragraphs` are empty where there is none.

    `uncited` are figures of the answer that nothing that it cites prints.
    """

    question: Question
    paragraphs: tuple[str, ...]
    cited: tuple[Cited, ...]
    uncited: tuple[str, ...]

    @property
    def open(self) -> tuple[str, ...]:
        """What is still to be done."""
        lacking = () if self.paragraphs else ("not answered",)
        bare = ("cites nothing of the package",) if self.paragraphs and not self.cited else ()
        figures = (f"figures that nothing cited prints: {', '.join(self.uncited)}",) if self.uncited else ()
        return (*lacking, *bare, *figures)


@dataclass(frozen=True, slots=True)
class Response:
    """A letter answered from a package; `filed` and `redline` are None where no filed package was named."""

    letter: Letter
    replies: tuple[Reply, ...]
    package: Opened
    filed: Opened | None
    redline: Redline | None

    @property
    def open(self) -> tuple[str, ...]:
        """What is still to be done, by question."""
        asked = [f"question {one.question.number}: {what}" for one in self.replies for what in one.open]
        lacking = ["no filed package is named, so that what changed since is not shown"] if self.filed is None else []
        return (*asked, *lacking)


def respond(path: Path, letter: Letter, package: Opened, filed: Opened | None) -> Response:
    """Put a letter's answers together with where they stand in a package.

    Raises:
        LetterError: it cites what the package does not hold; names each.
        ExportError: the package is blocked.
        FolderError: a file of a package is missing or was changed.
    """
    refuse_blocked(package)
    faults = list(find_faults(path, letter, package))
    if faults:
        raise LetterError("\n".join(faults))
    redline = compare(filed, package) if filed else None
    replies = tuple(_reply(question, package, redline) for question in letter.questions)
    return Response(letter, replies, package, filed, redline)


def _reply(question: Question, package: Opened, redline: Redline | None) -> Reply:
    answer = (question.answer or "").strip()
    paragraphs = tuple(" ".join(part.split()) for part in re.split(r"\n\s*\n", answer) if part.strip())
    cited = tuple(_cited(place, package, redline) for place in question.cites)
    return Reply(question, paragraphs, cited, tuple(_uncited(answer, question, package)))


def _cited(place: str, package: Opened, redline: Redline | None) -> Cited:
    number, _, section = place.partition("/")
    document = find_document(package, number)
    page, changed = document.sections.get(section, 1), _changed(document.number, section, redline)
    return Cited(document, section_title(package, place), page, changed)


def _changed(number: str, section: str, redline: Redline | None) -> bool | None:
    if redline is None:
        return None
    found = next((one for one in redline.documents if one.number == number), None)
    if found is None:
        return False
    return not section or not found.sections or any(one.id == section for one in found.sections)


def _uncited(answer: str, question: Question, package: Opened) -> Iterator[str]:
    """Yield the figures of an answer that neither the question nor anything that it cites prints."""
    texts = [question.asks, question.number, *(section_text(package, place) for place in question.cites)]
    printed = {figure for text in texts for figure in FIGURE.findall(text)}
    told = re.sub(r"CW-DOC-\d+", "", answer)
    yield from (figure for figure in dict.fromkeys(FIGURE.findall(told)) if figure not in printed)


def print_response(response: Response) -> bytes:
    """The response as PDF.

    Raises:
        RenderError: as `render.Press`.
    """
    names = {"response": response, "letter": response.letter, "redline": response.redline}
    filed = (("Filed", response.filed),) if response.filed else ()
    return print_sheet(ENTRY, response.package, (*filed, ("Cited", response.package)), names)
