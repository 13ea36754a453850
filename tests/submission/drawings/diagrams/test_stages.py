"""Stages below each other, outcomes abreast: every box is there, and each is joined to those below."""

import base64
import re

from submission.drawings.diagrams.stages import stage_chart
from submission.drawings.figures import text
from submission.drawings.lettering import measure
from verification.evidence import Gap, ItemKind

GAP = Gap(reason="none is held", closes="write it")


def svg_of(markup):
    return base64.b64decode(re.search('base64,([^"]+)', str(markup))[1]).decode()


def test_each_stage_is_joined_to_every_box_of_the_next(made):
    asked = next(one for one in made.parts["trace"].items if one.kind is ItemKind.SOFTWARE_REQUIREMENT)
    stages = ((("It comes in", "one by one", asked),), (("good", "", None), ("bad", "it ends", None)))
    chart = stage_chart(stages, "What happens:")
    svg = svg_of(chart)
    assert svg.count("<rect") == 3
    assert svg.count("<polygon") == 2  # an arrow into each box of the second stage
    assert f">{asked.id} {asked.title}<" in svg
    assert f"What happens: It comes in: one by one ({asked.id}). Then: good; or bad: it ends." in str(chart)


def test_a_requirement_that_is_not_held_is_a_gap_in_the_place_of_the_picture():
    assert stage_chart(((("It comes in", "one by one", GAP),),), "What happens:") is GAP


def test_a_text_is_placed_by_its_start_whatever_its_anchor():
    width = measure("flagged", 9.5)
    starts = [
        float(re.search(r'x="([\d.]+)"', text(100, 10, "flagged", anchor))[1]) for anchor in ("start", "middle", "end")
    ]
    assert starts == [100, round(100 - width / 2, 2), round(100 - width, 2)]
    assert "text-anchor" not in text(100, 10, "flagged")
