"""Everything that a study rests on, read in one place, and held against plan, manifest, release and log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from verification.datasets.description import Description, read_description
from verification.datasets.manifest import Entry, blocking, read_manifest
from verification.datasets.references import find_collection, find_table, read_collection
from verification.estimation.estimates import Cases, Digests, Setting
from verification.estimation.foreign_scores import hold_foreign
from verification.estimation.material import Material
from verification.estimation.own_scores import Opened, hold_own
from verification.estimation.reads import read_tables
from verification.estimation.tuning import find_threshold_faults, read_tuning
from verification.evidence import Analysis, Issue, Project
from verification.evidence.project import sha256_of
from verification.product.api import Release, ReleaseError, read_release
from verification.protocol.changes import LOOKING
from verification.protocol.custody import BESIDE, GROUPS, LUNGS, REGISTRATION, RESULT, read_registration
from verification.protocol.plan import StudyFolder, read_study
from verification.protocol.recorded import find_inputs
from verification.protocol.scores import (
    RESCORE,
    Scored,
    find_binding_faults,
    find_mismatches,
    read_columns,
    read_scores,
)
from verification.protocol.subgroups import Known, describe_images, find_unknown, read_groups
from verification.statistics.metrics import Floats

DATASETS = "verification/datasets"
NOT_MADE = "none: not made"
TAKE_IN = "restore the files from git, or take the result of the sealed list in again"
NO_RELEASE = "none: labels are compared, no release is scored"


def read_material(project: Project, study: StudyFolder) -> Material:
    """Read what the repository holds of a study, and find everything that is wrong with it."""
    if study.plan.is_recorded:
        metadata = find_metadata(project, study)
        setting = _set(study, Digests(NOT_MADE, sha256_of(metadata)))
        return Material(study, setting, files=(metadata,))
    issues: list[Issue] = []
    release = _read_release(project, study, issues)
    files = tuple(path for path in release.folder.iterdir() if path.is_file()) if release else ()
    if study.is_pending:
        setting = _set(study, Digests(release.digest if release else NOT_MADE, NOT_MADE))
        return Material(study, setting, release, files=files, issues=tuple(issues))
    return _read_scored(project, study, release, issues, files)


def _read_scored(
    project: Project, study: StudyFolder, release: Release | None, issues: list[Issue], files: tuple[Path, ...]
) -> Material:
    """What an opening left: rows, the images that they are of, and whether they fit each other, release and log."""
    if study.plan.custody:
        return _read_custody(study, release, issues, files)
    manifest = project.root / DATASETS / study.plan.dataset / "manifest.csv"
    entries, problems = read_manifest(manifest, project.relative(manifest))
    rows, faults = read_scores(study.scores, f"{study.where}/scores.csv")
    digest = sha256_of(manifest) if manifest.is_file() else NOT_MADE
    issues += [*problems, *faults]
    if not problems and not faults:
        issues += find_mismatches(study, rows, entries)
    if release:
        issues += find_binding_faults(study, release, digest)
        issues += find_threshold_faults(study, release)
    files += tuple(path for path in (manifest, *_find_tables(project, study)) if path.is_file())
    known = {} if issues or study.plan.inputs else _know(project, study, rows, entries, issues)
    setting = _set(study, Digests(release.digest if release else NOT_MADE, digest))
    material = Material(study, setting, release, entries, rows, known=known, files=files, issues=tuple(issues))
    return material if issues or study.plan.inputs or not release else _read_beside(project, material, release)


def _read_custody(
    study: StudyFolder, release: Release | None, issues: list[Issue], files: tuple[Path, ...]
) -> Material:
    """What a custodian found, held against release and log; the images are known by numbers alone."""
    rows, faults = read_scores(study.scores, f"{study.where}/scores.csv")
    digest = read_commitment(study)
    issues += [*faults, *_find_unlogged(study)]
    if release:
        issues += find_binding_faults(study, release, digest)
        issues += find_threshold_faults(study, release)
    setting = _set(study, Digests(release.digest if release else NOT_MADE, digest))
    material = Material(study, setting, release, rows=rows, files=files, issues=tuple(issues))
    if issues or not release or not release.operating_point:
        return material
    try:
        return gather_custody(material, study.folder, release.operating_point.threshold)
    except ValueError as error:
        return replace(material, issues=(blocking("table-unusable", study.where, str(error), TAKE_IN),))


def _find_unlogged(study: StudyFolder) -> Iterator[Issue]:
    """Yield an issue if the log's last scoring does not hold every table that the plan asks for."""
    logged = next((one.files for one in reversed(study.openings) if one.event == "scored"), {})
    for name in (*study.plan.tables, RESULT):
        if name not in logged:
            yield blocking("table-unlogged", study.where, f"{name} is of no scoring that the log holds", TAKE_IN)


def read_commitment(study: StudyFolder) -> str:
    """The commitment to the list that a custodian registered; that there is none if the registration is unreadable."""
    try:
        return read_registration(study.folder / REGISTRATION).commitment.value
    except ValueError:  # an issue of the study itself
        return NOT_MADE


def gather_custody(material: Material, folder: Path, threshold: float) -> Material:
    """The images of a custodian's that were analyzed, their groups and the other scores of them.

    Args:
        material: the study with the rows of its table of scores.
        folder: where the custodian's other tables are.
        threshold: the release's.

    Raises:
        ValueError: a table does not hold an image, or a cell is no number.
    """
    scored, planned = [row for row in material.rows if row.score is not None], material.plan.custody
    wanted = tuple(planned.beside) if planned else ()
    beside = read_columns(folder / BESIDE, [row.image for row in material.rows]) if wanted else {}
    if tuple(beside) != wanted:
        raise ValueError(f"{BESIDE}: columns {', '.join(beside)}; expected {', '.join(wanted)}, as in the plan")
    if unknown := [name for name, ranks in beside.items() if np.isnan(ranks).any()]:
        raise ValueError(f"{BESIDE}: {', '.join(unknown)} lacks images")
    return replace(
        material, cases=_gather(scored, threshold), known=read_groups(folder / GROUPS, material.rows), beside=beside,
        lungs=read_lungs(material, folder), tuning=read_tuning(material.release) if material.release else None,
    )  # fmt: skip


def read_lungs(material: Material, folder: Path) -> dict[str, Floats]:
    """The scores of all rows with lungs or surroundings hidden, or moved; none if the plan does not ask.

    Raises:
        ValueError: the table does not hold an image, a cell is no number, or a change is missing.
    """
    if material.plan.lungs is None:
        return {}
    found = read_columns(folder / LUNGS, [row.image for row in material.rows])
    if found.keys() != LOOKING.keys():
        raise ValueError(f"{folder / LUNGS}: columns {', '.join(found)}; expected {', '.join(LOOKING)}")
    return found


def _read_beside(project: Project, material: Material, release: Release) -> Material:
    """The images that were analyzed, and all that their scores are held against."""
    study, scored = material.study, [row for row in material.rows if row.score is not None]
    point, images = release.operating_point, [row.image for row in scored]
    if point is None:
        return material
    try:
        baselines = read_columns(study.folder / "baselines.csv", images)
        perturbed = read_columns(study.folder / "perturbed.csv", images)
        lungs = read_lungs(material, study.folder)
        outside = _read_outside(study)
        data = _describe(project, study.plan.out_of_scope.dataset) if study.plan.out_of_scope else None
    except ValueError as error:
        unusable = blocking("table-unusable", study.where, str(error), RESCORE)
        return replace(material, issues=(*material.issues, unusable))
    return replace(
        material, cases=_gather(scored, point.threshold), tuning=read_tuning(release), outside=outside,
        outside_data=data, training=_read_training(project, study), baselines=baselines, perturbed=perturbed,
        lungs=lungs,
    )  # fmt: skip


def _set(study: StudyFolder, digests: Digests) -> Setting:
    return Setting(study.plan.replicates, study.plan.seed, study.plan.reference_standard, digests)


def _gather(rows: Sequence[Scored], threshold: float) -> Cases:
    """The images that were analyzed."""
    return Cases(
        np.array([row.label for row in rows]),
        np.array([row.score for row in rows], dtype=np.float64),
        np.array([row.patient for row in rows]),
        threshold,
    )


def _read_outside(study: StudyFolder) -> Analysis | None:
    """What an opening found on images out of scope, whose labels are not the project's to publish."""
    path = study.folder / "out_of_scope.json"
    return msgspec.json.decode(path.read_bytes(), type=Analysis) if path.is_file() else None


def _describe(project: Project, dataset: str) -> Description:
    description, issues = read_description(project.root / DATASETS / dataset / "dataset.yaml")
    if description is None:
        raise ValueError("\n".join(f"{issue.where}: {issue.message}" for issue in issues))
    return description


def _read_training(project: Project, study: StudyFolder) -> tuple[Entry, ...]:
    name = study.plan.training_dataset
    if name is None or name == study.plan.dataset:
        return ()
    manifest = project.root / DATASETS / name / "manifest.csv"
    return read_manifest(manifest, project.relative(manifest))[0]


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


def _read_release(project: Project, study: StudyFolder, issues: list[Issue]) -> Release | None:
    try:
        return read_release(project.root / project.product.releases / study.plan.release)
    except ReleaseError as error:
        hint = "restore the release from git, or lock it again"
        issues.append(blocking("release-unreadable", f"{study.where}/plan.yaml", str(error), hint))
        return None


def find_metadata(project: Project, study: StudyFolder) -> Path:
    """The table of images of a study's data set.

    Raises:
        ValueError: it has none.
    """
    found = find_table(project.root / DATASETS, study.plan.dataset)
    if found is None:
        raise ValueError(f"data set {study.plan.dataset}: its dataset.yaml names no table of images")
    return found


# --- tables that are kept elsewhere -----------------------------------------------------------------------------------


def read_outside_material(project: Project, study: StudyFolder, data: Path | None) -> Material:
    """Read a study with the outside tables that its plan names, as far as analyses of them need it.

    Args:
        project: the checkout.
        study: the study, whose plan names inputs.
        data: the folder of the outside tables.

    Raises:
        ValueError: tables are missing, are others or cannot be used, or the study was not opened or has faults.
    """
    inputs, metadata = find_inputs(study, data), find_metadata(project, study)
    collection = read_collection(metadata.parent, sha256_of(metadata))
    reads = read_tables(inputs, collection)
    if study.plan.kind == "reference_standard":
        setting = replace(_set(study, Digests(NO_RELEASE, collection.digest)), reference_standard="")
        return Material(study, setting, labels=reads)
    if not study.plan.is_recorded:
        held = hold_own(study, _read_opened(project, study), reads)
        return Material(study, held.setting, held=held)
    foreign = hold_foreign(study, inputs["scores"], reads)
    return Material(
        study, foreign.held.setting, held=foreign.held, foreign=foreign, planned=_find_planned(project, study),
        rule=_describe(project, study.plan.dataset).split,
    )  # fmt: skip


def _find_planned(project: Project, study: StudyFolder) -> StudyFolder | None:
    """The validation plan of the same release and collection, if there is one."""
    for folder in sorted(study.folder.parent.iterdir()):
        found, _ = read_study(folder, project.relative(folder)) if (folder / "plan.yaml").is_file() else (None, ())
        same = found and (found.plan.release, found.plan.dataset) == (study.plan.release, study.plan.dataset)
        if found and same and found.plan.kind == "validation_plan" and not found.unwritten:
            return found
    return None


def _read_opened(project: Project, study: StudyFolder) -> Opened:
    """What an opening of the study left.

    Raises:
        ValueError: it was not opened, or what it left does not fit plan, release, manifest or log.
    """
    name, split = study.plan.name, _describe(project, study.plan.dataset).split
    if study.is_pending:
        raise ValueError(f"study {name}: was not opened; open it with `clearway study open {study.plan.release}`")
    material = read_material(project, study)
    if material.issues or material.release is None:
        raise ValueError("\n".join(f"{issue.where}: {issue.message}; {issue.hint}" for issue in material.issues))
    return Opened(material.release, material.rows, material.setting.digests.dataset, split)
