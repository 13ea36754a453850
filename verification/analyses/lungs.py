"""Whether a release looks at the lungs: with these hidden or all else faded, and the picture moved or compressed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from verification.analyses.beside import gather_rows
from verification.analyses.frame import OF_THE_RELEASE, draw_series, state_analysis
from verification.analyses.perturbations import AS_SCORED
from verification.estimation.estimates import Cases, Mask, Setting, difference, estimate
from verification.evidence import Analysis, Estimate, Figure, FigureKind, Role, Table
from verification.protocol.changes import LOOKING, LUNGS_HIDDEN, SURROUNDINGS_FADED
from verification.protocol.plan import Lungs, Plan
from verification.protocol.scores import Scored
from verification.protocol.subgroups import Known, select
from verification.statistics.metrics import Floats

BEFORE = ", the same images as scored"
HIDDEN = (SURROUNDINGS_FADED, LUNGS_HIDDEN)
Found = Mapping[tuple[str, str, str], Estimate]
"""Estimates by group, change and metric."""


def analyse_lungs(
    rows: Sequence[Scored], lungs: Mapping[str, Floats], known: Known, plan: Plan, cases: Cases, setting: Setting
) -> Analysis:
    """How the release does with the lungs hidden, with all else faded, and on pictures moved or compressed.

    Args:
        rows: all images of the study with the release's scores, of those that were analyzed.
        lungs: by change, (rows,), the scores of the changed images; NaN where the device did not apply.
        known: what is known of each row.
        plan: names the projections among its groups, and the aims.
        cases: the images that were analyzed, with the release's threshold.
        setting: the study's.
    """
    every = replace(gather_rows(rows), threshold=cases.threshold)
    groups: dict[str, Mask] = {"all": np.ones(len(rows), dtype=np.bool_)}
    groups |= {group.name: select(group, known) for group in plan.subgroups if group.by == "view_position"}
    estimates = [
        row
        for group, chosen in groups.items()
        for row in _estimate(every.where(chosen), {name: each[chosen] for name, each in lungs.items()}, setting, group)
    ]
    found = {(row.subgroup, row.score, row.metric): row for row in estimates}
    return state_analysis(
        every.where(~np.isnan(every.scores)),
        setting,
        Role.ROBUSTNESS,
        identity="lungs",
        title="Whether it looks at the lungs",
        score=f"{OF_THE_RELEASE} of changed images",
        statement="The lungs of each image were found by a linear model of thumbnails, which is no part of the device, "
        "with a margin. It was fitted on outlines that a third party's network drew on adults' images, as what finds "
        "the lungs in the adult release was: where these miss dense lungs, both do. A release that looks at lungs "
        "ranks images as well with all else faded, and no better than chance with the lungs hidden; what is left of an "
        "AUROC then comes from elsewhere, or from the outline of what is hidden. Images with a part hidden are unlike "
        "any that come from a detector; those that the device refuses then are left out of that comparison, and an aim "
        "is not judged where they are more than half. Plans aim for surroundings that are hidden; the gate refuses "
        "such pictures, so that these were faded. Of that no plan names an aim: it is not judged. Images of DICOM "
        "files are not changed, and left out.",
        estimates=estimates,
        tables=(*_judge(plan.lungs, found, groups), _compare_faded(found, groups), _describe()),
        figures=(_draw(estimates),),
    )


def _estimate(cases: Cases, changed: Mapping[str, Floats], setting: Setting, group: str) -> Iterator[Estimate]:
    """Of the images that were analyzed as they are; under each change, of those that were then too."""
    cases, analysed = cases.where(~np.isnan(cases.scores)), ~np.isnan(cases.scores)
    if not cases.labels.size:
        return
    yield from estimate(cases, setting, group, score=AS_SCORED, metrics=("auroc", "specificity"))
    for name, scores in changed.items():
        there = ~np.isnan(scores[analysed])
        before = cases.where(there)
        if not there.any():
            continue
        after = replace(before, scores=scores[analysed][there])
        yield from estimate(after, setting, group, score=name, metrics=("auroc", "specificity"))
        yield from estimate(before, setting, group, score=f"{name}{BEFORE}", metrics=("specificity",))
        yield difference(after, before.scores, setting, name, group)


def _judge(aims: Lungs | None, found: Found, groups: Mapping[str, Mask]) -> Iterator[Table]:
    """The aims of the plan beside what was found of the images that were analyzed before and after.

    What was scored is surroundings faded; the aim of surroundings hidden stands there, not judged.
    """
    if aims is None:
        return
    within = [group for group in groups if group != "all"] or ["all"]
    asked = [(group, LUNGS_HIDDEN, "auroc", aims.lungs_hidden) for group in within]
    asked += [("all", name, "specificity", aims.moved) for name in LOOKING if name not in HIDDEN]
    unscored = ("surroundings of the lungs hidden", "all", "not scored so", "AUROC, change", "not judged")
    rows = [(*unscored, aims.surroundings_hidden, "–"), *(_judge_one(found, *one) for one in asked)]
    columns = ("change", "images", "analyzed then", "aim for", "found", "at most", "estimate")
    yield Table(title="Aims of the plan, which decide nothing", columns=columns, rows=tuple(rows))


def _compare_faded(found: Found, groups: Mapping[str, Mask]) -> Table:
    """What fading the surroundings did, to ranks and at the threshold, to the images that were analyzed then too."""
    title = "Surroundings of the lungs faded in place of hidden, which is no aim of the plan"
    columns = ("images", "analyzed then", "AUROC, change", "specificity as scored", "specificity then")
    asked = [(SURROUNDINGS_FADED, "auroc_difference"), (f"{SURROUNDINGS_FADED}{BEFORE}", "specificity")]
    asked += [(SURROUNDINGS_FADED, "specificity")]
    rows = (
        (group, _count(found, group, SURROUNDINGS_FADED), *(_value(found.get((group, *one))) for one in asked))
        for group in groups
    )
    return Table(title=title, columns=columns, rows=tuple(rows))


def _count(found: Found, group: str, change: str) -> str:
    images, there = _sizes(found, group, change)
    return f"{there} of {images}"


def _sizes(found: Found, group: str, change: str) -> tuple[int, int]:
    """The images of a group that were analyzed as scored, and those of them that were then too."""
    images, there = (row.n if row else 0 for row in (found.get((group, name, "auroc")) for name in (AS_SCORED, change)))
    return images, there


def _value(row: Estimate | None) -> float | str:
    return "undefined" if row is None or row.value is None else row.value


AIMED = {"auroc": "AUROC, from 0.5 either way", "specificity": "specificity, change"}


def _judge_one(found: Found, group: str, change: str, metric: str, most: float) -> tuple[str | int | float, ...]:
    """A row of the table of aims; not judged where it is undefined, or most images were not analyzed then."""
    images, there = _sizes(found, group, change)
    measured = _measure(found, group, change, metric) if 2 * there >= images else None
    verdict = "–" if measured is None else "within" if measured <= most else "not within"
    shown = "not judged" if measured is None else measured
    return change, group, _count(found, group, change), AIMED[metric], shown, most, verdict


def _measure(found: Found, group: str, change: str, metric: str) -> float | None:
    """How far from chance, or how far from the same images as scored; None where that is undefined."""
    row, before = found.get((group, change, metric)), found.get((group, f"{change}{BEFORE}", metric))
    if row is None or row.value is None:
        return None
    if metric == "auroc":
        return max(row.value, 1 - row.value)
    return None if before is None or before.value is None else abs(row.value - before.value)


def _describe() -> Table:
    rows = tuple((name, change.meaning) for name, change in LOOKING.items())
    return Table(title="What hides and moves", columns=("change", "what it does"), rows=rows)


def _draw(estimates: Sequence[Estimate]) -> Figure:
    shown = [row for row in estimates if row.metric == "auroc" and row.score in (AS_SCORED, *HIDDEN)]
    groups = dict.fromkeys(row.subgroup for row in shown)
    series = (draw_series(group, [row for row in shown if row.subgroup == group]) for group in groups)
    return Figure(
        kind=FigureKind.INTERVALS, title="AUROC with the lungs hidden, or all else faded", x_label="what is hidden",
        y_label="AUROC", series=tuple(series),
    )  # fmt: skip
