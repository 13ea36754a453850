"""The sections of a rendered document: their headings, and the gaps that are printed in each."""

from __future__ import annotations

import re
from html import unescape

from submission.content.answers import Section

HEADING = re.compile(r'<h([23]) id="([^"]+)">(.*?)</h\1>', re.DOTALL)

GAP = re.compile(r'<span class="gap"><b>Gap</b>(?:, \w+(?: \([^)]*\))?\.)?(.*?)(?=<i>|</span>)', re.DOTALL)
"""A gap as pages print it, with its severity or without, up to what closes it."""


def sections_of(html: str) -> dict[str, Section]:
    """The sections of a rendered document, by the id of the heading; one holds the sections below it."""
    found = list(HEADING.finditer(html))
    sections = {}
    for number, match in enumerate(found):
        end = next((each.start() for each in found[number + 1 :] if each[1] <= match[1]), len(html))
        gaps = (_plain(each[1]) for each in GAP.finditer(html, match.end(), end))
        title = _plain(re.sub(r'<span class="n">.*?</span>', "", match[3]))
        sections[match[2]] = Section(title, tuple(dict.fromkeys(gaps)))
    return sections


def _plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html)).strip()
