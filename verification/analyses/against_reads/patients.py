"""The patient as the unit, of whom only some images were read: weighted by the chance that any was."""

from __future__ import annotations

import numpy as np
from msgspec import structs

from verification.analyses.against_reads.frame import state
from verification.analyses.frame import HEADLINE
from verification.datasets.references import share_read
from verification.estimation.estimates import Cases, estimate
from verification.estimation.reads import Held
from verification.evidence import Analysis, Role
from verification.statistics.metrics import Floats


def analyse_patients(held: Held) -> Analysis:
    """The highest score and the highest read of those images of a patient that were read."""
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
