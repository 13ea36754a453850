"""What the pixels of a collection are like: read where the images are, recorded as counts and distributions."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from verification.datasets.duplicates import NEAR, find_near, hash_pixels, near_table
from verification.datasets.tables import Row, commonest, histogram, quartiles
from verification.evidence import Figure, FigureKind, Issue, PixelDescription, Series, Severity, Table

BINS = 64
GREY_BITS = {"1": 1, "L": 8, "LA": 8, "P": 8, "RGB": 8, "RGBA": 8, "CMYK": 8, "I;16": 16, "I;16B": 16, "I": 16}
"""Pillow's modes that are read, with the bits of a gray value."""
LINES_SHOWN = 4
"""Groups whose histograms are drawn as lines; more are a grid."""
SHOWN_UNREAD = 3
SHARE = "% of the pixels of an image, mean"


@dataclass(frozen=True, slots=True)
class Listed:
    """An image as a list names it: where its file is, the groups it belongs to, its side of a split, its patient."""

    image: str
    path: Path
    groups: tuple[str, ...]
    side: str
    patient: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of an image. Gray values are in [0, 1]; `histogram` (64,) holds shares that sum to 1.

    `floor` and `ceiling` are the shares of pixels at the lowest and highest value that the file's bits can say.
    """

    mode: str
    rows: int
    columns: int
    size_bytes: int
    mean: float
    deviation: float
    floor: float
    ceiling: float
    histogram: NDArray[np.float64]
    bits: NDArray[np.uint64]


def measure(path: Path) -> Measured | str:
    """Read an image and measure it, or say why it is left out."""
    if not path.is_file():
        return "missing"
    try:
        with Image.open(path) as image:
            if getattr(image, "n_frames", 1) > 1:
                return "animated"
            if image.mode not in GREY_BITS:
                return f"pixels of mode {image.mode}"
            mode, (grey, colour) = image.mode, _read_grey(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return "cannot be decoded"
    if colour:
        mode += ", color"
    elif mode in ("RGB", "RGBA", "P", "CMYK"):
        mode += ", gray values"
    counts, _ = np.histogram(grey, BINS, (0, 1))
    return Measured(
        mode=mode, rows=grey.shape[0], columns=grey.shape[1], size_bytes=path.stat().st_size,
        mean=float(grey.mean()), deviation=float(grey.std()), floor=float((grey == 0).mean()),
        ceiling=float((grey == 1).mean()), histogram=counts / grey.size, bits=hash_pixels(grey),
    )  # fmt: skip


def _read_grey(image: Image.Image) -> tuple[NDArray[np.float32], bool]:
    """Gray values (rows, columns) in [0, 1], and whether the image has colors."""
    if GREY_BITS[image.mode] == 16:
        return np.asarray(image, dtype=np.float32) / np.float32(65535), False
    colour = False
    if image.mode in ("RGB", "RGBA", "P", "CMYK"):
        channels = np.asarray(image.convert("RGB"))
        colour = bool((channels != channels[:, :, :1]).any())
    return np.asarray(image.convert("L"), dtype=np.float32) / np.float32(255), colour


def describe_pixels(
    listed: Sequence[Listed], digest: str, *, others: Sequence[Listed] = (), by_group: bool = True
) -> tuple[PixelDescription, tuple[Issue, ...]]:
    """Read the images of a list and describe their pixels.

    Args:
        listed: the images.
        digest: the SHA-256 of the list that they are from.
        others: images of another part, in which near duplicates are looked for as well.
        by_group: whether intensities are described group by group; a benchmark's are not looked at before its study.

    Returns:
        The description, and an advisory issue for each reason for which images were left out.
    """
    pairs = [(each, measure(each.path)) for each in _progress(listed)]
    read = [(each, found) for each, found in pairs if isinstance(found, Measured)]
    unread = [(each, found) for each, found in pairs if isinstance(found, str)]
    beside = [(each, found) for each, found in ((each, measure(each.path)) for each in _progress(others))
              if isinstance(found, Measured)]  # fmt: skip
    tables = [_flow_table(len(listed), read, unread), *_format_tables(read), *_near_tables(read, beside)]
    tables += _group_tables(read) if by_group else []
    figures = tuple(_find_figures(read)) if by_group and read else ()
    description = PixelDescription(list_digest=digest, images=len(read), tables=tuple(tables), figures=figures)
    return description, tuple(_find_unread(unread))


def _progress(listed: Sequence[Listed]) -> Iterator[Listed]:
    shown = sys.stderr.isatty()
    for number, each in enumerate(listed, start=1):
        yield each
        if shown and (number % 100 == 0 or number == len(listed)):
            print(f"\rread {number}/{len(listed)} images", end="\n" if number == len(listed) else "", file=sys.stderr)


def _find_unread(unread: Sequence[tuple[Listed, str]]) -> Iterator[Issue]:
    for reason in sorted({reason for _, reason in unread}):
        paths = [str(each.path) for each, found in unread if found == reason]
        rest = len(paths) - SHOWN_UNREAD
        named = ", ".join(paths[:SHOWN_UNREAD]) + (f" and {rest} more" if rest > 0 else "")
        yield Issue(code="image-left-out", severity=Severity.ADVISORY, where=paths[0],
                    message=f"{len(paths)} images left out: {reason}: {named}",
                    hint="get these files again, or take them off the list")  # fmt: skip


Read = Sequence[tuple[Listed, Measured]]

# --- tables -----------------------------------------------------------------------------------------------------------


def _flow_table(listed: int, read: Read, unread: Sequence[tuple[Listed, str]]) -> Table:
    reasons = sorted(Counter(reason for _, reason in unread).items())
    rows = (("Listed", listed), *((f"left out: {reason}", count) for reason, count in reasons), ("read", len(read)))
    return Table(title="Flow of files", columns=("Step", "Images"), rows=rows)


def _format_tables(read: Read) -> Iterator[Table]:
    def count(chosen: NDArray[np.bool_]) -> Row:
        return (int(chosen.sum()),)

    modes = [found.mode for _, found in read]
    sizes = [f"{found.columns} × {found.rows}" for _, found in read]
    yield commonest(modes, "Modes of the files", "Mode", count, ("Images",))
    yield commonest(sizes, "Sizes of the files in pixels, width × height", "Size", count, ("Images",))


def groups_of(read: Read) -> dict[str, list[Measured]]:
    """The measurements of each group, in the order of names; an image may be in several."""
    groups: dict[str, list[Measured]] = {}
    for each, found in read:
        for group in each.groups:
            groups.setdefault(group, []).append(found)
    return dict(sorted(groups.items()))


def _group_tables(read: Read) -> list[Table]:
    groups = groups_of(read)
    grey = tuple(
        (
            name,
            len(found),
            *_of(found, "mean", 255),
            *_of(found, "deviation", 255)[1:2],
            *_of(found, "floor", 100)[1:2],
            *_of(found, "ceiling", 100)[1:2],
        )
        for name, found in groups.items()
    )
    size = tuple((name, len(found), *_of(found, "size_bytes", 1 / 1024)) for name, found in groups.items())
    heads = ("Group", "Images", "Mean, lower quartile", "Mean, median", "Mean, upper quartile",
             "Spread within an image, median", "% of pixels at the lowest value, median",
             "% at the highest, median")  # fmt: skip
    return [
        Table(title="Gray values of an image by group, 0 to 255", columns=heads, rows=grey),
        Table(title="File size in KiB by group", rows=size,
              columns=("Group", "Images", "Lower quartile", "Median", "Upper quartile")),
    ]  # fmt: skip


def _of(found: Sequence[Measured], name: str, scale: float) -> tuple[float | None, ...]:
    return quartiles(np.array([getattr(each, name) for each in found], dtype=np.float64) * scale)


def _near_tables(read: Read, beside: Read) -> Iterator[Table]:
    """Near duplicates within the list, and between it and the other part. Images of one shade are not compared."""
    read, beside = ([pair for pair in group if pair[1].deviation > 0] for group in (read, beside))
    said = f"Near duplicates (difference hash; at most {NEAR} bits apart)"
    if len(read) > 1:
        pairs = list(find_near(_bits(read)))
        alike = [read[a][0].side == read[b][0].side for a, b, _ in pairs]
        yield near_table(pairs, alike, said, ("Pairs in one split", "Pairs in two splits"))
    if read and beside:
        pairs = list(find_near(_bits(read), _bits(beside)))
        alike = [set(read[a][0].groups) == set(beside[b][0].groups) for a, b, _ in pairs]
        yield near_table(pairs, alike, f"{said}, with the other part", ("Pairs of one label", "Pairs of two labels"))


def _bits(read: Read) -> NDArray[np.uint64]:
    return np.stack([found.bits for _, found in read])


# --- figures ----------------------------------------------------------------------------------------------------------


def _find_figures(read: Read) -> Iterator[Figure]:
    groups = groups_of(read)
    shares = {name: np.mean([each.histogram for each in found], axis=0) * 100 for name, found in groups.items()}
    if len(groups) <= LINES_SHOWN:
        yield _lines_figure(shares)
    else:
        yield _grid_figure(shares)
    yield _interval_figure(groups, "mean", 255, "Mean gray value by group: median and quartiles",
                           "Mean gray value of an image, 0 to 255")  # fmt: skip
    sizes = {name: np.array([each.size_bytes / 1024 for each in found]) for name, found in groups.items()}
    if len(groups) <= LINES_SHOWN:
        low, high = np.quantile(np.concatenate(list(sizes.values())), (0.005, 0.995)).tolist()
        yield histogram("File size by group", "File size in KiB (the middle 99 % of all images)",
                        "% of the group's images", list(sizes.items()), np.linspace(low, high, 41))  # fmt: skip
    else:
        yield _interval_figure(groups, "size_bytes", 1 / 1024, "File size by group: median and quartiles",
                               "File size in KiB")  # fmt: skip


def _lines_figure(shares: dict[str, NDArray[np.float64]]) -> Figure:
    middles = tuple((at + 0.5) * 256 / BINS for at in range(BINS))
    series = tuple(Series(name=name, x=middles, y=_rounded(values)) for name, values in shares.items())
    return Figure(kind=FigureKind.LINES, title="Gray values by group", series=series, y_label=SHARE,
                  x_label="Gray value, 0 to 255, in steps of 4")  # fmt: skip


def _grid_figure(shares: dict[str, NDArray[np.float64]]) -> Figure:
    steps = 16
    names = tuple(f"{at * 256 // steps}" for at in range(steps))
    series = tuple(Series(name=name, x=names, y=_rounded(values.reshape(steps, -1).sum(axis=1)))
                   for name, values in shares.items())  # fmt: skip
    return Figure(kind=FigureKind.GRID, title="Gray values by group", series=series, y_label=SHARE,
                  x_label="gray value from, 0 to 255")  # fmt: skip


def _rounded(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(round(float(value), 3) for value in values)


def _interval_figure(groups: dict[str, list[Measured]], name: str, scale: float, title: str, label: str) -> Figure:
    values = [_of(found, name, scale) for found in groups.values()]
    series = Series(name="Median and quartiles", x=tuple(groups), y=tuple(row[1] for row in values),
                    lower=tuple(row[0] for row in values), upper=tuple(row[2] for row in values))  # fmt: skip
    return Figure(kind=FigureKind.INTERVALS, title=title, x_label="Group", y_label=label, series=(series,))
