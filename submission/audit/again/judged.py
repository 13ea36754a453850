"""What the trace says of items, and the issues that follow from them, found once more from what it rests on.

An issue that is not there is looked for from the item that it would be about: a list of issues proves nothing alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from submission.audit.names import EVIDENCE, MANIFEST

Found = tuple[str, str, str]
Files = Mapping[str, Any]

TRACE, SUPPLY = f"{EVIDENCE}trace.json", f"{EVIDENCE}supply.json"
CARRIERS = ("verification.json", "trace.json", "studies.json", "datasets.json", "supply.json")
"""The evidence that lists issues."""

WRONG = ("failed", "stale", "orphaned")
"""States of a requirement or of a criterion that an issue names."""
OTHER = "other_release"
"""State of what a study of another release shows, which decides nothing in this package."""
JUDGED = ("system_requirement", "software_requirement", "study_criterion")


def find_in_judged(manifest: Mapping[str, Any], files: Files) -> Iterator[Found]:
    """Yield each state, count and issue of the evidence that is not what the rest of it gives.

    Args:
        manifest: of the package.
        files: the evidence by name, without its folder.
    """
    yield from _find_unlisted(manifest, files)
    trace = files.get("trace.json")
    if trace:
        yield from _find_in_scenarios(trace, files.get("verification.json"))
        yield from _find_in_criteria(trace, files.get("studies.json"))
        yield from _find_elsewhere(trace, manifest, files.get("studies.json"))
        yield from _find_unnamed(trace)
        yield from _find_in_hazards(trace)
        yield from _find_in_links(trace)
        yield from _find_in_strengths(trace)
    if supply := files.get("supply.json"):
        yield from _find_in_bills(supply, files)


def _find_unlisted(manifest: Mapping[str, Any], files: Files) -> Iterator[Found]:
    listed = {(issue["code"], issue["message"]) for issue in manifest["blocking"]}
    for name in CARRIERS:
        for issue in (files.get(name) or {}).get("issues", ()):
            if issue["severity"] == "blocking" and (issue["code"], issue["message"]) not in listed:
                yield (
                    "blocking-hidden",
                    MANIFEST,
                    f"{EVIDENCE}{name} has {issue['code']}, and the package does not say so",
                )


def _find_in_scenarios(trace: Mapping[str, Any], verification: Mapping[str, Any] | None) -> Iterator[Found]:
    """Yield each scenario, and each criterion of a requirement, that the run of the scenarios does not bear out."""
    ran = {result["id"]: result["status"] for result in verification["results"]} if verification else {}
    for item in trace["items"]:
        if item["kind"] == "scenario":
            how = ran.get(item["id"], "not run")
            if (item["status"] == "covers" and how != "passed") or (how == "failed" and item["status"] != "failed"):
                yield "state-differs", TRACE, f"{item['id']} stands as {item['status']}; in the run it is {how}"
        for criterion in item["criteria"]:
            name, states = (
                f"{item['id']}/{criterion['id']}",
                {ran.get(each, "not run") for each in criterion["scenarios"]},
            )
            if criterion["status"] == "covers" and states - {"passed"}:
                yield "state-differs", TRACE, f"{name} covers; of its scenarios some are {', '.join(sorted(states))}"
        if any(criterion["status"] == "failed" for criterion in item["criteria"]) and item["status"] != "failed":
            yield "state-differs", TRACE, f"{item['id']} stands as {item['status']}; a criterion of it failed"


def _find_in_criteria(trace: Mapping[str, Any], studies: Mapping[str, Any] | None) -> Iterator[Found]:
    known = {one["id"]: one["met"] for study in (studies or {}).get("studies", ()) for one in study["criteria"]}
    for item in trace["items"]:
        if item["kind"] == "study_criterion" and item["status"] == "covers" and known.get(item["id"]) is not True:
            yield "state-differs", TRACE, f"{item['id']} covers; met in its study: {known.get(item['id'])}"


def _find_elsewhere(
    trace: Mapping[str, Any], manifest: Mapping[str, Any], studies: Mapping[str, Any] | None
) -> Iterator[Found]:
    """Yield what is put off to another release and is of this one, and what another release's study shows of this."""
    release = trace.get("release", "")
    packed = (manifest["release"] or {}).get("name", release)
    if release not in ("", packed):
        yield "state-differs", TRACE, f"is judged by the studies of release {release}, the package is of {packed}"
    of = {one["id"]: study["release"] for study in (studies or {}).get("studies", ()) for one in study["criteria"]}
    for item in trace["items"]:
        if item["kind"] == "study_criterion" and item["id"] in of:
            other = bool(release) and of[item["id"]] != release
            if other != (item["status"] == OTHER):
                said = f"{item['id']} stands as {item['status']}; its study is of release {of[item['id']]}"
                yield "state-differs", TRACE, said
        elif item["status"] == OTHER:
            yield "state-differs", TRACE, f"{item['id']} stands as {OTHER}, and is no criterion of a study"
        for criterion in item["criteria"]:
            own = [one for one in criterion.get("studied", ()) if of.get(one) == release]
            if criterion["status"] == OTHER and (own or not criterion.get("studied")):
                yield "state-differs", TRACE, f"{item['id']}/{criterion['id']} stands as {OTHER}; it rests on {own}"


def _find_unnamed(trace: Mapping[str, Any]) -> Iterator[Found]:
    """Yield each item that has something wrong and that no issue names."""
    for item in trace["items"]:
        if item["kind"] in JUDGED and item["status"] in WRONG and not _is_named(trace, item["id"], item):
            yield "issue-missing", TRACE, f"{item['id']} is {item['status']}, and no issue says so"
        elif item["kind"] == "study_criterion" and item["status"] == "gap" and not _is_named(trace, item["id"], item):
            yield "issue-missing", TRACE, f"{item['id']} is not met or has no estimate, and no issue says so"
    for control in trace["controls"]:
        if control["effective"] != "covers" and not _is_named(trace, control["id"]):
            yield "issue-missing", TRACE, f"{control['id']} is not shown to be effective, and no issue says so"


def _is_named(trace: Mapping[str, Any], name: str, item: Mapping[str, Any] | None = None) -> bool:
    place = f"{item['file']}:{item['line']}" if item else name
    return any(issue["where"] == place or name in issue["message"] for issue in trace["issues"])


def _find_in_hazards(trace: Mapping[str, Any]) -> Iterator[Found]:
    """Yield each risk that the policy's matrix judges otherwise, and each that needs an issue and has none."""
    matrix = trace["policy"].get("matrix")
    for hazard in trace["hazards"] if matrix else ():
        for before in ("", "residual_"):
            stated, expected = hazard[f"{before}acceptability"], _judge(matrix, hazard, before)
            if stated != expected:
                kind = before.replace("_", " ")
                said = f"{hazard['id']}: its {kind}risk stands as {stated}, the matrix has {expected}"
                yield "risk-differs", TRACE, said
        uncontrolled = (
            not (hazard["controls"] or hazard.get("benefit_risk")) and hazard["acceptability"] != "acceptable"
        )
        if (uncontrolled or hazard["residual_acceptability"] == "unacceptable") and not _is_named(trace, hazard["id"]):
            yield (
                "issue-missing",
                TRACE,
                f"{hazard['id']} has no control or an unacceptable residual, and no issue says so",
            )


def _judge(matrix: Sequence[Sequence[str]], hazard: Mapping[str, Any], before: str) -> str:
    """The worst word of the matrix of the harms that a hazard states."""
    places = [(hazard[f"{before}severity"], hazard[f"{before}probability_of_harm"])]
    if rarer := hazard.get("rarer"):
        places.append((rarer["severity"], rarer[f"{before}probability_of_harm"]))
    words: list[str] = [matrix[severity - 1][probability - 1] for severity, probability in places]
    return max(words, key=("acceptable", "reduce", "unacceptable").index)


def _find_in_links(trace: Mapping[str, Any]) -> Iterator[Found]:
    known = {item["id"] for item in trace["items"]}
    known |= {f"{item['id']}/{each['id']}" for item in trace["items"] for each in item["criteria"]}
    for link in trace["links"]:
        if link["relation"] == "shows_all":  # of a kind, not of an item
            continue
        for end in ("source", "target"):
            if link[end] not in known and not _is_named(trace, link[end]):
                yield "link-loose", TRACE, f"{link['source']} {link['relation']} {link['target']}: no item {link[end]}"


def _find_in_strengths(trace: Mapping[str, Any]) -> Iterator[Found]:
    for strength in trace["strengths"]:
        found = Counter(mutant["outcome"] for mutant in strength["mutants"])
        stated = {name: strength[name] for name in ("survived", "equivalent", "elsewhere")}
        if stated != {name: found[name] for name in stated}:
            named = f"{strength['requirement']}, {strength['symbol']}"
            yield "count-differs", TRACE, f"{named}: states {stated}, the faults listed are {dict(found)}"


PARTS: dict[str, Callable[[str], bool]] = {"runtime": lambda part: part == "runtime", "whole": lambda _: True}
"""By bill, which components it lists."""


def _find_in_bills(supply: Mapping[str, Any], files: Files) -> Iterator[Found]:
    for bill in supply["bills"]:
        held = files.get(bill["file"])
        if held is None:
            continue
        listed = _listed(held["components"])
        wanted = {(each["name"], each["version"]) for each in supply["components"] if PARTS[bill["name"]](each["part"])}
        for name, version in sorted(listed ^ wanted):
            where = "the bill alone" if (name, version) in listed else "the evidence alone"
            yield "component-differs", f"{EVIDENCE}{bill['file']}", f"{name} {version} stands in {where}"


def _listed(components: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    return {(each["name"], each["version"]) for each in components if each["type"] == "library"}
