"""The layers of the device as a drawing: what stands above may import what stands below it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from markupsafe import Markup

from submission.drawings.figures import BLUE, MUTED, PALE, arrow, picture, text
from submission.drawings.lettering import wrap
from submission.words.claims import cut, join_words
from submission.words.filters import total
from verification.evidence import Design, Gap

WIDTH, HEIGHT, SPACE, GAP = 640.0, 21.0, 12.0, 5.0
"""Of the drawing, of a box, between two rows and between two boxes."""
LIBRARY = 7.6
"""The size of the names of outside libraries."""


@total
def layer_diagram(design: Design, module: str = "device.pipeline") -> Markup | Gap:
    """The layers of a package as the import contract with one of its modules orders them, with outside libraries."""
    package, _, name = module.rpartition(".")
    ordered = ([_names_of(layer) for layer in one.layers] for one in design.contracts)
    layers = next((layers for layers in ordered if any(name in names for names in layers)), ())
    if not layers:
        return Gap(reason=f"no import contract orders the layers of {module}", closes="state one in pyproject.toml")
    libraries = {each: _find_libraries(design, f"{package}.{each}") for names in layers for each in names}
    return picture(*_draw_layers(list(layers), libraries))


def _find_libraries(design: Design, package: str) -> tuple[str, ...]:
    """What a module imports from outside, or the modules of a package."""
    inside = (one for one in design.modules if f"{one.name}.".startswith(f"{package}."))
    return tuple(sorted({library for one in inside for library in one.libraries}))


def _names_of(layer: str) -> list[str]:
    return [cut(layer, *name.span()) for name in re.finditer(r"[^|:\s]+", layer)]


def _draw_layers(
    layers: list[list[str]], libraries: Mapping[str, tuple[str, ...]]
) -> tuple[list[str], float, float, str]:
    parts: list[str] = []
    y = 4.0
    for names in layers:
        parts += [arrow(WIDTH / 2, y - SPACE + 1, WIDTH / 2, y - 1)] if y > HEIGHT else []
        drawn, y = _draw_row(names, libraries, y)
        parts += drawn
    alt = "Layers of the device, each may import what stands below it: " + "; ".join(", ".join(n) for n in layers)
    return parts, WIDTH, y, alt


def _draw_row(names: list[str], libraries: Mapping[str, tuple[str, ...]], y: float) -> tuple[list[str], float]:
    """Boxes side by side, and where the next row begins.

    The outside libraries stand to the right of a box that stands alone, else below.
    """
    wide = len(names) > 1
    width = (WIDTH - 2 - GAP * (len(names) - 1)) / len(names) if len(names) > 2 else 150.0
    left = (WIDTH - width * len(names) - GAP * (len(names) - 1)) / 2
    parts: list[str] = []
    below = 0
    for place, name in enumerate(names):
        x = left + place * (width + GAP)
        parts += [
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{HEIGHT}" rx="2" fill="{PALE}" '
            f'stroke="{BLUE}" stroke-width="0.8"/>',
            text(x + width / 2, y + 14.5, name, size=9.5),
        ]
        outside = join_words(libraries.get(name, ()))
        lines = wrap(outside, width, LIBRARY) if wide and outside else ()
        for at, one in enumerate(lines):
            parts += [text(x + width / 2, y + HEIGHT + 9 + 9 * at, one, colour=MUTED, size=LIBRARY)]
        if outside and not wide:
            parts += [text(x + width + 8, y + 14.5, outside, "start", MUTED, LIBRARY)]
        below = max(below, len(lines))
    return parts, y + HEIGHT + SPACE + (4 + 9 * below if below else 0)
