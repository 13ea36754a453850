"""A test that developers cannot see, back in the project: a custodian's result is held against all, and taken in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import structs

from verification.estimation.tuning import find_threshold_faults
from verification.evaluation.custody import count_outcomes, estimate_result
from verification.evaluation.holding import require_custody
from verification.evaluation.opening import require_lock, require_release, require_study, today
from verification.evaluation.sealing import read_seal
from verification.evidence import Estimate, Opening, Project, alone, write_atomically
from verification.evidence.project import sha256_of
from verification.product.api import Release
from verification.protocol import log
from verification.protocol.custody import (
    GROUPS,
    REGISTRATION,
    RESULT,
    SCORES,
    SIGNATURE,
    Registration,
    Result,
    find_deviations,
    read_result,
)
from verification.protocol.plan import StudyFolder
from verification.protocol.scores import Scored, read_scores
from verification.protocol.subgroups import read_groups

TOLERANCE = 1e-9
"""What an estimate may differ by between two processors."""


def take_in(project: Project, name: str, folder: Path, digest: str | None = None) -> str:
    """Take a custodian's result into a study, once, if it is of this plan, release and list and its figures hold.

    Args:
        project: the checkout.
        name: the study.
        folder: the result.
        digest: the SHA-256 of the result that the custodian told by another way; None if none was told, and so the log
            says.

    Returns:
        What was done, for a person to read.

    Raises:
        ValueError: the result is of something else, was changed, does not give the custodian's own estimates, or one
            was taken in before: nothing is written then.
    """
    with alone(require_study(project, name).folder / "plan.yaml", f"taking in a result of study {name}"):
        return _take_in(project, name, folder, digest)


def _take_in(project: Project, name: str, folder: Path, digest: str | None) -> str:
    study = require_study(project, name)  # as it is now that no other process can take a result in
    require_lock(study)
    custody, registration = require_custody(study)
    holder = custody.holder
    release = require_release(project, study)
    if any(one.event == "scored" for one in study.openings):
        raise ValueError(f"{study.where}: a result was taken in before, and stands")
    result = read_result(folder, study.plan.tables)
    if digest is not None and (found := sha256_of(folder / RESULT)) != digest:
        raise ValueError(f"{folder / RESULT}: SHA-256 {found}; the {holder} told {digest}; ask which it is")
    rows = _require_rows(study, release, registration, result, folder)
    _compare(result.estimates, estimate_result(study, release, rows, folder), folder)
    vouched = [_read_signer(folder) or "not signed", "digest told by another way" if digest else "no digest told"]
    kept = (*result.files, RESULT, *((SIGNATURE,) if (folder / SIGNATURE).is_file() else ()))
    for table in kept:
        write_atomically(study.folder / table, (folder / table).read_bytes())
    files = {table: sha256_of(study.folder / table) for table in kept}
    scored = Opening(
        event="scored", date=result.scored_on, release=result.release, release_digest=result.release_digest,
        reason=f"by the {holder}, {result.images} images; {'; '.join(vouched)}; taken in on {today()}",
        plan_digest=result.plan_digest, dataset_digest=result.commitment, scores_sha256=files[SCORES], files=files,
        code_digest=result.code_digest,
    )  # fmt: skip
    log.append(study.log, scored)
    return f"{name}: {result.images} images scored by the {holder} are taken in; evaluate them with: clearway evaluate"


def _read_signer(folder: Path) -> str:
    """Whose certificate signed a result; nothing of one that is not signed."""
    path = folder / SIGNATURE
    if not path.is_file():
        return ""
    return "signed by " + read_seal((folder / RESULT).read_bytes(), path.read_bytes(), str(path))


def _require_rows(
    study: StudyFolder, release: Release, registration: Registration, result: Result, folder: Path
) -> tuple[Scored, ...]:
    """The scores of a result, if result and scores are of this study, and say the same."""
    rows, issues = read_scores(folder / SCORES, str(folder / SCORES))
    if issues:
        raise ValueError("\n".join(f"{issue.where}: {issue.message}" for issue in issues))
    groups = read_groups(folder / GROUPS, rows)
    patients = [row.patient for row in rows]
    wanted: dict[str, tuple[Any, Any]] = {
        "study": (result.study, study.plan.name),
        "plan_digest": (result.plan_digest, study.digest),
        "release_digest": (result.release_digest, release.digest),
        "registration_sha256": (result.registration_sha256, sha256_of(study.folder / REGISTRATION)),
        "commitment": (result.commitment, registration.commitment.value),
        "contents": (result.contents, registration.contents.value if registration.contents else result.contents),
        "images": (result.images, len(rows)),
        "patients": (result.patients, len(set(patients))),
        "positive": (result.positive, sum(row.label for row in rows)),
        "outcomes": (result.outcomes, count_outcomes(rows)),
    }
    faults = [f"{folder}: {of}: found {one}, expected {other}" for of, (one, other) in wanted.items() if one != other]
    views = [str(view) for view in groups["view_position"]] if "view_position" in groups else None
    faults += [
        f"{folder}: {said}" for said in find_deviations([row.label for row in rows], patients, views, registration)
    ]
    faults += [f"release {release.name}: {issue.message}" for issue in find_threshold_faults(study, release)]
    if faults:
        raise ValueError("\n".join(faults))
    return rows


def _compare(stated: Sequence[Estimate], found: Sequence[Estimate], folder: Path) -> None:
    """Hold the custodian's estimates against our own, from the same tables."""
    faults = [
        f"{folder / RESULT}: {mine.metric} of {mine.subgroup} is stated as {theirs.value}, the tables give {mine.value}"
        for theirs, mine in zip(stated, found, strict=False)
        if not _alike(theirs, mine)
    ]
    if len(stated) != len(found):
        faults.append(f"{folder / RESULT}: {len(stated)} estimates; the tables give {len(found)}")
    if faults:
        raise ValueError("\n".join(faults))


def _alike(one: Estimate, other: Estimate) -> bool:
    bare = [structs.replace(each, value=None, interval=None) for each in (one, other)]
    numbers = [list(_numbers(each)) for each in (one, other)]
    close = len(numbers[0]) == len(numbers[1]) and all(
        math.isclose(a, b, rel_tol=0, abs_tol=TOLERANCE) for a, b in zip(*numbers, strict=True)
    )
    return bare[0] == bare[1] and close


def _numbers(row: Estimate) -> Iterator[float]:
    if row.value is not None:
        yield row.value
    if row.interval is not None:
        yield from (row.interval.lower, row.interval.upper)
