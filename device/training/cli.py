"""`clearway train`."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from device.locking import replace_folder
from device.training import own_data
from device.training.recipe import RecipeError, RecipeFile, read_recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

RUNS, CACHE = Path("build/training"), "inputs"
RECIPE, RECORD = "recipe.yaml", "run.json"


def train(argv: Sequence[str]) -> int:
    """Train a recipe's network into a run folder, and make its release there.

    Exit status 0; 2 if the recipe, the images or the run cannot be used.
    """
    parser = argparse.ArgumentParser(
        prog="clearway train",
        description="Train a recipe's network into a run folder, and make its release there.",
        epilog="example: clearway train adult-nih --data ~/images/nih\n"
        "    and: clearway train adult-nih --data ~/images/own --manifest own.csv --dataset own --name own-adult\n"
        "then: clearway release lock build/training/adult-nih",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("recipe", metavar="RECIPE", help="a shipped recipe's name, or a YAML file")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the dataset's folder (default: in CLEARWAY_DATA)")
    parser.add_argument("--output", type=Path, metavar="RUN", help=f"the run's folder (default: {RUNS}/NAME)")
    parser.add_argument("--resume", action="store_true", help="continue a run that was interrupted")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="the initial weights, where the recipe names some")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), metavar="N", help="threads that read images")
    parser.add_argument("--cache", type=Path, metavar="DIR", help=f"prepared images (default: {CACHE} beside the run)")
    parser.add_argument("--cache-gib", type=float, default=16, metavar="GIB", help="how large it may get (default: 16)")
    own_data.add_options(parser)
    options = parser.parse_args(argv)
    try:
        return _train(options)
    except RecipeError as error:
        print(f"clearway train: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nclearway train: interrupted; continue with --resume", file=sys.stderr)
        return 2


def _train(options: argparse.Namespace) -> int:
    file = own_data.use_data(read_recipe(options.recipe), options)
    run = options.output or RUNS / file.recipe.name
    _require_run(run, file, resume=options.resume)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from device.training import assemble, cache, data, fit, lungs, network, samples

    folder = samples.find_folder(file.recipe, options.data)
    found = samples.read_samples(file, folder)
    fit.make_deterministic(file.recipe)
    if not (run / fit.HISTORY).is_file():
        network.verify_weights(file.recipe, options.weights)
    _open_run(run, file)
    kept = cache.InputCache(options.cache or run.parent / CACHE, file.recipe.geometry, int(options.cache_gib * 2**30))
    images = {split: data.Images(each, file.recipe, kept, options.workers) for split, each in found.items()}
    finder = None
    if file.recipe.lungs is not None:
        learned = lungs.learn_lungs(images["training"], run, file.recipe.seed)
        finder, overlap = learned.network, f"overlap {learned.overlap:.3f} on {learned.checked} of them"
        print(f"lungs: {learned.pairs} pairs, {overlap}", file=sys.stderr)
    print(f"{file.recipe.name} {file.recipe.version}: {len(images['training'])} training images", file=sys.stderr)
    trained = network.join(file.recipe, finder, fit.fit(file.recipe, images, run, options.weights, finder))
    release = assemble.assemble(file, trained, images, fit.read_history(run / fit.HISTORY), run)
    print(f"made {release}; lock it with: clearway release lock {run}")
    return 0


def _require_run(run: Path, file: RecipeFile, *, resume: bool) -> None:
    """Refuse a run's folder that is of something else, or of this recipe without `resume`."""
    copy = run / RECIPE
    if not copy.is_file():
        if run.exists() and any(run.iterdir()):
            raise RecipeError(f"{run}: is not empty and holds no run; name another folder with --output")
        return
    if not resume:
        raise RecipeError(f"{run}: holds a run; continue it with --resume, or name another folder with --output")
    if read_recipe(str(copy)).digest != file.digest:
        raise RecipeError(f"{run}: was made with another recipe; name another folder with --output")


def _open_run(run: Path, file: RecipeFile) -> None:
    """Make the run's folder, whole, with a copy of the recipe and a record of what runs it; or open it again."""
    if (run / RECIPE).is_file():
        if json.loads((run / RECORD).read_bytes()).get("manifest_sha256") != _digest(file.manifest):
            raise RecipeError(f"{run}: was made with another {file.manifest}; name another folder with --output")
        for left in run.glob(".writing-*"):  # by a run that was killed
            shutil.rmtree(left)
        return
    tensorflow = set(metadata.packages_distributions()["tensorflow"])  # with a GPU another package than without
    packages = {name: metadata.version(name) for name in sorted({"keras", "numpy", "pillow"} | tensorflow)}
    record = {"python": platform.python_version(), "machine": platform.machine(), "packages": packages}
    record |= {"processor": _describe_processor(), "dataset": file.recipe.data.dataset}
    record |= {"manifest_sha256": _digest(file.manifest)}
    text = json.dumps(record, indent=1) + "\n"
    replace_folder(run, {RECORD: text.encode(), RECIPE: file.content})


def _describe_processor() -> dict[str, str]:
    """The processor's name and vector instructions, by which floating-point kernels are chosen; empty if not known."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {"name": platform.processor(), "vectors": ""}
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    vectors = [flag for flag in facts.get("flags", "").split() if flag.startswith(("avx", "fma", "amx"))]
    return {"name": facts.get("model name", ""), "vectors": " ".join(vectors)}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
