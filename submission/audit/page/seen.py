"""Whether each text of a page can be seen: on the page, large enough, against its ground, uncut and uncovered.

And whether what is drawn beside texts could itself be read as one: ours are lines, boxes, rings and marks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from submission.audit.page.content import Box, Colour, Shape, Text

LEAST_SIZE = 4.0
"""Points; smaller letters are not read."""
LEAST_CONTRAST = {False: 4.5, True: 2.5}
"""Of text in the flow and in a drawing against its ground (WCAG 2, contrast ratio); in shaded cells it is pale."""
EDGE = 0.5
"""Points by which a shape may reach into the box of a text."""
CUT = 1.0
"""Points by which a text may reach out of what it is cut off by: letters without what hangs below them do."""
PAPER: Colour = (1.0, 1.0, 1.0)
LETTER = 14.0
"""Points: a line or a box in the flow that is shorter both ways could be part of a letter."""
THIN = 3.0
"""Points: a box that is thinner is a line, and has to be long."""
LONG = 11.0
BAND = 24.0
"""Points: shapes are kept by bands of the page, so that each text is held against few."""
CORNERS = {2: "line", 3: "arrow", 4: "box", 13: "ring", 17: "round box"}
"""How many points the closed shapes of our drawings have."""


def find_unseen(marks: Sequence[Text | Shape], media: Box) -> Iterator[str]:
    """Yield each text of a page that is not seen as it is read, and each shape that ours do not have."""
    shapes = [(place, mark) for place, mark in enumerate(marks) if isinstance(mark, Shape)]
    for shape in (mark for _, mark in shapes):
        yield from _find_in_shape(shape)
    bands: dict[int, list[tuple[int, Shape]]] = {}
    for place, shape in shapes:
        for band in range(int(shape.box[1] // BAND), int(shape.box[3] // BAND) + 1):
            bands.setdefault(band, []).append((place, shape))
    for place, mark in enumerate(marks):
        if isinstance(mark, Text) and mark.text.strip():
            touched = range(int(mark.box[1] // BAND), int(mark.box[3] // BAND) + 1)
            known = dict(pair for band in touched for pair in bands.get(band, ()))
            near = [(at, shape) for at, shape in sorted(known.items(), key=_first) if _meet(shape.box, mark.box)]
            for fault in _find_in_text(place, mark, near, media):
                yield f"{fault}: {mark.text[:40]!r}"


def _find_in_text(place: int, text: Text, near: Sequence[tuple[int, Shape]], media: Box) -> Iterator[str]:
    if text.size < LEAST_SIZE:
        yield f"shows text of {text.size:.1f} points, which nobody reads"
    if not _within(text.box, media, 0.0):
        yield "shows text beyond the edge of the page"
    elif text.cut or not _within(text.box, text.clip, CUT):
        yield "cuts a text off"
    if not (text.level or text.figure):
        yield "turns a text, or shows it in a mirror"
    if any(at > place for at, _ in near):
        yield "paints over a text"
    if not text.figure and any(shape.stroke for _, shape in near):
        yield "draws a line through a text"
    ratio = contrast(text.colour, _ground(text, [shape for at, shape in near if at < place]))
    if ratio < LEAST_CONTRAST[bool(text.figure)]:
        yield f"shows text that is hardly told from its ground (contrast {ratio:.1f})"


def _ground(text: Text, shapes: Sequence[Shape]) -> Colour:
    """The color below the middle of a text."""
    x, y = (text.box[0] + text.box[2]) / 2, (text.box[1] + text.box[3]) / 2
    found = PAPER
    for shape in shapes:
        left, bottom, right, top = shape.box
        if shape.fill and len(shape.points) > 2 and left <= x <= right and bottom <= y <= top:
            red, green, blue = (shape.alpha * a + (1 - shape.alpha) * b for a, b in zip(shape.fill, found, strict=True))
            found = (red, green, blue)
    return found


def _find_in_shape(shape: Shape) -> Iterator[str]:
    wide, high = shape.box[2] - shape.box[0], shape.box[3] - shape.box[1]
    if shape.figure:
        solid = shape.fill is not None and shape.alpha == 1.0
        if (solid and len(shape.points) not in CORNERS) or (shape.curved and len(shape.points) not in (13, 17)):
            yield f"draws a shape of {len(shape.points)} points, which our drawings do not have"
    elif shape.curved or not shape.level or shape.alpha != 1.0 or (shape.stroke and min(wide, high) > 0.01):
        yield "draws a shape outside of a drawing that is neither a straight line nor a box"
    elif max(wide, high) < (LETTER if shape.stroke else LONG if min(wide, high) < THIN else 8.0):
        yield f"draws a shape outside of a drawing that is as small as a letter, {wide:.1f} by {high:.1f} points"


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of two colors, from 1 to 21 (WCAG 2)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _first(pair: tuple[int, Shape]) -> int:
    return pair[0]


def _meet(one: Box, other: Box) -> bool:
    return (
        one[0] < other[2] - EDGE and one[2] > other[0] + EDGE and one[1] < other[3] - EDGE and one[3] > other[1] + EDGE
    )


def _within(inner: Box, outer: Box, slack: float) -> bool:
    return (
        inner[0] >= outer[0] - slack
        and inner[1] >= outer[1] - slack
        and inner[2] <= outer[2] + slack
        and inner[3] <= outer[3] + slack
    )
