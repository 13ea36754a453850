"""The NIH collection as it is handed out, in twelve folders: one line splits it, and the recipe finds its images."""

import hashlib
import shutil

import numpy as np
import pytest
from PIL import Image

from device import main
from device.training.recipe import RecipeError, read_recipe
from device.training.samples import find_folder, read_samples
from verification.datasets.description import read_description
from verification.datasets.manifest import read_manifest
from verification.datasets.split import split_of
from verification.evidence import find_project
from verification.qualification.sample import commit, git

ROOT = find_project().root
NIH, RECIPES = "verification/datasets/nih", "device/training/recipes/examples"
HEADER = ("Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
          "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]\n")  # fmt: skip
IMAGES, FOLDERS = 96, 12


def name_of(number):
    return f"{number // 2 + 1:08}_{number % 2:03}.png"


def place_of(number):
    return f"images_{number * FOLDERS // IMAGES + 1:03}/images/{name_of(number)}"


@pytest.fixture
def tree(tmp_path):
    """`DATA/nih` of the collection's shape: two images a patient, the first a child; and its table beside them."""
    generator, rows = np.random.default_rng(7), HEADER
    for number in range(IMAGES):
        path = tmp_path / "nih" / place_of(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(generator.integers(0, 255, (32, 32), dtype=np.uint8)).save(path)
        finding = "Pneumonia" if number // 2 % 3 == 0 else "No Finding"
        rows += f"{path.name},{finding},0,{number // 2 + 1},{9 if number < 2 else 50},F,PA,32,32,0.1,0.1\n"
    (tmp_path / "nih/Data_Entry_2017_v2020.csv").write_text(rows)
    (tmp_path / "nih/README_CHESTXRAY.pdf").write_bytes(b"")
    return tmp_path / "nih"


@pytest.fixture
def checkout(tmp_path, tree):
    """A checkout with the data set and the recipes as they are shipped; the table is that of the tree."""
    root = tmp_path / "checkout"
    for folder in (NIH, RECIPES):
        shutil.copytree(ROOT / folder, root / folder)
    text = (ROOT / NIH / "dataset.yaml").read_text()
    (root / NIH / "dataset.yaml").write_text(text.replace("Data_Entry_2017_v2020.csv.gz", "table.csv"))
    shutil.copy(tree / "Data_Entry_2017_v2020.csv", root / NIH / "table.csv")
    (root / "requirements_spec").mkdir()
    (root / "pyproject.toml").write_text("")
    git(root, "init", "-q")
    commit(root)
    return root


def split(checkout, tree):
    return main(["data", "split", "nih", "--images", str(tree), "--minimum-age", "22", "--project", str(checkout)])


def test_the_split_lists_the_images_where_they_lie(checkout, tree):
    assert split(checkout, tree) == 0
    entries, issues = read_manifest(checkout / NIH / "manifest.csv")
    assert issues == ()
    assert [entry.image for entry in entries] == [place_of(number) for number in range(2, IMAGES)]
    for entry in entries:
        assert entry.sha256 == hashlib.sha256((tree / entry.image).read_bytes()).hexdigest()


def test_the_shipped_recipe_finds_each_image_of_the_tree_and_says_which_are_gone(checkout, tree, monkeypatch):
    split(checkout, tree)
    file = read_recipe(str(checkout / RECIPES / "nih-1024.yaml"))
    monkeypatch.setenv("CLEARWAY_DATA", str(tree.parent))
    assert find_folder(file.recipe, None) == tree
    found = read_samples(file, tree)
    entries, _ = read_manifest(checkout / NIH / "manifest.csv")
    for name, samples in found.items():
        assert [sample.path for sample in samples] == [tree / one.image for one in entries if one.split == name]
        assert all(sample.path.is_file() for sample in samples)
    found["tuning"][0].path.unlink()
    with pytest.raises(RecipeError, match=f"{found['tuning'][0].path}: missing"):
        read_samples(file, tree)


def write_lists(folder, training, test):
    """The publisher's lists, of images by their numbers; a name as it stands."""
    paths = folder / "train_val_list.txt", folder / "test_list.txt"
    for path, numbers in zip(paths, (training, test), strict=True):
        names = (name_of(number) if isinstance(number, int) else number for number in numbers)
        path.write_text("".join(f"{name}\n" for name in names))
    return [str(path) for path in paths]


def split_by(checkout, tree, lists, output):
    common = ["--images", str(tree), "--project", str(checkout), "--official", *lists]
    return main(["data", "split", "nih", *common, *(["-o", str(output)] if output else [])])


def test_the_publishers_test_list_is_the_benchmark_and_the_rest_falls_to_training_and_tuning(
    checkout, tree, tmp_path, capsys
):
    """Twelve images are on neither list, and the lists name one that the table lacks."""
    lists = write_lists(tmp_path, [*range(60), "00099999_000.png"], range(72, IMAGES))
    assert split_by(checkout, tree, lists, tmp_path / "official.csv") == 0
    told = capsys.readouterr().err
    assert "1 names are in no row of the table: 00099999_000.png" in told
    left = f"{name_of(60)}, {name_of(61)}, {name_of(62)} and 9 more"
    assert f"12 images of the table are on neither list, and left out: {left}" in told
    entries, issues = read_manifest(tmp_path / "official.csv")
    assert issues == ()
    places = {entry.image: entry.split for entry in entries}
    assert places.keys() == {place_of(number) for number in (*range(60), *range(72, IMAGES))}
    assert {places[place_of(number)] for number in range(72, IMAGES)} == {"benchmark"}
    rule = read_description(checkout / NIH / "dataset.yaml")[0].split
    for entry in entries:
        if entry.split != "benchmark":
            assert entry.split == ("tuning" if split_of(entry.patient, rule) == "tuning" else "training")
    assert {"training", "tuning"} < set(places.values())


@pytest.mark.parametrize(
    ("training", "test", "told"),
    [
        (range(51), range(50, IMAGES), "patient 26 is on both lists"),
        (range(51), range(51, IMAGES), "patient 26 is on both lists"),
        ([*range(50), "x.png"], [*range(50, IMAGES), "x.png"], "x.png is on both lists"),
        (range(50), [], "test_list.txt: names no image"),
        ([*range(50), "images/00000001_000.png"], range(50, IMAGES), "train_val_list.txt:51: 'images/0000"),
        ([*range(50), "00000001_000"], range(50, IMAGES), "train_val_list.txt:51: '00000001_000'; expected an image's"),
    ],
)
def test_lists_that_cannot_be_used_are_refused_by_name_and_nothing_is_written(
    checkout, tree, tmp_path, capsys, training, test, told
):
    lists = write_lists(tmp_path, training, test)
    assert split_by(checkout, tree, lists, tmp_path / "official.csv") == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "official.csv").exists()


def test_a_list_that_is_not_there_and_a_manifest_without_a_place_are_refused(checkout, tree, tmp_path, capsys):
    lists = write_lists(tmp_path, range(50), range(50, IMAGES))
    assert split_by(checkout, tree, lists, None) == 2
    assert "--official needs -o FILE" in capsys.readouterr().err
    (tmp_path / "test_list.txt").unlink()
    assert split_by(checkout, tree, lists, tmp_path / "official.csv") == 1
    assert "test_list.txt" in capsys.readouterr().err


def explore(checkout, folder, *options):
    return main(["data", "explore", str(folder), *options, "--project", str(checkout)])


def test_a_folder_of_images_named_as_nihs_is_described_by_nihs_table(checkout, tree, capsys):
    folder = tree / "images_001/images"
    shutil.copy(folder / name_of(0), folder / "00099999_000.png")
    assert explore(checkout, folder, "--images") == 0
    told = capsys.readouterr()
    assert "8 images of 4 patients; Folder images, joined with NIH's table by the names of the files" in told.out
    assert "1 files are in no row of NIH's table and not described, such as 00099999_000.png" in told.err
    lines = [line.split() for line in told.out.splitlines()]
    assert ["female", "8", "4", "4"] in lines  # images, patients, labeled pneumonia
    assert ["PA", "8", "4", "4"] in lines
    assert ["0", "to", "21", "2", "1", "2"] in lines


def test_a_folder_of_other_names_is_described_as_before(checkout, tree, capsys):
    folder = tree / "images_001/images"
    (folder / name_of(0)).rename(folder / "other.png")
    explore(checkout, folder)
    told = capsys.readouterr()
    assert "NIH's table" not in told.out
    assert "one class only" in told.err
