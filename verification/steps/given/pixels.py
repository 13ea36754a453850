"""Given: what the pixels of a radiograph store and show."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pytest_bdd import given, parsers

from verification.steps import radiographs
from verification.steps.bench import Bench
from verification.steps.tables import Rows


@given(parsers.parse("its pixels are stored in {bits:d} bits"))
def bits(bench: Bench, bits: int) -> None:
    """Store the `phantom` in so many bits, its 255 as their greatest value, without a window."""
    radiographs.store(bench.image, np.rint(radiographs.phantom() / 255 * (2**bits - 1)), bits)


@given(parsers.parse("its pixels are stored in {bits:d} bits, half of them negative"))
def signed(bench: Bench, bits: int) -> None:
    """Store the `phantom` in so many bits, from their least to their greatest value, without a window."""
    radiographs.store(bench.image, np.rint(radiographs.phantom() / 255 * (2**bits - 1)) - 2 ** (bits - 1), bits)


@given("its values are inverted")
def inverted(bench: Bench) -> None:
    """Store 4080 - v for every value v."""
    bench.image.PixelData = (4080 - np.frombuffer(bench.image.PixelData, "<u2")).astype("<u2").tobytes()


@given("its values are left as they are")
def not_inverted(bench: Bench) -> None:
    """Store what it stores."""


@given(parsers.parse("all its pixels are stored as {value:d} in {bits:d} bits"))
def stored(bench: Bench, value: int, bits: int) -> None:
    """Store one value in 512 x 512 pixels of so many bits, without a window."""
    radiographs.store(bench.image, np.full((512, 512), value), bits)


@given(parsers.parse("all its pixels show {value:g} of the range from black to white"))
def uniform(bench: Bench, value: float) -> None:
    """Show one value in [0, 1] in all of 1024 x 1024 pixels."""
    radiographs.show(bench.image, np.full((1024, 1024), value))


@given(parsers.parse("its pixels show what lies between {one:g} and {other:g} of the range from black to white"))
def two_ends(bench: Bench, one: float, other: float) -> None:
    """Show the `phantom` between these values: its darkest 2 % have the lower one, its brightest 2 % the upper one."""
    low, high = np.percentile(radiographs.phantom(), (2, 98))
    share = np.clip((radiographs.phantom() - low) / (high - low), 0, 1)
    radiographs.show(bench.image, min(one, other) + abs(other - one) * share)


@given(parsers.parse("{share:g} % of its pixels show {one:g}, the others {other:g} of the range from black to white"))
def share_of_two_values(bench: Bench, share: float, one: float, other: float) -> None:
    """Show one value in [0, 1] in this share of 1024 x 1024 pixels, drawn alike in each run, another in the rest."""
    values = np.full((1024, 1024), other)
    values.reshape(-1)[np.random.default_rng(20261123).permutation(values.size) < share / 100 * values.size] = one
    radiographs.show(bench.image, values)


@given(parsers.parse("{share:d} % of its pixels are {end}"))
def saturated(bench: Bench, share: int, end: str) -> None:
    """Show black 0 or white 1 (almost: 0.05, 0.95) where the `phantom` is darkest or brightest, else 0.1 to 0.9."""
    values = 0.1 + 0.8 * radiographs.phantom(1000, 1000) / 255
    order, count = np.argsort(values, axis=None, kind="stable"), share * values.size // 100
    shown = {"black": 0.0, "white": 1.0, "almost black": 0.05, "almost white": 0.95}[end]
    values.reshape(-1)[order[:count] if shown < 0.5 else order[-count:]] = shown
    radiographs.show(bench.image, values)


def draw(picture: str) -> NDArray[np.float64]:
    """A picture that is no radiograph, 1024 x 1024 pixels, from 0 to 1."""
    down, right = np.mgrid[0:1024, 0:1024] / 1024
    drawn: dict[str, NDArray[np.float64]] = {
        "white noise": np.random.default_rng(20261130).random((1024, 1024)),
        "a ramp from top to bottom": down,
        "a ramp from corner to corner": (right + down) / 2,
        "a bright column on dark ground": np.exp(-(((right - 0.5) / 0.15) ** 2)),
        "stripes": 0.1 + 0.8 * (np.floor(16 * right) % 2),
        "a chessboard": 0.1 + 0.8 * ((np.floor(8 * right) + np.floor(8 * down)) % 2),
        "a disc on dark ground": np.where(np.hypot(right - 0.5, down - 0.5) < 0.3, 0.8, 0.2),
        "a marker on flat ground": np.where((abs(right - 0.1) < 0.06) & (abs(down - 0.1) < 0.06), 0.9, 0.5),
        "two halves": np.where(right < 0.5, 0.2, 0.8),
        "a disc brightest in the middle": 1 - np.hypot(right - 0.5, down - 0.5) / 0.71,
        "a drawing of two dark fields": radiographs.phantom() / 255,
    }
    return drawn[picture]


@given(parsers.re(r"its pixels show (?P<picture>(?:white|a|stripes|two)\b.*)"))
def no_radiograph(bench: Bench, picture: str) -> None:
    """Show a picture that is no radiograph in 1024 x 1024 pixels."""
    radiographs.show(bench.image, draw(picture))


@given("its pixel data are absent")
def without_pixel_data(bench: Bench) -> None:
    """Take Pixel Data out of the data set."""
    del bench.image.PixelData


@given("its pixel data are empty")
def empty_pixel_data(bench: Bench) -> None:
    """Leave Pixel Data in the data set with a length of 0."""
    bench.image.PixelData = b""


@given(parsers.parse("its pixel data lack the last {count:d} bytes"))
def short_pixel_data(bench: Bench, count: int) -> None:
    """Cut so many bytes off the end of Pixel Data; the file itself is whole."""
    bench.image.PixelData = bench.image.PixelData[:-count]


@given(parsers.parse("its pixel data have {count:d} bytes more"))
def long_pixel_data(bench: Bench, count: int) -> None:
    """Add so many zero bytes to the end of Pixel Data."""
    bench.image.PixelData += bytes(count)


@given("a radiograph of five gray levels that stores and shows:")
def levels(bench: Bench, datatable: Rows) -> None:
    """A picture of the levels 0 to 4 as the first row stores them in 12 bits, and beside it what they are to show."""
    (_, *stored), (_, *shown) = datatable
    picture = radiographs.read_published("person1946_bacteria_4874.jpeg") // 52
    bench.image, bench.plain = radiographs.radiograph(picture), radiographs.radiograph(picture)
    radiographs.store(bench.image, np.array(stored, dtype=float)[picture], 12)
    radiographs.show(bench.plain, np.array(shown, dtype=float)[picture])


@given(parsers.parse("its {sequence} maps from {first:d} in {bits:d} bits: {entries}"))
def lookup_table(bench: Bench, sequence: str, first: int, bits: int, entries: str) -> None:
    """Give it a Modality or VOI LUT of these entries, the first for this stored value, of so many bits."""
    radiographs.set_lookup_table(bench.image, sequence, first, bits, [int(entry) for entry in entries.split()])


@given(parsers.parse("its first {count:d} columns are stored as {value:d}"))
def columns(bench: Bench, count: int, value: int) -> None:
    """Store one value in these columns; the window stays, 0 black and 4080 and more white."""
    stored = np.frombuffer(bench.image.PixelData, "<u2").reshape(bench.image.Rows, bench.image.Columns).copy()
    stored[:, :count] = value
    bench.image.PixelData = stored.tobytes()
