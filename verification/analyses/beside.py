"""What a study's committed scores give beside its estimates: units, thresholds, prevalence, omissions, assumptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath

import msgspec
import numpy as np
from msgspec import structs

from device import Release
from verification.analyses.frame import state_analysis
from verification.analyses.perturbations import analyse_perturbations
from verification.analyses.shortcuts import analyse_shortcuts
from verification.analyses.triage import analyse_triage
from verification.datasets.manifest import Entry
from verification.evidence import Analysis, Estimate, Role, Table
from verification.protocol.calibration import calibration
from verification.protocol.curves import precision_recall_figure, roc_figure, sweep_table
from verification.protocol.estimates import FEW, Cases, Setting, estimate
from verification.protocol.operating_point import asked_table, ends_table, rule_threshold, threshold_interval
from verification.protocol.plan import StudyFolder
from verification.protocol.scores import Scored, read_columns
from verification.protocol.tuning import read_tuning
from verification.statistics.power import Assumed, Bounds, Effects, design_effect, power_table, size_table
from verification.statistics.prevalence import prevalence_table

HEADLINE = ("auroc", "sensitivity", "specificity")
UNNAMED = "The locked plan does not name this analysis."
OTHERWISE = (0.85, 0.95)
"""Sensitivities on the tuning patients that a threshold's rule might have asked for too."""

state = partial(state_analysis, score="the release's score")


def analyse_units(cases: Cases, setting: Setting) -> Analysis:
    """The patient as the unit: the highest score of a patient against the highest label."""
    _, first, codes = np.unique(cases.patients, return_index=True, return_inverse=True)
    labels, scores = np.zeros(first.size, dtype=np.int_), np.zeros(first.size)
    np.maximum.at(labels, codes, cases.labels)
    np.maximum.at(scores, codes, cases.scores)
    whole = Cases(labels, scores, cases.patients[first], cases.threshold)
    return state(
        whole, setting, Role.SECONDARY, identity="patients", title="The patient as the unit",
        statement="Each patient counts once, with the highest score and the highest label of the patient's images. The "
        "threshold was chosen for images; more images give a patient more chances to be flagged.",
        estimates=estimate(whole, setting, metrics=HEADLINE),
    )  # fmt: skip


def analyse_thresholds(study: StudyFolder, cases: Cases, setting: Setting, release: Release) -> Analysis:
    """How uncertain the locked threshold is, and what other thresholds would give."""
    return state(
        cases, setting, Role.SECONDARY, identity="thresholds", title="The threshold and its uncertainty",
        statement="The threshold was chosen on the tuning patients alone. Had other patients been drawn, it would lie "
        "elsewhere in its interval; the first table says what the ends of that interval would give on the images of "
        "this study. The sweep describes; no threshold is chosen by it.",
        estimates=(), tables=(*_tune(study, cases, setting, release), sweep_table(cases)),
        figures=(roc_figure(cases), precision_recall_figure(cases)),
        post_hoc="The plan names no other sensitivity that its rule might have asked for; the second table has some.",
    )  # fmt: skip


def _tune(study: StudyFolder, cases: Cases, setting: Setting, release: Release) -> Iterator[Table]:
    point, wanted, tuning = release.operating_point, study.plan.minimum_sensitivity, read_tuning(release)
    if tuning is None or point is None or wanted is None:
        return
    found = threshold_interval(tuning.labels, tuning.scores, tuning.patients, wanted, setting.replicates, setting.seed)
    if found is None:
        return
    yield ends_table(cases, point.threshold, found, len(set(tuning.patients)))
    asked = {each: rule_threshold(tuning.labels, tuning.scores, each) for each in sorted({wanted, *OTHERWISE})}
    yield asked_table(cases, asked)


def analyse_prevalence(cases: Cases, setting: Setting, estimates: Iterable[Estimate]) -> Analysis | None:
    """Predictive values where pneumonia is as rare as in a clinic; None if sensitivity or specificity is undefined."""
    found = {one.metric: one for one in reversed([one for one in estimates if one.subgroup == "all"])}
    table = prevalence_table(found["sensitivity"], found["specificity"])
    if table is None:
        return None
    described, figure = calibration(cases)
    return state(
        cases, setting, Role.SECONDARY, identity="prevalence",
        title="Predictive values at other prevalences, and positive images by score",
        statement="Predictive values hold for a prevalence. The table moves sensitivity and specificity to others as "
        "if the spectrum of patients were the same there, which it is not: most patients of a clinic lie between the "
        "two extremes of this collection. The score is not a probability; its groups only describe it.",
        estimates=(), tables=(table, described), figures=(figure,), post_hoc=UNNAMED,
    )  # fmt: skip


def analyse_shared_names(
    rows: Sequence[Scored], cases: Cases, training: Iterable[Entry], setting: Setting
) -> Analysis | None:
    """The images of patients who, by the names of the files, are in no other part of the collection.

    Names are compared as they are, and by the number that the split takes for the patient. None if all images are
    left, or none is.
    """
    entries = tuple(training)
    names, patients = {number_of(entry.image) for entry in entries}, {entry.patient for entry in entries}
    alone = {
        "no shared name": np.array([number_of(row.image) not in names for row in rows]),
        "no shared number": np.array([row.patient not in patients for row in rows]),
    }
    rest = {name: cases.where(chosen) for name, chosen in alone.items() if chosen.any() and not chosen.all()}
    if not rest:
        return None
    few = any(min((one.labels == 1).sum(), (one.labels == 0).sum()) < FEW for one in rest.values())
    said = "So few images of a class inform little." if few else "What is left is no random part of the whole."
    return state(
        cases, setting, Role.SECONDARY, identity="shared-names",
        title="Without patient numbers that occur in the training part too",
        statement="Numbers of patients in the names of these images occur in the publication's training part too. "
        "Whether they are the same children is not published, so that independence is not claimed. Here they are left "
        "out: first where the whole name of a patient occurs there, then where its number does, IM-0115 and "
        f"NORMAL2-IM-0115 taken as one as in the split. {said}",
        estimates=[
            structs.replace(one, subgroup=name)
            for name, left in rest.items()
            for one in estimate(left, setting, metrics=HEADLINE)
        ],
        post_hoc=UNNAMED,
    )  # fmt: skip


def number_of(image: str) -> str:
    """What a file's name says of the patient: `person87`, `IM-0115`, `NORMAL2-IM-0019`."""
    stem = PurePosixPath(image).stem
    return stem.split("_")[0] if stem.startswith("person") else stem.rpartition("-")[0]


def analyse_dropout(rows: Sequence[Scored], threshold: float, setting: Setting) -> Analysis:
    """Images that the device did not analyse, and the estimates if each had been decided wrongly, or rightly."""
    lost = [row for row in rows if row.score is None]
    reasons = Counter(row.not_analysed for row in lost)
    counted = Table(
        title="Images that the device did not analyse, by reason",
        columns=("reason", "images"),
        rows=(*reasons.most_common(), ("all", len(lost))),
    )
    bounds = {
        f"each decided {'rightly' if right else 'wrongly'}": _decide(rows, threshold, right) for right in (False, True)
    }
    return state(
        bounds["each decided wrongly"], setting, Role.ROBUSTNESS, identity="dropout",
        title="Images left out by the gate",
        statement="The study's estimates are of the images that the device analysed. The bounds count each of the "
        "others as decided wrongly, and as decided rightly.",
        estimates=[
            structs.replace(one, subgroup=name)
            for name, cases in bounds.items()
            for one in estimate(cases, setting, metrics=("sensitivity", "specificity"))
        ],
        tables=(counted,),
    )  # fmt: skip


def _decide(rows: Sequence[Scored], threshold: float, right: bool) -> Cases:
    """Flags as scores, 1 or 0: an image without a score is given the right or the wrong flag."""
    flags = [float((row.label == 1) == right) if row.score is None else float(row.score >= threshold) for row in rows]
    labels, patients = np.array([row.label for row in rows]), np.array([row.patient for row in rows])
    return Cases(labels, np.array(flags), patients, 0.5)


def analyse_power(study: StudyFolder, cases: Cases, setting: Setting) -> Analysis | None:
    """How likely these images are to meet the criteria, by what may be true; None if the plan assumes nothing."""
    power = study.plan.power
    bounds = {goal.metric: goal.bound for goal in study.goals if goal.subgroup == "all"}
    if power is None or power.correlation is None or not set(HEADLINE) <= bounds.keys():
        return None
    effects = Effects(*(_effect(cases, label, power.correlation) for label in (1, 0)))
    positives = int((cases.labels == 1).sum())
    assumed = [Assumed(one.auroc, one.sensitivity, one.specificity) for one in power.assumed]
    wanted = Bounds(*(bounds[metric] for metric in HEADLINE))
    reached = power_table(positives, int(cases.labels.size) - positives, effects, assumed, wanted)
    needed = size_table(positives / int(cases.labels.size), effects, assumed, wanted)
    return state(
        cases, setting, Role.SECONDARY, identity="power", title="Sample size and power",
        statement="The images are those that were published; their number was not chosen. The first table says how "
        "likely the criteria are to be met together if the assumed values were true, images of one patient being as "
        "alike as assumed. The second table says how many images a study of the same mix would need.",
        estimates=(), tables=(reached, needed),
    )  # fmt: skip


def _effect(cases: Cases, label: int, correlation: float) -> float:
    """The design effect among the images of one label."""
    images = Counter(cases.patients[cases.labels == label].tolist())
    return design_effect(list(images.values()), correlation) if images else 1.0


def analyse_context(study: StudyFolder, cases: Cases, setting: Setting) -> Analysis | None:
    """Earlier figures on the same images, for a reader to place this study's; None if none is known."""
    if not study.plan.prior_uses:
        return None
    table = Table(
        title="Earlier uses of these images that are known",
        columns=("date", "what", "source"),
        rows=tuple((use.date, use.what, use.source) for use in study.plan.prior_uses),
    )
    return state(
        cases, setting, Role.CONTEXT, identity="context", title="Earlier figures on the same images",
        statement="Many have used these images: they are a public benchmark, hidden from nobody. The figures are as "
        "published or as measured before, by other methods; no test is made and no margin is drawn.",
        estimates=(), tables=(table,),
    )  # fmt: skip


def analyse_tables(study: StudyFolder, cases: Cases, images: Sequence[str], setting: Setting) -> Iterator[Analysis]:
    """Yield what else the plan asks for: shortcuts, changed images, images out of scope, a simulated worklist.

    Args:
        study: the study.
        cases: the images that were analysed.
        images: their names, in the same order.
        setting: the study's.

    Raises:
        ValueError: a table lacks an image, or holds what is no number.
    """
    if baselines := read_columns(study.folder / "baselines.csv", images):
        yield from analyse_shortcuts(cases, baselines, setting)
    if perturbed := read_columns(study.folder / "perturbed.csv", images):
        yield from analyse_perturbations(cases, perturbed, setting)
    if study.plan.triage:
        yield analyse_triage(cases, study.plan.triage, setting)
    outside = study.folder / "out_of_scope.json"
    if outside.is_file():
        yield msgspec.json.decode(outside.read_bytes(), type=Analysis)
