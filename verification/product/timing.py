"""How long the device takes, as measured once on a stated computer; the record is kept.

From a file to its report, and from a study to the results that a node sends to the archive.

A time is another at every run. So it is measured when a person asks, recorded in `verification/timing.json` with the
computer and the versions that it is of, and committed: every clone makes the same evidence of it.
"""

from __future__ import annotations

import math
import os
import platform
import tempfile
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from verification.evidence import Gap, Issue, NodeTiming, Project, Severity, Timing, write_atomically

if TYPE_CHECKING:
    from verification.product.api import Release

RECORD = "verification/timing.json"
SECONDS_BETWEEN = 1.0
"""A study a second is more than any department makes, and less than a node can do."""
UNMEASURED = Gap(reason="the time from file to report has not been measured", closes="run `clearway time`")


def read_timing(project: Project) -> tuple[Timing | Gap, tuple[Issue, ...]]:
    """The record of the checkout; a gap where there is none, and an issue too where it cannot be read."""
    path = project.root / RECORD
    try:
        return msgspec.json.decode(path.read_bytes(), type=Timing, strict=True), ()
    except FileNotFoundError:
        return UNMEASURED, ()
    except msgspec.DecodeError as error:
        issue = Issue(
            code="timing-unreadable", severity=Severity.BLOCKING, where=RECORD, message=str(error),
            hint="measure again: `clearway time`",
        )  # fmt: skip
        return Gap(reason=f"{RECORD} cannot be read", closes="run `clearway time` again"), (issue,)


def measure(project: Project, release_name: str, images: int, tell: Callable[[int, int], None]) -> Timing:
    """Analyze radiographs one after the other in this process, each from its file to its report on disk.

    Args:
        project: whose published radiographs, with identifiers of their own, are the images.
        release_name: a release that is built.
        images: how many; the first pays for loading the network.
        tell: is told, after each, how many are done and how many there are.

    Raises:
        ReleaseError: there is no such release.
        ValueError: an image was not analyzed, so that the times would be of something else.
    """
    from verification.product import api
    from verification.steps import radiographs

    release = api.read_release(release_name)
    pictures = sorted(path.name for path in radiographs.PUBLISHED.glob("*.jpeg"))
    seconds, sizes, syntax = [], [], ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.dcm"
        for number in range(images):
            picture = radiographs.read_published(pictures[number % len(pictures)])
            image = radiographs.radiograph(picture, SOPInstanceUID=f"2.25.{number + 1}")
            radiographs.save(image, path)
            syntax = image.file_meta.TransferSyntaxUID.name
            sizes.append(path.stat().st_size)
            start = time.perf_counter()
            said = api.analyze(path, release, output=Path(folder) / "reports")
            seconds.append(time.perf_counter() - start)
            if said.outcome is not api.Outcome.ANALYZED:
                raise ValueError(f"image {number + 1}: found outcome {said.outcome}, expected {api.Outcome.ANALYZED}")
            tell(number + 1, images)
    told = _describe(project, release, seconds, sizes)
    return Timing(pictures=min(images, len(pictures)), transfer_syntax=syntax, **told)


def measure_node(
    project: Project, release_name: str, studies: int, tell: Callable[[int, int], None],
    seconds_between: float = SECONDS_BETWEEN, stated: Mapping[str, Any] = MappingProxyType({}),
) -> NodeTiming:  # fmt: skip
    """Send studies of one image to a real node, and time each from there until its results are in the archive.

    Args:
        project: whose published radiographs, with identifiers of their own, are the images.
        release_name: a release that is built.
        studies: how many.
        tell: is told, after each that was sent, how many were and how many there are.
        seconds_between: from the beginning of one study to that of the next.
        stated: keys of the node's configuration that are not as by default.

    Raises:
        ReleaseError: there is no such release.
        ValueError: a study was not taken, not analyzed or not answered, so that the times would be of something else.
    """
    from verification.product import api
    from verification.steps.node_time import time_studies

    release = api.read_release(release_name)
    with tempfile.TemporaryDirectory() as folder:
        timed = time_studies(Path(folder), release_name, studies, tell, seconds_between, stated)
    return NodeTiming(
        pictures=timed.pictures,
        transfer_syntax=timed.transfer_syntax,
        seconds_between=seconds_between,
        settle_seconds=timed.settle_seconds,
        workers=timed.workers,
        **_describe(project, release, timed.seconds, timed.bytes),
    )


def _describe(project: Project, release: Release, seconds: Sequence[float], sizes: Sequence[int]) -> dict[str, Any]:
    """Of which device and release times are, from which files, their quantiles, and on which computer."""
    metadata = tomllib.loads((project.root / "pyproject.toml").read_text(encoding="utf-8"))
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "software_version": metadata["project"]["version"],
        "release": release.name,
        "release_version": release.version,
        "release_digest": release.digest,
        "images": len(seconds),
        "mean_file_bytes": sum(sizes) // len(sizes),
        "median_seconds": round(find_quantile(seconds, 0.5), 4),
        "percentile_95_seconds": round(find_quantile(seconds, 0.95), 4),
        "slowest_seconds": round(max(seconds), 4),
    } | describe_computer()


def join(before: Timing | Gap, found: Timing | NodeTiming) -> Timing:
    """What is recorded with what was measured now, each of files and of studies beside the other.

    Raises:
        ValueError: nothing is recorded of files, beside which studies are.
    """
    if isinstance(found, Timing):
        return msgspec.structs.replace(found, node=before.node) if isinstance(before, Timing) else found
    if isinstance(before, Gap):
        raise ValueError(f"{RECORD}: found no record of files, expected one")
    return msgspec.structs.replace(before, node=found)


def write(project: Project, timing: Timing) -> None:
    """Keep a record in the checkout."""
    record = msgspec.json.format(msgspec.json.encode(timing, order="sorted"), indent=1) + b"\n"
    write_atomically(project.root / RECORD, record)


def find_quantile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that at least this share of them do not exceed (the nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def describe_computer() -> dict[str, str | int | float]:
    """What a reader needs to know of the computer; not its name."""
    return {
        "processor": _find_processor(),
        "processors": os.cpu_count() or 1,
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
    }


def _find_processor() -> str:
    """The processor as Linux names it; elsewhere what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
