"""What the content of a page draws: texts and shapes in the order of painting, by the few operators that ours have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from submission.audit.page.file import File, OddFileError
from submission.audit.page.fonts import Face, read_faces

Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points of the page."""
Point = tuple[float, float]
Colour = tuple[float, float, float]

_N = r"-?\d+(?:\.\d*)?"
LINES = "|".join((
    "q", "Q", "n", "W", r"W\*", "S", "f", r"f\*", "B", "h", "BT", "ET", "EMC", "0 Tr",
    r"/(?:Span|Figure|Formula)\n<</MCID \d+>>\nBDC", r"/Artifact\nBMC",
    rf"{_N} {_N} (?:m|l)", rf"{_N} {_N} {_N} {_N} re", rf"(?:{_N} ){{6}}(?:c|cm)", rf"{_N} {_N} {_N} (?:rg|RG)",
    rf"{_N} w", r"\d J", r"\d j", rf"{_N} M", rf"\[[\d. ]*\] {_N} d", r"/[aA][\d.]+ gs", r"/x\d+ Do",
    rf"(?:{_N} ){{6}}Tm(?:\n/[A-Z]{{6}} {_N} Tf)?\n\[(?:<(?:[0-9a-f]{{4}})*>(?:{_N})?)*\] TJ",
))  # fmt: skip
"""Every line that our pages have; a text is always placed before it is shown."""
WHOLE = re.compile(rf"(?:(?:{LINES})\n)*+(?:{LINES})?".encode())
SHOWN = re.compile(rb"<([0-9a-f]*)>(-?[\d.]+)?")
CLOSEST, WIDEST = 200.0, 400.0
"""How far, in thousandths of the size, a sign may be drawn back toward the one before it, and on from it."""


SLANT = 0.4
"""So far, as a share of their height, letters may lean over: a font that has no italic is slanted."""
DEPTH, HEIGHT = -0.2, 0.7
"""How far letters reach below and above their line, as shares of their size."""


class Text(NamedTuple):
    """A stretch of text that is shown: where, how large, in which color, and where it is cut off.

    `figure` is the number of the drawing of its page that it belongs to, 0 in the flow; `cut` tells that it is cut off
    by something that is no upright rectangle.
    """

    text: str
    box: Box
    size: float
    colour: Colour
    level: bool
    clip: Box
    cut: bool
    figure: int


class Shape(NamedTuple):
    """A path that is filled or stroked."""

    box: Box
    points: tuple[Point, ...]
    fill: Colour | None
    stroke: Colour | None
    width: float
    alpha: float
    level: bool
    figure: int
    curved: bool


@dataclass(slots=True)
class State:
    """What holds where something is drawn."""

    matrix: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    clip: Box = (0.0, 0.0, 0.0, 0.0)
    cut: bool = False
    fill: Colour = (0.0, 0.0, 0.0)
    stroke: Colour = (0.0, 0.0, 0.0)
    width: float = 1.0
    fill_alpha: float = 1.0
    stroke_alpha: float = 1.0

    def kept(self) -> State:
        """The state as it is now."""
        return State(
            self.matrix, self.clip, self.cut, self.fill, self.stroke, self.width, self.fill_alpha, self.stroke_alpha
        )


@dataclass(slots=True)
class Resources:
    """What the content of a page or of a part of it may name."""

    faces: dict[str, Face]
    alphas: dict[str, dict[str, float]]
    forms: dict[str, int]


@dataclass(slots=True)
class _Frame:
    """What holds while one content is followed, that of a page or of a part of one."""

    resources: Resources
    state: State
    depth: int
    opened: int
    placed: Matrix
    stack: list[State] = field(default_factory=list)
    path: list[Point] = field(default_factory=list)
    curved: bool = False
    clipping: bool = False
    face: str = ""
    size: float = 0.0


@dataclass(slots=True)
class _Reader:
    """Follows the content of a page."""

    file: File
    marks: list[Text | Shape] = field(default_factory=list)
    tags: list[bytes] = field(default_factory=list)
    known: dict[int, Resources] = field(default_factory=dict)
    figure: int = 0
    """How many drawings of the page have begun; the texts and shapes of one bear its number."""

    def read(self, content: bytes, resources: Resources, state: State, depth: int = 0) -> None:
        if WHOLE.fullmatch(content) is None:
            raise OddFileError(f"draws by an operator that our pages do not have: {_first_odd(content)!r}")
        frame = _Frame(resources, state, depth, len(self.tags), state.matrix)
        for line in content.split(b"\n"):
            operands, _, operator = line.rpartition(b" ")
            follow = OPERATORS.get(operator)
            if follow is not None:
                follow(self, frame, line if operator == b"TJ" else operands)
            elif line[:1] == b"/":
                self.tags.append(line)
                self.figure += line == b"/Figure"
        if frame.stack or len(self.tags) != frame.opened:
            raise OddFileError("leaves a part of a page open")

    def end_tag(self, frame: _Frame, _: bytes) -> None:
        if len(self.tags) <= frame.opened:
            raise OddFileError("ends a part of a page that did not begin")
        self.tags.pop()

    def place(self, frame: _Frame, operands: bytes) -> None:
        frame.placed = _joined(_floats(operands), frame.state.matrix)

    def set_font(self, frame: _Frame, operands: bytes) -> None:
        name, _, height = operands.partition(b" ")
        frame.face, frame.size = name[1:].decode(), float(height)

    def show(self, frame: _Frame, line: bytes) -> None:
        font, state, size, placed = frame.resources.faces.get(frame.face), frame.state, frame.size, frame.placed
        if font is None:
            raise OddFileError(f"shows text in a font {frame.face!r} that it does not have")
        said = font.shown.get(line)
        if said is None:
            said = font.shown[line] = _read_shown(line, font)
        text, long = said
        if state.fill_alpha != 1.0:
            raise OddFileError(f"shows text through which one sees: {text[:40]!r}")
        a, b, c, d, _, _ = placed
        level = abs(b) < 1e-6 and a > 0 and d > 0 and abs(c) < SLANT * d
        corners = [_moved((x * size, y * size), placed) for x in (0.0, long) for y in (DEPTH, HEIGHT)]
        height, figure = size * (a * a + b * b) ** 0.5, self.figure if b"/Figure" in self.tags else 0
        self.marks.append(Text(text, _around(corners), height, state.fill, level, state.clip, state.cut, figure))

    def keep(self, frame: _Frame, _: bytes) -> None:
        frame.stack.append(frame.state.kept())

    def restore(self, frame: _Frame, _: bytes) -> None:
        if not frame.stack:
            raise OddFileError("restores a state that was not kept")
        frame.state = frame.stack.pop()

    def go(self, frame: _Frame, operands: bytes) -> None:
        x, y = operands.split()
        frame.path.append(_moved((float(x), float(y)), frame.state.matrix))

    def bend(self, frame: _Frame, operands: bytes) -> None:
        values = _floats(operands)
        frame.path += [_moved((values[at], values[at + 1]), frame.state.matrix) for at in (0, 2, 4)]
        frame.curved = True

    def box(self, frame: _Frame, operands: bytes) -> None:
        x, y, wide, high = map(float, operands.split())
        corners = ((x, y), (x + wide, y), (x + wide, y + high), (x, y + high))
        frame.path += [_moved(corner, frame.state.matrix) for corner in corners]

    def cut(self, frame: _Frame, _: bytes) -> None:
        frame.clipping = True

    def end_path(self, frame: _Frame, _: bytes) -> None:
        if frame.clipping:
            _clip(frame.state, frame.path)
        frame.path, frame.curved, frame.clipping = [], False, False

    def fill(self, frame: _Frame, _: bytes) -> None:
        self._paint(frame, filled=True, stroked=False)

    def fill_and_stroke(self, frame: _Frame, _: bytes) -> None:
        self._paint(frame, filled=True, stroked=True)

    def stroke(self, frame: _Frame, _: bytes) -> None:
        self._paint(frame, filled=False, stroked=True)

    def _paint(self, frame: _Frame, *, filled: bool, stroked: bool) -> None:
        state, path = frame.state, frame.path
        if path:
            a, b = state.matrix[:2]
            box, figure = _around(path), self.figure if b"/Figure" in self.tags else 0
            seen = _common(box, state.clip) if filled and not stroked else box
            fill, line = state.fill if filled else None, state.stroke if stroked else None
            alpha, width = state.fill_alpha if filled else state.stroke_alpha, state.width * (a * a + b * b) ** 0.5
            self.marks.append(Shape(seen, tuple(path), fill, line, width, alpha, abs(b) < 1e-6, figure, frame.curved))
        self.end_path(frame, b"")

    def set_fill(self, frame: _Frame, operands: bytes) -> None:
        frame.state.fill = _colour(operands)

    def set_stroke(self, frame: _Frame, operands: bytes) -> None:
        frame.state.stroke = _colour(operands)

    def set_width(self, frame: _Frame, operands: bytes) -> None:
        frame.state.width = float(operands)

    def turn(self, frame: _Frame, operands: bytes) -> None:
        frame.state.matrix = _joined(_floats(operands), frame.state.matrix)

    def set_alpha(self, frame: _Frame, operands: bytes) -> None:
        alpha = frame.resources.alphas.get(operands[1:].decode())
        if alpha is None:
            raise OddFileError(f"sets a state {operands!r} that it does not have")
        frame.state.fill_alpha = alpha.get("ca", frame.state.fill_alpha)
        frame.state.stroke_alpha = alpha.get("CA", frame.state.stroke_alpha)

    def draw_form(self, frame: _Frame, operands: bytes) -> None:
        number = frame.resources.forms.get(operands[1:].decode())
        if frame.depth > DEEP or number is None:
            raise OddFileError(f"draws a part {operands!r} that it does not have, or parts in parts without end")
        held = self.file.at(number, "form")
        named = held.number("resources")
        if named not in self.known:
            self.known[named] = read_resources(self.file, named)
        inner = frame.state.kept()
        left, top, right, bottom = map(float, held["box"].strip(b"[]").split())
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        _clip(inner, [_moved(corner, inner.matrix) for corner in corners])
        self.read(self.file.streams[number], self.known[named], inner, frame.depth + 1)


DEEP = 3
"""So deep parts of a page may lie in parts."""
OPERATORS: dict[bytes, Callable[[_Reader, _Frame, bytes], None]] = {
    b"EMC": _Reader.end_tag, b"Tm": _Reader.place, b"TJ": _Reader.show, b"Tf": _Reader.set_font, b"q": _Reader.keep,
    b"Q": _Reader.restore, b"m": _Reader.go, b"l": _Reader.go, b"c": _Reader.bend, b"re": _Reader.box,
    b"W": _Reader.cut, b"W*": _Reader.cut, b"n": _Reader.end_path, b"f": _Reader.fill, b"f*": _Reader.fill,
    b"B": _Reader.fill_and_stroke, b"S": _Reader.stroke, b"rg": _Reader.set_fill, b"RG": _Reader.set_stroke,
    b"w": _Reader.set_width, b"cm": _Reader.turn, b"gs": _Reader.set_alpha, b"Do": _Reader.draw_form,
}  # fmt: skip
"""What each operator does; those that are not here change nothing that is looked at."""


def read_page(file: File, number: int, media: Box, known: dict[int, Resources]) -> list[Text | Shape]:
    """What a page draws, in the order of painting.

    Args:
        file: the document.
        number: the object of the page.
        media: the box of the page.
        known: resources that were read before, by the numbers of their objects; more are added.

    Raises:
        OddFileError: the page draws by other means than our pages do.
    """
    page = file.at(number, "page")
    named = page.number("resources")
    if named not in known:
        known[named] = read_resources(file, named)
    reader = _Reader(file, known=known)
    reader.read(file.stream(page.number("contents"), "drawing"), known[named], State(clip=media))
    return reader.marks


def read_resources(file: File, number: int) -> Resources:
    """What a page or a part of one may name.

    Raises:
        OddFileError: it names one thing twice, or what is not there.
    """
    held = file.at(number, "resources")
    alphas: dict[str, dict[str, float]] = {}
    for name, kind, value in re.findall(r"/([aA][\d.]+) <</(ca|CA) ([\d.]+)>>", held["alphas"].decode()):
        if name in alphas:
            raise OddFileError(f"has a state {name!r} twice")
        alphas[name] = {kind: float(value)}
    forms = re.findall(r"/(x\d+) (\d+) 0 R", held["forms"].decode())
    if len(dict(forms)) != len(forms):
        raise OddFileError("has a part of a page twice")
    return Resources(read_faces(file, held.number("fonts")), alphas, {name: int(each) for name, each in forms})


def _read_shown(line: bytes, font: Face) -> tuple[str, float]:
    """The text that a line shows, and how far it reaches in sizes."""
    reach, gap, text = 0.0, 0.0, ""
    for codes, back in SHOWN.findall(line):
        if codes and text and not -WIDEST <= gap <= CLOSEST:
            raise OddFileError(f"draws a sign {gap:g} thousandths away from where it follows, after {text[-20:]!r}")
        for at in range(0, len(codes), 4):
            code = codes[at : at + 4]
            if code not in font.texts:
                raise OddFileError(f"shows a glyph of {font.name} that it does not say how to read")
            text += font.texts[code]
            reach += font.widths[code]
        moved = float(back) if back else 0.0
        gap = moved if codes else gap + moved
        reach -= moved
    return text, reach / 1000


def _first_odd(content: bytes) -> bytes:
    """The first line that is not of the lines of our pages."""
    match = re.match(rf"(?:(?:{LINES})\n)*+".encode(), content)
    return content[match.end() if match else 0 :].split(b"\n")[0][:60]


def _floats(text: bytes) -> Matrix:
    a, b, c, d, e, f = map(float, text.split())
    return a, b, c, d, e, f


def _colour(text: bytes) -> Colour:
    red, green, blue = map(float, text.split())
    return red, green, blue


def _joined(one: Matrix, other: Matrix) -> Matrix:
    a, b, c, d, e, f = one
    p, q, r, s, t, u = other
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def _moved(point: Point, matrix: Matrix) -> Point:
    x, y = point
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _around(points: Sequence[Point]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _common(one: Box, other: Box) -> Box:
    return max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])


def _clip(state: State, path: list[Point]) -> None:
    """Let only what lies within a path be seen; what is no upright rectangle cuts in a way that is not followed."""
    box = _around(path) if path else (0.0, 0.0, 0.0, 0.0)
    corners = {(x, y) for x in (box[0], box[2]) for y in (box[1], box[3])}
    whole = len(path) >= 4 and all(any(abs(x - a) < 0.01 and abs(y - b) < 0.01 for a, b in corners) for x, y in path)
    state.cut = state.cut or not whole
    state.clip = _common(box, state.clip)


def texts_of(marks: list[Text | Shape]) -> Iterator[Text]:
    """The texts among marks."""
    return (mark for mark in marks if isinstance(mark, Text))
