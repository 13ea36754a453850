"""Fit a recipe's network: epoch by epoch, with a checkpoint after each, so that it can be stopped and resumed."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from device.training.data import Images, seen_stream, training_stream
from device.training.network import build_network
from device.training.recipe import Recipe, RecipeError
from device.training.runs.history import HISTORY, Epoch, find_exported, is_finished, read_history, render_history
from device.training.sampling import count_draws


def make_deterministic(recipe: Recipe) -> None:
    """Seed every generator, ask for deterministic operations and fix the threads.

    Raises:
        RecipeError: TensorFlow already runs in this process with another number of threads.
    """
    keras.utils.set_random_seed(recipe.seed)
    tf.config.experimental.enable_op_determinism()
    threads = tf.config.threading
    try:
        if threads.get_intra_op_parallelism_threads() != recipe.threads:
            threads.set_intra_op_parallelism_threads(recipe.threads)
        if threads.get_inter_op_parallelism_threads() != 1:
            threads.set_inter_op_parallelism_threads(1)
    except RuntimeError as error:
        raise RecipeError(f"threads: {recipe.threads} asked for, TensorFlow already runs with others") from error


def fit(recipe: Recipe, images: dict[str, Images], run: Path, weights: Path | None = None, lungs: Any = None) -> Any:
    """Train for the epochs that the run folder does not hold yet.

    Args:
        recipe: the training.
        images: those of the splits training and tuning.
        run: the run's folder; what it holds there is continued.
        weights: the file of the recipe's initial weights, where it names one and nothing is there to continue.
        lungs: the network that finds them, if the recipe's network sees them alone.

    Returns:
        The network of the epoch that counts, without the part that finds lungs.
    """
    history = read_history(run / HISTORY)
    network = (
        keras.models.load_model(_checkpoint(run, len(history)))
        if history
        else _compiled(recipe, count_draws(recipe, len(images["training"])), weights)
    )
    started, first = time.monotonic(), len(history)
    while not is_finished(history, recipe):
        number = len(history)
        stream = training_stream(images["training"], recipe, number, lungs)
        progress = _Progress(number, recipe, count_draws(recipe, len(images["training"])))
        loss = network.fit(stream, verbose=0, shuffle=False, callbacks=[progress]).history["loss"][0]
        tuning = network.evaluate(seen_stream(images["tuning"], recipe, lungs), verbose=0, return_dict=True)
        history.append(_describe_epoch(number + 1, loss, tuning))
        _save(run, network, history, recipe)
        _report(history[-1], recipe, (time.monotonic() - started) / (len(history) - first))
    if recipe.stopping is None:
        return network
    exported, rule = find_exported(history, recipe), recipe.stopping.rule.replace("_", " ")
    print(f"epoch {exported} of {len(history)} is exported: {rule}", file=sys.stderr, flush=True)
    return keras.models.load_model(_checkpoint(run, exported))


def _describe_epoch(number: int, loss: float, tuning: dict[str, float]) -> Epoch:
    """A network that was compiled before average precision was measured does not tell it."""
    return Epoch(number, float(loss), **{f"tuning_{name}": float(value) for name, value in tuning.items()})


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a file beside `path`, flush it to disk, and rename it, so that `path` is never in part."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as folder:
        temporary = Path(folder) / path.name
        write(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)


def _compiled(recipe: Recipe, images: int, weights: Path | None) -> Any:
    network = build_network(recipe, weights)
    steps = -(-images // recipe.batch_size)
    warmup = recipe.optimizer.warmup_epochs * steps
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=recipe.optimizer.learning_rate / 20,
        warmup_target=recipe.optimizer.learning_rate,
        warmup_steps=warmup,
        decay_steps=max(1, recipe.epochs * steps - warmup),
    )
    network.compile(
        optimizer=keras.optimizers.AdamW(
            rate,
            weight_decay=recipe.optimizer.weight_decay,
            use_ema=recipe.optimizer.averaging > 0,
            ema_momentum=recipe.optimizer.averaging or 0.99,
        ),
        loss=keras.losses.BinaryCrossentropy(label_smoothing=recipe.loss.label_smoothing),
        weighted_metrics=[],
        metrics=[
            keras.metrics.AUC(num_thresholds=1000, name="auroc"),
            keras.metrics.AUC(num_thresholds=1000, curve="PR", name="average_precision"),
        ],
    )
    return network


def _save(run: Path, network: Any, history: list[Epoch], recipe: Recipe) -> None:
    """The history says which checkpoint counts: killed between the two writes, the epoch is simply done again."""
    write_whole(_checkpoint(run, len(history)), network.save)
    write_whole(run / HISTORY, lambda path: path.write_text(render_history(history), encoding="utf-8"))
    kept = {_checkpoint(run, number) for number in (len(history), find_exported(history, recipe))}
    for old in set(run.glob("checkpoint-*.keras")) - kept:
        old.unlink()


def _checkpoint(run: Path, epochs: int) -> Path:
    return run / f"checkpoint-{epochs}.keras"


def _report(epoch: Epoch, recipe: Recipe, seconds: float) -> None:
    left = seconds * (recipe.epochs - epoch.epoch)
    print(
        f"\repoch {epoch.epoch}/{recipe.epochs}: training loss {epoch.training_loss:.4f}, "
        f"tuning loss {epoch.tuning_loss:.4f}, tuning AUROC {epoch.tuning_auroc:.4f}; {seconds:.0f} s an epoch, "
        f"{'at most' if recipe.stopping else 'about'} {left / 60:.0f} min left",
        file=sys.stderr,
        flush=True,
    )


class _Progress(keras.callbacks.Callback):  # type: ignore[misc]
    """On a terminal: the step, the epoch and the time left in it."""

    def __init__(self, epoch: int, recipe: Recipe, images: int) -> None:
        super().__init__()
        self.label = f"epoch {epoch + 1}/{recipe.epochs}"
        self.steps = -(-images // recipe.batch_size)
        self.started = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002  Keras's signature
        """Print the step."""
        if sys.stderr.isatty():
            left = (time.monotonic() - self.started) / (batch + 1) * (self.steps - batch - 1)
            print(f"\r{self.label}: step {batch + 1}/{self.steps}, {left:.0f} s left ", end="", file=sys.stderr)
