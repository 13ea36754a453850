"""The simulated worklist: against closed forms of queueing theory, one worked out by hand, and what must not change."""

import math

import msgspec
import numpy as np
import pytest

from verification.analyses.triage import (
    GROUPS,
    Worklist,
    analyse_triage,
    draw_worklist,
    find_expected_waits,
    find_load,
    find_waits,
    simulate,
)
from verification.estimation.estimates import Cases, Digests, Setting
from verification.evidence import Role
from verification.protocol.plan import TriageAssumptions

ASSUMED = TriageAssumptions(
    source="assumed here", arrivals_per_hour=12, reading_minutes=3.5, prevalences=(0.1, 0.3), images=6000,
    replicates=60, seed=5,
)  # fmt: skip
SETTING = Setting(200, 1, "a reference", Digests("release", "dataset"))


def assume(**changes):
    return msgspec.structs.replace(ASSUMED, **changes)


def cases(sensitivity=0.9, specificity=0.8, n=100):
    labels = np.repeat([1, 0], n)
    flagged = np.concatenate([np.arange(n) < sensitivity * n, np.arange(n) >= specificity * n])
    return Cases(labels, flagged.astype(float), np.arange(2 * n).astype(str), 0.5)


def settled(values, work):
    """Means by replicate, the first fifth left out."""
    return values[:, work.arrivals.shape[1] // 5 :]


def near(values, expected):
    """The mean over replicates lies within four standard errors of what is expected, and these are small."""
    means = np.nanmean(values, axis=1)
    error = means.std(ddof=1) / math.sqrt(means.size)
    assert error < 0.1 * expected
    return abs(means.mean() - expected) < 4 * error


def by_hand(work, first, readers):
    """Event by event, one image at a time."""
    waits = np.empty_like(work.arrivals)
    for r in range(work.arrivals.shape[0]):
        free, left = [0.0] * readers, list(range(work.arrivals.shape[1]))
        while left:
            now = max(min(free), min(work.arrivals[r, i] for i in left))
            here = [i for i in left if work.arrivals[r, i] <= now]
            image = min(here, key=lambda i: (not first[r, i], work.arrivals[r, i]))
            waits[r, image] = now - work.arrivals[r, image]
            free[free.index(min(free))] = now + work.readings[r, image]
            left.remove(image)
    return waits


def test_a_worklist_worked_out_on_paper():
    arrivals = np.array([[0.0, 1.0, 2.0, 3.0]])
    readings = np.array([[5.0, 5.0, 5.0, 5.0]])
    flagged = np.array([[False, False, False, True]])
    work = Worklist(arrivals, readings, flagged, flagged)
    assert find_waits(work, np.zeros_like(flagged), 1).tolist() == [[0, 4, 8, 12]]
    assert find_waits(work, flagged, 1).tolist() == [[0, 9, 13, 2]]  # the reading that has begun is finished
    assert find_waits(work, flagged, 2).tolist() == [[0, 0, 4, 2]]


@pytest.mark.parametrize("readers", [1, 2, 3])
def test_the_simulation_of_all_replicates_at_once_is_that_of_each_alone(readers):
    work = draw_worklist(assume(images=120, replicates=4, reading_minutes=4.5 * readers), 0.3, 0.8, 0.7)
    for first in (work.flagged, np.zeros_like(work.flagged), np.ones_like(work.flagged)):
        np.testing.assert_allclose(find_waits(work, first, readers), by_hand(work, first, readers), atol=1e-9)


@pytest.mark.parametrize(
    ("times", "readers", "minutes", "expected"),
    [
        ("exponential", 1, 3.5, 0.7 * 3.5 / 0.3),  # M/M/1: load x reading / (1 - load)
        ("constant", 1, 3.5, 0.7 * 3.5 / 0.3 / 2),  # M/D/1: half of it
        ("exponential", 2, 7.0, 0.7**2 * 7.0 / (1 - 0.7**2)),  # M/M/2: load^2 x reading / (1 - load^2)
    ],
)
def test_first_come_first_read_waits_as_the_closed_form_says(times, readers, minutes, expected):
    assumed = assume(reading_times=times, readers=readers, reading_minutes=minutes)
    work = draw_worklist(assumed, 0.1, 0.9, 0.8)
    waits = find_waits(work, np.zeros_like(work.flagged), readers)
    assert near(settled(waits, work), expected)
    assert find_expected_waits(assumed, 0.3)[0] == pytest.approx(expected)


def test_flagged_first_waits_as_cobham_says():
    prevalence, sensitivity, specificity = 0.2, 0.9, 0.8
    work = draw_worklist(ASSUMED, prevalence, sensitivity, specificity)
    waits, flagged = find_waits(work, work.flagged, 1), settled(work.flagged, work)
    share = prevalence * sensitivity + (1 - prevalence) * (1 - specificity)
    residual, load = 0.7 * 3.5, 0.7
    urgent, rest = residual / (1 - load * share), residual / ((1 - load * share) * (1 - load))
    assert near(np.where(flagged, settled(waits, work), np.nan), urgent)
    assert near(np.where(flagged, np.nan, settled(waits, work)), rest)
    missed = settled(work.positive & ~work.flagged, work)
    assert near(np.where(missed, settled(waits, work), np.nan), rest)
    assert find_expected_waits(ASSUMED, share)[1:] == pytest.approx((urgent, rest))


@pytest.mark.parametrize(("times", "readers"), [("exponential", 1), ("exponential", 3), ("constant", 1)])
def test_the_formulas_obey_the_conservation_law(times, readers):
    assumed = assume(reading_times=times, readers=readers, reading_minutes=4.0 * readers)
    waits = find_expected_waits(assumed, 0.35)
    assert 0.35 * waits[1] + 0.65 * waits[2] == pytest.approx(waits[0])


def test_the_order_of_reading_moves_waits_and_makes_none_vanish():
    constant = assume(reading_times="constant", images=500, replicates=3)
    work = draw_worklist(constant, 0.3, 0.9, 0.7)
    plain, flagged = (find_waits(work, first, 1) for first in (np.zeros_like(work.flagged), work.flagged))
    np.testing.assert_allclose(flagged.sum(axis=1), plain.sum(axis=1))  # equal readings: the total is the same
    assert flagged[work.flagged].mean() < plain[work.flagged].mean()


def test_there_is_no_formula_for_several_readers_of_constant_speed():
    assert find_expected_waits(assume(reading_times="constant", readers=2), 0.3) is None


def test_a_worklist_that_grows_without_end_is_refused():
    with pytest.raises(ValueError, match=r"20 arrivals an hour of 3 minutes.*1 readers"):
        simulate(assume(arrivals_per_hour=20, reading_minutes=3), 0.9, 0.8)
    assert find_load(assume(arrivals_per_hour=20, reading_minutes=3, readers=2)) == pytest.approx(0.5)


def test_a_seed_gives_the_same_waits_and_another_seed_others():
    small = assume(images=300, replicates=3)
    assert simulate(small, 0.9, 0.8) == simulate(small, 0.9, 0.8)
    assert simulate(small, 0.9, 0.8) != simulate(msgspec.structs.replace(small, seed=6), 0.9, 0.8)


def test_flagged_gain_and_missed_lose():
    waits = {wait.group: wait for wait in simulate(ASSUMED, 0.9, 0.8) if wait.prevalence == 0.3}
    assert set(waits) == set(GROUPS)
    for group in ("flagged", "pneumonia, flagged", "no pneumonia, flagged"):
        assert waits[group].upper < 0
    for group in ("not flagged", "pneumonia, missed", "no pneumonia, not flagged"):
        assert waits[group].lower > 0
    assert waits["all"].lower < 0 < waits["all"].upper
    parts = sum(waits[group].share for group in GROUPS[4:])
    assert parts == pytest.approx(1)
    assert waits["pneumonia, missed"].share == pytest.approx(0.03, rel=0.05)


def test_a_flag_on_everyone_or_no_one_changes_nothing():
    for sensitivity, specificity in ((1.0, 0.0), (0.0, 1.0)):
        changes = [each.change for each in simulate(assume(images=300), sensitivity, specificity) if each.change]
        assert changes == []


def test_a_group_without_images_has_no_wait():
    waits = simulate(assume(images=300, replicates=3), 1.0, 0.8)
    missed = [wait for wait in waits if wait.group == "pneumonia, missed"]
    assert [(wait.share, wait.before, wait.after, wait.change) for wait in missed] == [(0, None, None, None)] * 2


def test_the_analysis_states_its_assumptions_with_their_sources():
    assumed = assume(sources={"reading_minutes": "a time study"})
    found = analyse_triage(cases(), assumed, SETTING)
    assert (found.role, found.images, found.positives) == (Role.TRIAGE, 200, 100)
    assert [row.metric for row in found.estimates] == ["sensitivity", "specificity"]
    sources = {row[0]: row[2] for row in found.tables[0].rows}
    assert sources["mean minutes that a reading takes"] == "a time study"
    assert sources["readers"] == "assumed here"
    assert {sources[name] for name in ("images in a replicate", "replicates", "seed")} == {"chosen for the simulation"}
    means = {(row[0], row[1]): row[5] for row in found.tables[1].rows}
    assert means[0.3, "pneumonia, flagged"] < 0 < means[0.3, "pneumonia, missed"]
    assert {series.name for series in found.figures[0].series} >= {"pneumonia, flagged", "pneumonia, missed"}


def test_the_simulation_stands_beside_theory_where_there_is_a_formula():
    (theory,) = [table for table in analyse_triage(cases(), ASSUMED, SETTING).tables if "theory" in table.title]
    assert [row[1] for row in theory.rows] == ["all", "flagged", "not flagged"] * 2
    assert all(row[2] == pytest.approx(row[5], rel=0.1) for row in theory.rows)
    assert all(row[3] < row[2] < row[4] for row in theory.rows)
    other = analyse_triage(cases(), assume(reading_times="constant", readers=2, images=300), SETTING)
    (theory,) = [table for table in other.tables if "theory" in table.title]
    assert {row[5] for row in theory.rows} == {"no formula"}


def test_the_interval_of_a_simulated_mean_narrows_with_more_replicates():
    few, many = (simulate(assume(images=300, replicates=n), 0.9, 0.9)[0].reach for n in (40, 160))
    assert few / many == pytest.approx(2, rel=0.35)


def test_the_analysis_says_where_no_image_is_of_a_group():
    found = analyse_triage(cases(sensitivity=1.0), assume(images=300, replicates=3), SETTING)
    missed = [row for row in found.tables[1].rows if row[1] == "pneumonia, missed"]
    assert [row[2:] for row in missed] == [(0, *["no image"] * 5)] * 2


def test_the_limits_of_the_estimates_bound_what_is_flagged():
    found = analyse_triage(cases(), assume(images=500, replicates=4), SETTING)
    (table,) = [table for table in found.tables if "limits of sensitivity" in table.title]
    for row in table.rows:
        if row[1] == "pneumonia, missed":
            assert row[2] > row[4]  # less sensitive, more are missed


def test_undefined_estimates_are_refused():
    lone = cases().where(np.arange(200) < 100)
    with pytest.raises(ValueError, match="undefined"):
        analyse_triage(lone, ASSUMED, SETTING)
