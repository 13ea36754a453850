"""The data-flow diagram as a drawing, and the tables of the threat model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import hypot
from typing import TypeAlias

from markupsafe import Markup, escape

from submission.drawings.figures import BLUE, INK, MUTED, PALE, PALETTE, PAPER, VERMILION, WIDE, line, picture, text
from submission.drawings.lettering import SMALL, wrap
from submission.words.claims import number_of, stretch, written
from submission.words.filters import refs, show, total
from verification.evidence import (
    FlowDiagram,
    FlowElement,
    Gap,
    RiskPolicy,
    SecurityAnswer,
    Stride,
    StrideCell,
    Threat,
    TraceEvidence,
)

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, width and height, in pixels of CSS."""

GREEN = PALETTE[2]
COLOURS = {"external": INK, "process": BLUE, "store": GREEN}
LANE_GAP, PAD, HEAD, PITCH, HEIGHT = 34.0, 6.0, 26.0, 88.0, 50.0
"""Between lanes, inside a lane, its title, from row to row, and a box; pixels of CSS."""
BADGE = 8.5
ALONG = (0.45, 0.25, 0.65, 0.8, 0.15, 0.35, 0.55)
"""Where on an arrow its number may stand: the first place where neither an element nor another number is."""


# --- drawing ----------------------------------------------------------------------------------------------------------


@total
def data_flow_chart(diagram: FlowDiagram) -> Markup:
    """Trust boundaries as lanes, elements as boxes in them, flows as numbered arrows."""
    boxes = _place(diagram)
    rows = max(element.row for element in diagram.elements)
    height = HEAD + rows * PITCH
    parts = [one for at in range(len(diagram.boundaries)) for one in _draw_lane(diagram, at, height)]
    ends = {flow.id: _ends(boxes[flow.source], boxes[flow.target]) for flow in diagram.flows}
    parts += [_draw_arrow(*each) for each in ends.values()]
    parts += [one for element in diagram.elements for one in _draw_element(element, boxes[element.id])]
    parts += _draw_numbers(ends, tuple(boxes.values()))
    return picture([*parts, *_legend(height + 22)], WIDE, height + 30, _describe(diagram))


def _describe(diagram: FlowDiagram) -> str:
    titles = {element.id: element.title for element in diagram.elements}
    flows = (f"{titles[flow.source]} to {titles[flow.target]}" for flow in diagram.flows)
    return f"Data-flow diagram with {len(diagram.boundaries)} trust boundaries. Flows: {'; '.join(flows)}."


def _lane(diagram: FlowDiagram, at: int) -> tuple[float, float]:
    """Left side and width of a boundary's lane."""
    width = (WIDE - 2 - LANE_GAP * (len(diagram.boundaries) - 1)) / len(diagram.boundaries)
    return 1 + at * (width + LANE_GAP), width


def _place(diagram: FlowDiagram) -> dict[str, Box]:
    order = [boundary.id for boundary in diagram.boundaries]
    boxes: dict[str, Box] = {}
    for element in diagram.elements:
        left, width = _lane(diagram, order.index(element.boundary))
        top = HEAD + (element.row - 1) * PITCH + (PITCH - HEIGHT) / 2
        boxes[element.id] = (left + PAD, top, width - 2 * PAD, HEIGHT)
    return boxes


def _draw_lane(diagram: FlowDiagram, at: int, height: float) -> Iterator[str]:
    left, width = _lane(diagram, at)
    yield (
        f'<rect x="{left:.1f}" y="1" width="{width:.1f}" height="{height:.1f}" rx="4" fill="{PALE}" '
        f'stroke="{VERMILION}" stroke-width="1" stroke-dasharray="5 3"/>'
    )
    yield text(left + width / 2, 18, diagram.boundaries[at].title, "middle", VERMILION, 10)


def _draw_element(element: FlowElement, box: Box) -> Iterator[str]:
    """A rectangle for what is outside, round ends for a process, two lines for a store."""
    left, top, width, height = box
    colour = COLOURS[element.kind]
    stroke = "none" if element.kind == "store" else colour
    radius = height / 2.6 if element.kind == "process" else 0
    yield (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:.1f}" '
        f'fill="{PAPER}" stroke="{stroke}" stroke-width="1.2"/>'
    )
    if element.kind == "store":
        yield line(left, top, left + width, top, colour, 1.6)
        yield line(left, top + height, left + width, top + height, colour, 1.6)
    said = [(element.id, MUTED), *((one, colour) for one in wrap(element.title, width - 12, SMALL))]
    start = top + height / 2 - (len(said) - 1) * 5.6 + 3
    for at, (one, ink) in enumerate(said):
        yield text(left + width / 2, start + at * 11.2, one, "middle", ink, SMALL)


def _ends(source: Box, target: Box) -> tuple[float, float, float, float]:
    return (*_edge(source, target), *_edge(target, source))


def _length(x1: float, y1: float, x2: float, y2: float) -> float:
    return hypot(x2 - x1, y2 - y1)


def _draw_arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    length = _length(x1, y1, x2, y2)
    x, y = (x2 - x1) / length, (y2 - y1) / length
    head = f"{x2:.1f},{y2:.1f} " + " ".join(
        f"{x2 - 7 * x + side * 3.2 * y:.1f},{y2 - 7 * y - side * 3.2 * x:.1f}" for side in (1, -1)
    )
    return line(x1, y1, x2 - 4 * x, y2 - 4 * y, MUTED, 1.0) + f'<polygon points="{head}" fill="{MUTED}"/>'


def _draw_numbers(ends: dict[str, tuple[float, float, float, float]], boxes: Iterable[Box]) -> Iterator[str]:
    """The number of each flow on its arrow, where nothing else stands; a short arrow leaves least choice.

    They are drawn line by line, as they are read back.
    """
    taken: dict[str, tuple[float, float]] = {}
    for name, (x1, y1, x2, y2) in sorted(ends.items(), key=lambda one: _length(*one[1])):
        places = [(x1 + (x2 - x1) * share, y1 + (y2 - y1) * share) for share in ALONG]
        open_places = [at for at in places if not any(_is_on(at, box) for box in boxes)] or places
        free = (at for at in open_places if all(hypot(at[0] - x, at[1] - y) > 2.2 * BADGE for x, y in taken.values()))
        taken[name] = next(free, open_places[0])
    for name in _in_lines(taken):
        x, y = taken[name]
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{BADGE}" fill="{PAPER}" stroke="{MUTED}"/>'
        yield text(x, y + 3, written(name.rpartition("-")[2], name, "part"), "middle", INK, 8.4)


def _in_lines(taken: Mapping[str, tuple[float, float]]) -> Iterator[str]:
    """The names from top to bottom, those of one line from left to right: a reader of the page takes them for words."""
    lines: list[list[str]] = []
    for name in sorted(taken, key=lambda one: taken[one][1]):
        if lines and taken[name][1] - taken[lines[-1][0]][1] < BADGE / 2:
            lines[-1].append(name)
        else:
            lines.append([name])
    for each in lines:
        yield from sorted(each, key=lambda one: taken[one][0])


def _is_on(place: tuple[float, float], box: Box) -> bool:
    """Whether a number there would touch an element."""
    (x, y), (left, top, width, height) = place, box
    return left - BADGE < x < left + width + BADGE and top - BADGE < y < top + height + BADGE


def _edge(box: Box, other: Box) -> tuple[float, float]:
    """Where the line between the middles of two boxes leaves the first."""
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    across, down = other[0] + other[2] / 2 - x, other[1] + other[3] / 2 - y
    share = min(
        box[2] / 2 / abs(across) if across else float("inf"),
        box[3] / 2 / abs(down) if down else float("inf"),
    )
    return x + across * share, y + down * share


def _legend(y: float) -> Iterator[str]:
    said = (("external", "outside entity"), ("process", "process"), ("store", "store"))
    for at, (kind, name) in enumerate(said):
        x = 6 + at * 118.0
        element = FlowElement(id="", kind=kind, title="", text="", boundary="", row=1)
        yield next(_draw_element(element, (x, y - 10, 22, 12)))
        if kind == "store":
            yield from (line(x, y - 10 + down, x + 22, y - 10 + down, GREEN, 1.4) for down in (0, 12))
        yield text(x + 28, y, name, "start", INK, SMALL)
    yield line(360, y - 4, 388, y - 4, VERMILION, 1.0, "5 3")
    yield text(394, y, "trust boundary", "start", INK, SMALL)
    yield text(500, y, "numbers: flows, below", "start", INK, SMALL)


# --- tables -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StrideRow:
    """An element or flow, and what answers each kind of threat."""

    id: str
    title: str
    kind: str
    cells: tuple[object, ...]


NOT_ASKED = Markup('<span class="muted">–</span>')
UNANSWERED = Gap(reason="no threat answers this", closes="write the threat, or why it does not apply")


@total
def stride_rows(diagram: FlowDiagram) -> tuple[StrideRow, ...]:
    """Every element and flow with its six cells: threats, set aside, a gap, or not asked of this kind."""
    cells = {(cell.element, cell.stride): cell for cell in diagram.cells}
    named = [(each.id, each.title, each.kind) for each in diagram.elements]
    named += [(each.id, "", "flow") for each in diagram.flows]
    return tuple(
        StrideRow(name, title, kind, tuple(_show_cell(cells.get((name, stride))) for stride in Stride))
        for name, title, kind in named
    )


def _show_cell(cell: StrideCell | None) -> object:
    if cell is None:
        return NOT_ASKED
    if cell.threats:
        return refs(cell.threats)
    return Markup('<span class="absent">set aside</span>') if cell.set_aside else UNANSWERED


@total
def set_aside(diagram: FlowDiagram) -> tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...]:
    """Kinds of threats that do not apply, with the reason: elements, kinds, reason."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for cell in diagram.cells:
        if cell.set_aside and not cell.threats:
            kinds.setdefault((cell.element, cell.set_aside), []).append(cell.stride.value.replace("_", " "))
    elements: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for (element, reason), found in kinds.items():
        elements.setdefault((tuple(found), reason), []).append(element)
    return tuple((tuple(names), found, reason) for (found, reason), names in elements.items())


@total
def by_hazard(trace: TraceEvidence) -> tuple[tuple[object, tuple[str, ...]], ...]:
    """Every hazard with the threats that can lead to it."""
    return tuple((each, tuple(t.id for t in trace.threats if each.id in t.hazards)) for each in trace.hazards)


@total
def by_ai(threats: Iterable[Threat]) -> tuple[Threat, ...]:
    """The threats to machine learning, by their kind."""
    return tuple(sorted((each for each in threats if each.ai), key=lambda each: (str(each.ai), each.id)))


@total
def steps(scale: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    """The steps of a scale with their numbers, from 1."""
    return tuple((number_of(stretch(scale, 0, at)), said) for at, said in enumerate(scale, start=1))


@total
def exploitability(threat: Threat, policy: RiskPolicy | Gap) -> object:
    """Exploitability before and after, in the words of the scale up to their colon."""
    if isinstance(policy, Gap):
        return policy
    before, after = (
        policy.exploitabilities[step - 1].partition(":")[0].lower()
        for step in (threat.exploitability, threat.residual_exploitability)
    )
    return before if before == after else f"{before} → {after}"


@total
def answered(value: SecurityAnswer) -> object:
    """What is said to a question of security: its text, what is missing or does not apply, or both."""
    said = [escape(show(part)) for part in (value.text, value.gap) if part is not None]
    return Markup("<br>").join(said)
