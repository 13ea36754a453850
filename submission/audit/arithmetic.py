"""Counts and proportions, computed again from the evidence by arithmetic that the build does not share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from submission.audit.names import EVIDENCE, MANIFEST

Found = tuple[str, str, str]
Cells = dict[str, int]

VERIFICATION, STUDIES = f"{EVIDENCE}verification.json", f"{EVIDENCE}studies.json"
CATALOGUE = f"{EVIDENCE}catalogue.json"
DEVICE, TRACE = f"{EVIDENCE}device.json", f"{EVIDENCE}trace.json"
TOLERANCE = 1e-9

PROPORTIONS: dict[str, Callable[[Cells], tuple[int, int]]] = {
    "sensitivity": lambda c: (c["true_positive"], c["true_positive"] + c["false_negative"]),
    "specificity": lambda c: (c["true_negative"], c["true_negative"] + c["false_positive"]),
    "ppv": lambda c: (c["true_positive"], c["true_positive"] + c["false_positive"]),
    "npv": lambda c: (c["true_negative"], c["true_negative"] + c["false_negative"]),
    "accuracy": lambda c: (c["true_positive"] + c["true_negative"], sum(c.values())),
}
"""Numerator and denominator of each proportion in the cells of the 2x2 table."""


def find_arithmetic(manifest: dict[str, Any], evidence: dict[str, dict[str, Any] | None]) -> Iterator[Found]:
    """Yield every figure of the evidence and of the manifest that does not follow from the others."""
    for name, value in evidence.items():
        if value is None:
            yield "evidence-unreadable", name, "is missing or is not a JSON object"
    try:
        yield from _find_counts(manifest, evidence.get(VERIFICATION))
        yield from _find_other_counts(manifest["counts"], evidence, (manifest["release"] or {}).get("name"))
        yield from _find_release(manifest, evidence.get(DEVICE))
        yield from _find_sets(manifest, evidence.get(CATALOGUE))
        yield from _find_studies(evidence.get(STUDIES))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        yield "evidence-malformed", "evidence", f"not of its schema: {type(error).__name__} {error}"


def _find_counts(manifest: dict[str, Any], verification: dict[str, Any] | None) -> Iterator[Found]:
    if verification is None:
        if manifest["state"] != "blocked":
            yield "blocking-hidden", MANIFEST, "there is no verification, and the package is not blocked"
        return
    found = Counter(result["status"] for result in verification["results"])
    stated = {name: number for name, number in (manifest["statuses"] or {}).items() if number}
    if dict(found) != stated:
        yield "count-differs", MANIFEST, f"states scenarios {stated}, the evidence holds {dict(found)}"
    if manifest["counts"]["scenarios"] != sum(found.values()):
        yield (
            "count-differs",
            MANIFEST,
            f"states {manifest['counts']['scenarios']} scenarios, the evidence holds {sum(found.values())}",
        )
    clean = set(found) == {"passed"} and verification["complete"] and not verification["source"]["dirty"]
    if not clean and manifest["state"] != "blocked":
        yield "blocking-hidden", MANIFEST, "the verification is not a clean pass, and the package is not blocked"


KINDS = {
    "user_needs": "user_need",
    "system_requirements": "system_requirement",
    "software_requirements": "software_requirement",
}
"""Counts of items, and their kind in the trace."""


def _find_other_counts(
    stated: dict[str, Any], evidence: dict[str, dict[str, Any] | None], release: str | None
) -> Iterator[Found]:
    """Yield each count of the manifest that is not the number of what it counts."""
    counted: dict[str, int] = {}
    trace = evidence.get(TRACE)
    if trace:
        kinds = Counter(item["kind"] for item in trace["items"])
        counted |= {name: kinds[kind] for name, kind in KINDS.items()}
        counted |= {name: len(trace[name]) for name in ("hazards", "controls", "anomalies", "deviations")}
    verification = evidence.get(VERIFICATION)
    if verification:
        counted["passed"] = sum(result["status"] == "passed" for result in verification["results"])
    study = _study_of(evidence, release)
    if study:
        counted |= {"estimates": len(study["estimates"]), "criteria": len(study["criteria"])}
        counted["criteria_met"] = sum(criterion["met"] is True for criterion in study["criteria"])
    for name, number in counted.items():
        if stated[name] != number:
            yield "count-differs", MANIFEST, f"states {name}: {stated[name]}, the evidence holds {number}"


def _study_of(evidence: dict[str, dict[str, Any] | None], release: str | None) -> dict[str, Any] | None:
    """The study that a release names."""
    named = [one["study"] for one in (evidence.get(DEVICE) or {}).get("releases", ()) if one["name"] == release]
    studies = (evidence.get(STUDIES) or {}).get("studies", ())
    found: list[dict[str, Any]] = [study for study in studies if study["name"] in named]
    return found[0] if found else None


def _find_release(manifest: dict[str, Any], device: dict[str, Any] | None) -> Iterator[Found]:
    stated = manifest["release"]
    if device is None or stated is None:
        return
    known = [{name: release[name] for name in stated} for release in device["releases"]]
    if stated not in known:
        yield "release-differs", MANIFEST, f"names release {stated}, which {DEVICE} does not hold"
    expected = "blocked" if manifest["blocking"] else stated["status"]
    if manifest["state"] != expected:
        yield "state-differs", MANIFEST, f"state {manifest['state']!r}, release and issues give {expected!r}"
    banner = "REFERENCE RELEASE, NOT FOR SUBMISSION"
    if stated["status"] == "reference" and banner not in manifest["banners"]:
        yield "banner-missing", MANIFEST, f"a reference release without its banner {banner!r}"
    if manifest["blocking"] and "BLOCKED" not in manifest["banners"]:
        yield "banner-missing", MANIFEST, "blocking issues without the banner 'BLOCKED'"


def _find_sets(manifest: dict[str, Any], catalogue: dict[str, Any] | None) -> Iterator[Found]:
    """Yield documents that are of another set than the catalog says, and sets of other sizes than stated."""
    if catalogue is None:
        return
    expected = {entry["number"]: entry["set"] for entry in catalogue["documents"]}
    for document in manifest["documents"]:
        number, wanted = document["number"], expected.get(document["number"])
        if document["set"] != wanted:
            yield "set-differs", MANIFEST, f"{number} is called {document['set']}, {CATALOGUE} has {wanted}"
    for name, stated in manifest["sets"].items():
        pages = [document["pages"] for document in manifest["documents"] if document["set"] == name]
        found = {"documents": len(pages), "pages": sum(pages)}
        if stated != found:
            yield "count-differs", MANIFEST, f"states {stated} of the set {name}, its documents give {found}"


def _find_studies(studies: dict[str, Any] | None) -> Iterator[Found]:
    for study in studies["studies"] if studies else ():
        cells = {name: value for name, value in study["confusion"].items() if isinstance(value, int)}
        if cells:
            yield from _find_in_cells(study, cells)
        for criterion in study["criteria"]:
            yield from _find_verdict(study["name"], criterion)


def _find_in_cells(study: dict[str, Any], cells: Cells) -> Iterator[Found]:
    total, where = sum(cells.values()), f"{STUDIES}, study {study['name']}"
    held = study["images"] if study.get("analysed") is None else study["analysed"]
    if held is not None and total != held:
        yield "two-by-two", where, f"the cells sum to {total}, the study has {held} images with a score"
    whole = max((estimate["n"] for estimate in study["estimates"]), default=0)
    everybody = {estimate["subgroup"] for estimate in study["estimates"] if estimate["n"] == whole}
    for estimate in study["estimates"]:
        place = f"{where}, {estimate['metric']} ({estimate['subgroup']})"
        if estimate["subgroup"] in everybody and estimate["metric"] in PROPORTIONS:
            yield from _find_proportion(place, estimate, *PROPORTIONS[estimate["metric"]](cells))
        yield from _find_interval(place, estimate)


def _find_proportion(where: str, estimate: dict[str, Any], numerator: int, denominator: int) -> Iterator[Found]:
    if denominator == 0 or estimate["value"] is None:
        if denominator or estimate["value"] is not None:
            yield "two-by-two", where, f"value {estimate['value']}, the cells give {numerator}/{denominator}"
        return
    expected = float(Fraction(numerator, denominator))
    if abs(estimate["value"] - expected) > TOLERANCE:
        yield "two-by-two", where, f"value {estimate['value']}, the cells give {numerator}/{denominator} = {expected}"
    if estimate["events"] is not None and (estimate["events"], estimate["n"]) != (numerator, denominator):
        stated = f"{estimate['events']}/{estimate['n']}"
        yield "two-by-two", where, f"n/N {stated}, the cells give {numerator}/{denominator}"


def _find_interval(where: str, estimate: dict[str, Any]) -> Iterator[Found]:
    limits, value = estimate["interval"], estimate["value"]
    if limits and value is not None and not limits["lower"] <= value <= limits["upper"]:
        yield "interval", where, f"value {value} lies outside {limits['lower']} to {limits['upper']}"


COMPARE: dict[str, Callable[[float, float], bool]] = {
    "ge": lambda a, b: a >= b,
    "gt": lambda a, b: a > b,
    "le": lambda a, b: a <= b,
    "lt": lambda a, b: a < b,
}
SIGNS = {">=": "ge", ">": "gt", "<=": "le", "<": "lt", "≥": "ge", "≤": "le"}


def _find_verdict(study: str, criterion: dict[str, Any]) -> Iterator[Found]:
    estimate, stated = criterion["estimate"], criterion["met"]
    where = f"{STUDIES}, study {study}, criterion {criterion['id']}"
    limits = estimate.get("interval")
    compare = COMPARE.get(SIGNS.get(criterion["comparison"], criterion["comparison"]))
    if not limits or compare is None or criterion["limit"] not in limits:
        if stated:
            yield "verdict", where, "says met without an interval that could decide it"
        return
    expected = compare(limits[criterion["limit"]], criterion["bound"])
    if stated is not expected:
        yield (
            "verdict",
            where,
            f"says met: {stated}, the {criterion['limit']} limit {limits[criterion['limit']]} gives {expected}",
        )
