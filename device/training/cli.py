"""`clearway train`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from device.training import own_data
from device.training.recipe import RecipeError, RecipeFile, read_recipe
from device.training.runs.folder import open_run, require_run
from device.training.runs.history import HISTORY, read_history
from device.training.runs.process import explain_end, follow_parent, is_child, run_in_child

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RUNS, CACHE = Path("build/training"), "inputs"


def train(argv: Sequence[str]) -> int:
    """Train a recipe's network into a run folder, and make its release there.

    Exit status 0; 2 if the recipe, the images or the run cannot be used, or the training was interrupted; above 128 if
    a signal ended it, by so much as the signal's number. It trains in a process of its own, and says how that ended.

    For: ML engineer
    """
    options = _parse(argv)
    try:
        file = own_data.use_data(read_recipe(options.recipe), options)
        run = options.output or RUNS / file.recipe.name
        if options.lungs and file.recipe.lungs is None:
            raise RecipeError(f"--lungs {options.lungs}: {file.recipe.name} finds no lungs; leave the option out")
        require_run(run, file, resume=options.resume)
        return _train(options, file, run) if is_child() else _wait(argv, file, run)
    except RecipeError as error:
        print(f"clearway train: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nclearway train: interrupted; continue with --resume", file=sys.stderr)
        return 2


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="clearway train",
        description="Train a recipe's network into a run folder, and make its release there.",
        epilog="example: clearway train adult-nih --data ~/images --weights WHEEL\n"
        "    and: clearway train RECIPE --data ~/images/own --manifest own.csv --dataset own --name own-adult\n"
        "then: clearway train report build/training/adult-nih --data ~/images\n"
        "      clearway release lock build/training/adult-nih",
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
    parser.add_argument("--lungs", type=Path, metavar="RUN", help="take over what finds lungs from this run")
    own_data.add_options(parser)
    return parser.parse_args(argv)


def _wait(argv: Sequence[str], file: RecipeFile, run: Path) -> int:
    """Train in another process, and say how it ended if it could not say so itself."""
    status = run_in_child(argv)
    if status >= 0:
        return status
    held = f"{run} holds {len(read_history(run / HISTORY))} of {file.recipe.epochs} epochs"
    print(f"\nclearway train: {explain_end(-status, held)}", file=sys.stderr)
    return 128 - status


@contextmanager
def _hold_back() -> Iterator[None]:
    """Keep back what TensorFlow writes while it is loaded, which on some processors no level of its own silences.

    Where it cannot be loaded, or the level of its messages was set to another, all of it is shown.
    """
    if os.environ["TF_CPP_MIN_LOG_LEVEL"] != "3":
        yield
        return
    sys.stderr.flush()
    shown = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(shown, held.read())
            raise
        finally:
            os.dup2(shown, 2)
            os.close(shown)


def _train(options: argparse.Namespace, file: RecipeFile, run: Path) -> int:
    follow_parent()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # what ends it is printed all the same; 0 shows everything
    with _hold_back():
        from device.training import assemble, cache, data, fit, lungs, network, samples

    folder = samples.find_folder(file.recipe, options.data)
    found = samples.read_samples(file, folder)
    fit.make_deterministic(file.recipe)
    if not (run / HISTORY).is_file():
        network.verify_weights(file.recipe, options.weights)
    open_run(run, file, found)
    kept = cache.InputCache(options.cache or run.parent / CACHE, file.recipe.geometry, int(options.cache_gib * 2**30))
    images = {split: data.Images(each, file.recipe, kept, options.workers) for split, each in found.items()}
    learned = None
    if options.lungs is not None:
        lungs.take_lungs(run, options.lungs)
    if file.recipe.lungs is not None:
        learned = lungs.learn_lungs(images["training"], run, file.recipe.seed)
        print(f"lungs: {learned}", file=sys.stderr)
    finder = learned.network if learned else None
    print(f"{file.recipe.name} {file.recipe.version}: {len(images['training'])} training images", file=sys.stderr)
    trained = network.join(file.recipe, finder, fit.fit(file.recipe, images, run, options.weights, finder))
    release = assemble.assemble(file, trained, images, read_history(run / HISTORY), run, learned)
    print(f"made {release}; lock it with: clearway release lock {run}")
    return 0
