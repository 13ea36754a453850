"""From a trained network to a release's folder: export, comparison, operating point, card, digests."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from device import model
from device.training.data import Images, plain_stream
from device.training.fit import write_whole
from device.training.lungs import EPOCHS, Lungs
from device.training.network import describe_network
from device.training.operating_point import choose_threshold
from device.training.recipe import Recipe, RecipeFile
from device.training.release_folder import describe_release, write_release
from device.training.runs.folder import SCORES, render_tuning
from device.training.runs.history import Epoch, find_exported
from device.types import OperatingPoint, Release, Weights

WEIGHTS = "model.tflite"
TUNING = "tuning_scores.csv"


def assemble(
    file: RecipeFile, network: Any, images: dict[str, Images], history: list[Epoch], run: Path,
    lungs: Lungs | None = None,
) -> Path:  # fmt: skip
    """Write `run/release`: weights, release.yaml, card.yaml and SHA256SUMS, whole or not at all.

    The operating point is chosen on the tuning images by the recipe's rule, from scores that the device's own
    interpreter gives.
    """
    recipe, tuning = file.recipe, images["tuning"]
    content = export(network, recipe)
    (run / WEIGHTS).write_bytes(content)
    weights = Weights(WEIGHTS, model.FORMAT, hashlib.sha256(content).hexdigest())
    exported = score_exported(recipe, weights, tuning, run)
    scores = render_tuning(tuning.samples, exported.tolist())
    write_whole(run / SCORES, lambda path: path.write_text(scores, encoding="utf-8"))
    trained = network.predict(plain_stream(tuning, recipe), verbose=0)[:, 0].astype(np.float64)
    threshold = choose_threshold(tuning.labels > 0, exported, recipe.operating_point.minimum_sensitivity)
    card = _card(file, network, images, history) | {
        "keras_litert_maximum_difference": float(np.abs(trained - exported).max()),
        "keras_litert_decision_flips": int(((trained >= threshold) != (exported >= threshold)).sum()),
        **_tuned(tuning.labels > 0, exported >= threshold),
        **(_found(lungs) if lungs else {}),
    }
    release = describe_release(recipe, weights, _operating_point(file, threshold), None)
    table = tuning_table(tuning, exported, with_labels=recipe.data.labels == "shipped")
    write_release(run / "release", release, card, {WEIGHTS: content, TUNING: table})
    return run / "release"


def export(network: Any, recipe: Recipe) -> bytes:
    """The network as LiteRT: input (1, rows, columns, 1) float32 in [0, 1], output (1, 1) float32, the score."""
    image = keras.Input(batch_shape=(1, recipe.geometry.rows, recipe.geometry.columns, 1), name="image")
    fixed = keras.Model(image, network(image))  # LiteRT reserves memory for one image at a time
    with contextlib.redirect_stdout(io.StringIO()):  # Keras tells at length what it exports
        return bytes(tf.lite.TFLiteConverter.from_keras_model(fixed).convert())


def score_exported(recipe: Recipe, weights: Weights, images: Images, folder: Path) -> NDArray[np.float64]:
    """The score that the device gives each image, in order, from the weights in `folder`."""
    statement = recipe.release
    release = Release(
        recipe.name, recipe.version, statement.status, statement.title, statement.population, recipe.geometry,
        statement.limitations, weights, None, None, statement.study, "", folder,
    )  # fmt: skip
    return np.array([model.score(images[index], release) for index in range(len(images))])


def tuning_table(images: Images, scores: NDArray[np.float64], *, with_labels: bool) -> bytes:
    """The scores that the operating point was chosen on, `image,patient,label,score`, sorted by image.

    Where labels are withheld, images go by the SHA-256 of their files, for the folder of an image can tell its label;
    labels and patients are empty.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("image", "patient", "label", "score"))
    writer.writerows(
        sorted(
            (s.image, s.patient, s.label, repr(float(score))) if with_labels else (s.sha256, "", "", repr(float(score)))
            for s, score in zip(images.samples, scores, strict=True)
        )
    )
    return text.getvalue().encode()


def _operating_point(file: RecipeFile, threshold: float) -> OperatingPoint:
    rule = file.recipe.operating_point
    return OperatingPoint(
        threshold=threshold,
        rule=f"the middle between the highest score at which the sensitivity on the tuning split is at least "
        f"{rule.minimum_sensitivity:g} and the next lower score; {rule.reason}",
        locked_on=f"{file.recipe.data.dataset}, split tuning, manifest SHA-256 {_digest(file.manifest)}",
    )


def _card(file: RecipeFile, network: Any, images: dict[str, Images], history: list[Epoch]) -> dict[str, Any]:
    recipe = file.recipe
    training, tuning = images["training"], images["tuning"]
    return {
        "architecture": describe_network(recipe),
        "parameters": int(network.count_params()),
        **_initial_weights(recipe),
        "recipe": file.base or recipe.name,
        "recipe_digest": file.digest,
        "loss": f"binary cross-entropy, label smoothing {recipe.loss.label_smoothing:g}, "
        f"class weighting {recipe.loss.class_weighting}",
        "optimizer": f"AdamW, learning rate {recipe.optimizer.learning_rate:g} after {recipe.optimizer.warmup_epochs} "
        f"epoch(s) of warm-up, cosine decay to 0, weight decay {recipe.optimizer.weight_decay:g}" + _averaging(recipe),
        "epochs": len(history),
        "batch_size": recipe.batch_size,
        "augmentation": _augmentation(recipe),
        "seed": recipe.seed,
        "dataset": recipe.data.dataset,
        "dataset_digest": _digest(file.manifest),
        "training_images": len(training),
        "training_patients": len({sample.patient for sample in training.samples}),
        "tuning_images": len(tuning),
        "tuning_patients": len({sample.patient for sample in tuning.samples}),
        "history": [_history(history, recipe)],
    }


def _tuned(positive: NDArray[np.bool_], flagged: NDArray[np.bool_]) -> dict[str, Any]:
    """What the operating point gives on the tuning images, for a release that ships these without their labels."""
    return {
        "tuning_positive_images": int(positive.sum()),
        "tuning_sensitivity": float(flagged[positive].mean()),
        "tuning_specificity": float((~flagged)[~positive].mean()),
    }


def _found(lungs: Lungs) -> dict[str, Any]:
    """How the part that finds lungs was made, which the network's own history does not tell."""
    return {
        "lung_pairs": lungs.pairs,
        "lung_epochs": EPOCHS,
        "lung_pairs_checked": lungs.checked,
        "lung_dataset_digest": lungs.dataset_digest,
        "lung_overlap": lungs.overlap if lungs.checked else None,
    }


def _initial_weights(recipe: Recipe) -> dict[str, str | None]:
    named = recipe.network.initial_weights
    if isinstance(named, str):
        return {"initial_weights": named}
    return {
        "initial_weights": named.origin,
        "initial_weights_sha256": named.sha256,
        "initial_weights_licence": named.licence,
    }


def _averaging(recipe: Recipe) -> str:
    momentum = recipe.optimizer.averaging
    return f", weights averaged over the steps of an epoch with momentum {momentum:g}" if momentum else ""


def _augmentation(recipe: Recipe) -> str:
    limits = recipe.augmentation
    return (
        f"shift up to {limits.shift:g} of the side, zoom up to {limits.zoom:g}, stretch of rows against columns "
        f"up to {limits.stretch:g}, rotation up to {limits.rotation_degrees:g} degrees, contrast up to "
        f"{limits.contrast:g}, brightness up to {limits.brightness:g} of the range, the logarithm of gamma up to "
        f"{limits.gamma:g}, sharpness up to {limits.sharpness:g}, each drawn evenly in both directions; Gaussian noise "
        f"up to {limits.noise:g} of the range; black surround in a share of {limits.black_surround:g}; no flip"
        f"{_sampling(recipe)}{_hiding(recipe)}"
    )


def _sampling(recipe: Recipe) -> str:
    if recipe.sampling is None:
        return ""
    return (
        f"; {recipe.sampling.draws} draws an epoch, pictures of lungs alone in a share of "
        f"{recipe.sampling.lungs_alone:g}, then label, projection and copy evenly"
    )


def _hiding(recipe: Recipe) -> str:
    view = recipe.lungs
    if view is None:
        return ""
    return (
        f"; what is cut out moved by normal deviates of {view.shift:g} of the side and scaled by those of "
        f"{view.zoom:g}; the lungs hidden in {round(view.hidden * recipe.batch_size)} of a batch of "
        f"{recipe.batch_size}, of these the whole images, the label then neither"
    )


def _history(history: list[Epoch], recipe: Recipe) -> dict[str, Any]:
    rule = recipe.stopping.rule.replace("_", " ") if recipe.stopping else ""
    return {
        "title": "Convergence" + (rule and f"; epoch {find_exported(history, recipe)} was exported, by {rule}"),
        "columns": ["epoch", "training loss", "tuning loss", "tuning AUROC (interpolated)"],
        "rows": [[e.epoch, e.training_loss, e.tuning_loss, e.tuning_auroc] for e in history],
    }


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
