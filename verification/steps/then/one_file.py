"""Then: what the device said of one file: outcome, reasons, notices, finding."""

from __future__ import annotations

from typing import Any

from pytest_bdd import parsers, then

from verification.steps.bench import Bench, Observe
from verification.steps.tables import Rows, records


@then("it is accepted")
def accepted(bench: Bench, observe: Observe) -> None:
    """The gate's outcome is accepted, with exit status 0, no rejection and no failure."""
    run = bench.runs["gate"]
    observe(describe(bench, run.result))
    assert (run.status, run.result["outcome"], run.result["rejections"]) == (0, "accepted", [])
    assert run.result["failure"] is None


@then(parsers.parse("it is refused with the single reason {code} on {attribute} of {requirement}"))
def refused_once(bench: Bench, code: str, attribute: str, requirement: str, observe: Observe) -> None:
    """Gate and analysis refuse it for this reason alone: code, attribute, requirement; exit status 3, no finding."""
    check_refused(bench, [(code, attribute, requirement)], observe)


@then("it is refused for exactly these reasons:")
def refused(bench: Bench, datatable: Rows, observe: Observe) -> None:
    """Gate and analysis refuse it for the reasons of the table (code, attribute, requirement) and no other."""
    check_refused(bench, [(row["code"], row["attribute"], row["requirement"]) for row in records(datatable)], observe)


def check_refused(bench: Bench, expected: list[tuple[str, str, str]], observe: Observe) -> None:
    """The gate refuses for these reasons and no other, and the analysis says the same, with no finding."""
    for command, outcome in (("gate", "refused"), ("analyze", "not_analyzed")):
        run = bench.runs[command]
        observe(f"{command}: {describe(bench, run.result)}; exit status {run.status}")
        found = [(each["code"], each["attribute"], each["requirement"]) for each in run.result["rejections"]]
        assert sorted(found) == sorted(expected)
        assert (run.result["outcome"], run.status) == (outcome, 3)
        assert all(each["found"] and each["expected"] for each in run.result["rejections"])
        check_no_finding(run.result)


@then(parsers.parse('its reason says "{text}"'))
def reason_says(bench: Bench, text: str, observe: Observe) -> None:
    """What its only rejection found contains the text."""
    (found,) = (each["found"] for each in bench.last.result["rejections"])
    observe(found)
    assert text in found


@then(parsers.parse('its reason is "{text}"'))
def reason_is(bench: Bench, text: str, observe: Observe) -> None:
    """What its only rejection found is the text."""
    (found,) = (each["found"] for each in bench.last.result["rejections"])
    observe(found)
    assert text == found


@then(parsers.parse('it expects "{text}"'))
def expects(bench: Bench, text: str, observe: Observe) -> None:
    """What its only rejection expected is the text."""
    (expected,) = (each["expected"] for each in bench.last.result["rejections"])
    observe(expected)
    assert text == expected


@then(parsers.parse("its pixels are seen as {shown}"))
def seen_as(bench: Bench, shown: str, observe: Observe) -> None:
    """What a uniform image shows stands in the reason why it is refused."""
    found = {each["code"]: each["found"] for each in bench.last.result["rejections"]}
    observe(f"{found}")
    assert found["BLANK_IMAGE"] == f"values from {shown} to {shown}"


@then(parsers.parse("its analysis is {outcome} without score and finding"))
def without_finding(bench: Bench, outcome: str, observe: Observe) -> None:
    """The analysis has this outcome; score, threshold and finding are null."""
    result = bench.runs["analyze"].result
    observe(describe(bench, result))
    assert result["outcome"] == outcome
    check_no_finding(result)


@then(parsers.parse('it fails with a reason that says "{text}"'))
def failed(bench: Bench, text: str, observe: Observe) -> None:
    """Gate and analysis fail with exit status 4 and a failure that contains the text; no rejection, no finding."""
    for command in ("gate", "analyze"):
        check_failed(bench, command, text, observe)


@then(parsers.parse('its analysis fails with a reason that says "{text}"'))
def analysis_failed(bench: Bench, text: str, observe: Observe) -> None:
    """The analysis fails with exit status 4 and a failure that contains the text; no rejection, no finding."""
    check_failed(bench, "analyze", text, observe)


def check_failed(bench: Bench, command: str, text: str, observe: Observe) -> None:
    """The file has the outcome failed, for a reason that says the text, and no finding."""
    run = bench.runs[command]
    observe(f"{command}: {describe(bench, run.result)}; exit status {run.status}")
    assert (run.result["outcome"], run.status) == ("failed", 4)
    assert text in run.result["failure"]
    assert run.result["rejections"] == []
    check_no_finding(run.result)


@then(parsers.parse("its outcome is {outcome}"))
def outcome(bench: Bench, outcome: str, observe: Observe) -> None:
    """The last run's outcome is this one; there is a score exactly if it is analyzed."""
    observe(describe(bench, bench.last.result))
    assert bench.last.result["outcome"] == outcome
    assert (bench.last.result["score"] is not None) == (outcome == "analyzed")


@then(parsers.parse("its finding is {finding}"))
def finding(bench: Bench, finding: str, observe: Observe) -> None:
    """The last run's finding is this one."""
    observe(describe(bench, bench.last.result))
    assert bench.last.result["finding"] == finding


@then(parsers.parse("it carries no notice of {attribute}"))
def no_notice(bench: Bench, attribute: str, observe: Observe) -> None:
    """None of its notices is about the attribute."""
    noticed = [each["attribute"] for each in bench.last.result["notices"]]
    observe(f"notices of {', '.join(noticed) or 'nothing'}")
    assert attribute not in noticed


@then(parsers.parse("it carries the notice {code} of {attribute} with the value {value}"))
def notice(bench: Bench, code: str, attribute: str, value: str, observe: Observe) -> None:
    """Exactly one of its notices has this code, attribute and value."""
    noticed = [(each["code"], each["attribute"], each["found"]) for each in bench.last.result["notices"]]
    observe("; ".join(f"{kind} of {keyword}: {found}" for kind, keyword, found in noticed))
    assert noticed.count((code, attribute, value)) == 1


@then("its asserted values are exactly:")
def asserted_values(bench: Bench, datatable: Rows, observe: Observe) -> None:
    """The values taken over from its user are those of the table (keyword, value) and no other."""
    observe(str(bench.last.result["asserted"]))
    assert bench.last.result["asserted"] == {row["keyword"]: row["value"] for row in records(datatable)}


def check_no_finding(result: dict[str, Any]) -> None:
    """A result that is no analysis holds nothing that could be taken for one."""
    assert [result["score"], result["threshold"], result["finding"]] == [None, None, None]


def describe(bench: Bench, result: dict[str, Any]) -> str:
    """A result in a line, for the test report; it does not depend on where the scenario ran."""
    reasons = "; ".join(
        f"{each['code']} on {each['attribute']} [{each['requirement']}]: {each['found']}"
        for each in result["rejections"]
    )
    parts = [result["outcome"], result["finding"], reasons, result["failure"]]
    if result["score"] is not None:
        parts.insert(2, f"score {result['score']!r}, threshold {result['threshold']!r}")
    return ", ".join(part for part in parts if part).replace(f"{bench.folder}/", "")
