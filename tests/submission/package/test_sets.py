"""The filed set and the working set: what is in each, what a filed document may not hold, and who counts them."""

import json
import re

import pytest

from submission.audit.attached import attachments
from submission.audit.claims import page_texts
from submission.content.reading import read_catalogue

TEAM = re.compile(
    r"\bgit\b|\bpytest\b|\bthe generator\b|\bcoverage\b|\bgap register\b|\bGAP-\d+|\breviewer questions\b"
    r"|`?clearway (?:submission|trace|verify|evaluate|study|review|approve|qualify)\b",
    re.IGNORECASE,
)
"""Words of the team, as this test knows them: the rules of the build are data of their own."""

QUOTED = {"CW-DOC-009", "CW-DOC-020", "CW-DOC-021", "CW-DOC-047"}
"""Filed documents that quote scenarios, threats to the build, or the texts of the code."""


@pytest.fixture(scope="module")
def manifest(good):
    return json.loads((good.folder / "manifest.json").read_text())


def words_of(folder, document):
    text = json.loads((folder / "text" / f"{document['file'].removesuffix('.pdf')}.json").read_text())
    for block in text["blocks"]:
        yield block.get("text", "")
        yield from (cell for row in block.get("rows", ()) for cell in row)


def stated(folder, document):
    """What a document says, without what would close a gap: a command of the team may."""
    return (re.sub(r"Closed by:.*", "", words, flags=re.DOTALL) for words in words_of(folder, document))


def test_no_filed_document_says_a_word_of_the_team(good, manifest):
    filed = [one for one in manifest["documents"] if one["set"] == "filed" and one["number"] not in QUOTED]
    assert len(filed) > 20
    said = {one["number"]: [words for words in stated(good.folder, one) if TEAM.search(words)] for one in filed}
    assert {number: words for number, words in said.items() if words} == {}


def test_what_is_for_the_team_alone_is_in_the_working_set():
    sets = {entry.template: entry.set for entry in read_catalogue().documents}
    team = ("gap_register", "reviewer_questions", "build_manifest", "tool_assurance", "package_summary")
    assert {sets[f"{name}.html"] for name in team} == {"working"}
    assert {sets[f"{name}.html"] for name in ("summary_510k", "instructions_for_use", "test_report")} == {"filed"}


def test_the_manifest_counts_documents_and_pages_of_each_set(good, manifest):
    for name, counted in manifest["sets"].items():
        pages = [one["pages"] for one in manifest["documents"] if one["set"] == name]
        assert counted == {"documents": len(pages), "pages": sum(pages)}
    text = " ".join(words_of(good.folder, manifest["documents"][0]))
    assert "The filed set" in text
    assert "The working set" in text


def test_a_document_carries_the_evidence_that_it_attaches(good, manifest):
    for entry in read_catalogue().documents:
        carried = attachments((good.folder / entry.file).read_bytes())
        assert set(carried) == {f"{entry.number}-claims.json", *entry.attaches}
        for name in entry.attaches:
            assert carried[name] == (good.folder / "evidence" / name).read_bytes()


def test_a_page_says_once_what_it_was_built_from(good, manifest):
    for one in manifest["documents"]:
        first, *rest = page_texts((good.folder / one["file"]).read_bytes())
        assert manifest["commit"] in first
        if one["set"] == "filed" and one["number"] not in ("CW-DOC-009", "CW-DOC-049"):
            assert not any(manifest["commit"][:12] in page for page in rest)
