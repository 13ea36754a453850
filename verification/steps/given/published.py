"""Given: published radiographs as complete DX images, and images that differ from one another in one thing."""

from __future__ import annotations

import numpy as np
from pydicom import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid
from pytest_bdd import given, parsers

from verification.steps import radiographs
from verification.steps.bench import Bench, digest
from verification.steps.tables import Rows


@given(parsers.parse("the published radiograph {name} as a complete DX image"))
def published(bench: Bench, name: str) -> None:
    """A published radiograph as a DX image 1.dcm, an instance of its own."""
    bench.image, bench.published = wrap(name), radiographs.PUBLISHED / name
    bench.path = radiographs.save(bench.image, bench.images / "1.dcm")


@given(parsers.parse("the published radiograph {name} of another patient, to replace it"))
def replacement(bench: Bench, name: str) -> None:
    """Beside it a published radiograph as a DX image 2.dcm: another patient, another instance."""
    image = wrap(name)
    image.PatientID = "TEST-2"
    radiographs.save(image, bench.images / "2.dcm")


@given("the 16 published radiographs as complete DX images")
def all_published(bench: Bench) -> None:
    """Each published radiograph as a DX image, and the digest of each noted."""
    for path in sorted(radiographs.PUBLISHED.glob("*.jpeg")):
        radiographs.save(wrap(path.name), bench.images / f"{path.stem}.dcm")
    remember(bench)


def wrap(name: str) -> Dataset:
    """A published radiograph as a complete DX image, an instance of its own."""
    uid = generate_uid(entropy_srcs=[name])
    return radiographs.radiograph(radiographs.read_published(name), SOPInstanceUID=uid)


TURNS = {
    "inverted": lambda stored: 4080 - stored,
    "mirrored": lambda stored: stored[:, ::-1],
    "turned by a quarter to the left": lambda stored: np.rot90(stored),
    "turned by a quarter to the right": lambda stored: np.rot90(stored, -1),
}


@given(parsers.parse("its picture is {how}, the header as it was"))
def turned(bench: Bench, how: str) -> None:
    """Store the picture so, of the rows and columns that it then has."""
    image = bench.image
    stored = TURNS[how](np.frombuffer(image.PixelData, "<u2").reshape(image.Rows, image.Columns))
    (image.Rows, image.Columns), image.PixelData = stored.shape, stored.astype("<u2").tobytes()
    radiographs.save(image, bench.images / "1.dcm")


@given("the published radiographs as complete DX images, each as it is, with half its window, and a darker one")
def windows(bench: Bench) -> None:
    """Each in the window that shows all of it, in the middle half of that, and in one from 0.3 of the range on."""
    for path in sorted(radiographs.PUBLISHED.glob("*.jpeg")):
        for number, (center, width) in enumerate(((2040.5, 4081), (2040.5, 2040), (2652.5, 2857))):
            image = wrap(path.name)
            image.WindowCenter, image.WindowWidth = center, width
            radiographs.save(image, bench.images / f"{path.stem}-{number}.dcm")


@given("one image more that is refused")
def one_more_refused(bench: Bench) -> None:
    """A CT image refused.dcm beside them, and the digest of each file noted anew."""
    radiographs.save(radiographs.radiograph(Modality="CT"), bench.images / "refused.dcm")
    remember(bench)


def remember(bench: Bench) -> None:
    """Note the digest of each input file."""
    bench.digests = {path.name: digest(path) for path in bench.images.iterdir()}


@given(parsers.parse("the same radiograph with inverted values as {photometric}"))
def inverted(bench: Bench, photometric: str) -> None:
    """Beside it the same picture with every stored value v as 4080 - v, under this Photometric Interpretation."""
    stored = 4080 - np.frombuffer(bench.image.PixelData, "<u2")
    shape = {"MONOCHROME1": "INVERSE", "MONOCHROME2": "IDENTITY"}[photometric]
    changes = {"PhotometricInterpretation": photometric, "PresentationLUTShape": shape, "PixelData": stored.tobytes()}
    other = radiographs.radiograph(radiographs.read_published(bench.published.name), **changes)
    radiographs.save(other, bench.images / f"{len(list(bench.images.iterdir())) + 1}.dcm")


@given("two radiographs of which what is darker than 0.3 of the range shows 0 in one and 0.29 in the other")
def dark_fields(bench: Bench) -> None:
    """Two images, 1.dcm and 2.dcm, of the `phantom` that differ in the shade of its dark fields alone."""
    values = radiographs.phantom() / 255
    for number, dark in enumerate((0.0, 0.29), start=1):
        image = radiographs.radiograph()
        radiographs.show(image, np.where(values < 0.3, dark, values))
        radiographs.save(image, bench.images / f"{number}.dcm")


@given("copies of it in these transfer syntaxes:")
def copies(bench: Bench, datatable: Rows) -> None:
    """Copies of it, 2.dcm and so on, one in each transfer syntax of the table."""
    for number, (uid,) in enumerate(datatable, start=2):
        bench.path = bench.images / f"{number}.dcm"
        radiographs.save(bench.image, bench.path)
        if UID(uid).is_compressed:
            radiographs.transcode(bench.path, UID(uid))
        else:
            bench.image.file_meta.TransferSyntaxUID = UID(uid)
            radiographs.save(bench.image, bench.path)
            bench.image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian


@given(parsers.parse("a second DX image of it with {what} in the bits above its 12 bits stored, encoded in {uid}"))
def bits_above(bench: Bench, what: str, uid: str) -> None:
    """Beside it the same picture, 2.dcm, with an overlay in bit 12, or of signed values, their sign repeated or not.

    Signed, a stored value v is v - 2048, which a rescale takes back.
    """
    stored = np.frombuffer(bench.image.PixelData, "<u2")
    changes: dict[str, object] = {}
    if what == "an overlay":
        above = stored | (np.arange(len(stored)) % 2 << 12)
    else:
        above = stored.astype(int) - 2048
        changes = {"PixelRepresentation": 1, "RescaleIntercept": 2048}
        above = above & {"signed values and nothing": 0x0FFF, "signed values and the sign": 0xFFFF}[what]
    syntax = UID(uid)
    native = syntax if not syntax.is_encapsulated else ExplicitVRLittleEndian
    other = radiographs.radiograph(
        radiographs.read_published(bench.published.name),
        TransferSyntaxUID=native,
        PixelData=above.astype("<u2").tobytes(),
        **changes,
    )
    path = radiographs.save(other, bench.images / "2.dcm")
    if syntax.is_encapsulated:  # an encoder keeps the bits that it knows of: it is told that all are stored
        radiographs.transcode_all_bits(path, syntax)


@given(
    parsers.parse(
        "a second DX image of it that is black outside of rows {top:d} to {bottom:d} and columns {left:d} to {right:d}"
    )
)
def black_outside(bench: Bench, top: int, bottom: int, left: int, right: int) -> None:
    """Beside it the same picture, 2.dcm, with 0 outside of these rows and columns, which count from 1."""
    picture = radiographs.read_published(bench.published.name)
    black = np.zeros_like(picture)
    black[top - 1 : bottom, left - 1 : right] = picture[top - 1 : bottom, left - 1 : right]
    radiographs.save(radiographs.radiograph(black), bench.images / "2.dcm")


@given(
    parsers.parse(
        "a third DX image of it with a shutter at rows {top:d} to {bottom:d} and columns {left:d} to {right:d}"
    )
)
def shutter(bench: Bench, top: int, bottom: int, left: int, right: int) -> None:
    """Beside it the same picture, 3.dcm, with a rectangular Display Shutter (PS3.3 C.7.6.11)."""
    image = wrap(bench.published.name)
    image.ShutterShape = "RECTANGULAR"
    image.ShutterUpperHorizontalEdge, image.ShutterLowerHorizontalEdge = top, bottom
    image.ShutterLeftVerticalEdge, image.ShutterRightVerticalEdge = left, right
    radiographs.save(image, bench.images / "3.dcm")
