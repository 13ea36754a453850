"""A test that developers cannot see, on the custodian's side: a list is registered, and scored once."""

from __future__ import annotations

import csv
import io
import platform
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePath

import msgspec
import numpy as np
import pandas as pd
from msgspec import structs

from verification.datasets.manifest import Entry
from verification.datasets.references import Collection, find_collection
from verification.estimation.estimates import Digests, Setting
from verification.estimation.material import Material
from verification.evaluation.evaluate import estimate_all
from verification.evaluation.opening import progress, require_lock, require_release, require_study, today
from verification.evaluation.reading import gather_custody
from verification.evaluation.sealing import SIGNATURE, seal
from verification.evidence import Estimate, Opening, Project, write_atomically
from verification.evidence.chain import append_chain, read_chain
from verification.evidence.project import sha256_of
from verification.product.api import Intake, Outcome, Release, analyze
from verification.protocol.custody import (
    BESIDE,
    FORM,
    GROUPS,
    REGISTRATION,
    RESULT,
    Registration,
    Result,
    Sealed,
    commit,
    count_projections,
    find_deviations,
    number_apart,
    read_list,
    read_registration,
    read_salt,
)
from verification.protocol.plan import Custody, StudyFolder
from verification.protocol.recorded import code_digest
from verification.protocol.scores import Scored, read_scores, render_columns, render_scores
from verification.protocol.stated import StatedOf, read_stated, require_admitted, require_analysed
from verification.protocol.subgroups import Known, coarsen, describe_images
from verification.statistics.metrics import Floats

SUFFIXES = (".png", ".jpg", ".jpeg", ".dcm", "")
"""What an image's file may end with, whatever the list calls it."""
SCORES = "scores.csv"
COLUMNS = {"view_position": str, "sex": str, "age_years": float}
"""What a list may say of an image where no table of the collection does."""
PACKAGES = ("clearway", "numpy", "pydicom", "pillow", "ai-edge-litert", "imagecodecs", "pylibjpeg-rle")

# --- before the plan is locked ----------------------------------------------------------------------------------------


def register(listed: Path, salt: Path, output: Path, what: str, reference_standard: str) -> str:
    """Write a custodian's registration of a list; the salt is made if there is none.

    Args:
        listed: the list.
        salt: the file of the salt, which stays with the custodian.
        output: `custody.json`, which the sponsor gets.
        what: what the images are, in a sentence.
        reference_standard: what the labels are.

    Returns:
        What was done, for a person to read.

    Raises:
        ValueError: the list or the salt cannot be used, or `output` is there.
    """
    rows = read_list(listed)
    if output.exists():
        raise ValueError(f"{output}: is there already; a list is registered once; name another file")
    if not salt.exists():
        write_atomically(salt, secrets.token_hex(32).encode() + b"\n")
        salt.chmod(0o600)
    patients, views = ([row.said[name] for row in rows if row.said.get(name)] for name in ("patient", "view_position"))
    registration = Registration(
        what=what, registered=today(), images=len(rows), positive=sum(row.label for row in rows),
        reference_standard=reference_standard, commitment=commit(rows, read_salt(salt)),
        patients=len(set(patients)) if len(patients) == len(rows) else None,
        projections=count_projections(views) if len(views) == len(rows) else {},
    )  # fmt: skip
    write_atomically(output, msgspec.json.format(msgspec.json.encode(registration), indent=1) + b"\n")
    return (
        f"{output}: {len(rows)} images registered; give it to the sponsor, and keep {listed} and {salt} to yourself\n"
        f"SHA-256 of the registration, for the plan: {sha256_of(output)}"
    )


# --- on the custodian's side ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """What a custodian holds: the images with their files, what is stated and known of them, and the salt."""

    entries: tuple[Entry, ...]
    paths: Mapping[str, Path]
    stated: StatedOf
    known: Known
    salt: bytes

    def path_of(self, entry: Entry) -> Path:
        """The file of an image."""
        return self.paths[entry.image]


@dataclass(frozen=True, slots=True)
class Given:
    """What a custodian gives: the folder of images, the list, the file of its salt, and perhaps more.

    `images` holds DICOM, PNG or JPEG files, each named as in the list. `data` is the folder of the tables that the plan
    sets beside the scores. `key` is the custodian's key with its certificate (PKCS#12), which signs the result.
    """

    images: Path
    listed: Path
    salt: Path
    data: Path | None = None
    key: Path | None = None


def score(project: Project, name: str, given: Given, output: Path) -> str:
    """Score a custodian's images with the locked release of a locked plan, once, and write the result.

    The use is noted in the custodian's own log beside the list; a run that was interrupted is continued.

    Args:
        project: the sponsor's checkout.
        name: the study.
        given: images, list and salt as they were registered.
        output: the folder of the result, new.

    Returns:
        What was done, for a person to read.

    Raises:
        ValueError: plan or release are not locked, the list is not the registered one, it was scored by this plan,
            images are missing, or the gate refuses most of them: nothing is scored then.
    """
    study = require_study(project, name)
    require_lock(study)
    custody, registration = require_custody(study)
    release = require_release(project, study)
    if output.exists():
        raise ValueError(f"{output}: is there already; name a new folder with --output")
    held = _hold(project, study, registration, given)
    beside = _look_up_all(custody, given.data, held.entries)
    own_log = given.listed.with_name(f"{given.listed.name}.log")
    before = _read_uses(own_log, study, release)
    require_admitted(held.entries, held.path_of, release, held.stated, choose_intake)
    use = Opening(
        event="opened", date=today(), reason=f"study {name}", release=f"{release.name} {release.version}",
        release_digest=release.digest, dataset_digest=registration.commitment.value, plan_digest=study.digest,
        code_digest=code_digest(),
    )  # fmt: skip
    if not before or before[-1].event != "opened":
        append_chain(own_log, use)
    rows = _score_all(held, release)
    require_analysed([row.not_analysed for row in rows if row.score is None], len(rows))
    tables = _render(rows, coarsen(study.plan.subgroups, held.known), beside)
    result = _state(study, release, use, rows, held, [one for one in before if one.event == "scored"])
    digest = _write_result(study, release, result, tables, output)
    if given.key:
        write_atomically(output / SIGNATURE, seal((output / RESULT).read_bytes(), given.key))
    append_chain(own_log, structs.replace(use, event="scored", date=today(), files={RESULT: digest}))
    return (
        f"{output}: {len(rows)} images scored once for {name}; give this folder to the sponsor, and this digest by "
        f"another way: {digest}"
    )


def require_custody(study: StudyFolder) -> tuple[Custody, Registration]:
    """What a study says of images in custody, and the registration.

    Raises:
        ValueError: it is of another kind.
    """
    if study.plan.custody is None:
        raise ValueError(f"{study.where}: kind {study.plan.kind}; expected custody, a study of images held elsewhere")
    return study.plan.custody, read_registration(study.folder / REGISTRATION)


def _hold(project: Project, study: StudyFolder, registration: Registration, given: Given) -> Held:
    """Hold list, collection and folder against what was registered."""
    rows, salt = read_list(given.listed), read_salt(given.salt)
    found = find_collection(project.root / "verification" / "datasets", study.plan.dataset)
    patients = _find_patients(rows, found)
    deviations = find_deviations(rows, patients, registration)
    if (value := commit(rows, salt).value) != registration.commitment.value:
        stated = f"salted digest {value}; registered is {registration.commitment.value}"
        raise ValueError("\n".join([f"the list, or its salt, is not the registered one: {stated}", *deviations]))
    if deviations:
        raise ValueError("\n".join(deviations))
    entries = tuple(
        Entry(row.image, patient, row.label, registration.reference_standard, study.plan.split, "")
        for row, patient in zip(rows, patients, strict=True)
    )
    known = describe_images(entries, found) if found else {**describe_images(entries), **_read_columns(rows)}
    return Held(
        entries, _find_files(given.images, entries), read_stated(study.plan.asserted, entries, found), known, salt
    )


def _find_patients(rows: Sequence[Sealed], collection: Collection | None) -> list[str]:
    table = dict(zip(collection.images, collection.patients, strict=True)) if collection else {}
    patients = [row.said.get("patient") or str(table.get(row.image, "")) for row in rows]
    if missing := [row.image for row, patient in zip(rows, patients, strict=True) if not patient]:
        raise ValueError(
            f"{missing[0]} and {len(missing) - 1} more: patient not known; add a column patient to the list"
        )
    return patients


def _read_columns(rows: Sequence[Sealed]) -> Known:
    return {
        name: np.array([kind(row.said[name] or "nan") if kind is float else row.said[name] for row in rows])
        for name, kind in COLUMNS.items()
        if all(name in row.said for row in rows)
    }


def _find_files(folder: Path, entries: Sequence[Entry]) -> dict[str, Path]:
    if not folder.is_dir():
        raise ValueError(f"{folder}: no such folder; name that of the images with --images")
    paths: dict[str, Path] = {}
    for entry in entries:
        stem = PurePath(entry.image)
        names = (entry.image, *(str(stem.with_suffix(suffix)) for suffix in SUFFIXES))
        if found := next((folder / name for name in names if (folder / name).is_file()), None):
            paths[entry.image] = found
    if missing := [entry.image for entry in entries if entry.image not in paths]:
        raise ValueError("\n".join(f"{folder / image}: missing" for image in missing) + "\nnothing was scored")
    return paths


def _look_up_all(custody: Custody, data: Path | None, entries: Sequence[Entry]) -> dict[str, Floats]:
    """Every other score that the plan names, if the custodian has the tables."""
    return {name: _look_up(custody, name, data, entries) for name in custody.beside} if data else {}


def _look_up(custody: Custody, name: str, data: Path, entries: Sequence[Entry]) -> Floats:
    """(images,) another score of each image, from the table that the plan names; NaN where it has none."""
    stated = custody.beside[name]
    path = data / stated.file
    found = sha256_of(path) if path.is_file() else "none: missing"
    if found != stated.sha256:
        raise ValueError(
            f"{path}: SHA-256 {found}; the plan says {stated.sha256} of {name}; leave --data out, or mend it"
        )
    table = pd.read_csv(path, usecols=[stated.image, stated.score]).set_index(stated.image)[stated.score]
    return np.asarray(table.reindex([entry.image for entry in entries]).to_numpy(dtype=np.float64))


def _read_uses(path: Path, study: StudyFolder, release: Release) -> tuple[Opening, ...]:
    """The lines of the custodian's own log.

    Raises:
        ValueError: the log is damaged, the list was scored by this plan, or that was begun with another release.
    """
    uses, issues = read_chain(path, str(path), Opening)
    if issues:
        raise ValueError("\n".join(f"{issue.where}: {issue.message}" for issue in issues))
    for use in uses:
        if use.plan_digest == study.digest and use.event == "scored":
            raise ValueError(f"{path}: {use.release} was scored on {use.date} by this plan; a list is scored once")
    if uses and uses[-1].event == "opened" and uses[-1].plan_digest == study.digest:
        if uses[-1].release_digest != release.digest:
            raise ValueError(f"{path}: begun with {uses[-1].release}, digest {uses[-1].release_digest}; restore that")
        return uses
    return tuple(use for use in uses if use.event == "scored")


def choose_intake(path: Path) -> Intake:
    """Clinical intake for a DICOM file (PS3.10 7.1), research intake for any other."""
    with path.open("rb") as file:
        return Intake.CLINICAL if file.read(132)[128:] == b"DICM" else Intake.RESEARCH


def _score_all(held: Held, release: Release) -> list[Scored]:
    cases = number_apart([entry.image for entry in held.entries], held.salt, "case")
    patients = number_apart([entry.patient for entry in held.entries], held.salt, "patient")
    tell, rows = progress("scored"), []
    for number, entry in enumerate(held.entries, start=1):
        path = held.path_of(entry)
        intake = choose_intake(path)
        analysis = analyze(path, release, intake, held.stated(entry) if intake is Intake.RESEARCH else {})
        case, patient = cases[entry.image], patients[entry.patient]
        if analysis.outcome is Outcome.ANALYSED and analysis.finding is not None:
            rows.append(Scored(case, patient, entry.label, analysis.finding.score))
        else:
            codes = " and ".join(rejection.code for rejection in analysis.rejections)
            rows.append(Scored(case, patient, entry.label, None, codes or "failed"))  # a message may name the file
        tell(number, len(held.entries))
    return rows


def _render(rows: Sequence[Scored], groups: Known, beside: Mapping[str, Floats]) -> dict[str, bytes]:
    """The tables of a result, by the numbers of the images, whose order tells nothing."""
    order = np.argsort([row.image for row in rows])
    keys = [(rows[place].image,) for place in order]
    tables = {SCORES: render_scores(rows), GROUPS: _render_groups(keys, {n: v[order] for n, v in groups.items()})}
    if beside:
        tables[BESIDE] = render_columns(("image",), keys, {name: values[order] for name, values in beside.items()})
    return tables


def _render_groups(keys: Sequence[tuple[str, ...]], groups: Known) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("image", *groups))
    writer.writerows((*key, *cells) for key, *cells in zip(keys, *groups.values(), strict=True))
    return text.getvalue().encode()


def _state(
    study: StudyFolder, release: Release, use: Opening, rows: Sequence[Scored], held: Held, before: Sequence[Opening]
) -> Result:
    outcomes = Counter(row.not_analysed or "analysed" for row in rows)
    intakes = Counter(str(choose_intake(held.path_of(entry))) for entry in held.entries)
    return Result(
        form=FORM, study=study.plan.name, plan_digest=study.digest, release=use.release, release_digest=release.digest,
        registration_sha256=sha256_of(study.folder / REGISTRATION), commitment=use.dataset_digest, scored_on=today(),
        images=len(rows), patients=len({row.patient for row in rows}), positive=sum(row.label for row in rows),
        outcomes=dict(sorted(outcomes.items())), intakes=dict(sorted(intakes.items())),
        prior_uses=tuple(f"{one.date} {one.release} {one.release_digest}" for one in before),
        versions={"python": platform.python_version(), **{name: metadata.version(name) for name in PACKAGES}},
        code_digest=code_digest(), files={}, estimates=(),
    )  # fmt: skip


def _write_result(
    study: StudyFolder, release: Release, result: Result, tables: Mapping[str, bytes], output: Path
) -> str:
    """Write the tables, then the statement with their digests and the estimates from them; returns its SHA-256."""
    for name, content in tables.items():
        write_atomically(output / name, content)
    files = {name: sha256_of(output / name) for name in tables}
    ordered, _ = read_scores(output / SCORES, SCORES)
    found = estimate_result(study, release, ordered, output)
    whole = structs.replace(result, files=files, estimates=found)
    write_atomically(output / RESULT, msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n")
    return sha256_of(output / RESULT)


def estimate_result(
    study: StudyFolder, release: Release, rows: tuple[Scored, ...], folder: Path
) -> tuple[Estimate, ...]:
    """Every estimate of the plan from the tables of a result: the custodian's, and again where it is taken in."""
    digest = read_registration(study.folder / REGISTRATION).commitment.value
    plan = study.plan
    setting = Setting(plan.replicates, plan.seed, plan.reference_standard, Digests(release.digest, digest))
    point = release.operating_point
    if point is None:
        raise ValueError(f"release {release.name}: has no threshold")
    material = gather_custody(Material(study, setting, release, rows=rows), folder, point.threshold)
    return estimate_all(material, material.cases) if material.cases else ()
