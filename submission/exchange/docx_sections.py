"""Which header and footer the pages of each section of a Word file show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from submission.exchange.docx_parts import FOOTER, HEADER, SETTINGS, Part, WordFile
from submission.exchange.docx_styles import W, is_on
from submission.exchange.docx_text import R

PAGES = {"default": "", "first": ", first page", "even": ", even pages"}
NAMES = {"header": "Header", "footer": "Footer"}


def furniture(file: WordFile) -> Iterator[tuple[str, Part | None, bool]]:
    """Yield every header and footer: where it stands, its part or none where pages have none, whether it is a header.

    One that no page shows is none.
    """
    parts = {part.name: part for part in file.parts}
    held: dict[tuple[str, str], str] = {}  # a section without one of its own has that of the section before it
    seen: set[tuple[str, str]] = set()
    for number, section in enumerate(_sections(file), start=1):
        for area, shown in ((area, shown) for area in NAMES for shown in _shown(file, section)):
            for reference in section.findall(f"{W}{area}Reference[@{W}type='{shown}']"):
                held[area, shown] = file.main.targets.get(reference.get(f"{R}id"), "")
            name = held.get((area, shown), "")
            if (area, name) not in seen:
                seen.add((area, name))
                where = f"{NAMES[area]} of section {number}{PAGES[shown]} ({name or 'none'})"
                yield where, parts.get(name), area == "header"
    for part in file.parts:
        if part.kind in (HEADER, FOOTER) and part.name not in {name for _, name in seen}:
            yield f"{part.name}, which no page shows", part, False


def _sections(file: WordFile) -> Iterator[Any]:
    """Yield the rules of each section; not those from before a tracked change."""
    for section in file.main.root.iter(f"{W}sectPr"):
        if section.getparent().tag != f"{W}sectPrChange":
            yield section


def _shown(file: WordFile, section: Any) -> list[str]:
    """The kinds of pages that have a header of their own."""
    own = {"first": is_on(section, "titlePg"), "even": is_on(file.of_main(SETTINGS), "evenAndOddHeaders")}
    return ["default", *(kind for kind, on in own.items() if on)]
