"""What radiologists read of a collection's images, and a score of these images held against it.

One path for every score: somebody else's (`foreign_scores`) and a release's own (`own_scores`). Each gives a
`ScoreTable`; what differs is who gave the scores, who chose the threshold, and what is said of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from verification.datasets.references import Collection, count_reads, read_reads, weigh
from verification.estimation.estimates import Cases, Digests, Setting
from verification.evidence import Table
from verification.protocol.plan import Ages, Goal, Plan, StudyFolder, Subgroup
from verification.protocol.subgroups import Known, describe_collection, select
from verification.statistics.metrics import Floats

Mask = NDArray[np.bool_]

MAIN = "Pneumonia"
"""The finding of the mined label that a score is for."""
READERS = ("rsna", "google")


@dataclass(frozen=True)
class Reads:
    """What radiologists read of a collection's images.

    `labels` are (images,) by source: 1, 0, or NaN where nothing was read. `flows` count each table's rows down to the
    images that are used.
    """

    collection: Collection
    labels: Mapping[str, Floats]
    flows: Mapping[str, Table]


def read_tables(inputs: Mapping[str, Path], collection: Collection) -> Reads:
    """Read RSNA's and Google's tables, from where the plan's outside tables lie.

    Args:
        inputs: the outside tables by the plan's names.
        collection: the images.

    Raises:
        ValueError: a table cannot be used.
    """
    labels = {source: read_reads(inputs[source].parent, source, collection) for source in READERS}
    flows = {source: count_reads(inputs[source].parent, source, labels[source]) for source in READERS}
    return Reads(collection, labels, flows)


@dataclass(frozen=True)
class Choice:
    """A threshold, the images that chose it with the labels and weights it was chosen by, and the rule.

    The images are None where the release withholds their labels. `midway` is the rule of a release: the middle between
    the highest score that keeps the sensitivity and the next one.
    """

    threshold: float
    cases: Cases | None
    minimum_sensitivity: float
    midway: bool


@dataclass(frozen=True)
class ScoreTable:
    """Scores of the collection's images, whoever gave them. Masks and scores are (images,).

    `scores` are NaN where there is none. `listed` are the images that were to be scored; `choosing` those of the
    patients that chose the threshold, on whom nothing is estimated. `unscored` counts the listed images without a
    score by reason; None if nothing stands before the score. `begins` are the images that the flow starts from, and
    `started` says what they are. `score` names the score, `called` is what estimates call it, `notice` is said first of
    every figure. `shown` are further scores that are drawn beside it.
    """

    collection: Collection
    scores: Floats
    listed: Mask
    choosing: Mask
    begins: Mask
    started: str
    digests: Digests
    score: str
    called: str
    notice: str = ""
    unscored: Mapping[str, int] | None = None
    shown: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def scored(self) -> Mask:
        """Which images have a score."""
        return ~np.isnan(self.scores)

    def cases(self, labels: Floats, where: Mask, weights: Floats | None = None) -> Cases:
        """The scored images of a mask, with these labels and weights, both of the whole collection."""
        where = where & self.scored
        return Cases(
            labels[where].astype(np.int_), self.scores[where], self.collection.patients[where], None,
            None if weights is None else weights[where],
        )  # fmt: skip


@dataclass(frozen=True)
class Held:
    """A score table held against the reads: who is of the population, who was read, the threshold, what is known.

    `plan` and `goals` are the study's; `flow` counts the rows of RSNA's table down to the images that it reads.

    `aged` (images,) have an age of the population; `rest` (images,) are those that estimates are made of; `rsna` are
    the cases against RSNA's reads, weighted, and `where` (images,) says which images of the collection they are.
    `tuning` (images,) are those of the threshold part that were read, and `tuned` the weighted cases that they make.
    """

    table: ScoreTable
    plan: Plan
    goals: tuple[Goal, ...]
    setting: Setting
    reads: Mapping[str, Floats]
    flow: Table
    aged: Mask
    rest: Mask
    where: Mask
    rsna: Cases
    tuning: Mask
    tuned: Cases
    choice: Choice
    known: Known


def find_aged(collection: Collection, ages: Ages | None) -> Mask:
    """(images,) whose recorded age in completed years is within the plan's limits; any recorded one without limits."""
    years = np.asarray(collection.column("age_years"), dtype=np.float64)
    if ages is None:
        return ~np.isnan(years)
    whole = Subgroup(name="", by="age_years", minimum=ages.minimum_years, maximum=ages.maximum_years)
    return select(whole, {"age_years": years})


def find_tuning(table: ScoreTable, reads: Reads, ages: Ages | None) -> tuple[Mask, Cases]:
    """(images,) those of the threshold part that RSNA's radiologists read, and the weighted cases that they make."""
    chosen = table.choosing & table.scored & find_aged(table.collection, ages)
    read = ~np.isnan(reads.labels["rsna"])
    return chosen & read, table.cases(reads.labels["rsna"], chosen & read, weigh(table.collection, chosen, read))


def hold(table: ScoreTable, study: StudyFolder, reads: Reads, tuning: tuple[Mask, Cases], choice: Choice) -> Held:
    """Hold a score table against the reads.

    Raises:
        ValueError: a stratum of the images was not read at all.
    """
    aged, read = find_aged(table.collection, study.plan.ages), ~np.isnan(reads.labels["rsna"])
    rest = table.listed & ~table.choosing & aged
    where = rest & read & table.scored
    weights = weigh(table.collection, rest & table.scored, read)
    rsna = replace(table.cases(reads.labels["rsna"], where, weights), threshold=choice.threshold)
    setting = Setting(study.plan.replicates, study.plan.seed, "", table.digests)
    known = describe_collection(table.collection)
    return Held(
        table, study.plan, study.goals, setting, reads.labels, reads.flows["rsna"], aged, rest, where, rsna, *tuning,
        choice, known,
    )  # fmt: skip
