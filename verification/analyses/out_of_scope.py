"""What a release gives on radiographs that its gate would refuse, and what the gate says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from msgspec import structs

from verification.analyses.frame import state_analysis
from verification.datasets.description import Description
from verification.datasets.manifest import SOURCES
from verification.estimation.curves import roc_figure
from verification.estimation.estimates import Cases, Setting, estimate
from verification.evidence import Analysis, Role, Table

LISTED = "images listed"
METRICS = ("auroc", "sensitivity", "specificity", "flagged_fraction", "prevalence")


@dataclass(frozen=True, slots=True)
class Outside:
    """The images that were analyzed, and what became of the others.

    `asserted` was stated of every image; `refused` of the `stated` images are those that the gate refuses once the true
    age takes the place of the stated one, and `codes` its reasons. `left_out` counts images by why they have no score.
    """

    cases: Cases
    asserted: Mapping[str, str]
    stated: int
    refused: int
    codes: Mapping[str, int]
    left_out: Mapping[str, int]


def analyse_out_of_scope(outside: Outside, setting: Setting) -> Analysis:
    """What the release gives where it does not apply, and what the gate does about it.

    Args:
        outside: what was scored.
        setting: the study's; its reference standard is replaced by that of these labels, its digest of the dataset
            should be that of these images' manifest.
    """
    judged = replace(setting, reference_standard=SOURCES["rsna"])
    cases = outside.cases
    return state_analysis(
        cases,
        judged,
        Role.OUT_OF_SCOPE,
        identity="out-of-scope",
        title="Outside the labeled population, on purpose",
        score="the release's score, through research intake with stated values that are false",
        statement="Research only: these patients are not of the release's population, and the images passed the gate "
        "because values were stated that are known to be false of them. With the true age stated the gate refuses the "
        "images as the last table counts. The estimates show what that limit is for; they support no use, and a lung "
        "opacity read by a radiologist is not the reference standard that the release was trained on.",
        estimates=estimate(cases, judged, metrics=METRICS),
        tables=(_state_asserted(outside), _draw_flow(outside), _count_refusals(outside)),
        figures=(roc_figure(cases),) if np.unique(cases.labels).size == 2 else (),
    )


def analyse_outside(outside: Analysis, outside_data: Description) -> Analysis:
    """What an opening found, with a flow that begins at the folder of images, where their manifest leaves some out.

    Raises:
        ValueError: what is left of the folder is not what the analysis starts from.
    """
    if outside_data.made_from is None:
        return outside
    started = [row[1] for table in outside.tables for row in table.rows if row[0] == LISTED]
    if started != [outside_data.made_from.listed[0]]:
        found = f"images listed {started}; {outside_data.name} leaves {outside_data.made_from.listed[0]} of its folder"
        raise ValueError(f"out of scope: {found}")
    return structs.replace(outside, tables=(outside_data.made_from.state(), *outside.tables))


def _state_asserted(outside: Outside) -> Table:
    rows = tuple(outside.asserted.items())
    return Table(title="What was stated of every image", columns=("attribute", "stated value"), rows=rows)


def _draw_flow(outside: Outside) -> Table:
    used = outside.cases.labels.size
    left = tuple((f"left out: {why}", count) for why, count in outside.left_out.items())
    rows = ((LISTED, used + sum(outside.left_out.values())), *left, ("analyzed", used))
    return Table(title="Flow of images", columns=("step", "images"), rows=rows)


def _count_refusals(outside: Outside) -> Table:
    reasons = tuple((f"refused for {code}", count) for code, count in outside.codes.items())
    rows = (
        ("asked", outside.stated),
        ("refused", outside.refused),
        *reasons,
        ("accepted", outside.stated - outside.refused),
    )
    title = "The gate, when the true age takes the place of the stated one; an image may be refused for several reasons"
    return Table(title=title, columns=("answer", "images"), rows=rows)
