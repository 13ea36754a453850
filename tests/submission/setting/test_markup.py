"""Markup is read as a browser would read it, or refused with the place where it cannot be."""

import pytest

from submission.setting.markup import parse


def test_void_elements_and_named_characters_are_those_of_html():
    root = parse('<!doctype html>\n<p>a<br>b &amp; &lt;c&gt; &nbsp;&times;<img alt="x > y" src="z"/></p>')
    assert "".join(root.itertext()) == "ab & <c> \xa0×"
    assert [(one.tag, dict(one.attrib)) for one in root] == [("br", {}), ("img", {"alt": "x > y", "src": "z"})]


@pytest.mark.parametrize("html", ["<p>open", "<p>\n<b>x</p>", "<p class=x>y</p>", "<p>&nonesuch;</p>", "a"])
def test_what_cannot_be_read_is_told_with_its_line(html):
    with pytest.raises(ValueError, match=r"^line \d+: .+ at '"):
        parse(html)
