"""A shipped recipe on other data: the release is named for what it is, and says which data made it."""

import argparse
import csv
import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest
import yaml
from PIL import Image

from device import read_release
from device.locking import lock
from device.training.own_data import add_options, use_data
from device.training.recipe import RECIPES, RecipeError, read_recipe

EXAMPLE = RECIPES / "examples/nih-1024.yaml"
OWN = ("--manifest", "own.csv", "--dataset", "own", "--name", "own-adult")


def parse(*options):
    parser = argparse.ArgumentParser()
    add_options(parser)
    return parser.parse_args(options)


def test_a_recipe_stays_as_it_is_without_other_data():
    file = read_recipe(str(EXAMPLE))
    assert use_data(file, parse()) is file
    assert file.digest == hashlib.sha256(EXAMPLE.read_bytes()).hexdigest()
    assert file.manifest.parts[-4:] == ("verification", "datasets", "nih", "manifest.csv")


def test_other_data_name_the_release_and_nothing_else_of_the_recipe_changes(tmp_path):
    shipped = read_recipe(str(EXAMPLE))
    file = use_data(shipped, parse(*OWN[:1], str(tmp_path / "own.csv"), *OWN[2:], "--study", "own-validation"))
    assert (file.recipe.name, file.recipe.version, file.base) == ("own-adult", "0.1.0", "nih-1024 with other data")
    assert (file.recipe.data.dataset, file.manifest) == ("own", tmp_path / "own.csv")
    assert file.recipe.release.study == "own-validation"
    first, *others = file.recipe.release.limitations
    assert "recipe nih-1024" in first
    assert "own in place of nih" in first
    assert tuple(others) == shipped.recipe.release.limitations
    for part in ("geometry", "network", "augmentation", "loss", "optimizer", "epochs", "seed", "operating_point"):
        assert getattr(file.recipe, part) == getattr(shipped.recipe, part)
    (tmp_path / "recipe.yaml").write_bytes(file.content)  # as a run keeps it
    again = read_recipe(str(tmp_path / "recipe.yaml"))
    assert (again.recipe, again.digest) == (file.recipe, file.digest)
    assert file.digest != shipped.digest


def test_where_the_manifest_lies_does_not_change_the_recipe(tmp_path):
    one, other = (
        use_data(read_recipe(str(EXAMPLE)), parse("--manifest", str(folder / "own.csv"), *OWN[2:]))
        for folder in (tmp_path / "a", tmp_path / "b")
    )
    assert one.digest == other.digest
    assert one.manifest != other.manifest


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (OWN[:4], "go together"),
        (OWN[2:], "go together"),
        (("--study", "own"), "go together"),
        (("--version", "2.0.0"), "go together"),
        ((*OWN[:5], "adult-nih"), "none of adult-nih, nih-1024, paediatric-reference"),
        ((*OWN[:5], "nih-1024"), "none of adult-nih, nih-1024, paediatric-reference"),
        ((*OWN[:5], "../adult-nih"), "expected small letters"),
    ],
)
def test_a_release_of_other_data_cannot_pass_for_a_shipped_one(options, told):
    with pytest.raises(RecipeError, match=told):
        use_data(read_recipe(str(EXAMPLE)), parse(*options))


@pytest.fixture
def tiny(tmp_path):
    """A recipe of one short epoch, and images of a data set that it does not name, in folders as NIH's are."""
    shipped = yaml.safe_load(EXAMPLE.read_text())
    changed = {
        "name": "tiny", "geometry": shipped["geometry"] | {"rows": 32, "columns": 32}, "epochs": 1, "batch_size": 8,
        "network": {"kind": "residual", "stem": 4, "widths": [4, 8], "blocks": 1, "initial_weights": "none"},
        "data": {"dataset": "nih", "manifest": "not_here.csv"}, "threads": 1,
    }  # fmt: skip
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(shipped | changed))
    generator, rows = np.random.default_rng(1), []
    for number in range(24):
        name = f"images_{number // 8 + 1:03}/images/{number}.png"
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(generator.integers(0, 255, (40, 40), dtype=np.uint8)).save(path)
        split = "tuning" if number % 3 == 0 else "training"
        rows.append((name, f"p{number}", number // 3 % 2, "s", split, hashlib.sha256(path.read_bytes()).hexdigest()))
    with (tmp_path / "own.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("image", "patient", "label", "label_source", "split", "sha256"), *rows])
    return tmp_path


def clearway_train(folder, *options):
    """In a process of its own: TensorFlow takes its threads once."""
    command = "import sys; from device.training.cli import train; sys.exit(train(sys.argv[1:]))"
    common = ["tiny.yaml", "--data", "images", "--output", "run", *options]
    return subprocess.run([sys.executable, "-c", command, *common], cwd=folder, capture_output=True, text=True)


@pytest.mark.training
def test_run_card_and_operating_point_name_the_data_that_were_used(tiny):
    done = clearway_train(tiny, *OWN, "--version", "1.2.0", "--resume")  # which begins a run that is not there, too
    assert done.returncode == 0, done.stderr
    manifest = hashlib.sha256((tiny / "own.csv").read_bytes()).hexdigest()
    record = json.loads((tiny / "run/run.json").read_text())
    assert (record["dataset"], record["manifest_sha256"]) == ("own", manifest)
    card = yaml.safe_load((tiny / "run/release/card.yaml").read_text())
    assert (card["recipe"], card["dataset"], card["dataset_digest"]) == ("tiny with other data", "own", manifest)
    assert card["recipe_digest"] == hashlib.sha256((tiny / "run/recipe.yaml").read_bytes()).hexdigest()
    release = read_release(tiny / "run/release")
    assert (release.name, release.version, release.study) == ("own-adult", "1.2.0", None)
    assert release.operating_point.locked_on == f"own, split tuning, manifest SHA-256 {manifest}"
    assert lock(tiny / "run", tiny / "releases") == tiny / "releases/own-adult"
    refused = clearway_train(tiny, *OWN, "--resume")  # of the recipe's version
    assert refused.returncode == 2
    assert "another recipe" in refused.stderr
    assert clearway_train(tiny, *OWN, "--version", "1.2.0", "--resume").returncode == 0
