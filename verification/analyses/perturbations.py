"""Perturbations: what a release makes of an image that is brighter, blurred, turned, or hidden in part.

Every changed image is written without loss and goes through the device as a file does, so that the whole path is
tried, not the network alone.
"""

from __future__ import annotations

import io
import tempfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from PIL import Image
from scipy import ndimage

from device import Release
from verification.analyses.frame import draw_series, state_analysis
from verification.datasets.manifest import Entry
from verification.evidence import Analysis, Estimate, Figure, FigureKind, Role, Table
from verification.protocol.estimates import Cases, Setting, difference, estimate
from verification.protocol.images import FolderOf, Grey, Progress, read_grey, score_file, to_picture
from verification.protocol.stated import StatedOf
from verification.statistics.metrics import Floats

Change: TypeAlias = Callable[[Grey, Generator, float], Grey]
"""Takes grey values (rows, columns) in [0, 1], a generator and a level; what of its values leaves [0, 1] is cut off."""
CHANGED = "changed.png"
UNCHANGED = "unchanged"
AS_SCORED = "as scored"
"""The images as the study scored them, from their own files."""
METRICS = ("auroc", "sensitivity", "specificity")


@dataclass(frozen=True, slots=True)
class Perturbation:
    """A change of an image at one level: what it does, in words and as a function."""

    meaning: str
    change: Change
    level: float

    def apply(self, grey: Grey, image: str) -> Grey:
        """The changed values. What is random in them depends on the name of the image alone."""
        return self.change(grey, np.random.default_rng(zlib.crc32(image.encode())), self.level)


def brighten(grey: Grey, _: Generator, level: float) -> Grey:
    """Add to every value."""
    return grey + np.float32(level)


def spread(grey: Grey, _: Generator, level: float) -> Grey:
    """Multiply every value's distance from the image's mean."""
    return np.asarray(grey.mean() + np.float32(level) * (grey - grey.mean()))


def bend(grey: Grey, _: Generator, level: float) -> Grey:
    """Raise every value to a power."""
    return np.asarray(grey ** np.float32(level))


def add_noise(grey: Grey, generator: Generator, level: float) -> Grey:
    """Add normal noise, independent between pixels."""
    return grey + np.float32(level) * generator.standard_normal(grey.shape, dtype=np.float32)


def blur(grey: Grey, _: Generator, level: float) -> Grey:
    """Blur by a Gaussian whose standard deviation is a share of the shorter side."""
    return np.asarray(ndimage.gaussian_filter(grey, level * min(grey.shape), mode="nearest"), dtype=np.float32)


def turn(grey: Grey, _: Generator, level: float) -> Grey:
    """Turn anticlockwise about the centre; what comes in at the corners repeats the edge."""
    return np.asarray(ndimage.rotate(grey, level, reshape=False, order=1, mode="nearest"), dtype=np.float32)


def compress(grey: Grey, _: Generator, level: float) -> Grey:
    """Save as JPEG and read back."""
    file = io.BytesIO()
    to_picture(grey).save(file, "JPEG", quality=int(level))
    with Image.open(file) as image:
        return np.asarray(image, dtype=np.float32) / np.float32(255)


def coarsen(grey: Grey, _: Generator, level: float) -> Grey:
    """Make both sides smaller, and as large as they were."""
    rows, columns = grey.shape
    small = Image.fromarray(grey).resize((round(level * columns), round(level * rows)), Image.Resampling.BILINEAR)
    return np.asarray(small.resize((columns, rows), Image.Resampling.BILINEAR))


def crop(grey: Grey, _: Generator, level: float) -> Grey:
    """Leave the centre alone, a share of each side; the device enlarges it."""
    return grey[_centre(grey, level)].copy()


def hide_centre(grey: Grey, _: Generator, level: float) -> Grey:
    """Fill a box in the centre, a share of each side, with the image's mean."""
    hidden = grey.copy()
    hidden[_centre(grey, level)] = grey.mean()
    return hidden


def hide_surroundings(grey: Grey, _: Generator, level: float) -> Grey:
    """Fill everything but the centre box with the image's mean."""
    hidden = np.full_like(grey, grey.mean())
    hidden[_centre(grey, level)] = grey[_centre(grey, level)]
    return hidden


def hide_corners(grey: Grey, _: Generator, level: float) -> Grey:
    """Fill a box in each corner, a share of each side, with the image's mean."""
    hidden = grey.copy()
    rows, columns = (max(1, round(level * size)) for size in grey.shape)
    for y in (slice(rows), slice(-rows, None)):
        hidden[y, :columns] = hidden[y, -columns:] = grey.mean()
    return hidden


def _centre(grey: Grey, share: float) -> tuple[slice, slice]:
    rows, columns = (round((1 - share) / 2 * size) for size in grey.shape)
    return slice(rows, grey.shape[0] - rows), slice(columns, grey.shape[1] - columns)


Level: TypeAlias = tuple[str, Change, tuple[float, ...], str]
"""A name and a meaning, both with a place for the level, and the levels."""

CHANGES: tuple[Level, ...] = (
    ("brightness {:+g}", brighten, (-0.15, 0.15), "{:+g} of the range from black to white at every pixel"),
    ("contrast x {:g}", spread, (0.7, 1.3), "distance from the image's mean times {:g}"),
    ("gamma {:g}", bend, (0.7, 1.4), "every value to the power {:g}"),
    ("noise {:g}", add_noise, (0.02, 0.05), "normal noise at every pixel, standard deviation {:g} of the range"),
    ("blur {:g}", blur, (0.005, 0.01), "Gaussian, standard deviation {:g} of the shorter side"),
    ("rotation {:g} degrees", turn, (5, 10), "{:g} degrees anticlockwise about the centre; the edge is repeated"),
    ("JPEG quality {:g}", compress, (50, 20), "saved as JPEG at {:g} of Pillow's scale of quality, and read back"),
    ("resolution x {:g}", coarsen, (0.5, 0.25), "both sides times {:g}, and enlarged to what they were"),
    ("centre {:g}", crop, (0.9,), "cut to the centre, {:g} of each side"),
)
OCCLUSIONS: tuple[Level, ...] = (
    ("centre box hidden", hide_centre, (0.5,), "a box in the centre, {:g} of each side, at the image's mean"),
    (
        "borders hidden", hide_surroundings, (0.8,),
        "all but a box in the centre, {:g} of each side, at the image's mean",
    ),
    ("corners hidden", hide_corners, (0.2,), "a box in each corner, {:g} of each side, at the image's mean"),
    (
        "all but the centre box hidden", hide_surroundings, (0.5,),
        "all but a box in the centre, {:g} of each side, at the image's mean",
    ),
)  # fmt: skip


def _name(levels: Sequence[Level]) -> dict[str, Perturbation]:
    return {
        name.format(level): Perturbation(meaning.format(level), change, level)
        for name, change, each, meaning in levels
        for level in each
    }


CONTROL = {UNCHANGED: Perturbation("written without loss and read back, a control of the method", brighten, 0.0)}
HIDING = _name(OCCLUSIONS)
PERTURBATIONS: dict[str, Perturbation] = {**CONTROL, **_name(CHANGES), **HIDING}
"""Every change, the control first, by the name that it has in tables."""


def score_perturbed(
    entries: Sequence[Entry],
    folder_of: FolderOf,
    release: Release,
    stated: StatedOf,
    progress: Progress | None = None,
) -> dict[str, Floats]:
    """Score every image under every perturbation through research intake.

    Args:
        entries: the images.
        folder_of: the folder that the image path of an entry is relative to.
        release: what scores.
        stated: what is stated of each image, for its file carries no header.
        progress: told after each image.

    Returns:
        By perturbation, (images,), in [0, 1]; NaN where the device does not apply to the changed image.

    Raises:
        ValueError: images cannot be read or the device failed; every one is named.
    """
    scores = {}
    with tempfile.TemporaryDirectory() as folder:
        for done, name in enumerate(PERTURBATIONS):
            tell = partial(_tell, progress, done * len(entries), len(PERTURBATIONS) * len(entries))
            scores[name] = _score_all(entries, folder_of, Path(folder), (name, release, stated), tell)
    return scores


def _tell(progress: Progress | None, before: int, total: int, number: int) -> None:
    if progress:
        progress(before + number, total)


def _score_all(
    entries: Sequence[Entry],
    folder_of: FolderOf,
    folder: Path,
    how: tuple[str, Release, StatedOf],
    tell: Callable[[int], None],
) -> Floats:
    name, release, stated = how
    scores, faults = [], []
    for number, entry in enumerate(entries, start=1):
        try:
            grey = read_grey(folder_of(entry) / entry.image)
            to_picture(PERTURBATIONS[name].apply(grey, entry.image)).save(folder / CHANGED, compress_level=1)
            scores.append(score_file(folder / CHANGED, release, stated(entry)))
        except ValueError as error:
            faults.append(f"{name}: {error}")
        tell(number)
    if faults:
        raise ValueError("\n".join(faults))
    return np.array(scores, dtype=np.float64)


# --- what the scores say ----------------------------------------------------------------------------------------------


def analyse_perturbations(cases: Cases, perturbed: Mapping[str, Floats], setting: Setting) -> tuple[Analysis, ...]:
    """How the release does on changed images, and on images of which a part is hidden.

    Args:
        cases: the images with the release's scores, and its threshold.
        perturbed: by perturbation, (images,), the scores of the same images in the same order; NaN where the device did
            not apply. Such images are counted, and left out of the estimates under that perturbation.
        setting: the study's.

    Raises:
        ValueError: there is none, one has another number of images, or the cases have no threshold.
    """
    wrong = [f"{name}: {scores.shape}" for name, scores in perturbed.items() if scores.shape != cases.scores.shape]
    if wrong or not perturbed:
        raise ValueError(f"perturbed: expected scores {cases.scores.shape} each, received {', '.join(wrong) or 'none'}")
    if cases.threshold is None:
        raise ValueError("cases: expected a threshold, received none")
    changed = {name: scores for name, scores in perturbed.items() if name not in HIDING}
    hidden = {name: scores for name, scores in perturbed.items() if name in HIDING}
    found = ((CHANGED_IMAGES, changed), (HIDDEN_PARTS, hidden))
    return tuple(_analyse(cases, scores, setting, words) for words, scores in found if scores)


CHANGED_IMAGES = {
    "identity": "perturbations",
    "title": "Changed images",
    "statement": "Every image was changed in one way at a time, written without loss and analysed by the device from "
    "the file, at the locked threshold. The AUROC difference is that of the changed images less that of the images as "
    "scored, which are the same. The changes are simulated at levels chosen beforehand; another detector or hospital "
    "changes images in other ways.",
}
HIDDEN_PARTS = {
    "identity": "occlusion",
    "title": "Images with a part hidden",
    "statement": "The masks are boxes placed by the image's sides and filled with its mean; no lung was segmented, and "
    "a box holds more or less of the lungs from image to image. An AUROC that stays high while the centre is hidden "
    "comes in part from elsewhere. Images with a hidden part are unlike any training image, so that a fall does not "
    "show where the release looks.",
}


def _analyse(cases: Cases, perturbed: Mapping[str, Floats], setting: Setting, words: Mapping[str, str]) -> Analysis:
    original = estimate(cases, setting, score=AS_SCORED, metrics=METRICS)
    rows = [row for name, scores in perturbed.items() for row in _estimate(cases, scores, setting, name)]
    decisions = _count_decisions(cases, perturbed)
    return state_analysis(
        cases, setting, Role.ROBUSTNESS, identity=words["identity"], title=words["title"],
        score="the release's score of changed images",
        statement=words["statement"] + _name_worst(decisions, (*original, *rows)), estimates=(*original, *rows),
        tables=(decisions, _describe(perturbed)), figures=_draw((*original, *rows)),
    )  # fmt: skip


def _estimate(cases: Cases, scores: Floats, setting: Setting, name: str) -> tuple[Estimate, ...]:
    """Under one perturbation, over the images that the device analysed."""
    analysed = ~np.isnan(scores)
    if not analysed.any():
        return ()
    before = cases.where(analysed)
    after = replace(before, scores=scores[analysed])
    return (
        *estimate(after, setting, score=name, metrics=METRICS),
        difference(after, before.scores, setting, name),
    )


def _describe(names: Iterable[str]) -> Table:
    rows = tuple((name, PERTURBATIONS[name].meaning if name in PERTURBATIONS else "not described") for name in names)
    return Table(title="What each change does", columns=("change", "what it does"), rows=rows)


def _name_worst(decisions: Table, estimates: Sequence[Estimate]) -> str:
    """The change that flips most decisions, which way, and what that does; nothing if none flips one."""
    counted = [row for row in decisions.rows if isinstance(row[2], int) and row[2]]
    if not counted:
        return ""
    name, _, flips, _, flagged, _ = max(counted, key=lambda row: int(row[2] or 0))
    found = {(one.score, one.metric): one for one in estimates}
    said = [
        f"{metric} {_say(found[AS_SCORED, metric])} as scored and {_say(found[str(name), metric])} then"
        for metric in ("sensitivity", "specificity")
    ]
    way = "all" if flagged == flips else flagged
    return f" Most decisions flip under {name}: {flips}, {way} of them to flagged; {', '.join(said)}."


def _say(estimate: Estimate) -> str:
    return "undefined" if estimate.value is None else f"{estimate.value:.3f}"


def _count_decisions(cases: Cases, perturbed: Mapping[str, Floats]) -> Table:
    columns = (
        "change", "images not analysed", "decisions flipped", "share flipped", "flipped to flagged",
        "largest change of a score",
    )  # fmt: skip
    rows = tuple((name, *_count_flips(cases, scores)) for name, scores in perturbed.items())
    return Table(title="Decisions under each change, of the images that were analysed", columns=columns, rows=rows)


def _count_flips(cases: Cases, scores: Floats) -> tuple[str | int | float, ...]:
    analysed = ~np.isnan(scores)
    before, after = cases.flagged[analysed], replace(cases, scores=scores).flagged[analysed]
    left_out = int((~analysed).sum())
    if not before.size:
        return left_out, *["no image"] * 4
    flips = int((before != after).sum())
    largest = float(np.abs(scores - cases.scores)[analysed].max())
    return left_out, flips, flips / before.size, int((after & ~before).sum()), largest


def _draw(estimates: Sequence[Estimate]) -> tuple[Figure, Figure]:
    """The AUROC, which holds for every threshold, apart from what holds at the locked one."""
    return (
        _draw_metrics(estimates, "AUROC under each change", {"auroc": "AUROC"}),
        _draw_metrics(
            estimates, "Sensitivity and specificity under each change, at the locked threshold",
            {"sensitivity": "sensitivity", "specificity": "specificity"},
        ),
    )  # fmt: skip


def _draw_metrics(estimates: Sequence[Estimate], title: str, names: Mapping[str, str]) -> Figure:
    series = (draw_series(name, [row for row in estimates if row.metric == metric]) for metric, name in names.items())
    return Figure(
        kind=FigureKind.INTERVALS, title=title, x_label="change", y_label=" and ".join(names.values()),
        series=tuple(series),
    )  # fmt: skip
