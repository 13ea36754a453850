"""`clearway evaluate`: every study's estimates, recomputed from its scores, against its criteria."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from msgspec import structs

from verification.analyses.table import ANALYSES
from verification.datasets.manifest import blocking
from verification.estimation.estimates import Cases, Mask, estimate, estimate_as_if_independent, judge, not_recorded
from verification.estimation.material import Material
from verification.estimation.operating_point import draw_curve
from verification.evaluation.pivotal import evaluate_pivotal
from verification.evaluation.reading import NOT_MADE, read_material
from verification.evaluation.repeating import can_be_repeated, read_repeat
from verification.evidence import (
    Analysis,
    Confusion,
    Curve,
    Estimate,
    Gap,
    Issue,
    NotApplicable,
    Project,
    Role,
    StudiesEvidence,
    Study,
    Table,
    write_evidence,
)
from verification.evidence.chain import find_in_history
from verification.evidence.project import sha256_of
from verification.protocol import log
from verification.protocol.pivotal import PIVOTAL
from verification.protocol.plan import StudyFolder, read_study
from verification.protocol.recorded import read_recorded
from verification.protocol.scores import RESCORE
from verification.protocol.stated_plan import state_custody, state_plan
from verification.protocol.subgroups import select

RECORDED = NotApplicable(
    reason="the study's analyses were recorded from files that are not in the repository; each holds its own estimates"
)
INPUTS = ("verification/studies/*/*", "verification/datasets/*/*", "pyproject.toml", "runtime.lock")
ROOMS = ("evaluation", "analyses", "estimation", "protocol", "statistics", "datasets", "product", "evidence")
CODE = (*(f"verification/{room}/**/*.py" for room in ROOMS), "verification/specification/documents.py")
"""What the evidence of studies is made from, beside the product, and by which rooms."""
NO_CASES = Gap(reason="no image is scored", closes="score the study's images")


def run(project: Project, study: str | None = None) -> StudiesEvidence:
    """Evaluate the studies and write `studies.json`; what is found of one study alone is no evidence, and not written.

    Args:
        project: the checkout.
        study: one study's name (default: all).

    Raises:
        ValueError: there is no such study.
    """
    studies = project.root / "verification" / "studies"
    names, pivotal = (
        [path.parent.name for path in sorted(studies.glob(f"*/{file}"))] for file in ("plan.yaml", PIVOTAL)
    )
    if study in pivotal:
        raise ValueError(f"study {study}: a pivotal study has no scores yet; see `clearway study size {study}`")
    if study is not None and study not in names:
        raise ValueError(f"study {study}: unknown; expected one of {', '.join(names) or 'none'}")
    issues = [] if names else [blocking("no-study", "verification/studies", "no study", "add a plan.yaml")]
    found: list[Study] = []
    files: list[Path] = []
    for name in [study] if study else names:
        one, problems, read = _evaluate(project, studies / name)
        issues += problems
        files += read
        found += [one] if one else []
    for name in pivotal if study is None else ():
        one, problems, read = evaluate_pivotal(project, studies / name, tuple(found))
        issues += problems
        files += read
        found += [one] if one else []
    issues += _find_shared_names(found)
    evidence = StudiesEvidence(
        source=project.source(files, (*INPUTS, project.product.files), CODE), studies=tuple(found), issues=tuple(issues)
    )
    if study is None:
        write_evidence(project.evidence, "studies.json", evidence)
    return evidence


def _find_shared_names(studies: Sequence[Study]) -> Iterator[Issue]:
    """Yield an issue for each criterion whose name another study has: documents and decisions go by it."""
    owners: dict[str, str] = {}
    for study in studies:
        for one in study.criteria:
            if (owner := owners.setdefault(one.id, study.name)) != study.name:
                where, message = f"verification/studies/{study.name}/criteria.yaml", f"{one.id} is one of {owner} too"
                yield blocking("criterion-shared", where, message, "give it a name of its own")


def _evaluate(project: Project, folder: Path) -> tuple[Study | None, tuple[Issue, ...], tuple[Path, ...]]:
    """A study as evidence, what is wrong with it, and the files that it rests on."""
    study, issues = read_study(folder, project.relative(folder))
    dates = [line.date for line in study.openings] if study else []
    issues += tuple(find_in_history(project, folder / log.LOG, dates))
    if study is None:
        return None, issues, tuple(path for path in folder.iterdir() if path.is_file())
    material = read_material(project, study)
    issues += material.issues
    if study.plan.is_recorded and not study.is_pending:
        found, problems = _take_recorded(material)
    else:
        found, problems = _find(material, _find_gap(study, issues))
    if can_be_repeated(study):
        again, faults = read_repeat(project, folder, found.scores_sha256)
        found, problems = structs.replace(found, repeat=again), (*problems, *faults)
    return found, (*issues, *problems), study.files + material.files


@dataclass(frozen=True, slots=True)
class _Found:
    """What the scores of a study give, or the gap that stands in its place."""

    estimates: tuple[Estimate, ...]
    confusion: Confusion | Gap | NotApplicable
    curve: Curve | Gap | NotApplicable
    analyses: tuple[Analysis, ...]
    gap: Gap | None = None
    members: dict[str, Mask] = field(default_factory=dict)


def _find(material: Material, gap: Gap | None) -> tuple[Study, tuple[Issue, ...]]:
    """A study of a release."""
    issues: tuple[Issue, ...] = ()
    found = _Found((), gap or NO_CASES, gap or NO_CASES, (), gap)
    if gap is None and material.plan.inputs:
        found, issues = _read_record(material.study)
    elif gap is None and material.cases is not None:
        found, issues = _compute(material, material.cases)
    return _state(material, found), issues


def _compute(material: Material, cases: Cases) -> tuple[_Found, tuple[Issue, ...]]:
    """Estimates, the 2x2 table, the curve, and what every registered analysis answers."""
    curve = _draw(cases)
    analyses: list[Analysis] = []
    issues: list[Issue] = []
    for registered in ANALYSES if not isinstance(curve, Gap) else ():
        try:
            analyses += registered.ask(material)
        except ValueError as error:
            issues.append(blocking("table-unusable", material.study.where, str(error), RESCORE))
    found = _Found(
        estimate_all(material, cases), cases.confusion(), curve, tuple(analyses), members=_find_members(material)
    )
    return found, tuple(issues)


def _take_recorded(material: Material) -> tuple[Study, tuple[Issue, ...]]:
    """A study of files that are not in the repository, of which no release is scored: what was recorded, or a gap."""
    found, issues = _read_record(material.study)
    stated = _state(
        material, replace(found, estimates=(), gap=found.gap or Gap(reason="is recorded", closes="nothing"))
    )
    primary = next((one for one in found.analyses if one.role == Role.PRIMARY), None)
    stated = structs.replace(
        stated,
        images=primary.images if primary else None,
        patients=primary.patients if primary else None,
        criteria=judge(material.goals, primary.estimates if primary else (), found.gap),
    )
    return stated, issues


def _read_record(study: StudyFolder) -> tuple[_Found, tuple[Issue, ...]]:
    """What was recorded against outside files, or the gap in its place if nothing of use was; and the issues.

    The estimates are those of the primary analysis and of the subgroups.
    """
    record, problems = read_recorded(study)
    if record is None:
        closes = f"run `clearway evaluate {study.plan.name} --record --data DIR` with the files that the plan names"
        gap = Gap(reason="its analyses are not recorded by the present plan", closes=closes)
        return _Found((), gap, gap, (), gap), problems
    wanted = (Role.PRIMARY, Role.SUBGROUP)
    estimates = tuple(row for one in record.analyses if one.role in wanted for row in one.estimates)
    return _Found(estimates, RECORDED, RECORDED, record.analyses), problems


def _find_gap(study: StudyFolder, issues: tuple[Issue, ...]) -> Gap | None:
    """What stands in place of the estimates; stale or doubtful figures are never shown."""
    if study.is_pending:
        return _find_pending(study)
    if issues:
        return Gap(
            reason=f"{len(issues)} issue(s) with the study's plan, scores, data or release, the first: "
            f"{issues[0].where}: {issues[0].message}",
            closes="mend every issue that `clearway evaluate` names, then evaluate again",
        )
    return None


def _find_pending(study: StudyFolder) -> Gap:
    """What a plan awaits that nothing was scored by."""
    plan = study.plan
    if study.unwritten:
        return Gap(
            reason=f"the study is a plan of which {len(study.unwritten)} text(s) are yet to be written, the first "
            f"{study.unwritten[0]}",
            closes=f"write them, then lock the plan with `clearway study lock {plan.name}`, which names them all",
        )
    if plan.custody:
        holder = plan.custody.holder
        held = "held by somebody else" if holder == "custodian" else "in the developers' hands, and not scored yet"
        return Gap(
            reason=f"awaiting the {holder}: the images and their reads are {held}",
            closes=f"the images are scored with `clearway study custody score {plan.name}`, on the side of the "
            f"{holder}, then the result is taken in with `clearway study custody import`",
        )
    if plan.is_recorded:
        return Gap(
            reason="its analyses are not recorded: the study is a plan",
            closes=f"lock it, then run `clearway evaluate {plan.name} --record --data DIR` with its files",
        )
    return Gap(
        reason="no scores exist: the study is a plan",
        closes=f"lock the release {plan.release} if it is not locked, then score the images of {plan.dataset} "
        "and evaluate by this plan",
    )


def estimate_all(material: Material, cases: Cases) -> tuple[Estimate, ...]:
    """Every metric of all images and of each group of the plan's, and a row for what is not recorded."""
    setting = material.setting
    estimates = [*estimate(cases, setting, "all", material.goals), *estimate_as_if_independent(cases, setting)]
    for name, chosen in _find_members(material).items():
        estimates += estimate(cases.where(chosen), setting, name, material.goals)
    return (*estimates, *(not_recorded(attribute, setting) for attribute in material.plan.not_recorded))


def _find_members(material: Material) -> dict[str, Mask]:
    """By subgroup of the plan, (images with a score,) which of them it holds."""
    scored = np.array([row.score is not None for row in material.rows])
    known = {name: values[scored] for name, values in material.known.items()}
    return {subgroup.name: select(subgroup, known) for subgroup in material.plan.subgroups}


def _draw(cases: Cases) -> Curve | Gap:
    if np.unique(cases.labels).size < 2 or cases.threshold is None:
        return Gap(reason="the images are of one class", closes="score images of both classes")
    return draw_curve(cases.labels, cases.scores, cases.threshold)


def _state_custody(study: StudyFolder) -> tuple[Table, ...]:
    """What a custodian states; nothing where that cannot be read, which is an issue of its own."""
    try:
        return state_custody(study)
    except ValueError:
        return ()


def _state(material: Material, found: _Found) -> Study:
    study, release, plan, scored = material.study, material.release, material.plan, found.gap is None
    deciding = tuple(row for one in found.analyses for row in one.estimates if row.criterion)
    return Study(
        name=plan.name,
        title=plan.title,
        kind=plan.kind,
        label=plan.label,
        release=plan.release,
        release_version=release.version if release else NOT_MADE,
        release_digest=material.setting.digests.release,
        dataset_digest=material.setting.digests.dataset,
        plan=state_plan(plan),
        plan_digest=study.digest,
        scores_sha256=sha256_of(study.scores) if study.scores.is_file() else None,
        openings=study.openings,
        images=len(material.rows) if scored else None,
        patients=len({row.patient for row in material.rows}) if scored else None,
        confusion=found.confusion,
        estimates=found.estimates,
        criteria=judge(material.goals, (*deciding, *found.estimates), found.gap),
        curve=found.curve,
        analyses=found.analyses,
        inputs={name: one.sha256 for name, one in plan.inputs.items()} if found.analyses and plan.inputs else {},
        custody=_state_custody(study),
        holder=plan.custody.holder if plan.custody else None,
        dataset=plan.dataset,
        analysed=sum(row.score is not None for row in material.rows) if scored else None,
        members={name: "".join("01"[each] for each in mask.astype(int)) for name, mask in found.members.items()},
    )
