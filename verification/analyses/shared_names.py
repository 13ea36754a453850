"""The images of patients who, by the names of the files, are in no other part of the collection."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
from msgspec import structs

from verification.analyses.frame import HEADLINE, OF_THE_RELEASE, UNNAMED, state_analysis
from verification.datasets.manifest import Entry
from verification.estimation.estimates import FEW, Cases, Setting, estimate
from verification.evidence import Analysis, Role
from verification.protocol.scores import Scored


def analyse_shared_names(
    rows: Sequence[Scored], cases: Cases, training: Sequence[Entry], setting: Setting
) -> Analysis | None:
    """The images of patients who, by the names of the files, are in no other part of the collection.

    Names are compared as they are, and by the number that the split takes for the patient. None if all images are
    left, or none is.
    """
    analysed = [row for row in rows if row.score is not None]
    names, patients = {number_of(entry.image) for entry in training}, {entry.patient for entry in training}
    alone = {
        "no shared name": np.array([number_of(row.image) not in names for row in analysed]),
        "no shared number": np.array([row.patient not in patients for row in analysed]),
    }
    rest = {name: cases.where(chosen) for name, chosen in alone.items() if chosen.any() and not chosen.all()}
    if not rest:
        return None
    few = any(min((one.labels == 1).sum(), (one.labels == 0).sum()) < FEW for one in rest.values())
    said = "So few images of a class inform little." if few else "What is left is no random part of the whole."
    return state_analysis(
        cases, setting, Role.SECONDARY, identity="shared-names", score=OF_THE_RELEASE,
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
