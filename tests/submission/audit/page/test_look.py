"""A page that shows other than its text says is found, by what is wrong with it; a package as it was built is not."""

import random
import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from submission.audit import audit
from submission.audit.attacks import Forgery
from submission.audit.attacks.beside import BESIDE
from submission.audit.attacks.claimed import bend_curve, turn_verdict, widen_use
from submission.audit.attacks.editing import edit
from submission.audit.attacks.looks import LOOKS, TEXT
from submission.audit.page.file import OddFileError, read_file
from submission.audit.page.look import leads_of, look_at

SUMMARY = "CW-DOC-003-summary-510k.pdf"


@pytest.fixture
def folder(good, tmp_path) -> Path:
    return Path(shutil.copytree(good.folder, tmp_path / "package"))


@pytest.fixture(scope="module")
def content(good) -> bytes:
    return (good.folder / SUMMARY).read_bytes()


def changed(content: bytes, change, page: int = 0) -> bytes:
    """The document with what a page draws changed at its first text."""
    document = edit(content)
    number = document.content(document.pages()[page])
    drawn = document.streams[number]
    document.streams[number] = change(drawn, TEXT.search(drawn))
    return document.written()


def faults(content: bytes) -> str:
    look = look_at(content)
    return look.fault or "; ".join(f"{code}: {fault}" for code, _, fault in look.faults)


def test_a_document_that_is_taken_apart_and_written_again_has_no_fault(content):
    assert faults(content) == ""
    assert faults(edit(content).written()) == ""


def around(before: bytes, after: bytes):
    return lambda drawn, text: drawn[: text.start()] + before + text[0] + after + drawn[text.end() :]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (around(b"1 1 1 rg\n", b"\n0 0 0 rg"), "hardly told from its ground"),
        (around(b"0.93 0.94 0.95 rg\n", b"\n0 0 0 rg"), "hardly told from its ground"),
        (around(b"3 Tr\n", b""), "an operator that our pages do not have"),
        (lambda d, t: d.replace(t[0], t[0].replace(b" " + t[4] + b" Tf", b" 0.5 Tf"), 1), "which nobody reads"),
        (lambda d, t: d.replace(t[0], t[0].replace(t[1] + b" ", b"9000 ", 1), 1), "beyond the edge"),
        (lambda d, t: d.replace(t[0], t[0].replace(b"1 0 0 -1", b"-1 0 0 -1"), 1), "mirror"),
        (lambda d, t: d + b"\n1 1 1 rg\n0 0 612 792 re\nf", "paints over a text"),
        (lambda d, t: d + b"\n0 0 0 RG\n0 0 m\n612 792 l\nS", "draws a line through a text"),
        (lambda d, t: d + b"\n0 0 0 rg\n9 9 1.2 6 re\nf", "as small as a letter"),
        (lambda d, t: d + b"\n0 0 0 rg\n9 9 m\n9 9 30 9 60 60 c\nf", "neither a straight line nor a box"),
        (lambda d, t: b"9 9 20 20 re\nW\nn\n" + d, "cuts a text off"),
        (lambda d, t: b"0 0 m\n900 0 l\n450 900 l\nW\nn\n" + d, "cuts a text off"),
        (lambda d, t: d + b"\nq", "leaves a part of a page open"),
        (lambda d, t: d + b"\n/OC /o BDC\nEMC", "an operator that our pages do not have"),
        (lambda d, t: d + b"\n/x9 Do", "a part b'/x9' that it does not have"),
    ],
)  # fmt: skip
def test_what_is_read_and_not_seen_is_found(content, change, said):
    assert said in faults(changed(content, change))


def test_figures_in_each_others_place_are_found(content):
    def exchange(drawn, _):
        every = [*TEXT.finditer(drawn)]
        one, other = next((a, b) for a, b in pairwise(every) if a[2] == b[2] and float(a[1]) < float(b[1]))
        middle = drawn[one.end(1) : other.start(1)]
        return drawn[: one.start(1)] + other[1] + middle + one[1] + drawn[other.end(1) :]

    found = [faults(changed(content, exchange, page)) for page in range(3)]
    assert all("which it follows" in each for each in found)


def test_a_sign_that_is_pushed_over_the_one_before_it_is_found(content):
    def push(drawn, text):
        return drawn[: text.start(5)] + text[5].replace(b"0<", b"900<", 1) + drawn[text.end(5) :]

    assert "thousandths away" in faults(changed(content, push))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"/Tabs /S", b"/Tabs /S/Rotate 90"),
        (b"/Tabs /S", b"/AA <<>>/Tabs /S"),
        (b"/TrimBox [0 0 ", b"/TrimBox [0 99 "),
        (b"/MediaBox [0 0 612 792]", b"/MediaBox [0 0 612 400]"),
    ],
)
def test_a_page_of_another_form_is_found(content, old, new):
    document = edit(content)
    document.replace(document.pages()[0], old, new)
    assert faults(document.written())


def test_a_file_is_read_to_its_last_byte(content):
    for odd in (content + b"\n", content.replace(b"startxref", b"% x\nstartxref"), content[:-7], b" " + content):
        with pytest.raises(OddFileError):
            read_file(odd)
    document = edit(content)
    document.add(b"<</Type /Action/S /JavaScript/JS (x)>>")
    assert "of no kind that our documents have" in faults(document.written())


def test_a_table_of_objects_that_leads_elsewhere_is_found(content):
    document = edit(content)
    written = document.written()
    start = written.rindex(b" 0 obj\n<</Type /XRef")
    assert faults(written) == ""
    at = re.search(rb"/Length (\d+)>>\nstream\n", written[start:])
    assert at is not None
    swapped = document.written().replace(b"/Root %d 0 R" % document.root, b"/Root %d 0 R" % document.info)
    assert "does not begin with a catalog" in faults(swapped)


@pytest.mark.parametrize("kind", LOOKS)
def test_each_kind_of_forgery_is_found_by_a_look_at_the_page(folder, good, kind):
    found = set()
    for seed in range(3):
        copy = folder.with_name(f"copy-{seed}")
        shutil.copytree(good.folder, copy)
        forgery = Forgery(copy, random.Random(seed))  # noqa: S311  dice, not secrets
        if next((said for said in (LOOKS[kind](forgery) for _ in range(20)) if said), None):
            codes = {finding.code for finding in audit(copy).findings}
            found.add(bool(codes & {"file-odd", "page-hides", "page-misplaced", "chart-differs", "document-leads"}))
    assert found == {True}


@pytest.mark.parametrize(
    ("forge", "codes"),
    [
        (turn_verdict, {"verdict-unknown"}),
        (widen_use, {"release-differs", "indications-differ"}),
        (bend_curve, {"curve-differs", "chart-differs", "evidence-changed"}),
    ],
)
def test_what_is_said_without_a_figure_is_found_again(folder, forge, codes):
    forgery = Forgery(folder, random.Random(3))  # noqa: S311
    assert next((said for said in (forge(forgery) for _ in range(20)) if said), None)
    assert {finding.code for finding in audit(folder).findings} & codes


@pytest.mark.parametrize("kind", BESIDE)
@pytest.mark.parametrize("seed", range(4))
def test_what_a_document_holds_beside_its_pages_is_looked_at(folder, kind, seed):
    forgery = Forgery(folder, random.Random(seed))  # noqa: S311  dice, not secrets
    what = next(said for said in (BESIDE[kind](forgery) for _ in range(200)) if said)
    assert {found.code for found in audit(folder).findings} & {"document-leads", "file-odd", "page-hides"}, what


def test_an_empty_cell_is_read_aloud_in_its_column(good):
    """It holds nothing that is painted, so that its heads alone tell where it stands."""
    path = next(path for path in sorted(good.folder.glob("*.pdf")) if _rows_with_an_empty_cell(edit(path.read_bytes())))
    document = edit(path.read_bytes())
    assert [*leads_of(document.written(), links=True)] == []
    row, (empty, other) = _rows_with_an_empty_cell(document)[0]
    exchanged = {b"%s 0 R" % empty: b"%s 0 R" % other, b"%s 0 R" % other: b"%s 0 R" % empty}
    listed = re.sub(
        rb"\d+ 0 R", lambda match: exchanged.get(match[0], match[0]), document.objects[row].split(b"/Pg")[0]
    )
    document.objects[row] = listed + b"/Pg" + document.objects[row].partition(b"/Pg")[2]
    assert any("than its columns" in fault for _, fault in leads_of(document.written(), links=True))


def _rows_with_an_empty_cell(document) -> list[tuple[int, tuple[bytes, bytes]]]:
    """Each row that has an empty cell, with that cell and the one before or behind it."""
    found = []
    for number, raw in document.objects.items():
        kids = re.findall(rb"(\d+) 0 R", raw.partition(b"/K [")[2].partition(b"]")[0]) if b"/S /TR" in raw else []
        pairs = [pair for a, b in pairwise(kids) for pair in ((a, b), (b, a))]
        empty = [pair for pair in pairs if b"/TD/K []" in document.objects[int(pair[0])]]
        found += [(number, pair) for pair in empty[:1]]
    return found
