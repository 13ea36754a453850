"""What view, age and sex alone reach against the reads, and a score where these find the images alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from sklearn.linear_model import LogisticRegression

from verification.analyses.against_reads.frame import estimate_group, find_others, has_both, labels_of, state
from verification.datasets.references import weigh
from verification.estimation.curves import roc_figure
from verification.estimation.estimates import Cases, difference, estimate
from verification.estimation.reads import MAIN, Held, Mask
from verification.evidence import Analysis, Role
from verification.protocol.subgroups import Known
from verification.statistics.metrics import Floats

CALLED = {"google": "Google's reads", "mined": "the mined label"}
PATIENTS = ("sex", "age_years", "view_position")
"""What a score that knows nothing of the image may still know."""


def analyse_patient_baselines(held: Held) -> Iterator[Analysis]:
    """Yield the baselines against RSNA's reads, against each other source of labels, and within their own groups."""
    rsna = held.rsna
    fitted = {name: _fit(columns, held) for name, columns in _measure(held.known).items()}
    yield _against_baselines(
        held, rsna, {name: scores[held.where] for name, scores in fitted.items()}, "rsna",
        identity="baselines", title="What view, age and sex alone reach",
        statement=f"Each baseline knows nothing of the image; it was fitted to RSNA's reads of {_name_taught(held)}, "
        "weighted. How much of a score's AUROC lies between patients of the two views is not disease seen on the "
        "image.",
    )  # fmt: skip
    for source, where in find_others(held).items():
        cases = held.table.cases(labels_of(held, source), where)
        if has_both(cases):
            chosen = where & held.table.scored
            yield _against_baselines(
                held, cases, {name: scores[chosen] for name, scores in fitted.items()}, source,
                identity=f"baselines-{source}", title=f"What view, age and sex alone reach against {CALLED[source]}",
                statement="The same baselines, fitted to RSNA's reads as above, on the images of this source.",
                post_hoc="The plan names baselines beside the headline alone.",
            )  # fmt: skip
    groups = [group for group in held.plan.subgroups if group.by in PATIENTS]
    unflagged = replace(rsna, threshold=None)
    yield state(
        held, rsna, Role.BASELINE, "rsna", identity="within", title="Within one view, one sex, one age band",
        statement="Where a baseline finds the images alike it can add nothing; what is left is the score's own.",
        estimates=[one for group in groups for one in estimate_group(held, group, unflagged, ("auroc",))],
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
        figures=(roc_figure(cases, fitted, MAIN),) if has_both(cases) else (), post_hoc=post_hoc,
    )  # fmt: skip


def _measure(known: Known) -> dict[str, list[Floats]]:
    view, sex = (known["view_position"] == "AP").astype(np.float64), (known["sex"] == "M").astype(np.float64)
    years = np.nan_to_num(known["age_years"]) / 100
    return {
        "view (AP against PA)": [view], "age": [years, years**2], "sex": [sex],
        "view, age and sex": [view, years, years**2, sex],
    }  # fmt: skip


def _fit(columns: Sequence[Floats], held: Held) -> Floats:
    """A logistic regression fitted on patients apart; (images,) its scores of the whole collection."""
    where, weights = _find_taught(held)
    labels = held.reads["rsna"][where].astype(np.int_)
    if np.unique(labels).size < 2:
        raise ValueError(f"RSNA's reads of {_name_taught(held)} are all alike; expected both")
    known, model = np.column_stack(columns), LogisticRegression(C=1e3, max_iter=1000)
    model.fit(known[where], labels, sample_weight=weights)
    return np.asarray(model.predict_proba(known)[:, 1], dtype=np.float64)


def _name_taught(held: Held) -> str:
    if held.choice.cases is None:
        return "the patients of the collection that are not scored"
    return "the patients that chose the threshold"


def _find_taught(held: Held) -> tuple[Mask, Floats | None]:
    """(images,) what a baseline is fitted on, and the weights of these: the threshold part, or what is not listed."""
    if held.choice.cases is not None:
        return held.tuning, held.tuned.weights
    collection, read = held.table.collection, ~np.isnan(held.reads["rsna"])
    patients = collection.patients
    apart = held.aged & ~np.isin(patients, np.unique(patients[held.table.listed]))
    return apart & read, weigh(collection, apart, read)[apart & read]
