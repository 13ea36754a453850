"""Shortcut baselines: what a glance at the file, at its edges or at its brightness already gives beside the model.

Each baseline is a logistic regression on simple measures of a file or of an image, fitted on the training split alone.
A baseline that does nearly as well as a model says that the collection can nearly be told apart by so little.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from msgspec import structs
from numpy.typing import NDArray
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from verification.analyses.frame import draw_series, state_analysis
from verification.datasets.manifest import Entry
from verification.evidence import Analysis, Estimate, Figure, FigureKind, Role, Table
from verification.protocol.curves import roc_figure
from verification.protocol.estimates import Cases, Mask, Setting, difference, estimate
from verification.protocol.images import FolderOf, Grey, Progress, read_grey
from verification.statistics.metrics import Floats

LINEAR = "32-pixel linear model"
SIDE = 32
EDGE = 0.1
"""The side of a corner and the width of a border, as a share of the image's sides."""
HIGH = 0.25
"""Cycles a pixel from which on a frequency is high: half of what the grid can hold."""
TINY = 1e-9
"""What is added before a logarithm, so that a flat image has one."""
STRENGTH = {LINEAR: 0.01}
"""Inverse strength of the regularisation; 1 where it is not named. Fixed beforehand, tuned on nothing."""
DRAWN = 4
"""Baselines whose curves are drawn; more cannot be told apart."""
QUARTERS = ("lowest quarter", "second quarter", "third quarter", "highest quarter")
MODEL = "the release's score"
OWN = "baseline_auroc"
"""The AUROC of a baseline among images that it gives similar scores."""


def measure_sharpness(grey: Grey) -> Floats:
    """The logarithm of the variance of the Laplacian, (1,)."""
    inner = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    return np.log(np.array([laplacian.var(dtype=np.float64)]) + TINY)


def measure_high_frequencies(grey: Grey) -> Floats:
    """The logarithm of the share of the variance that lies at high frequencies, (1,)."""
    power = np.abs(np.fft.fft2(grey - grey.mean())) ** 2
    rows, columns = (np.fft.fftfreq(size) for size in grey.shape)
    high = np.hypot(rows[:, np.newaxis], columns[np.newaxis]) >= HIGH
    return np.log(np.array([power[high].sum() / max(power.sum(), TINY)]) + TINY)


def measure_corners(grey: Grey) -> Floats:
    """The mean of each corner, (4,): top left, top right, bottom left, bottom right."""
    rows, columns = (max(1, round(EDGE * size)) for size in grey.shape)
    corners = (grey[y, x] for y in (slice(rows), slice(-rows, None)) for x in (slice(columns), slice(-columns, None)))
    return np.array([corner.mean() for corner in corners], dtype=np.float64)


def measure_borders(grey: Grey) -> Floats:
    """The mean of each border, (4,): top, bottom, left, right."""
    rows, columns = (max(1, round(EDGE * size)) for size in grey.shape)
    borders = (grey[:rows], grey[-rows:], grey[:, :columns], grey[:, -columns:])
    return np.array([border.mean() for border in borders], dtype=np.float64)


def shrink(grey: Grey) -> Floats:
    """The image at 32 x 32, row after row, (1024,)."""
    small = Image.fromarray(grey).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(small, dtype=np.float64).ravel()


MEASURES: dict[str, Callable[[Grey], Floats]] = {
    "sharpness": measure_sharpness,
    "high-frequency energy": measure_high_frequencies,
    "corners": measure_corners,
    "borders": measure_borders,
    "mean intensity": lambda grey: np.array([grey.mean()], dtype=np.float64),
    "contrast": lambda grey: np.array([grey.std()], dtype=np.float64),
    LINEAR: shrink,
}
MEANINGS = {
    "file size": "logarithm of the bytes of the file",
    "sharpness": "logarithm of the variance of the Laplacian",
    "high-frequency energy": "logarithm of the share of the variance at a quarter of a cycle a pixel and above",
    "corners": "means of the four corners, a tenth of each side",
    "borders": "means of the four borders, a tenth of the side wide",
    "mean intensity": "mean of the grey values",
    "contrast": "standard deviation of the grey values",
    LINEAR: "the image at 32 x 32 pixels",
}
BASELINES = tuple(MEANINGS)
"""The names of all baselines."""


def score_baselines(
    training: Sequence[Entry],
    evaluation: Sequence[Entry],
    folder_of: FolderOf,
    progress: Progress | None = None,
) -> dict[str, Floats]:
    """Fit every baseline on the training images and score the evaluation images with it.

    Args:
        training: images of both labels; nothing else is fitted on.
        evaluation: images to be scored; their labels are not read.
        folder_of: the folder that the image path of an entry is relative to.
        progress: told after each image.

    Returns:
        By baseline, (evaluation images,), in [0, 1]: higher is more like the training images with pneumonia.

    Raises:
        ValueError: images cannot be read, every one named; or the training images are of one label.
    """
    labels = np.array([entry.label for entry in training])
    if np.unique(labels).size < 2:
        raise ValueError(f"training: expected images of both labels, received {labels.size} of one or none")
    numbers = _measure_all([*training, *evaluation], folder_of, progress)
    return {name: _fit_and_score(name, rows[: labels.size], labels, rows[labels.size :]) for name, rows in numbers}


def _fit_and_score(name: str, known: Floats, labels: NDArray[np.int_], unknown: Floats) -> Floats:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH.get(name, 1.0), max_iter=2000))
    model.fit(known, labels)
    return np.asarray(model.predict_proba(unknown)[:, 1]) if unknown.size else np.empty(0)


def _measure_all(entries: Sequence[Entry], folder_of: FolderOf, progress: Progress | None) -> list[tuple[str, Floats]]:
    """By baseline, (images, numbers)."""
    rows, faults = [], []
    for number, entry in enumerate(entries, start=1):
        try:
            rows.append(_measure(folder_of(entry) / entry.image))
        except ValueError as error:
            faults.append(str(error))
        if progress:
            progress(number, len(entries))
    if faults:
        raise ValueError("\n".join(faults))
    return [(name, np.array(column)) for name, column in zip(BASELINES, zip(*rows, strict=True), strict=True)]


def _measure(path: Path) -> tuple[Floats, ...]:
    """What each baseline reads of a file, in the order of `BASELINES`."""
    grey = read_grey(path)
    if min(grey.shape) < SIDE:
        raise ValueError(f"{path}: {grey.shape[0]} rows, {grey.shape[1]} columns; expected at least {SIDE} of each")
    size = np.log(np.array([path.stat().st_size], dtype=np.float64))
    return (size, *(measure(grey) for measure in MEASURES.values()))


# --- what they say beside the model -----------------------------------------------------------------------------------


def analyse_shortcuts(cases: Cases, baselines: Mapping[str, Floats], setting: Setting) -> tuple[Analysis, ...]:
    """The baselines beside the model, and the model among images that a baseline cannot tell apart.

    Args:
        cases: the images with the release's scores.
        baselines: by name, (images,), the baselines' scores of the same images in the same order.
        setting: the study's.

    Raises:
        ValueError: there is no baseline, one has another number of images, or the images are of one label.
    """
    wrong = [f"{name}: {scores.shape}" for name, scores in baselines.items() if scores.shape != cases.scores.shape]
    if wrong or not baselines:
        raise ValueError(f"baselines: expected scores {cases.scores.shape} each, received {', '.join(wrong) or 'none'}")
    if np.unique(cases.labels).size < 2:
        raise ValueError("cases: expected images of both labels")
    return _compare(cases, baselines, setting), _stratify(cases, baselines, setting)


def _compare(cases: Cases, baselines: Mapping[str, Floats], setting: Setting) -> Analysis:
    areas = {name: _area(cases, scores, setting, name) for name, scores in {MODEL: cases.scores, **baselines}.items()}
    best = max(baselines, key=lambda name: areas[name].value or 0.0)
    paired = difference(cases, baselines[best], setting, f"{MODEL} less the best baseline ({best})")
    shown = sorted(baselines, key=lambda name: -(areas[name].value or 0.0))
    turned = [name for name in shown if (areas[name].value or 0.5) < 0.5]
    return state_analysis(
        cases,
        setting,
        Role.BASELINE,
        identity="shortcut-baselines",
        title="Shortcut baselines beside the release",
        score="baselines fitted on the training split, and the release's score",
        statement="Each baseline is a logistic regression on simple measures of the file or of the image; all were "
        "fitted on the training split and scored here like the release. None was made to look for pneumonia, but the "
        f"{LINEAR} sees the whole image, lungs included, so that a part of what it reaches may be the finding. The "
        "best baseline was chosen on these images, which favours it. The difference says by how much the release ranks "
        "these images better; it is no bound on what the release has learned of the finding, and does not show that it "
        f"uses no shortcut.{_explain_turned(turned)}",
        estimates=(areas[MODEL], *(areas[name] for name in shown), paired),
        tables=(_meanings(shown),),
        figures=(_draw_curves(cases, {name: baselines[name] for name in shown[:DRAWN]}),),
    )


def _explain_turned(names: Sequence[str]) -> str:
    """Why the AUROC of some baselines lies below 0.5; nothing if that of none does."""
    if not names:
        return ""
    return (
        f" The AUROC of {' and '.join(names)} lies below 0.5: which values speak for pneumonia was fitted on the "
        "training split, and here it is the other way round."
    )


def _draw_curves(cases: Cases, shown: Mapping[str, Floats]) -> Figure:
    figure = roc_figure(cases, shown, MODEL)
    return structs.replace(figure, title=f"Receiver operating characteristic, with the {len(shown)} best baselines")


def _area(cases: Cases, scores: Floats, setting: Setting, name: str) -> Estimate:
    (found,) = estimate(replace(cases, scores=scores), setting, score=name, metrics=("auroc",))
    return found


def _stratify(cases: Cases, baselines: Mapping[str, Floats], setting: Setting) -> Analysis:
    places = {name: find_quarters(scores) for name, scores in baselines.items()}
    estimates = [
        row
        for name, place in places.items()
        for number, quarter in enumerate(QUARTERS)
        for row in _compare_within(cases, baselines[name], place == number, setting, (quarter, name))
    ]
    return state_analysis(
        cases,
        setting,
        Role.BASELINE,
        identity="shortcut-strata",
        title="The release among images to which a baseline gives similar scores",
        score="the release's score, within quarters of the images by each baseline's score",
        statement="The images of a quarter have similar scores by the baseline, not equal ones. Beside the release's "
        "AUROC stands the baseline's own within the quarter, which says what it still tells apart there; at 0.5 it "
        "ranks the images no better than chance. A quarter with few images of one label says little; where one label "
        "is absent there is no estimate.",
        estimates=tuple(estimates),
        tables=(_count(cases, places),),
        figures=(_draw(estimates),),
    )


def _compare_within(
    cases: Cases, scores: Floats, chosen: Mask, setting: Setting, names: tuple[str, str]
) -> tuple[Estimate, ...]:
    """The release's AUROC among the chosen images, and the baseline's own; nothing if no image is chosen."""
    quarter, name = names
    held = cases.where(chosen)
    release = estimate(held, setting, quarter, score=name, metrics=("auroc",))
    own = estimate(replace(held, scores=scores[chosen]), setting, quarter, score=name, metrics=("auroc",))
    return (*release, *(structs.replace(row, metric=OWN) for row in own))


def find_quarters(scores: Floats) -> NDArray[np.intp]:
    """The quarter, 0 to 3, of each image by its score; equal scores are in one quarter, so that some may be empty."""
    return np.searchsorted(np.quantile(scores, (0.25, 0.5, 0.75)), scores, side="left")


def _meanings(names: Sequence[str]) -> Table:
    rows = tuple((name, MEANINGS.get(name, "not described")) for name in names)
    return Table(title="What each baseline reads of an image", columns=("baseline", "what it reads"), rows=rows)


def _count(cases: Cases, places: Mapping[str, NDArray[np.intp]]) -> Table:
    """Images with and without the finding in every quarter, also where there is none."""
    rows: list[tuple[str | int, ...]] = []
    for name, place in places.items():
        counts = (((place == number) & (cases.labels == label)).sum() for number in range(4) for label in (1, 0))
        rows.append((name, *map(int, counts)))
    columns = ("baseline", *(f"{quarter}, {sign}" for quarter in QUARTERS for sign in ("n+", "n-")))
    return Table(title="Images in each quarter", columns=columns, rows=tuple(rows))


def _draw(estimates: Sequence[Estimate]) -> Figure:
    shown = [row for row in estimates if row.metric == "auroc"]
    series = (draw_series(quarter, [row for row in shown if row.subgroup == quarter]) for quarter in QUARTERS)
    return Figure(
        kind=FigureKind.INTERVALS, title="The release within quarters of each baseline", x_label="baseline",
        y_label="AUROC", series=tuple(series),
    )  # fmt: skip
