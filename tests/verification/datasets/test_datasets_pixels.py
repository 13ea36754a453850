"""Pixels read and described, near duplicates, folder-per-class trees, and what is recorded of them."""

import errno
import json
import os
import shutil
import subprocess
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from device import main
from verification.datasets.describe_manifest import describe_manifest, is_informative
from verification.datasets.description import Description, read_description
from verification.datasets.duplicates import NEAR, find_near, hash_pixels, near_table
from verification.datasets.explore import describe, read_pixels
from verification.datasets.manifest import Entry, read_manifest
from verification.datasets.pixels import Listed, Measured, describe_pixels, measure
from verification.datasets.targets import Request, explore
from verification.datasets.tree import known_patient, read_tree
from verification.evidence import Dataset, Gap, PixelDescription, Project, find_project
from verification.evidence.project import sha256_of

PROJECT = find_project()
DATASETS = PROJECT.root / "verification" / "datasets"
RADIOGRAPHS = sorted((PROJECT.root / "tests" / "data" / "kermany_val").rglob("*.jpeg"))


def noise(seed, shape=(64, 64)):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def total(rows, column):
    return sum(int(row[column] or 0) for row in rows)


def table_of(tables, start):
    return next(table for table in tables if table.title.startswith(start))


# --- hashes -----------------------------------------------------------------------------------------------------------


def radiograph(number=0):
    return Image.open(RADIOGRAPHS[number]).convert("L").resize((224, 224))


def apart(first, second):
    hashes = [hash_pixels(np.asarray(image)) for image in (first, second)]
    return int(np.bitwise_count(hashes[0] ^ hashes[1]).sum())


def test_a_radiograph_saved_again_smaller_or_brighter_is_near_itself_and_far_from_another(tmp_path):
    image = radiograph()
    image.save(tmp_path / "again.jpeg", quality=60)
    assert apart(image, Image.open(tmp_path / "again.jpeg")) <= NEAR
    assert apart(image, image.resize((160, 160))) <= NEAR
    assert apart(image, image.point(lambda value: value * 0.8)) <= NEAR
    assert apart(image, image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) > NEAR
    assert min(apart(image, radiograph(number)) for number in range(1, len(RADIOGRAPHS))) > NEAR


def test_pairs_are_those_of_a_loop_over_all_pairs():
    rng = np.random.default_rng(1)
    hashes = rng.integers(0, 2**63, (40, 4), dtype=np.uint64)
    hashes[7], hashes[30] = hashes[3], hashes[3] ^ np.array([3, 0, 0, 1], dtype=np.uint64)

    def bits(a, b):
        return sum((int(x) ^ int(y)).bit_count() for x, y in zip(a, b, strict=True))

    expected = {(i, j, bits(hashes[i], hashes[j])) for i in range(40) for j in range(i + 1, 40)}
    assert set(find_near(hashes, near=256)) == expected
    assert (
        set(find_near(hashes)) == {each for each in expected if each[2] <= NEAR} == {(3, 7, 0), (3, 30, 3), (7, 30, 3)}
    )
    between = {(i, j, bits(hashes[i], hashes[20 + j])) for i in range(20) for j in range(20)}
    assert set(find_near(hashes[:20], hashes[20:], near=256)) == between


def test_pairs_in_blocks_are_those_of_one_block(monkeypatch):
    hashes = np.random.default_rng(2).integers(0, 2**63, (30, 4), dtype=np.uint64)
    whole = set(find_near(hashes, near=125))
    monkeypatch.setattr("verification.datasets.duplicates.PAIRS_AT_ONCE", 70)
    assert 0 < len(whole) < 435
    assert set(find_near(hashes, near=125)) == whole


def test_the_bands_of_near_duplicates_sum():
    pairs = [(0, 1, 0), (0, 2, 4), (1, 2, 5), (3, 4, 6), (3, 5, 10)]
    *bands, whole = near_table(pairs, [True, False, True, False, False], "t", ("same", "two")).rows
    assert whole[1:] == (2, 3) == (total(bands, 1), total(bands, 2))


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def odd_files(tmp_path):
    """Image files of every kind that a collection may hold."""
    grey, colour = noise(1), noise(2, (64, 64, 3))
    Image.fromarray(grey).save(tmp_path / "grey.png")
    Image.fromarray(np.stack([grey] * 3, axis=2)).save(tmp_path / "rgb.png")
    Image.fromarray(np.dstack([grey, grey, grey, np.full_like(grey, 255)])).save(tmp_path / "rgba.png")
    Image.fromarray(colour).save(tmp_path / "colour.png")
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / "sixteen.png")
    frames = [Image.fromarray(noise(seed)) for seed in (4, 5)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    Image.fromarray(grey.astype(np.float32)).save(tmp_path / "float.tiff")
    (tmp_path / "truncated.png").write_bytes((tmp_path / "grey.png").read_bytes()[:2000])
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("no image")
    return tmp_path


def test_every_kind_of_file_is_measured_or_left_out_with_its_reason(odd_files):
    found = {path.name: measure(path) for path in [*odd_files.iterdir(), odd_files / "missing.png"]}
    modes = {name: each.mode if isinstance(each, Measured) else each for name, each in found.items()}
    assert modes == {
        "grey.png": "L", "rgb.png": "RGB, gray values", "rgba.png": "RGBA, gray values", "colour.png": "RGB, color",
        "sixteen.png": "I;16", "moving.gif": "animated", "float.tiff": "pixels of mode F",
        "truncated.png": "cannot be decoded", "empty.png": "cannot be decoded", "text.png": "cannot be decoded",
        "missing.png": "missing",
    }  # fmt: skip
    for name in ("rgb.png", "rgba.png", "sixteen.png"):  # the same gray values, stored otherwise
        assert found[name].mean == pytest.approx(found["grey.png"].mean, abs=1e-6)
        assert (found[name].bits == found["grey.png"].bits).all()
    grey = noise(1)
    assert found["grey.png"].mean == pytest.approx(grey.mean() / 255)
    assert found["grey.png"].ceiling == (grey == 255).mean()
    assert found["grey.png"].histogram.sum() == pytest.approx(1)
    assert found["grey.png"].histogram[0] == pytest.approx((grey < 4).mean())


def test_what_is_left_out_is_counted_named_and_sums(odd_files):
    listed = [Listed(path.name, path, ("a",), "s", "") for path in sorted(odd_files.iterdir())]
    listed.append(Listed("missing.png", odd_files / "missing.png", ("a",), "s", ""))
    description, issues = describe_pixels(listed, "digest")
    flow = table_of(description.tables, "Flow of files").rows
    assert flow[0][1] == total(flow[1:], 1) == 11
    assert description.images == flow[-1][1] == 5
    assert {issue.message.split(": ")[1] for issue in issues} == {
        "animated", "cannot be decoded", "missing", "pixels of mode F"
    }  # fmt: skip
    assert "truncated.png" in " ".join(issue.message for issue in issues)
    assert total(table_of(description.tables, "Modes").rows, 1) == 5


def test_groups_are_told_apart_and_a_benchmarks_are_not_shown(tmp_path):
    for shade in (10, 20, 200, 220):
        Image.fromarray(np.clip(noise(shade) // 8 + shade, 0, 255).astype(np.uint8)).save(tmp_path / f"{shade}.png")
    listed = [Listed(str(shade), tmp_path / f"{shade}.png", ("dark" if shade < 100 else "light",), "s", "p")
              for shade in (10, 20, 200, 220)]  # fmt: skip
    description, _ = describe_pixels(listed, "d")
    dark, light = table_of(description.tables, "Gray values").rows
    assert (dark[0], light[0]) == ("dark", "light")
    assert dark[3] < 60 < 180 < light[3]
    curves = {series.name: np.array(series.y) for series in description.figures[0].series}
    assert sum(curves["dark"]) == pytest.approx(100, abs=0.1)
    assert curves["dark"][:16].sum() > 99 > 1 > curves["light"][:16].sum()
    hidden, _ = describe_pixels(listed, "d", by_group=False)
    assert hidden.figures == ()
    assert not any("by group" in table.title for table in hidden.tables)


def test_near_duplicates_are_counted_by_split_and_with_the_other_part(tmp_path):
    image = radiograph()
    for name, each in (("a", image), ("b", image.point(lambda value: value * 0.9)), ("c", radiograph(1)),
                       ("flat", Image.new("L", (64, 64), 7)), ("flat2", Image.new("L", (64, 64), 9))):  # fmt: skip
        each.save(tmp_path / f"{name}.png")

    def listed(name, side):
        return Listed(name, tmp_path / f"{name}.png", ("x",), side, name)

    training = [listed("a", "training"), listed("c", "tuning"), listed("flat", "training"), listed("flat2", "tuning")]
    description, _ = describe_pixels([*training, listed("b", "tuning")], "d", others=[listed("a", "benchmark")])
    assert table_of(description.tables, "Near duplicates").rows[-1][1:] == (0, 1)
    assert description.tables[-3].title.endswith("with the other part")
    assert description.tables[-3].rows[-1][1:] == (2, 0)


# --- trees ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path):
    """Two parts with two classes each; patient 7 is on both sides."""
    names = ["train/0_well/00000007_000.png", "train/1_ill/00000008_001.png", "test/0_well/00000007_002.png",
             "test/1_ill/holiday.png"]  # fmt: skip
    for number, name in enumerate(names):
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(noise(number)).save(tmp_path / "tree" / name)
    return tmp_path / "tree"


def test_a_tree_tells_classes_parts_patients_and_who_is_on_two_sides(tree):
    entries, target, issues = read_tree(tree)
    assert target == "1_ill"
    assert {(e.image, e.patient, e.label, e.label_source, e.split) for e in entries} == {
        ("train/0_well/00000007_000.png", "7", 0, "0_well", "train"),
        ("train/1_ill/00000008_001.png", "8", 1, "1_ill", "train"),
        ("test/0_well/00000007_002.png", "7", 0, "0_well", "test"),
        ("test/1_ill/holiday.png", "", 1, "1_ill", "test"),
    }
    assert {issue.code for issue in issues} == {"patient-leak", "patient-unknown"}
    about = Description(name="n", title="t", origin="o", terms="t", role="r", limitations=())
    described = describe_manifest(about, entries, "d", target=target)
    assert described.patients == 2
    assert dict(table_of(described.tables, "Patients across").rows)["of these in more than one split"] == 1
    whole, *parts = described.flow[0].rows
    assert whole[1] == total(parts, 1) == 4
    assert whole[3] == total(parts, 3) == 2


def test_a_tree_without_images_with_one_class_or_without_the_named_class_says_so(tree, tmp_path):
    (tmp_path / "empty").mkdir()
    assert [issue.code for issue in read_tree(tmp_path / "empty")[2]] == ["images-missing"]
    assert "one-class" in [issue.code for issue in read_tree(tree / "train" / "1_ill")[2]]
    entries, _, (issue,) = read_tree(tree, "2_dead")
    assert entries == ()
    assert "found 0_well, 1_ill" in issue.message


@pytest.mark.parametrize(("name", "patient"), [("00000231_013.png", "231"), ("person87_virus_160.jpeg", "person87"),
                                               ("231_013.png", ""), ("scan.png", "")])  # fmt: skip
def test_the_patient_of_a_file_name(name, patient):
    assert known_patient(name) == patient


# --- the parts of one publication -------------------------------------------------------------------------------------


def test_the_names_that_both_parts_have_and_what_remains_without_them():
    dataset, issues = describe(PROJECT, DATASETS / "kermany224_test")
    assert issues == ()
    _, prefix, number = dataset.flow
    assert prefix.rows[1][0].startswith("left out: 170 names")
    assert [row[1:] for row in prefix.rows] == [(624, 403, 390, 234), (320, 170, 320, 0), (304, 233, 70, 234)]
    for table in (prefix, number):
        assert "uninformative" not in table.title
        assert "whether they are one child is not published" in table.title
        assert all(table.rows[0][at] == total(table.rows[1:], at) for at in range(1, 5))
    entries, _ = read_manifest(DATASETS / "kermany224" / "manifest.csv")
    test, _ = read_manifest(DATASETS / "kermany224_test" / "manifest.csv")
    seen = {entry.image.split("/")[-1].split("_")[0] for entry in entries if entry.label}
    rest = [entry for entry in test if entry.image.split("/")[-1].split("_")[0] not in seen]
    assert len(rest) == prefix.rows[2][1]


def test_too_few_that_remain_are_called_uninformative():
    def entry(number, label, patient):
        return Entry(
            f"test/x/person{patient}_virus_{number}.jpeg", f"person{patient}", label, "s", "benchmark", f"{number}"
        )

    about = read_description(DATASETS / "kermany224_test" / "dataset.yaml")[0]
    entries = [entry(number, int(number < 40), number) for number in range(80)]
    beside = [entry(number, 1, number) for number in range(11)]
    assert is_informative(entries)
    described = describe_manifest(about, entries, "d", beside)
    assert "uninformative: fewer than 30 of a class remain" in described.flow[1].title
    described = describe_manifest(about, entries, "d", beside[:10])
    assert "uninformative" not in described.flow[1].title


# --- what is recorded -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["kermany224", "kermany224_test", "nih621_384"])
def test_the_pixels_that_are_committed_are_of_the_list_that_is_committed(name):
    dataset, issues = describe(PROJECT, DATASETS / name)
    assert issues == ()
    assert isinstance(dataset.pixels, PixelDescription)
    assert dataset.pixels.images == dataset.images
    assert dataset.pixels.list_digest == dataset.digest == sha256_of(DATASETS / name / "manifest.csv")
    assert table_of(dataset.pixels.tables, "Near duplicates").rows[-1][2] == 0  # none across splits
    assert (name == "kermany224_test") is not any("by group" in table.title for table in dataset.pixels.tables)


def test_pixels_of_another_list_or_unreadable_ones_block(tmp_path):
    shutil.copy(DATASETS / "kermany224" / "pixels.json", tmp_path / "pixels.json")
    pixels, (issue,) = read_pixels(tmp_path, "0" * 64, "w")
    assert isinstance(pixels, Gap)
    assert (issue.code, issue.severity) == ("pixels-stale", "blocking")
    (tmp_path / "pixels.json").write_text('{"images": 3}')
    assert [issue.code for issue in read_pixels(tmp_path, "0" * 64, "w")[1]] == ["pixels-unreadable"]
    assert read_pixels(tmp_path / "none", "0" * 64, "w") == (None, ())


@pytest.fixture
def small(tmp_path):
    """A checkout with one dataset of four images, and the images."""
    root, images = tmp_path / "checkout", tmp_path / "data" / "small"
    folder = root / "verification" / "datasets" / "small"
    folder.mkdir(parents=True)
    (root / "requirements_spec").mkdir()
    (root / "pyproject.toml").write_text("")
    (folder / "dataset.yaml").write_text(
        "name: small\ntitle: t\norigin: o\nterms: t\nrole: r\nlimitations: []\n"
        "split: {key: k, shares: {training: 0.5, tuning: 0.25, development_holdout: 0.25},"
        " folders: [train/NORMAL, train/PNEUMONIA]}\n"
    )
    for number in range(4):
        kind = "PNEUMONIA" if number % 2 else "NORMAL"
        name = f"person{number}_virus_1.jpeg" if number % 2 else f"IM-{number:04}-0001.jpeg"
        (images / "train" / kind).mkdir(parents=True, exist_ok=True)
        Image.fromarray(noise(number)).save(images / "train" / kind / name)
    identity = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.invalid"]
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", "-C", str(root), *command], check=True)
    return Project(root), images.parent, folder


def run(project, *arguments):
    return main(["data", *arguments, "--project", str(project.root)])


def test_the_pixels_of_a_dataset_are_recorded_and_read_back(small, capsys):
    project, data, folder = small
    assert run(project, "split", "small", "--images", str(data)) == 0
    assert "Flow of images" in capsys.readouterr().out
    assert run(project, "explore", "small", "--images", "--record", "--data", str(data), "--json") == 0
    printed = msgspec.json.decode(capsys.readouterr().out, type=Dataset)
    written = msgspec.json.decode((project.root / "build/exploration/small.json").read_bytes(), type=Dataset)
    assert printed == written
    assert describe(project, folder)[0] == written
    assert printed.pixels.images == 4


def test_nothing_is_recorded_of_a_dataset_whose_images_are_not_all_there(small, capsys):
    project, data, folder = small
    run(project, "split", "small", "--images", str(data))
    (data / "small/train/NORMAL/IM-0000-0001.jpeg").unlink()
    assert run(project, "explore", "small", "--images", "--record", "--data", str(data)) == 1
    assert not (folder / "pixels.json").exists()
    assert "IM-0000-0001.jpeg" in capsys.readouterr().err


def test_a_full_disk_leaves_the_old_record_and_no_remains(small, monkeypatch, capsys):
    project, data, folder = small
    run(project, "split", "small", "--images", str(data))
    before = (folder / "manifest.csv").read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert run(project, "explore", "small", "--images", "--record", "--data", str(data)) == 1
    assert run(project, "split", "small", "--images", str(data)) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert (folder / "manifest.csv").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["dataset.yaml", "manifest.csv"]


def test_an_interruption_leaves_nothing_half_written(small, monkeypatch):
    project, data, folder = small
    run(project, "split", "small", "--images", str(data))

    def stop(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("verification.datasets.pixels.measure", stop)
    assert run(project, "explore", "small", "--images", "--record", "--data", str(data)) == 130
    assert sorted(path.name for path in folder.iterdir()) == ["dataset.yaml", "manifest.csv"]


def test_what_is_no_target_is_told_with_what_there_is(small, capsys):
    project, data, _ = small
    assert run(project, "explore", "smal") == 1
    assert "the datasets are small" in capsys.readouterr().err
    assert run(project, "explore", str(data), "--record") == 1
    assert "only a dataset of the checkout is recorded" in capsys.readouterr().err
    assert run(project, "explore", "--images") == 2


def test_a_table_is_explored_through_a_mapping_with_its_images(small, tmp_path, capsys):
    project, data, _ = small
    (tmp_path / "mine.csv").write_text("file,label\nIM-0000-0001.jpeg,well\nperson1_virus_1.jpeg,sick\nno.png,sick\n")
    (tmp_path / "map.yaml").write_text("image: file\nfindings: label\ntarget: sick\nnormal: well\n")
    arguments = ["--mapping", str(tmp_path / "map.yaml"), "--images", "--data", str(data), "--json"]
    assert run(project, "explore", str(tmp_path / "mine.csv"), *arguments) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert found["pixels"]["images"] == 2
    assert "1 images left out: missing" in captured.err
    assert run(project, "explore", str(tmp_path / "mine.csv")) == 1  # no mapping: NIH's, whose columns are not there
    assert json.loads((project.root / "build/exploration/mine.json").read_text()) == found


def test_the_page_of_what_was_explored_is_named(small, capsys):
    project, data, _ = small
    assert run(project, "explore", str(data / "small")) == 0
    assert capsys.readouterr().out.endswith("as a page: clearway submission exploration small\n")


def test_of_many_images_that_are_missing_the_first_are_named(tmp_path):
    listed = [Listed(f"{n}.png", tmp_path / f"{n}.png", ("well",), "", "p") for n in range(9)]
    _, (issue,) = describe_pixels(listed, "digest")
    assert issue.message == f"9 images left out: missing: {', '.join(str(one.path) for one in listed[:3])} and 6 more"


@pytest.mark.data
def test_the_committed_pixels_are_those_of_the_images():
    data = Path(os.environ["CLEARWAY_DATA"])
    found, _ = explore(PROJECT, Request(target="kermany224_test", images=True, data=data))
    committed = msgspec.json.decode((DATASETS / "kermany224_test" / "pixels.json").read_bytes(), type=PixelDescription)
    assert found.pixels == committed


@pytest.mark.data
def test_a_real_tree_shows_its_modes_and_its_patients_on_two_sides():
    found, issues = explore(PROJECT, Request(target=os.environ["CLEARWAY_DATA"] + "/nih1000_64", images=True))
    assert dict(table_of(found.pixels.tables, "Modes").rows) == {"RGB, gray values": 979, "RGBA, gray values": 21}
    assert "patient-leak" in {issue.code for issue in issues}
    assert [(split.name, split.images) for split in found.splits] == [("test", 200), ("train", 600), ("valid", 200)]
