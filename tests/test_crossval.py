"""The cross-validation of a recipe divides patients, never images; its table holds one row a variant and fold."""

import csv
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

FILE = Path(__file__).resolve().parents[1] / "benchmarks/crossval.py"


@pytest.fixture(scope="module")
def crossval():
    spec = importlib.util.spec_from_file_location("crossval", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_patient_is_on_one_side_and_no_tuning_image_is_read(crossval):
    rows = [
        {"patient": f"p{n // 3}", "split": ("training", "tuning")[n // 3 % 5 == 0], "source": "AD"[n % 2],
         "label": str(n % 2 * (n // 3 % 2)), "kind": ("whole", "lungs")[n % 7 == 0], "image": str(n)}
        for n in range(600)
    ]  # fmt: skip
    held: set[str] = set()
    for fold in range(crossval.FOLDS):
        divided = crossval.divide(rows, fold)
        patients = {
            split: {row["patient"] for row in divided if row["split"] == split} for split in ("training", "tuning")
        }
        assert not patients["training"] & patients["tuning"]
        assert {row["kind"] for row in divided if row["split"] == "tuning"} == {"whole"}
        assert {row["source"] for row in divided if row["split"] == "tuning"} == {"D"}  # A is of one class
        assert not {row["patient"] for row in rows if row["split"] == "tuning"} & (
            patients["training"] | patients["tuning"]
        )
        assert not held & patients["tuning"]
        held |= patients["tuning"]
    assert len(held) > 100


def test_a_variant_changes_what_it_names_and_nothing_else(crossval):
    recipe = {"lungs": {"grown": 0, "hidden": 0.1}, "sampling": {"draws": 9}, "epochs": 9}
    changed = crossval.change(recipe, {"lungs": {"grown": 3}, "sampling": None})
    assert changed == {"lungs": {"grown": 3, "hidden": 0.1}, "epochs": 9}
    assert recipe["lungs"]["grown"] == 0


def test_the_area_is_that_of_a_public_library(crossval):
    dice = np.random.default_rng(3)
    labels, scores = dice.integers(0, 2, 80).astype(float), dice.integers(0, 20, 80).astype(float)
    assert crossval.measure_area(labels, scores) == pytest.approx(roc_auc_score(labels, scores))
    assert np.isnan(crossval.measure_area(np.ones(3), np.arange(3.0)))


def test_a_run_that_is_done_again_takes_its_own_row(crossval, tmp_path, monkeypatch):
    monkeypatch.setattr(crossval, "TABLE", tmp_path / "table.csv")
    for variant, fold, area in (("recipe", 0, 0.8), ("recipe", 1, 0.7), ("grown", 0, 0.6), ("recipe", 0, 0.9)):
        crossval.keep({"variant": variant, "fold": fold, "area": area})
    rows = list(csv.DictReader((tmp_path / "table.csv").open()))
    assert [(row["variant"], row["fold"], row["area"]) for row in rows] == [
        ("recipe", "1", "0.7"), ("grown", "0", "0.6"), ("recipe", "0", "0.9"),
    ]  # fmt: skip
