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


@given("two radiographs whose left half shows 0 and 0.09 of the range, the right half what rises from 0.1 to 0.9")
def dark_halves(bench: Bench) -> None:
    """Two images, 1.dcm and 2.dcm, of 1024 x 1024 pixels that differ in the shade of their left half alone."""
    for number, dark in enumerate((0.0, 0.09), start=1):
        image = radiographs.radiograph()
        row = np.concatenate([np.full(512, dark), np.full(64, 0.1), np.linspace(0.1, 0.9, 448)])
        radiographs.show(image, np.tile(row, (1024, 1)))
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
