"""A pivotal study while it is a plan: its words and computed size as evidence, and its lock once it has no blank."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from verification.datasets.manifest import blocking
from verification.estimation.estimates import judge
from verification.evaluation.sizing import Sized, power_figure, say_size, size, size_tables
from verification.evidence import Gap, Issue, Opening, PlanSection, Project, Severity, Study, StudyPlan, Table
from verification.evidence.chain import find_in_history
from verification.protocol import log
from verification.protocol.pivotal import CO_PRIMARY, PIVOTAL, Pivotal, PivotalFolder, read_pivotal

KIND = "pivotal"
NO_IMAGE = Gap(
    reason="the study is a plan: no site, no reader and no image exists",
    closes="a release that may meet the bounds, a pre-submission, sites and readers; then the plan is locked",
)
NAMES = ("AUROC", "sensitivity", "specificity")
COLUMNS = tuple[str, ...]
Rows = Iterator[tuple[str | int | float | None, ...]]


def evaluate_pivotal(
    project: Project, folder: Path, studies: Sequence[Study]
) -> tuple[Study | None, tuple[Issue, ...], tuple[Path, ...]]:
    """A pivotal study as evidence, what is wrong with it, and the files that it rests on; a form is no evidence yet.

    Args:
        project: the checkout.
        folder: of the study.
        studies: the evidence of the other studies.
    """
    study, issues = read_pivotal(folder, project.relative(folder))
    if study is None:
        return None, issues, tuple(path for path in folder.iterdir() if path.is_file())
    if left := study.unwritten:
        return None, (*issues, _open(study, left)), study.files
    issues += tuple(find_in_history(project, folder / log.LOG, [line.date for line in study.openings]))
    try:
        sized = size(study, studies)
    except ValueError as error:
        where, hint = f"{study.where}/{PIVOTAL}", "mend the file, or evaluate the studies that it names"
        return None, (*issues, *(blocking("pivotal-size", where, line, hint) for line in str(error).splitlines())), ()
    return _state(study, sized, studies), issues, study.files


def _open(study: PivotalFolder, left: Sequence[str]) -> Issue:
    """That a form is not written yet, which keeps it out of the evidence and blocks nothing."""
    message = f"{len(left)} texts are yet to be written, the first {left[0]}: the study is in no document"
    hint = "write what says TO BE WRITTEN"
    where = f"{study.where}/{PIVOTAL}"
    return Issue(code="pivotal-unwritten", severity=Severity.ADVISORY, where=where, message=message, hint=hint)


def lock_pivotal(project: Project, name: str, reason: str | None, today: str) -> str:
    """Record the digest of a pivotal plan before anything is read or scored by it; none that is not written whole.

    Args:
        project: the checkout.
        name: the study.
        reason: why it is locked, for the log; default what the study is.
        today: the date of the clock.

    Returns:
        What was done, for a person to read.

    Raises:
        ValueError: the plan has faults, or blanks that a person has to fill in; all are named.
    """
    study = require_pivotal(project, name)
    said = [f"{study.where}/{left}: is to be written" for left in study.unwritten]
    said += [f"{study.where}/{PIVOTAL}: {blank} is blank" for blank in study.plan.blanks]
    if said:
        raise ValueError("\n".join((*said, "fill in what is blank, then lock the plan; nothing was locked")))
    if study.locked == study.digest:
        return f"{name}: is locked already, plan digest {study.digest}"
    locked = Opening(event="plan_locked", date=today, reason=reason or study.plan.label, plan_digest=study.digest)
    log.append(study.folder / log.LOG, locked)
    return f"{name}: locked, plan digest {study.digest}"


def require_pivotal(project: Project, name: str) -> PivotalFolder:
    """A pivotal study by name.

    Raises:
        ValueError: there is none of this name, or its files have faults; all are named.
    """
    studies = project.root / "verification" / "studies"
    known = sorted(path.parent.name for path in studies.glob(f"*/{PIVOTAL}"))
    if name not in known:
        raise ValueError(f"study {name}: no pivotal study; expected one of {', '.join(known) or 'none'}")
    study, issues = read_pivotal(studies / name, project.relative(studies / name))
    if study is None or issues:
        raise ValueError("\n".join(f"{issue.where}: {issue.message}; {issue.hint}" for issue in issues))
    return study


# --- as evidence ------------------------------------------------------------------------------------------------------


def _state(study: PivotalFolder, sized: Sized, studies: Sequence[Study]) -> Study:
    plan = study.plan
    measured = next(one for one in studies if one.name == plan.size.measured_by)
    return Study(
        name=plan.name,
        title=plan.title,
        kind=KIND,
        label=plan.label,
        release=plan.release,
        release_version=measured.release_version if measured.release == plan.release else "none: not measured",
        release_digest=measured.release_digest if measured.release == plan.release else "",
        dataset_digest="",
        plan=_state_plan(plan, sized),
        plan_digest=study.digest,
        scores_sha256=None,
        openings=study.openings,
        images=None,
        patients=None,
        confusion=NO_IMAGE,
        estimates=(),
        criteria=judge(study.goals, (), NO_IMAGE),
        curve=NO_IMAGE,
        sections=tuple(_find_sections(plan, sized, studies)),
    )


def _state_plan(plan: Pivotal, sized: Sized) -> StudyPlan:
    return StudyPlan(
        objective=plan.objective,
        population=plan.population,
        unit=plan.unit,
        reference_standard=plan.reference_standard,
        data=plan.data,
        exclusions=plan.exclusions,
        threshold_rule=plan.threshold_rule,
        interval_method=plan.interval_method,
        subgroups=tuple(group.name for group in plan.strata.groups),
        sample_size=say_size(sized),
        limitations=plan.limitations,
    )


def _find_sections(plan: Pivotal, sized: Sized, studies: Sequence[Study]) -> Iterator[PlanSection]:
    readers, size_ = plan.readers, plan.size
    yield PlanSection("size", (size_.why_these, *size_.multiplicity), size_tables(sized), (power_figure(sized),))
    yield PlanSection("design", (), (_table("Design", ("what", "planned"), _design(plan)),))
    yield PlanSection("sites", plan.sites.conditions)
    yield PlanSection("acquisition", plan.acquisition.conditions)
    yield PlanSection("sampling", plan.sampling.rule)
    yield PlanSection("spectrum", plan.sampling.spectrum)
    yield PlanSection("readers", (readers.qualification,), (_table("Read form", ("asked", "answers"), _form(plan)),))
    yield PlanSection("training", readers.training)
    yield PlanSection("blinding", readers.blinding)
    yield PlanSection("truth", readers.truth)
    yield PlanSection("strata", plan.strata.rule)
    yield PlanSection(
        "confounders",
        (),
        (_table("Confounders", ("confounder", "why it matters", "how it is handled"), _confounders(plan)),),
    )
    for name in ("secondary", "timing", "missing", "access", "references"):
        yield PlanSection(name, getattr(plan, name))
    yield PlanSection("paediatric", (), (_questions(plan), _children(plan, studies)))
    yield PlanSection("others", plan.others, (_own(plan, sized),))
    yield PlanSection("roles", (), (_roles(plan), _milestones(plan)))


def _table(title: str, columns: COLUMNS, rows: Rows) -> Table:
    return Table(title=title, columns=columns, rows=tuple(rows))


def _design(plan: Pivotal) -> Rows:
    sites, sampling, readers = plan.sites, plan.sampling, plan.readers
    yield (
        "sites",
        f"{sites.count}, of which {sites.in_us} in the US with at least {sites.share_in_us:.0%} of the images",
    )
    yield "manufacturers, at least", str(plan.acquisition.manufacturers)
    yield "detectors", "; ".join(plan.acquisition.detectors)
    yield "share of images with the finding", f"{sampling.positive_share:.0%}, enriched; consecutive images apart"
    yield "images of a patient", f"{sampling.images_per_patient:g} on average, at most {sampling.most_per_patient}"
    yield "readers; adjudicators", f"{readers.count}; {readers.adjudicators}"
    yield "without score or truth, assumed", f"{sampling.unusable:.0%}"


def _form(plan: Pivotal) -> Rows:
    yield from ((item.asked, item.answers) for item in plan.readers.form)


def _confounders(plan: Pivotal) -> Rows:
    yield from ((one.name, one.why, one.handled) for one in plan.confounders)


def _questions(plan: Pivotal) -> Table:
    rows = ((one.asked, one.held, one.lacking) for one in plan.paediatric.questions)
    return _table("Questions about children", ("question", "what there is", "what there is not"), rows)


def _children(plan: Pivotal, studies: Sequence[Study]) -> Table:
    """What studies of children here have estimated, with the limits that decide."""
    names = ("study", "images", "patients", *(f"{name}, {of}" for name in NAMES for of in ("", "lower limit")))
    rows = []
    for one in studies:
        if one.name in plan.paediatric.studies:
            deciding = {row.metric: row for row in one.estimates if row.decides and row.subgroup == "all"}
            found = [deciding[metric] for metric in CO_PRIMARY if metric in deciding]
            limits = (value for row in found for value in (row.value, row.interval.lower if row.interval else None))
            rows.append((one.title, one.images, one.patients, *limits))
    columns = tuple(name.removesuffix(", ") for name in names)
    return _table(f"Studies of the release {plan.paediatric.release}, of children", columns, iter(rows))


def _own(plan: Pivotal, sized: Sized) -> Table:
    """What the plan says of itself where others are set beside it."""
    bounds = ", ".join(f"{name} {goal.bound:g}" for name, goal in zip(NAMES, sized.study.goals, strict=True))
    sites = f"{plan.sites.count} sites, {plan.sites.in_us} in the US"
    own = {
        "finding": "Opacity suspicious for pneumonia",
        "test set": f"{sized.images.total:,} images ({sized.images.positive} with the finding, {sized.images.negative} "
        f"without) of {sites}; consecutive and enriched",
        "truth": f"Majority of {plan.readers.count} blinded radiologists certified by the American Board of Radiology, "
        "adjudicated",
        "results": f"None. Lower limits have to exceed: {bounds}",
        "time": "To be measured at every site, in total and for processing",
    }
    return _table("This plan beside devices of others", ("what", "this plan"), iter(own.items()))


def _roles(plan: Pivotal) -> Table:
    rows = ((one.role, one.does, one.name or "", one.signed_on or "") for one in plan.roles)
    return _table("Roles", ("role", "does", "name", "signed on"), rows)


def _milestones(plan: Pivotal) -> Table:
    """The order of the study in two columns, the second to be read after the first."""
    steps = [(one.what, one.date or "") for one in plan.milestones]
    half = (len(steps) + 1) // 2
    rows = ((*first, *then) for first, then in zip_longest(steps[:half], steps[half:], fillvalue=("", "")))
    return _table("Order of the study", ("first", "date", "then", "date of it"), rows)
