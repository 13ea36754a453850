"""Manifests from a folder of images and a table of them."""

import os
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from device import main
from verification.datasets.description import read_description
from verification.datasets.manifest import SOURCES, read_manifest
from verification.datasets.reads import read_labels
from verification.datasets.split import split_of
from verification.datasets.split_table import Request, run
from verification.evidence import find_project

PROJECT = find_project()
RULE = read_description(PROJECT.root / "verification" / "datasets" / "nih" / "dataset.yaml")[0].split
TABLE = PROJECT.root / "verification" / "datasets" / "nih" / "Data_Entry_2017_v2020.csv.gz"
RSNA, GOOGLE = "rsna2018_to_nih.csv.gz", "google2019_nih-chest-xray-labels.csv.gz"
HEADER = ("Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
          "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]\n")  # fmt: skip


def total(rows, column):
    return sum(int(row[column] or 0) for row in rows)


def row(name, findings, patient, age=50):
    return f"{name},{findings},0,{patient},{age},F,PA,2048,2500,0.17,0.17\n"


@pytest.fixture
def folder(tmp_path):
    """Forty images of twenty patients; patients 1 and 2 share one; five files that cannot be used, in other ways."""
    images = tmp_path / "images"
    images.mkdir()
    rows = HEADER
    for number in range(40):
        name, patient = f"{number:08}_000.png", number // 2
        shade = 99 if number in (2, 4) else number
        Image.fromarray(np.random.default_rng(shade).integers(0, 255, (16, 16), dtype=np.uint8)).save(images / name)
        rows += row(name, "Pneumonia|Edema" if number % 3 == 0 else "No Finding", patient, 10 if number > 37 else 50)
    (images / "stranger.png").write_bytes(b"")
    (images / "cut.png").write_bytes((images / "00000000_000.png").read_bytes()[:60])
    frames = [Image.new("L", (8, 8), shade) for shade in (1, 200)]
    frames[0].save(images / "moving.gif", save_all=True, append_images=frames[1:])
    rows += row("cut.png", "No Finding", 90) + row("moving.gif", "No Finding", 91) + row("gone.png", "No Finding", 92)
    (tmp_path / "table.csv").write_text(rows)
    return tmp_path


def request(folder, **options):
    return Request(images=folder / "images", metadata=folder / "table.csv", output=folder / "out" / "m.csv", **options)


def test_the_manifest_holds_what_is_in_both_and_everything_else_is_counted(folder):
    described, issues = run(PROJECT, request(folder, minimum_age_years=22))
    entries, problems = read_manifest(folder / "out" / "m.csv")
    assert problems == ()
    assert len(entries) == 38
    assert {issue.message for issue in issues if issue.code == "image-left-out"} == {
        "1 files left out: no row of the table", "1 files left out: cannot be decoded", "1 files left out: animated",
        "2 files left out: younger than 22 years, or of no known age",
    }  # fmt: skip
    listed, files = (flow.rows for flow in described.flow[:2])
    assert [count for _, count in listed] == [43, 1, 42]  # gone.png is a row without a file
    assert files[0][1] == total(files[1:], 1) == 43
    for flow in described.flow[2:]:
        assert flow.rows[0][1] == total(flow.rows[1:], 1)
    assert sum(entry.label for entry in entries) == described.flow[2].rows[0][3] == 13
    assert {entry.label_source for entry in entries} == {SOURCES["mined"]}


def test_patients_fall_by_the_rule_of_the_collection_and_those_who_share_an_image_together(folder):
    run(PROJECT, request(folder))
    entries, _ = read_manifest(folder / "out" / "m.csv")
    assert all(entry.split == split_of(entry.patient, RULE) for entry in entries)
    twins = {entry.patient for entry in entries if entry.image[:8] in ("00000002", "00000003", "00000004", "00000005")}
    assert twins == {"1"}


def write_reads(folder):
    reads = folder / "reads"
    reads.mkdir()
    names = [f"{number:08}_000.png" for number in range(6)]
    pd.DataFrame({"nih_image_index": names[:4], "rsna_class": ["Lung Opacity", "Normal", "Lung Opacity", "Normal"],
                  "match_mse": [1, 2, 99, 3]}).to_csv(reads / RSNA, index=False)  # fmt: skip
    pd.DataFrame({"Image Index": [*names[1:6], names[5]],
                  "Airspace opacity": ["YES", "YES", "NO", "NO", "YES", "NO"]}
                 ).to_csv(reads / GOOGLE, index=False)  # fmt: skip
    return reads


def test_training_mixes_sources_in_the_order_asked_for_and_every_other_split_has_one(folder):
    reads = write_reads(folder)
    described, _ = run(PROJECT, request(folder, labels=("rsna", "google", "mined"), reads=reads))
    entries, issues = read_manifest(folder / "out" / "m.csv")
    assert issues == ()
    mixed = {
        "00000000": (1, SOURCES["rsna"]), "00000001": (0, SOURCES["rsna"]),
        "00000002": (1, SOURCES["google"]),  # its match in the RSNA set is unsafe
        "00000004": (0, SOURCES["google"]),
        "00000005": (0, SOURCES["mined"]),  # its two reads contradict each other
        "00000006": (1, SOURCES["mined"]),
    }  # fmt: skip
    found = {entry.image[:8]: entry for entry in entries}
    trained = {name for name in mixed if found[name].split == "training"}
    assert len({mixed[name][1] for name in trained}) > 1
    assert {(found[name].label, found[name].label_source) == mixed[name] for name in trained} == {True}
    assert {entry.label_source for entry in entries if entry.split != "training"} == {SOURCES["mined"]}
    sources = next(table for table in described.tables if table.title.startswith("Sources"))
    assert [row[1] for row in sources.rows] == [40, 3, 4]
    used = Counter(entry.label_source for entry in entries)
    assert [row[2] for row in sources.rows] == [used[row[0]] for row in sources.rows]


def test_tuning_and_hold_out_take_the_one_source_that_is_named_and_leave_out_images_without_it(folder):
    reads = write_reads(folder)
    _, issues = run(PROJECT, request(folder, labels=("mined",), evaluation="google", reads=reads))
    entries, _ = read_manifest(folder / "out" / "m.csv")
    assert {one.label_source for one in entries if one.split == "training"} == {SOURCES["mined"]}
    assert {one.label_source for one in entries if one.split != "training"} <= {SOURCES["google"]}
    left = next(issue.message for issue in issues if "no label of the sources" in issue.message)
    assert left == f"{40 - len(entries)} files left out: no label of the sources that are asked for its split"


def test_a_split_other_than_training_with_several_sources_cannot_be_used(folder):
    run(PROJECT, request(folder))
    path = folder / "out" / "m.csv"
    lines = path.read_text().splitlines()
    for split, codes in (("training", []), ("tuning", ["mixed-sources"]), ("development_holdout", ["mixed-sources"])):
        at = next(number for number, line in enumerate(lines) if f",{split}," in line)
        changed = [*lines[:at], lines[at].replace(SOURCES["mined"], f'"{SOURCES["rsna"]}"'), *lines[at + 1 :]]
        (folder / "other.csv").write_text("\n".join(changed))
        issues = read_manifest(folder / "other.csv")[1]
        assert [issue.code for issue in issues] == codes
        assert all(SOURCES["rsna"] in issue.message and split in issue.message for issue in issues)


def test_one_reference_throughout_leaves_out_images_without_it(folder):
    described, issues = run(PROJECT, request(folder, labels=("rsna",), reads=write_reads(folder)))
    assert described.images == 3
    assert "39 files left out: no label of the sources that are asked for its split" in {
        issue.message for issue in issues
    }
    assert "one-class" in {issue.code for issue in issues}


def test_labels_of_unverified_terms_are_not_written_into_the_checkout(folder):
    output = PROJECT.root / "verification" / "datasets" / "nih" / "labels.csv"
    wanted = Request(images=folder / "images", metadata=folder / "table.csv", output=output, labels=("google",),
                     reads=write_reads(folder))  # fmt: skip
    described, issues = run(PROJECT, wanted)
    assert described is None
    assert [issue.code for issue in issues] == ["labels-outside"]
    assert not output.exists()


def test_reads_that_cannot_be_used_are_all_named(folder):
    (folder / "reads").mkdir()
    (folder / "reads" / RSNA).write_bytes(b"no gzip")
    described, issues = run(PROJECT, request(folder, labels=("rsna", "google"), reads=folder / "reads"))
    assert described is None
    assert [issue.code for issue in issues] == ["reads-unreadable"] * 2
    assert [issue.code for issue in run(PROJECT, request(folder, labels=("rsna",)))[1]] == ["reads-missing"]


def test_one_name_in_two_folders_is_refused_and_nothing_is_written(folder):
    (folder / "images" / "more").mkdir()
    Image.new("L", (8, 8)).save(folder / "images" / "more" / "00000001_000.png")
    described, issues = run(PROJECT, request(folder))
    assert described is None
    assert "00000001_000.png" in next(issue.message for issue in issues if issue.code == "image-duplicate")
    assert not (folder / "out").exists()


def test_a_folder_of_other_images_is_refused(folder):
    described, issues = run(PROJECT, Request(images=folder / "out", metadata=folder / "table.csv", output=folder / "m"))
    assert described is None
    assert [issue.code for issue in issues] == ["images-missing"]


def test_a_table_with_faults_is_refused_with_its_lines(folder):
    with (folder / "table.csv").open("a") as file:
        file.write(row("x.png", "Sniffles", 99))
    described, (issue,) = run(PROJECT, request(folder))
    assert described is None
    assert issue.where.endswith("table.csv:45")


def test_the_command_needs_a_dataset_or_all_three(folder, capsys):
    common = ["--project", str(PROJECT.root)]
    assert main(["data", "split", "--metadata", "x.csv", *common]) == 2
    assert "--metadata CSV and -o FILE" in capsys.readouterr().err
    output = folder / "m.csv"
    arguments = ["--images", str(folder / "images"), "--metadata", str(folder / "table.csv"), "-o", str(output)]
    assert main(["data", "split", *arguments, *common]) == 0
    assert "in the manifest" in capsys.readouterr().out
    assert len(read_manifest(output)[0]) == 40


def test_the_committed_trial_manifest_is_of_adults_with_mined_labels_and_the_splits_of_the_collection():
    entries, issues = read_manifest(PROJECT.root / "verification" / "datasets" / "nih621_384" / "manifest.csv")
    assert issues == ()
    table = pd.read_csv(TABLE).set_index("Image Index")
    assert {entry.label_source for entry in entries} == {SOURCES["mined"]}
    for entry in entries:
        listed = table.loc[entry.image]
        assert entry.label == int("Pneumonia" in listed["Finding Labels"].split("|"))
        assert entry.patient == str(listed["Patient ID"])
        assert listed["Patient Age"] >= 22
        assert entry.split == split_of(entry.patient, RULE)


def test_no_file_of_the_checkout_holds_a_radiologists_label():
    listed = subprocess.run(["git", "-C", str(PROJECT.root), "ls-files", "verification/datasets"], check=True,
                            capture_output=True, text=True).stdout.split()  # fmt: skip
    manifests = [PROJECT.root / name for name in listed if name.endswith("manifest.csv")]
    assert len(manifests) >= 3
    outside = {SOURCES["rsna"], SOURCES["google"]}
    assert not any(entry.label_source in outside for path in manifests for entry in read_manifest(path)[0])


@pytest.mark.data
def test_the_real_reads_are_as_many_as_their_tables_hold():
    folder = Path(os.environ["CLEARWAY_DATA"]) / "nih"
    rsna, faults = read_labels(folder, "rsna")
    google, more = read_labels(folder, "google")
    assert faults == more == ()
    cases = pd.read_csv(folder / RSNA)
    safe = cases[cases["match_mse"] <= 10]
    assert (len(cases) - len(safe), len(rsna), len(google)) == (98, safe["nih_image_index"].nunique(), 4_376)
    assert sum(rsna.values()) == safe[safe["rsna_class"] == "Lung Opacity"]["nih_image_index"].nunique()


@pytest.mark.data
def test_a_real_folder_with_children_on_both_sides_of_its_own_split_is_split_by_patient(tmp_path):
    folder = Path(os.environ["CLEARWAY_DATA"]) / "nih1000_64"
    described, _ = run(PROJECT, Request(images=folder, metadata=TABLE, output=tmp_path / "m.csv"))
    entries, problems = read_manifest(tmp_path / "m.csv")
    assert problems == ()
    assert Counter(entry.label for entry in entries) == {0: 989, 1: 11}
    assert described.patients == 264
