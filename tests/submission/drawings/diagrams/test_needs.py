"""User needs, system and software requirements: a box for each, a line for each derivation."""

import base64
import re

from submission.drawings.diagrams import needs
from submission.words.claims import remember
from verification.evidence import Gap, ItemKind, Link, LinkStatus


def drawn(trace):
    markup = str(needs.needs_chart(trace))
    svg = base64.b64decode(re.search('base64,([^"]+)', markup)[1]).decode()
    return svg, re.search('alt="([^"]+)"', markup)[1]


def with_second_need(made, replace):
    """A second need, from which the one system requirement derives too."""
    trace = made.parts["trace"]
    need = next(one for one in trace.items if one.kind is ItemKind.USER_NEED)
    other = replace(need, id="UN-902", title="Another fictitious need")
    link = Link(source="SYS-901", target="UN-902", relation="derives_from", status=LinkStatus.COVERS, why="")
    return remember(replace(trace, items=(*trace.items, other), links=(*trace.links, link)), "trace.json#")


def test_each_item_has_its_box_and_each_derivation_its_line(made, replace):
    svg, alt = drawn(with_second_need(made, replace))
    assert svg.count("<rect") == 3
    assert svg.count("<line") == 2
    for said in (
        "UN-901 Fictitious UN-901",
        "UN-902 Another fictitious",
        "SYS-901 Fictitious SYS-901",
        ">SRS-901, 902<",
    ):
        assert said in svg
    assert "UN-902 Another fictitious need: SYS-901 Fictitious SYS-901." in alt


def test_a_need_from_which_nothing_derives_is_there_without_a_line(made, replace):
    trace = made.parts["trace"]
    svg, alt = drawn(replace(trace, links=tuple(one for one in trace.links if one.target != "UN-901")))
    assert "UN-901" in svg
    assert "<line" not in svg
    assert "UN-901 Fictitious UN-901: none." in alt


def test_without_a_trace_there_is_no_picture():
    gap = Gap(reason="none", closes="none")
    found: object = needs.needs_chart(gap)
    assert found is gap
