"""Given: the files of a scenario. Each is a real DICOM, PNG or JPEG file, made in the scenario's own folder."""

from __future__ import annotations

import importlib.metadata
import io
import math
import os
import re
import shutil
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
import yaml
from PIL import Image, ImageFile
from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid
from pytest_bdd import given, parsers

from verification.steps import faults, radiographs
from verification.steps.bench import Bench, digest, relock

Rows: TypeAlias = list[list[str]]
"""A table of a feature file, the header row first."""

ASSERTIONS = {"Modality": "DX", "BodyPartExamined": "CHEST", "ViewPosition": "AP", "PatientAge": "003Y"}
PLAIN = str(ExplicitVRLittleEndian)
ITEM = b"\xfe\xff\x00\xe0"
"""The tag of a fragment (PS3.5 A.4)."""


def records(table: Rows) -> list[dict[str, str]]:
    """The rows of a table by the names of its header."""
    return [dict(zip(table[0], row, strict=True)) for row in table[1:]]


# --- one radiograph ---------------------------------------------------------------------------------------------------


@given("a complete DX radiograph")
def dx(bench: Bench) -> None:
    bench.image = radiographs.radiograph()


@given("a complete CR radiograph")
def cr(bench: Bench) -> None:
    bench.image = radiographs.computed_radiograph()


@given(parsers.parse("a complete DX radiograph of a patient of {age}"))
def dx_of_age(bench: Bench, age: str) -> None:
    bench.image = radiographs.radiograph(PatientBirthDate="")
    radiographs.set_value(bench.image, "PatientAge", age)


@given(parsers.parse("a complete DX radiograph of {rows:d} rows and {columns:d} columns"))
def dx_of_size(bench: Bench, rows: int, columns: int) -> None:
    bench.image = radiographs.radiograph(radiographs.phantom(rows, columns))


@given(parsers.re(r"its (?P<keyword>[A-Z]\w+) is (?P<value>.+)"))
def attribute(bench: Bench, keyword: str, value: str) -> None:
    radiographs.set_value(bench.image, keyword, value)


@given("its attributes are:")
def attributes(bench: Bench, datatable: Rows) -> None:
    for row in records(datatable):
        radiographs.set_value(bench.image, row["keyword"], row["value"])


@given(parsers.parse('its file states the transfer syntax "{stated}"'))
@given('its file states the transfer syntax ""')
def stated_transfer_syntax(bench: Bench, stated: str = "") -> None:
    path, plain = bench.file(), PLAIN.encode() + b"\x00"
    path.write_bytes(path.read_bytes().replace(plain, stated.encode().ljust(len(plain), b"\x00"), 1))


# --- its pixels -------------------------------------------------------------------------------------------------------


@given(parsers.parse("its pixels are stored in {bits:d} bits"))
def bits(bench: Bench, bits: int) -> None:
    radiographs.store(bench.image, np.rint(radiographs.phantom() / 255 * (2**bits - 1)), bits)


@given(parsers.parse("all its pixels are stored as {value:d} in {bits:d} bits"))
def stored(bench: Bench, value: int, bits: int) -> None:
    radiographs.store(bench.image, np.full((512, 512), value), bits)


@given(parsers.parse("all its pixels show {value:g} of the range from black to white"))
def uniform(bench: Bench, value: float) -> None:
    radiographs.show(bench.image, np.full((1024, 1024), value))


@given(parsers.parse("its pixels show {one:g} and {other:g} of the range from black to white, half of them each"))
def two_values(bench: Bench, one: float, other: float) -> None:
    radiographs.show(bench.image, np.repeat([[one, other]], 512, axis=1).repeat(1024, axis=0))


@given(parsers.parse("{share:g} % of its pixels show {one:g}, the others {other:g} of the range from black to white"))
def share_of_two_values(bench: Bench, share: float, one: float, other: float) -> None:
    values = np.full((1024, 1024), other)
    values.reshape(-1)[np.random.default_rng(20261123).permutation(values.size) < share / 100 * values.size] = one
    radiographs.show(bench.image, values)


@given(parsers.parse("{share:d} % of its pixels are {end}"))
def saturated(bench: Bench, share: int, end: str) -> None:
    values = np.tile(np.linspace(0.1, 0.9, 1000), (1000, 1))
    values[: 10 * share] = {"black": 0.0, "white": 1.0, "almost black": 0.05, "almost white": 0.95}[end]
    radiographs.show(bench.image, values)


@given("its pixel data are absent")
def without_pixel_data(bench: Bench) -> None:
    del bench.image.PixelData


@given("its pixel data are empty")
def empty_pixel_data(bench: Bench) -> None:
    bench.image.PixelData = b""


@given(parsers.parse("its pixel data lack the last {count:d} bytes"))
def short_pixel_data(bench: Bench, count: int) -> None:
    bench.image.PixelData = bench.image.PixelData[:-count]


@given(parsers.parse("its pixel data have {count:d} bytes more"))
def long_pixel_data(bench: Bench, count: int) -> None:
    bench.image.PixelData += bytes(count)


# --- its encoding -----------------------------------------------------------------------------------------------------


@given(parsers.parse("it is encoded in {uid}, {name}"))
def encoded(bench: Bench, uid: str, name: str) -> None:  # noqa: ARG001 the name is for the reader
    encode(bench, uid)


def encode(bench: Bench, uid: str) -> None:
    """Write the image in a transfer syntax, its pixel data encoded accordingly."""
    syntax = UID(uid)
    if syntax.is_compressed:
        radiographs.transcode(bench.file(), syntax)
    else:
        bench.image.file_meta.TransferSyntaxUID = syntax
        bench.file()


@given(parsers.parse("it claims to be encoded in {uid}, {name}"))
def claimed(bench: Bench, uid: str, name: str) -> None:  # noqa: ARG001 the name is for the reader
    syntax = UID(uid)
    if syntax.is_encapsulated:
        bench.image.PixelData = encapsulate([b"\xff\xd8 no codestream of any kind \xff\xd9"])
        bench.image["PixelData"].VR = "OB"
        bench.image["PixelData"].is_undefined_length = True
    bench.image.file_meta.TransferSyntaxUID = syntax


@given("its compressed pixel data end halfway")
def half_codestream(bench: Bench) -> None:
    rewrite_frame(bench.file(), lambda frame: frame[: len(frame) // 4 * 2])


@given("its compressed pixel data are overwritten with noise")
def noisy_codestream(bench: Bench) -> None:
    rewrite_frame(bench.file(), lambda frame: noise(len(frame) // 2 * 2 - 2) + b"\xff\xd9")


@given("its codestream lacks its second half but for the end marker")
def half_codestream_with_end(bench: Bench) -> None:
    rewrite_frame(bench.file(), lambda frame: frame[: len(frame) // 4 * 2] + b"\xff\xd9")


@given(parsers.parse("its codestream holds a comment of {count:d} bytes"))
def comment(bench: Bench, count: int) -> None:
    segment = b"\xff\xfe" + (count + 2).to_bytes(2, "big") + noise(count)  # ISO/IEC 10918-1 B.2.4.5
    rewrite_frame(bench.file(), lambda frame: frame[:2] + segment + frame[2:])


@given(parsers.parse("its codestream states {what}"))
def stated_in_codestream(bench: Bench, what: str) -> None:
    """Write into the SIZ segment (ISO/IEC 15444-1 A.5.1): XOsiz at 16, YOsiz at 20, Csiz at 40."""
    place, value = {
        "an offset of 100 columns": (16, (100).to_bytes(4, "big")),
        "an offset of 100 rows": (20, (100).to_bytes(4, "big")),
        "257 samples": (40, (257).to_bytes(2, "big")),
    }[what]
    rewrite_frame(bench.file(), lambda frame: frame[:place] + value + frame[place + len(value) :])


@given("its pixel data hold an offset table and no fragment")
def no_fragment(bench: Bench) -> None:
    image = dcmread(bench.file())
    image.PixelData = ITEM + bytes(4)
    image.save_as(bench.file())


@given(parsers.parse("its last fragment states {count:d} bytes more than it has"))
def overstated_fragment(bench: Bench, count: int) -> None:
    image = dcmread(bench.file())
    (frame,) = [get_frame(image.PixelData, 0, number_of_frames=1)]
    before, length = image.PixelData[: -len(frame) - 4], len(frame) + count
    image.PixelData = before + length.to_bytes(4, "little") + frame
    image.save_as(bench.file())


@given(parsers.parse("its frame is split into {count:d} fragments {how} an offset table"))
def fragments(bench: Bench, count: int, how: str) -> None:
    image = dcmread(bench.file())
    frame = get_frame(image.PixelData, 0, number_of_frames=1)
    image.PixelData = encapsulate([frame], fragments_per_frame=count, has_bot=how == "with")
    image.save_as(bench.file())


@given(parsers.parse("its file lacks the last {count:d} bytes"))
def short_file(bench: Bench, count: int) -> None:
    bench.file().write_bytes(bench.file().read_bytes()[:-count])


@given("the middle of its file is overwritten with noise")
def noisy_file(bench: Bench) -> None:
    whole = bench.file().read_bytes()
    start, length = len(whole) // 2, len(whole) // 8
    bench.file().write_bytes(whole[:start] + noise(length) + whole[start + length :])


@given("another library of the process lets truncated images pass")
def truncated_images_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)


def rewrite_frame(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Replace the one frame of encapsulated pixel data, in place."""
    image = dcmread(path)
    image.PixelData = encapsulate([change(get_frame(image.PixelData, 0, number_of_frames=1))])
    image.save_as(path)


@given(parsers.parse("its file states {stated:d} rows instead of {actual:d}"))
def other_rows(bench: Bench, stated: int, actual: int) -> None:
    path = bench.file()
    image = dcmread(path)
    assert actual == image.Rows
    image.Rows = stated
    image.save_as(path)


@given("copies of its file cut off at each twentieth of its length")
def truncated(bench: Bench) -> None:
    whole = bench.file().read_bytes()
    bench.file().unlink()
    for part in range(20):
        (bench.images / f"cut_{5 * part:02}.dcm").write_bytes(whole[: len(whole) * part // 20])


def noise(length: int) -> bytes:
    """Random bytes, the same in each run, none of them the first of a JPEG marker."""
    return np.random.default_rng(20261123).integers(0, 255, length, dtype=np.uint8).tobytes()


# --- grey levels ------------------------------------------------------------------------------------------------------


@given("a radiograph of five grey levels that stores and shows:")
def levels(bench: Bench, datatable: Rows) -> None:
    (_, *stored), (_, *shown) = datatable
    picture = radiographs.read_published("person1946_bacteria_4874.jpeg") // 52
    bench.image, bench.plain = radiographs.radiograph(picture), radiographs.radiograph(picture)
    radiographs.store(bench.image, np.array(stored, dtype=float)[picture], 12)
    radiographs.show(bench.plain, np.array(shown, dtype=float)[picture])


@given(parsers.parse("its {sequence} maps from {first:d} in {bits:d} bits: {entries}"))
def lookup_table(bench: Bench, sequence: str, first: int, bits: int, entries: str) -> None:
    radiographs.set_lookup_table(bench.image, sequence, first, bits, [int(entry) for entry in entries.split()])


# --- published radiographs --------------------------------------------------------------------------------------------


def wrap(name: str) -> Dataset:
    """A published radiograph as a complete DX image, an instance of its own."""
    uid = generate_uid(entropy_srcs=[name])
    return radiographs.radiograph(radiographs.read_published(name), SOPInstanceUID=uid)


@given(parsers.parse("the published radiograph {name} as a complete DX image"))
def published(bench: Bench, name: str) -> None:
    bench.image, bench.published = wrap(name), radiographs.PUBLISHED / name
    bench.path = radiographs.save(bench.image, bench.images / "1.dcm")


@given("the 16 published radiographs as complete DX images")
def all_published(bench: Bench) -> None:
    for path in sorted(radiographs.PUBLISHED.glob("*.jpeg")):
        radiographs.save(wrap(path.name), bench.images / f"{path.stem}.dcm")
    remember(bench)


@given("one image more that is refused")
def one_more_refused(bench: Bench) -> None:
    radiographs.save(radiographs.radiograph(Modality="CT"), bench.images / "refused.dcm")
    remember(bench)


def remember(bench: Bench) -> None:
    """Note the digest of each input file."""
    bench.digests = {path.name: digest(path) for path in bench.images.iterdir()}


@given(parsers.parse("the same radiograph with inverted values as {photometric}"))
def inverted(bench: Bench, photometric: str) -> None:
    stored = 4080 - np.frombuffer(bench.image.PixelData, "<u2")
    shape = {"MONOCHROME1": "INVERSE", "MONOCHROME2": "IDENTITY"}[photometric]
    changes = {"PhotometricInterpretation": photometric, "PresentationLUTShape": shape, "PixelData": stored.tobytes()}
    other = radiographs.radiograph(radiographs.read_published(bench.published.name), **changes)
    radiographs.save(other, bench.images / f"{len(list(bench.images.iterdir())) + 1}.dcm")


@given("two radiographs whose left half shows 0 and 0.09 of the range, the right half what rises from 0.1 to 0.9")
def dark_halves(bench: Bench) -> None:
    for number, dark in enumerate((0.0, 0.09), start=1):
        image = radiographs.radiograph()
        row = np.concatenate([np.full(512, dark), np.full(64, 0.1), np.linspace(0.1, 0.9, 448)])
        radiographs.show(image, np.tile(row, (1024, 1)))
        radiographs.save(image, bench.images / f"{number}.dcm")


@given("copies of it in these transfer syntaxes:")
def copies(bench: Bench, datatable: Rows) -> None:
    for number, (uid,) in enumerate(datatable, start=2):
        bench.path = bench.images / f"{number}.dcm"
        radiographs.save(bench.image, bench.path)
        if UID(uid).is_compressed:
            radiographs.transcode(bench.path, UID(uid))
        else:
            bench.image.file_meta.TransferSyntaxUID = UID(uid)
            radiographs.save(bench.image, bench.path)
            bench.image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian


@given("the 16 published files")
def published_files(bench: Bench) -> None:
    for path in radiographs.PUBLISHED.glob("*.jpeg"):
        shutil.copy(path, bench.images)
    bench.asserted = dict(ASSERTIONS)


@given("the published files of this manifest:")
def manifest(bench: Bench, datatable: Rows) -> None:
    for row in records(datatable):
        shutil.copy(radiographs.PUBLISHED / row["path"], bench.images)
    lines = [",".join([f"images/{name}" if name in row[0] else name for name in row]) for row in datatable[1:]]
    table = bench.folder / "manifest.csv"
    table.write_text("\n".join([",".join(datatable[0]), *lines]) + "\n", encoding="utf-8")
    bench.manifest = table


@given(parsers.re(r"a published image as (?P<form>a grey PNG(, .+)?|a PNG .+|a grey JPEG|a Secondary Capture)$"))
def published_image(bench: Bench, form: str) -> None:
    if form == "a Secondary Capture":  # states everything itself
        bench.image = radiographs.secondary_capture()
        return
    form, _, value = form.partition(", all of value ")
    grey = np.full((512, 512), int(value), np.uint8) if value else radiographs.phantom()
    picture = Image.fromarray(grey)
    coloured, dotted = np.stack([grey, 255 - grey, grey], axis=2), np.stack([grey] * 3, axis=2)
    dotted[5, 7] = (255, 0, 0)
    forms = {
        "a grey PNG": (picture, "png"),
        "a PNG with three equal channels": (picture.convert("RGB"), "png"),
        "a PNG with a palette": (picture.convert("P"), "png"),
        "a PNG with all of it in colour": (Image.fromarray(coloured), "png"),
        "a PNG with one pixel in colour": (Image.fromarray(dotted), "png"),
        "a PNG of two frames": (picture, "png"),
        "a PNG of 16 bits": (Image.fromarray(grey.astype(np.uint16) * 257), "png"),
        "a grey JPEG": (picture, "jpg"),
    }
    made, suffix = forms[form]
    bench.asserted, bench.path = dict(ASSERTIONS), bench.images / f"image.{suffix}"
    if "two frames" in form:
        made.save(bench.path, save_all=True, append_images=[Image.fromarray(255 - grey)])
    else:
        made.save(bench.path)


@given(parsers.parse("a published image as a Secondary Capture of {rows:d} rows and {columns:d} columns"))
def secondary_capture_of_size(bench: Bench, rows: int, columns: int) -> None:
    bench.image = radiographs.secondary_capture(radiographs.phantom(rows, columns))


@given(parsers.parse("the published radiograph {name} with its assertions"))
def published_file(bench: Bench, name: str) -> None:
    bench.path, bench.asserted = bench.images / name, dict(ASSERTIONS)
    shutil.copy(radiographs.PUBLISHED / name, bench.path)


@given(parsers.parse("a published PNG of {rows:d} rows and {columns:d} columns"))
def published_image_of_size(bench: Bench, rows: int, columns: int) -> None:
    bench.asserted = dict(ASSERTIONS)
    bench.path = bench.images / "image.png"
    Image.fromarray(radiographs.phantom(rows, columns)).save(bench.path)


@given(parsers.parse("its file ends after {count:d} bytes"))
def cut_file(bench: Bench, count: int) -> None:
    bench.file().write_bytes(bench.file().read_bytes()[:count])


@given("its file ends halfway")
def half_file(bench: Bench) -> None:
    cut_file(bench, bench.file().stat().st_size // 2)


@given(parsers.parse("{keyword} is not asserted"))
def not_asserted(bench: Bench, keyword: str) -> None:
    del bench.asserted[keyword]


@given("nothing is asserted")
def nothing_asserted(bench: Bench) -> None:
    bench.asserted = {}


@given(parsers.parse("{keyword} is asserted as {value}"))
def asserted(bench: Bench, keyword: str, value: str) -> None:
    bench.asserted[keyword] = value


# --- other files ------------------------------------------------------------------------------------------------------


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


@given(parsers.parse("a file that holds {name}"))
def any_file(bench: Bench, name: str) -> None:
    bench.path = bench.images / "file.dcm"
    bench.path.write_bytes(content(name))


@given("a path where there is no file")
def no_file(bench: Bench) -> None:
    bench.path = bench.images / "nothing-here.dcm"


@given("a named pipe")
def named_pipe(bench: Bench) -> None:
    bench.path = bench.images / "pipe.dcm"
    os.mkfifo(bench.path)


@given("a path that no file can have")
def impossible_path(bench: Bench) -> None:
    bench.path = Path(f"{bench.images}/a\0b.dcm")


@given(parsers.parse("its file is named {name}"))
def named(bench: Bench, name: str) -> None:
    bench.path = bench.file().rename(bench.images / name)


@given("an empty folder")
def empty_folder(bench: Bench) -> None:
    assert list(bench.images.iterdir()) == []


@given(parsers.parse("its folder {name} holds a link back to it"))
def link_back(bench: Bench, name: str) -> None:
    (bench.images / name / "back").symlink_to(bench.images)


@given("a folder with these files:")
def folder(bench: Bench, datatable: Rows) -> None:
    for row in records(datatable):
        path = bench.images / row["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(row["content"]))


@given(parsers.parse("a folder with {good:d} acceptable, {refused:d} refused and {failed:d} unreadable files"))
def mixed_folder(bench: Bench, good: int, refused: int, failed: int) -> None:
    kinds = ["a complete DX radiograph"] * good + ["a CT image"] * refused + ["noise"] * failed
    for number, kind in enumerate(kinds):
        (bench.images / f"{number}.dcm").write_bytes(content(kind))


@given("the folder holds a radiograph and another one with its SOP Instance UID")
def same_identifier(bench: Bench) -> None:
    first = radiographs.save(radiographs.radiograph(), bench.images / "first.dcm")
    other = radiographs.radiograph(radiographs.phantom(700, 600), SOPInstanceUID=read_uid(first))
    radiographs.save(other, bench.images / "next.dcm")


def read_uid(path: Path) -> str:
    """The SOP Instance UID of a file."""
    return str(dcmread(path, stop_before_pixels=True).SOPInstanceUID)


def public_collection() -> Path:
    """The folder of the DICOM files that the package pydicom-data installs."""
    found = find_spec("data_store")
    assert found is not None, "the package pydicom-data is not installed: install the extra [suite]"
    assert found.origin is not None
    return Path(found.origin).parent / "data"


@given("the files of the public collection pydicom-data")
def collection(bench: Bench) -> None:
    bench.path = public_collection()


@given(parsers.parse("the file {name} of the public collection pydicom-data"))
def file_of_collection(bench: Bench, name: str) -> None:
    bench.path = public_collection() / name


# --- faults ---------------------------------------------------------------------------------------------------------


@given(parsers.parse("the environment variable {name} is {value}"))
def environment(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)


@given(parsers.parse("a command that meets {what}"))
def faulty_command(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    register(monkeypatch, f"verification.steps.faults:{'_'.join(what.split())}")


@given("a command of the training that meets a missing library")
def faulty_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "device.training.met", faults)
    register(monkeypatch, "device.training.met:a_missing_library")


def register(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    """Install a command `met`, as a room does."""
    installed = importlib.metadata.entry_points

    def found(**selected: str) -> importlib.metadata.EntryPoints:
        point = importlib.metadata.EntryPoint("met", function, selected["group"])
        return importlib.metadata.EntryPoints([*installed(**selected), point])

    monkeypatch.setattr(importlib.metadata, "entry_points", found)


# --- releases ---------------------------------------------------------------------------------------------------------


@given(parsers.parse("a copy of the release {name}"))
def copied_release(bench: Bench, name: str) -> None:
    bench.release = name
    bench.copy_release()


@given(parsers.parse("the {place} byte of its {file} is changed"))
def changed_byte(bench: Bench, place: str, file: str) -> None:
    path = bench.copy_release() / file
    data = bytearray(path.read_bytes())
    data[{"first": 0, "middle": len(data) // 2, "last": -1}[place]] ^= 1
    path.write_bytes(bytes(data))


@given(parsers.parse("its release.yaml states another {key}"))
def edited_release(bench: Bench, key: str) -> None:
    other = {
        "threshold": "0.123", "maximum_age_years": "17", "resampling": "nearest", "keeps_aspect": "true",
        "file": "other.tflite", "format": "onnx", "sha256": "f" * 64, "status": "candidate", "study": "null",
    }  # fmt: skip
    edit_release(bench.copy_release(), key, other[key])


def edit_release(folder: Path, key: str, value: str) -> None:
    """Change the value of a key of release.yaml."""
    path = folder / "release.yaml"
    text, changes = re.subn(rf"(?m)^( *{key}: )[^\s,}}]+$", rf"\g<1>{value}", path.read_text(encoding="utf-8"))
    assert changes == 1, f"release.yaml: expected one {key}, found {changes}"
    path.write_text(text, encoding="utf-8")


@given(parsers.parse("its {file} is deleted"))
def deleted(bench: Bench, file: str) -> None:
    (bench.copy_release() / file).unlink()


@given(parsers.parse("its folder holds an additional file {file}"))
def additional(bench: Bench, file: str) -> None:
    (bench.copy_release() / file).write_text("additional\n", encoding="utf-8")


@given("it is locked anew")
def locked_anew(bench: Bench) -> None:
    relock(bench.copy_release())


@given("its weights are no numbers")
def weights_without_numbers(bench: Bench) -> None:
    multiply_weights(bench, math.nan)


@given(parsers.parse("its weights are multiplied by {factor:g}"))
def multiply_weights(bench: Bench, factor: float) -> None:
    path = bench.copy_release() / "model.tflite"
    content = path.read_bytes()
    words = np.frombuffer(content[: len(content) // 4 * 4], "<f4").copy()
    plain = (np.abs(words) > 1e-6) & (np.abs(words) < 1e2)  # as weights are; 50 in a row are nothing else
    words[np.convolve(plain, np.ones(50), "same") > 49] *= factor
    path.write_bytes(words.tobytes() + content[words.nbytes :])
    edit_release(bench.copy_release(), "sha256", digest(path))


@given("a folder in the place of the release")
def folder_as_release(bench: Bench) -> None:
    bench.release = str(bench.folder)


@given("its file lies where its report would be written")
def image_as_report(bench: Bench) -> None:
    bench.reports.mkdir()
    bench.path = bench.file().rename(bench.reports / f"{bench.image.SOPInstanceUID}.sr.dcm")
    bench.digests = {str(bench.path): digest(bench.path)}


@given(parsers.parse("the release, locked anew with a threshold {where} its score"))
def threshold_at_score(bench: Bench, where: str) -> None:
    score = bench.run("analyze", bench.file(), "--json").result["score"]
    threshold = {"equal to": score, "just above": math.nextafter(score, 1), "just below": math.nextafter(score, 0)}[
        where
    ]
    edit_release(bench.copy_release(), "threshold", repr(threshold))
    relock(bench.copy_release())


@given("its weights are taken out")
def without_weights(bench: Bench) -> None:
    folder = bench.copy_release()
    for path in folder.iterdir():
        if path.name != "release.yaml":
            path.unlink()
    described = yaml.safe_load((folder / "release.yaml").read_bytes())
    unbuilt = {"reason": "its images are elsewhere", "command": "clearway train adult-nih --data DIR"}
    described |= {"weights": None, "operating_point": None, "unbuilt": unbuilt}
    (folder / "release.yaml").write_text(yaml.safe_dump(described), encoding="utf-8")
    relock(folder)


@given("a file stands where the folder of the reports should be")
def no_reports_folder(bench: Bench) -> None:
    bench.reports.write_text("in the way\n", encoding="utf-8")
