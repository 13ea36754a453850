"""Shortcut baselines: each finds what is planted for it, none what is not there; none sees the evaluation labels."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from verification.analyses.frame import OF_THE_RELEASE
from verification.analyses.shortcuts import OWN, QUARTERS, analyse_shortcuts, find_quarters
from verification.datasets.manifest import Entry, read_manifest
from verification.estimation.estimates import Cases, Digests, Setting, estimate
from verification.evaluation.measuring import score_baselines
from verification.evidence import Role
from verification.protocol.images import to_picture
from verification.protocol.measures import (
    BASELINES,
    LINEAR,
    measure_borders,
    measure_corners,
    measure_high_frequencies,
    measure_sharpness,
)

SETTING = Setting(200, 1, "a reference", Digests("release", "dataset"))
ROOT = Path(__file__).resolve().parents[3]
SIZE = 64


def make(generator, plant, label):
    """An image of low contrast noise, and a planted sign if it is labeled 1."""
    coarse = generator.random((8, 8), dtype=np.float32)
    grey = 0.4 + 0.2 * np.kron(coarse, np.ones((8, 8), dtype=np.float32))
    grey += 0.02 * generator.standard_normal((SIZE, SIZE)).astype(np.float32)
    return plant(grey.copy(), label, generator)


def nothing(grey, label, generator):
    return grey


def bright_corner(grey, label, generator):
    grey[:6, :6] += 0.3 * label
    return grey


def bright_border(grey, label, generator):
    grey[:, -6:] += 0.3 * label
    return grey


def brighter(grey, label, generator):
    return grey + 0.1 * label


def flatter(grey, label, generator):
    return grey.mean() + (1 - 0.4 * label) * (grey - grey.mean())


def smoother(grey, label, generator):
    if label:
        grey[1:-1, 1:-1] = (grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]) / 4
    return grey


def bright_middle(grey, label, generator):
    grey[28:36, 28:36] += 0.3 * label
    return grey


@pytest.fixture
def written(tmp_path):
    """Writes images as JPEG and lists them: (training, evaluation)."""

    def write(plant, count=80, quality=lambda label: 90, folder="images"):
        generator = np.random.default_rng(7)
        (tmp_path / folder).mkdir()
        entries = []
        for number in range(2 * count):
            label, name = number % 2, f"{number}.jpeg"
            to_picture(make(generator, plant, label)).save(tmp_path / folder / name, quality=quality(label))
            split = "training" if number < count else "benchmark"
            entries.append(Entry(name, str(number), label, "planted", split, "0" * 64))
        return entries[:count], entries[count:], tmp_path / folder

    return write


def score(written):
    training, evaluation, folder = written
    return score_baselines(training, evaluation, lambda entry: folder)


def areas(written):
    """The AUROC of each baseline."""
    found = score(written)
    labels = np.array([entry.label for entry in written[1]])
    patients = np.array([entry.patient for entry in written[1]])
    cases = {name: Cases(labels, scores, patients, None) for name, scores in found.items()}
    return {name: estimate(each, SETTING, metrics=("auroc",))[0] for name, each in cases.items()}


@pytest.mark.parametrize(
    ("baseline", "plant"),
    [
        ("corners", bright_corner),
        ("borders", bright_border),
        ("mean intensity", brighter),
        ("contrast", flatter),
        ("sharpness", smoother),
        ("high-frequency energy", smoother),
        (LINEAR, bright_middle),
    ],
)
def test_a_baseline_finds_what_is_planted_for_it(written, baseline, plant):
    assert areas(written(plant))[baseline].value > 0.95


def test_the_size_of_the_file_is_found_where_it_tells_the_labels(written):
    found = areas(written(nothing, count=300, quality=lambda label: 90 - 10 * label))
    assert found["file size"].value > 0.95  # smaller files are positive here: the direction is learned
    assert abs(found["mean intensity"].value - 0.5) < 0.1


def test_no_baseline_finds_what_is_not_there(written):
    found = areas(written(nothing, count=300))
    assert set(found) == set(BASELINES)
    for name, row in found.items():
        assert abs(row.value - 0.5) < 0.1, name


def test_a_sign_in_the_middle_is_none_of_the_edges(written):
    found = areas(written(bright_middle, count=300))
    assert max(abs(found[name].value - 0.5) for name in ("corners", "borders")) < 0.1


def test_scores_lie_between_0_and_1_and_do_not_see_the_evaluation_labels(written):
    training, evaluation, folder = written(bright_corner)
    turned = [Entry(e.image, e.patient, 1 - e.label, e.label_source, e.split, e.sha256) for e in evaluation]
    first, second = (score_baselines(training, each, lambda entry: folder) for each in (evaluation, turned))
    for name in BASELINES:
        assert first[name].shape == (len(evaluation),)
        assert ((first[name] >= 0) & (first[name] <= 1)).all()
        np.testing.assert_array_equal(first[name], second[name])


def test_the_scores_are_those_of_the_images_in_any_company(written):
    training, evaluation, folder = written(bright_corner)
    whole = score_baselines(training, evaluation, lambda entry: folder)
    part = score_baselines(training, evaluation[::-3], lambda entry: folder)
    for name in BASELINES:
        np.testing.assert_allclose(part[name], whole[name][::-3], rtol=1e-9)


def test_every_unusable_image_is_named_and_one_label_is_refused(written):
    training, evaluation, folder = written(nothing, count=10)
    (folder / evaluation[0].image).write_bytes(b"no image")
    Image.new("RGB", (64, 64), (200, 10, 10)).save(folder / evaluation[1].image)
    Image.new("L", (16, 64)).save(folder / evaluation[2].image)
    (folder / evaluation[3].image).unlink()
    with pytest.raises(ValueError, match="cannot be used") as error:
        score_baselines(training, evaluation, lambda entry: folder)
    lines = str(error.value).splitlines()
    assert len(lines) == 4
    assert all(str(folder / entry.image) in line for entry, line in zip(evaluation[:4], lines, strict=True))
    assert "color" in lines[1]
    assert "at least 32" in lines[2]
    with pytest.raises(ValueError, match="both labels"):
        score_baselines(training[::2], evaluation, lambda entry: folder)


def test_measures_on_images_worked_out_on_paper():
    flat = np.full((40, 60), 0.5, dtype=np.float32)
    marked = flat.copy()
    marked[:4, -6:] = 1
    assert measure_corners(marked).tolist() == [0.5, 1, 0.5, 0.5]
    assert measure_borders(marked) == pytest.approx([0.55, 0.5, 0.5, 0.55])
    chess = (np.indices((40, 60)).sum(axis=0) % 2).astype(np.float32)
    wave = np.tile(np.sin(2 * np.pi * np.arange(60) / 30).astype(np.float32), (40, 1))
    assert np.exp(measure_high_frequencies(chess))[0] == pytest.approx(1)
    assert np.exp(measure_high_frequencies(wave))[0] == pytest.approx(0, abs=1e-6)
    assert np.exp(measure_sharpness(chess))[0] == pytest.approx(16)  # +4 and -4, in turn
    assert measure_sharpness(chess) > measure_sharpness(wave) > measure_sharpness(flat)


# --- beside the model -------------------------------------------------------------------------------------------------


def draw(n=400):
    """A model, a good baseline, a useless one, and one that says nothing."""
    generator = np.random.default_rng(3)
    labels = np.arange(n) % 2
    signal = labels + generator.normal(0, 0.4, n)
    model = 1 / (1 + np.exp(-(labels + generator.normal(0, 0.25, n))))
    baselines = {
        "useless": generator.random(n), "good": 1 / (1 + np.exp(-signal)), "constant": np.full(n, 0.5)
    }  # fmt: skip
    return Cases(labels, model, np.repeat(np.arange(n // 2), 2).astype(str), 0.5), baselines


def test_the_best_baseline_stands_beside_the_model_with_a_paired_difference():
    cases, baselines = draw()
    compared, _ = analyse_shortcuts(cases, baselines, SETTING)
    assert (compared.role, compared.images, compared.patients, compared.positives) == (Role.BASELINE, 400, 200, 200)
    assert [row.score for row in compared.estimates[:2]] == [OF_THE_RELEASE, "good"]
    values = {row.score: row.value for row in compared.estimates}
    assert values["constant"] == 0.5
    paired = compared.estimates[-1]
    assert (paired.metric, "good" in paired.score) == ("auroc_difference", True)
    assert paired.value == pytest.approx(values[OF_THE_RELEASE] - values["good"])
    assert paired.interval.lower < paired.value < paired.interval.upper
    assert {row[0] for row in compared.tables[0].rows} == set(baselines)


def test_the_model_is_estimated_within_quarters_that_hold_every_image_once():
    cases, baselines = draw()
    _, within = analyse_shortcuts(cases, baselines, SETTING)
    for name in ("useless", "good"):
        rows = [row for row in within.estimates if (row.score, row.metric) == (name, "auroc")]
        assert [row.subgroup for row in rows] == list(QUARTERS)
        assert sum(row.n for row in rows) == 400
    counts = {row[0]: row[1:] for row in within.tables[0].rows}
    assert counts["constant"] == (200, 200, 0, 0, 0, 0, 0, 0)
    whole, own = [row for row in within.estimates if row.score == "constant"]
    assert whole.value == pytest.approx(estimate(cases, SETTING, metrics=("auroc",))[0].value)
    assert (own.metric, own.value) == (OWN, 0.5)


def test_what_a_baseline_still_tells_apart_in_a_quarter_stands_beside_the_model():
    cases, baselines = draw()
    _, within = analyse_shortcuts(cases, baselines, SETTING)
    quarter = find_quarters(baselines["good"]) == 3
    alone = estimate(replace(cases.where(quarter), scores=baselines["good"][quarter]), SETTING, metrics=("auroc",))
    (own,) = [one for one in within.estimates if (one.score, one.subgroup, one.metric) == ("good", QUARTERS[3], OWN)]
    assert (own.value, own.interval) == (alone[0].value, alone[0].interval)
    assert set(within.figures[0].series[0].y) <= {row.value for row in within.estimates if row.metric == "auroc"}


def test_a_baseline_below_chance_is_explained_and_no_other():
    cases, baselines = draw()
    compared, _ = analyse_shortcuts(cases, baselines, SETTING)
    assert "below 0.5" not in compared.statement
    compared, _ = analyse_shortcuts(cases, {"good": baselines["good"], "turned": 1 - baselines["good"]}, SETTING)
    assert "The AUROC of turned lies below 0.5" in compared.statement


def test_a_model_that_is_the_shortcut_has_nothing_left_within_fine_strata():
    labels = np.arange(400) % 2
    shortcut = np.repeat([0.1, 0.3, 0.6, 0.9], 100)  # tells nothing within a quarter
    cases = Cases(labels, shortcut, np.arange(400).astype(str), 0.5)
    _, within = analyse_shortcuts(cases, {"shortcut": shortcut}, SETTING)
    assert [row.value for row in within.estimates] == [0.5] * 8  # nor has the shortcut itself


def test_a_quarter_of_one_label_has_a_reason_and_no_value():
    labels = np.repeat([0, 1], 200)
    cases = Cases(labels, np.linspace(0, 1, 400), np.arange(400).astype(str), 0.5)
    _, within = analyse_shortcuts(cases, {"size": np.linspace(0, 1, 400)}, SETTING)
    assert all(row.value is None and "one class" in row.reason for row in within.estimates)


def test_equal_scores_share_a_quarter():
    places = find_quarters(np.array([0.1, 0.2, 0.2, 0.2, 0.2, 0.9]))
    assert np.unique(places[1:5]).size == 1
    assert places[0] <= places[1] < places[5]


def test_scores_of_other_images_are_refused():
    cases, baselines = draw()
    with pytest.raises(ValueError, match=r"short: \(3,\)"):
        analyse_shortcuts(cases, baselines | {"short": np.zeros(3)}, SETTING)
    with pytest.raises(ValueError, match="none"):
        analyse_shortcuts(cases, {}, SETTING)


@pytest.mark.data
def test_the_size_of_the_file_tells_the_collections_labels():
    folder = Path(os.environ["CLEARWAY_DATA"]) / "kermany224"
    entries, _ = read_manifest(ROOT / "verification/datasets/kermany224/manifest.csv")
    training, tuning = ([e for e in entries if e.split == split] for split in ("training", "tuning"))
    found = score_baselines(training[::8], tuning[::4], lambda entry: folder)
    labels = np.array([entry.label for entry in tuning[::4]])
    cases = Cases(labels, found["file size"], np.array([entry.patient for entry in tuning[::4]]), None)
    (row,) = estimate(cases, SETTING, metrics=("auroc",))
    assert row.interval.lower > 0.8
