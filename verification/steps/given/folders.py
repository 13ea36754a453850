"""Given: folders of files, and where reports would be written."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from pydicom import dcmread
from pydicom.uid import JPEGLSLossless, generate_uid
from pytest_bdd import given, parsers

from verification.steps import radiographs
from verification.steps.bench import Bench, digest
from verification.steps.given.files import content
from verification.steps.tables import Rows, records


@given("an empty folder")
def empty_folder(bench: Bench) -> None:
    """The scenario's folder of images, and nothing in it."""
    assert list(bench.images.iterdir()) == []


@given(parsers.parse("its folder {name} holds a link back to it"))
def link_back(bench: Bench, name: str) -> None:
    """A symbolic link in a folder below, which leads back to the folder of images."""
    (bench.images / name / "back").symlink_to(bench.images)


@given("a folder with these files:")
def folder(bench: Bench, datatable: Rows) -> None:
    """Write each file of the table (file, content) below the folder of images; `content` makes it of the words."""
    for row in records(datatable):
        path = bench.images / row["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(row["content"]))


@given(parsers.parse("a folder with files, acceptable {good:d}, refused {refused:d}, unreadable {failed:d}"))
def mixed_folder(bench: Bench, good: int, refused: int, failed: int) -> None:
    """Files 0.dcm, 1.dcm and so on: complete DX images, then CT images, then noise."""
    kinds = ["a complete DX radiograph"] * good + ["a CT image"] * refused + ["noise"] * failed
    for number, kind in enumerate(kinds):
        (bench.images / f"{number}.dcm").write_bytes(content(kind))


@given("the folder holds a radiograph and another one with its SOP Instance UID")
def same_identifier(bench: Bench) -> None:
    """Two different images, first.dcm and next.dcm, that share a SOP Instance UID."""
    first = radiographs.save(radiographs.radiograph(), bench.images / "first.dcm")
    other = radiographs.radiograph(radiographs.phantom(700, 600), SOPInstanceUID=read_uid(first))
    radiographs.save(other, bench.images / "next.dcm")


def read_uid(path: Path) -> str:
    """The SOP Instance UID of a file."""
    return str(dcmread(path, stop_before_pixels=True).SOPInstanceUID)


@given("the files of the public collection pydicom-data")
def collection(bench: Bench) -> None:
    """The folder of files that the package pydicom-data installs, where they lie."""
    bench.path = public_collection()


@given(parsers.parse("the file {name} of the public collection pydicom-data"))
def file_of_collection(bench: Bench, name: str) -> None:
    """One file of that folder, where it lies."""
    bench.path = public_collection() / name


def public_collection() -> Path:
    """The folder of the DICOM files that the package pydicom-data installs."""
    found = find_spec("data_store")
    assert found is not None, "the package pydicom-data is not installed: install the extra [suite]"
    assert found.origin is not None
    return Path(found.origin).parent / "data"


@given("its file lies where its report would be written")
def image_as_report(bench: Bench) -> None:
    """Move the image to the path of its own report, and note its digest."""
    bench.reports.mkdir()
    bench.path = bench.file().rename(bench.reports / f"{bench.image.SOPInstanceUID}.sr.dcm")
    bench.digests = {str(bench.path): digest(bench.path)}


@given("a file stands where the folder of the reports should be")
def no_reports_folder(bench: Bench) -> None:
    """Write a text file at the path of the folder of reports."""
    bench.reports.write_text("in the way\n", encoding="utf-8")


@given(parsers.parse("a folder of {count:d} radiographs in JPEG-LS, the {nth:d}th of 513 rows, the others of 512"))
def one_of_513_rows(bench: Bench, count: int, nth: int) -> None:
    """Images 01.dcm and so on, each an instance of its own."""
    for number in range(1, count + 1):
        pixels = radiographs.phantom(513 if number == nth else 512, 512)
        uid = generate_uid(entropy_srcs=[f"image {number}"])
        path = radiographs.save(radiographs.radiograph(pixels, SOPInstanceUID=uid), bench.images / f"{number:02}.dcm")
        radiographs.transcode(path, JPEGLSLossless)


@given(parsers.parse("a folder of {count:d} copies of it, in each of which another bit of the pixel data is changed"))
def changed_bits(bench: Bench, count: int) -> None:
    """Copies 000.dcm and so on; the bytes lie evenly spread between the first and the last of the pixel data's value.

    Which bit of its byte is changed goes from the lowest to the highest and begins anew. The image itself is
    `whole.dcm` beside them.
    """
    whole = bench.file().rename(bench.images / "whole.dcm")
    content = whole.read_bytes()
    with whole.open("rb") as file:
        image = dcmread(file, stop_before_pixels=True)
        start = file.tell()
    start += 8 if image.file_meta.TransferSyntaxUID.is_implicit_VR else 12  # the element's head (PS3.5 7.1)
    for number in range(count):
        at = start + (2 * number + 1) * (len(content) - start) // (2 * count)
        changed = bytes([content[at] ^ 1 << number % 8])
        (bench.images / f"{number:03}.dcm").write_bytes(content[:at] + changed + content[at + 1 :])
    bench.path = bench.images
