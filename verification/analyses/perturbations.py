"""What a release made of images that are brighter, blurred, turned, or hidden in part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from verification.analyses.frame import HEADLINE, draw_series, state_analysis
from verification.estimation.estimates import Cases, Setting, difference, estimate
from verification.evidence import Analysis, Estimate, Figure, FigureKind, Role, Table
from verification.protocol.changes import HIDING, PERTURBATIONS
from verification.statistics.metrics import Floats

AS_SCORED = "as scored"
"""The images as the study scored them, from their own files."""


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
    "statement": "Every image was changed in one way at a time, written without loss and analyzed by the device from "
    "the file, at the locked threshold. The AUROC difference is that of the changed images less that of the images as "
    "scored, which are the same. The changes are simulated at levels chosen beforehand; another detector or hospital "
    "changes images in other ways.",
}
HIDDEN_PARTS = {
    "identity": "occlusion",
    "title": "Images with a part hidden",
    "statement": "The masks are boxes placed by the image's sides and filled with its mean; no lung was segmented, and "
    "a box holds more or less of the lungs from image to image. An AUROC that stays high while the center is hidden "
    "comes in part from elsewhere. Images with a hidden part are unlike any training image, so that a fall does not "
    "show where the release looks.",
}


def _analyse(cases: Cases, perturbed: Mapping[str, Floats], setting: Setting, words: Mapping[str, str]) -> Analysis:
    original = estimate(cases, setting, score=AS_SCORED, metrics=HEADLINE)
    rows = [row for name, scores in perturbed.items() for row in _estimate(cases, scores, setting, name)]
    decisions = _count_decisions(cases, perturbed)
    return state_analysis(
        cases, setting, Role.ROBUSTNESS, identity=words["identity"], title=words["title"],
        score="the release's score of changed images",
        statement=words["statement"] + _name_worst(decisions, (*original, *rows)), estimates=(*original, *rows),
        tables=(decisions, _describe(perturbed)), figures=_draw((*original, *rows)),
    )  # fmt: skip


def _estimate(cases: Cases, scores: Floats, setting: Setting, name: str) -> tuple[Estimate, ...]:
    """Under one perturbation, over the images that the device analyzed."""
    analysed = ~np.isnan(scores)
    if not analysed.any():
        return ()
    before = cases.where(analysed)
    after = replace(before, scores=scores[analysed])
    return (
        *estimate(after, setting, score=name, metrics=HEADLINE),
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
        "change", "images not analyzed", "decisions flipped", "share flipped", "flipped to flagged",
        "largest change of a score",
    )  # fmt: skip
    rows = tuple((name, *_count_flips(cases, scores)) for name, scores in perturbed.items())
    return Table(title="Decisions under each change, of the images that were analyzed", columns=columns, rows=rows)


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
