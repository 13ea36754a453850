"""The form of a pivotal study: every key of its parameter file; texts to be written, numbers that decide nothing."""

from __future__ import annotations

from typing import Any

from msgspec import inspect

from verification.product.api import Release
from verification.protocol.pivotal import CO_PRIMARY, Pivotal
from verification.protocol.plan import TO_BE_WRITTEN

HEAD = f"""\
# The form of a pivotal study. `clearway study lock {{name}}` refuses it as long as a text says {TO_BE_WRITTEN}, or a
# name or a date is null. Every number is an example until somebody decides it; `clearway study size {{name}}` computes
# what the numbers come to, and verification/protocol/pivotal.py says what each key means.
"""
ASKED = {
    "label": "what the study is and is not, in a few words, such as: a plan; no site, no reader and no image exists",
    "objective": "what is to be shown, of which finding, on whom, for which claim",
    "population": "which patients, with which examinations, from where",
    "unit": "what counts once, and how several of one patient are taken",
    "reference_standard": "who says of each unit whether it shows the finding, on what, and how disagreement ends",
    "data": "who gives the images, of which time, and why nobody who made the release could see them",
    "exclusions": "what is left out, and counted",
    "threshold_rule": "which threshold, fixed when, and that no image of a site chose it",
    "interval_method": "how the limits are computed, and what is drawn together",
    "sites.conditions": "what a site has to be, and the most that one may give",
    "acquisition.detectors": "a kind of detector",
    "acquisition.conditions": "which files, from which equipment, by which intake",
    "sampling.rule": "how the images are chosen, step by step",
    "sampling.spectrum": "what the choice does to the spectrum",
    "readers.qualification": "who may read",
    "readers.training": "how readers learn the form, and who may go on",
    "readers.blinding": "what readers do not see",
    "readers.form.asked": "what the form asks",
    "readers.form.answers": "what may be answered",
    "readers.truth": "how reads become the truth, and what is indeterminate",
    "size.why_these": "why these studies tell what patients with several images cost",
    "size.multiplicity": "how several hypotheses and looks are accounted for",
    "strata.rule": "how groups are filled and reported",
    "strata.groups.name": "a group",
    "confounders.name": "what else differs between images with and without the finding",
    "confounders.why": "why that matters",
    "confounders.handled": "what is done about it",
    "secondary": "a secondary endpoint",
    "timing": "what is timed, from when to when, on which hardware",
    "missing": "what becomes of images without score or truth, the worst case too",
    "access": "who holds images, reads and scores, and in which order they are joined",
    "paediatric.questions.asked": "a question about children",
    "paediatric.questions.held": "what evidence there is",
    "paediatric.questions.lacking": "what there is not",
    "roles.role": "a role",
    "roles.does": "what the role does",
    "milestones.what": "what happens first",
    "limitations": "what bounds the plan",
    "references": "a method, as it was published",
}
"""What a text of the form asks for, by its key."""
TRUTHS = {"as hoped": 0.9, "a little worse": 0.8, "much worse": 0.7}
"""What may be true of the release, as examples."""
EXAMPLE = 0.5
"""A share in the form."""


def fill_form(name: str, release: Release) -> dict[str, Any]:
    """The parameter file of a pivotal study of a release, as a form that its schema takes.

    Raises:
        ValueError: the release names no study, after which a pivotal one could be planned.
    """
    if release.study is None:
        raise ValueError(f"release {release.name}: names no study; a pivotal study is planned after one")
    known = {
        "name": name,
        "title": f"Pivotal study of the release {release.name}",
        "release": release.name,
        "pilot": release.study,
        "size.for_truth": list(TRUTHS)[1],
        "size.truths": [_truth(one, value) for one, value in TRUTHS.items()],
        "size.design_effects": [{"study": release.study}],
        "size.measured_by": release.study,
        "paediatric.release": release.name,
    }
    filled: dict[str, Any] = _fill(inspect.type_info(Pivotal), "", known)
    return filled


def _truth(name: str, value: float) -> dict[str, Any]:
    why = f"{TO_BE_WRITTEN}: why this may be so, and the numbers, which are examples"
    return {"name": name, **dict.fromkeys(CO_PRIMARY, value), "why": why}


def _fill(kind: inspect.Type, at: str, known: dict[str, Any]) -> Any:
    """What a value of some type is in the form: what is known, nothing where a person enters it, else an example."""
    if at in known:
        return known[at]
    if isinstance(kind, inspect.StructType):
        return {one.encode_name: _fill(one.type, f"{at}.{one.encode_name}".lstrip("."), known) for one in kind.fields}
    if isinstance(kind, inspect.VarTupleType):
        return [_fill(kind.item_type, at, known) for _ in range(kind.min_length or 0)]
    if isinstance(kind, inspect.UnionType):
        return None
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        return EXAMPLE if kind.gt is not None else kind.ge
    return f"{TO_BE_WRITTEN}: {ASKED[at]}"
