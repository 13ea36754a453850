"""An invented letter answered: where each answer stands, what is open, and what changed since filing."""

from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from submission.cli import submission
from submission.exchange.filing.letter import LetterError, find_faults, read_letter
from submission.exchange.filing.response import respond

LETTER = """\
letter: Request for additional information (invented)
date: 2001-02-03
submission: K000000
questions:
  - number: 1
    asks: State the sensitivity and the images that it holds for.
    answer: |
      The sensitivity is 0.800.

      It is of a development study.
    cites: [CW-DOC-011/criteria]
  - number: 2
    asks: What does the device do?
    answer: It refuses what the requirement says.
    cites: [CW-DOC-006/software-requirements, CW-DOC-002]
"""
UNANSWERED = "  - number: 3\n    asks: Provide a study with readers.\n"


@pytest.fixture
def letter(tmp_path):
    def writing(content: str = LETTER) -> Path:
        path = tmp_path / "letter.yaml"
        path.write_text(content)
        return path

    return writing


def run(path: Path, package, filed, *more: str) -> tuple[int, str]:
    output = path.with_suffix(".pdf")
    named = ["--filed", str(filed.folder)] if filed else []
    status = submission(
        ["respond", str(path), *named, "--package", str(package.folder), "--output", str(output), *more]
    )
    pages = PdfReader(BytesIO(output.read_bytes())).pages if output.exists() else []
    return status, squeezed("".join(page.extract_text() for page in pages))


def squeezed(text: str) -> str:
    """A text without white space: where a line ends on a page is nobody's concern."""
    return "".join(text.split())


def test_each_question_has_its_answer_and_the_page_that_it_cites(letter, candidate, later):
    status, text = run(letter(), later, candidate)
    assert status == 0
    assert squeezed("State the sensitivity and the images that it holds for.") in text
    assert squeezed("The sensitivity is 0.800. It is of a development study.") in text
    document = next(one for one in later.manifest.documents if one.number == "CW-DOC-011")
    page = document.sections["criteria"]
    said = f"Clinical Performance Report, section “1 Acceptance criteria”, page {page} of {document.file}"
    assert squeezed(said) in text


def test_what_changed_since_filing_is_shown_and_marked_where_it_is_cited(letter, candidate, later):
    text = run(letter(), later, candidate)[1]
    assert "[−do][+refuse]" in text
    assert "ofCW-DOC-006-software-requirements.pdfchangedsincefiling" in text
    assert "ofCW-DOC-011-performance-report.pdfchangedsincefiling" not in text


def test_a_question_without_an_answer_is_said_and_is_the_exit_status(letter, candidate, capsys):
    status, text = run(letter(LETTER + UNANSWERED), candidate, candidate)
    assert status == 1
    said = capsys.readouterr().out
    assert "open: question 3: not answered" in said
    assert "2 of 3 questions answered" in said
    assert squeezed("Nobody has written an answer to this question.") in text


def test_a_figure_that_nothing_cited_prints_is_named(letter, candidate, capsys):
    assert run(letter(LETTER.replace("0.800", "0.999")), candidate, candidate)[0] == 1
    assert "open: question 1: figures that nothing cited prints: 0.999" in capsys.readouterr().out


def test_without_a_filed_package_the_response_is_not_complete(letter, candidate, capsys):
    assert run(letter(), candidate, None)[0] == 1
    assert "no filed package is named" in capsys.readouterr().out


def test_the_pages_are_the_same_each_time(letter, candidate):
    path = letter()
    run(path, candidate, candidate)
    first = path.with_suffix(".pdf").read_bytes()
    run(path, candidate, candidate)
    assert path.with_suffix(".pdf").read_bytes() == first


def test_all_that_is_wrong_is_told_at_once_with_its_line(letter, candidate):
    path = letter(
        LETTER.replace("CW-DOC-011/criteria", "CW-DOC-011/criterion").replace("number: 2", "number: 1")
        + "  - {number: 3, asks: ' ', cites: [CW-DOC-999]}\n"
    )
    told = list(find_faults(path, read_letter(path), candidate))
    assert (
        told[0]
        == f"{path}:5: cites CW-DOC-011/criterion: CW-DOC-011 has no section 'criterion'; did you mean criteria?"
    )
    assert told[1] == f"{path}:12: question 1 stands twice, first on line 5"
    assert told[2].startswith(f"{path}:16: asks: found nothing")
    assert told[3].startswith(f"{path}:16: cites CW-DOC-999: CW-DOC-999: no document of")
    with pytest.raises(LetterError, match="did you mean criteria"):
        respond(path, read_letter(path), candidate, None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("questions: [", "mend the file"),
        ("letter: x\nquestions: []\nsigned: me\n", "unknown field `signed`"),
        ("letter: x\n", "missing required field `questions`"),
        ("letter: x\nquestions: []\n", "found none, expected each question"),
    ],
)
def test_a_file_of_another_form_is_named(letter, candidate, capsys, content, message):
    path = letter(content)
    assert run(path, candidate, None)[0] == 2
    said = capsys.readouterr().err
    assert str(path) in said
    assert message in said
    assert not path.with_suffix(".pdf").exists()
