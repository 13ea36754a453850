"""Whether a release looks at the lungs: with these or all else hidden, and with the picture moved or compressed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from verification.analyses.beside import gather_rows
from verification.analyses.frame import OF_THE_RELEASE, draw_series, state_analysis
from verification.analyses.perturbations import AS_SCORED
from verification.estimation.estimates import Cases, Mask, Setting, difference, estimate
from verification.evidence import Analysis, Estimate, Figure, FigureKind, Role, Table
from verification.protocol.changes import LOOKING, LUNGS_HIDDEN, SURROUNDINGS_HIDDEN
from verification.protocol.plan import Lungs, Plan
from verification.protocol.scores import Scored
from verification.protocol.subgroups import Known, select
from verification.statistics.metrics import Floats

HIDDEN = (SURROUNDINGS_HIDDEN, LUNGS_HIDDEN)
Found = Mapping[tuple[str, str, str], Estimate]
"""Estimates by group, change and metric."""


def analyse_lungs(
    rows: Sequence[Scored], lungs: Mapping[str, Floats], known: Known, plan: Plan, cases: Cases, setting: Setting
) -> Analysis:
    """How the release does with the lungs hidden, with all else hidden, and on pictures moved or compressed.

    Args:
        rows: all images of the study with the release's scores, of those that were analysed.
        lungs: by change, (rows,), the scores of the changed images; NaN where the device did not apply.
        known: what is known of each row.
        plan: names the projections among its groups, and the aims.
        cases: the images that were analysed, with the release's threshold.
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
        statement="The lungs of each image were found by a linear model of thumbnails, apart from the device and from "
        "any network, with a margin; where lungs are dense it misses some. A release that looks at the lungs ranks "
        "images as well with all else hidden, and no better than chance with the lungs hidden; what is left of an "
        "AUROC then comes from elsewhere, or from the outline of what is hidden. Images with a part hidden are unlike "
        "any that come from a detector. Images of DICOM files are not changed, and left out.",
        estimates=estimates,
        tables=(*_judge(plan.lungs, found, groups), _describe()),
        figures=(_draw(estimates),),
    )


def _estimate(cases: Cases, changed: Mapping[str, Floats], setting: Setting, group: str) -> Iterator[Estimate]:
    """Of the images that were analysed as they are; under each change, of those that were then too."""
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
        yield difference(after, before.scores, setting, name, group)


def _judge(aims: Lungs | None, found: Found, groups: Mapping[str, Mask]) -> Iterator[Table]:
    """The aims of the plan beside what was found: within them, or not."""
    if aims is None:
        return
    within = [group for group in groups if group != "all"] or ["all"]
    asked = [(group, SURROUNDINGS_HIDDEN, "auroc", aims.surroundings_hidden) for group in groups]
    asked += [(group, LUNGS_HIDDEN, "auroc", aims.lungs_hidden) for group in within]
    asked += [("all", name, "specificity", aims.moved) for name in LOOKING if name not in HIDDEN]
    rows = []
    for group, change, metric, most in asked:
        before, after = (found.get((group, score, metric)) for score in (AS_SCORED, change))
        if before is None or after is None or before.value is None or after.value is None:
            continue
        free = change == LUNGS_HIDDEN
        measured = after.value if free else abs(after.value - before.value)
        what = f"{metric.upper() if metric == 'auroc' else metric}{'' if free else ', change'}"
        rows.append((change, group, what, before.value, after.value, most, "within" if measured <= most else "BEYOND"))
    columns = ("change", "images", "aim for", "as scored", "then", "at most", "estimate")
    yield Table(title="Aims of the plan, which decide nothing", columns=columns, rows=tuple(rows))


def _describe() -> Table:
    rows = tuple((name, change.meaning) for name, change in LOOKING.items())
    return Table(title="What hides and moves", columns=("change", "what it does"), rows=rows)


def _draw(estimates: Sequence[Estimate]) -> Figure:
    shown = [row for row in estimates if row.metric == "auroc" and row.score in (AS_SCORED, *HIDDEN)]
    groups = dict.fromkeys(row.subgroup for row in shown)
    series = (draw_series(group, [row for row in shown if row.subgroup == group]) for group in groups)
    return Figure(
        kind=FigureKind.INTERVALS, title="AUROC with the lungs or all else hidden", x_label="what is hidden",
        y_label="AUROC", series=tuple(series),
    )  # fmt: skip
