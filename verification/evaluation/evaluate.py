"""`clearway evaluate`: every study's estimates, recomputed from its scores, against its criteria."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from msgspec import structs

from device import Release, ReleaseError, read_release
from verification.analyses import agreement, beside, comparator
from verification.analyses.out_of_scope import begin_at_folder
from verification.datasets.description import Description, read_description
from verification.datasets.manifest import Entry, blocking, read_manifest
from verification.datasets.references import find_collection, find_table, read_collection
from verification.evaluation import release_scores
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
    write_evidence,
)  # fmt: skip
from verification.evidence.chain import find_rewritten
from verification.evidence.project import sha256_of
from verification.protocol import log
from verification.protocol.estimates import (
    Cases,
    Digests,
    Setting,
    estimate,
    estimate_as_if_independent,
    judge,
    not_recorded,
)  # fmt: skip
from verification.protocol.operating_point import draw_curve
from verification.protocol.plan import StudyFolder, read_study
from verification.protocol.recorded import find_inputs, read_recorded, write_recorded
from verification.protocol.scores import RESCORE, Scored, find_binding_faults, find_mismatches, read_scores
from verification.protocol.stated_plan import state_plan
from verification.protocol.subgroups import Known, describe_images, find_unknown, select
from verification.protocol.tuning import find_threshold_faults

RELEASES, DATASETS = "device/releases", "verification/datasets"
NOT_MADE = "none: not made"


@dataclass(frozen=True, slots=True)
class Material:
    """What a study's estimates need, as far as it is there, and what is wrong with it.

    `known` is what is known of each of `rows`.
    """

    release: Release | None
    entries: tuple[Entry, ...]
    dataset_digest: str
    rows: tuple[Scored, ...]
    issues: tuple[Issue, ...]
    files: tuple[Path, ...] = field(default=())
    known: Known = field(default_factory=dict)

    @property
    def digests(self) -> Digests:
        """Of the release and of the dataset."""
        return Digests(self.release.digest if self.release else NOT_MADE, self.dataset_digest)


def run(project: Project, study: str | None = None) -> StudiesEvidence:
    """Evaluate the studies and write `studies.json` (`studies.partial.json`, which is no evidence, for one study).

    Args:
        project: the checkout.
        study: one study's name (default: all).

    Raises:
        ValueError: there is no such study.
    """
    studies = project.root / "verification" / "studies"
    names = sorted(path.parent.name for path in studies.glob("*/plan.yaml"))
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
    evidence = StudiesEvidence(source=project.source(files), studies=tuple(found), issues=tuple(issues))
    name = "studies.partial.json" if study else "studies.json"
    write_evidence(project.evidence, name, evidence, listed=study is None)
    return evidence


def _evaluate(project: Project, folder: Path) -> tuple[Study | None, tuple[Issue, ...], tuple[Path, ...]]:
    study, issues = read_study(folder, project.relative(folder))
    issues += tuple(find_rewritten(project, folder / log.LOG))
    if study is None:
        return None, issues, tuple(path for path in folder.iterdir() if path.is_file())
    if study.plan.is_recorded:
        return _take_recorded(project, study, issues)
    material = _gather(project, study)
    issues += material.issues
    gap = _find_gap(study, issues)
    found = _Found((), gap or NO_CASES, gap or NO_CASES, ())
    point = material.release.operating_point if material.release else None
    if gap is None and study.plan.inputs:
        found, gap, problems = _read_record(study)
        issues += problems
    elif gap is None and point:
        found, problems = _find(project, study, material, point.threshold)
        issues += problems
    return _state(study, material, found, gap), issues, study.files + material.files


@dataclass(frozen=True, slots=True)
class _Found:
    """What the scores of a study give."""

    estimates: tuple[Estimate, ...]
    confusion: Confusion | Gap | NotApplicable
    curve: Curve | Gap | NotApplicable
    analyses: tuple[Analysis, ...]


def _find(
    project: Project, study: StudyFolder, material: Material, threshold: float
) -> tuple[_Found, tuple[Issue, ...]]:
    rows = [row for row in material.rows if row.score is not None]
    cases = _cases(rows, threshold)
    setting = Setting(study.plan.replicates, study.plan.seed, study.plan.reference_standard, material.digests)
    estimates = _estimate(study, cases, material, setting)
    curve = _draw(cases)
    analyses: list[Analysis] = []
    issues: tuple[Issue, ...] = ()
    if not isinstance(curve, Gap) and material.release:
        try:
            analyses += _analyse(project, study, material, estimates, (rows, cases, setting))
        except ValueError as error:
            issues = (blocking("table-unusable", study.where, str(error), RESCORE),)
    return _Found(estimates, cases.confusion(), curve, tuple(analyses)), issues


def _analyse(
    project: Project,
    study: StudyFolder,
    material: Material,
    estimates: tuple[Estimate, ...],
    scored: tuple[Sequence[Scored], Cases, Setting],
) -> Iterator[Analysis]:
    """Yield every analysis beside the estimates; what the plan or the data do not allow is left out."""
    rows, cases, setting = scored
    if material.release is None or cases.threshold is None:
        return
    found = [
        beside.analyse_units(cases, setting),
        beside.analyse_thresholds(study, cases, setting, material.release),
        beside.analyse_prevalence(cases, setting, estimates),
        beside.analyse_power(study, cases, setting),
        beside.analyse_shared_names(rows, cases, _read_training(project, study), setting),
        beside.analyse_dropout(material.rows, cases.threshold, setting),
        beside.analyse_context(study, cases, setting),
    ]
    yield from (one for one in found if one is not None)
    for one in beside.analyse_tables(study, cases, [row.image for row in rows], setting):
        outside = study.plan.out_of_scope if one.role == Role.OUT_OF_SCOPE else None
        yield begin_at_folder(one, _describe(project, outside.dataset)) if outside else one


def _describe(project: Project, dataset: str) -> Description:
    description, issues = read_description(project.root / DATASETS / dataset / "dataset.yaml")
    if description is None:
        raise ValueError("\n".join(f"{issue.where}: {issue.message}" for issue in issues))
    return description


def _read_training(project: Project, study: StudyFolder) -> tuple[Entry, ...]:
    name = study.plan.training_dataset
    if name is None or name == study.plan.dataset:
        return ()
    manifest = project.root / "verification" / "datasets" / name / "manifest.csv"
    return read_manifest(manifest, project.relative(manifest))[0]


def _take_recorded(
    project: Project, study: StudyFolder, issues: tuple[Issue, ...]
) -> tuple[Study, tuple[Issue, ...], tuple[Path, ...]]:
    """A study of files that are not in the repository, of which no release is scored: what was recorded, or a gap."""
    read, gap, problems = _read_record(study)
    metadata = find_metadata(project, study)
    material = Material(None, (), sha256_of(metadata), (), (), (metadata,))
    stated = _state(study, material, replace(read, estimates=()), gap or Gap(reason="is recorded", closes="nothing"))
    primary = next((one for one in read.analyses if one.role == Role.PRIMARY), None)
    stated = structs.replace(
        stated,
        images=primary.images if primary else None,
        patients=primary.patients if primary else None,
        criteria=judge(study.goals, primary.estimates if primary else (), gap),
    )
    return stated, (*issues, *problems), (*study.files, metadata)


def _read_record(study: StudyFolder) -> tuple[_Found, Gap | None, tuple[Issue, ...]]:
    """What was recorded against outside files, the gap in its place if nothing of use was, and the issues.

    The estimates are those of the primary analysis and of the subgroups.
    """
    record, problems = read_recorded(study)
    if record is None:
        closes = f"run `clearway evaluate {study.plan.name} --record --data DIR` with the files that the plan names"
        gap = Gap(reason="its analyses are not recorded by the present plan", closes=closes)
        return _Found((), gap, gap, ()), gap, problems
    wanted = (Role.PRIMARY, Role.SUBGROUP)
    estimates = tuple(row for one in record.analyses if one.role in wanted for row in one.estimates)
    return _Found(estimates, RECORDED, RECORDED, record.analyses), None, problems


def record(project: Project, name: str, data: Path | None) -> str:
    """Compute a study's analyses from the outside files that its plan names, and record them in its folder.

    Returns:
        What was recorded, or that nothing changed, for a person to read.

    Raises:
        ValueError: there is no such study or it is not of that kind, its plan is not locked, or files are missing or
            are others.
    """
    folder = project.root / "verification" / "studies" / name
    if not (folder / "plan.yaml").is_file():
        raise ValueError(f"study {name}: unknown; there is no {project.relative(folder)}/plan.yaml")
    study, issues = read_study(folder, project.relative(folder))
    if study is None or issues:
        raise ValueError("\n".join(f"{issue.where}: {issue.message}" for issue in issues))
    if not study.plan.inputs:
        raise ValueError(f"study {name}: is of kind {study.plan.kind}; open it with `clearway study open`")
    if study.locked != study.digest:
        raise ValueError(f"{study.where}: the plan is not locked as it stands: clearway study lock {name}")
    inputs, metadata = find_inputs(study, data), find_metadata(project, study)
    if not study.plan.is_recorded:
        opened, collection = _read_opened(project, study), read_collection(metadata.parent, sha256_of(metadata))
        analyses = release_scores.analyse(study, opened, inputs, collection)
    else:
        told = study, inputs, metadata.parent, sha256_of(metadata)
        labels = study.plan.kind == "reference_standard"
        analyses = agreement.analyse(*told) if labels else comparator.analyse(*told, _find_planned(project, study))
    path, changed = write_recorded(study, analyses)
    said = "recorded anew" if changed else "computed again, and nothing changed"
    return f"{name}: {', '.join(inputs)}: {said}: {project.relative(path)}"


def _find_planned(project: Project, study: StudyFolder) -> StudyFolder | None:
    """The validation plan of the same release and collection, if there is one."""
    for folder in sorted(study.folder.parent.iterdir()):
        found, _ = read_study(folder, project.relative(folder)) if (folder / "plan.yaml").is_file() else (None, ())
        same = found and (found.plan.release, found.plan.dataset) == (study.plan.release, study.plan.dataset)
        if found and same and found.plan.kind == "validation_plan":
            return found
    return None


def _read_opened(project: Project, study: StudyFolder) -> release_scores.Opened:
    """What an opening of the study left.

    Raises:
        ValueError: it was not opened, or what it left does not fit plan, release, manifest or log.
    """
    name, split = study.plan.name, _describe(project, study.plan.dataset).split
    if study.is_pending:
        raise ValueError(f"study {name}: was not opened; open it with `clearway study open {study.plan.release}`")
    material = _gather(project, study)
    if material.issues or material.release is None:
        raise ValueError("\n".join(f"{issue.where}: {issue.message}; {issue.hint}" for issue in material.issues))
    return release_scores.Opened(material.release, material.rows, material.dataset_digest, split)


def find_metadata(project: Project, study: StudyFolder) -> Path:
    """The table of images of a study's data set.

    Raises:
        ValueError: it has none.
    """
    found = find_table(project.root / DATASETS, study.plan.dataset)
    if found is None:
        raise ValueError(f"data set {study.plan.dataset}: its dataset.yaml names no table of images")
    return found


RECORDED = NotApplicable(
    reason="the study's analyses were recorded from files that are not in the repository; each holds its own estimates"
)
NO_CASES = Gap(reason="no image is scored", closes="score the study's images")


def _gather(project: Project, study: StudyFolder) -> Material:
    """Read release, manifest and scores, and hold them against each other."""
    plan = study.plan
    issues: list[Issue] = []
    files: list[Path] = []
    release = _read_release(project, plan.release, study.where, issues)
    if release:
        files += [path for path in release.folder.iterdir() if path.is_file()]
    if study.is_pending:
        return Material(release, (), NOT_MADE, (), tuple(issues), tuple(files))
    manifest = project.root / "verification" / "datasets" / plan.dataset / "manifest.csv"
    entries, problems = read_manifest(manifest, project.relative(manifest))
    rows, faults = read_scores(study.scores, f"{study.where}/scores.csv")
    dataset_digest = sha256_of(manifest) if manifest.is_file() else NOT_MADE
    issues += [*problems, *faults]
    if not problems and not faults:
        issues += find_mismatches(study, rows, entries)
    if release:
        issues += find_binding_faults(study, release, dataset_digest)
        issues += find_threshold_faults(study, release)
    files += [path for path in (manifest, *_find_tables(project, study)) if path.is_file()]
    known = {} if issues or plan.inputs else _know(project, study, rows, entries, issues)
    return Material(release, entries, dataset_digest, rows, tuple(issues), tuple(files), known)


def _find_tables(project: Project, study: StudyFolder) -> Iterator[Path]:
    """Yield what else the figures are made from: the table of images, and the description of those out of scope."""
    table = find_table(project.root / DATASETS, study.plan.dataset)
    if table:
        yield from (table, table.parent / "mapping.yaml")
    if study.plan.out_of_scope:
        yield project.root / DATASETS / study.plan.out_of_scope.dataset / "dataset.yaml"


def _know(
    project: Project, study: StudyFolder, rows: Sequence[Scored], entries: Sequence[Entry], issues: list[Issue]
) -> Known:
    """What is known of the scored images; what the plan's subgroups need and nobody knows is an issue."""
    listed = {entry.image: entry for entry in entries}
    try:
        collection = find_collection(project.root / DATASETS, study.plan.dataset) if study.plan.subgroups else None
        known = describe_images([listed[row.image] for row in rows], collection)
    except ValueError as error:
        issues.append(blocking("table-unusable", study.where, str(error), "mend the data set's table of images"))
        return {}
    where, hint = f"{study.where}/plan.yaml", "choose the subgroup by what is known, or name it under not_recorded"
    issues += [blocking("subgroup-unknown", where, said, hint) for said in find_unknown(study.plan.subgroups, known)]
    return known


def _read_release(project: Project, name: str, where: str, issues: list[Issue]) -> Release | None:
    try:
        return read_release(project.root / RELEASES / name)
    except ReleaseError as error:
        hint = "restore the release from git, or lock it again"
        issues.append(blocking("release-unreadable", f"{where}/plan.yaml", str(error), hint))
        return None


def _find_gap(study: StudyFolder, issues: Sequence[Issue]) -> Gap | None:
    """What stands in place of the estimates; stale or doubtful figures are never shown."""
    if study.is_pending:
        return Gap(
            reason="no scores exist: the study is a plan",
            closes=f"build and lock the release {study.plan.release} with the images of {study.plan.dataset}, "
            "then score and evaluate by this plan",
        )
    if issues:
        return Gap(
            reason=f"{len(issues)} issue(s) with the study's plan, scores, data or release, the first: "
            f"{issues[0].where}: {issues[0].message}",
            closes="mend every issue that `clearway evaluate` names, then evaluate again",
        )
    return None


def _cases(rows: Sequence[Scored], threshold: float) -> Cases:
    """The images that were analysed."""
    return Cases(
        np.array([row.label for row in rows]),
        np.array([row.score for row in rows], dtype=np.float64),
        np.array([row.patient for row in rows]),
        threshold,
    )


def _estimate(study: StudyFolder, cases: Cases, material: Material, setting: Setting) -> tuple[Estimate, ...]:
    scored = np.array([row.score is not None for row in material.rows])
    known = {name: values[scored] for name, values in material.known.items()}
    estimates = [*estimate(cases, setting, "all", study.goals), *estimate_as_if_independent(cases, setting)]
    for subgroup in study.plan.subgroups:
        chosen = cases.where(select(subgroup, known))
        estimates += estimate(chosen, setting, subgroup.name, study.goals)
    return (*estimates, *(not_recorded(attribute, setting) for attribute in study.plan.not_recorded))


def _draw(cases: Cases) -> Curve | Gap:
    if np.unique(cases.labels).size < 2 or cases.threshold is None:
        return Gap(reason="the images are of one class", closes="score images of both classes")
    return draw_curve(cases.labels, cases.scores, cases.threshold)


def _state(study: StudyFolder, material: Material, found: _Found, gap: Gap | None) -> Study:
    plan, scored = study.plan, gap is None
    return Study(
        name=plan.name,
        title=plan.title,
        kind=plan.kind,
        label=plan.label,
        release=plan.release,
        release_version=material.release.version if material.release else NOT_MADE,
        release_digest=material.digests.release,
        dataset_digest=material.dataset_digest,
        plan=state_plan(plan),
        plan_digest=study.digest,
        scores_sha256=sha256_of(study.scores) if study.scores.is_file() else None,
        openings=study.openings,
        images=len(material.rows) if scored else None,
        patients=len({row.patient for row in material.rows}) if scored else None,
        confusion=found.confusion,
        estimates=found.estimates,
        criteria=judge(study.goals, found.estimates, gap),
        curve=found.curve,
        analyses=found.analyses,
        inputs={name: one.sha256 for name, one in plan.inputs.items()} if found.analyses and plan.inputs else {},
    )
