"""Somebody else's model under the adult release's plan: comparator and context, never this device's performance."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from msgspec import structs
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from verification.datasets.reads import SOURCES
from verification.datasets.references import Collection, count_reads, read_collection, read_reads, strata_table, weigh
from verification.evidence import Analysis, Estimate, Figure, Role, Table
from verification.performance.analyses import state_analysis
from verification.performance.calibration import calibration
from verification.performance.curves import precision_recall_figure, roc_figure, sweep_table
from verification.performance.estimates import Cases, Digests, Setting, difference, estimate, not_recorded
from verification.performance.metrics import Floats
from verification.performance.plan import Goal, StudyFolder
from verification.performance.prevalence import prevalence_table

Mask = NDArray[np.bool_]

MAIN = "Pneumonia"
SCORES = ("Pneumonia", "Consolidation", "Infiltration")
HIGHEST = "highest of Pneumonia, Consolidation and Infiltration"
PART_KEY = "clearway/adult-nih-comparator/threshold/1"
PART_SHARE = 0.3
HEADLINE = ("auroc", "sensitivity", "specificity")
ADULT_YEARS = 22
MODEL = "its score for "
NOT_OURS = "This is somebody else's model: comparator and context, never this device's performance."
ALIKE = "every image counts alike"
WEIGHTED = "each image by the inverse of its stratum's share of the images read"


@dataclass(frozen=True)
class Scored:
    """The images that the model scored: who and what they are, and every score.

    `part` says of which images the threshold is chosen: whole patients by a keyed hash. `adult` are those that the
    plan's population holds. All are (images,).
    """

    collection: Collection
    scores: Mapping[str, Floats]
    part: Mask
    adult: Mask
    present: Mask


def analyse(study: StudyFolder, inputs: Mapping[str, Path], metadata: Path, digest: str) -> tuple[Analysis, ...]:
    """The comparator's study: RSNA's reads first, weighted; Google's reads and the mined label apart, none pooled.

    Args:
        study: the plan.
        inputs: the outside tables by the plan's names: `scores`, `rsna` and `google`.
        metadata: the folder of NIH's metadata and its mapping.
        digest: of that metadata.

    Raises:
        ValueError: a table cannot be used; what is wrong with it is named.
    """
    collection = read_collection(metadata, digest)
    scored = read_scored(inputs["scores"], collection)
    setting = Setting(study.plan.replicates, study.plan.seed, "", Digests("somebody else's model", digest))
    reads = {source: read_reads(inputs[source].parent, source, collection) for source in ("rsna", "google")}
    flow = count_reads(inputs["rsna"].parent, "rsna", reads["rsna"])
    if study.plan.minimum_sensitivity is None:
        raise ValueError(f"{study.where}/plan.yaml: no minimum_sensitivity; the threshold rule needs it")
    return tuple(_analyse(scored, reads, flow, setting, study))


def read_scored(path: Path, collection: Collection) -> Scored:
    """Read the model's scores and place them beside the collection's images.

    Raises:
        ValueError: columns are missing, a score is no number in [0, 1], or an image is listed twice or is not the
            collection's; the first lines are named.
    """
    wanted = ["Image Index", *(f"prob_{name}" for name in SCORES)]
    try:
        table = pd.read_csv(path, usecols=wanted)
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(f"{path}: cannot be used: {error}; expected the columns {', '.join(wanted)}") from error
    values = table[wanted[1:]].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
    places = pd.Index(collection.images).get_indexer(pd.Index(table["Image Index"].astype(str)))
    bad = {
        "no number in [0, 1]": ~((values >= 0) & (values <= 1)).all(axis=1),
        "an image that is listed again": table["Image Index"].duplicated().to_numpy(),
        "no image of the collection": places < 0,
    }
    problems = [
        f"{path}:{int(np.flatnonzero(mask)[0]) + 2}: {what} ({int(mask.sum())} rows)"
        for what, mask in bad.items() if mask.any()
    ]  # fmt: skip
    if problems:
        raise ValueError("\n".join(problems))
    size = collection.images.size
    present = np.zeros(size, dtype=bool)
    present[places] = True
    scores = {name: np.full(size, np.nan) for name in SCORES}
    for column, name in enumerate(SCORES):
        scores[name][places] = values[:, column]
    scores[HIGHEST] = np.maximum.reduce([scores[name] for name in SCORES])
    part = np.array([choose_part(patient) for patient in collection.patients])
    adult = np.asarray(collection.column("age_years"), dtype=np.float64) >= ADULT_YEARS
    return Scored(collection, scores, part, adult, present)


def choose_part(patient: str) -> bool:
    """Whether a patient's images choose the threshold; the others estimate. By a keyed hash, so stable as data grow."""
    digest = hmac.new(PART_KEY.encode(), patient.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8]) / 2**64 < PART_SHARE


def choose_threshold(cases: Cases, minimum_sensitivity: float) -> float:
    """The highest score at and above which enough of the positive images' weight lies.

    Raises:
        ValueError: no image is positive.
    """
    positive = cases.labels == 1
    if not positive.any():
        raise ValueError("no image of the threshold part is positive; the threshold cannot be chosen")
    order = np.argsort(-cases.scores[positive], kind="stable")
    weights = np.ones(int(positive.sum())) if cases.weights is None else cases.weights[positive]
    kept = np.cumsum(weights[order])
    return float(cases.scores[positive][order][np.argmax(kept >= minimum_sensitivity * kept[-1] - 1e-9)])


# --- the study --------------------------------------------------------------------------------------------------------


def _analyse(
    scored: Scored, reads: Mapping[str, Floats], flow: Table, setting: Setting, study: StudyFolder
) -> Iterator[Analysis]:
    population = scored.present & scored.adult
    read = ~np.isnan(reads["rsna"])
    chosen, rest = population & scored.part, population & ~scored.part
    tuning = _cases(scored, reads["rsna"], chosen & read, weigh(scored.collection, chosen, read))
    threshold = choose_threshold(tuning, study.plan.minimum_sensitivity or 1.0)
    weights = weigh(scored.collection, rest, read)
    rsna = replace(_cases(scored, reads["rsna"], rest & read, weights), threshold=threshold)
    where = rest & read
    tables = (_flow(scored, read), flow, strata_table(scored.collection, rest, reads["rsna"]))
    yield _primary(scored, rsna, where, setting, study.goals, tables)
    yield _plain(
        rsna, setting, "rsna-raw", "Against RSNA Lung Opacity, as drawn", "rsna",
        "The same images without weights: figures of the images that were chosen for reading.",
    )  # fmt: skip
    google = replace(_cases(scored, reads["google"], rest & ~np.isnan(reads["google"])), threshold=threshold)
    yield _plain(
        google, setting, "google", "Against Google 2019 airspace opacity", "google",
        "Other readers, another definition and another choice of images; never pooled with RSNA's.",
    )  # fmt: skip
    mined = scored.collection.states(MAIN).astype(np.float64)
    yield _plain(
        replace(_cases(scored, mined, rest), threshold=threshold), setting, "mined", "Against the mined label", "mined",
        "The label that the model was trained on. Agreement with it says how well the model learned what reports "
        "state, which is little of what radiologists read on the images.",
    )  # fmt: skip
    yield _plain(
        _cases(scored, mined, scored.present), setting, "mined-all",
        "Against the mined label, all images of all ages, as its authors count", "mined",
        "A check of the machinery: the same images and label as in the published table of the model's authors. No "
        "threshold is applied.",
    )  # fmt: skip
    yield _compare_scores(scored, rsna, where, setting)
    yield _subgroups(scored, rsna, where, setting, study.plan.not_recorded)
    yield from _baselines(scored, rsna, where, tuning, chosen & read, setting)
    yield _patients(rsna, setting)
    yield _context(rsna, setting)


def _cases(scored: Scored, labels: Floats, where: Mask, weights: Floats | None = None) -> Cases:
    return Cases(
        labels[where].astype(np.int_), scored.scores[MAIN][where], scored.collection.patients[where], None,
        None if weights is None else weights[where],
    )  # fmt: skip


def _flow(scored: Scored, read: Mask) -> Table:
    present, adult, part = scored.present, scored.adult, scored.part
    counts = (
        ("images that the model scored", present),
        (f"left out: younger than {ADULT_YEARS} years, or age not recorded", present & ~adult),
        ("adults, threshold part", present & adult & part),
        ("adults, threshold part, of them read by RSNA's radiologists", present & adult & part & read),
        ("adults, estimation part", present & adult & ~part),
        ("adults, estimation part, of them read by RSNA's radiologists", present & adult & ~part & read),
    )
    patients = scored.collection.patients
    rows = tuple((name, int(mask.sum()), int(np.unique(patients[mask]).size)) for name, mask in counts)
    title = "Flow of images and patients; the two parts share no patient"
    return Table(title=title, columns=("step", "images", "patients"),
                 rows=rows)  # fmt: skip


def _primary(
    scored: Scored, rsna: Cases, where: Mask, setting: Setting, goals: Sequence[Goal], tables: Sequence[Table]
) -> Analysis:
    estimates = estimate(rsna, setting, goals=goals)
    found = {one.metric: one for one in estimates}
    predicted = prevalence_table(found["sensitivity"], found["specificity"])
    described, figure = calibration(rsna)
    return _state(
        rsna, setting, Role.PRIMARY, "rsna", identity="rsna-weighted",
        title="Against RSNA Lung Opacity, weighted",
        statement=f"{NOT_OURS} The threshold was chosen on patients apart by the rule of the plan. The reference is a "
        "read of lung opacity on the image, which is no diagnosis of pneumonia; weighted, the figures are of all "
        "images of the estimation part.",
        estimates=estimates,
        tables=(*tables, *([predicted] if predicted else []), sweep_table(rsna), described),
        figures=(roc_figure(rsna, _shown(scored, where), MAIN), precision_recall_figure(rsna, MAIN), figure),
    )  # fmt: skip


def _shown(scored: Scored, where: Mask) -> dict[str, Floats]:
    """What is drawn beside the score: another finding's score, and the view alone."""
    return {"Consolidation": scored.scores["Consolidation"][where], "view alone": _view(scored)[where]}


def _view(scored: Scored) -> Floats:
    return np.asarray(scored.collection.column("view") == "AP", dtype=np.float64)


def _state(
    cases: Cases, setting: Setting, role: Role, source: str, *, identity: str, title: str, statement: str,
    estimates: Sequence[Estimate], tables: Sequence[Table] = (), figures: Sequence[Figure] = (),
) -> Analysis:  # fmt: skip
    """An analysis against one source of labels, each estimate named after it."""
    named = [structs.replace(one, reference_standard=SOURCES[source]) for one in estimates]
    found = state_analysis(
        cases, replace(setting, reference_standard=SOURCES[source]), role, identity=identity, title=title,
        score="a public CheXNet reproduction's score for Pneumonia", statement=statement, estimates=named,
        tables=tables, figures=figures,
    )  # fmt: skip
    return structs.replace(found, weighting=ALIKE if cases.weights is None else WEIGHTED)


def _plain(cases: Cases, setting: Setting, identity: str, title: str, source: str, statement: str) -> Analysis:
    plain = replace(cases, weights=None)
    return _state(
        plain, setting, Role.SECONDARY, source, identity=identity, title=title, statement=f"{NOT_OURS} {statement}",
        estimates=estimate(plain, setting), figures=(roc_figure(plain, name=MAIN),),
    )  # fmt: skip


def _compare_scores(scored: Scored, rsna: Cases, where: Mask, setting: Setting) -> Analysis:
    names = (*SCORES, HIGHEST)
    held = {name: replace(rsna, scores=scored.scores[name][where], threshold=None) for name in names}
    rows = [one for name in names for one in estimate(held[name], setting, score=MODEL + name)]
    rows += [difference(held[name], rsna.scores, setting, f"{MODEL}{name} less that for {MAIN}") for name in names[1:]]
    return _state(
        rsna, setting, Role.SECONDARY, "rsna", identity="scores",
        title="Scores for other findings against the same reads",
        statement=f"{NOT_OURS} A score for Consolidation that ranks these images better than the score for Pneumonia "
        "says what the reference is: a read of opacity. Consolidation is a sign that is seen on an image; Pneumonia is "
        "a diagnosis that reports state or leave out for reasons that no image shows.",
        estimates=rows, figures=(roc_figure(rsna, {name: held[name].scores for name in names[1:]}, MAIN),),
    )  # fmt: skip


def _subgroups(scored: Scored, rsna: Cases, where: Mask, setting: Setting, absent: Sequence[str]) -> Analysis:
    rows = [
        one
        for name, mask in groups_of(scored.collection).items()
        for one in estimate(rsna.where(mask[where]), setting, name, metrics=HEADLINE)
    ]
    rows += [not_recorded(attribute, setting) for attribute in absent]
    return _state(
        rsna, setting, Role.SUBGROUP, "rsna", identity="subgroups",
        title="By sex, age, view, follow-up and comorbidity",
        statement=f"{NOT_OURS} One threshold for all. A difference between groups is of patients, images and reads "
        "together; with few images of a class a group is descriptive.",
        estimates=rows,
    )  # fmt: skip


def groups_of(collection: Collection) -> dict[str, Mask]:
    """(images,) masks of the groups that the adult plan names."""
    age, view = np.asarray(collection.column("age_years"), dtype=np.float64), collection.column("view")
    sex, later = collection.column("sex"), np.asarray(collection.column("follow_up"), dtype=np.float64)
    lung = collection.states("Pneumonia", "Consolidation", "Infiltration")
    others = collection.states(*(name for name in collection.records.names if name not in SCORES))
    return {
        "women": np.asarray(sex == "F"), "men": np.asarray(sex == "M"),
        "22 to 39 years": (age >= ADULT_YEARS) & (age < 40), "40 to 59 years": (age >= 40) & (age < 60),
        "60 years and older": age >= 60,
        "PA": np.asarray(view == "PA"), "AP": np.asarray(view == "AP"),
        "first image of the patient": later == 0, "follow-up images": later >= 1,
        "mined label states another finding": others, "mined label states no other finding": ~others,
        "mined label states none of Pneumonia, Consolidation, Infiltration": ~lung,
    }  # fmt: skip


def _baselines(
    scored: Scored, rsna: Cases, where: Mask, tuning: Cases, chosen: Mask, setting: Setting
) -> Iterator[Analysis]:
    known = _measure(scored)
    fitted = {name: _fit(columns, tuning, chosen)[where] for name, columns in known.items()}
    rows = [
        one for name, scores in fitted.items()
        for one in estimate(replace(rsna, scores=scores, threshold=None), setting, score=name, metrics=("auroc",))
    ]  # fmt: skip
    best = max(rows, key=lambda one: one.value or 0).score
    rows.append(difference(rsna, fitted[best], setting, f"{MODEL}{MAIN} less {best}"))
    yield _state(
        rsna, setting, Role.BASELINE, "rsna", identity="baselines",
        title="What view, age and sex alone reach",
        statement=f"{NOT_OURS} Each baseline knows nothing of the image; it was fitted on the patients that chose the "
        "threshold. How much of a score's AUROC lies between patients of the two views is not "
        "disease seen on the image.",
        estimates=rows, figures=(roc_figure(rsna, fitted, MAIN),),
    )  # fmt: skip
    strata = {name: mask for name, mask in groups_of(scored.collection).items() if name in ("PA", "AP", "women", "men")}
    strata |= {name: mask for name, mask in groups_of(scored.collection).items() if name.endswith(("years", "older"))}
    within = [
        one for name, mask in strata.items()
        for one in estimate(replace(rsna, threshold=None).where(mask[where]), setting, name, metrics=("auroc",))
    ]  # fmt: skip
    yield _state(
        rsna, setting, Role.BASELINE, "rsna", identity="within", title="Within one view, one sex, one age band",
        statement=f"{NOT_OURS} Where a baseline finds the images alike it can add nothing; what is left is the "
        "score's own.",
        estimates=within,
    )  # fmt: skip


def _measure(scored: Scored) -> dict[str, list[Floats]]:
    age = np.asarray(scored.collection.column("age_years"), dtype=np.float64)
    view, sex = _view(scored), np.asarray(scored.collection.column("sex") == "M", dtype=np.float64)
    years = np.nan_to_num(age) / 100
    return {
        "view (AP against PA)": [view], "age": [years, years**2], "sex": [sex],
        "view, age and sex": [view, years, years**2, sex],
    }  # fmt: skip


def _fit(columns: Sequence[Floats], tuning: Cases, chosen: Mask) -> Floats:
    """A logistic regression fitted on the threshold part; (images,) its scores of the whole collection."""
    known = np.column_stack(columns)
    model = LogisticRegression(C=1e3, max_iter=1000)
    model.fit(known[chosen], tuning.labels, sample_weight=tuning.weights)
    return np.asarray(model.predict_proba(known)[:, 1], dtype=np.float64)


def _patients(rsna: Cases, setting: Setting) -> Analysis:
    _, first, codes = np.unique(rsna.patients, return_index=True, return_inverse=True)
    labels, scores, weights = np.zeros(first.size, dtype=np.int_), np.zeros(first.size), np.zeros(first.size)
    np.maximum.at(labels, codes, rsna.labels)
    np.maximum.at(scores, codes, rsna.scores)
    np.add.at(weights, codes, np.ones(codes.size) if rsna.weights is None else rsna.weights)
    whole = Cases(labels, scores, rsna.patients[first], rsna.threshold, weights / np.bincount(codes))
    return _state(
        whole, setting, Role.SECONDARY, "rsna", identity="patients", title="The patient as the unit",
        statement=f"{NOT_OURS} The highest score and the highest read of a patient's images; the weight is the mean of "
        "theirs. The collection numbers a patient's images and does not say which of them are of one study.",
        estimates=estimate(whole, setting, metrics=HEADLINE),
    )  # fmt: skip


def _context(rsna: Cases, setting: Setting) -> Analysis:
    """Published figures with their cases, reference and prevalence: context, not compared."""
    found = {one.metric: one.value for one in estimate(replace(rsna, weights=None), setting)}
    quoted = "as quoted; not checked at its source"
    rows = (
        ("CheXNet, AUROC", 0.768, "the collection's images, random split by patient", "mined label", quoted),
        ("CheXNet, F1 (0.387 to 0.481)", 0.435, "420 images", "majority of the other readers of four", quoted),
        ("four radiologists, mean F1 (0.330 to 0.442)", 0.387, "420 images", "majority of the other readers", quoted),
        ("this comparator, F1", found["f1"], f"{rsna.labels.size} images", SOURCES["rsna"], "this study, as drawn"),
        ("flagging every image, F1", found["always_positive_f1"], f"{rsna.labels.size} images", SOURCES["rsna"],
         "this study, as drawn"),
        ("prevalence", found["prevalence"], f"{rsna.labels.size} images", SOURCES["rsna"], "this study, as drawn"),
    )  # fmt: skip
    return _state(
        replace(rsna, weights=None), setting, Role.CONTEXT, "rsna", identity="published",
        title="Published readers and models",
        statement="Figures on other images, against other references and at other prevalences: no test is made and no "
        "margin is drawn. F1 rises with prevalence alone; beside it stands what flagging every image would reach. A "
        "comparison with readers needs a study of its own (several readers, several cases, paired), which is a gap.",
        estimates=(),
        tables=(
            Table(title="Context, not compared", columns=("what", "value", "cases", "reference", "source"), rows=rows),
        ),
    )  # fmt: skip
