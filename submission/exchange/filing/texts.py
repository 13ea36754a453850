"""Sections of a built package as plain text, for a field that takes no form."""

from __future__ import annotations

from collections.abc import Iterator

from submission.package.folder import Opened, find_document, read_package_text
from submission.setting.text import Block


def section_text(package: Opened, place: str) -> str:
    """The text of a section, `CW-DOC-002/what`, and of what stands below its heading; the whole document without one.

    Raises:
        FolderError: there is no such document, or its text is missing or was changed.
    """
    number, _, name = place.partition("/")
    blocks = read_package_text(package, find_document(package, number)).blocks
    return "\n\n".join(line for block in _within(blocks, name) for line in _lines(block))


def section_title(package: Opened, place: str) -> str:
    """The number and title of a section; nothing for a whole document.

    Raises:
        FolderError: as `section_text`.
    """
    number, _, name = place.partition("/")
    blocks = read_package_text(package, find_document(package, number)).blocks
    heads = (block for block in blocks if block.kind == "heading" and block.section == name)
    return next((f"{head.number} {head.text}".strip() for head in heads), name) if name else ""


def _within(blocks: tuple[Block, ...], name: str) -> Iterator[Block]:
    """Yield the blocks of a section: from its heading to the next that is not below it."""
    level = 0 if name else 1
    for block in blocks:
        if block.kind == "heading" and name:
            level = block.level if block.section == name else level if level and block.level > level else 0
        if level:
            yield block


def _lines(block: Block) -> Iterator[str]:
    if block.kind == "table":
        yield "\n".join(" | ".join(" ".join(cell.split()) for cell in row) for row in block.rows)
    elif block.kind == "figure":
        yield f"(Figure, to be seen in the PDF: {' '.join(block.text.split())})"
    elif block.kind == "heading":
        yield f"{block.number} {block.text}".strip()
    else:
        yield f"- {block.text}" if block.kind == "item" else block.text
