"""The drift monitor: its statistics against SciPy's, its false alarms by simulation, and databases of older nodes."""

import sqlite3

import numpy as np
import pytest
from pydicom import Dataset
from scipy import stats

from device.node import drift
from device.node.configuration import Configuration, Drift, Peer
from device.node.drift import Images
from device.node.messages import read_name
from device.node.store import Store
from device.node.tables import SCHEMA

TABLES = [(0, 200, 0, 200), (3, 200, 20, 200), (30, 200, 20, 150), (20, 20, 5, 180), (1, 1, 0, 9), (200, 200, 200, 200)]


@pytest.mark.parametrize("table", TABLES)
def test_fishers_exact_test_is_that_of_scipy(table):
    found, number, other, of = table
    rows = [[found, number - found], [other, of - other]]
    assert drift.find_fisher_chance(*table) == pytest.approx(stats.fisher_exact(rows).pvalue, rel=1e-6)
    greater = stats.fisher_exact(rows, alternative="greater").pvalue
    assert drift.find_excess_chance(*table) == pytest.approx(greater, rel=1e-6)


@pytest.mark.parametrize(("found", "number", "rate"), [(0, 200, 0.1), (34, 200, 0.1), (5, 10, 0.5), (9, 10, 0.999)])
def test_the_binomial_test_is_that_of_scipy(found, number, rate):
    expected = stats.binomtest(found, number, rate).pvalue
    assert drift.find_binomial_chance(found, number, rate) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("digits", [1, 6])
def test_the_distance_of_scores_is_that_of_scipy_with_ties_too(digits):
    random = np.random.default_rng(7)
    one, other = random.random(200).round(digits), (random.random(150) ** 2).round(digits)
    assert drift.measure_distance(one, other) == pytest.approx(stats.ks_2samp(one, other).statistic)


def test_the_limit_of_the_distance_has_the_level_as_its_chance():
    limit = drift.find_distance_limit(20_000, 20_000, 0.001)
    assert stats.kstwobign.sf(limit * np.sqrt(20_000 / 2)) == pytest.approx(0.001, rel=0.01)


def draw(random, rate, number=200):
    """Images of which about so many are flagged: scores are even, and those above a threshold are flagged."""
    scores = random.random(number)
    return Images(number, int((scores > 1 - rate).sum()), tuple(scores))


def count_alarms(compare, stated, rate, later, pairs=3000):
    random = np.random.default_rng(20261201)
    drawn = ((draw(random, later), draw(random, rate)) for _ in range(pairs))
    return sum(compare(now, before, stated).alarm for now, before in drawn) / pairs


@pytest.mark.parametrize("level", [0.001, 0.01])
@pytest.mark.parametrize("compare", [drift.compare_flags, drift.compare_scores])
def test_without_drift_alarms_are_no_more_frequent_than_the_level(compare, level):
    error = np.sqrt(level * (1 - level) / 3000)
    assert count_alarms(compare, Drift(level=level), 0.3, 0.3) <= level + 3 * error


def test_a_rate_that_is_estimated_is_not_taken_for_known():
    """What the docstring says of the binomial test against a baseline's rate: about 2 alarms of 100."""
    random, alarms = np.random.default_rng(20261201), 0
    for _ in range(1000):
        now, before = draw(random, 0.3), draw(random, 0.3)
        alarms += drift.find_binomial_chance(now.flagged, 200, before.flagged / 200) < 0.001
    assert 0.01 < alarms / 1000 < 0.03


@pytest.mark.parametrize("stated", [Drift(), Drift(expected_rate=0.1)])
def test_three_times_as_many_flags_are_told_of(stated):
    assert count_alarms(drift.compare_flags, stated, 0.1, 0.3, 300) > 0.9


def test_a_model_with_few_objects_and_one_that_is_alone_are_not_compared():
    few = [("A", True)] * 19 + [("B", False)] * 181
    assert [each.measure for each in drift.compare_refusals(few, Drift())] == ["refusals of B"]
    assert drift.compare_refusals([("A", True)] * 200, Drift()) == []


def test_the_level_is_shared_among_the_models():
    objects = [(name, name == "A" and number < 3) for name in "ABCD" for number in range(50)]
    told = drift.compare_refusals(objects, Drift(level=0.04))
    assert all(each.said.endswith("level 0.01") for each in told)
    chance = stats.fisher_exact([[3, 47], [0, 150]], alternative="greater").pvalue
    assert 0.01 < chance < 0.04
    assert not any(each.alarm for each in told)


@pytest.fixture
def configuration(tmp_path):
    return Configuration(folder=tmp_path, peers=(Peer("MODALITY", "127.0.0.1"),), drift=Drift(baseline=4, window=4))


def judge(store, number, score, release="one", outcome="analyzed"):
    """Put an object into a store as one that was judged."""
    record = (
        f'{{"outcome": "{outcome}", "score": {score}, "release_digest": "{release}",'
        f' "finding": "{"flagged" if score > 0.5 else "not_flagged"}"}}'
    )
    store._database.execute(
        "INSERT INTO object (number, sop_uid, sop_class, study_uid, series_uid, digest, bytes, peer, received, judged,"
        " record) VALUES (?, ?, '', '', '', '', 0, '', 0, 1, ?)",
        (number, str(number), record),
    )


def test_the_outcomes_of_an_older_node_count_though_they_were_spelled_otherwise(configuration, tmp_path):
    store = Store(configuration)
    for number in range(1, 5):
        judge(store, number, 0.1, outcome="analysed")
    judge(store, 5, 0.1, outcome="not_analysed")
    store._database.executescript(
        "UPDATE object SET record = json_remove(record, '$.finding');"
        "CREATE INDEX object_analysed ON object (number) WHERE record ->> '$.outcome' = 'analysed';"
        "INSERT INTO study VALUES ('1', NULL, 1, 0, NULL);"
        "INSERT INTO result VALUES ('1', '', '', '1', 1, 0, '', 'not_analysed'); PRAGMA user_version = 0;"
    )
    store.close()
    store = Store(configuration)
    assert store.counts.count_outcomes()["objects"] == {"analyzed": 4, "not_analyzed": 1}
    assert store.counts.count_outcomes()["studies"] == {"not_analyzed": 1}
    assert store.drift._count("one", 0) == 4
    names = store._database.execute("SELECT name FROM sqlite_master WHERE name LIKE 'object_anal%'").fetchall()
    assert names == [("object_analyzed",)]
    store.close()


def test_the_database_of_an_older_node_opens_and_keeps_what_it_holds(configuration, tmp_path):
    with sqlite3.connect(tmp_path / "node.db") as older:
        older.executescript(SCHEMA)
        older.execute(
            "INSERT INTO object (sop_uid, sop_class, study_uid, series_uid, digest, bytes, peer, received)"
            " VALUES ('1', '', '', '', '', 0, '', 0)"
        )
    assert "model" not in {row[1] for row in older.execute("PRAGMA table_info(object)")}
    older.close()
    for _ in range(2):
        store = Store(configuration)
        assert store._database.execute("SELECT sop_uid, manufacturer, model FROM object").fetchall() == [
            ("1", None, None)
        ]
        store.close()


def test_only_whole_windows_of_the_release_that_runs_are_compared(configuration):
    store = Store(configuration)
    for number in range(1, 5):
        judge(store, number, 0.9, "before")
    for number in range(5, 12):
        judge(store, number, 0.1)
    said = {each.measure: each.said for each in store.drift.compare()}
    assert said["flag rate"] == "not compared yet: 7 of 8 analyzed images of this release"
    judge(store, 12, 0.9)
    judge(store, 13, 0.0, outcome="not_analyzed")
    (flags, scores) = store.drift.compare()[:2]
    assert flags.said.startswith("found 1 of 4 images flagged, expected as in the baseline, 0 of 4")
    assert scores.said.startswith("found a distance of 0.250 ")
    store.close()


def test_images_are_found_by_the_index(configuration):
    store = Store(configuration)
    where = f"{drift._ANALYZED} AND {drift._RELEASE} = 'one'"
    plan = store._database.execute(
        f"EXPLAIN QUERY PLAN SELECT number FROM object WHERE {where} ORDER BY number"  # noqa: S608
    ).fetchall()
    assert "object_analyzed" in plan[0][3]
    assert len(plan) == 1
    store.close()


@pytest.mark.parametrize(
    ("value", "name"),
    [("Maker ", "Maker"), ("", None), (None, None), ("A\\B", None), ("A\u202e\nB", "AB"), ("x" * 99, "x" * 64)],
)
@pytest.mark.filterwarnings("ignore")
def test_a_name_is_kept_as_far_as_it_can_be_shown(value, name):
    header = Dataset()
    if value is not None:
        header.Manufacturer = value
    assert read_name(header, "Manufacturer") == name
