"""A training set put together from folders of a collection, and everything that would spoil it, refused by name."""

import csv
import hashlib
import json
import shutil

import msgspec
import numpy as np
import pytest
from PIL import Image

from verification.commands.data import data
from verification.datasets.assemble import NEEDED, assemble, describe_assembled, read_pictures, render
from verification.datasets.description import Assembly, Description, Part, Reserved, SplitRule
from verification.datasets.explore import describe
from verification.datasets.split import split_of
from verification.evidence import Project, find_project

RULE = SplitRule("k", {"training": 0.7, "tuning": 0.15, "development_holdout": 0.15}, ())
PARTS = (Part("entire", "whole"), Part("lungs", "lungs"))
DESCRIPTION = Description(
    name="made", title="Made", origin="a test", terms="none", role="a test", limitations=(), split=RULE,
    assembly=Assembly(PARTS, 22.0, Reserved("tests.csv", "Image Index")),
)  # fmt: skip


def line(number, **changed):
    """A line of labels.csv: an adult, PA or AP in turn, read as opacity every third time."""
    stated = {
        "file": f"{number:08d}_000.png", "nih_image_index": f"{number:08d}_000.png", "patient": str(number),
        "view_position": ("PA", "AP")[number % 2], "age": "40", "sex": "F", "rsna_match_mse": "1.5",
        "rsna_class": "Lung Opacity" if number % 3 == 0 else "Normal", "google_airspace_opacity": "",
        "source": ("A", "B")[number % 4 > 1],
    }  # fmt: skip
    return stated | changed


def write(folder, lines, area=None):
    """Write a folder's table, and a picture for each line."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = (*NEEDED, *(("lung_mask_fraction",) if area else ()))
    with (folder / "labels.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        for each in lines:
            number = int(each["patient"])
            value = {"lung_mask_fraction": each.pop("area", area(number))} if area else {}
            writer.writerow(each | value)
            Image.fromarray(np.full((8, 8), 40 + number % 100, np.uint8)).save(folder / each["file"])


def area(number):
    return 0.1 if number % 3 == 0 else 0.3


@pytest.fixture
def folders(tmp_path):
    """Twenty whole images, and the lungs of the last ten of them and of ten others."""
    write(tmp_path / "entire", [line(number) for number in range(1, 21)])
    write(tmp_path / "lungs", [line(number, source="E") for number in range(11, 31)], area)
    (tmp_path / "tests.csv").write_text("Image Index,score\n00000900_000.png,0.5\n")
    return tmp_path


def codes(folders, description=DESCRIPTION):
    found, issues = assemble(description, folders)
    assert found is None
    return [issue.code for issue in issues], " ".join(f"{issue.where} {issue.message}" for issue in issues)


def test_every_picture_with_a_read_is_listed_with_what_it_is_balanced_by(folders):
    found, issues = assemble(DESCRIPTION, folders)
    assert issues == ()
    listed = {sample.image: sample for sample in found.samples}
    one = listed["entire/00000003_000.png"]
    assert (one.patient, one.label, one.kind, one.source, one.view) == ("3", 1, "whole", "B", "AP")
    content = (folders / one.image).read_bytes()
    assert one.sha256 == hashlib.sha256(content).hexdigest()
    assert one.label_source == "RSNA 2018 read, Lung Opacity"
    assert [row["image"] for row in csv.DictReader(render(found.samples).decode().splitlines())] == sorted(listed)


def test_a_patient_is_in_one_part_and_lungs_alone_are_for_training(folders):
    found, _ = assemble(DESCRIPTION, folders)
    assert {sample.split for sample in found.samples} == {"training", "tuning", "development_holdout"}
    for sample in found.samples:
        assert sample.split == split_of(sample.patient, RULE)
        assert sample.kind == "whole" or sample.split == "training"
    assert {sample.kind for sample in found.samples} == {"whole", "lungs"}


def test_the_read_is_rsnas_where_the_match_is_safe_else_googles_else_there_is_none(folders):
    lines = [
        line(1, rsna_class="Lung Opacity", google_airspace_opacity="NO"),
        line(2, rsna_class="Lung Opacity", rsna_match_mse="12", google_airspace_opacity="NO"),
        line(3, rsna_class="", rsna_match_mse="", google_airspace_opacity="YES"),
        line(4, rsna_class="Lung Opacity", rsna_match_mse="12"),
        line(5, rsna_class="No Lung Opacity / Not Normal"),
    ]
    write(folders / "entire", lines)
    pictures, issues = read_pictures(Assembly(PARTS[:1], 22.0), folders)
    assert issues == ()
    assert [picture.label for picture in pictures] == [1, 0, 1, None, 0]


def test_children_and_what_nobody_read_are_counted(folders):
    lines = [line(1, age="21"), line(2, rsna_class="", source="A"), line(4), line(5, source="A")]
    write(folders / "entire", lines)
    found, issues = assemble(DESCRIPTION, folders)
    assert issues == ()
    (first, *left, last) = [count for _, count in found.flow.rows]
    assert (first, left[:2], last) == (24, [1, 1], len(found.samples))
    assert first - sum(left) == last
    assert left[2] > 0  # lungs alone, of patients of other parts


def test_what_tells_the_label_by_itself_is_measured(folders):
    found, _ = assemble(DESCRIPTION, folders)
    (traps,) = (table for table in found.tables if table.title.startswith("What tells the label"))
    areas = {row[0]: row[3] for row in traps.rows if row[1].startswith("the area")}
    assert areas == {"lungs": 1.0, "lungs, PA": 1.0, "lungs, AP": 1.0}
    lungs = [sample for sample in found.samples if sample.kind == "lungs"]
    (projection,) = (row for row in traps.rows if row[:2] == ("lungs", "projection, AP above PA"))
    positive, negative = ([one.view == "AP" for one in lungs if one.label == label] for label in (1, 0))
    pairs = [(1 + one - other) / 2 for one in positive for other in negative]
    assert projection[2:] == (len(lungs), pytest.approx(sum(pairs) / len(pairs)))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rsna_class": "Opaque"}, "rsna_class 'Opaque'; expected Lung Opacity"),
        ({"google_airspace_opacity": "MAYBE"}, "expected YES, NO, or nothing"),
        ({"view_position": "LL"}, "view_position 'LL'; expected PA or AP"),
        ({"age": "40Y"}, "could not convert"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(folders, changed, said):
    write(folders / "entire", [line(1), line(2, **changed), line(4)])
    found, message = codes(folders)
    assert found == ["labels-line"]
    assert "labels.csv:3" in message
    assert said in message


def test_a_patient_of_a_test_is_refused(folders):
    write(folders / "entire", [line(1), line(900), line(2)])
    found, message = codes(folders)
    assert found == ["patient-of-a-test"]
    assert "00000900_000.png" in message
    assert "patient 900 is one of tests.csv" in message


def test_without_the_table_of_the_tests_nothing_is_listed(folders):
    (folders / "tests.csv").unlink()
    assert codes(folders)[0] == ["tests-unreadable"]


def test_an_image_that_is_there_twice_is_refused_but_not_its_lungs(folders):
    write(folders / "entire", [line(1), line(11), line(2), line(12, nih_image_index="00000011_000.png")])
    found, message = codes(folders)
    assert found == ["image-twice"]
    assert "00000011_000.png 2 pictures of it, whole" in message


def test_a_source_without_negatives_is_refused(folders):
    write(folders / "entire", [line(1), line(3, source="C"), line(6, source="C")])
    found, message = codes(folders)
    assert found == ["source-without-negatives"]
    assert "source C" in message


def test_lungs_of_which_nothing_is_left_are_refused(folders):
    write(folders / "lungs", [line(11, source="E"), line(13, source="E", area=0)], area)
    assert codes(folders)[0] == ["mask-empty"]
    write(folders / "lungs", [line(number, source="E") for number in range(11, 31)], area)
    listed, _ = assemble(DESCRIPTION, folders)
    black = next(sample for sample in listed.samples if sample.kind == "lungs")
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(folders / black.image)
    assert codes(folders)[0] == ["mask-empty"]


def test_missing_folders_columns_and_pictures_are_named(folders):
    (folders / "entire" / "00000004_000.png").unlink()
    (folders / "entire" / "00000005_000.png").write_bytes(b"no picture")
    assert codes(folders)[0] == ["image-unreadable", "image-unreadable"]
    (folders / "entire" / "labels.csv").write_text("file,patient\na,1\n")
    shutil.rmtree(folders / "lungs")
    assert codes(folders)[0][:2] == ["labels-columns", "labels-unreadable"]


def test_what_was_recorded_is_of_the_rules_that_stand_there(folders, tmp_path):
    home = tmp_path / "checkout" / "verification" / "datasets" / "made"
    home.mkdir(parents=True)
    project = Project(tmp_path / "checkout")
    (home / "dataset.yaml").write_bytes(msgspec.yaml.encode(DESCRIPTION))
    assert [issue.code for issue in describe(project, home)[1]] == ["assembly-unreadable"]
    found, _ = assemble(DESCRIPTION, folders)
    (home / "assembled.json").write_bytes(msgspec.json.encode(describe_assembled(DESCRIPTION, found)))
    dataset, issues = describe(project, home)
    assert issues == ()
    assert (dataset.images, dataset.digest) == (len(found.samples), hashlib.sha256(render(found.samples)).hexdigest())
    images: list[int] = [part.images for part in dataset.splits]
    assert sum(images) == dataset.images
    younger = msgspec.structs.replace(DESCRIPTION, assembly=Assembly(PARTS, 18.0))
    (home / "dataset.yaml").write_bytes(msgspec.yaml.encode(younger))
    assert [issue.code for issue in describe(project, home)[1]] == ["assembly-stale"]


def test_a_list_with_reads_is_not_written_into_the_checkout(folders, capsys):
    root = find_project().root
    assert data(["assemble", "nih_adult", "--data", str(folders), "-o", str(root / "docs" / "list.csv")]) == 2
    assert "write it into build/ or outside of the checkout" in capsys.readouterr().err


def test_what_is_recorded_of_the_adults_names_no_image():
    record = json.loads((find_project().root / "verification/datasets/nih_adult/assembled.json").read_bytes())
    assert set(record) == {"made_by", "digest", "images", "patients", "splits", "flow", "tables"}
    assert ".jpg" not in json.dumps(record)
    assert ".png" not in json.dumps(record)
