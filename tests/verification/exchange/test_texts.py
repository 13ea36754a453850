"""Texts as XHTML and back: what is written comes back equal, and what tools write becomes text by rules."""

import pytest

from verification.exchange.texts import entries, find_markup, lines_of, paragraphs, text_of
from verification.exchange.tree import Element, parse


def shown(markup):
    return parse(f'<div xmlns="http://www.w3.org/1999/xhtml">{markup}</div>'.encode())


def written(parts):
    return Element("div", content=[Element(name, content=[text]) for name, text in parts])


ODD = [
    "a",
    "a b",
    "a\nb",
    "a\n\nb",
    "a\n\n\nb",
    " a",
    "a ",
    "a  b",
    "a\tb",
    "\n",
    "\n\na",
    "a\n\n",
    "a\xa0\xa0b",
    "\u2028",
    "- a",
]


@pytest.mark.parametrize("text", ODD)
def test_a_text_that_is_written_comes_back_equal(text):
    assert text_of(written(paragraphs(text))) == text


def test_texts_of_a_list_come_back_equal():
    texts = [text for text in ODD if text.strip()]
    assert lines_of(written(entries(texts))) == texts


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("one", "one"),
        (" one\n  two ", "one two"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("one<br/>two<br/>", "one\ntwo"),
        ("one<br/><br/>two", "one\n\ntwo"),
        ("<p>one <b> two</b> <i>three</i></p>", "one two three"),
        ("<p>\n  <span>one</span>\n  <span>two</span>\n</p>", "one two"),
        ("to do:<ul><li>one</li><li><p>two</p></li></ul>then", "to do:\n- one\n- two\nthen"),
        ("<ol><li>one<ul><li>deep</li></ul></li><li>two</li></ol>", "1. one\n  - deep\n2. two"),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td><p>2</p><p>3</p></td></tr></table>", "a | b\n1 | 2  3"),
        ("<pre> one\n\ttwo</pre>", " one\n\ttwo"),
        ('<span style="white-space: pre-wrap">one  two</span>', "one  two"),
        ("one&#160;&#160;two &lt;b&gt; &amp;", "one\xa0\xa0two <b> &"),
        ("<h1>one</h1>two<hr/>three", "one\ntwo\nthree"),
        ("", ""),
        ("<p/><p> </p>", ""),
    ],
)
def test_what_tools_write_becomes_text(markup, text):
    assert text_of(shown(markup)) == text
    assert not list(find_markup(shown(markup)))


@pytest.mark.parametrize(
    "markup",
    [
        "<ul><li>one</li><li>two words</li></ul>",
        "<p>one</p><p>two words</p>",
        "one<br/>two  words",
        "<div>one</div>\n<div>two\nwords</div>",
        "one<ol><li>two words</li></ol>",
        "<div><ul><li><p>one</p></li><li/><li>two words</li></ul></div>",
    ],
)
def test_a_list_is_read_however_a_tool_sets_it(markup):
    assert lines_of(shown(markup)) == ["one", "two words"]


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        ("<del>not</del> ever", "struck out text 'not'"),
        ('<span style="text-decoration:line-through">not</span>', "struck out or hidden text 'not'"),
        ('<span style="display: none">not</span>', "struck out or hidden text 'not'"),
        ("10<sup>5</sup>", "raised text '5'"),
        ("H<sub>2</sub>O", "lowered text '2'"),
        ("<ins>new</ins>", "inserted text 'new'"),
        ('<object data="files/a.png" type="image/png">a door</object>', "the file files/a.png"),
        ('<p><img src="a.png"/></p>', "the file a.png"),
        ('<a href="https://example.org/x">see</a>', "a link to https://example.org/x"),
        ("<blink>a</blink>", "the element blink"),
        ('<span title="not">a</span>', "title='not'"),
        ('<ol start="3"><li>a</li></ol>', "start='3'"),
        ('<table><tr><td rowspan="2">a</td></tr></table>', "rowspan='2'"),
    ],
)
def test_what_a_text_cannot_say_is_named(markup, said):
    assert [what for _, what in find_markup(shown(markup))] == [said]


def test_a_link_that_shows_where_it_leads_is_a_text():
    assert not list(find_markup(shown('<a href="https://example.org/x">https://example.org/x</a>')))


@pytest.mark.parametrize("name", ["div", "li", "span", "td"])
def test_what_stands_as_deep_as_a_file_may_is_read(name):
    nested = shown("".join(f"<tr><{name}>" for _ in range(95)) + "deep" + f"</{name}></tr>" * 95)
    assert text_of(nested).endswith("deep")
    assert "".join(lines_of(nested)).endswith("deep")
    assert not list(find_markup(nested))
