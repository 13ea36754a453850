"""What a manifest says: labels, splits and their patients, identical files, and what another part may share with it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from verification.datasets.description import Description
from verification.datasets.manifest import BENCHMARK, SPLITS, Entry
from verification.datasets.split import patient_of
from verification.datasets.tables import Row, bars, images_table, not_recorded_table
from verification.evidence import Dataset, Figure, SplitCount, Table

FEWEST = 30
"""With fewer positives or negatives than this, an estimate tells next to nothing."""
TARGET = "pneumonia"
PREFIX = re.compile(r"(person\d+|(NORMAL2-)?IM-\d+)")


def describe_manifest(
    description: Description, entries: Sequence[Entry], digest: str, beside: Sequence[Entry] = (), target: str = TARGET
) -> Dataset:
    """Describe a split collection from its manifest.

    Args:
        description: what is said of it.
        entries: its images; a patient that is not recorded is an empty text.
        digest: the SHA-256 of the list.
        beside: the images of the part that it is held against.
        target: what a positive label says.
    """
    per_patient = Counter(entry.patient for entry in entries if entry.patient)
    return Dataset(
        name=description.name,
        title=description.title,
        origin=description.origin,
        terms=description.terms,
        role=description.role,
        images=len(entries),
        patients=len(per_patient),
        digest=digest,
        tables=(_label_table(entries), *([images_table(per_patient.values())] if per_patient else []),
                *find_leakage_tables(entries, beside), not_recorded_table(description)),
        splits=tuple(_count_split(name, entries) for name in splits_of(entries)),
        flow=(*([description.made_from.state()] if description.made_from else []), _flow_table(entries, target),
              *_find_shared_flows(entries, beside, target)),
        limitations=description.bounds,
        spectrum=description.spectrum,
        country=description.country,
        ages=description.ages,
        reference_standard=description.reference_standard,
        figures=(_label_figure(entries),),
    )  # fmt: skip


def splits_of(entries: Sequence[Entry]) -> tuple[str, ...]:
    """The splits that occur, in their order."""
    found = {entry.split for entry in entries}
    known = tuple(name for name in (*SPLITS, BENCHMARK) if name in found)
    return known + tuple(sorted(found - set(known)))


def count(entries: Sequence[Entry]) -> tuple[int, int, int, int]:
    """Images, patients, positives and negatives."""
    positives = sum(entry.label for entry in entries)
    return len(entries), len({entry.patient for entry in entries if entry.patient}), positives, len(entries) - positives


def _count_split(name: str, entries: Sequence[Entry]) -> SplitCount:
    images, patients, positives, _ = count([entry for entry in entries if entry.split == name])
    return SplitCount(name=name, images=images, patients=patients, positives=positives)


def _say(name: str) -> str:
    return name.replace("_", " ")


def _label_table(entries: Sequence[Entry]) -> Table:
    rows: list[Row] = []
    names = splits_of(entries)
    for source in sorted({entry.label_source for entry in entries}):
        chosen = [entry for entry in entries if entry.label_source == source]
        counts = Counter(entry.split for entry in chosen)
        rows.append((source, *(counts[name] for name in names), *count(chosen)[:2]))
    columns = ("Label, as the collection gives it", *(f"Images, {_say(name)}" for name in names))
    return Table(title="Labels by split", columns=(*columns, "Images", "Patients"), rows=tuple(rows))


def _label_figure(entries: Sequence[Entry]) -> Figure:
    counts = sorted(Counter(entry.label_source for entry in entries).items())
    return bars("Images by label", "Label, as the collection gives it", "Images", counts, "Images")


def _columns(target: str) -> tuple[str, ...]:
    return "Step", "Images", "Patients", f"Labeled {target}", "Not so labeled"


def _flow_table(entries: Sequence[Entry], target: str) -> Table:
    """From what was read to what each split holds; the splits sum to what was read."""
    parts = {name: [entry for entry in entries if entry.split == name] for name in splits_of(entries)}
    rows = (("Listed in the manifest", *count(entries)),
            *((f"of these: {_say(name)}", *count(part)) for name, part in parts.items()))  # fmt: skip
    return Table(title="Flow of images", columns=_columns(target), rows=rows)


# --- leakage ----------------------------------------------------------------------------------------------------------


def find_leakage_tables(entries: Sequence[Entry], beside: Sequence[Entry] = ()) -> Iterator[Table]:
    """Yield what is on two sides of the split, and identical files, as tables of counts."""
    sides: dict[str, set[str]] = {}
    for entry in entries:
        if entry.patient:
            sides.setdefault(entry.patient, set()).add(entry.split)
    across = {patient for patient, splits in sides.items() if len(splits) > 1}
    if len(splits_of(entries)) > 1:
        rows = (("Patients", len(sides)), ("of these in more than one split", len(across)),
                ("Images of those", sum(entry.patient in across for entry in entries)))  # fmt: skip
        yield Table(title="Patients across splits", columns=("", "Number"), rows=rows)
    yield _duplicates_table(entries, beside)


def _duplicates_table(entries: Sequence[Entry], beside: Sequence[Entry]) -> Table:
    splits: dict[str, list[str]] = {}
    for entry in entries:
        splits.setdefault(entry.sha256, []).append(entry.split)
    groups = [found for found in splits.values() if len(found) > 1]
    rows = [("Groups of identical files", len(groups)), ("Images in them", sum(map(len, groups))),
            ("Groups in more than one split", sum(len(set(found)) > 1 for found in groups))]  # fmt: skip
    if beside:
        shared = set(splits) & {entry.sha256 for entry in beside}
        rows.append(("Files that the other part holds too", sum(len(splits[digest]) for digest in shared)))
    return Table(title="Identical files", columns=("", "Number"), rows=tuple(rows))


def prefix_of(image: str) -> str:
    """The part of a file name before the number of the image: `person87`, `IM-0115`, `NORMAL2-IM-0115`."""
    name = image.rsplit("/", 1)[-1]
    match = PREFIX.match(name)
    return match[0] if match else name


def _patient_of(image: str) -> str:
    name = image.rsplit("/", 1)[-1]
    return (patient_of(name) or (name, ""))[0]


def _find_shared_flows(entries: Sequence[Entry], beside: Sequence[Entry], target: str) -> Iterator[Table]:
    """Yield what remains without the names that the other part has too, for both readings of a name."""
    if not beside:
        return
    ways = (
        ("the prefix of the file name", "names", prefix_of),
        ("the number, IM-n and NORMAL2-IM-n taken as one", "numbers", _patient_of),
    )
    for title, what, name_of in ways:
        known = {name_of(entry.image) for entry in beside}
        shared = {name_of(entry.image) for entry in entries} & known
        out = [entry for entry in entries if name_of(entry.image) in shared]
        rest = [entry for entry in entries if name_of(entry.image) not in shared]
        rows = (("Listed in the manifest", *count(entries)),
                (f"left out: {len(shared)} {what} that the other part has too", *count(out)),
                ("remaining", *count(rest)))  # fmt: skip
        said = "" if is_informative(rest) else f"; uninformative: fewer than {FEWEST} of a class remain"
        full = f"Without what the other part may share, by {title} (whether they are one child is not published){said}"
        yield Table(title=full, columns=_columns(target), rows=rows)


def is_informative(entries: Sequence[Entry]) -> bool:
    """Whether there are enough positives and negatives for an estimate to say something."""
    _, _, positives, negatives = count(entries)
    return min(positives, negatives) >= FEWEST
