"""Opening a study: its plan is locked first, then the locked release scores the images, and the log says so."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
from msgspec import structs

from verification.analyses.out_of_scope import analyse_out_of_scope
from verification.datasets.description import read_description
from verification.datasets.manifest import Entry, read_manifest
from verification.datasets.references import find_collection
from verification.estimation.estimates import Digests, Setting
from verification.evaluation.measuring import score_baselines
from verification.evaluation.perturbing import score_perturbed
from verification.evaluation.pivotal import lock_pivotal
from verification.evaluation.scope import Known, read_known, score_out_of_scope
from verification.evidence import Opening, Project, StudyPlan, alone, write_atomically
from verification.evidence.chain import find_in_history
from verification.evidence.project import sha256_of
from verification.product.api import Intake, Outcome, Release, ReleaseError, analyze, read_release
from verification.protocol import log
from verification.protocol.changes import LOOKING, PERTURBATIONS
from verification.protocol.custody import LUNGS
from verification.protocol.pivotal import PIVOTAL
from verification.protocol.plan import ONCE, TO_BE_WRITTEN, StudyFolder, read_study
from verification.protocol.recorded import code_digest
from verification.protocol.scores import Scored, render_columns, render_scores
from verification.protocol.stated import StatedOf, read_stated, require_admitted, require_analysed


def lock_plan(project: Project, name: str, reason: str | None = None) -> str:
    """Record the digest of a study's plan and criteria before anything is scored by them.

    Args:
        project: the checkout.
        name: the study.
        reason: why it is locked, or locked again, for the log; default what the study is.

    Returns:
        What was done, for a person to read.

    Raises:
        ValueError: there is no such study, it has faults or texts that are yet to be written, or its data were opened
            by an earlier plan of it.
    """
    if (project.root / "verification" / "studies" / name / PIVOTAL).is_file():
        return lock_pivotal(project, name, reason, today())
    study = require_study(project, name)
    if study.unwritten:
        said = [f"{study.where}/{place}: is {TO_BE_WRITTEN.lower()}" for place in study.unwritten]
        raise ValueError(
            "\n".join((*said, "write what a person has to decide, then lock the plan; nothing was locked"))
        )
    if study.locked == study.digest:
        return f"{name}: is locked already, plan digest {study.digest}"
    if not study.plan.is_recorded and any(opening.event in ("opened", "scored") for opening in study.openings):
        raise ValueError(
            f"{study.where}: plan or criteria were changed after the data were opened; restore them from git, or make "
            "the new plan a study of its own"
        )
    before = [] if study.openings else [_prior(use.date, f"{use.what} ({use.source})") for use in study.plan.prior_uses]
    locked = Opening(
        event="plan_locked", date=today(), reason=reason or study.plan.label, plan_digest=study.digest,
        code_digest=code_digest(),
    )  # fmt: skip
    log.append(study.log, *before, locked)
    return f"{name}: locked, plan digest {study.digest}"


def open_study(project: Project, name: str, reason: str, data: Path | None) -> str:
    """Score a study's images with its release, write the tables, and append `opened` and `scored` to the log.

    An opening that was interrupted is continued. The release scores first; what it is compared with follows.

    Args:
        project: the checkout.
        name: the study.
        reason: why the data are used, for the log.
        data: the folder of the images, or the one that holds the data sets' folders.

    Returns:
        What was done, for a person to read.

    Raises:
        ValueError: the plan or the release is not locked, this release has opened it and may once, images are
            missing or are not the manifest's, or the gate refuses most of them; nothing is written then.
    """
    with alone(require_study(project, name).folder / "plan.yaml", f"opening study {name}"):
        return _open(project, name, reason, data)


def _open(project: Project, name: str, reason: str, data: Path | None) -> str:
    study = require_study(project, name)  # as it is now that no other process can open it
    require_lock(study)
    if study.plan.custody:
        raise ValueError(f"{study.where}: its images are a sealed list: clearway study custody score {name}")
    release = require_release(project, study)
    images = find_images(project, study.plan.dataset, study.plan.split, data)
    begun = _find_begun(study, release)
    said = f"{len(images.entries)} images of split {study.plan.split} through research intake"
    facts = Opening(
        event="opened", date=today(), reason=reason, release=f"{release.name} {release.version}",
        release_digest=release.digest, dataset_digest=images.digest, plan_digest=study.digest,
        code_digest=code_digest(),
    )  # fmt: skip
    training = _find_training(project, study, data)
    foreign = _find_foreign(project, study, data)
    stated = find_stated(project, study, images)
    require_admitted(images.entries, images.path_of, release, stated)
    if not begun:
        log.append(study.log, facts)
    rows = score_images(images, release, stated)
    require_analysed([row.not_analysed for row in rows if row.score is None], len(rows))
    tables = {"scores.csv": render_scores(rows)} | _score_beside(study, release, images, training, stated)
    if foreign:
        tables["out_of_scope.json"] = _score_foreign(study, release, *foreign)
    for table, content in tables.items():
        write_atomically(study.folder / table, content)
    files = {table: sha256_of(study.folder / table) for table in tables}
    scored = structs.replace(
        facts, event="scored", date=today(), reason=said, scores_sha256=files["scores.csv"], files=files
    )
    log.append(study.log, scored)
    return f"{name}: {'continued and ' if begun else ''}scored {said}; evaluate it with: clearway evaluate"


def find_study(project: Project, release: str, name: str | None) -> str:
    """The study that a release names as its own, or `name` if that is a study of this release.

    Raises:
        ValueError: there is no such release or study, or the study is of another release.
    """
    try:
        named = name or read_release(project.root / project.product.releases / release).study
    except ReleaseError as error:
        raise ValueError(str(error)) from error
    if named is None:
        raise ValueError(f"release {release}: names no study; give --study NAME")
    study = require_study(project, named)
    if study.plan.release != release:
        raise ValueError(f"{study.where}: is of release {study.plan.release}, not of {release}")
    return named


def describe_log(project: Project, name: str) -> Iterator[str]:
    """Yield each line of a study's log for a person to read."""
    for opening in require_study(project, name).openings:
        what = opening.event.replace("_", " ")
        whose = f"; {opening.release}, digest {opening.release_digest}" if opening.release else ""
        plan = f"; plan {opening.plan_digest}" if opening.plan_digest else ""
        yield f"{opening.date}  {what}: {opening.reason}{whose}{plan}"


def note(project: Project, name: str, event: str, what: str, corrects: str = "") -> str:
    """Append a use of a study's data outside of it, or a correction; returns what was done, for a person to read.

    Args:
        project: the checkout.
        name: the study.
        event: `other_use` or `correction`.
        what: the use, or what is so.
        corrects: the text of the plan beside which documents print a correction.

    Raises:
        ValueError: there is no such study, its plan has no such text, or its log is damaged.
    """
    study, texts = require_study(project, name), structs.fields(StudyPlan)
    if corrects and corrects not in (known := [one.name for one in texts]):
        raise ValueError(f"--of {corrects}: no text of the plan; expected one of {', '.join(known)}")
    log.append(study.log, Opening(event=event, date=today(), reason=what, corrects=corrects))
    return f"{name}: noted"


@dataclass(frozen=True, slots=True)
class Images:
    """The entries of a split, where their files are, and the digest of their manifest."""

    entries: tuple[Entry, ...]
    folder: Path
    digest: str

    def path_of(self, entry: Entry) -> Path:
        """The file of an entry."""
        return self.folder / entry.image


def find_images(project: Project, dataset: str, split: str | None, data: Path | None) -> Images:
    """The images of a split (None: of all) of a data set, each with the manifest's digest.

    Raises:
        ValueError: the manifest cannot be used, no folder is given, or images are missing or changed: all are named.
    """
    if data is None or not data.is_dir():
        raise ValueError(f"no folder of images: found {data}; give --data DIR, the folder of the images of {dataset}")
    home = project.root / "verification" / "datasets" / dataset
    description, issues = read_description(home / "dataset.yaml")
    entries, faults = read_manifest(home / "manifest.csv", project.relative(home / "manifest.csv"))
    if description is None or issues or faults:
        raise ValueError("\n".join(f"{issue.where}: {issue.message}" for issue in (*issues, *faults)))
    folder = description.find_images(data)
    wanted = tuple(entry for entry in entries if split is None or entry.split == split)
    problems = [problem for entry in wanted if (problem := _check_file(folder / entry.image, entry))]
    if problems:
        raise ValueError("\n".join(problems) + "\nnothing was scored")
    return Images(wanted, folder, sha256_of(home / "manifest.csv"))


def _check_file(path: Path, entry: Entry) -> str | None:
    if not path.is_file():
        return f"{path}: missing"
    found = sha256_of(path)
    return None if found == entry.sha256 else f"{path}: SHA-256 {found}; the manifest says {entry.sha256}"


def require_study(project: Project, name: str) -> StudyFolder:
    """A study by name.

    Raises:
        ValueError: there is none of this name, or its folder or log has faults.
    """
    studies = project.root / "verification" / "studies"
    known = sorted(path.parent.name for path in studies.glob("*/plan.yaml"))
    if name not in known:
        raise ValueError(f"study {name}: unknown; expected one of {', '.join(known) or 'none'}")
    study, issues = read_study(studies / name, project.relative(studies / name))
    dates = [line.date for line in study.openings] if study else []
    issues += tuple(find_in_history(project, studies / name / log.LOG, dates))
    if study is None or issues:
        raise ValueError("\n".join(f"{issue.where}: {issue.message}; {issue.hint}" for issue in issues))
    return study


def require_lock(study: StudyFolder) -> None:
    """Refuse a plan that is not locked as it stands.

    Raises:
        ValueError: so it is.
    """
    if study.locked != study.digest:
        raise ValueError(
            f"{study.where}: the plan is not locked as it stands; lock it with: clearway study lock {study.plan.name}"
        )


def require_release(project: Project, study: StudyFolder) -> Release:
    """The locked release that a study is of.

    Raises:
        ValueError: it is unreadable or has no weights.
    """
    try:
        release = read_release(project.root / project.product.releases / study.plan.release)
    except ReleaseError as error:
        raise ValueError(str(error)) from error
    if release.weights is None or release.operating_point is None:
        raise ValueError(f"release {release.name}: has no weights; lock one with: clearway release lock RUN")
    return release


def _find_begun(study: StudyFolder, release: Release) -> bool:
    """Whether this release's last opening was interrupted.

    Raises:
        ValueError: the study is of a kind that a release opens once, and this one has.
    """
    uses = [opening for opening in study.openings if opening.release_digest == release.digest]
    if uses and uses[-1].event == "opened":
        return True
    if study.plan.kind in ONCE and uses:
        raise ValueError(
            f"{study.where}: {release.name} {release.version} has opened it on {uses[-1].date}; it is opened "
            "once by a release, and its figures stand"
        )
    return False


def _find_training(project: Project, study: StudyFolder, data: Path | None) -> Images | None:
    name = study.plan.training_dataset
    return find_images(project, name, "training", data) if name and study.plan.shortcuts else None


def _find_foreign(project: Project, study: StudyFolder, data: Path | None) -> tuple[Images, Known] | None:
    other = study.plan.out_of_scope
    if other is None or data is None:
        return None
    home = project.root / "verification" / "datasets" / other.metadata
    return find_images(project, other.dataset, None, data), read_known(data / other.reads, home)


def find_stated(project: Project, study: StudyFolder, images: Images) -> StatedOf:
    """What is stated of each image, whose file carries no header."""
    asserted = study.plan.asserted
    wanted = asserted is not None and asserted.columns
    collection = find_collection(project.root / "verification" / "datasets", study.plan.dataset) if wanted else None
    return read_stated(asserted, images.entries, collection)


# --- scoring ----------------------------------------------------------------------------------------------------------


def score_images(images: Images, release: Release, stated: StatedOf) -> list[Scored]:
    """Score images through research intake, in their order."""
    tell = progress("scored")
    rows = []
    for number, entry in enumerate(images.entries, start=1):
        rows.append(_score_one(entry, images.path_of(entry), release, stated(entry)))
        tell(number, len(images.entries))
    return rows


def _score_one(entry: Entry, path: Path, release: Release, asserted: Mapping[str, str]) -> Scored:
    analysis = analyze(path, release, Intake.RESEARCH, asserted)
    if analysis.outcome is Outcome.ANALYZED and analysis.finding is not None:
        return Scored(entry.image, entry.patient, entry.label, analysis.finding.score)
    reasons = [f"{rejection.code} ({rejection.found})" for rejection in analysis.rejections]
    return Scored(entry.image, entry.patient, entry.label, None, analysis.failure or "; ".join(reasons))


def _score_beside(
    study: StudyFolder, release: Release, images: Images, training: Images | None, stated: StatedOf
) -> dict[str, bytes]:
    """The tables of what the release is compared with, as far as the plan asks for them."""
    plan, tables = study.plan, {}
    rows = [(entry.image,) for entry in images.entries]
    tell = progress("changed and scored")
    change = partial(score_perturbed, images.entries, images.path_of, release, stated, progress=tell)
    if training is not None:
        folders = {entry: each.folder for each in (training, images) for entry in each.entries}
        found = score_baselines(training.entries, images.entries, folders.__getitem__, progress("measured"))
        tables["baselines.csv"] = render_columns(("image",), rows, found)
    if plan.perturbations:
        tables["perturbed.csv"] = render_columns(("image",), rows, change(PERTURBATIONS))
    if plan.lungs:
        tables[LUNGS] = render_columns(("image",), rows, change(LOOKING))
    return tables


def _score_foreign(study: StudyFolder, release: Release, images: Images, known: Known) -> bytes:
    """The analysis of images out of scope; their labels are not the project's to publish, so it leaves no table."""
    plan = study.plan
    asserted = plan.out_of_scope.asserted if plan.out_of_scope else {}
    setting = Setting(plan.replicates, plan.seed, plan.reference_standard, Digests(release.digest, images.digest))
    outside = score_out_of_scope(
        images.entries, lambda _: images.folder, known, release, asserted, progress("scored out of scope")
    )
    return msgspec.json.format(msgspec.json.encode(analyse_out_of_scope(outside, setting)), indent=1) + b"\n"


def progress(what: str) -> Callable[[int, int], None]:
    """A function that is told how many are done, of how many, and shows on a terminal how long it will take."""
    started = time.monotonic()

    def tell(done: int, total: int) -> None:
        if sys.stderr.isatty():
            left = (time.monotonic() - started) / done * (total - done)
            print(f"\r{what} {done}/{total}, {left:.0f} s left  ", end="" if done < total else "\n", file=sys.stderr)

    return tell


def today() -> str:
    """The date of the clock (UTC)."""
    return datetime.now(UTC).date().isoformat()


def _prior(date: str, reason: str) -> Opening:
    return Opening(event="prior_use", date=date, reason=reason)
