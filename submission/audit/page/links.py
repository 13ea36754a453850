"""Where links lead within a document: to a place that begins with what the link says, or to the page that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from submission.audit.page.content import Box, Text
from submission.audit.page.file import File
from submission.audit.texts import squeeze

BELOW, ABOVE = 60.0, 3.0
"""Points below and above a place within which the text of a link to it stands."""
SLACK = 2.0
"""Points by which a text may reach out of its link."""
LEADS = re.compile(r"(.*?)(\.*)(\d*)")
Spot = tuple[int, float]
"""A page, and a height on it."""


def find_in_links(
    file: File, pages: Mapping[int, int], texts: Sequence[Sequence[Text]], places: Mapping[str, Spot]
) -> Iterator[tuple[int, str]]:
    """Yield the page of each link that leads elsewhere than it says.

    Args:
        file: the document.
        pages: the place of each page, by its object.
        texts: those of each page.
        places: by their names.
    """
    for number, page in pages.items():
        listed = re.findall(rb"(\d+) 0 R", file.objects[number]["links"] or b"")
        links = [
            (_box(held["rect"]), held["to"][1:-1].decode()) for one in listed if (held := file.at(int(one), "link"))
        ]
        for box, to in links:
            said = squeeze("".join(text.text for text in texts[page - 1] if _within(text.box, box)))
            around = {other for wider, other in links if wider != box and _within(box, wider)}
            if to in places and not _leads_so(said, to, places[to], texts, around):
                yield page, f"has a link {said[:40]!r} to {to!r}, which is another place"


def _leads_so(said: str, to: str, spot: Spot, texts: Sequence[Sequence[Text]], around: set[str]) -> bool:
    """Whether a link leads where it says; one upon dots alone leads as the link around it does."""
    match = LEADS.fullmatch(said) if ".." in said or not said.strip(".") else None
    words, page = (match[1], match[3]) if match else (said, "")
    if page and int(page) != spot[0]:
        return False
    if not words:
        return bool(page) or to in around
    near = [text for text in texts[spot[0] - 1] if text.box[1] <= spot[1] + ABOVE and text.box[3] >= spot[1] - BELOW]
    return words in squeeze("".join(text.text for text in near)) or to == _named(words)


def _named(words: str) -> str:
    """The place of an identifier, which need not stand beside what it is of."""
    return f"i-{re.sub('[^a-z0-9]+', '-', words.lower()).strip('-')}"


def _box(raw: bytes) -> Box:
    left, bottom, right, top = map(float, raw[1:-1].split())
    return left, min(bottom, top), right, max(bottom, top)


def _within(inner: Box, outer: Box) -> bool:
    middle = (inner[1] + inner[3]) / 2
    return (
        inner[0] >= outer[0] - SLACK and inner[2] <= outer[2] + SLACK and outer[1] - SLACK <= middle <= outer[3] + SLACK
    )
