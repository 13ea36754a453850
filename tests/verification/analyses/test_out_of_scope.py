"""Out of scope: false statements let images in, the true age keeps them out, and every image is counted."""

import os
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from device import read_release
from verification.analyses.out_of_scope import analyse_out_of_scope, analyse_outside
from verification.datasets.description import Description, Folder, LeftOut, read_description
from verification.datasets.manifest import Entry, read_manifest
from verification.estimation.estimates import Digests, Setting
from verification.evaluation.evaluate import run
from verification.evaluation.scope import Known, read_known, score_out_of_scope
from verification.evidence import Role, find_project
from verification.protocol.images import to_picture
from verification.steps.radiographs import phantom

ROOT = Path(__file__).resolve().parents[3]
BRIGHTNESS = read_release(ROOT / "tests/device/brightness")
ASSERTED = {"BodyPartExamined": "CHEST", "Modality": "CR", "ViewPosition": "AP", "PatientAge": "003Y"}
SETTING = Setting(200, 1, "another reference", Digests("release", "dataset"))


@pytest.fixture
def collection(tmp_path):
    """Eight images, brighter from one to the next; the last is blank. The first has no read, the second no age."""
    chest = phantom(256, 256) / np.float32(255)
    entries, labels, ages = [], {}, {}
    for number in range(8):
        grey = 0.1 * number + 0.1 + 0.1 * (chest - chest.mean() + 0.5)
        name = f"{number}.png"
        to_picture(grey if number < 7 else np.ones((256, 256), dtype=np.float32)).save(tmp_path / name)
        entries.append(Entry(name, str(number), 1 - number % 2, "mined from the report", "training", "0" * 64))
        labels[name], ages[name] = int(number >= 5), 40 + number
    del labels["0.png"], ages["1.png"]
    ages["2.png"] = 4  # a child among them, whom the gate accepts
    return entries, tmp_path, Known(labels, ages)


def score(collection, asserted=ASSERTED):
    entries, folder, known = collection
    return score_out_of_scope(entries, lambda entry: folder, known, BRIGHTNESS, asserted)


def rows_of(table):
    return {row[0]: row[1] for row in table.rows}


def test_labels_are_the_reads_and_scores_the_devices(collection):
    found = score(collection)
    assert found.cases.labels.tolist() == [0, 0, 0, 1, 1]
    assert found.cases.patients.tolist() == ["2", "3", "4", "5", "6"]
    np.testing.assert_allclose(found.cases.scores, [0.35, 0.45, 0.55, 0.65, 0.75], atol=0.01)
    assert found.cases.threshold == 0.5


def test_images_without_a_score_are_counted_by_reason(collection):
    found = score(collection)
    assert list(found.left_out.values()) == [1, 1, 1]
    flow = rows_of(analyse_out_of_scope(found, SETTING).tables[1])
    assert flow["images listed"] == 8
    assert flow["analyzed"] == 5


def test_the_flow_begins_at_the_folder_that_the_manifest_was_made_from(collection):
    found = analyse_out_of_scope(score(collection), SETTING)
    described = Description("n", "t", "o", "t", "r", ())
    assert analyse_outside(found, described) == found
    young = LeftOut("patients younger than 22 years", 3, 2)
    begun = analyse_outside(found, replace(described, made_from=Folder(11, 9, (young,))))
    assert [row[1:] for row in begun.tables[0].rows] == [(11, 9), (3, 2), (8, 7)]
    assert begun.tables[1:] == found.tables
    with pytest.raises(ValueError, match=r"images listed \[8\]; n leaves 9"):
        analyse_outside(found, replace(described, made_from=Folder(12, 9, (young,))))


@pytest.mark.slow
def test_the_benchmark_study_starts_at_the_folder_of_its_images_out_of_scope():
    (study,) = run(find_project(ROOT), "paediatric-benchmark").studies
    (found,) = [one for one in study.analyses if one.role == Role.OUT_OF_SCOPE]
    assert [row[1:] for row in found.tables[0].rows] == [(621, 222), (29, 15), (592, 207)]
    assert rows_of(found.tables[2])["analysed"] == found.images == 207


def test_the_gate_refuses_whose_true_age_is_stated_and_accepts_the_child(collection):
    found = score(collection)
    # 2 is a child; 3 to 6 are refused for their age; 7 too, whose blank pixels are then not looked at
    assert (found.stated, found.refused, dict(found.codes)) == (6, 5, {"AGE": 5})
    answers = rows_of(analyse_out_of_scope(found, SETTING).tables[2])
    assert answers == {"asked": 6, "refused": 5, "refused for AGE": 5, "accepted": 1}


def test_nothing_passes_when_what_is_stated_is_outside_too(collection):
    with pytest.raises(ValueError, match="no image with a read was analyzed, of 8"):
        score(collection, ASSERTED | {"PatientAge": "050Y"})


def test_the_analysis_names_its_reads_and_what_was_falsely_stated(collection):
    found = analyse_out_of_scope(score(collection), SETTING)
    assert found.role is Role.OUT_OF_SCOPE
    assert {row.reference_standard for row in found.estimates} == {"RSNA 2018 read, Lung Opacity"}
    assert ("PatientAge", "003Y") in found.tables[0].rows
    assert "known to be false" in found.statement
    values = {row.metric: row.value for row in found.estimates}
    assert values["auroc"] == 1
    assert values["specificity"] == pytest.approx(2 / 3)
    assert all(row.descriptive for row in found.estimates)


def test_missing_tables_are_named(tmp_path):
    with pytest.raises(ValueError, match="rsna2018_to_nih"):
        read_known(tmp_path, ROOT / "verification/datasets/nih")


@pytest.mark.data
def test_the_reads_and_ages_are_the_collections():
    data = Path(os.environ["CLEARWAY_DATA"])
    known = read_known(data / "nih", ROOT / "verification/datasets/nih")
    entries, _ = read_manifest(ROOT / "verification/datasets/nih621_384/manifest.csv")
    read = [entry for entry in entries if entry.image in known.labels]
    assert (len(read), sum(known.labels[entry.image] for entry in read)) == (207, 29)
    assert min(known.ages[entry.image] for entry in read) >= 22
    files = [path.name for path in (data / "nih621_384").iterdir() if path.suffix == ".png"]
    made = read_description(ROOT / "verification/datasets/nih621_384/dataset.yaml")[0].made_from
    assert (made.images, made.read) == (len(files), sum(name in known.labels for name in files))
    young = [name for name in files if known.ages[name] < 22]
    assert [(one.images, one.read) for one in made.left_out] == [(len(young), sum(n in known.labels for n in young))]
    some = score_out_of_scope(read[::20], lambda entry: data / "nih621_384", known, BRIGHTNESS, ASSERTED)
    assert some.refused == some.stated == len(read[::20])
