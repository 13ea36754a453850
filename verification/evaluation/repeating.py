"""Scores a study's images once more by the device as it is, and says where that differs from what is recorded.

A study that is opened once keeps its figures while the device goes on: the release is locked, but what reads, judges
and decodes a file is code. So that the figures are known to be of the device that is described, its scores are made
again and held against those recorded, without a look at a label; nothing is estimated from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from msgspec import structs

from verification.datasets.manifest import blocking
from verification.evaluation import opening
from verification.evaluation.perturbing import score_perturbed
from verification.evidence import Gap, Issue, Opening, Project, Repeat, Repeated, write_atomically
from verification.evidence.project import sha256_of
from verification.product.api import Release
from verification.protocol import log
from verification.protocol.changes import PERTURBATIONS
from verification.protocol.plan import StudyFolder
from verification.protocol.scores import Scored, read_columns, read_scores
from verification.statistics.metrics import Floats

RECORD = "repeat.json"
AS_THEY_ARE = "as they are"
LOCK = "runtime.lock"
"""The libraries that the device judges with."""
CLOSES = "score its images again by the device as it is: `clearway study repeat`"


def repeat(project: Project, name: str, data: Path | None) -> str:
    """Score a study's images again, write what differs into the study's folder, and log it.

    Args:
        project: the checkout.
        name: the study, which its release has scored.
        data: the folder of the images, or the one that holds the data sets' folders.

    Returns:
        What was found, for a person to read.

    Raises:
        ValueError: the study has no scores of this release, is in custody, or its images are missing or are others.
    """
    study = opening.require_study(project, name)
    opening.require_lock(study)
    if not can_be_repeated(study):
        raise ValueError(f"{study.where}: nothing of it was scored here that could be scored again")
    release = opening.require_release(project, study)
    then, issues = read_scores(study.scores, f"{study.where}/{study.scores.name}")
    scored = [one for one in study.openings if one.event == "scored"]
    if issues or scored[-1].release_digest != release.digest:
        raise ValueError(f"{study.where}: has no scores of {release.name} {release.version}; open it first")
    images = opening.find_images(project, study.plan.dataset, study.plan.split, data)
    stated = opening.find_stated(project, study, images)
    now = opening.score_images(images, release, stated)
    rows = [compare(AS_THEY_ARE, _scores(then), _scores(now), release)]
    names = [row.image for row in then]
    changed = read_columns(study.folder / "perturbed.csv", names)
    tell = opening.progress("changed and scored")
    changes = {each: PERTURBATIONS[each] for each in changed if each in PERTURBATIONS}
    found = score_perturbed(images.entries, images.path_of, release, stated, changes, tell) if changes else {}
    rows += [compare(each, changed[each], found[each], release) for each in changes]
    digest = sha256_of(study.scores)
    record = Repeat(opening.today(), release.digest, images.digest, digest, digest_files(project), tuple(rows))
    write_atomically(study.folder / RECORD, msgspec.json.format(msgspec.json.encode(record, order="sorted"), indent=1))
    return _log(study, record, release)


def can_be_repeated(study: StudyFolder) -> bool:
    """Whether its images were scored by whoever has the repository."""
    here = not (study.plan.custody or study.plan.is_recorded)
    return here and any(one.event == "scored" for one in study.openings)


def _scores(rows: Sequence[Scored]) -> Floats:
    return np.array([np.nan if row.score is None else row.score for row in rows])


def compare(what: str, then: Floats, now: Floats, release: Release) -> Repeated:
    """What differs between two scores of the same images, (images,) each; NaN where an image was not analyzed."""
    both, point = ~np.isnan(then) & ~np.isnan(now), release.operating_point
    if point is None:
        raise ValueError(f"release {release.name}: has no threshold")
    apart, flags = np.abs(then - now)[both], [one[both] >= point.threshold for one in (then, now)]
    return Repeated(
        what=what,
        images=then.size,
        analysed_then=int((~np.isnan(then)).sum()),
        analysed_now=int((~np.isnan(now)).sum()),
        decisions=int((flags[0] != flags[1]).sum()),
        largest=float(apart.max(initial=0.0)),
    )


def _log(study: StudyFolder, record: Repeat, release: Release) -> str:
    first = record.rows[0]
    said = (
        f"{first.images} images scored again by the device as it is: {first.analysed_then} analyzed then,"
        f" {first.analysed_now} now; {first.decisions} decisions differ, scores by at most {first.largest:.6f}"
    )
    log.append(study.log, Opening(
        event="repeated", date=record.date, reason=said, release=f"{release.name} {release.version}",
        release_digest=record.release_digest, dataset_digest=record.dataset_digest,
        scores_sha256=record.scores_sha256, files={RECORD: sha256_of(study.folder / RECORD)},
    ))  # fmt: skip
    return f"{study.plan.name}: {said}"


def read_repeat(project: Project, folder: Path, scores: str | None) -> tuple[Repeat | Gap, tuple[Issue, ...]]:
    """What scoring again gave, with the files that have changed since; a gap where nobody has.

    Args:
        project: the checkout.
        folder: the study's.
        scores: the SHA-256 of its table of scores, None if it has none.
    """
    where = project.relative(folder / RECORD)
    try:
        record = msgspec.json.decode((folder / RECORD).read_bytes(), type=Repeat, strict=True)
    except FileNotFoundError:
        return Gap(reason="the images have not been scored again by the device as it is", closes=CLOSES), ()
    except msgspec.DecodeError as error:
        issue = blocking("repeat-unreadable", where, str(error), "restore the file from git")
        return Gap(reason=f"{where} cannot be read", closes=CLOSES), (issue,)
    if record.scores_sha256 != scores:
        return Gap(reason="the images were scored again before these scores were made", closes=CLOSES), ()
    files = digest_files(project)
    since = tuple(name for name in sorted(files | record.files) if files.get(name) != record.files.get(name))
    return structs.replace(record, since=since), ()


def digest_files(project: Project) -> dict[str, str]:
    """The SHA-256 of each file by which the device judges an image: its modules, what they hold, the lock of libraries.

    The files of a release have a digest of their own.
    """
    product = project.product
    device = project.root / product.package
    held = [path for path in device.iterdir() if path.is_file() and path.suffix not in (".py", ".typed")]
    files = [*(device / f"{name}.py" for name in product.scoring), *held, project.root / LOCK]
    return {project.relative(path): sha256_of(path) for path in sorted(files) if path.is_file()}
