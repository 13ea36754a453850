"""A banner that one page shows in other letters than the others is found."""

from submission.audit.page.banners import find_in_banners
from submission.audit.page.content import Text

BOX = (0.0, 0.0, 9.0, 9.0)
RED, GREY = (0.7, 0.1, 0.1), (0.45, 0.45, 0.45)


def page(size: float, colour: tuple[float, float, float]) -> list[Text]:
    """A page that says a banner twice, the first time, in large letters, on top of it."""
    words = [
        ("REFERENCE RELEASE", 14.0, RED),
        ("text", 9.0, GREY),
        ("REFERENCE", size, colour),
        ("RELEASE", size, colour),
    ]
    return [Text(text, BOX, large, shade, True, BOX, False, 0) for text, large, shade in words]


def test_pages_that_show_a_banner_alike_have_no_fault():
    assert [*find_in_banners(["REFERENCE RELEASE"], [page(7.6, RED)] * 3)] == []
    assert [*find_in_banners(["BLOCKED"], [page(7.6, RED)] * 3)] == []


def test_a_page_that_shows_a_banner_smaller_or_paler_is_named():
    pages = [page(7.6, RED), page(4.5, RED), page(7.6, RED), page(7.6, GREY)]
    assert [number for number, _ in find_in_banners(["REFERENCE RELEASE"], pages)] == [2, 4]
