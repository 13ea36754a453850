"""A part of the pictures and of the damaged files that `benchmarks` makes in thousands."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("script", "arguments", "says"),
    [
        ("pictures.py", ["--cases", "250", "--outside", "0"], "device, 250 cases: {'agrees': 250}"),
        ("fuzz.py", ["--inputs", "600", "--jobs", "1", "--seed", "7"], "accepted, the same picture"),
    ],
)
def test_none_is_shown_wrongly_and_none_ends_the_device(
    script: str, arguments: list[str], says: str, tmp_path: Path
) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / script), *arguments]
    keep = ["--keep", str(tmp_path)] if script == "fuzz.py" else []
    run = subprocess.run(
        [*command, *keep], cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin"}, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert says in run.stdout
