"""README's two commands in clones of two checkouts, in one run: seconds, CPU seconds, ratios, counts, slowest tests.

    python benchmarks/checks.py BEFORE AFTER [--cache DIR] [--logs DIR]

BEFORE and AFTER are checkouts (or any that `git clone` takes). Each is cloned anew; AFTER twice, first with an empty
cache of environments and prints, then with what that left, as a second clone finds it (with --cache, one of your own,
that much sooner). pip's own cache and the machine are the same for all. An exit status other than 0 is shown.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

CLOSING = re.compile(r"^=+ (.*\d+ (?:passed|failed|error).*) =+$", re.M)
SLOW = re.compile(r"^\d+\.\d+s (?:call|setup|teardown) +.*$", re.M)
PYTEST = {"TOX_OVERRIDE": "testenv.pass_env+=PYTEST_ADDOPTS", "PYTEST_ADDOPTS": "--durations=10"}


def commands(checkout: Path) -> list[str]:
    """README's first two blocks."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", (checkout / "README.md").read_text(), re.M | re.S)
    return [block.strip() for block in blocks[:2]]


def timed(command: str, checkout: Path, log: Path, environment: dict[str, str]) -> tuple[float, float, int]:
    """Seconds of the clock and of the processors, and the exit status."""
    before, started = os.times(), time.monotonic()
    with log.open("w") as stream:
        run = subprocess.run(
            ["bash", "-euc", command], cwd=checkout, env=os.environ | PYTEST | environment, stdin=subprocess.DEVNULL,
            stdout=stream, stderr=stream, check=False,
        )  # fmt: skip
    after = os.times()
    processors = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - started, processors, run.returncode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--logs", type=Path, default=Path("build/checks"))
    arguments = parser.parse_args()
    arguments.logs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        cache = arguments.cache or Path(scratch, "cache")
        walls: dict[str, list[float]] = {}
        print(f"{'run':16} {'command':28} {'s':>8} {'CPU s':>8} {'ratio':>6}  exit")
        for name, source in (
            ("before", arguments.before),
            ("after", arguments.after),
            ("after, again", arguments.after),
        ):
            clone = Path(scratch, name.replace(", ", "-"))
            subprocess.run(["git", "clone", "--quiet", source, clone], check=True)
            environment = {"CLEARWAY_CACHE": str(cache)}
            for number, command in enumerate(commands(clone)):
                log = arguments.logs / f"{clone.name}-{number + 1}.log"
                wall, processors, status = timed(command, clone, log, environment)
                walls.setdefault(name, []).append(wall)
                ratio = wall / walls["before"][number]
                print(f"{name:16} {command:28} {wall:8.0f} {processors:8.0f} {ratio:6.2f}  {status}", flush=True)
            whole = sum(walls[name])
            print(
                f"{name:16} {'both, as .ci/run':28} {whole:8.0f} {'':8} {whole / sum(walls['before']):6.2f}", flush=True
            )
        for path in sorted(arguments.logs.glob("*-2.log")):
            text = re.sub(r"\x1b\[[0-9;]*m", "", path.read_text(errors="replace"))
            print(f"\n{path.stem}: " + "; ".join(dict.fromkeys(CLOSING.findall(text))))
            slow = sorted(set(SLOW.findall(text)), key=lambda line: -float(line.partition("s ")[0]))
            print("\n".join(slow[:10]))


if __name__ == "__main__":
    main()
