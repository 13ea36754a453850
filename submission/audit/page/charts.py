"""Charts read back from a page: each curve, interval, bar and cell where the evidence and the scale have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from submission.audit.page.content import Point, Shape, Text
from submission.audit.page.printed import (
    Told,
    fault_in_columns,
    fault_in_labels,
    fault_in_legend,
    fault_in_names,
    fault_in_rows,
)  # fmt: skip
from submission.audit.page.scales import Word, fit, is_across, is_upward, words_of

Drawing = Sequence[Text | Shape]
Runs = list[list[tuple[float, float]]]

LETTER, FAINT = 8.0, 1.0
"""Points: a mark of a value is smaller both ways; a line of a value is at least so thick."""
UNDRAWN = 3e-5
"""Of the longest bar: a shorter one has no length on a page."""
PALE = 0.8
"""Lighter fills are grounds and rings, and show no value."""


@dataclass(frozen=True, slots=True)
class Chart:
    """What the evidence has of a chart: its kind, its series, and the values that lines go through."""

    kind: str
    series: tuple[Mapping[str, Any], ...]
    runs: Runs
    ring: tuple[float, float] | None = None
    names: tuple[str, ...] = ()
    """Those of its legend, where it has no series."""


def charts_in(evidence: Mapping[str, Any]) -> dict[str, list[Chart]]:
    """Every chart that the evidence holds, by title, in its order."""
    found: dict[str, list[Chart]] = {}
    for name in sorted(evidence):
        for figure in _figures(evidence[name]):
            series = tuple(figure["series"])
            found.setdefault(figure["title"], []).append(Chart(figure["kind"], series, _runs_of(series)))
    for study in (evidence.get("studies.json") or {}).get("studies", ()):
        if study["curve"].get("type") == "Curve":
            for title, chart in _curves(study["curve"]):
                found.setdefault(title, []).append(chart)
    for table in _histories(evidence):
        series = tuple(_losses(table))
        found.setdefault("Loss by epoch", []).append(Chart("lines", series, _runs_of(series)))
    return found


def _histories(evidence: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for release in (evidence.get("device.json") or {}).get("releases", ()):
        history = (release.get("card") or {}).get("history") or ()
        yield from (table for table in history if isinstance(table, dict) and "columns" in table)


def _losses(table: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for place, name in enumerate(table["columns"]):
        if name.endswith("loss"):
            column = [row[place] if isinstance(row[place], int | float) else None for row in table["rows"]]
            yield {"name": name, "x": [row[0] for row in table["rows"]], "y": column, "lower": [], "upper": []}


CURVE, SWEEP = "Receiver operating characteristic. The ring", "Sensitivity (solid)"
"""How the captions of the two drawings of a study's curve begin."""


def _curves(curve: Mapping[str, Any]) -> Iterator[tuple[str, Chart]]:
    points, operating = curve["points"], curve["operating"]
    ring = (1 - operating["specificity"], operating["sensitivity"])
    swept = [one for one in points if one["threshold"] is not None and 0 <= one["threshold"] <= 1]
    corners = [(0.0, 0.0), *((1 - one["specificity"], one["sensitivity"]) for one in points), (1.0, 1.0)]
    yield CURVE, Chart("lines", (), [[(0.0, 0.0), (1.0, 1.0)], corners], ring, ("This release", "No discrimination"))
    both = [[(one["threshold"], one[name]) for one in swept] for name in ("sensitivity", "specificity")]
    yield SWEEP, Chart("lines", (), both, None, ("Sensitivity", "Specificity", "Locked"))


def _figures(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        if {"kind", "series", "title", "x_label", "y_label"} <= value.keys():
            yield value
        else:
            for inner in value.values():
                yield from _figures(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _figures(inner)


def _runs_of(series: Sequence[Mapping[str, Any]]) -> Runs:
    """The stretches of each series in which every value is there; names on x stand at their numbers."""
    names = list(dict.fromkeys(x for one in series for x in one["x"]))
    numbers = all(not isinstance(x, str) for x in names)
    runs: Runs = []
    for one in series:
        run: list[tuple[float, float]] = []
        for x, y in [*zip(one["x"], one["y"], strict=True), (0, None)]:
            if y is not None:
                run.append((float(x) if numbers else float(names.index(x)), float(y)))
            elif run:
                runs.append(run)
                run = []
    return runs


def fault_in(drawing: Drawing, chart: Chart) -> str:
    """What a drawing shows other than a chart of the evidence; nothing if it shows that."""
    readers = {
        "lines": _fault_in_lines,
        "intervals": _fault_in_intervals,
        "bars": _fault_in_bars,
        "grid": _fault_in_grid,
    }
    shapes = [mark for mark in drawing if isinstance(mark, Shape)]
    texts = [mark for mark in drawing if isinstance(mark, Text)]
    return readers[chart.kind](shapes, words_of(drawing), chart) or _fault_in_naming(shapes, texts, chart)


def _fault_in_naming(shapes: list[Shape], texts: list[Text], chart: Chart) -> str:
    """What a drawing calls its series, rows or columns other than the evidence does."""
    series = [one["name"] for one in chart.series] or list(chart.names)
    labels = list(dict.fromkeys(x for one in chart.series for x in one["x"]))
    if chart.kind == "grid":
        return fault_in_labels(texts, [*filter(_is_name, labels), *series], (), ())
    fault = fault_in_legend(texts, series) if len(series) > 1 else ""
    if fault or chart.kind == "lines" or not all(map(_is_name, labels)):
        return fault
    told = [(label, found[0]) for label in labels for one in chart.series if (found := _at(one, label)) is not None]
    least = max((abs(value) for _, value in told), default=0.0) * UNDRAWN if chart.kind == "bars" else -1.0
    marks = [mark.box for mark in shapes if (_is_bar if chart.kind == "bars" else _is_mark)(mark)]
    return fault_in_labels(texts, labels, [label for label, value in told if abs(value) > least], marks)


def lines_in(drawing: Drawing) -> list[tuple[Point, ...]]:
    """The lines through several points that a drawing has; those of the evidence are drawn so, and nothing else."""
    return [
        mark.points for mark in drawing if isinstance(mark, Shape) and mark.fill is None and len(mark.points) >= 2
        and not (len(mark.points) == 4 and mark.points[0] == mark.points[-1])
    ]  # fmt: skip


def _fault_in_lines(shapes: list[Shape], words: list[Word], chart: Chart) -> str:
    drawn = lines_in(shapes)
    runs = [run for run in chart.runs if len(run) > 1]
    if [len(line) for line in drawn] != [len(run) for run in runs]:
        return f"draws lines of {[len(line) for line in drawn]} points, the evidence has {[len(run) for run in runs]}"
    pairs = [
        (value, place) for run, line in zip(runs, drawn, strict=True) for value, place in zip(run, line, strict=True)
    ]
    across = fit([(value[0], place[0]) for value, place in pairs])
    upward = fit([(value[1], place[1]) for value, place in pairs])
    if across is None or upward is None:
        return "draws a line through other places than the evidence has"
    numbers = not any(isinstance(x, str) for one in chart.series for x in one["x"])
    if (numbers and not is_across(words, across)) or not is_upward(words, upward):
        return "draws a line against a scale that is marked otherwise"
    if chart.ring and not _is_ringed(shapes, across.at(chart.ring[0]), upward.at(chart.ring[1])):
        return "rings another place than the operating point"
    named = {"sensitivity": chart.ring[1], "specificity": 1 - chart.ring[0]} if chart.ring else {}
    return fault_in_names(words, named)


def _is_ringed(shapes: list[Shape], x: float, y: float) -> bool:
    rings = [shape for shape in shapes if shape.curved]
    return len(rings) == 1 and abs(_middle(rings[0])[0] - x) < 0.1 and abs(_middle(rings[0])[1] - y) < 0.1


def _fault_in_intervals(shapes: list[Shape], words: list[Word], chart: Chart) -> str:
    labels = list(dict.fromkeys(x for one in chart.series for x in one["x"]))
    told = [_at(one, label) for label in labels for one in chart.series]
    values = [one for one in told if one is not None]
    marks = [shape for shape in shapes if _is_mark(shape)]
    legend = len(chart.series) if len(chart.series) > 1 else 0
    if len(marks) != len(values) + legend:
        return f"draws {len(marks)} marks, the evidence has {len(values)} values and {legend} names"
    reached = [one for one in values if one[1] is not None]
    spans = [shape for shape in shapes if len(shape.points) == 2 and _is_level(shape) and shape.width > FAINT]
    if len(spans) != len(reached):
        return f"draws {len(spans)} intervals, the evidence has {len(reached)}"
    pairs = [(value[0], _middle(mark)[0]) for value, mark in zip(values, marks, strict=False)]
    for (_, low, high), span in zip(reached, spans, strict=True):
        pairs += [(low or 0.0, span.box[0]), (high or 0.0, span.box[2])]
    across = fit(pairs)
    if across is None:
        return "draws a value or a limit at another place than the evidence has"
    if not is_across(words, across):
        return "draws intervals against a scale that is marked otherwise"
    return fault_in_rows(words, values, [mark.box for mark in marks], limits=True)


def _at(series: Mapping[str, Any], label: Any) -> Told | None:
    """Value and limits of a series at a label; None if it has none there."""
    if label not in series["x"] or series["y"][place := series["x"].index(label)] is None:
        return None
    low = series["lower"][place] if series["lower"] else None
    high = series["upper"][place] if series["upper"] else None
    return (series["y"][place], None, None) if low is None or high is None else (series["y"][place], low, high)


def _fault_in_bars(shapes: list[Shape], words: list[Word], chart: Chart) -> str:
    labels = list(dict.fromkeys(x for one in chart.series for x in one["x"]))
    told = [found for label in labels for one in chart.series if (found := _at(one, label)) is not None]
    least = max((abs(value) for value, _, _ in told), default=0.0) * UNDRAWN
    told = [one for one in told if abs(one[0]) > least]
    values = [one[0] for one in told]
    bars = [shape for shape in shapes if _is_bar(shape)]
    legend = len(chart.series) if len(chart.series) > 1 else 0
    if len(bars) != len(values) + legend:
        return f"draws {len(bars)} bars, the evidence has {len(values)} values and {legend} names"
    for way, marked in ((1, is_upward), (0, is_across)):
        pairs = [(value, bar.box[way + 2]) for value, bar in zip(values, bars, strict=False) if value >= 0]
        feet = {round(bar.box[way], 1) for _, bar in zip(values, bars, strict=False) if _ >= 0}
        scale = fit([*pairs, *((0.0, foot) for foot in feet)])
        if scale is not None and len(feet) == 1 and marked(words, scale):
            boxes = [bar.box for bar in bars]
            return fault_in_columns(words, told, boxes) if way else fault_in_rows(words, told, boxes, limits=False)
    return "draws a bar of another length than the evidence and the scale give"


def _fault_in_grid(shapes: list[Shape], words: list[Word], chart: Chart) -> str:
    columns = list(dict.fromkeys(x for one in chart.series for x in one["x"]))
    values = [found[0] for one in chart.series for column in columns if (found := _at(one, column)) is not None]
    cells = [
        shape for shape in shapes if len(shape.points) == 4 and shape.stroke and shape.fill and not _is_mark(shape)
    ]
    if len(cells) != len(values):
        return f"draws {len(cells)} cells, the evidence has {len(values)} values"
    for value, cell in zip(values, cells, strict=True):
        inside = [word for word in words if _holds(cell, word)]
        if not any(word.rounds(value) for word in inside):
            return f"shows {[word.text for word in inside]} in the cell of {value}"
    return ""


def _holds(shape: Shape, word: Word) -> bool:
    x, y = word.middle
    return shape.box[0] <= x <= shape.box[2] and shape.box[1] <= y <= shape.box[3]


def _is_mark(shape: Shape) -> bool:
    wide, high = shape.box[2] - shape.box[0], shape.box[3] - shape.box[1]
    return shape.fill is not None and shape.stroke is not None and len(shape.points) > 2 and max(wide, high) < LETTER


def _is_name(label: Any) -> bool:
    """Whether a label cannot be taken for a mark of a scale."""
    return isinstance(label, str) and any(sign.isalpha() for sign in label)


def _is_bar(shape: Shape) -> bool:
    return shape.fill is not None and shape.stroke is None and len(shape.points) == 4 and min(shape.fill) < PALE


def _is_level(shape: Shape) -> bool:
    return shape.box[3] - shape.box[1] < 0.01


def _middle(shape: Shape) -> Point:
    return (shape.box[0] + shape.box[2]) / 2, (shape.box[1] + shape.box[3]) / 2


def find_in_charts(
    blocks: Sequence[Mapping[str, Any]], drawings: Sequence[tuple[int, Drawing]], known: Mapping[str, Sequence[Chart]]
) -> Iterator[tuple[int, str]]:
    """Yield the page of each drawing that shows other than the evidence, and what is wrong with it.

    Args:
        blocks: the drawings as the text file has them, in order.
        drawings: those of the pages, in order, each with its page.
        known: every chart of the evidence, by title; one is drawn once in a document.
    """
    if len(blocks) != len(drawings):
        yield 0, f"has {len(drawings)} drawings, its text file has {len(blocks)}"
        return
    used: set[tuple[str, int]] = set()
    for block, (page, drawing) in zip(blocks, drawings, strict=True):
        title = block["text"].partition("\n")[0]
        key = next((one for one in known if title == one or (one in (CURVE, SWEEP) and title.startswith(one))), None)
        if key is None:
            if lines := lines_in(drawing):
                yield (
                    page,
                    f"draws {len(lines)} lines through several points where the evidence has no chart: {title!r}",
                )
            continue
        faults = []
        for place in (n for n in range(len(known[key])) if (key, n) not in used):
            faults.append(fault_in(drawing, known[key][place]))
            if not faults[-1]:
                used.add((key, place))
                break
        else:
            yield page, f"{faults[0] if faults else 'draws it once more than the evidence has it'}: {title!r}"
