"""Estimates found once more from scores, by arithmetic and a generator of the audit's own."""

import hashlib
import json

import numpy as np
import pytest
from msgspec import json as coded

from submission.audit.again.draws import draw_samples
from submission.audit.again.estimates import Image, find_in_estimates
from submission.audit.held.scores import find_in_scores
from verification.estimation.estimates import Cases, Digests, Setting, estimate, estimate_as_if_independent

SETTING = Setting(200, 20261130, "reads", Digests("r" * 64, "d" * 64))


@pytest.mark.parametrize("size", [1, 7, 64, 403, 70_000])
@pytest.mark.parametrize("seed", [0, 20261123, 2**40 + 5])
def test_samples_are_those_of_numpy(seed, size):
    samples = 3 if size > 1000 else 120
    children = np.random.SeedSequence(seed).spawn(-(-samples // 50))
    sizes = [min(50, samples - 50 * n) for n in range(len(children))]
    drawn = [
        np.random.default_rng(child).integers(0, size, (count, size)).tolist()
        for child, count in zip(children, sizes, strict=True)
    ]
    assert list(draw_samples(seed, size, samples)) == [sample for block in drawn for sample in block]


def make_study(images: int, seed: int, *, separate: bool = False):
    """Scores with ties, patients with several images, and the study that the suite makes of them."""
    dice = np.random.default_rng(seed)
    labels = np.arange(images) % 3 == 0
    scores = labels * 0.5 + 0.25 if separate else np.round(np.clip(dice.normal(0.4 + 0.2 * labels, 0.2), 0, 1), 2)
    patients = np.array([f"p{number:03}" for number in dice.integers(0, images // 2, images)])
    cases = Cases(labels.astype(int), scores, patients, 0.5)
    held = np.arange(images) % 4 < 2
    rows = [*estimate(cases, SETTING), *estimate_as_if_independent(cases, SETTING)]
    rows += estimate(cases.where(held), SETTING, "women")
    table = tuple(Image(str(p), bool(y), float(s)) for p, y, s in zip(patients, labels, scores, strict=True))
    study = {"estimates": json.loads(coded.encode(rows)), "members": {"women": "".join("01"[int(one)] for one in held)}}
    return table, study


def find(table, study):
    return list(find_in_estimates("study x", table, study, 0.5))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("separate", [False, True])
def test_what_the_suite_estimates_is_found_again(seed, separate):
    table, study = make_study(60 + 7 * seed, seed, separate=separate)
    methods = {row["interval"]["method"].split()[0] for row in study["estimates"] if row["interval"]}
    assert methods >= ({"exact"} if separate else {"patient-clustered", "DeLong", "Wilson"})
    assert find(table, study) == []


def forge(change):
    table, study = make_study(90, 9)
    for row in study["estimates"]:
        change(row)
    return table, study


def narrow(row):
    if row["interval"] and row["interval"]["method"].startswith("patient") and row["metric"] == "auroc":
        row["interval"]["lower"] += 0.001


def raise_subgroup(row):
    if row["subgroup"] == "women" and row["metric"] == "sensitivity":
        row["value"] += 0.01


def add_patients(row):
    if row["subgroup"] == "women" and row["metric"] == "specificity":
        row["patients"] += 1


def raise_events(row):
    if row["subgroup"] == "women" and row["metric"] == "sensitivity":
        row["events"] += 1


def change_level(row):
    if row["subgroup"] == "women" and row["metric"] == "npv":
        row["interval"]["level"] = 0.99


def drop_interval(row):
    if row["metric"] == "average_precision":
        row["interval"] = None


def invent_method(row):
    if row["metric"] == "npv" and row["interval"]:
        row["interval"]["method"] = "bootstrap of our own"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (narrow, "the interval by its method is"),
        (raise_subgroup, "the scores give"),
        (add_patients, "patients: the scores give"),
        (raise_events, "events: the scores give"),
        (change_level, "its interval is of a level of 0.95, the study states 0.99"),
        (invent_method, "no interval by “bootstrap of our own” follows"),
    ],
)
def test_an_estimate_that_was_changed_is_named(change, named):
    found = find(*forge(change))
    assert found
    assert all(code == "scores-differ" and named in said for code, _, said in found)


def test_an_interval_that_was_left_out_is_named():
    found = find(*forge(drop_interval))
    assert [where for _, where, _ in found] == [f"study x, average_precision ({group})" for group in ("all", "women")]
    assert all("the study states none" in said for _, _, said in found)


@pytest.mark.parametrize("members", [{}, {"women": "1" * 89}, {"women": "1" * 89 + "2"}])
def test_a_subgroup_whose_images_are_not_told_is_named(members):
    table, study = make_study(90, 9)
    found = find(table, study | {"members": members})
    assert {where for _, where, _ in found} == {
        f"study x, {row['metric']} (women)" for row in study["estimates"] if row["subgroup"] == "women"
    }
    assert all("does not tell which of the 90 images" in said for _, _, said in found)


def test_other_images_in_a_subgroup_are_noticed():
    table, study = make_study(90, 9)
    assert find(table, study | {"members": {"women": "01" * 45}})


def test_the_table_beside_the_evidence_is_what_is_read(tmp_path):
    table, study = make_study(90, 9)
    rows = [f"i{n},{one.patient},{int(one.positive)},{one.score},\n" for n, one in enumerate(table)]
    content = ("image,patient,label,score,not_analysed\n" + "".join(rows)).encode()
    (tmp_path / "evidence/scores").mkdir(parents=True)
    (tmp_path / "evidence/scores/x.csv").write_bytes(content)
    flagged = [(one.score >= 0.5, one.positive) for one in table]
    names = {(True, True): "true_positive", (True, False): "false_positive", (False, True): "false_negative"}
    cells = dict.fromkeys((*names.values(), "true_negative"), 0)
    for pair in flagged:
        cells[names.get(pair, "true_negative")] += 1
    study |= {
        "name": "x", "scores_sha256": hashlib.sha256(content).hexdigest(), "release": "r", "openings": [],
        "release_digest": "r" * 64, "images": 90, "confusion": cells,
    }  # fmt: skip
    device = {"releases": [{"name": "r", "digest": "r" * 64, "threshold": 0.5}]}
    assert list(find_in_scores(tmp_path, {"studies.json": {"studies": [study]}, "device.json": device})) == []
    study["estimates"][0]["value"] += 0.001
    found = list(find_in_scores(tmp_path, {"studies.json": {"studies": [study]}, "device.json": device}))
    assert [code for code, _, _ in found] == ["scores-differ"]
