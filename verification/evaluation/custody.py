"""A test that developers cannot see, on the custodian's side: what was registered is scored, once."""

from __future__ import annotations

import csv
import io
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import msgspec
import numpy as np
from msgspec import structs

from verification.analyses.beside import analyse_beside, analyse_beside_simple
from verification.analyses.lungs import analyse_lungs
from verification.estimation.estimates import Digests, Setting
from verification.estimation.material import Material
from verification.estimation.tuning import find_threshold_faults
from verification.evaluation.evaluate import estimate_all
from verification.evaluation.holding import Given, Held, choose_intake, hold
from verification.evaluation.opening import progress, require_lock, require_release, require_study, today
from verification.evaluation.perturbing import score_perturbed
from verification.evaluation.reading import gather_custody, read_commitment
from verification.evaluation.sealing import read_key, seal
from verification.evidence import Analysis, Estimate, Opening, Project, replacing, write_atomically
from verification.evidence.chain import append_chain, read_chain
from verification.evidence.project import sha256_of
from verification.product.api import Intake, Outcome, Release, analyze
from verification.protocol.changes import LOOKING
from verification.protocol.custody import (
    BESIDE,
    FORM,
    GROUPS,
    LUNGS,
    REGISTRATION,
    RESULT,
    SCORES,
    SIGNATURE,
    Result,
    number_apart,
)
from verification.protocol.plan import StudyFolder
from verification.protocol.recorded import code_digest
from verification.protocol.scores import Scored, read_scores, render_columns, render_scores
from verification.protocol.stated import require_admitted, require_analysed
from verification.protocol.subgroups import Known, coarsen
from verification.statistics.metrics import Floats

PACKAGES = ("clearway", "numpy", "pydicom", "pillow", "ai-edge-litert", "imagecodecs", "pylibjpeg-rle")


def score(project: Project, name: str, given: Given, output: Path) -> str:
    """Score a custodian's images with the locked release of a locked plan, once, and write the result.

    The use is noted in the custodian's own log beside the list; after an interruption the same command begins again.

    Args:
        project: the sponsor's checkout.
        name: the study.
        given: images, list and salt as they were registered.
        output: the folder of the result, new.

    Returns:
        What was done, for a person to read.

    Raises:
        ValueError: plan or release are not locked, the release's threshold is not by the plan's rule, the list is not
            the registered one, it was scored by this plan, images or other scores are missing, the key cannot be used,
            or the gate refuses most images: nothing is scored then.
    """
    study = require_study(project, name)
    require_lock(study)
    release = require_release(project, study)
    if faults := [issue.message for issue in find_threshold_faults(study, release)]:
        raise ValueError("\n".join(faults))
    held, signer = hold(project, study, given), read_key(given.key) if given.key else None
    groups = coarsen(study.plan.subgroups, held.known)
    own_log = given.listed.with_name(f"{given.listed.name}.log")
    uses = _read_uses(own_log)
    begun = _find_begun(uses, study, release, own_log)
    _require_place(output, study, begun)
    require_admitted(held.entries, held.path_of, release, held.stated, choose_intake)
    use = Opening(
        event="opened", date=today(), reason=f"study {name}", release=f"{release.name} {release.version}",
        release_digest=release.digest, dataset_digest=read_commitment(study), plan_digest=study.digest,
        code_digest=code_digest(),
    )  # fmt: skip
    if not begun:
        append_chain(own_log, use)
    rows = _score_all(held, release)
    require_analysed([row.not_analysed for row in rows if row.score is None], len(rows))
    before = [one for one in uses if one is not begun]
    result = _state(project, study, use, rows, held, before)
    with replacing(output) as folder:
        tables = _render(rows, groups, held.beside, _score_hidden(study, held, release, rows))
        digest = _write_result(study, release, result, tables, folder)
        if signer:
            write_atomically(folder / SIGNATURE, seal((folder / RESULT).read_bytes(), signer))
    append_chain(own_log, structs.replace(use, event="scored", date=today(), files={RESULT: digest}))
    return (
        f"{output}: {len(rows)} images scored once for {name}; give this folder to the sponsor, and this digest by "
        f"another way: {digest}"
    )


def _require_place(output: Path, study: StudyFolder, begun: Opening | None) -> None:
    """Refuse a folder that is there, unless it is what an interrupted run of this plan left, and nothing else."""
    if not output.exists():
        return
    ours = {*study.plan.tables, RESULT, SIGNATURE}
    if not begun or not output.is_dir() or {path.name for path in output.iterdir()} - ours:
        raise ValueError(f"{output}: is there already; name a new folder with --output")


def _read_uses(path: Path) -> tuple[Opening, ...]:
    """The lines of the custodian's own log.

    Raises:
        ValueError: the log is damaged.
    """
    uses, issues = read_chain(path, str(path), Opening)
    if issues:
        raise ValueError("\n".join(f"{issue.where}: {issue.message}" for issue in issues))
    return uses


def _find_begun(uses: Sequence[Opening], study: StudyFolder, release: Release, path: Path) -> Opening | None:
    """The line of this plan's run that was interrupted.

    Raises:
        ValueError: the list was scored by this plan, or that was begun with another release.
    """
    own = [use for use in uses if use.plan_digest == study.digest]
    if scored := [use for use in own if use.event == "scored"]:
        raise ValueError(
            f"{path}: {scored[0].release} was scored on {scored[0].date} by this plan; a list is scored once"
        )
    if own and own[-1].release_digest != release.digest:
        raise ValueError(f"{path}: begun with {own[-1].release}, digest {own[-1].release_digest}; restore that")
    return own[-1] if own else None


def _score_all(held: Held, release: Release) -> list[Scored]:
    cases = number_apart([entry.image for entry in held.entries], held.salt, "case")
    patients = number_apart([entry.patient for entry in held.entries], held.salt, "patient")
    tell, rows = progress("scored"), []
    for number, entry in enumerate(held.entries, start=1):
        path = held.path_of(entry)
        intake = choose_intake(path)
        analysis = analyze(path, release, intake, held.stated(entry) if intake is Intake.RESEARCH else {})
        case, patient = cases[entry.image], patients[entry.patient]
        if analysis.outcome is Outcome.ANALYZED and analysis.finding is not None:
            rows.append(Scored(case, patient, entry.label, analysis.finding.score))
        else:
            codes = " and ".join(rejection.code for rejection in analysis.rejections)
            rows.append(Scored(case, patient, entry.label, None, codes or "failed"))  # a message may name the file
        tell(number, len(held.entries))
    return rows


def _score_hidden(study: StudyFolder, held: Held, release: Release, rows: Sequence[Scored]) -> dict[str, Floats]:
    """The scores with lungs hidden, surroundings faded, or moved; none if the plan does not ask.

    A changed picture has no header: those of DICOM files are not tried, nor what was not analyzed as it is; all NaN.
    """
    if study.plan.lungs is None:
        return {}
    pictures = [
        row.score is not None and choose_intake(held.path_of(entry)) is Intake.RESEARCH
        for entry, row in zip(held.entries, rows, strict=True)
    ]
    tried = [entry for entry, is_picture in zip(held.entries, pictures, strict=True) if is_picture]
    found = score_perturbed(tried, held.path_of, release, held.stated, LOOKING, progress("changed and scored"))
    scores = {name: np.full(len(pictures), np.nan) for name in found}
    for name, each in found.items():
        scores[name][pictures] = each
    return scores


def _render(
    rows: Sequence[Scored], groups: Known, beside: Mapping[str, Floats], lungs: Mapping[str, Floats]
) -> dict[str, bytes]:
    """The tables of a result, by the numbers of the images, whose order tells nothing."""
    order = np.argsort([row.image for row in rows])
    keys = [(rows[place].image,) for place in order]
    tables = {SCORES: render_scores(rows), GROUPS: _render_groups(keys, {n: v[order] for n, v in groups.items()})}
    for table, columns in ((BESIDE, beside), (LUNGS, lungs)):
        if columns:
            tables[table] = render_columns(("image",), keys, {name: values[order] for name, values in columns.items()})
    return tables


def _render_groups(keys: Sequence[tuple[str, ...]], groups: Known) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("image", *groups))
    writer.writerows((*key, *cells) for key, *cells in zip(keys, *groups.values(), strict=True))
    return text.getvalue().encode()


def _state(
    project: Project, study: StudyFolder, use: Opening, rows: Sequence[Scored], held: Held, before: Sequence[Opening]
) -> Result:
    intakes = Counter(str(choose_intake(held.path_of(entry))) for entry in held.entries)
    source = project.source(())
    return Result(
        form=FORM, study=study.plan.name, plan_digest=study.digest, release=use.release,
        release_digest=use.release_digest, registration_sha256=sha256_of(study.folder / REGISTRATION),
        commitment=use.dataset_digest, contents=held.contents.value,
        commit=f"{source.commit}{', changed' if source.dirty else ''}", scored_on=today(), images=len(rows),
        patients=len({row.patient for row in rows}), positive=sum(row.label for row in rows),
        outcomes=count_outcomes(rows), intakes=dict(sorted(intakes.items())),
        prior_uses=tuple(f"{one.date} {one.event} by {one.release}, {one.reason}" for one in before),
        versions={"python": platform.python_version(), **{name: metadata.version(name) for name in PACKAGES}},
        code_digest=code_digest(), files={}, estimates=(),
    )  # fmt: skip


def count_outcomes(rows: Sequence[Scored]) -> dict[str, int]:
    """How many images were analyzed and, by reason, how many were not."""
    return dict(sorted(Counter(row.not_analysed or "analysed" for row in rows).items()))


def _write_result(
    study: StudyFolder, release: Release, result: Result, tables: Mapping[str, bytes], folder: Path
) -> str:
    """Write the tables, then the statement with their digests and the estimates from them; returns its SHA-256."""
    for name, content in tables.items():
        write_atomically(folder / name, content)
    files = {name: sha256_of(folder / name) for name in tables}
    ordered, _ = read_scores(folder / SCORES, SCORES)
    whole = structs.replace(result, files=files, estimates=estimate_result(study, release, ordered, folder))
    write_atomically(folder / RESULT, msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n")
    return sha256_of(folder / RESULT)


def estimate_result(
    study: StudyFolder, release: Release, rows: tuple[Scored, ...], folder: Path
) -> tuple[Estimate, ...]:
    """Every estimate of the plan from the tables of a result: the custodian's, and again where it is taken in.

    Raises:
        ValueError: a table cannot be used, or the release has no threshold.
    """
    plan, digests = study.plan, Digests(release.digest, read_commitment(study))
    point = release.operating_point
    if point is None:
        raise ValueError(f"release {release.name}: has no threshold")
    setting = Setting(plan.replicates, plan.seed, plan.reference_standard, digests)
    material = gather_custody(Material(study, setting, release, rows=rows), folder, point.threshold)
    if material.cases is None or not material.cases.labels.size:
        return ()
    further: list[Analysis | None] = []
    if material.beside:
        given = rows, material.beside, material.known, plan, study.goals, setting
        further += [analyse_beside(*given), analyse_beside_simple(*given)]
    if material.lungs:
        further.append(analyse_lungs(rows, material.lungs, material.known, plan, material.cases, setting))
    return (*estimate_all(material, material.cases), *(row for one in further if one for row in one.estimates))
