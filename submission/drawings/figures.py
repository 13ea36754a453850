"""Charts as SVG by small code: text stays text in the shipped font; colors survive color blindness and gray print."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from markupsafe import Markup, escape

from submission.drawings.lettering import measure
from submission.words.claims import compose, runs_of, scale
from submission.words.filters import figure, operating_text, total
from verification.evidence import Curve, CurvePoint

INK, MUTED, GRID, PALE = "#1d2733", "#5b6876", "#dfe4e9", "#f3f6f8"
PAPER, WHITE = "#fff", "#fffffe"
"""The ground of a page, which may be dark on a screen, and white on any ground."""
BLUE, VERMILION = "#00568f", "#c04a00"  # apart for every common color vision; told apart by dash and label as well
PALETTE = (BLUE, VERMILION, "#00856a", "#9a4a8c", "#a97400", "#3f4a56")
"""Colors of series in order; for color blindness and gray print the dash or the mark tells them apart as well."""
COLOURS = dict(
    zip(
        (INK, MUTED, GRID, PALE, PAPER, WHITE, *PALETTE),
        ("ink", "muted", "grid", "pale", "paper", "white", "one", "two", "three", "four", "five", "six"),
        strict=True,
    )
)
"""A name for each color: a page on a screen gives it a value of its own, light or dark."""
FONT = "Clearway Sans"
WIDE, NARROW = 660.0, 318.0
"""Widths of a drawing over the whole text and over half of it, in pixels of CSS."""

Drawn: TypeAlias = tuple[list[str], float, float]
"""The parts of a drawing, its width and its height."""

SIZE, LEFT, TOP, RIGHT, BOTTOM = 250.0, 46.0, 14.0, 20.0, 58.0
HEIGHT = TOP + SIZE + BOTTOM


def text(x: float, y: float, content: str, anchor: str = "middle", colour: str = INK, size: float = 9.5) -> str:
    """One line of text. Where its runs come from stands in an attribute, since one line is one element.

    It is anchored here, at its start: WeasyPrint draws a text with another anchor as a group, and PDFium, which shows
    PDF in browsers, cuts the first letter of a group.
    """
    runs = escape(json.dumps(runs_of(content), ensure_ascii=False))
    start = x - measure(content, size) * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
    return (
        f'<text x="{start:.2f}" y="{y:.2f}" fill="{colour}" font-family="{FONT}" '
        f'font-size="{size}" data-runs="{runs}">{escape(str(content))}</text>'
    )


def line(x1: float, y1: float, x2: float, y2: float, colour: str = GRID, width: float = 0.7, dash: str = "") -> str:
    """One straight line."""
    style = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.2f}" y1="{y1:.2f}" x2="{x2:.2f}" y2="{y2:.2f}" stroke="{colour}" '
        f'stroke-width="{width}"{style}/>'
    )


def path(points: Iterable[tuple[float, float]], colour: str, dash: str = "") -> str:
    """A polyline through points in the unit square."""
    style = f' stroke-dasharray="{dash}"' if dash else ""
    corners = " ".join(f"{across(x):.2f},{up(y):.2f}" for x, y in points)
    return f'<polyline points="{corners}" fill="none" stroke="{colour}" stroke-width="1.8"{style}/>'


def across(x: float) -> float:
    """A unit coordinate on the horizontal axis, in points of the drawing."""
    return LEFT + x * SIZE


def up(y: float) -> float:
    """A unit coordinate on the vertical axis, in points of the drawing."""
    return TOP + (1 - y) * SIZE


def svg(parts: Sequence[str], width: float, height: float, alt: str) -> str:
    """An SVG drawing, with its alternative text as the name that a screen reader speaks."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(str(alt))}" width="{width:.0f}" '
        f'height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">{"".join(parts)}</svg>'
    )


def picture(parts: Sequence[str], width: float, height: float, alt: str) -> Markup:
    """An SVG drawing as an image with an alternative text."""
    encoded = base64.b64encode(svg(parts, width, height, alt).encode()).decode()
    return Markup('<img class="chart" alt="{}" src="data:image/svg+xml;base64,{}">').format(str(alt), encoded)


@total
def photograph(content: bytes, alt: str) -> Markup:
    """A picture (JPEG) in the page itself, with an alternative text."""
    return Markup('<img alt="{}" src="data:image/jpeg;base64,{}">').format(alt, base64.b64encode(content).decode())


def frame(horizontal: str, vertical: str) -> list[str]:
    """Grid, ticks and axis titles of the unit square."""
    parts = []
    for tick in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        parts += [line(across(tick), up(0), across(tick), up(1)), line(across(0), up(tick), across(1), up(tick))]
        parts += [text(across(tick), up(0) + 14, scale(f"{tick:.1f}"), colour=MUTED, size=8.5)]
        parts += [text(across(0) - 6, up(tick) + 3, scale(f"{tick:.1f}"), "end", MUTED, 8.5)]
    middle = up(0.5)
    parts += [line(across(0), up(0), across(1), up(0), INK, 0.9), line(across(0), up(0), across(0), up(1), INK, 0.9)]
    parts += [text(across(0.5), up(0) + 32, horizontal)]
    parts += [f'<g transform="rotate(-90 12 {middle:.2f})">{text(12, middle, vertical)}</g>']
    return parts


def legend(keys: Sequence[tuple[str, str, str]]) -> list[str]:
    """What each line is, below the axes: name, color, dash."""
    y, parts = HEIGHT - 8, []
    for number, (name, colour, dash) in enumerate(keys):
        x = across(0) + number * SIZE * 0.37
        parts += [line(x, y, x + 22, y, colour, 1.8, dash), text(x + 27, y + 3, name, "start")]
    return parts


@total
def roc_chart(curve: Curve) -> Markup:
    """The receiver operating characteristic with the locked operating point."""
    operating = curve.operating
    x, y = across(1 - operating.specificity), up(operating.sensitivity)
    parts = frame("1 − specificity", "Sensitivity")
    parts += [path([(0, 0), (1, 1)], MUTED, "2 3"), path(_roc_points(curve.points), BLUE)]
    parts += [f'<circle cx="{x:.2f}" cy="{y:.2f}" r="4.6" fill="#fff" stroke="{VERMILION}" stroke-width="2.2"/>']
    parts += [text(across(0.98), up(0.14), "Operating point", "end", VERMILION)]
    parts += [text(across(0.98), up(0.14) + 12, _plain(operating), "end", size=8.5)]
    alt = f"Receiver operating characteristic curve; operating point: {operating_text(operating)}."
    parts += legend((("This release", BLUE, ""), ("No discrimination", MUTED, "2 3")))
    return picture(parts, LEFT + SIZE + RIGHT, HEIGHT, alt)


@total
def sweep_chart(curve: Curve) -> Markup:
    """Sensitivity and specificity against the threshold, with the locked threshold."""
    points = [point for point in curve.points if point.threshold is not None and 0 <= point.threshold <= 1]
    parts = frame("Threshold on the score", "Sensitivity, specificity")
    parts += [path([(point.threshold or 0.0, point.sensitivity) for point in points], BLUE)]
    parts += [path([(point.threshold or 0.0, point.specificity) for point in points], VERMILION, "6 3")]
    if curve.operating.threshold is not None:
        x = across(min(1.0, max(0.0, curve.operating.threshold)))
        parts += [line(x, up(0), x, up(1), INK, 1.0, "1.5 2.5")]
    keys = (("Sensitivity", BLUE, ""), ("Specificity", VERMILION, "6 3"), ("Locked", INK, "1.5 2.5"))
    parts += legend(keys)
    alt = f"Sensitivity and specificity against the threshold; locked: {operating_text(curve.operating)}."
    return picture(parts, LEFT + SIZE + RIGHT, HEIGHT, alt)


def _roc_points(points: Sequence[CurvePoint]) -> list[tuple[float, float]]:
    return [(0.0, 0.0), *((1 - point.specificity, point.sensitivity) for point in points), (1.0, 1.0)]


def _plain(point: CurvePoint) -> str:
    return compose("sensitivity {}, specificity {}", figure(point.sensitivity), figure(point.specificity))


STEP_WIDTH, STEP_HEIGHT, EXIT_LEFT, EXIT_WIDTH = 250.0, 40.0, 330.0, 190.0


def flow_chart(steps: Sequence[tuple[str, str, str | None]], alt: str) -> Markup:
    """A path downwards: each step has a title, a line of detail and, if it can end there, the exit to its right."""
    parts: list[str] = []
    pitch = STEP_HEIGHT + 18
    for number, (title, detail, leave) in enumerate(steps):
        y = 6 + number * pitch
        parts += _box(4, y, STEP_WIDTH, title, detail, BLUE)
        if leave:
            parts += [arrow(4 + STEP_WIDTH, y + STEP_HEIGHT / 2, EXIT_LEFT - 1, y + STEP_HEIGHT / 2)]
            exit_title, _, exit_detail = leave.partition("|")
            parts += _box(EXIT_LEFT, y, EXIT_WIDTH, exit_title, exit_detail, VERMILION)
        if number + 1 < len(steps):
            middle = 4 + STEP_WIDTH / 2
            parts += [arrow(middle, y + STEP_HEIGHT, middle, y + pitch - 1)]
    return picture(parts, EXIT_LEFT + EXIT_WIDTH + 4, 6 + len(steps) * pitch - 12, alt)


def _box(x: float, y: float, width: float, title: str, detail: str, colour: str) -> list[str]:
    return [
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width}" height="{STEP_HEIGHT}" rx="3" fill="#fff" stroke="{colour}" '
        'stroke-width="1.1"/>',
        text(x + 10, y + 16.5, title, "start", colour, 10.5),
        text(x + 10, y + 30.5, detail, "start", INK, 8.6),
    ]


def arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    """A level or upright line with a head at its end."""
    head = (
        f"{x2:.1f},{y2:.1f} {x2 - 6:.1f},{y2 - 3:.1f} {x2 - 6:.1f},{y2 + 3:.1f}"
        if y1 == y2
        else f"{x2:.1f},{y2:.1f} {x2 - 3:.1f},{y2 - 6:.1f} {x2 + 3:.1f},{y2 - 6:.1f}"
    )
    return line(x1, y1, x2, y2, MUTED, 1.0) + f'<polygon points="{head}" fill="{MUTED}"/>'
