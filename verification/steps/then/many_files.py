"""Then: what the device said of every file of a folder."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from pytest_bdd import parsers, then

from verification.steps.bench import Bench, Observe, counted
from verification.steps.tables import Rows, records
from verification.steps.then.one_file import check_no_finding, describe


@then(parsers.parse("each has a report, within {median:d} s at the median and {most:d} s at the most"))
def in_time(bench: Bench, observe: Observe, median: int, most: int) -> None:
    """The limits for the computer of a site; how long it took, another record says, for it is another each time."""
    reports = len(list(bench.reports.iterdir()))
    observe(f"{counted(reports, 'report')}; {sum(each <= most for each in bench.seconds)} images within {most} s")
    assert reports == len(bench.answers) == len(bench.seconds)
    assert statistics.median(bench.seconds) <= median
    assert max(bench.seconds) <= most


@then("the outcomes are:")
def outcomes(bench: Bench, datatable: Rows, observe: Observe) -> None:
    """Every file has the outcome of the table (file, outcome), each of them once, and there is no other."""
    found = {Path(each["path"]).relative_to(bench.images).as_posix(): each["outcome"] for each in bench.last.results}
    observe(", ".join(f"{file} {outcome}" for file, outcome in sorted(found.items())))
    assert found == {row["file"]: row["outcome"] for row in records(datatable)}
    assert len(found) == len(bench.last.results)


@then(parsers.parse('the message of {file} says "{text}"'))
def message_of(bench: Bench, file: str, text: str, observe: Observe) -> None:
    """The failure of this file contains the text."""
    (found,) = (each["failure"] for each in bench.last.results if Path(each["path"]).name == file)
    observe(str(found))
    assert text in found


@then(parsers.parse("all {count:d} files are analyzed"))
def all_analysed(bench: Bench, count: int, observe: Observe) -> None:
    """There are so many results, each of them analyzed."""
    outcomes = [each["outcome"] for each in bench.last.results]
    observe(f"{outcomes.count('analyzed')} of {len(outcomes)} files analyzed")
    assert outcomes == ["analyzed"] * count


@then(parsers.parse("none of the {count:d} files is analyzed"))
def none_analysed(bench: Bench, count: int, observe: Observe) -> None:
    """There are so many results, each not_analyzed or failed, without score, threshold and finding."""
    outcomes = [each["outcome"] for each in bench.last.results]
    observe(", ".join(f"{outcomes.count(one)} {one}" for one in sorted(set(outcomes))))
    assert len(outcomes) == count
    assert set(outcomes) <= {"not_analyzed", "failed"}
    for each in bench.last.results:
        check_no_finding(each)


@then("every file has a reason")
def every_reason(bench: Bench, observe: Observe) -> None:
    """Every result has a rejection or a failure."""
    reasons = [reason(each) for each in bench.last.results]
    observe(", ".join(f"{reasons.count(one)} for {one}" for one in sorted(set(reasons))))
    assert all(reasons)


@then("every file that is not analyzed has a reason, no score and no finding")
def reasons_of_not_analysed(bench: Bench, observe: Observe) -> None:
    """Some results are not analyzed: each has a rejection or a failure; score, threshold and finding are null."""
    others = [each for each in bench.last.results if each["outcome"] != "analyzed"]
    observe(", ".join(f"{Path(each['path']).name}: {reason(each)}" for each in others))
    assert others
    for each in others:
        assert reason(each)
        check_no_finding(each)


@then("every file is accepted")
def all_accepted(bench: Bench, observe: Observe) -> None:
    """There are results, and the outcome of each is accepted, with exit status 0."""
    observe(counted(len(bench.last.results), "file"))
    assert bench.last.status == 0
    assert {each["outcome"] for each in bench.last.results} == {"accepted"}


@then(parsers.parse("of its files exactly these are accepted: {names}"))
def accepted_files(bench: Bench, names: str, observe: Observe) -> None:
    """The names of the accepted files, in order, are these; `none` for no file."""
    found = sorted(Path(each["path"]).name for each in bench.last.results if each["outcome"] == "accepted")
    observe(f"{counted(len(bench.last.results), 'file')}, accepted: {', '.join(found) or 'none'}")
    assert found == ([] if names == "none" else names.split(", "))


@then("every other file is refused or failed with a reason")
def others_refused(bench: Bench, observe: Observe) -> None:
    """Some results are not accepted: each is refused or failed, with a rejection or a failure."""
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


@then(parsers.parse("the result of {file} has a finding, a score and a threshold"))
def complete_result(bench: Bench, file: str, observe: Observe) -> None:
    """The file's finding is flagged or not_flagged, as its score and threshold say."""
    (result,) = (each for each in bench.last.results if Path(each["path"]).name == file)
    observe(describe(bench, result))
    assert result["finding"] in ("flagged", "not_flagged")
    assert result["finding"] == ("flagged" if result["score"] >= result["threshold"] else "not_flagged")


@then(parsers.parse("every result is marked {intake}"))
def marked(bench: Bench, intake: str, observe: Observe) -> None:
    """The intake of every result is this one."""
    found = {each["intake"] for each in bench.last.results}
    observe(", ".join(sorted(found)))
    assert found == {intake}


@then(parsers.re(r"every (?P<what>result|rejection|notice) has exactly these fields:"))
def fields(bench: Bench, what: str, docstring: str, observe: Observe) -> None:
    """Every result, or every rejection or notice of a result, has the fields that are listed and no other."""
    results = bench.last.results
    values = results if what == "result" else [value for each in results for value in each[f"{what}s"]]
    found = {frozenset(value) for value in values}
    observe(f"{len(values)} with {' '.join(sorted(set().union(*found)))}")
    assert found == {frozenset(docstring.split())}


@then(parsers.parse('all are analyzed but {file}, which fails with a reason that says "{text}"'))
def all_but_one(bench: Bench, file: str, text: str, observe: Observe) -> None:
    """That file has the outcome failed, for this reason; each other file of the folder has a score."""
    results = {Path(each["path"]).name: each for each in bench.last.results}
    failed = {name for name, each in results.items() if each["outcome"] == "failed"}
    observe(f"{len(results)} results; failed: {', '.join(failed)}: {results[file]['failure']}")
    assert set(results) == {path.name for path in bench.images.iterdir()}
    assert failed == {file}
    assert text in results[file]["failure"]
    assert all(each["score"] is not None for name, each in results.items() if name != file)


@then(parsers.parse("{count:d} of the copies are refused, and the others are analyzed as they are"))
def noticed(bench: Bench, count: int, observe: Observe) -> None:
    """So many are not_analyzed, for PIXELS_UNDECODABLE; it is observed how many have another score than `whole.dcm`."""
    results = {Path(each["path"]).name: each for each in bench.last.results}
    whole = results.pop("whole.dcm")["score"]
    scores = [each["score"] for each in results.values() if each["outcome"] == "analyzed"]
    others = [score for score in scores if score != whole]
    most = max((abs(score - whole) for score in others), default=0.0)
    refused = [each for each in results.values() if each["outcome"] == "not_analyzed"]
    observe(f"{len(refused)} refused, {len(scores)} analyzed, {len(others)} with another score, by at most {most:.1g}")
    assert len(refused) == count
    assert {reason(each) for each in refused} <= {"PIXELS_UNDECODABLE"}
    assert len(refused) + len(scores) == len(results)


@then("the file of results is what it was before")
def results_again(bench: Bench, observe: Observe) -> None:
    """Byte for byte what the run gave that was not ended."""
    found = bench.results.read_bytes()
    observe(f"{counted(found.count(bytes([10])), 'line')}, {'the same' if found == bench.whole else 'others'}")
    assert bench.whole
    assert found == bench.whole


@then("the results of the shares are together those of the folder, each once")
def results_of_shares(bench: Bench, observe: Observe) -> None:
    """The lines of the shares' files are those of the file of results; no share has them all."""
    shares = [path.read_bytes().splitlines() for path in sorted(bench.folder.glob("results.jsonl.*"))]
    observe(f"{' and '.join(str(len(share)) for share in shares)} lines")
    assert sorted(line for share in shares for line in share) == sorted(bench.results.read_bytes().splitlines())
    assert max(map(len, shares)) < sum(map(len, shares))


@then("the summary is:")
def summary(bench: Bench, docstring: str, observe: Observe) -> None:
    """The whole file of the summary."""
    found = bench.summary.read_text("utf-8").strip()
    observe(found.replace("\n", "; "))
    assert found == docstring.strip()
