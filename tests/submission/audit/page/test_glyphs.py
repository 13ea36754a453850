"""What the audit knows of the shipped fonts is what they are."""

import runpy
from pathlib import Path

import pytest

from submission.audit.attacks.editing import edit
from submission.audit.attacks.looks import _exchanged, _follow
from submission.audit.page.look import look_at

ROOT = Path(__file__).parents[4]


def test_the_table_of_glyphs_is_that_of_the_shipped_fonts():
    made = runpy.run_path(str(ROOT / "docs/glyphs.py"))
    assert made["table"]() == (ROOT / "submission/audit/page/glyphs.json").read_text(), "run python docs/glyphs.py"


@pytest.fixture(scope="module")
def content(good) -> bytes:
    return (good.folder / "CW-DOC-003-summary-510k.pdf").read_bytes()


def test_outlines_in_each_others_place_are_found_in_every_font(content):
    for font in edit(content).fonts():
        document = edit(content)
        described = _follow(document, _follow(document, font, b"/DescendantFonts ["), b"/FontDescriptor ")
        glyphs = _follow(document, described, b"/FontFile2 ")
        read = document.streams[_follow(document, font, b"/ToUnicode ")]
        one, other = [int(line[1:5], 16) for line in read.split(b"\n") if b"> <006" in line][:2]
        document.streams[glyphs] = _exchanged(document.streams[glyphs], one, other)
        fault = look_at(document.written()).fault
        assert "otherwise than the shipped font" in fault or "a glyph that cannot be read" in fault


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"> <0061>\n", b"> <0065>\n", "in the shipped font it is another"),
        (b"1 begincodespacerange", b"2 begincodespacerange", "in a way that our documents do not"),
    ],
)
def test_a_map_that_reads_glyphs_otherwise_is_found(content, old, new, said):
    document = edit(content)
    read = _follow(document, document.fonts()[0], b"/ToUnicode ")
    document.streams[read] = document.streams[read].replace(old, new, 1)
    assert said in look_at(document.written()).fault


def test_a_width_that_is_not_the_glyphs_own_is_found(content):
    document = edit(content)
    drawn = _follow(document, document.fonts()[0], b"/DescendantFonts [")
    document.objects[drawn] = document.objects[drawn].replace(b"[600", b"[900", 1).replace(b"/W [3 [2", b"/W [3 [9", 1)
    assert "which is not its own" in look_at(document.written()).fault
