"""When: images are sent to the device's node, and the node works."""

from __future__ import annotations

import hashlib
import time
from contextlib import nullcontext
from pathlib import Path

from pydicom import dcmread
from pydicom.uid import DigitalXRayImageStorageForPresentation, generate_uid
from pytest_bdd import parsers, when

import device
from verification.steps import node, radiographs
from verification.steps.bench import Bench


@when(parsers.re(r"the image is sent to the node( by (?P<sender>\w+)| as a DX image)?$"))
def send_image(bench: Bench, sender: str | None) -> None:
    """Send the image as the modality, or as another; its command says what the image does, or that it is a DX image."""
    said = DigitalXRayImageStorageForPresentation
    sop_class = None if bench.image.get("SOPClassUID") == said else said
    send(bench, bench.file(), sender or node.MODALITY, sop_class)


@when(parsers.parse("the image is sent to the node from {host}"))
def send_from(bench: Bench, host: str) -> None:
    """Send the image as the modality, from another address of this computer."""
    bench.answered.append(node.send(bench.node, bench.file(), host=host))
    bench.study = str(bench.image.StudyInstanceUID)


@when(parsers.parse("the image is sent to the node with another {keyword}"))
def send_changed(bench: Bench, keyword: str) -> None:
    """Send a copy of the image in which a value is another."""
    image = dcmread(bench.file())
    setattr(image, keyword, generate_uid() if keyword.endswith("UID") else "Other^Value")
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    send(bench, radiographs.save(image, bench.folder / "changed.dcm"))


@when(parsers.parse("the image is sent by TLS with {certificate}"))
def send_secured(bench: Bench, certificate: str) -> None:
    """Send the image as the modality, which shows this certificate, or none."""
    bench.answered.append(node.send(bench.node, bench.file(), shown=certificate))
    bench.study = str(bench.image.StudyInstanceUID)


@when("the modality holds every association that it gets, and the archive sends the image to the node")
def send_beside(bench: Bench) -> None:
    """Note how many the modality got, how the next was rejected, and what the archive was answered."""
    got, rejected, status = node.send_beside(bench.node, bench.file())
    bench.answered += [f"{got} associations", rejected, status]


@when("the images are sent to the node")
def send_images(bench: Bench) -> None:
    """Send every file of the scenario, each in an association of its own."""
    for path in sorted(bench.images.iterdir()):
        send(bench, path)


@when(parsers.re(r"its (?P<which>first|second) image is sent to the node"))
def send_one_of_study(bench: Bench, which: str) -> None:
    """Send one of the files of the scenario."""
    send(bench, sorted(bench.images.iterdir())[which == "second"])


@when("the image is sent to another node with the same archive")
def send_elsewhere(bench: Bench) -> None:
    """Send the image to a node that was never there before; the scenario goes on with that one."""
    bench.nodes.append(node.Node(bench.folder / f"node{len(bench.nodes)}", bench.release, bench.node.archive))
    send(bench, bench.file())


def send(bench: Bench, image: Path, sender: str = node.MODALITY, sop_class: str | None = None) -> None:
    """Send, note what was answered and of which study the image is."""
    bench.answered.append(node.send(bench.node, image, sender, sop_class))
    bench.study = str(dcmread(image).get("StudyInstanceUID", ""))


@when(parsers.re(r"the node has done its work(?P<away> while the archive is away)?$"))
def work(bench: Bench, away: str | None) -> None:
    """Judge, conclude and deliver everything that there is, once."""
    time.sleep(node.LONGEST_WAIT_SECONDS)  # what failed is due again
    with nullcontext() if away else bench.node.archive.listening():
        bench.node.work()


@when("a byte of each waiting result is changed")
def change_results(bench: Bench) -> None:
    """Change the last byte of each file of results."""
    for path in (bench.node.folder / "held" / "results").iterdir():
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


@when("the site has the baseline begin anew")
def begin_baseline(bench: Bench) -> None:
    """Say so in the node's store, as its command does."""
    bench.node.store.begin_baseline()


@when("the processes that judge it end twice")
def end_workers(bench: Bench) -> None:
    """Leave the object claimed by a worker that will not come back, until it fails for it."""
    store, release = bench.node.store, device.read_release(bench.release)
    for _ in range(2):
        assert store.claim_object(7) is not None
        failed = store.give_back(7)
    for held in failed:
        device.fail_object(store, release, held)


@when("the longest wait is over")
def wait_longest(bench: Bench) -> None:
    """Let as much time pass as lies between two deliveries at the most."""
    assert bench.nodes
    time.sleep(2 * node.LONGEST_WAIT_SECONDS)


@when("the node is ended without warning and started again")
def end_node(bench: Bench) -> None:
    """Leave the object claimed by a worker that will not come back; start on what lies on disk."""
    assert bench.node.store.claim_object(7) is not None
    bench.node.store.tidy()
    bench.node.store.give_back()


@when("the node is started and asked to end")
def run_node(bench: Bench) -> None:
    """Run the whole node once by the configuration as it is stated now; note the SHA-256 of that file."""
    bench.answered.append(hashlib.sha256(bench.node.file.read_bytes()).hexdigest())
    with bench.node.running():
        """It answers."""


@when(parsers.parse("a line is added to the node's configuration: {key}, {value}"))
def change_configuration(bench: Bench, key: str, value: str) -> None:
    """State another value of the configuration after the node was there."""
    bench.node.state(key, value)


@when("the node is asked to commit to the image and to another")
def ask_commitment(bench: Bench) -> None:
    """Ask, as the archive, for storage commitment to the image and to an object that was never sent."""
    image = dcmread(bench.file())
    references = [(image.SOPClassUID, image.SOPInstanceUID), (image.SOPClassUID, "1.2.3.4")]
    bench.answered.append(node.ask_commitment(bench.node, references))


@when(parsers.re(r"the node has reported on what it was asked(?P<away> while the archive is away)?$"))
def report(bench: Bench, away: str | None) -> None:
    """Report on every request for commitment that is due, once."""
    time.sleep(node.LONGEST_WAIT_SECONDS)  # what failed is due again
    with nullcontext() if away else bench.node.archive.listening():
        bench.node.report()


@when(parsers.re(r"the (?P<part>\w+ \d+) of the node (?P<what>has ended|runs again)"))
def end_part(bench: Bench, part: str, what: str) -> None:
    """Note of a process of the node what its parent notes when it has ended, and itself when it is ready for work."""
    if what == "has ended":
        bench.node.store.parts.expect([part])
    bench.node.store.parts.note(part, runs=what == "runs again")


@when(parsers.parse("line {number:d} of the record is changed"))
def change_record(bench: Bench, number: int) -> None:
    """Empty a line of the record in the file itself."""
    bench.node.change_event(number)
