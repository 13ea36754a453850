"""User needs and the requirements that derive from them, as a drawing: needs, system requirements, software ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from submission.drawings.figures import BLUE, INK, MUTED, PAPER, VERMILION, WIDE, line, picture, text
from submission.drawings.lettering import SMALL, TINY, wrap
from submission.words.claims import compose, join_words, written
from submission.words.filters import total
from verification.evidence import Item, ItemKind, TraceEvidence

NEED, SYSTEM, ACROSS, BESIDE = 178.0, 246.0, 56.0, 8.0
"""Widths of a need and of a system requirement, of the lines between, and of the room before what stands beside."""
PAD, LEADING, GAP = 7.0, 12.0, 5.0
"""Inside a box, between its lines, and between boxes below each other; pixels of CSS."""


@dataclass(frozen=True, slots=True)
class _Box:
    """An item as it is drawn: its lines, and the small ones that stand to its right."""

    item: Item
    said: Sequence[str]
    beside: Sequence[str] = ()

    @property
    def height(self) -> float:
        return max(len(self.said), len(self.beside)) * LEADING + 9


@total
def needs_chart(trace: TraceEvidence) -> Markup:
    """Each user need, a line to each system requirement that derives from it, and the software ones beside that."""
    needs = [_Box(one, _lines(one, NEED)) for one in _of_kind(trace, ItemKind.USER_NEED)]
    order = {box.item.id: place for place, box in enumerate(needs)}
    above = {one.id: _above(trace, one, order) for one in _of_kind(trace, ItemKind.SYSTEM_REQUIREMENT)}
    systems = [
        _Box(one, _lines(one, SYSTEM), _numbers(_below(trace, one)))
        for one in _of_kind(trace, ItemKind.SYSTEM_REQUIREMENT)
    ]
    systems.sort(key=lambda box: sum(map(order.__getitem__, above[box.item.id])) / max(1, len(above[box.item.id])))
    end = sum(box.height + GAP for box in systems)
    spread = max(GAP, (end - sum(box.height for box in needs)) / max(1, len(needs)))
    left, right = _stack(needs, spread), _stack(systems, GAP)
    drawn = [*_links(needs, systems, above, (left, right))]
    for boxes, tops, x, width, colour in (
        (needs, left, 0.6, NEED, VERMILION),
        (systems, right, NEED + ACROSS, SYSTEM, BLUE),
    ):
        drawn += [part for box, top in zip(boxes, tops, strict=True) for part in _draw(box, (x, top, width), colour)]
    return picture(drawn, WIDE, max(end, left[-1] + needs[-1].height + GAP), _describe(needs, systems, above))


def _of_kind(trace: TraceEvidence, kind: ItemKind) -> Iterator[Item]:
    return (item for item in trace.items if item.kind is kind)


def _above(trace: TraceEvidence, item: Item, known: Iterable[str]) -> list[str]:
    """The needs that an item derives from, in the order of the needs."""
    found = {link.target for link in trace.links if link.source == item.id}
    return [name for name in known if name in found]


def _below(trace: TraceEvidence, item: Item) -> list[str]:
    """The software requirements that derive from an item."""
    found = {link.source for link in trace.links if link.target == item.id}
    return [one.id for one in _of_kind(trace, ItemKind.SOFTWARE_REQUIREMENT) if one.id in found]


def _lines(item: Item, width: float) -> list[str]:
    return wrap(compose("{} {}", item.id, item.title), width - 2 * PAD, SMALL)


def _numbers(names: Sequence[str]) -> list[str]:
    """Identifiers in lines, the first whole and of the others the number."""
    told = [name if not at else written(name.rpartition("-")[2], name, "part") for at, name in enumerate(names)]
    return wrap(join_words(told), WIDE - NEED - ACROSS - SYSTEM - BESIDE, TINY) if told else []


def _stack(boxes: Sequence[_Box], gap: float) -> list[float]:
    """The tops of boxes below each other, in the middle of their gaps."""
    tops, y = [], gap / 2
    for box in boxes:
        tops.append(y)
        y += box.height + gap
    return tops


def _links(
    needs: Sequence[_Box],
    systems: Sequence[_Box],
    above: dict[str, list[str]],
    tops: tuple[Sequence[float], Sequence[float]],
) -> Iterator[str]:
    """A line from the side of a need to that of each requirement which derives from it."""
    left, right = tops
    middles = {box.item.id: top + box.height / 2 for box, top in zip(needs, left, strict=True)}
    for box, top in zip(systems, right, strict=True):
        for name in above[box.item.id]:
            yield line(NEED + 0.6, middles[name], NEED + ACROSS, top + box.height / 2, MUTED, 0.9)


def _draw(box: _Box, where: tuple[float, float, float], colour: str) -> Iterator[str]:
    x, y, width = where
    yield (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{box.height:.1f}" rx="3" fill="{PAPER}" '
        f'stroke="{colour}" stroke-width="1.1"/>'
    )
    for at, one in enumerate(box.said):
        yield text(x + PAD, y + 13.5 + at * LEADING, one, "start", INK, SMALL)
    for at, one in enumerate(box.beside):
        yield text(x + width + BESIDE, y + 13.5 + at * LEADING, one, "start", MUTED, TINY)


def _describe(needs: Sequence[_Box], systems: Sequence[_Box], above: dict[str, list[str]]) -> str:
    """Each need with what derives from it."""
    found = {box.item.id: [one.item for one in systems if box.item.id in above[one.item.id]] for box in needs}
    told = (compose("{} {}: {}", one.item.id, one.item.title, _names(found[one.item.id])) for one in needs)
    return compose("User needs and the system requirements that derive from each. {}.", join_words(told, "; "))


def _names(items: Iterable[Item]) -> str:
    return join_words(compose("{} {}", one.id, one.title) for one in items) or "none"
