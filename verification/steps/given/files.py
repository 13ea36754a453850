"""Given: a file that is cut, damaged, not there, or no image at all."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from pydicom import Dataset, dcmread
from pytest_bdd import given, parsers

from verification.steps import radiographs
from verification.steps.bench import Bench


@given(parsers.parse("its file lacks the last {count:d} bytes"))
def short_file(bench: Bench, count: int) -> None:
    """Cut so many bytes off the end of the written file."""
    bench.file().write_bytes(bench.file().read_bytes()[:-count])


@given("the middle of its file is overwritten with noise")
def noisy_file(bench: Bench) -> None:
    """Overwrite an eighth of the written file, from its middle on, with noise."""
    whole = bench.file().read_bytes()
    start, length = len(whole) // 2, len(whole) // 8
    bench.file().write_bytes(whole[:start] + noise(length) + whole[start + length :])


@given(parsers.parse("its file states {stated:d} rows instead of {actual:d}"))
def other_rows(bench: Bench, stated: int, actual: int) -> None:
    """State other Rows in the written file, whose pixel data keep the actual ones."""
    path = bench.file()
    image = dcmread(path)
    assert actual == image.Rows
    image.Rows = stated
    image.save_as(path)


@given("copies of its file cut off at each twentieth of its length")
def truncated(bench: Bench) -> None:
    """Put 20 copies in the place of the file, cut_00.dcm to cut_95.dcm: from 0 to 95 % of its bytes."""
    whole = bench.file().read_bytes()
    bench.file().unlink()
    for part in range(20):
        (bench.images / f"cut_{5 * part:02}.dcm").write_bytes(whole[: len(whole) * part // 20])


@given(parsers.parse("its file ends after {count:d} bytes"))
def cut_file(bench: Bench, count: int) -> None:
    """Keep only the first so many bytes of the written file."""
    bench.file().write_bytes(bench.file().read_bytes()[:count])


@given("its file ends halfway")
def half_file(bench: Bench) -> None:
    """Keep only the first half of the bytes of the written file."""
    cut_file(bench, bench.file().stat().st_size // 2)


@given(parsers.parse("a file that holds {name}"))
def any_file(bench: Bench, name: str) -> None:
    """A file file.dcm with what `content` makes of these words."""
    bench.path = bench.images / "file.dcm"
    bench.path.write_bytes(content(name))


def content(name: str) -> bytes:
    """The bytes of a file that a feature file describes in words."""
    if name == "a complete DX radiograph":
        return encoded_bytes(radiographs.radiograph())
    if name == "a CT image":
        return encoded_bytes(radiographs.radiograph(Modality="CT", SOPClassUID="1.2.840.10008.5.1.4.1.1.2"))
    return {
        "nothing": b"",
        "a text": b"To whom it may concern: this is no image.\n" * 20,
        "noise": noise(5000),
        "a DICOM prefix followed by nothing": bytes(128) + b"DICM",
        "a DICOM prefix followed by noise": bytes(128) + b"DICM" + noise(5000),
    }[name]


def encoded_bytes(image: Dataset) -> bytes:
    """A dataset as the bytes of a DICOM file."""
    buffer = io.BytesIO()
    radiographs.save(image, buffer)
    return buffer.getvalue()


def noise(length: int) -> bytes:
    """Random bytes, the same in each run, none of them the first of a JPEG marker."""
    return np.random.default_rng(20261123).integers(0, 255, length, dtype=np.uint8).tobytes()


@given("a path where there is no file")
def no_file(bench: Bench) -> None:
    """The path nothing-here.dcm, where no file is."""
    bench.path = bench.images / "nothing-here.dcm"


@given("a named pipe")
def named_pipe(bench: Bench) -> None:
    """A named pipe that nobody writes to, where a file is expected."""
    bench.path = bench.images / "pipe.dcm"
    os.mkfifo(bench.path)


@given("a path that no file can have")
def impossible_path(bench: Bench) -> None:
    """A path with a zero byte in it."""
    bench.path = Path(f"{bench.images}/a\0b.dcm")


@given(parsers.parse("its file is named {name}"))
def named(bench: Bench, name: str) -> None:
    """Give the written file another name in the same folder."""
    bench.path = bench.file().rename(bench.images / name)
