"""Splits by patient, manifests and their faults, and what exploration counts."""

import hashlib
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from verification.datasets.describe_manifest import describe_manifest
from verification.datasets.description import SplitRule, read_description
from verification.datasets.explore import run as explore
from verification.datasets.manifest import SPLITS, Entry, read_manifest, render_manifest
from verification.datasets.split import find_folder_issues, merge_patients, patient_of, split_of
from verification.datasets.split import run as split
from verification.evidence import DatasetsEvidence, Project, find_project, read_evidence

PROJECT = find_project()
KERMANY = PROJECT.root / "verification" / "datasets" / "kermany224"
BENCHMARK_FOLDER = KERMANY.parent / "kermany224_test"
NIH = PROJECT.root / "verification" / "datasets" / "nih"
RULE = SplitRule(
    key="test", shares=dict(zip(SPLITS, (0.5, 0.25, 0.25), strict=True)), folders=("train/NORMAL", "train/PNEUMONIA")
)
DESCRIPTION = """
name: tiny
title: t
origin: o
terms: t
role: r
limitations: []
split: {key: k, shares: {training: 0.5, tuning: 0.25, development_holdout: 0.25},
        folders: [train/NORMAL, train/PNEUMONIA]}
"""


def git(root):
    """Make a folder a checkout with one commit."""
    identity = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.invalid"]
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", "-C", str(root), *command], check=True)


def total(rows: Sequence[tuple[str | int | float | None, ...]], column: int) -> int:
    """The sum of a column that holds counts."""
    return sum(int(row[column] or 0) for row in rows)


@pytest.mark.parametrize(
    ("name", "patient", "source"),
    [
        ("person87_virus_160.jpeg", "person87", "PNEUMONIA/virus"),
        ("person87_bacteria_433.jpeg", "person87", "PNEUMONIA/bacteria"),
        ("person1_virus_6_2.jpeg", "person1", "PNEUMONIA/virus"),
        ("IM-0115-0001.jpeg", "IM-0115", "NORMAL"),
        ("IM-0429-0001-0002.jpeg", "IM-0429", "NORMAL"),
        ("NORMAL2-IM-0115-0001.jpeg", "IM-0115", "NORMAL"),
    ],
)
def test_the_file_name_carries_the_patient(name, patient, source):
    assert patient_of(name) == (patient, source)


@pytest.mark.parametrize(
    "name", ["person_virus_1.jpeg", "IM-0115.jpeg", "x-IM-0115-0001.jpeg", "person1_fungus_2.jpeg"]
)
def test_any_other_name_carries_none(name):
    assert patient_of(name) is None


def test_patients_who_share_an_image_are_one_however_long_the_chain():
    merged = merge_patients([("d", "1"), ("c", "1"), ("c", "2"), ("b", "2"), ("b", "3"), ("a", "3"), ("z", "4")])
    assert merged == {"a": "a", "b": "a", "c": "a", "d": "a", "z": "z"}


def test_the_split_is_stable_keyed_and_near_its_shares():
    names = [f"p{n}" for n in range(4000)]
    counts = Counter(split_of(name, RULE) for name in names)
    assert counts["training"] / 4000 == pytest.approx(0.5, abs=0.03)
    assert counts["tuning"] / 4000 == pytest.approx(0.25, abs=0.03)
    other = SplitRule(key="other", shares=RULE.shares, folders=())
    assert [split_of(name, RULE) for name in names] != [split_of(name, other) for name in names]


@pytest.fixture
def tree(tmp_path):
    """A checkout and a folder of images in which persons 1 and 2 share one image, and an unread test part."""
    source, output = tmp_path / "images", tmp_path / "checkout" / "tiny"
    output.mkdir(parents=True)
    (output / "dataset.yaml").write_text(DESCRIPTION)
    names = [f"train/NORMAL/IM-{n:04}-0001.jpeg" for n in range(12)]
    names += [f"train/PNEUMONIA/person{n}_{'virus' if n % 2 else 'bacteria'}_{n}.jpeg" for n in range(12)]
    for number, name in enumerate([*names, "test/NORMAL/unreadable name.jpeg"]):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shade = 99 if name.endswith(("person1_virus_1.jpeg", "person2_bacteria_2.jpeg")) else number
        Image.fromarray(np.full((8, 8), shade, dtype=np.uint8)).save(source / name)
    return Project(tmp_path / "checkout"), source, output


def test_a_split_is_whole_disjoint_and_reads_the_named_folders_only(tree):
    project, source, output = tree
    assert split(project, source, output) == ()
    entries, issues = read_manifest(output / "manifest.csv")
    assert issues == ()
    assert len(entries) == 24
    assert not any(entry.image.startswith("test/") for entry in entries)
    twins = {entry.patient for entry in entries if "person1_" in entry.image or "person2_" in entry.image}
    assert twins == {"person1"}
    assert all(hashlib.sha256((source / e.image).read_bytes()).hexdigest() == e.sha256 for e in entries)
    before = (output / "manifest.csv").read_bytes()
    split(project, source, output)
    assert (output / "manifest.csv").read_bytes() == before


def test_every_file_that_cannot_be_placed_is_named_and_nothing_is_written(tree):
    project, source, output = tree
    (source / "train/NORMAL/holiday.jpeg").write_bytes(b"")
    (source / "train/NORMAL/IM-9999-0001.jpeg").write_bytes(b"no jpeg")
    (source / "train/NORMAL/person7_virus_1.jpeg").write_bytes(b"")
    issues = split(project, source, output)
    assert {issue.code for issue in issues} == {"patient-unknown", "image-unreadable", "label-conflict"}
    assert {issue.where.rsplit("/", 1)[-1] for issue in issues} == {
        "holiday.jpeg", "IM-9999-0001.jpeg", "person7_virus_1.jpeg"
    }  # fmt: skip
    assert not (output / "manifest.csv").exists()


def test_missing_changed_and_unlisted_images_are_all_found(tree):
    project, source, output = tree
    split(project, source, output)
    description, _ = read_description(output / "dataset.yaml")
    manifest = output / "manifest.csv"
    assert list(find_folder_issues(manifest, source, description)) == []
    (source / "train/NORMAL/IM-0000-0001.jpeg").unlink()
    (source / "train/NORMAL/IM-0001-0001.jpeg").write_bytes(b"other")
    (source / "train/NORMAL/IM-0777-0001.jpeg").write_bytes(b"new")
    found = {(issue.code, issue.where[-17:]) for issue in find_folder_issues(manifest, source, description)}
    assert found == {
        ("image-missing", "IM-0000-0001.jpeg"), ("image-changed", "IM-0001-0001.jpeg"),
        ("image-unlisted", "IM-0777-0001.jpeg"),
    }  # fmt: skip


ENTRY = Entry("a.jpeg", "p1", 1, "s", "training", "0" * 64)


def test_a_manifest_tells_all_its_faults_with_their_lines(tmp_path):
    path = tmp_path / "manifest.csv"
    good = render_manifest([ENTRY]).decode()
    bad = [
        "b.jpeg,p2,2,s,training," + "1" * 64,
        "c.jpeg,p3,1,s,validation," + "2" * 64,
        "d.jpeg,,1,s,tuning," + "3" * 64,
        "e.jpeg,p5,1,s,tuning,abc",
        "f.jpeg,p6",
        "a.jpeg,p1,1,s,tuning," + "0" * 64,
    ]
    path.write_text(good + "\n".join(bad) + "\n")
    entries, issues = read_manifest(path)
    assert len(entries) == 2
    assert [issue.where.rsplit(":", 1)[-1] for issue in issues if issue.code == "manifest-row"] == list("34567")
    assert {issue.code for issue in issues} == {
        "manifest-row", "manifest-duplicate", "patient-leak", "duplicate-leak"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "code"),
    [("", "manifest-header"), ("image,patient\n", "manifest-header"), (None, "manifest-unreadable"),
     ("image,patient,label,label_source,split,sha256\n", "manifest-empty")],
)  # fmt: skip
def test_a_manifest_that_is_none_says_so(tmp_path, content, code):
    if content is not None:
        (tmp_path / "m.csv").write_text(content)
    assert [issue.code for issue in read_manifest(tmp_path / "m.csv")[1]] == [code]


def test_the_committed_manifest_is_sound_and_of_the_training_part():
    entries, issues = read_manifest(KERMANY / "manifest.csv")
    assert issues == ()
    assert Counter(entry.label_source for entry in entries) == {
        "NORMAL": 1341, "PNEUMONIA/bacteria": 2530, "PNEUMONIA/virus": 1345
    }  # fmt: skip
    assert all(entry.image.startswith("train/") for entry in entries)
    rule = read_description(KERMANY / "dataset.yaml")[0].split
    assert all(entry.split == split_of(entry.patient, rule) for entry in entries)


def test_the_flow_of_a_manifest_sums():
    entries, _ = read_manifest(KERMANY / "manifest.csv")
    described = describe_manifest(read_description(KERMANY / "dataset.yaml")[0], entries, "digest")
    whole, *parts = described.flow[0].rows
    assert [sum(column) for column in zip(*(row[1:] for row in parts), strict=True)] == list(whole[1:])
    assert described.images == whole[1] == sum(split.images for split in described.splits)
    images = next(table for table in described.tables if table.title == "Images per patient")
    assert total(images.rows, 2) == described.images
    assert total(images.rows, 1) == described.patients


def test_an_unknown_key_of_a_description_is_refused(tmp_path):
    (tmp_path / "dataset.yaml").write_text(DESCRIPTION + "color: blue\n")
    description, (issue,) = read_description(tmp_path / "dataset.yaml")
    assert description is None
    assert "color" in issue.message


def test_exploration_writes_what_it_describes(tmp_path):
    root = tmp_path / "checkout"
    shutil.copytree(PROJECT.root / "verification" / "datasets", root / "verification" / "datasets")
    git(root)
    evidence = explore(Project(root))
    assert evidence.issues == ()
    names = ["kermany224", "kermany224_test", "nih", "nih621_384", "nih_adult"]
    assert [dataset.name for dataset in evidence.datasets] == names
    assert "verification/datasets/nih/Data_Entry_2017_v2020.csv.gz" in evidence.source.inputs
    assert read_evidence(root / "build" / "evidence", "datasets.json", DatasetsEvidence) == evidence


def test_a_damaged_dataset_is_named_and_hides_no_other(tmp_path):
    root = tmp_path / "checkout"
    shutil.copytree(PROJECT.root / "verification" / "datasets", root / "verification" / "datasets")
    (root / "verification/datasets/nih/Data_Entry_2017_v2020.csv.gz").write_bytes(b"not gzip")
    git(root)
    evidence = explore(Project(root))
    assert [issue.code for issue in evidence.issues] == ["metadata-unreadable"]
    names = ["kermany224", "kermany224_test", "nih621_384", "nih_adult"]
    assert [dataset.name for dataset in evidence.datasets] == names


def test_the_public_test_part_is_a_benchmark_whole_and_apart_from_the_training_part():
    entries, issues = read_manifest(BENCHMARK_FOLDER / "manifest.csv")
    assert issues == ()
    assert Counter((entry.label, entry.split) for entry in entries) == {(0, "benchmark"): 234, (1, "benchmark"): 390}
    assert all(entry.image.startswith("test/") for entry in entries)
    training, _ = read_manifest(KERMANY / "manifest.csv")
    assert not {entry.sha256 for entry in entries} & {entry.sha256 for entry in training}
    described = describe_manifest(read_description(BENCHMARK_FOLDER / "dataset.yaml")[0], entries, "digest")
    assert [(split.name, split.images) for split in described.splits] == [("benchmark", 624)]


@pytest.mark.parametrize("shares", ["{training: 1.0}", "{benchmark: 0.5}", "{benchmark: 0.5, training: 0.5}"])
def test_shares_of_other_splits_or_another_sum_are_refused(tmp_path, shares):
    text = DESCRIPTION.replace("{training: 0.5, tuning: 0.25, development_holdout: 0.25}", shares)
    (tmp_path / "dataset.yaml").write_text(text)
    description, (issue,) = read_description(tmp_path / "dataset.yaml")
    assert description is None
    assert "benchmark alone" in issue.message


@pytest.mark.data
@pytest.mark.parametrize("folder", [KERMANY, BENCHMARK_FOLDER], ids=lambda folder: folder.name)
def test_the_committed_manifest_is_of_the_images(folder):
    description, _ = read_description(folder / "dataset.yaml")
    images = description.find_images(Path(os.environ["CLEARWAY_DATA"]))
    assert images.name == "kermany224"
    assert list(find_folder_issues(folder / "manifest.csv", images, description)) == []
