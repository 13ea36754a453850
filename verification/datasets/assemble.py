"""A training set put together from folders of one collection: whole images and pictures of lungs alone, with reads.

Each folder holds pictures and `labels.csv`, a line a picture: what its image is in the collection, whose, and how it
was read. What that says of single images stays with whoever has the folders; counts and areas under curves leave them.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from PIL import Image
from scipy.stats import mannwhitneyu

from verification.datasets.description import Assembly, Description, Part, SplitRule
from verification.datasets.manifest import SOURCES, SPLITS, Entry, blocking, render_manifest
from verification.datasets.reads import UNSAFE_MATCH_MSE
from verification.datasets.split import split_of
from verification.datasets.tables import Row
from verification.evidence import Issue, SplitCount, Table

LABELS, RECORD = "labels.csv", "assembled.json"
CLASSES = {"Lung Opacity": 1, "No Lung Opacity / Not Normal": 0, "Normal": 0}
"""RSNA's classes of 2018, as a label."""
GOOGLE = {"YES": 1, "NO": 0}
VIEWS = ("PA", "AP")
NEEDED = (
    "file", "nih_image_index", "patient", "view_position", "age", "sex", "rsna_class", "rsna_match_mse",
    "google_airspace_opacity", "source",
)  # fmt: skip
OTHER_PART = "left out: lungs alone, of patients of tuning and hold-out"
UNREAD = "nobody's read: none, an unsafe match, or none that says yes or no"


@dataclass(frozen=True, slots=True)
class Sample(Entry):
    """A line of the list that a training reads: that of a manifest, and what the draws are balanced by.

    `kind` is `whole` or `lungs`, `source` the public copy that the picture is from, `view` its projection.
    """

    kind: str
    source: str
    view: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A line of a folder's table: the sample that it would be, what it is an image of, and how much of it is lungs."""

    path: Path
    name: str
    patient: str
    view: str
    age: float
    kind: str
    source: str
    label: int | None
    label_source: str
    area: float | None


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`assembled.json`: what was told of a list where the folders were. `made_by` is the digest of the rules."""

    made_by: str
    digest: str
    images: int
    patients: int
    splits: tuple[SplitCount, ...]
    flow: Table
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Assembled:
    """What was put together: the samples, how they came about, and what of them tells the label by itself."""

    samples: tuple[Sample, ...]
    flow: Table
    tables: tuple[Table, ...]


def assemble(
    description: Description, data: Path, progress: Callable[[int, int], None] | None = None
) -> tuple[Assembled | None, tuple[Issue, ...]]:
    """Put a training set together.

    Args:
        description: its dataset.yaml, which names the folders, the ages and the patients that may not be in it.
        data: the folder that holds the folders.
        progress: told after each picture.

    Returns:
        The samples with a read, described; None if something is wrong, with every issue.
    """
    plan, rule = description.assembly, description.split
    if plan is None or rule is None:
        hint = "see verification/datasets/nih_adult/dataset.yaml"
        return None, (blocking("no-assembly", description.name, "dataset.yaml has no `assembly` or no `split`", hint),)
    pictures, issues = read_pictures(plan, data)
    issues = (*issues, *find_faults(pictures, plan, data))
    if issues:
        return None, issues
    kept, steps = _choose(pictures, plan)
    samples, faults = _sample(kept, rule, data, progress)
    if faults:
        return None, faults
    rows = (*steps, (OTHER_PART, len(kept) - len(samples)), ("listed", len(samples)))
    flow = Table(title="From the folders to the list", columns=("Step", "Pictures"), rows=rows)
    return Assembled(samples, flow, tuple(describe(samples, kept))), ()


def describe_assembled(description: Description, found: Assembled) -> Record:
    """What may be told of a list by whoever does not have it."""
    parts = [
        SplitCount(
            name=split, images=len(held), patients=len({one.patient for one in held}),
            positives=sum(one.label for one in held),
        )
        for split in SPLITS
        for held in [[one for one in found.samples if one.split == split]]
    ]  # fmt: skip
    return Record(
        made_by=digest_rules(description), digest=hashlib.sha256(render(found.samples)).hexdigest(),
        images=len(found.samples), patients=len({one.patient for one in found.samples}), splits=tuple(parts),
        flow=found.flow, tables=found.tables,
    )  # fmt: skip


def digest_rules(description: Description) -> str:
    """The SHA-256 of what a list is made by: the folders, the ages, the tests, the division of the patients."""
    rules = msgspec.json.encode([description.assembly, description.split], order="sorted")
    return hashlib.sha256(rules).hexdigest()


def render(samples: Iterable[Sample]) -> bytes:
    """The list as CSV, sorted by picture."""
    return render_manifest(samples, Sample)


# --- reading ----------------------------------------------------------------------------------------------------------


def read_pictures(plan: Assembly, data: Path) -> tuple[tuple[Picture, ...], tuple[Issue, ...]]:
    """Read the table of every folder, and find every line that cannot be used."""
    pictures: list[Picture] = []
    issues: list[Issue] = []
    for part in plan.parts:
        path = data / part.folder / LABELS
        try:
            lines = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        except (OSError, UnicodeDecodeError) as error:
            issues.append(blocking("labels-unreadable", str(path), str(error), "put the folder and its table there"))
            continue
        if missing := sorted(set(NEEDED) - set(lines[0] if lines else ())):
            message = f"no column {', '.join(missing)}"
            issues.append(blocking("labels-columns", str(path), message, "get the table again"))
            continue
        for number, line in enumerate(lines, start=2):
            found = _read_line(line, part, path.parent)
            if isinstance(found, str):
                issues.append(blocking("labels-line", f"{path}:{number}", found, "mend the table, or leave it out"))
            else:
                pictures.append(found)
    return tuple(pictures), tuple(issues)


def _read_line(line: dict[str, str], part: Part, folder: Path) -> Picture | str:
    """A picture, or what is wrong with its line."""
    if line["rsna_class"] not in (*CLASSES, ""):
        return f"rsna_class {line['rsna_class']!r}; expected {', '.join(CLASSES)}, or nothing"
    if line["google_airspace_opacity"] not in (*GOOGLE, ""):
        return f"google_airspace_opacity {line['google_airspace_opacity']!r}; expected YES, NO, or nothing"
    if line["view_position"] not in VIEWS:
        return f"view_position {line['view_position']!r}; expected {' or '.join(VIEWS)}"
    try:
        age, match = float(line["age"]), float(line["rsna_match_mse"] or "inf")
        area = float(line["lung_mask_fraction"]) if "lung_mask_fraction" in line else None
    except ValueError as error:
        return f"age, rsna_match_mse or lung_mask_fraction: {error}"
    label, source = None, ""
    if line["rsna_class"] and match <= UNSAFE_MATCH_MSE:
        label, source = CLASSES[line["rsna_class"]], SOURCES["rsna"]
    elif line["google_airspace_opacity"]:
        label, source = GOOGLE[line["google_airspace_opacity"]], SOURCES["google"]
    return Picture(
        folder / line["file"], line["nih_image_index"], line["patient"], line["view_position"], age, part.kind,
        line["source"], label, source, area,
    )  # fmt: skip


def find_faults(pictures: Sequence[Picture], plan: Assembly, data: Path) -> Iterator[Issue]:
    """Yield an issue for what would spoil a training: patients of a test, an image twice, no negatives, no lungs."""
    forbidden = read_forbidden(plan, data)
    if isinstance(forbidden, Issue):
        yield forbidden
        return
    for picture in pictures:
        if picture.patient in forbidden:
            message = f"patient {picture.patient} is one of {plan.reserved.file if plan.reserved else 'no table'}"
            yield blocking("patient-of-a-test", str(picture.path), message, "take all images of the patient out")
        if picture.area is not None and picture.area <= 0:
            message = "lung_mask_fraction is 0: nothing of the picture is left"
            yield blocking("mask-empty", str(picture.path), message, "take it out")
    counts = Counter((picture.kind, picture.name) for picture in pictures)
    for (kind, name), count in counts.items():
        if count > 1:
            yield blocking("image-twice", name, f"{count} pictures of it, {kind}", "keep one")
    for source in sorted({picture.source for picture in pictures}):
        labels = {picture.label for picture in pictures if picture.source == source}
        if 0 not in labels:
            message = "no image without the finding: its look would tell the label"
            yield blocking("source-without-negatives", f"source {source}", message, "add some, or leave the source out")


def read_forbidden(plan: Assembly, data: Path) -> frozenset[str] | Issue:
    """The patients who may not be in a training; or why they are not known."""
    if plan.reserved is None:
        return frozenset()
    path = data / plan.reserved.file
    try:
        table = pd.read_csv(path, usecols=[plan.reserved.image], dtype=str)
    except (OSError, ValueError, EOFError) as error:
        hint = "put the table of the tests' images there: without it a patient of theirs would not be noticed"
        return blocking("tests-unreadable", str(path), str(error), hint)
    return frozenset(str(int(name.partition("_")[0])) for name in table[plan.reserved.image])


# --- choosing ---------------------------------------------------------------------------------------------------------


def _choose(pictures: Sequence[Picture], plan: Assembly) -> tuple[list[Picture], list[tuple[str, int]]]:
    """The pictures that can be used, and from all of them to these."""
    grown = [picture for picture in pictures if picture.age >= plan.minimum_age_years]
    kept = [picture for picture in grown if picture.label is not None]
    young = f"left out: patients younger than {plan.minimum_age_years:g} years"
    return kept, [
        ("in the folders", len(pictures)),
        (young, len(pictures) - len(grown)),
        (f"left out: {UNREAD}", len(grown) - len(kept)),
    ]


def _sample(
    pictures: Sequence[Picture], rule: SplitRule, data: Path, progress: Callable[[int, int], None] | None
) -> tuple[tuple[Sample, ...], tuple[Issue, ...]]:
    """The pictures with digest and part; of tuning and hold-out whole images alone, as the device gets them."""
    samples, issues = [], []
    for number, picture in enumerate(pictures, start=1):
        split = split_of(picture.patient, rule)
        if split == "training" or picture.kind == "whole":
            found = _read_file(picture)
            if isinstance(found, Issue):
                issues.append(found)
            else:
                relative = picture.path.relative_to(data).as_posix()
                samples.append(
                    Sample(
                        relative, picture.patient, int(bool(picture.label)), picture.label_source, split, found,
                        picture.kind, picture.source, picture.view,
                    )
                )  # fmt: skip
        if progress:
            progress(number, len(pictures))
    return tuple(samples), tuple(issues)


def _read_file(picture: Picture) -> str | Issue:
    """The SHA-256 of a picture's bytes, if it is one; of lungs alone, if something is left of them."""
    try:
        content = picture.path.read_bytes()
        with Image.open(io.BytesIO(content)) as image:
            image.load()
            if picture.kind == "lungs" and np.asarray(image.convert("L")).max() < 16:
                return blocking("mask-empty", str(picture.path), "the picture is black", "take it out")
    except (OSError, ValueError, SyntaxError) as error:
        return blocking("image-unreadable", str(picture.path), str(error), "get the file again")
    return hashlib.sha256(content).hexdigest()


# --- what tells the label by itself -----------------------------------------------------------------------------------


def describe(samples: Sequence[Sample], pictures: Sequence[Picture]) -> Iterator[Table]:
    """Yield what the samples are, and how well each thing that is no lung tells their label."""
    frame = pd.DataFrame([asdict(sample) for sample in samples])
    areas = {picture.path.name: picture.area for picture in pictures if picture.kind == "lungs"}
    names = frame["image"].map(lambda image: Path(image).name)
    frame["area"] = names.map(areas).where(frame["kind"] == "lungs").astype(float)
    yield _count(
        frame.groupby(["kind", "source"]), "Pictures by copy and projection", "copy",
        {"PA": lambda held: int((held["view"] == "PA").sum()), "AP": lambda held: int((held["view"] == "AP").sum())},
    )  # fmt: skip
    yield _count(
        frame.groupby(["kind", "view"]), "Pictures by projection", "projection",
        {"Patients": lambda held: int(held["patient"].nunique())},
    )  # fmt: skip
    yield _count(
        frame.groupby(["kind", "split"]), "Pictures by part", "part",
        {"Patients": lambda held: int(held["patient"].nunique())},
    )  # fmt: skip
    yield Table(
        title="What tells the label without a look at the lungs",
        columns=("Of", "What", "Pictures", "AUROC"),
        rows=tuple(_find_traps(frame)),
    )


def _count(groups: Any, title: str, of: str, columns: dict[str, Callable[[pd.DataFrame], int]]) -> Table:
    """Pictures and the share read as opacity, by kind and something else."""
    rows: list[Row] = []
    for (kind, name), held in groups:
        counts = (count(held) for count in columns.values())
        rows.append((f"{kind}, {of} {name}", len(held), *counts, float(held["label"].mean())))
    return Table(
        title=title, columns=(of.capitalize(), "Pictures", *columns, "Share read as opacity"), rows=tuple(rows)
    )


def _find_traps(frame: pd.DataFrame) -> Iterator[tuple[str, str, int, float | None]]:
    for kind, held in frame.groupby("kind"):
        yield f"{kind}", "projection, AP above PA", len(held), _area(held, held["view"] == "AP")
        shares = held.groupby("source")["label"].transform("mean")
        yield f"{kind}", "the copy, by its share of opacities", len(held), _area(held, shares)
    left = frame[frame["area"].notna()]
    for what, held in (("lungs", left), *((f"lungs, {view}", left[left["view"] == view]) for view in VIEWS)):
        yield what, "the area that is left, the smaller the likelier", len(held), _area(held, -held["area"])


def _area(held: pd.DataFrame, scores: pd.Series[Any]) -> float | None:
    """The area under the curve, ties counted half; None of one class."""
    positive = (held["label"] == 1).to_numpy()
    if not positive.any() or positive.all():
        return None
    values = scores.to_numpy(dtype=np.float64)
    found = mannwhitneyu(values[positive], values[~positive]).statistic
    return float(found / (positive.sum() * (~positive).sum()))
