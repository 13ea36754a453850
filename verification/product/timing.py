"""How long the device takes from a file to its report, as measured once on a stated computer; the record is kept.

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
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from verification.evidence import Gap, Issue, Project, Severity, Timing

RECORD = "verification/timing.json"
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
    """Analyse radiographs one after the other in this process, each from its file to its report on disk.

    Args:
        project: whose published radiographs, with identifiers of their own, are the images.
        release_name: a release that is built.
        images: how many; the first pays for loading the network.
        tell: is told, after each, how many are done and how many there are.

    Raises:
        ReleaseError: there is no such release.
        ValueError: an image was not analysed, so that the times would be of something else.
    """
    from verification.product import api
    from verification.steps import radiographs

    release = api.read_release(release_name)
    pictures = sorted(path.name for path in radiographs.PUBLISHED.glob("*.jpeg"))
    seconds, sizes, syntax = [], [], ""
    metadata = tomllib.loads((project.root / "pyproject.toml").read_text(encoding="utf-8"))
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
            if said.outcome is not api.Outcome.ANALYSED:
                raise ValueError(f"image {number + 1}: found outcome {said.outcome}, expected {api.Outcome.ANALYSED}")
            tell(number + 1, images)
    return Timing(
        measured_on=datetime.now(UTC).date().isoformat(),
        software_version=metadata["project"]["version"],
        release=release.name,
        release_version=release.version,
        release_digest=release.digest,
        images=images,
        pictures=min(images, len(pictures)),
        transfer_syntax=syntax,
        mean_file_bytes=sum(sizes) // images,
        median_seconds=round(find_quantile(seconds, 0.5), 4),
        percentile_95_seconds=round(find_quantile(seconds, 0.95), 4),
        slowest_seconds=round(max(seconds), 4),
        **describe_computer(),  # type: ignore[arg-type]
    )


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
