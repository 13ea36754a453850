"""Given: published images as they are, JPEG, PNG or Secondary Capture, and what their user asserts of them."""

from __future__ import annotations

import shutil
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image
from pytest_bdd import given, parsers

from verification.steps import radiographs
from verification.steps.bench import Bench
from verification.steps.tables import Rows, records

ASSERTIONS = {"Modality": "DX", "BodyPartExamined": "CHEST", "ViewPosition": "AP", "PatientAge": "003Y"}


@given("the 16 published files")
def published_files(bench: Bench) -> None:
    """The JPEG files of the published radiographs as they are, and what is asserted of each."""
    for path in radiographs.PUBLISHED.glob("*.jpeg"):
        shutil.copy(path, bench.images)
    bench.asserted = dict(ASSERTIONS)


@given("the published files of this manifest:")
def manifest(bench: Bench, datatable: Rows) -> None:
    """The published JPEG files of the table, and the table as manifest.csv, whose paths are relative to it."""
    for row in records(datatable):
        shutil.copy(radiographs.PUBLISHED / row["path"], bench.images)
    lines = [",".join([f"images/{name}" if name in row[0] else name for name in row]) for row in datatable[1:]]
    table = bench.folder / "manifest.csv"
    table.write_text("\n".join([",".join(datatable[0]), *lines]) + "\n", encoding="utf-8")
    bench.manifest = table


@given(parsers.re(r"a published image as (?P<form>a gray PNG(, .+)?|a PNG .+|a gray JPEG|a Secondary Capture)$"))
def published_image(bench: Bench, form: str) -> None:
    """A picture in this form: the `phantom`, or 512 x 512 of one value. A Secondary Capture needs no assertions."""
    if form == "a Secondary Capture":  # states everything itself
        bench.image = radiographs.secondary_capture()
        return
    form, _, value = form.partition(", all of value ")
    grey = np.full((512, 512), int(value), np.uint8) if value else radiographs.phantom()
    picture = Image.fromarray(grey)
    coloured, dotted = np.stack([grey, 255 - grey, grey], axis=2), np.stack([grey] * 3, axis=2)
    dotted[5, 7] = (255, 0, 0)
    forms = {
        "a gray PNG": (picture, "png"),
        "a PNG with three equal channels": (picture.convert("RGB"), "png"),
        "a PNG with a palette": (picture.convert("P"), "png"),
        "a PNG with all of it in color": (Image.fromarray(coloured), "png"),
        "a PNG with one pixel in color": (Image.fromarray(dotted), "png"),
        "a PNG of two frames": (picture, "png"),
        "a PNG of 16 bits with alpha": (None, "png"),
        "a PNG of 2 bits": (None, "png"),
        "a PNG of 16 bits": (Image.fromarray(grey.astype(np.uint16) * 257), "png"),
        "a gray JPEG": (picture, "jpg"),
    }
    made, suffix = forms[form]
    bench.asserted, bench.path = dict(ASSERTIONS), bench.images / f"image.{suffix}"
    if made is None:
        deep = "16" in form
        values = (
            np.stack([grey.astype(">u2") * 257, np.full_like(grey, 65535, ">u2")], axis=2) if deep else grey[:, ::4]
        )
        bench.path.write_bytes(encode_png(grey.shape[1], values, 16 if deep else 2, 4 if deep else 0))
    elif "two frames" in form:
        made.save(bench.path, save_all=True, append_images=[Image.fromarray(255 - grey)])
    else:
        made.save(bench.path)


def encode_png(width: int, rows: NDArray[Any], bits: int, colour: int) -> bytes:
    """A PNG file (ISO/IEC 15948) of these rows of bytes, unfiltered, of so many bits a sample, of this color type."""
    head = struct.pack(">IIBBBBB", width, len(rows), bits, colour, 0, 0, 0)
    lines = zlib.compress(b"".join(b"\x00" + row.tobytes() for row in rows))
    chunks = ((b"IHDR", head), (b"IDAT", lines), (b"IEND", b""))
    parts = (struct.pack(">I", len(c)) + name + c + struct.pack(">I", zlib.crc32(name + c)) for name, c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@given(parsers.parse("its Exif data say that it is to be turned, orientation {orientation:d}"))
def turned(bench: Bench, orientation: int) -> None:
    """Write the picture again with this Exif orientation (tag 274)."""
    assert bench.path
    with Image.open(bench.path) as picture:
        exif = picture.getexif()
        exif[ExifTags.Base.Orientation] = orientation
        picture.load()
        picture.save(bench.path, exif=exif)


@given(parsers.parse("its scan ends after {share:d} % of it, with an end marker"))
def cut_scan(bench: Bench, share: int) -> None:
    """Leave so much of the codes of the JPEG file, and put the end of image (FF D9) behind them."""
    assert bench.path
    content = bench.path.read_bytes()
    scan = content.index(b"\xff\xda")
    bench.path.write_bytes(content[: scan + (len(content) - scan) * share // 100] + b"\xff\xd9")


@given(parsers.parse("a published image as a Secondary Capture of {rows:d} rows and {columns:d} columns"))
def secondary_capture_of_size(bench: Bench, rows: int, columns: int) -> None:
    """A Secondary Capture of 8 bits with a `phantom` of so many rows and columns."""
    bench.image = radiographs.secondary_capture(radiographs.phantom(rows, columns))


@given(parsers.parse("the published radiograph {name} with its assertions"))
def published_file(bench: Bench, name: str) -> None:
    """The JPEG file of a published radiograph, and what is asserted of it."""
    bench.path, bench.asserted = bench.images / name, dict(ASSERTIONS)
    shutil.copy(radiographs.PUBLISHED / name, bench.path)


@given(parsers.parse("a published PNG of {rows:d} rows and {columns:d} columns"))
def published_image_of_size(bench: Bench, rows: int, columns: int) -> None:
    """A PNG file of a `phantom` of so many rows and columns, and what is asserted of it."""
    bench.asserted = dict(ASSERTIONS)
    bench.path = bench.images / "image.png"
    Image.fromarray(radiographs.phantom(rows, columns)).save(bench.path)


@given(parsers.parse("{keyword} is not asserted"))
def not_asserted(bench: Bench, keyword: str) -> None:
    """Assert all but this attribute."""
    del bench.asserted[keyword]


@given("nothing is asserted")
def nothing_asserted(bench: Bench) -> None:
    """Assert nothing."""
    bench.asserted = {}


@given(parsers.parse("{keyword} is asserted as {value}"))
def asserted(bench: Bench, keyword: str, value: str) -> None:
    """Assert this value of the attribute, in place of the usual one."""
    bench.asserted[keyword] = value
