"""A document whose last page would hold a few lines is set closer; any other stays as it is."""

from types import SimpleNamespace

import pytest

from submission.content.reading import read_catalogue
from submission.setting.fitting import CLOSER, NEARLY_EMPTY, filled, fit
from submission.setting.press import Press

ENTRY = read_catalogue().documents[0]
HEAD = '<head><title>x</title><meta name="dcterms.created" content="2001-02-03T04:05:06Z"></head>'


@pytest.fixture(scope="module")
def press():
    return Press()


def page(lines):
    told = "".join(f"<p>Fictitious line {n}.</p>" for n in range(lines))
    return f'<html lang="en-US">{HEAD}<body><div class="body">{told}</div></body></html>'


def lay_out(press, lines, closer=""):
    return press._lay_out(ENTRY, page(lines), closer)


@pytest.fixture(scope="module")
def full(press):
    """The most lines that one page holds."""
    lines = 20
    while len(lay_out(press, lines + 1).pages) == 1:
        lines += 1
    return lines


def test_a_few_lines_of_a_last_page_are_taken_onto_the_one_before(press, full):
    lines = full + 2
    assert len(lay_out(press, lines).pages) == 2
    printed = press.print(ENTRY, page(lines))
    assert printed.pages == 1
    assert f"Fictitious line {lines - 1}." in "".join(said.text for said in printed.said[0])  # nothing is left out


def test_a_last_page_that_is_filled_stays_as_it_is(press, full):
    lines = full + full // 2
    printed = press.print(ENTRY, page(lines))
    assert printed.pages == 2
    plain = [filled(one) for one in lay_out(press, lines).pages]
    assert plain[1] > NEARLY_EMPTY
    assert printed.sheets.content == press.print(ENTRY, page(lines)).sheets.content


def test_a_page_is_as_full_as_its_lowest_line(press, full):
    (one,) = lay_out(press, full).pages
    (half,) = lay_out(press, full // 2).pages
    assert filled(one) == pytest.approx(1, abs=0.05)
    assert filled(half) == pytest.approx(0.5, abs=0.05)


def paged(*shares):
    """A document of pages that are filled so far, as `filled` asks them."""

    def one(share):
        text = SimpleNamespace(text="x", position_y=0, height=share)
        return SimpleNamespace(_page_box=SimpleNamespace(children=[text], content_box_y=lambda: 0.0, height=1.0))

    return SimpleNamespace(pages=[one(share) for share in shares])


@pytest.mark.parametrize(
    ("found", "chosen"),
    [
        ({"": (1, NEARLY_EMPTY)}, ""),  # closer is not tried
        ({"": (1, 0.2), CLOSER: (1,)}, CLOSER),
        ({"": (1, 0.2), CLOSER: (1, 0.1)}, ""),  # closer would save nothing
        ({"": (0.1,)}, ""),  # one page has none before it
        ({"": (1, 1, 0.1), CLOSER: (1, 0.9)}, CLOSER),
    ],
)
def test_no_document_is_set_closer_without_saving_a_page(found, chosen):
    documents = {name: paged(*shares) for name, shares in found.items()}
    assert fit(documents.__getitem__) is documents[chosen]


def test_what_sets_closer_is_a_class_of_the_style_sheet():
    from submission.setting.press import _style

    assert f".{CLOSER} " in _style()
