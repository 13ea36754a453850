"""Then: what the device said is compared with what the scenario expects; what was observed is recorded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pytest_bdd import parsers, then

import device
from verification.steps.bench import Bench, Observe, digest
from verification.steps.given import Rows, records

MEGABYTE = 1_000_000


# --- one file ---------------------------------------------------------------------------------------------------------


@then("it is accepted")
def accepted(bench: Bench, observe: Observe) -> None:
    run = bench.runs["gate"]
    observe(describe(bench, run.result))
    assert (run.status, run.result["outcome"], run.result["rejections"]) == (0, "accepted", [])
    assert run.result["failure"] is None


@then(parsers.parse("it is refused with the single reason {code} on {attribute} of {requirement}"))
def refused_once(bench: Bench, code: str, attribute: str, requirement: str, observe: Observe) -> None:
    check_refused(bench, [(code, attribute, requirement)], observe)


@then("it is refused for exactly these reasons:")
def refused(bench: Bench, datatable: Rows, observe: Observe) -> None:
    check_refused(bench, [(row["code"], row["attribute"], row["requirement"]) for row in records(datatable)], observe)


def check_refused(bench: Bench, expected: list[tuple[str, str, str]], observe: Observe) -> None:
    """The gate refuses for these reasons and no other, and the analysis says the same, with no finding."""
    for command, outcome in (("gate", "refused"), ("analyze", "not_analysed")):
        run = bench.runs[command]
        observe(f"{command}: {describe(bench, run.result)}; exit status {run.status}")
        found = [(each["code"], each["attribute"], each["requirement"]) for each in run.result["rejections"]]
        assert sorted(found) == sorted(expected)
        assert (run.result["outcome"], run.status) == (outcome, 3)
        assert all(each["found"] and each["expected"] for each in run.result["rejections"])
        check_no_finding(run.result)


@then(parsers.parse('its reason says "{text}"'))
def reason_says(bench: Bench, text: str, observe: Observe) -> None:
    (found,) = (each["found"] for each in bench.last.result["rejections"])
    observe(found)
    assert text in found


@then(parsers.parse('its reason is "{text}"'))
def reason_is(bench: Bench, text: str, observe: Observe) -> None:
    (found,) = (each["found"] for each in bench.last.result["rejections"])
    observe(found)
    assert text == found


@then(parsers.parse('it expects "{text}"'))
def expects(bench: Bench, text: str, observe: Observe) -> None:
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
    result = bench.runs["analyze"].result
    observe(describe(bench, result))
    assert result["outcome"] == outcome
    check_no_finding(result)


@then(parsers.parse('it fails with a reason that says "{text}"'))
def failed(bench: Bench, text: str, observe: Observe) -> None:
    for command in ("gate", "analyze"):
        check_failed(bench, command, text, observe)


@then(parsers.parse('its analysis fails with a reason that says "{text}"'))
def analysis_failed(bench: Bench, text: str, observe: Observe) -> None:
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
    observe(describe(bench, bench.last.result))
    assert bench.last.result["outcome"] == outcome
    assert (bench.last.result["score"] is not None) == (outcome == "analysed")


@then(parsers.parse("its finding is {finding}"))
def finding(bench: Bench, finding: str, observe: Observe) -> None:
    observe(describe(bench, bench.last.result))
    assert bench.last.result["finding"] == finding


@then(parsers.parse("it carries no notice of {attribute}"))
def no_notice(bench: Bench, attribute: str, observe: Observe) -> None:
    noticed = [each["attribute"] for each in bench.last.result["notices"]]
    observe(f"notices of {', '.join(noticed) or 'nothing'}")
    assert attribute not in noticed


@then(parsers.parse("it carries the notice {code} of {attribute} with the value {value}"))
def notice(bench: Bench, code: str, attribute: str, value: str, observe: Observe) -> None:
    noticed = [(each["code"], each["attribute"], each["found"]) for each in bench.last.result["notices"]]
    observe("; ".join(f"{kind} of {keyword}: {found}" for kind, keyword, found in noticed))
    assert noticed.count((code, attribute, value)) == 1


@then("its asserted values are exactly:")
def asserted_values(bench: Bench, datatable: Rows, observe: Observe) -> None:
    observe(str(bench.last.result["asserted"]))
    assert bench.last.result["asserted"] == {row["keyword"]: row["value"] for row in records(datatable)}


@then("its release digest is that of the release")
def release_digest(bench: Bench, observe: Observe) -> None:
    observe(bench.last.result["release_digest"])
    assert bench.last.result["release_digest"] == device.read_release().digest


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


# --- many files -------------------------------------------------------------------------------------------------------


@then("the outcomes are:")
def outcomes(bench: Bench, datatable: Rows, observe: Observe) -> None:
    found = {Path(each["path"]).relative_to(bench.images).as_posix(): each["outcome"] for each in bench.last.results}
    observe(", ".join(f"{file} {outcome}" for file, outcome in sorted(found.items())))
    assert found == {row["file"]: row["outcome"] for row in records(datatable)}
    assert len(found) == len(bench.last.results)


@then(parsers.parse('the message of {file} says "{text}"'))
def message_of(bench: Bench, file: str, text: str, observe: Observe) -> None:
    (found,) = (each["failure"] for each in bench.last.results if Path(each["path"]).name == file)
    observe(str(found))
    assert text in found


@then(parsers.parse("all {count:d} files are analysed"))
def all_analysed(bench: Bench, count: int, observe: Observe) -> None:
    outcomes = [each["outcome"] for each in bench.last.results]
    observe(f"{outcomes.count('analysed')} of {len(outcomes)} files analysed")
    assert outcomes == ["analysed"] * count


@then(parsers.parse("none of the {count:d} files is analysed"))
def none_analysed(bench: Bench, count: int, observe: Observe) -> None:
    outcomes = [each["outcome"] for each in bench.last.results]
    observe(", ".join(f"{outcomes.count(one)} {one}" for one in sorted(set(outcomes))))
    assert len(outcomes) == count
    assert set(outcomes) <= {"not_analysed", "failed"}
    for each in bench.last.results:
        check_no_finding(each)


@then("every file has a reason")
def every_reason(bench: Bench, observe: Observe) -> None:
    reasons = [reason(each) for each in bench.last.results]
    observe(", ".join(f"{reasons.count(one)} for {one}" for one in sorted(set(reasons))))
    assert all(reasons)


@then("every file that is not analysed has a reason, no score and no finding")
def reasons_of_not_analysed(bench: Bench, observe: Observe) -> None:
    others = [each for each in bench.last.results if each["outcome"] != "analysed"]
    observe(", ".join(f"{Path(each['path']).name}: {reason(each)}" for each in others))
    assert others
    for each in others:
        assert reason(each)
        check_no_finding(each)


@then(parsers.parse("of its files exactly these are accepted: {names}"))
def accepted_files(bench: Bench, names: str, observe: Observe) -> None:
    found = sorted(Path(each["path"]).name for each in bench.last.results if each["outcome"] == "accepted")
    observe(f"{len(bench.last.results)} files, accepted: {', '.join(found) or 'none'}")
    assert found == ([] if names == "none" else names.split(", "))


@then("every other file is refused or failed with a reason")
def others_refused(bench: Bench, observe: Observe) -> None:
    others = [each for each in bench.last.results if each["outcome"] != "accepted"]
    outcomes = [each["outcome"] for each in others]
    observe(", ".join(f"{outcomes.count(one)} {one}" for one in sorted(set(outcomes))))
    assert others
    assert set(outcomes) <= {"refused", "failed"}
    assert all(reason(each) for each in others)


def reason(result: dict[str, Any]) -> str:
    """Why a file has no finding: the codes of the rejections, or that it failed for a stated reason; else nothing."""
    codes = " and ".join(each["code"] for each in result["rejections"])
    return codes or ("a stated failure" if result["failure"] else "")


# --- scores -----------------------------------------------------------------------------------------------------------


@then("both have the same score")
def same_score(bench: Bench, observe: Observe) -> None:
    one, other = bench.earlier.result["score"], bench.last.result["score"]
    observe(f"scores {one:.6f} and {other:.6f}")
    assert abs(one - other) < SAME_SCORE


SAME_SCORE = 1e-4
"""The plain image holds the shown levels rounded to 16 bits; any wrong transformation moves the score much further."""


@then("its score is 0 or 1")
def extreme_score(bench: Bench, observe: Observe) -> None:
    observe(f"{bench.last.result['score']!r}")
    assert bench.last.result["score"] in (0.0, 1.0)


@then("both results are the same in every field")
def same_results(bench: Bench, observe: Observe) -> None:
    observe(f"{describe(bench, bench.earlier.result)}; {describe(bench, bench.last.result)}")
    assert bench.earlier.result == bench.last.result
    assert bench.last.result["score"] is not None


@then(parsers.parse("the scores of all {count:d} files are the same"))
@then(parsers.parse("the scores of the first {count:d} files are the same"))
def same_scores(bench: Bench, count: int, observe: Observe) -> None:
    found = [each["score"] for each in bench.last.results[:count]]
    observe(", ".join(f"{each!r}" for each in found))
    assert len(found) == count
    assert None not in found
    assert set(found) == {found[0]}


@then("the scores of the 2 files differ")
def different_scores(bench: Bench, observe: Observe) -> None:
    one, other = (each["score"] for each in bench.last.results)
    observe(f"scores {one!r} and {other!r}")
    assert abs(one - other) > SAME_SCORE


@then("the score of the third file is another")
def other_score(bench: Bench, observe: Observe) -> None:
    first, _, third = (each["score"] for each in bench.last.results)
    observe(f"{third!r}")
    assert abs(first - third) > SAME_SCORE


@then("every score lies from 0 to 1")
def score_range(bench: Bench, observe: Observe) -> None:
    found = [each["score"] for each in bench.last.results]
    observe(f"{len(found)} scores from {min(found)!r} to {max(found)!r}")
    assert all(0 <= each <= 1 for each in found)


@then("every file is flagged exactly if its score is at least the threshold")
def flags(bench: Bench, observe: Observe) -> None:
    results = bench.last.results
    observe(f"{sum(each['finding'] == 'flagged' for each in results)} of {len(results)} flagged")
    for each in results:
        assert each["finding"] == ("flagged" if each["score"] >= each["threshold"] else "not_flagged")


@then("every threshold is that of the release")
def thresholds(bench: Bench, observe: Observe) -> None:
    release = device.read_release(bench.release)
    assert release.operating_point is not None
    observe(f"{release.operating_point.threshold!r}")
    assert {each["threshold"] for each in bench.last.results} == {release.operating_point.threshold}


# --- the run ----------------------------------------------------------------------------------------------------------


@then(parsers.parse("the exit status is {status:d}"))
def exit_status(bench: Bench, status: int, observe: Observe) -> None:
    observe(str(bench.last.status))
    assert bench.last.status == status


@then(parsers.parse("the process never held more than {megabytes:d} MB"))
def peak(bench: Bench, megabytes: int, observe: Observe) -> None:
    held = bench.runs["gate"].peak
    assert held is not None
    observe(f"{'less' if held < megabytes * MEGABYTE else 'more'} than {megabytes} MB")
    assert held < megabytes * MEGABYTE


@then("no result is printed")
def no_result(bench: Bench, observe: Observe) -> None:
    observe(f"{len(bench.last.out)} characters of output")
    assert bench.last.out == ""


@then(parsers.parse("the message names {word}"))
def message(bench: Bench, word: str, observe: Observe) -> None:
    lines = bench.last.err.replace(f"{bench.folder}/", "").strip().splitlines()
    observe(lines[-1] if lines else "no message")
    assert word in bench.last.err
    assert "Traceback" not in bench.last.err


@then("nothing else is printed")
def nothing_else(bench: Bench, observe: Observe) -> None:
    observe(f"{len(bench.last.err)} characters of messages")
    assert bench.last.err == ""


@then("the output is:")
def output(bench: Bench, docstring: str, observe: Observe) -> None:
    """The whole output, with … where anything may stand."""
    observe(bench.last.out.replace(f"{bench.folder}/", ""))
    wanted = "[\\s\\S]*".join(re.escape(part) for part in docstring.strip().split("…"))
    assert re.fullmatch(wanted, bench.last.out.strip())


@then(parsers.parse("the result of {file} has a finding, a score and a threshold"))
def complete_result(bench: Bench, file: str, observe: Observe) -> None:
    (result,) = (each for each in bench.last.results if Path(each["path"]).name == file)
    observe(describe(bench, result))
    assert result["finding"] in ("flagged", "not_flagged")
    assert result["finding"] == ("flagged" if result["score"] >= result["threshold"] else "not_flagged")


@then(parsers.parse("it raises {name}"))
def raises(bench: Bench, name: str, observe: Observe) -> None:
    found = [type(each).__name__ for each in bench.raised]
    observe(", ".join(found) or "nothing raised")
    assert found == [name]


@then(parsers.re(r'it gets (?P<outcome>\w+)(?P<twice> twice)?(, for a reason that says "(?P<text>.*)")?$'))
def gets(bench: Bench, outcome: str, twice: str | None, text: str | None, observe: Observe) -> None:
    """What a program got from the device: outcomes, or the names of exceptions."""
    found = [str(each.outcome) for each in bench.answers] + [type(each).__name__ for each in bench.raised]
    reasons = [each.failure or "" for each in bench.answers]
    observe("; ".join([*found, *reasons]).replace(f"{bench.folder}/", "").replace("\0", "NUL"))
    assert found == [outcome] * (2 if twice else 1)
    assert all((text or "") in each for each in reasons)


@then(parsers.parse('the message does not say "{text}"'))
def message_says_not(bench: Bench, text: str, observe: Observe) -> None:
    observe(bench.last.err.replace(f"{bench.folder}/", "").strip())
    assert bench.last.err
    assert text not in bench.last.err


@then(parsers.parse('the output says "{text}"'))
def says(bench: Bench, text: str, observe: Observe) -> None:
    observe(excerpt(bench, text))
    assert text in bench.last.out


@then(parsers.parse('the output does not say "{text}"'))
def says_not(bench: Bench, text: str, observe: Observe) -> None:
    observe(excerpt(bench, text))
    assert bench.last.out
    assert text not in bench.last.out


def excerpt(bench: Bench, text: str) -> str:
    """The first line of the output that says a text."""
    lines = bench.last.out.replace(f"{bench.folder}/", "").splitlines()
    return next((line.strip() for line in lines if text in line), f"no line says “{text}”")


@then(parsers.parse("the device says that {count:d} entries were skipped"))
def skipped(bench: Bench, count: int, observe: Observe) -> None:
    observe(next((line for line in bench.last.err.splitlines() if "skipped" in line), "nothing said of it"))
    assert f"{count} skipped" in bench.last.err


@then(parsers.parse("every result is marked {intake}"))
def marked(bench: Bench, intake: str, observe: Observe) -> None:
    found = {each["intake"] for each in bench.last.results}
    observe(", ".join(sorted(found)))
    assert found == {intake}


@then(parsers.parse("the result has the digest of the release {name}"))
def digest_of_release(bench: Bench, name: str, observe: Observe) -> None:
    observe(bench.last.result["digest"])
    assert bench.last.result["digest"] == device.read_release(name).digest
    assert bench.last.result["name"] == name


@then(parsers.re(r"every (?P<what>result|rejection|notice) has exactly these fields:"))
def fields(bench: Bench, what: str, docstring: str, observe: Observe) -> None:
    results = bench.last.results
    values = results if what == "result" else [value for each in results for value in each[f"{what}s"]]
    found = {frozenset(value) for value in values}
    observe(f"{len(values)} with {' '.join(sorted(set().union(*found)))}")
    assert found == {frozenset(docstring.split())}


# --- files ------------------------------------------------------------------------------------------------------------


@then("every input file has the digest that it had before")
def unchanged(bench: Bench, observe: Observe) -> None:
    found = {name: digest(bench.images / name) for name in bench.digests}
    observe(f"{sum(found[name] == before for name, before in bench.digests.items())} of {len(found)} unchanged")
    assert found == bench.digests


@then("the folder of the images holds no other file than before")
def no_other_file(bench: Bench, observe: Observe) -> None:
    found = {path.name for path in bench.images.iterdir()}
    observe(f"{len(found)} files")
    assert found == set(bench.digests)


@then("no report is written")
def no_report(bench: Bench, observe: Observe) -> None:
    found = [path.name for path in bench.reports.rglob("*")] if bench.reports.is_dir() else []
    observe(f"{len(found)} files")
    assert found == []


# --- the product ------------------------------------------------------------------------------------------------------


@then("the device's table of transfer syntaxes holds exactly these:")
def transfer_syntaxes(datatable: Rows, observe: Observe) -> None:
    found = {uid: "yes" if syntax.lossy else "no" for uid, syntax in device.TRANSFER_SYNTAXES.items()}
    observe(", ".join(found))
    assert found == {row["uid"]: row["lossy"] for row in records(datatable)}
