"""Given: a node of the network, its configuration and its archive."""

from __future__ import annotations

import os

from pydicom.uid import generate_uid
from pytest_bdd import given, parsers, when

from verification.steps import radiographs
from verification.steps.bench import Bench
from verification.steps.node import Archive, Node, send


@given("a DICOM node with an archive")
def node(bench: Bench) -> None:
    """A node of the scenario's release that knows a modality and an archive, all on the loopback interface."""
    bench.nodes.append(Node(bench.folder / "node", bench.release, Archive()))


@given("certificates of one authority for both")
def secured(bench: Bench) -> None:
    """Node and archive speak TLS and show each other a certificate; a modality has to show one too."""
    bench.node.secure()


@given("an archive that takes results at a web address alone")
def web(bench: Bench) -> None:
    """The node's configuration names an address of the web in place of an application entity."""
    bench.node.open_web()


@given("the node has a password for a web address of this computer")
def password(bench: Bench) -> None:
    """Results go to a web address, too, for which the configuration names a file that holds a password."""
    path = bench.node.folder / "password"
    path.write_text("correct horse battery staple\n", "utf-8")
    bench.node.stated["web"] = {"url": "http://127.0.0.1:9/dicom-web", "user": "node", "password_file": str(path)}


@given(parsers.parse("the archive answers {status} to the next object"))
def refusing(bench: Bench, status: str) -> None:
    """The archive does not take the next object, and says so by a status of four hexadecimal digits."""
    bench.node.archive.refusals.append(int(status, 16))


@given("a part of an object that came long ago")
def part(bench: Bench) -> None:
    """A file among those that are coming in, as old as no association is."""
    assert bench.node.store
    path = bench.node.folder / "held" / "incoming" / "part.dcm"
    path.write_bytes(b"DICM")
    os.utime(path, (0, 0))


@given(parsers.parse("the node's {key} is {value}"))
def stated(bench: Bench, key: str, value: str) -> None:
    """State a value of the node's configuration, `part.key`, as YAML has it."""
    bench.node.state(key, value)


@given("the study of a published radiograph with pneumonia and one without")
def study(bench: Bench) -> None:
    """Two files of one study; of their pictures the first is of a child with pneumonia."""
    uid = generate_uid()
    for name in ("person1951_bacteria_4882.jpeg", "NORMAL2-IM-1427-0001.jpeg"):
        pixels = radiographs.read_published(name)
        image = radiographs.radiograph(pixels, StudyInstanceUID=uid, SOPInstanceUID=generate_uid())
        radiographs.save(image, bench.images / f"{name}.dcm")


@given("the study of a published radiograph without pneumonia and a radiograph of an adult")
def study_in_part(bench: Bench) -> None:
    """Two files of one study; the release is not labeled for the age in the second."""
    uid = generate_uid()
    pixels = radiographs.read_published("NORMAL2-IM-1427-0001.jpeg")
    child = radiographs.radiograph(pixels, StudyInstanceUID=uid, SOPInstanceUID=generate_uid())
    aged = {"PatientAge": "040Y", "PatientBirthDate": None}
    adult = radiographs.radiograph(pixels, StudyInstanceUID=uid, SOPInstanceUID=generate_uid(), **aged)
    radiographs.save(child, bench.images / "child.dcm")
    radiographs.save(adult, bench.images / "adult.dcm")


PICTURES = {
    "with pneumonia": "person1951_bacteria_4882.jpeg",
    "without pneumonia": "NORMAL2-IM-1427-0001.jpeg",
    "of another child without pneumonia": "NORMAL2-IM-1440-0001.jpeg",
}


@given(
    parsers.re(
        r"(?P<count>\d+) radiographs (?P<of>.*?)(?P<old>, of adults)?( by the model (?P<model>\w+))?"
        r" were sent to the node$"
    )
)
@when(
    parsers.re(
        r"(?P<count>\d+) radiographs (?P<of>.*?)(?P<old>, of adults)?( by the model (?P<model>\w+))?"
        r" are sent to the node$"
    )
)
def sent(bench: Bench, count: str, of: str, old: str | None, model: str | None) -> None:
    """Send so many studies of one published picture, each with identifiers of its own."""
    for _ in range(int(count)):
        study = generate_uid()
        image = radiographs.radiograph(
            radiographs.read_published(PICTURES[of]), StudyInstanceUID=study, SOPInstanceUID=generate_uid(),
            Manufacturer="Maker", ManufacturerModelName=model,
            **({"PatientAge": "040Y", "PatientBirthDate": None} if old else {}),
        )  # fmt: skip
        path = radiographs.save(image, bench.folder / f"{study}.dcm")
        bench.answered.append(send(bench.node, path))
