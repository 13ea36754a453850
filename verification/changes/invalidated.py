"""Which studies' estimates a change invalidates, why, and what makes them again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from verification.changes.differences import Differences, State, compare, is_code
from verification.changes.impact_record import Invalidated
from verification.evidence import Product, Project
from verification.protocol import ROOMS
from verification.sources.units import reach, read_units
from verification.specification.documents import read_document

STUDIES = "verification/studies"
EVALUATE = "verification.evaluation.evaluate.run"

_COMPUTING = tuple(f"verification/{room}/" for room in ROOMS)
_LOCK = "lock the plan: `clearway study lock {study}`; one whose data are opened is restored, or is another study"
_SCORE = "score again, a further use of the data: `clearway study open {release} --study {study}`"
_RECORD = "record again: `clearway evaluate {study} --record --data DIR`"
_COMPUTE = "compute again: `clearway evaluate`"

Reason = tuple[str, str]
"""Why, and what makes the estimates again."""


def find_invalidated(before: State, after: State, found: Differences, product: Product) -> Iterator[Invalidated]:
    """Yield each study that a difference touches; the product says which of its code gives the scores."""
    from verification.protocol.plan import RECORDED

    changed = {each.file: each.how for each in found.files}
    computes = any(is_code(file, *_COMPUTING) for file in changed)
    computing = list(_find_computing_changes(before.project, after.project)) if computes else []
    names = {
        path.parent.name for state in (before, after) for path in state.project.find_files(f"{STUDIES}/*/plan.yaml")
    }
    for name in sorted(names):
        plan = _read_plan(after.project, name) or _read_plan(before.project, name)
        reasons = list(_find_plan_changes(name, changed))
        scored = any((state.project.root / STUDIES / name / "scores.csv").is_file() for state in (before, after))
        if plan.get("kind") in RECORDED or (plan.get("inputs") and scored):
            reasons += _find_recorded_reasons(name, changed)
        if plan.get("kind") not in RECORDED and scored:
            reasons += _find_scored_reasons(name, plan, changed, found, (before, after), product)
            reasons += [(f"{unit} {how}, which computes the estimates", _COMPUTE) for unit, how in computing]
        if reasons:
            entries = (before.items.study_criteria | after.items.study_criteria).values()
            words = {"study": name, "release": plan.get("release")}
            yield Invalidated(
                study=name,
                criteria=tuple(each.id for each in entries if each.document.file == f"{STUDIES}/{name}/criteria.yaml"),
                why=tuple(dict.fromkeys(why for why, _ in reasons)),
                then=tuple(dict.fromkeys(then.format(**words) for _, then in reasons)),
            )


def _find_plan_changes(name: str, changed: dict[str, str]) -> Iterator[Reason]:
    for file in ("plan.yaml", "criteria.yaml"):
        if how := changed.get(f"{STUDIES}/{name}/{file}"):
            yield f"{file} {how}: the study is another one", _LOCK


def _find_recorded_reasons(name: str, changed: dict[str, str]) -> Iterator[Reason]:
    from verification.protocol.plan import RECORD
    from verification.protocol.recorded import find_code

    if how := changed.get(f"{STUDIES}/{name}/{RECORD}"):
        yield f"{RECORD} {how}", _COMPUTE
    for file in (f"verification/{code}" for code in find_code()):
        if file in changed:  # a record is bound to the bytes of this code, not to what they do
            yield f"{file} {changed[file]}, to which the record is bound", _RECORD


def _find_scored_reasons(
    name: str,
    plan: dict[str, Any],
    changed: dict[str, str],
    found: Differences,
    ends: tuple[State, State],
    product: Product,
) -> Iterator[Reason]:
    from verification.protocol.plan import TABLES

    for file in TABLES:
        if how := changed.get(f"{STUDIES}/{name}/{file}"):
            yield f"{file} {how}", _COMPUTE
    for release in found.releases:
        if release.name == plan.get("release") and release.digest_before != release.digest_after:
            yield f"release {release.name} has another digest", _SCORE
    for dataset in dict.fromkeys(plan.get(key) for key in ("dataset", "training_dataset")):
        for file in ("manifest.csv", "dataset.yaml"):
            if how := changed.get(f"verification/datasets/{dataset}/{file}"):
                yield f"{file} of data set {dataset} {how}", _SCORE
    for unit in found.units:
        states = [state for state in ends if unit.id in state.units]
        entry = f"{product.package}.{product.entry}"
        if product.scores_by(unit.id) and any(entry in reach(state.units, [unit.id]) for state in states):
            yield f"{unit.id} {unit.how}, which lies between an image and its score or decision", _SCORE


def _find_computing_changes(before: Project, after: Project) -> Iterator[tuple[str, str]]:
    """What differs in the code that every evaluation runs."""
    ends = [read_units(project, *(f"{folder}*.py" for folder in _COMPUTING)) for project in (before, after)]
    for unit, how in compare(*ends):
        quiet = how != "changed" and (unit.is_import or unit.is_empty)
        if not quiet and any(EVALUATE in reach(units, [unit.id]) for units in ends if unit.id in units):
            yield unit.id, how


def _read_plan(project: Project, name: str) -> dict[str, Any]:
    file = f"{STUDIES}/{name}/plan.yaml"
    value = read_document(project.root / file, file).value
    return value if isinstance(value, dict) else {}
