"""The NIH collection as it is handed out, in twelve folders: one line splits it, and the recipe finds its images."""

import hashlib
import shutil

import numpy as np
import pytest
from PIL import Image

from device import main
from device.training.recipe import RecipeError, read_recipe
from device.training.samples import find_folder, read_samples
from verification.datasets.manifest import read_manifest
from verification.evidence import find_project
from verification.qualification.sample import commit, git

ROOT = find_project().root
NIH, RECIPES = "verification/datasets/nih", "device/training/recipes"
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
    file = read_recipe(str(checkout / RECIPES / "adult-nih.yaml"))
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
