"""A new study as a skeleton: what is known is filled in, what a person has to decide says so until it is written."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from verification.datasets.description import Description, read_description
from verification.datasets.manifest import read_manifest
from verification.datasets.references import find_collection
from verification.evidence import Project, write_atomically
from verification.evidence.project import sha256_of
from verification.product.api import Release, find_releases, read_release
from verification.protocol.custody import REGISTRATION, Registration, read_registration
from verification.protocol.forms import pivotal
from verification.protocol.pivotal import PIVOTAL
from verification.protocol.plan import RECORDED, TO_BE_WRITTEN
from verification.specification.hints import near

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
INPUTS = {"comparator": ("scores", "rsna", "google"), "reference_standard": ("rsna", "google")}
"""The outside tables that a study of such a kind is computed from, by the names that its code asks for."""
EVALUATED = ("development_holdout", "benchmark")
"""The splits that are there to estimate on."""
REPLICATES = 2000
OLDEST = 120
"""The highest age that is taken for one, where a release states none."""
HEAD = f"""\
# A skeleton. `clearway study lock {{name}}` refuses it as long as a text says {TO_BE_WRITTEN}; prior_uses,
# power, triage and further groups may be added. verification/protocol/plan.py says what each key means.
"""
INTERVALS = """\
Two-sided 95 % percentile interval of the bootstrap that draws patients with replacement, each with all of its
images{0}. Where an estimate is exactly 0 or 1 that interval has no width; the exact binomial interval (Clopper–Pearson)
over the patients of the denominator{1} then decides; for the AUROC over the patients of the smaller class. DeLong's and
Wilson's intervals are printed beside unweighted estimates, assume that images are independent, and decide nothing."""
WEIGHTED = " and their weights", ", with weights over their effective number,"
RULE = re.compile(r"sensitivity on the tuning split is at least (?P<sensitivity>[0-9.]+)")
"""What a release states of the rule that chose its threshold, where a shipped training made it."""


class _Dumper(yaml.SafeDumper):
    """Folds long texts."""


_Dumper.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style=">" * (len(text) > 90))
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The study that is wanted: its name, release, data set (a pivotal study has none) and kind; what some rest on.

    `registration` is what a custodian registered; `inputs` are outside tables, by name, below the folder `data`.
    """

    name: str
    release: str
    dataset: str = ""
    kind: str = "validation_plan"
    registration: Path | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    data: Path | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What a plan can be filled from; `columns` are those that a table of the images has, `headers` whether they do."""

    release: Release
    dataset: Description
    columns: frozenset[str]
    headers: bool
    registration: Registration | None


def write_skeleton(project: Project, wanted: Wanted) -> Path:
    """Write plan and criteria of a new study, whole or not at all, and never over another.

    Returns:
        The study's folder.

    Raises:
        ValueError: the name, the release, the data set or what the kind rests on cannot be used, or there is a study
            of this name.
    """
    studies = project.root / "verification" / "studies"
    folder = studies / wanted.name
    if not NAME.fullmatch(wanted.name):
        raise ValueError(f"study {wanted.name!r}: expected small letters and digits with single hyphens between")
    if folder.exists():
        raise ValueError(f"{project.relative(folder)}: is there already; nothing is written over it")
    contents = _fill_pivotal(project, wanted) if wanted.kind == "pivotal" else _fill_plan(project, wanted)
    contents["criteria.yaml"] = _dump(list(_find_goals(wanted, _find_prefix(studies, wanted.name))))
    studies.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=studies.parent, prefix=".writing-") as temporary:
        new = Path(temporary) / "new"
        for name, text in contents.items():
            write_atomically(new / name, text.encode())
        if wanted.registration:
            write_atomically(new / REGISTRATION, wanted.registration.read_bytes())
        new.rename(folder)  # refuses a folder that holds anything
    return folder


def _fill_plan(project: Project, wanted: Wanted) -> dict[str, str]:
    plan = _plan(wanted, _find_known(project, wanted))
    return {"plan.yaml": HEAD.format(name=wanted.name) + _dump(plan)}


def _fill_pivotal(project: Project, wanted: Wanted) -> dict[str, str]:
    if wanted.dataset:
        raise ValueError(f"--dataset {wanted.dataset}: the images of a pivotal study do not exist; leave it out")
    filled = pivotal.fill_form(wanted.name, _find_release(project, wanted.release))
    return {PIVOTAL: pivotal.HEAD.format(name=wanted.name) + _dump(filled)}


def _dump(value: object) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _decide(what: str) -> str:
    return f"{TO_BE_WRITTEN}: {what}"


# --- what is known ----------------------------------------------------------------------------------------------------


def _find_known(project: Project, wanted: Wanted) -> _Known:
    release, datasets = _find_release(project, wanted.release), project.root / "verification" / "datasets"
    if not wanted.dataset:
        raise ValueError(f"--dataset NAME: a study of the kind {wanted.kind} needs it")
    known = tuple(sorted(path.parent.name for path in datasets.glob("*/dataset.yaml")))
    if wanted.dataset not in known:
        raise ValueError(f"data set {wanted.dataset}: unknown; {_suggest(wanted.dataset, known)}")
    home = datasets / wanted.dataset
    description, issues = read_description(home / "dataset.yaml", project.relative(home / "dataset.yaml"))
    if description is None:
        raise ValueError("\n".join(f"{issue.where}: {issue.message}; {issue.hint}" for issue in issues))
    collection = find_collection(datasets, wanted.dataset)
    columns = frozenset(collection.records.table.columns if collection else ())
    if wanted.kind in RECORDED and not columns:
        raise ValueError(f"data set {wanted.dataset}: has no table of images, which a study of reads needs")
    if (wanted.kind == "custody") != (wanted.registration is not None):
        raise ValueError("--registration FILE, the custodian's, is of --kind custody, which needs it")
    entries, _ = read_manifest(home / "manifest.csv")
    return _Known(
        release=release, dataset=description, columns=columns,
        headers=bool(entries) and all(entry.image.lower().endswith(".dcm") for entry in entries),
        registration=read_registration(wanted.registration) if wanted.registration else None,
    )  # fmt: skip


def _find_release(project: Project, name: str) -> Release:
    releases = project.root / project.product.releases
    if name not in (known := find_releases(releases)):
        raise ValueError(f"release {name}: unknown; {_suggest(name, known)}")
    return read_release(releases / name)


def _suggest(name: str, known: tuple[str, ...]) -> str:
    return f"{near(name, known)} There are {', '.join(known) or 'none'}" if known else "there is none"


def _find_prefix(studies: Path, name: str) -> str:
    """Letters for the criteria that no other study has: the initials of the name, and more where these are taken."""
    held = "\n".join(path.read_text(encoding="utf-8") for path in studies.glob("*/criteria.yaml"))
    taken = set(re.findall(r"CRIT-([A-Z]+)-", held))
    prefix = "".join(word[0] for word in name.split("-") if word[0].isalpha()).upper()
    while prefix in taken:
        prefix += "X"
    return prefix


def _read_inputs(wanted: Wanted) -> dict[str, dict[str, str]]:
    """The outside tables with their digests."""
    needed = INPUTS.get(wanted.kind, ())
    if missing := [name for name in needed if name not in wanted.inputs]:
        raise ValueError(f"--kind {wanted.kind}: needs --input {' --input '.join(f'{name}=FILE' for name in missing)}")
    if wanted.inputs and wanted.data is None:
        raise ValueError("--input: name the folder of these files with --data DIR, or set CLEARWAY_DATA")
    found = {}
    for name, file in wanted.inputs.items():
        path = (wanted.data or Path()) / file
        if not path.is_file() or PurePosixPath(file).is_absolute():
            raise ValueError(f"--input {name}={file}: no such file below {wanted.data}")
        found[name] = {"file": file, "sha256": sha256_of(path)}
    return found


# --- the plan ---------------------------------------------------------------------------------------------------------


def _plan(wanted: Wanted, known: _Known) -> dict[str, Any]:
    release, dataset, inputs = known.release, known.dataset, _read_inputs(wanted)
    split = _find_split(wanted, known)
    plan: dict[str, Any] = {
        "name": wanted.name,
        "title": f"The release {release.name} on the data set {dataset.name}",
        "kind": wanted.kind,
        "label": _decide("what the study is and is not, in a few words, such as: development estimates"),
        "release": release.name,
        "dataset": dataset.name,
        "split": split,
        "objective": _decide("what is estimated, on whom, and what the estimates are to be used for"),
        "population": f"{release.population.description}. {_decide('the patients of these images, where, and when')}",
        "unit": "image, clustered by patient; secondary, the patient with the highest score of the patient's images",
        "reference_standard": _say_reference(known),
        "data": _say_data(known, split),
        "exclusions": [
            "an image that the device does not analyze is counted, and the estimates are bounded by counting each as "
            "decided wrongly and as decided rightly",
            _decide("what else is left out, and counted; delete this line if nothing is"),
        ],
        **_state_rule(release),
        "interval_method": " ".join(INTERVALS.format(*(WEIGHTED if inputs else ("", ""))).split()),
        "replicates": REPLICATES,
        "seed": int.from_bytes(hashlib.sha256(wanted.name.encode()).digest()[:4]),
        "subgroups": list(_find_groups(wanted, known)),
        "not_recorded": list(dataset.not_recorded),
        "sample_size": _decide("how many images and patients there are, why, and what they can show"),
        "limitations": [*dataset.bounds, _decide("what else bounds the figures")],
        "asserted": None if wanted.kind in RECORDED or known.headers else _assert(known),
        **_state_ages(release),
    }
    if wanted.registration:
        plan["custody"] = {"registration_sha256": sha256_of(wanted.registration)}
    return plan | ({"inputs": inputs} if inputs else {})


def _find_split(wanted: Wanted, known: _Known) -> str:
    """The split that is there to estimate on; a custodian's images and tables of others are of none."""
    if wanted.kind in (*RECORDED, "custody"):
        return "none"
    shares = known.dataset.split.shares if known.dataset.split else {}
    split = next((name for name in EVALUATED if name in shares), None)
    if split is None:
        raise ValueError(f"data set {wanted.dataset}: dataset.yaml has no `split` with a part {' or '.join(EVALUATED)}")
    return split


def _say_reference(known: _Known) -> str:
    if known.registration:
        return known.registration.reference_standard
    return _decide("who said of each image whether it shows the finding, on what, and how disagreement was settled")


def _say_data(known: _Known, split: str) -> str:
    if known.registration:
        held = known.registration
        return f"{held.what}: {held.images} images, {held.positive} of them positive, registered {held.registered}"
    part = f"The split {split} of the manifest. " if split != "none" else ""
    return f"{known.dataset.title}. {part}{_decide('who has seen these images and labels, and who could not')}"


def _state_rule(release: Release) -> dict[str, Any]:
    """The rule of the release's threshold, as the release states it, and the sensitivity that it asks for."""
    if release.operating_point is None:
        rule = _decide("the rule that chooses it, and why; its sensitivity as minimum_sensitivity too")
        return {"threshold_rule": f"The release's locked threshold. {rule}"}
    rule = release.operating_point.rule
    stated = RULE.search(rule)
    asked = {"minimum_sensitivity": float(stated["sensitivity"])} if stated else {}
    return {"threshold_rule": f"The release's locked threshold, {rule}", **asked}


def _state_ages(release: Release) -> dict[str, Any]:
    youngest, oldest = release.population.minimum_age_years, release.population.maximum_age_years
    if youngest is None and oldest is None:
        return {}
    return {"ages": {"minimum_years": youngest or 0, "maximum_years": OLDEST if oldest is None else oldest}}


def _find_groups(wanted: Wanted, known: _Known) -> Iterator[dict[str, Any]]:
    """Yield the groups that can be formed by what is known of the images, whoever holds them."""
    views = known.release.population.view_positions
    if "sex" in known.columns:
        yield {"name": "women", "by": "sex", "values": ["F"]}
        yield {"name": "men", "by": "sex", "values": ["M"]}
    if "view" in known.columns and len(views) > 1:
        yield from ({"name": view, "by": "view_position", "values": [view]} for view in views)
    if not known.registration and not wanted.inputs:
        yield {"name": "patients with one image", "by": "images_of_patient", "minimum": 1, "maximum": 1}
        yield {"name": "patients with several images", "by": "images_of_patient", "minimum": 2}


def _assert(known: _Known) -> dict[str, Any]:
    """What is stated of images that carry no header: of each what the table says, the rest by a person."""
    named = {"PatientAge": "age_years", "ViewPosition": "view"}
    columns = {keyword: column for keyword, column in named.items() if column in known.columns}
    views = known.release.population.view_positions
    asked = {
        "PatientAge": _decide("an age as DICOM writes it, such as 034Y"),
        "ViewPosition": _decide(" or ".join(views)),
    }
    return {
        "reason": _decide("why this may be said of files that carry no header; asserted: null if all of them do"),
        "values": {
            "BodyPartExamined": "CHEST",
            "Modality": _decide("CR or DX"),
            **{keyword: text for keyword, text in asked.items() if keyword not in columns},
        },
        "columns": columns,
    }


def _find_goals(wanted: Wanted, prefix: str) -> Iterator[dict[str, Any]]:
    """Yield a criterion for each metric, its bound a number that decides nothing; none where no release is scored."""
    metrics = () if wanted.kind in RECORDED else ("auroc", "sensitivity", "specificity")
    for number, metric in enumerate(metrics, start=1):
        yield {
            "id": f"CRIT-{prefix}-{number}", "metric": metric, "subgroup": "all", "limit": "lower", "comparison": ">",
            "bound": 0.5, "rationale": _decide("the bound, in place of 0.5, and why it is enough"),
        }  # fmt: skip
