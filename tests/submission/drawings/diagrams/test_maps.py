"""The map of what is asked: a tile for each item, told apart without color, and counted."""

import base64
import re
from types import SimpleNamespace

import pytest

from submission.content.answers import Status
from submission.content.mapped import map_rows
from submission.drawings.diagrams import maps
from submission.drawings.figures import BLUE

STANDARDS = (SimpleNamespace(id="one", designation="Fictitious rule"), SimpleNamespace(id="two", designation="Another"))


def answers(*found):
    return tuple(SimpleNamespace(id=name, source=source, status=Status(status)) for name, source, status in found)


ASKED = answers(
    ("A-01", "one", "answered"), ("A-02", "one", "gap"), ("B-01", "two", "answered in part"),
    ("A-03", "one", "gap"), ("B-02", "two", "not applicable"),
)  # fmt: skip


def drawn(found):
    markup = str(maps.map_chart(map_rows(found, STANDARDS)))
    svg = base64.b64decode(re.search('base64,([^"]+)', markup)[1]).decode()
    return svg, re.search('alt="([^"]+)"', markup)[1]


def test_every_item_is_a_tile_and_every_source_is_counted():
    svg, alt = drawn(ASKED)
    for said in ("A-01", "A-02", "A-03", "B-01", "B-02", "answered 1, gap 2", "answered in part 1, not applicable 1"):
        assert f">{said}<" in svg
    assert svg.count("<rect") == len(ASKED) + len(Status)  # and the legend
    assert "Fictitious rule: answered A-01; gap A-02, A-03. Another: " in alt


def test_statuses_are_told_apart_without_colour():
    looks = {(look.ground == BLUE, look.thick, look.dash) for look in maps.LOOKS.values()}
    assert len(looks) == len(Status)
    assert set(maps.LOOKS) == {status.value for status in Status}


@pytest.mark.parametrize("many", [1, 14, 15, 52])
def test_tiles_stay_within_the_drawing_and_keep_apart(many):
    svg, _ = drawn(answers(*((f"A-{n:02}", "one", "gap") for n in range(many))))
    width, height = map(float, re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups())
    boxes = [
        tuple(map(float, box))
        for box in re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', svg)
    ]
    assert all(x + wide <= width and y + high <= height for x, y, wide, high in boxes)
    assert len({(x, y) for x, y, _, _ in boxes}) == len(boxes)
