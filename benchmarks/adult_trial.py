"""The adult release and its study from end to end on a few real images, by the commands that the tutorial names.

python benchmarks/adult_trial.py FOLDER [--tables DATA] [--training COMMAND] [--epochs 2] [--side 160] [--keep DIR]

FOLDER holds PNG images of the NIH collection under their own names, of any size; DATA/nih the two tables of reads that
the plan names (default: beside FOLDER). All is done in a clone of the last commit: split, lock the plan, train, lock
the release, open, hold the scores against the reads, evaluate. The recipe is the example for that collection, with
other epochs and another side. So few images make no model: the intervals say how little the figures mean. COMMAND is
the `clearway` of an environment with TensorFlow (default: the one that `sh .ci/bootstrap training` made).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from verification.evidence import find_project

ROOT = find_project(Path(__file__).parent).root
NAME, STUDY = "adult-nih", "adult-nih-validation"
HERE = Path(sys.executable).with_name("clearway")
RECIPE, EXAMPLE = f"device/training/recipes/{NAME}.yaml", "device/training/recipes/examples/nih-1024.yaml"


def run(checkout: Path, *arguments: str | Path, command: Path = HERE) -> None:
    """Run a command with the clone's own code in the clone, and say how long it took; or stop."""
    started, said = time.perf_counter(), " ".join(map(str, arguments))
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    code = subprocess.run([str(command), *map(str, arguments)], cwd=checkout, env=environment).returncode
    print(f"--- clearway {said}: exit {code}, {time.perf_counter() - started:.0f} s", flush=True)
    if code:
        raise SystemExit(code)


def shorten(checkout: Path, epochs: int, side: int) -> None:
    """Put the example for the whole collection in the adult recipe's place, with the trial's epochs and side."""
    recipe, content = checkout / RECIPE, yaml.safe_load((checkout / EXAMPLE).read_bytes())
    content |= {"name": NAME, "epochs": epochs}
    content["release"] |= {"study": STUDY}
    content["data"] |= {"manifest": "../../../verification/datasets/nih/manifest.csv"}
    content["geometry"] |= {"rows": side, "columns": side}
    recipe.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def trial(options: argparse.Namespace, folder: Path) -> None:
    """What a user with the images types, in order."""
    checkout = folder / "clearway"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
    shorten(checkout, options.epochs, options.side)
    run(checkout, "data", "split", "nih", "--images", options.folder, "--minimum-age", "22")
    run(checkout, "study", "lock", STUDY)
    run(checkout, "train", NAME, "--data", options.folder, command=options.training.absolute())
    run(checkout, "release", "lock", f"build/training/{NAME}")
    run(checkout, "study", "open", NAME, "--reason", "trial on a few images", "--data", options.folder)
    run(checkout, "evaluate", STUDY, "--record", "--data", options.tables)
    run(checkout, "evaluate")


def main() -> None:
    """Run the trial in a temporary folder, or in the one to keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tables", type=Path, help="the folder that holds nih/ with the tables of reads")
    parser.add_argument("--training", type=Path, default=ROOT / ".tox/training/bin/clearway")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--side", type=int, default=160)
    parser.add_argument("--keep", type=Path, help="make the clone here and leave it")
    options = parser.parse_args()
    options.folder = options.folder.resolve()
    options.tables = (options.tables or options.folder.parent).resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.keep or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        trial(options, folder)


if __name__ == "__main__":
    main()
