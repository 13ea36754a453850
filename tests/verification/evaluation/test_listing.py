"""An open test on images of a collection: what was read is listed, and other scores are set beside."""

import csv
import gzip
import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from verification.commands.study import study
from verification.datasets.references import find_collection
from verification.evaluation.listing import pretend, read_taught
from verification.evidence import find_project
from verification.product.api import read_release
from verification.protocol.custody import read_list
from verification.protocol.measures import BASELINES
from verification.steps.radiographs import PUBLISHED

PROJECT = find_project(Path(__file__))
RELEASE = "paediatric-reference"


def choose_images():
    """Six adults' images and a child's, of patients of their own."""
    table = find_collection(PROJECT.root / "verification/datasets", "nih").records.table
    first = table[table["follow_up"] == 0]
    grown = first[first["age_years"] >= 22]
    chosen = [*grown[grown["view"] == "AP"]["image"][:3], *grown[grown["view"] == "PA"]["image"][:3]]
    return [*chosen, first[first["age_years"] == 5]["image"].iloc[0]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Published radiographs under the names of others, tables of reads, and a manifest to fit measures on."""
    root, names = tmp_path_factory.mktemp("open"), choose_images()
    (root / "images").mkdir()
    published = sorted(PUBLISHED.glob("*.jpeg"))
    for name, path in zip(names, published, strict=False):
        shutil.copy(path, root / "images" / f"{Path(name).stem}.jpeg")
    (root / "reads").mkdir()
    rsna = [(names[0], "Lung Opacity", 0.1), (names[1], "Normal", 0.1), (names[2], "Lung Opacity", 99.0),
            (names[3], "No Lung Opacity / Not Normal", 0.1), (names[6], "Normal", 0.1)]  # fmt: skip
    google = [(names[0], "NO"), (names[4], "YES")]
    for file, header, rows in (
        ("rsna2018_to_nih.csv.gz", ("nih_image_index", "rsna_class", "match_mse"), rsna),
        ("google2019_nih-chest-xray-labels.csv.gz", ("Image Index", "Airspace opacity"), google),
    ):
        with gzip.open(root / "reads" / file, "wt", newline="") as stream:
            csv.writer(stream).writerows([header, *rows])
    with (root / "manifest.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("image", "patient", "label", "label_source", "split", "sha256", "kind"))
        for number, path in enumerate(published):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            kind = "lungs" if number % 4 == 3 else "whole"
            split = "tuning" if number == 0 else "training"
            writer.writerow((path.name, f"p{number}", int(number >= len(published) // 2), "s", split, digest, kind))
    return root, names


@pytest.fixture(scope="module")
def listed(folder):
    root, _ = folder
    step = ["custody", "list", str(root / "images"), "--reads", str(root / "reads"), "--minimum-age", "22"]
    assert study([*step, "-o", str(root / "list.csv")]) == 0
    return root / "list.csv"


def test_the_list_holds_what_was_read_safely_by_the_first_reader(folder, listed, capsys):
    _, names = folder
    rows = {row.image: (row.label, row.said["patient"]) for row in read_list(listed)}
    patient = [str(int(name.partition("_")[0])) for name in names]
    assert rows == {
        names[0]: (1, patient[0]), names[1]: (0, patient[1]), names[3]: (0, patient[3]), names[4]: (1, patient[4]),
    }  # fmt: skip


def test_what_is_left_out_is_counted(folder, tmp_path, capsys):
    root, _ = folder
    shutil.copytree(root / "images", tmp_path / "images")
    (tmp_path / "images" / "holiday.jpeg").write_bytes(b"")
    step = ["custody", "list", str(tmp_path / "images"), "--reads", str(root / "reads"), "--minimum-age", "22"]
    assert study([*step, "-o", str(tmp_path / "list.csv")]) == 0
    said = capsys.readouterr().out
    assert "4 images, 2 positive; of 8 files 1 are not of nih, 2 were not read, 1 are of patients younger" in said


def test_a_folder_of_other_images_is_refused(folder, tmp_path, capsys):
    root, _ = folder
    step = ["custody", "list", str(PUBLISHED), "--reads", str(root / "reads"), "-o", str(tmp_path / "list.csv")]
    assert study(step) == 2
    assert "files is an image of nih that was read" in capsys.readouterr().err
    assert not (tmp_path / "list.csv").exists()


def test_other_scores_are_of_measures_projection_and_another_release(folder, listed, tmp_path):
    root, names = folder
    step = ["custody", "beside", str(listed), "--images", str(root / "images"), "--data", str(PUBLISHED)]
    step += ["--manifest", str(root / "manifest.csv"), "--release", RELEASE, "-o", str(tmp_path / "other.csv")]
    assert study(step) == 0
    rows = {row["image"]: row for row in csv.DictReader((tmp_path / "other.csv").open())}
    assert set(rows) == {names[0], names[1], names[3], names[4]}
    assert set(next(iter(rows.values()))) == {"image", *BASELINES, "projection", RELEASE}
    assert [float(rows[name]["projection"]) for name in (names[0], names[1], names[3])] == [1, 1, 0]
    scores = np.array([float(row[RELEASE]) for row in rows.values()])
    assert ((scores >= 0) & (scores <= 1)).all()
    assert len(set(scores)) == 4


def test_patients_of_the_training_are_refused(folder, listed, tmp_path, capsys):
    root, names = folder
    text, known = (root / "manifest.csv").read_text(), str(int(names[0].partition("_")[0]))
    lines = text.splitlines()
    cells = lines[1].split(",")
    cells[lines[0].split(",").index("patient")] = known
    (tmp_path / "manifest.csv").write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n")
    step = ["custody", "beside", str(listed), "--images", str(root / "images"), "--data", str(PUBLISHED)]
    step += ["--manifest", str(tmp_path / "manifest.csv"), "--release", RELEASE, "-o", str(tmp_path / "other.csv")]
    assert study(step) == 2
    assert f"1 of 4 patients are in {tmp_path / 'manifest.csv'} too, such as {known}" in capsys.readouterr().err
    assert not (tmp_path / "other.csv").exists()


def test_measures_are_fitted_on_whole_images_of_the_training(folder):
    taught = read_taught(folder[0] / "manifest.csv")
    assert len(taught) == 16 * 3 // 4 - 1
    assert {entry.split for entry in taught} == {"training"}


def test_no_manifest_is_told(tmp_path):
    (tmp_path / "manifest.csv").write_text("image,label\na.png,1\n")
    with pytest.raises(
        ValueError, match="no manifest: has no column patient, label_source, split, sha256; make it with"
    ):
        read_taught(tmp_path / "manifest.csv")


def test_a_release_for_children_is_told_that_all_are_children():
    release = read_release(PROJECT.root / "device/releases" / RELEASE)
    assert pretend(release)["PatientAge"] == "001Y"
    assert pretend(release)["ViewPosition"] == "AP"
