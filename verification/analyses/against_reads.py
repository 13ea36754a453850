"""A score of the NIH collection's images against radiologists' reads and the mined label, each apart, none pooled.

One path for every score: somebody else's (`comparator`) and the adult release's own (`release_scores`). Each gives a
`ScoreTable`; what differs is who gave the scores, who chose the threshold, and what is said of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from msgspec import structs
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from verification.analyses.frame import state_analysis
from verification.datasets.manifest import SOURCES
from verification.datasets.references import (
    Collection,
    count_reads,
    read_reads,
    share_read,
    strata_table,
    weigh,
)
from verification.evidence import Analysis, Estimate, Figure, Role, Table
from verification.protocol.calibration import calibration
from verification.protocol.curves import precision_recall_figure, roc_figure, sweep_table
from verification.protocol.estimates import (
    Cases,
    Digests,
    Setting,
    difference,
    estimate,
    estimate_as_if_independent,
    not_recorded,
)
from verification.protocol.operating_point import ends_table, threshold_interval
from verification.protocol.plan import Ages, StudyFolder, Subgroup
from verification.protocol.subgroups import Known, describe_collection, select
from verification.statistics.metrics import Floats
from verification.statistics.prevalence import prevalence_table

Mask = NDArray[np.bool_]

MAIN = "Pneumonia"
HEADLINE = ("auroc", "sensitivity", "specificity")
ALIKE = "every image counts alike"
WEIGHTED = "each image by the inverse of its stratum's share of the images read"
CALLED = {"google": "Google's reads", "mined": "the mined label"}
PATIENTS = ("sex", "age_years", "view_position")
"""What a score that knows nothing of the image may still know."""


@dataclass(frozen=True)
class Choice:
    """A threshold, the images that chose it with the labels and weights it was chosen by, and the rule.

    `midway` is the rule of a release: the middle between the highest score that keeps the sensitivity and the next one.
    """

    threshold: float
    cases: Cases
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

    `aged` (images,) have an age of the population; `rest` (images,) are those that estimates are made of; `rsna` are
    the cases against RSNA's reads, weighted, and `where` (images,) says which images of the collection they are.
    `tuning` (images,) are those of the threshold part that were read, and `tuned` the weighted cases that they make.
    """

    table: ScoreTable
    study: StudyFolder
    setting: Setting
    reads: Mapping[str, Floats]
    aged: Mask
    rest: Mask
    where: Mask
    rsna: Cases
    tuning: Mask
    tuned: Cases
    choice: Choice
    known: Known


def read_both(inputs: Mapping[str, Path], collection: Collection) -> dict[str, Floats]:
    """(images,) what RSNA's and what Google's radiologists read, NaN where nothing; from the plan's outside tables.

    Raises:
        ValueError: a table cannot be used.
    """
    return {source: read_reads(inputs[source].parent, source, collection) for source in ("rsna", "google")}


def find_aged(collection: Collection, ages: Ages | None) -> Mask:
    """(images,) whose recorded age in completed years is within the plan's limits; any recorded one without limits."""
    years = np.asarray(collection.column("age_years"), dtype=np.float64)
    if ages is None:
        return ~np.isnan(years)
    whole = Subgroup(name="", by="age_years", minimum=ages.minimum_years, maximum=ages.maximum_years)
    return select(whole, {"age_years": years})


def find_tuning(table: ScoreTable, reads: Mapping[str, Floats], ages: Ages | None) -> tuple[Mask, Cases]:
    """(images,) those of the threshold part that RSNA's radiologists read, and the weighted cases that they make."""
    chosen = table.choosing & table.scored & find_aged(table.collection, ages)
    read = ~np.isnan(reads["rsna"])
    return chosen & read, table.cases(reads["rsna"], chosen & read, weigh(table.collection, chosen, read))


def hold(
    table: ScoreTable, study: StudyFolder, reads: Mapping[str, Floats], tuning: tuple[Mask, Cases], choice: Choice
) -> Held:
    """Hold a score table against the reads.

    Raises:
        ValueError: a stratum of the images was not read at all.
    """
    aged, read = find_aged(table.collection, study.plan.ages), ~np.isnan(reads["rsna"])
    rest = table.listed & ~table.choosing & aged
    where = rest & read & table.scored
    weights = weigh(table.collection, rest & table.scored, read)
    rsna = replace(table.cases(reads["rsna"], where, weights), threshold=choice.threshold)
    setting = Setting(study.plan.replicates, study.plan.seed, "", table.digests)
    known = describe_collection(table.collection)
    return Held(table, study, setting, reads, aged, rest, where, rsna, *tuning, choice, known)


# --- the analyses -----------------------------------------------------------------------------------------------------


def analyse_held(held: Held, inputs: Mapping[str, Path]) -> Iterator[Analysis]:
    """Yield the analyses that every score has: RSNA's reads first, weighted; the other references apart.

    Args:
        held: the scores beside the reads.
        inputs: the outside tables by the plan's names, for the flow of RSNA's.
    """
    yield _primary(held, count_reads(inputs["rsna"].parent, "rsna", held.reads["rsna"]))
    yield state_plain(
        held, held.rsna, "rsna", identity="rsna-raw", title="Against RSNA Lung Opacity, as drawn",
        statement="The same images without weights: figures of the images that were chosen for reading.",
    )  # fmt: skip
    others = {"google": held.rest & ~np.isnan(held.reads["google"]), "mined": held.rest}
    google = held.table.cases(_labels_of(held, "google"), others["google"])
    yield state_plain(
        held, replace(google, threshold=held.choice.threshold), "google", identity="google",
        title="Against Google 2019 airspace opacity",
        statement="Other readers, another definition and another choice of images; never pooled with RSNA's.",
    )  # fmt: skip
    mined = held.table.cases(_labels_of(held, "mined"), others["mined"])
    yield state_plain(
        held, replace(mined, threshold=held.choice.threshold), "mined", identity="mined",
        title="Against the mined label",
        statement="Agreement with this label says how well a score follows what reports state, which is little of what "
        "radiologists read on the images.",
    )  # fmt: skip
    yield _subgroups(held)
    yield from _baselines(held, others)
    yield _patients(held)
    if held.table.unscored is not None:
        yield _dropout(held, held.table.unscored)


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
        tables=tables, figures=(roc_figure(plain, name=MAIN),) if _has_both(plain) else (),
    )  # fmt: skip


def _has_both(cases: Cases) -> bool:
    return np.unique(cases.labels).size == 2


def _primary(held: Held, reads_flow: Table) -> Analysis:
    table, rsna, ends = held.table, held.rsna, tuple(_tune(held))
    estimates = estimate(rsna, held.setting, goals=held.study.goals)
    found = {one.metric: one for one in estimates}
    predicted = prevalence_table(found["sensitivity"], found["specificity"])
    described, figure = calibration(rsna)
    shown = {name: scores[held.where] for name, scores in table.shown.items()}
    drawn = (roc_figure(rsna, shown, MAIN), precision_recall_figure(rsna, MAIN)) if _has_both(rsna) else ()
    return state(
        held, rsna, Role.PRIMARY, "rsna", identity="rsna-weighted", title="Against RSNA Lung Opacity, weighted",
        statement="The threshold was chosen on patients apart by the rule of the plan. The intervals of the estimates "
        f"hold it fixed; had other patients chosen it, it would lie elsewhere in its own interval. {_say_ends(ends)} "
        "The reference is a read of lung opacity on the image, which is no diagnosis of pneumonia; weighted, the "
        "figures are of all images that are estimated on.",
        estimates=estimates,
        tables=(
            *ends, _flow(held), reads_flow,
            strata_table(table.collection, held.rest & table.scored, held.reads["rsna"]),
            *([predicted] if predicted else []), *([sweep_table(rsna)] if _has_both(rsna) else []), described,
        ),
        figures=(*drawn, figure),
    )  # fmt: skip


def _tune(held: Held) -> Iterator[Table]:
    """The threshold's interval by its own rule, and what its ends give; nothing if it is undefined."""
    choice, setting = held.choice, held.setting
    cases = choice.cases
    found = threshold_interval(
        cases.labels, cases.scores, cases.codes, choice.minimum_sensitivity, setting.replicates, setting.seed,
        cases.weights, midway=choice.midway,
    )  # fmt: skip
    if found is not None:
        yield ends_table(held.rsna, choice.threshold, found, int(np.unique(cases.patients).size))


def _say_ends(tables: Sequence[Table]) -> str:
    """What the ends of the threshold's interval give, in a sentence; that there is no interval, if there is none."""
    if not tables:
        return "That interval is undefined, for too few of those patients are positive."
    lower, upper = tables[0].rows[1:]
    (low, high), *found = ([_round(row[at], 4 if at == 1 else 3) for row in (lower, upper)] for at in (1, 2, 3))
    sensitivity, specificity = (" and ".join(ends) for ends in found)
    return (
        f"That 95 % interval goes from {low} to {high}; at its ends the sensitivity on these images is {sensitivity}, "
        f"the specificity {specificity}, as the first table says."
    )


def _round(value: object, digits: int) -> str:
    return f"{value:.{digits}f}" if isinstance(value, float) else "undefined"


def _flow(held: Held) -> Table:
    """From the images that the flow starts from to those that are estimated on; the counts sum."""
    table, read, used = held.table, ~np.isnan(held.reads["rsna"]), held.rest & held.table.scored
    steps = [(table.started, table.begins), *_leave_out(held)]
    chose = table.listed & table.choosing & held.aged
    if chose.any():
        steps += [("of these: threshold part", chose), ("of them read by RSNA's radiologists", chose & read)]
    steps += [
        ("of these: estimation part" if chose.any() else "estimation part", used),
        ("of them read by RSNA's radiologists", used & read),
        ("of them read by Google's radiologists", used & ~np.isnan(held.reads["google"])),
    ]
    patients = table.collection.patients
    rows = tuple((name, int(mask.sum()), int(np.unique(patients[mask]).size)) for name, mask in steps)
    title = (
        "Flow of images and patients; no patient of the estimation part chose the threshold, and a patient may be in "
        "more than one other row"
    )
    return Table(title=title, columns=("step", "images", "patients"), rows=rows)


def _leave_out(held: Held) -> Iterator[tuple[str, Mask]]:
    """Yield why images are left out, each counted for the first reason that holds."""
    table, ages = held.table, held.study.plan.ages
    years, begins = held.known["age_years"], table.begins
    yield "left out: no age is recorded", begins & np.isnan(years)
    if ages is not None:
        yield f"left out: younger than {ages.minimum_years} years", begins & (years < ages.minimum_years)
        yield f"left out: recorded age above {ages.maximum_years} years", begins & (years >= ages.maximum_years + 1)
    if table.unscored is not None:
        yield "left out: no image of it is listed in the manifest", begins & held.aged & ~table.listed
        yield "left out: not analysed by the device", begins & held.aged & table.listed & ~table.scored


def _subgroups(held: Held) -> Analysis:
    plan = held.study.plan
    rows = [one for group in plan.subgroups for one in _estimate_group(held, group, held.rsna, HEADLINE)]
    rows += [not_recorded(attribute, held.setting) for attribute in plan.not_recorded]
    return state(
        held, held.rsna, Role.SUBGROUP, "rsna", identity="subgroups", title="The groups that the plan names",
        statement="One threshold for all. A difference between groups is of patients, images and reads together; with "
        "few images of a class a group is descriptive. The mined label says which other findings a report states.",
        estimates=rows,
    )  # fmt: skip


def _estimate_group(held: Held, group: Subgroup, cases: Cases, metrics: Sequence[str]) -> tuple[Estimate, ...]:
    chosen = cases.where(select(group, held.known)[held.where])
    return estimate(chosen, held.setting, group.name, held.study.goals, metrics=metrics)


def _baselines(held: Held, others: Mapping[str, Mask]) -> Iterator[Analysis]:
    """Yield the baselines against RSNA's reads, against each other source of labels, and within their own groups."""
    rsna = held.rsna
    fitted = {name: _fit(columns, held) for name, columns in _measure(held.known).items()}
    yield _against_baselines(
        held, rsna, {name: scores[held.where] for name, scores in fitted.items()}, "rsna",
        identity="baselines", title="What view, age and sex alone reach",
        statement="Each baseline knows nothing of the image; it was fitted to RSNA's reads of the patients that chose "
        "the threshold, weighted. How much of a score's AUROC lies between patients of the two views is not disease "
        "seen on the image.",
    )  # fmt: skip
    for source, where in others.items():
        cases = held.table.cases(_labels_of(held, source), where)
        if _has_both(cases):
            chosen = where & held.table.scored
            yield _against_baselines(
                held, cases, {name: scores[chosen] for name, scores in fitted.items()}, source,
                identity=f"baselines-{source}", title=f"What view, age and sex alone reach against {CALLED[source]}",
                statement="The same baselines, fitted to RSNA's reads as above, on the images of this source.",
                post_hoc="The plan names baselines beside the headline alone.",
            )  # fmt: skip
    groups = [group for group in held.study.plan.subgroups if group.by in PATIENTS]
    unflagged = replace(rsna, threshold=None)
    yield state(
        held, rsna, Role.BASELINE, "rsna", identity="within", title="Within one view, one sex, one age band",
        statement="Where a baseline finds the images alike it can add nothing; what is left is the score's own.",
        estimates=[one for group in groups for one in _estimate_group(held, group, unflagged, ("auroc",))],
    )  # fmt: skip


def _against_baselines(
    held: Held, cases: Cases, fitted: Mapping[str, Floats], source: str, *, identity: str, title: str, statement: str,
    post_hoc: str = "",
) -> Analysis:  # fmt: skip
    rows = [
        one for name, scores in fitted.items()
        for one in estimate(
            replace(cases, scores=scores, threshold=None), held.setting, score=name, metrics=("auroc",)
        )
    ]  # fmt: skip
    best = max(rows, key=lambda one: one.value or 0).score
    rows.append(difference(cases, fitted[best], held.setting, f"{held.table.called} less {best}"))
    return state(
        held, cases, Role.BASELINE, source, identity=identity, title=title, statement=statement, estimates=rows,
        figures=(roc_figure(cases, fitted, MAIN),) if _has_both(cases) else (), post_hoc=post_hoc,
    )  # fmt: skip


def _labels_of(held: Held, source: str) -> Floats:
    """(images,) what a source says of each image, NaN where nothing."""
    mined = held.table.collection.states(MAIN).astype(np.float64)
    return mined if source == "mined" else held.reads[source]


def _measure(known: Known) -> dict[str, list[Floats]]:
    view, sex = (known["view_position"] == "AP").astype(np.float64), (known["sex"] == "M").astype(np.float64)
    years = np.nan_to_num(known["age_years"]) / 100
    return {
        "view (AP against PA)": [view], "age": [years, years**2], "sex": [sex],
        "view, age and sex": [view, years, years**2, sex],
    }  # fmt: skip


def _fit(columns: Sequence[Floats], held: Held) -> Floats:
    """A logistic regression fitted on the threshold part; (images,) its scores of the whole collection."""
    if not _has_both(held.tuned):
        raise ValueError("RSNA's reads of the patients that chose the threshold are all alike; expected both")
    known, model = np.column_stack(columns), LogisticRegression(C=1e3, max_iter=1000)
    model.fit(known[held.tuning], held.tuned.labels, sample_weight=held.tuned.weights)
    return np.asarray(model.predict_proba(known)[:, 1], dtype=np.float64)


def _patients(held: Held) -> Analysis:
    rsna = held.rsna
    _, first, codes = np.unique(rsna.patients, return_index=True, return_inverse=True)
    labels, scores = np.zeros(first.size, dtype=np.int_), np.zeros(first.size)
    np.maximum.at(labels, codes, rsna.labels)
    np.maximum.at(scores, codes, rsna.scores)
    whole = Cases(labels, scores, rsna.patients[first], rsna.threshold, _weigh_patients(held)[first])
    found = state(
        held, whole, Role.SECONDARY, "rsna", identity="patients", title="The patient as the unit",
        statement="The highest score and the highest read of those images of a patient that were read. A patient is "
        "among the read ones if any image was; the weight is the inverse of how likely that is, each image being drawn "
        "by its stratum's share, as if independently. A patient's other images have a score too, which does not count "
        "here, for nobody read them. The collection numbers a patient's images and does not say which are of a study.",
        estimates=estimate(whole, held.setting, metrics=HEADLINE),
    )  # fmt: skip
    return structs.replace(found, weighting="each patient by the inverse of the chance that one of the images was read")


def _weigh_patients(held: Held) -> Floats:
    """(cases,) the inverse of the chance that any of the patient's images was read, by the shares of their strata."""
    collection, among = held.table.collection, held.rest & held.table.scored
    shares = share_read(collection, among, ~np.isnan(held.reads["rsna"]))
    patients, codes = np.unique(collection.patients[among], return_inverse=True)
    missed = np.ones(patients.size)
    np.multiply.at(missed, codes, 1 - shares[among])
    return np.asarray(1 / (1 - missed))[np.searchsorted(patients, held.rsna.patients)]


def _dropout(held: Held, unscored: Mapping[str, int]) -> Analysis:
    """The images that were not analysed by reason, and the weighted estimates if each were wrong, or right."""
    table, reads = held.table, held.reads["rsna"]
    where = held.rest & ~np.isnan(reads)
    weights, positive = weigh(table.collection, held.rest, where)[where], reads[where] == 1
    flagged, lost = table.scores[where] >= held.choice.threshold, ~table.scored[where]
    bounds = {}
    for right in (False, True):
        flags = np.where(lost, positive == right, flagged).astype(np.float64)
        cases = Cases(positive.astype(np.int_), flags, table.collection.patients[where], 0.5, weights)
        bounds[f"each decided {'rightly' if right else 'wrongly'}"] = cases
    rows = (*sorted(unscored.items()), ("all", sum(unscored.values())))
    return state(
        held, bounds["each decided wrongly"], Role.ROBUSTNESS, "rsna", identity="dropout",
        title="Images left out by the gate",
        statement="The study's estimates are of the images that the device analysed. The bounds count each of the "
        "others that was read as decided wrongly, and as decided rightly.",
        estimates=[
            structs.replace(one, subgroup=name)
            for name, cases in bounds.items()
            for one in estimate(cases, held.setting, metrics=("sensitivity", "specificity"))
        ],
        tables=(Table(title="Images that were listed and not analysed, by reason", columns=("reason", "images"),
                      rows=rows),),
    )  # fmt: skip
