"""Then: scores beside one another, beside their range and beside the threshold."""

from __future__ import annotations

from pytest_bdd import parsers, then

from verification.steps.bench import Bench, Observe
from verification.steps.then.one_file import describe

SAME_SCORE = 1e-4
"""The plain image holds the shown levels rounded to 16 bits; any wrong transformation moves the score much further."""


@then("both have the same score")
def same_score(bench: Bench, observe: Observe) -> None:
    """The scores of the last two runs differ by less than `SAME_SCORE`."""
    one, other = bench.earlier.result["score"], bench.last.result["score"]
    observe(f"scores {one:.6f} and {other:.6f}")
    assert abs(one - other) < SAME_SCORE


@then("its score is 0 or 1")
def extreme_score(bench: Bench, observe: Observe) -> None:
    """The score is 0 or 1, exactly."""
    observe(f"{bench.last.result['score']!r}")
    assert bench.last.result["score"] in (0.0, 1.0)


@then("both results are the same in every field")
def same_results(bench: Bench, observe: Observe) -> None:
    """The results of the last two runs are equal in every field, in their order, the paths among them."""
    one, other = bench.earlier.results, bench.last.results
    for each in (one, other):
        observe(f"{len(each)} result{'s' * (len(each) != 1)}, the first: {describe(bench, each[0])}")
    assert one == other
    assert any(each["score"] is not None for each in other)


@then(parsers.parse("the scores of all {count:d} files are the same"))
@then(parsers.parse("the scores of the first {count:d} files are the same"))
def same_scores(bench: Bench, count: int, observe: Observe) -> None:
    """The scores of the first so many results are equal to the last bit."""
    found = [each["score"] for each in bench.last.results[:count]]
    observe(", ".join(f"{each!r}" for each in found))
    assert len(found) == count
    assert None not in found
    assert set(found) == {found[0]}


@then("the scores of the 2 files differ")
def different_scores(bench: Bench, observe: Observe) -> None:
    """The scores of the two results differ by more than `SAME_SCORE`."""
    one, other = (each["score"] for each in bench.last.results)
    observe(f"scores {one!r} and {other!r}")
    assert abs(one - other) > SAME_SCORE


@then(parsers.parse("the third file is refused with the single reason {code}"))
def third_refused(bench: Bench, code: str, observe: Observe) -> None:
    """The third result has no score, and one reason."""
    third = bench.last.results[2]
    observe(f"{third['rejections']}")
    assert third["score"] is None
    assert [each["code"] for each in third["rejections"]] == [code]


@then("every score lies from 0 to 1")
def score_range(bench: Bench, observe: Observe) -> None:
    """Every score lies in [0, 1]."""
    found = [each["score"] for each in bench.last.results]
    observe(f"{len(found)} scores from {min(found)!r} to {max(found)!r}")
    assert all(0 <= each <= 1 for each in found)


@then("every file is flagged exactly if its score is at least the threshold")
def flags(bench: Bench, observe: Observe) -> None:
    """Every finding is flagged exactly if the score is not below the threshold, else not_flagged."""
    results = bench.last.results
    observe(f"{sum(each['finding'] == 'flagged' for each in results)} of {len(results)} flagged")
    for each in results:
        assert each["finding"] == ("flagged" if each["score"] >= each["threshold"] else "not_flagged")


@then("the scores of the last 2 files are the same, and that of the first another")
def last_two(bench: Bench, observe: Observe) -> None:
    """Of three files, in the order of their names, the second and third have one score, the first another."""
    scores = [result["score"] for result in bench.last.results]
    observe(f"{scores}")
    first, second, third = scores
    assert second == third != first
    assert None not in scores
