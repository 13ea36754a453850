"""The layers of the device as a drawing: what stands above may import what stands below it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from markupsafe import Markup

from submission.drawings.figures import BLUE, MUTED, PALE, arrow, picture, text
from submission.words.claims import cut, join_words
from submission.words.filters import total
from verification.evidence import Design, Gap

WIDTH, HEIGHT, SPACE, GAP = 640.0, 26.0, 15.0, 5.0
"""Of the drawing, of a box, between two rows and between two boxes."""


@total
def layer_diagram(design: Design, module: str = "device.pipeline") -> Markup | Gap:
    """The layers of the device as the import contract orders them, the uppermost first, with outside libraries."""
    layers = next((one.layers for one in design.contracts if any("pipeline" in layer for layer in one.layers)), ())
    if not layers:
        return Gap(reason=f"no import contract orders the layers of {module}", closes="state one in pyproject.toml")
    libraries = {one.name.rpartition(".")[2]: one.libraries for one in design.modules}
    return picture(*_draw_layers([_names_of(layer) for layer in layers], libraries))


def _names_of(layer: str) -> list[str]:
    return [cut(layer, *name.span()) for name in re.finditer(r"[^|:\s]+", layer)]


def _draw_layers(
    layers: list[list[str]], libraries: Mapping[str, tuple[str, ...]]
) -> tuple[list[str], float, float, str]:
    parts: list[str] = []
    y = 4.0
    for names in layers:
        wide = len(names) > 2
        parts += [arrow(WIDTH / 2, y - SPACE + 1, WIDTH / 2, y - 1)] if y > HEIGHT else []
        parts += _draw_row(names, libraries, y, wide)
        y += HEIGHT + SPACE + (14 if wide else 0)
    alt = "Layers of the device, each may import what stands below it: " + "; ".join(", ".join(n) for n in layers)
    return parts, WIDTH, y, alt


def _draw_row(names: list[str], libraries: Mapping[str, tuple[str, ...]], y: float, wide: bool) -> Iterator[str]:
    """Boxes side by side; the outside libraries stand below the boxes of a wide row, else to the right."""
    width = (WIDTH - GAP * (len(names) - 1)) / len(names) if wide else 150.0
    left = (WIDTH - width * len(names) - GAP * (len(names) - 1)) / 2
    for place, name in enumerate(names):
        x = left + place * (width + GAP)
        yield (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{HEIGHT}" rx="2" fill="{PALE}" '
            f'stroke="{BLUE}" stroke-width="0.8"/>'
        )
        yield text(x + width / 2, y + 16.5, name, size=9.5)
        outside = libraries.get(name, ())
        if wide:
            yield from (
                text(x + width / 2, y + HEIGHT + 10 + 9 * n, lib, colour=MUTED, size=7.6)
                for n, lib in enumerate(outside)
            )
        elif outside:
            yield text(x + width + 8, y + 16.5, join_words(outside), "start", MUTED, 7.6)
