"""How long a real node takes from a study to its results in the archive, all of them on this computer.

The node runs in processes of its own, as `clearway serve` starts it, by the settings that it has when a site says
nothing else. Archive and sender are in this process; what they say to it goes over the loopback interface.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydicom import Dataset, dcmread
from pydicom.uid import ComprehensiveSRStorage, SecondaryCaptureImageStorage, generate_uid

import device
from verification.steps import radiographs
from verification.steps.node import MODALITY, Archive, Node, associate

RESULTS = {str(ComprehensiveSRStorage), str(SecondaryCaptureImageStorage)}
PATIENCE_SECONDS = 120.0
"""How long a study may take beyond the time that the node waits until it is whole."""


class Timed(NamedTuple):
    """Seconds of each study, bytes of each file and how they are encoded, and how the node was configured."""

    seconds: list[float]
    bytes: list[int]
    pictures: int
    transfer_syntax: str
    settle_seconds: float
    workers: int


class TimedArchive(Archive):
    """An archive that keeps no result, and notes when each came and whether it says that nothing was analyzed."""

    def __init__(self) -> None:
        super().__init__()
        self.came: dict[str, dict[str, float]] = {}
        self.not_analyzed: set[str] = set()

    def keep(self, result: Dataset) -> None:
        """Note an object that came."""
        study = str(result.StudyInstanceUID)
        self.came.setdefault(study, {})[str(result.SOPClassUID)] = time.monotonic()
        if "not analyzed" in str(result.SeriesDescription):
            self.not_analyzed.add(study)

    def find_end(self, study: str) -> float | None:
        """When report and page of a study were both there; None before."""
        came = dict(self.came.get(study, {}))
        return max(came.values()) if came.keys() >= RESULTS else None


def time_studies(
    folder: Path,
    release: str,
    studies: int,
    tell: Callable[[int, int], None],
    seconds_between: float,
    stated: Mapping[str, Any],
) -> Timed:
    """Send studies of one image, each so long after the one before, and wait for the results of all.

    Args:
        folder: where files may be made.
        release: name of the release that the node runs.
        studies: how many.
        tell: is told, after each that was sent, how many were and how many there are.
        seconds_between: from the beginning of one study to that of the next.
        stated: keys of the node's configuration that are not as by default.

    Raises:
        ValueError: a study was not taken, not analyzed or not answered: the times would be of something else.
    """
    archive, files = TimedArchive(), make_files(folder)
    node = Node(folder / "node", release, archive)
    for key in ("times", "limits"):
        del node.stated[key]
    node.stated |= stated
    configuration, begun = device.read_configuration(node.file), dict[str, float]()
    with archive.listening(), node.running():
        association = associate(node, dcmread(files[0]), MODALITY)
        for number, image in enumerate(renew(files, studies), 1):
            time.sleep(max(0.0, max(begun.values(), default=0.0) + seconds_between - time.monotonic()))
            begun[str(image.StudyInstanceUID)] = time.monotonic()
            if (status := association.send_c_store(image).get("Status")) != 0:
                raise ValueError(f"study {number}: found status {status}, expected 0")
            tell(number, studies)
        association.release()
        ends = _wait(archive, begun, configuration.times.settle_seconds + PATIENCE_SECONDS)
    sizes = [files[number % len(files)].stat().st_size for number in range(studies)]
    syntax = dcmread(files[0], stop_before_pixels=True).file_meta.TransferSyntaxUID.name
    return Timed(
        [ends[each] - begun[each] for each in begun], sizes, min(studies, len(files)), syntax,
        configuration.times.settle_seconds, configuration.workers,
    )  # fmt: skip


def make_files(folder: Path) -> list[Path]:
    """Every published radiograph as a DICOM file."""
    names = sorted(path.name for path in radiographs.PUBLISHED.glob("*.jpeg"))
    made = ((name, radiographs.radiograph(radiographs.read_published(name))) for name in names)
    return [radiographs.save(image, folder / f"{name}.dcm") for name, image in made]


def renew(files: list[Path], studies: int) -> Iterator[Dataset]:
    """The files in turn, each as an image of a study that was never sent."""
    for number in range(studies):
        image = dcmread(files[number % len(files)])
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
            setattr(image, keyword, generate_uid())
        yield image


def _wait(archive: TimedArchive, studies: dict[str, float], seconds: float) -> dict[str, float]:
    """When the results of each study were there."""
    ends = time.monotonic() + seconds
    while missing := [each for each in studies if archive.find_end(each) is None]:
        if time.monotonic() > ends:
            raise ValueError(f"found {len(missing)} studies without results after {seconds:g} s, expected none")
        time.sleep(0.05)
    if archive.not_analyzed:
        raise ValueError(f"found {len(archive.not_analyzed)} studies that were not analyzed, expected none")
    return {each: archive.find_end(each) or 0.0 for each in studies}
