"""The banners of a package: on each page of a document as large as on the others, and in the same color."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from submission.audit.page.content import Colour, Text
from submission.audit.texts import squeeze

Look = tuple[float, Colour]
"""Size, in points, and color of a text."""


def find_in_banners(banners: Sequence[str], placed: Sequence[Sequence[Text]]) -> Iterator[tuple[int, str]]:
    """Yield each page that shows a banner otherwise than most pages do; that it says it is looked at elsewhere.

    Args:
        banners: what every page says, as the manifest has it.
        placed: the texts of each page.
    """
    for banner in banners:
        shown = [_look_of(squeeze(banner), texts) for texts in placed]
        usual = Counter(filter(None, shown)).most_common(1)
        for page, look in enumerate(shown, start=1):
            if look and look != usual[0][0]:
                yield page, f"shows {banner!r} in other letters than other pages do: {sorted(look)}"


def _look_of(banner: str, texts: Sequence[Text]) -> frozenset[Look]:
    """How a page shows a banner where it says it last, in its margin; nothing if it does not say it."""
    signs = [(sign, text) for text in texts for sign in squeeze(text.text)]
    at = "".join(sign for sign, _ in signs).rfind(banner)
    held = signs[at : at + len(banner)] if at >= 0 else []
    return frozenset((round(text.size, 2), text.colour) for _, text in held)
