"""What the evidence says of a plan: its words, and its figures and statements as tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from msgspec import structs

from verification.evidence import StudyPlan, Table
from verification.protocol.custody import REGISTRATION, read_registration, read_result
from verification.protocol.plan import Asserted, Plan, StudyFolder

Cell: TypeAlias = str | int | float | None


HELD = {
    "custodian": (
        ("held by the custodian alone", "images, list and salt, until the images are scored"),
        ("held by the project too", "the table of scores and reads by number, once they are"),
    ),
    "developers": (
        ("held by the developers", "images, reads, list and salt: an open test"),
        ("what can be shown all the same", "the list is older than the lock of the plan, and was scored once by it"),
    ),
}
"""By who holds the images of a study in custody: who may hold what."""


def state_plan(plan: Plan) -> StudyPlan:
    """The plan's words with every figure that it fixes beside them."""
    return structs.replace(plan.state(), parameters=tuple(_find_tables(plan)))


def state_custody(study: StudyFolder) -> tuple[Table, ...]:
    """What a custodian registered and, once it is there, found; nothing of a study whose images are here.

    Raises:
        ValueError: the registration or the result cannot be used.
    """
    if study.plan.custody is None:
        return ()
    held, digest = read_registration(study.folder / REGISTRATION), study.plan.custody.registration_sha256
    registered = [
        ("what it is", held.what),
        ("registered on", held.registered),
        ("images", str(held.images)),
        ("positive by the reads", str(held.positive)),
        ("patients", "–" if held.patients is None else str(held.patients)),
        *((f"projection {view}", str(count)) for view, count in held.projections.items()),
        ("reads", held.reference_standard),
        ("commitment to the list", held.commitment.value),
        ("how it is made", held.commitment.algorithm),
        ("SHA-256 of the registration", digest),
        *HELD[study.plan.custody.holder],
    ]
    holder = study.plan.custody.holder
    tables = [_table(f"Registered by the {holder}", ("what", "stated"), registered)]
    if any(one.event == "scored" for one in study.openings):
        tables.append(_table(f"What the {holder} stated of the scoring", ("what", "stated"), _find_result(study)))
    return tuple(tables)


def _find_result(study: StudyFolder) -> Iterator[tuple[Cell, ...]]:
    found = read_result(study.folder, study.plan.tables)
    yield "scored on", found.scored_on
    yield "release", f"{found.release}, digest {found.release_digest}"
    yield "commit of the checkout that scored", found.commit
    yield "commitment to the files that were read", found.contents
    yield "images, patients, positive", f"{found.images}, {found.patients}, {found.positive}"
    yield from ((f"outcome: {name}", str(count)) for name, count in found.outcomes.items())
    yield from ((f"intake: {name}", str(count)) for name, count in found.intakes.items())
    yield from ((f"version of {name}", version) for name, version in found.versions.items())
    yield "earlier uses of the list", "; ".join(found.prior_uses) or "none"


def _find_tables(plan: Plan) -> Iterator[Table]:
    yield _table("Figures of the analysis", ("what", "value"), _find_figures(plan))
    yield _table("Groups", ("group", "by", "from", "to", "values"), _find_groups(plan))
    if plan.asserted:
        stated = [
            *plan.asserted.values.items(),
            *((name, f"column {of}") for name, of in plan.asserted.columns.items()),
        ]
        rows = [*stated, ("why that may be said", plan.asserted.reason)]
        yield _table("What is stated of images that carry no header", ("attribute", "value"), rows)
    if plan.power:
        assumed = [(one.auroc, one.sensitivity, one.specificity) for one in plan.power.assumed]
        yield _table("What may be true, for the power", ("AUROC", "sensitivity", "specificity"), assumed)
    if plan.triage:
        yield _table("What the simulated worklist assumes", ("what", "value"), _find_triage(plan))
    yield _table("What is scored beside the images", ("analysis", "planned"), _find_planned(plan))
    if plan.inputs:
        files = [(name, one.file, one.sha256) for name, one in sorted(plan.inputs.items())]
        yield _table("Tables kept elsewhere", ("table", "file", "SHA-256"), files)


def _find_figures(plan: Plan) -> Iterator[tuple[Cell, ...]]:
    """The figures of the analysis, as text: each has a form of its own."""
    yield "collection and part", f"{plan.dataset}, {'a list that was registered' if plan.custody else plan.split}"
    yield "bootstrap samples", str(plan.replicates)
    yield "seed", str(plan.seed)
    if plan.minimum_sensitivity is not None:
        yield "sensitivity that the threshold's rule asks for", str(plan.minimum_sensitivity)
    if plan.ages:
        yield "ages, completed years", f"{plan.ages.minimum_years} to {plan.ages.maximum_years}"
    if plan.power and plan.power.correlation is not None:
        yield "assumed correlation of two images of one patient", str(plan.power.correlation)
    yield "not recorded, so that no group is formed by it", ", ".join(plan.not_recorded) or "–"


def _find_groups(plan: Plan) -> Iterator[tuple[Cell, ...]]:
    for group in plan.subgroups:
        limits = ("–" if limit is None else str(limit) for limit in (group.minimum, group.maximum))
        yield group.name, group.by.replace("_", " "), *limits, ", ".join(group.values or ()) or "–"


def _find_stated(asserted: Asserted) -> Iterator[tuple[Cell, ...]]:
    yield from asserted.values.items()
    yield from ((name, f"column {column} of the table of images") for name, column in asserted.columns.items())
    yield "why that may be said", asserted.reason


def _find_triage(plan: Plan) -> Iterator[tuple[Cell, ...]]:
    values = structs.asdict(plan.triage) if plan.triage else {}
    for name, value in values.items():
        if name != "sources":
            shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
            yield name.replace("_", " "), shown


def _find_planned(plan: Plan) -> Iterator[tuple[Cell, ...]]:
    others = [one.simple for one in plan.custody.beside.values()] if plan.custody else []
    yield "simple measures of file and image (shortcuts)", _planned(plan.shortcuts or any(others))
    yield "other models on the same images", _planned(not all(others))
    yield "changed images and images with a part hidden", _planned(plan.perturbations)
    yield "lungs hidden, or all else faded; pictures moved", _planned(plan.lungs is not None)
    yield "images outside the population, on purpose", plan.out_of_scope.dataset if plan.out_of_scope else "no"
    yield "waits on a simulated worklist", _planned(plan.triage is not None)


def _planned(value: bool) -> str:
    return "yes" if value else "no"


def _table(title: str, columns: tuple[str, ...], rows: Iterable[Sequence[Cell]]) -> Table:
    return Table(title=title, columns=columns, rows=tuple(tuple(row) for row in rows))
