"""Somebody else's model under the adult release's plan: comparator and context, never this device's performance."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from verification.analyses.adult_size import analyse_size
from verification.analyses.against_reads import (
    HEADLINE,
    MAIN,
    Choice,
    Held,
    ScoreTable,
    analyse_held,
    find_tuning,
    hold,
    read_both,
    state,
    state_plain,
)
from verification.datasets.description import read_description
from verification.datasets.manifest import SOURCES
from verification.datasets.references import Collection, read_collection
from verification.evidence import Analysis, Role, Table
from verification.protocol.curves import roc_figure
from verification.protocol.estimates import Cases, Digests, difference, estimate
from verification.protocol.operating_point import ends_table, rule_threshold, threshold_interval
from verification.protocol.plan import StudyFolder
from verification.statistics.metrics import Floats

Mask = NDArray[np.bool_]

SCORES = (MAIN, "Consolidation", "Infiltration")
HIGHEST = "highest of Pneumonia, Consolidation and Infiltration"
PART_KEY = "clearway/adult-nih-comparator/threshold/1"
PART_SHARE = 0.3
MODEL = "its score for "
PUBLISHED = Table(
    title="What the model's authors print, quoted",
    columns=("what", "as printed", "source"),
    rows=(
        ("AUROC of the score for Pneumonia against the mined label", "0.7617",
         "jrzech/reproduce-chexnet, with the scores; as quoted, not checked at its source"),
    ),
)  # fmt: skip
NOT_OURS = "This is somebody else's model: comparator and context, never this device's performance."


def analyse(
    study: StudyFolder, inputs: Mapping[str, Path], metadata: Path, digest: str, planned: StudyFolder | None = None
) -> tuple[Analysis, ...]:
    """The comparator's study: RSNA's reads first, weighted; Google's reads and the mined label apart, none pooled.

    Args:
        study: the plan.
        inputs: the outside tables by the plan's names: `scores`, `rsna` and `google`.
        metadata: the folder of NIH's metadata and its mapping.
        digest: of that metadata.
        planned: a study of the same collection whose size is to be judged by the spread of this one, if there is one.

    Raises:
        ValueError: a table cannot be used; what is wrong with it is named.
    """
    wanted = study.plan.minimum_sensitivity
    if wanted is None:
        raise ValueError(f"{study.where}/plan.yaml: no minimum_sensitivity; the threshold rule needs it")
    collection = read_collection(metadata, digest)
    scores = read_scores(inputs["scores"], collection)
    table, reads = make_table(collection, scores), read_both(inputs, collection)
    tuning, cases = find_tuning(table, reads, study.plan.ages)
    choice = Choice(choose_threshold(cases, wanted), cases, wanted, midway=False)
    held = hold(table, study, reads, (tuning, cases), choice)
    return (*_analyse(held, scores, inputs), *(_size(held, planned, metadata) if planned else ()))


def _size(held: Held, planned: StudyFolder, metadata: Path) -> Iterator[Analysis]:
    description, _ = read_description(metadata / "dataset.yaml")
    if description is not None and description.split is not None:
        found = analyse_size(held, planned, description.split)
        if found is not None:
            yield found


def read_scores(path: Path, collection: Collection) -> dict[str, Floats]:
    """Read the model's scores, (images,) by finding, each beside its image; NaN where the model scored none.

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
    scores = {name: np.full(collection.images.size, np.nan) for name in SCORES}
    for column, name in enumerate(SCORES):
        scores[name][places] = values[:, column]
    return scores | {HIGHEST: np.maximum.reduce([scores[name] for name in SCORES])}


def make_table(collection: Collection, scores: Mapping[str, Floats]) -> ScoreTable:
    """The score for Pneumonia; whole patients, by a keyed hash, choose its threshold."""
    listed = ~np.isnan(scores[MAIN])
    part = np.array([choose_part(patient) for patient in collection.patients])
    view = np.asarray(collection.column("view") == "AP", dtype=np.float64)
    return ScoreTable(
        collection, scores[MAIN], listed, listed & part, listed, "images that the model scored",
        Digests("somebody else's model", collection.digest), "a public CheXNet reproduction's score for Pneumonia",
        MODEL + MAIN, NOT_OURS, shown={"Consolidation": scores["Consolidation"], "view alone": view},
    )  # fmt: skip


def choose_part(patient: str) -> bool:
    """Whether a patient's images choose the threshold; the others estimate. By a keyed hash, so stable as data grow."""
    digest = hmac.new(PART_KEY.encode(), patient.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8]) / 2**64 < PART_SHARE


def choose_threshold(cases: Cases, minimum_sensitivity: float) -> float:
    """The highest score at and above which enough of the positive images' weight lies.

    Raises:
        ValueError: no image is positive.
    """
    if not cases.labels.any():
        raise ValueError("no image of the threshold part is positive; the threshold cannot be chosen")
    return rule_threshold(cases.labels, cases.scores, minimum_sensitivity, cases.weights, midway=False)


# --- what only this study has -----------------------------------------------------------------------------------------


def _analyse(held: Held, scores: Mapping[str, Floats], inputs: Mapping[str, Path]) -> Iterator[Analysis]:
    yield from analyse_held(held, inputs)
    mined = held.table.collection.states(MAIN).astype(np.float64)
    yield state_plain(
        held, held.table.cases(mined, held.table.listed), "mined", identity="mined-all",
        title="Against the mined label, all images of all ages, as its authors count",
        statement="A check of the machinery: the same images and label as in the published table of the model's "
        "authors, whose figure stands in the table below. No threshold is applied.", tables=(PUBLISHED,),
    )  # fmt: skip
    yield _try_rule_of_release(held, mined)
    yield _compare_scores(held, scores)
    yield _context(held)


def _try_rule_of_release(held: Held, mined: Floats) -> Analysis:
    """The threshold that the mined label of the same patients would have chosen, as it chooses the release's."""
    table, setting, wanted = held.table, held.setting, held.choice.minimum_sensitivity
    chosen = table.cases(mined, table.choosing & held.aged)
    cases = replace(held.rsna, threshold=choose_threshold(chosen, wanted))
    found = threshold_interval(
        chosen.labels, chosen.scores, chosen.codes, wanted, setting.replicates, setting.seed, midway=False
    )
    ends = [ends_table(cases, cases.threshold or 0.0, found, int(np.unique(chosen.patients).size))] if found else []
    return state(
        held, cases, Role.SECONDARY, "rsna", identity="mined-threshold",
        title="Had the mined label chosen the threshold",
        statement="The adult release's threshold is chosen by the mined label of its tuning patients: a release ships "
        "the labels that chose its threshold, and the reads are not this project's to publish. Here the mined label of "
        "the threshold part chooses, and RSNA's reads of the estimation part judge what that gives.",
        estimates=estimate(cases, setting, metrics=HEADLINE), tables=ends,
    )  # fmt: skip


def _compare_scores(held: Held, scores: Mapping[str, Floats]) -> Analysis:
    names, rsna, setting = (*SCORES, HIGHEST), held.rsna, held.setting
    each = {name: replace(rsna, scores=scores[name][held.where], threshold=None) for name in names}
    rows = [one for name in names for one in estimate(each[name], setting, score=MODEL + name)]
    rows += [difference(each[name], rsna.scores, setting, f"{MODEL}{name} less that for {MAIN}") for name in names[1:]]
    return state(
        held, rsna, Role.SECONDARY, "rsna", identity="scores", title="Scores for other findings against the same reads",
        statement="A score for Consolidation that ranks these images better than the score for Pneumonia says what the "
        "reference is: a read of opacity. Consolidation is a sign that is seen on an image; Pneumonia is a diagnosis "
        "that reports state or leave out for reasons that no image shows.",
        estimates=rows, figures=(roc_figure(rsna, {name: each[name].scores for name in names[1:]}, MAIN),),
    )  # fmt: skip


def _context(held: Held) -> Analysis:
    """Published figures with their cases, reference and prevalence: context, not compared."""
    rsna = held.rsna
    found = {one.metric: one.value for one in estimate(replace(rsna, weights=None), held.setting)}
    quoted, unknown = "as quoted; not checked at its source", "not known here"
    cases, here = f"{rsna.labels.size} images", (found["prevalence"], SOURCES["rsna"], "this study, as drawn")
    rows = (
        ("CheXNet, AUROC", 0.768, "the collection's images, random split by patient", unknown, "mined label", quoted),
        ("CheXNet, F1 (0.387 to 0.481)", 0.435, "420 images", unknown, "majority of the other readers of four", quoted),
        ("four radiologists, mean F1 (0.330 to 0.442)", 0.387, "420 images", unknown, "majority of the other readers",
         quoted),
        ("this comparator, F1", found["f1"], cases, *here),
        ("flagging every image, F1", found["always_positive_f1"], cases, *here),
    )  # fmt: skip
    return state(
        held, replace(rsna, weights=None), Role.CONTEXT, "rsna", identity="published",
        title="Published readers and models",
        statement="Figures on other images, against other references and at other prevalences: no test is made and no "
        "margin is drawn. F1 rises with prevalence alone; beside it stands what flagging every image would reach. A "
        "comparison with readers needs a study of its own (several readers, several cases, paired), which is a gap.",
        estimates=(),
        tables=(
            Table(
                title="Context, not compared", rows=rows,
                columns=("what", "value", "cases", "prevalence", "reference", "source"),
            ),
        ),
    )  # fmt: skip
