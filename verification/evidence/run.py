"""The run record: where and when a command ran. Beside the evidence, outside every digest."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from verification.evidence.files import write_evidence
from verification.evidence.types import RunRecord


@contextmanager
def recorded_run(folder: Path, command: str, arguments: list[str], *, partial: bool = False) -> Iterator[None]:
    """Write `<command>.run.json` when the block ends, however it ends; spaces in the command become hyphens.

    A partial run writes `<command>.partial.run.json`: the record of the complete one belongs to evidence that stays.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    try:
        yield
    finally:
        record = RunRecord(
            command=["clearway", *command.split(), *arguments],
            started=started.isoformat(timespec="seconds"),
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - clock, 3),
            host=platform.node(),
            python=platform.python_version(),
            packages=dict(sorted(dict(_find_installed()).items())),
        )
        name = command.replace(" ", "-") + (".partial" if partial else "")
        write_evidence(folder, f"{name}.run.json", record, listed=False)


def _find_installed() -> Iterator[tuple[str, str]]:
    """Yield name and version of every installed distribution, from the names of their folders, which are quick to read.

    The first on the path counts.
    """
    for folder in reversed(sys.path):
        for path in Path(folder or ".").glob("*.dist-info"):
            name, _, version = path.name.removesuffix(".dist-info").partition("-")
            yield name.lower().replace("_", "-"), version
