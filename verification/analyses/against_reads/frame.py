"""What analyses against the reads have in common: who is named as the source of labels, and how images count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from msgspec import structs

from verification.analyses.frame import state_analysis
from verification.datasets.manifest import SOURCES
from verification.estimation.curves import roc_figure
from verification.estimation.estimates import Cases, estimate, estimate_as_if_independent
from verification.estimation.reads import MAIN, Held, Mask
from verification.evidence import Analysis, Estimate, Figure, Role, Table
from verification.protocol.plan import Subgroup
from verification.protocol.subgroups import select
from verification.statistics.metrics import Floats

ALIKE = "every image counts alike"
WEIGHTED = "each image by the inverse of its stratum's share of the images read"


def state(
    held: Held, cases: Cases, role: Role, source: str, *, identity: str, title: str, statement: str,
    estimates: Sequence[Estimate], tables: Sequence[Table] = (), figures: Sequence[Figure] = (), post_hoc: str = "",
) -> Analysis:  # fmt: skip
    """An analysis against one source of labels, each estimate named after it."""
    named = [structs.replace(one, reference_standard=SOURCES[source]) for one in estimates]
    setting = replace(held.setting, reference_standard=SOURCES[source])
    found = state_analysis(
        cases, setting, role, identity=identity, title=title, score=held.table.score, estimates=named,
        statement=f"{held.table.notice} {statement}".strip(), tables=tables, figures=figures,
        post_hoc=post_hoc,
    )  # fmt: skip
    return structs.replace(found, weighting=ALIKE if cases.weights is None else WEIGHTED)


def state_plain(
    held: Held, cases: Cases, source: str, *, identity: str, title: str, statement: str, tables: Sequence[Table] = ()
) -> Analysis:
    """Every metric of images that count alike, with the intervals that assume independence beside those that decide."""
    plain = replace(cases, weights=None)
    rows = (*estimate(plain, held.setting), *estimate_as_if_independent(plain, held.setting))
    if not plain.labels.size:
        statement = f"{statement} None of these images has such a label, so that there is no figure."
    return state(
        held, plain, Role.SECONDARY, source, identity=identity, title=title, statement=statement, estimates=rows,
        tables=tables, figures=(roc_figure(plain, name=MAIN),) if has_both(plain) else (),
    )  # fmt: skip


def has_both(cases: Cases) -> bool:
    """Whether images of both labels are among them."""
    return np.unique(cases.labels).size == 2


def labels_of(held: Held, source: str) -> Floats:
    """(images,) what a source says of each image, NaN where nothing."""
    mined = held.table.collection.states(MAIN).astype(np.float64)
    return mined if source == "mined" else held.reads[source]


def find_others(held: Held) -> dict[str, Mask]:
    """(images,) those that are estimated on, by each source of labels beside RSNA's reads."""
    return {"google": held.rest & ~np.isnan(held.reads["google"]), "mined": held.rest}


def estimate_group(held: Held, group: Subgroup, cases: Cases, metrics: Sequence[str]) -> tuple[Estimate, ...]:
    """Those metrics of the cases against RSNA's reads that are in a group of the plan's."""
    chosen = cases.where(select(group, held.known)[held.where])
    return estimate(chosen, held.setting, group.name, held.goals, metrics=metrics)
