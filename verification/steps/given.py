"""Given: the files of a scenario. Each is a real DICOM, PNG or JPEG file, made in the scenario's own folder."""

from __future__ import annotations

import io
import math
import re
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import numpy as np
import yaml
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid
from pytest_bdd import given, parsers

from verification import radiographs
from verification.steps.bench import Bench, digest, relock

Rows: TypeAlias = list[list[str]]
"""A table of a feature file, the header row first."""

ASSERTIONS = {"Modality": "DX", "BodyPartExamined": "CHEST", "ViewPosition": "AP", "PatientAge": "003Y"}
PLAIN = str(ExplicitVRLittleEndian)


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


@given(parsers.parse("all its pixels show {value:g} of the range from black to white"))
def uniform(bench: Bench, value: float) -> None:
    radiographs.show(bench.image, np.full((1024, 1024), value))


@given(parsers.parse("its pixels show {one:g} and {other:g} of the range from black to white, half of them each"))
def two_values(bench: Bench, one: float, other: float) -> None:
    radiographs.show(bench.image, np.repeat([[one, other]], 512, axis=1).repeat(1024, axis=0))


@given(parsers.parse("{share:d} % of its pixels are {end}"))
def saturated(bench: Bench, share: int, end: str) -> None:
    values = np.tile(np.linspace(0.1, 0.9, 1000), (1000, 1))
    values[: 10 * share] = {"black": 0.0, "white": 1.0}[end]
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


@given(parsers.parse("a published image as {form}"))
def published_image(bench: Bench, form: str) -> None:
    if form == "a Secondary Capture":  # states everything itself
        bench.image = radiographs.secondary_capture()
        return
    bench.asserted = dict(ASSERTIONS)
    picture = Image.fromarray(radiographs.phantom())
    forms = {
        "a grey PNG": (picture, "png"),
        "a PNG with three equal channels": (picture.convert("RGB"), "png"),
        "a PNG of 16 bits": (Image.fromarray(radiographs.phantom().astype(np.uint16) * 257), "png"),
        "a PNG in colours": (Image.fromarray(np.stack([radiographs.phantom() // n for n in (1, 2, 3)], -1)), "png"),
        "a grey JPEG": (picture, "jpg"),
    }
    made, suffix = forms[form]
    bench.path = bench.images / f"image.{suffix}"
    made.save(bench.path)


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
    edit_release(bench.copy_release(), key, {"threshold": "0.123", "maximum_age_years": "17"}[key])


def edit_release(folder: Path, key: str, value: str) -> None:
    """Change the value of a key of release.yaml."""
    path = folder / "release.yaml"
    text, changes = re.subn(rf"(\b{key}: )[^\s,}}]+", rf"\g<1>{value}", path.read_text(encoding="utf-8"))
    assert changes == 1, f"release.yaml: expected one {key}, found {changes}"
    path.write_text(text, encoding="utf-8")


@given(parsers.parse("its {file} is deleted"))
def deleted(bench: Bench, file: str) -> None:
    (bench.copy_release() / file).unlink()


@given(parsers.parse("its folder holds an additional file {file}"))
def additional(bench: Bench, file: str) -> None:
    (bench.copy_release() / file).write_text("additional\n", encoding="utf-8")


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
