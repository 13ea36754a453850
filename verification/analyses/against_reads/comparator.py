"""What only somebody else's model is asked: as its authors count, by another label's threshold, its other scores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from verification.analyses.against_reads.frame import labels_of, state, state_plain
from verification.analyses.frame import HEADLINE
from verification.datasets.manifest import SOURCES
from verification.estimation.curves import roc_figure
from verification.estimation.estimates import difference, estimate
from verification.estimation.foreign_scores import HIGHEST, MODEL, SCORES, Foreign, choose_threshold
from verification.estimation.operating_point import ends_table, threshold_interval
from verification.estimation.reads import MAIN
from verification.evidence import Analysis, Role, Table

PUBLISHED = Table(
    title="What the model's authors print, quoted",
    columns=("what", "as printed", "source"),
    rows=(
        ("AUROC of the score for Pneumonia against the mined label", "0.7617",
         "jrzech/reproduce-chexnet, with the scores; as quoted, not checked at its source"),
    ),
)  # fmt: skip


def analyse_as_published(foreign: Foreign) -> Analysis:
    """Against the mined label, all images of all ages, as the model's authors count."""
    held = foreign.held
    return state_plain(
        held, held.table.cases(labels_of(held, "mined"), held.table.listed), "mined", identity="mined-all",
        title="Against the mined label, all images of all ages, as its authors count",
        statement="A check of the machinery: the same images and label as in the published table of the model's "
        "authors, whose figure stands in the table below. No threshold is applied.", tables=(PUBLISHED,),
    )  # fmt: skip


def analyse_mined_threshold(foreign: Foreign) -> Analysis:
    """The threshold that the mined label of the same patients would have chosen."""
    held = foreign.held
    mined = labels_of(held, "mined")
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
        statement="Who has no reads of the tuning patients has the mined label to choose a threshold by. Here that of "
        "the threshold part chooses, and RSNA's reads of the estimation part judge what that gives.",
        estimates=estimate(cases, setting, metrics=HEADLINE), tables=ends,
    )  # fmt: skip


def analyse_other_scores(foreign: Foreign) -> Analysis:
    """The scores for other findings, and the highest of them, against the same reads."""
    held, scores = foreign.held, foreign.scores
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


def analyse_published(foreign: Foreign) -> Analysis:
    """Published figures with their cases, reference and prevalence: context, not compared."""
    held, rsna = foreign.held, foreign.held.rsna
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
