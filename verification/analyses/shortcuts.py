"""Shortcut baselines: what a glance at the file, at its edges or at its brightness already gives beside the model.

A baseline that does nearly as well as a model says that the collection can nearly be told apart by so little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from verification.analyses.frame import OF_THE_RELEASE, draw_series, state_analysis
from verification.estimation.curves import roc_figure
from verification.estimation.estimates import Cases, Mask, Setting, difference, estimate
from verification.evidence import Analysis, Estimate, Figure, FigureKind, Role, Table
from verification.protocol.measures import LINEAR, MEANINGS
from verification.statistics.metrics import Floats

DRAWN = 4
"""Baselines whose curves are drawn; more cannot be told apart."""
QUARTERS = ("lowest quarter", "second quarter", "third quarter", "highest quarter")
OWN = "baseline_auroc"
"""The AUROC of a baseline among images that it gives similar scores."""


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
    areas = {
        name: _area(cases, scores, setting, name)
        for name, scores in {OF_THE_RELEASE: cases.scores, **baselines}.items()
    }
    best = max(baselines, key=lambda name: areas[name].value or 0.0)
    paired = difference(cases, baselines[best], setting, f"{OF_THE_RELEASE} less the best baseline ({best})")
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
        "best baseline was chosen on these images, which favors it. The difference says by how much the release ranks "
        "these images better; it is no bound on what the release has learned of the finding, and does not show that it "
        f"uses no shortcut.{_explain_turned(turned)}",
        estimates=(areas[OF_THE_RELEASE], *(areas[name] for name in shown), paired),
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
    figure = roc_figure(cases, shown, OF_THE_RELEASE)
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
