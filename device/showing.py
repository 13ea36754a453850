"""How the command line shows a result and a release: in one word, as JSON, and for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # `clearway --help` imports no library
    from device.types import Analysis, GateResult, Release

# --- results ----------------------------------------------------------------------------------------------------------


def label(result: Analysis | GateResult) -> str:
    """A result in one word: the finding if there is one, else the outcome; never the one for the other.

    Implements: SRS-020
    """
    finding = getattr(result, "finding", None)
    return str(finding.flag if finding else result.outcome)


def make_record(result: Analysis | GateResult) -> dict[str, Any]:
    """A result as the JSON contract has it: the same fields for every file, null where there is nothing to say.

    Implements: SRS-034, SRS-039
    """
    from dataclasses import asdict

    record, finding = asdict(result), getattr(result, "finding", None)
    return record | {
        "finding": finding and finding.flag,
        "score": finding and finding.score,
        "threshold": finding and finding.threshold,
        "asserted": dict(result.asserted),
    }


def render_result(result: Analysis | GateResult) -> str:
    """A result for people: one line, below it every reason and notice.

    Implements: SRS-018, SRS-020, SRS-021, SRS-039
    """
    finding = getattr(result, "finding", None)
    score = f"  score {finding.score:.6g}, threshold {finding.threshold:.6g}" if finding else ""
    mark = "  (research)" if result.intake == "research" else ""
    lines = [f"{label(result).replace('_', ' '):<13} {result.path}{score}{mark}"]
    lines += [
        f"    {one.code}: {one.attribute}: found {one.found}; expected {one.expected} [{one.requirement}]"
        for one in result.rejections
    ]
    lines += [f"    {result.failure}"] if result.failure else []
    lines += [f"    note: {one.attribute}: {one.found}. {one.message}" for one in result.notices]
    lines += [f"    asserted: {keyword} {value}" for keyword, value in result.asserted]
    return "\n".join(_printable(line) for line in lines)


def _printable(text: str) -> str:
    """Control characters of a file's name or of an attribute must not steer a terminal."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


# --- releases ---------------------------------------------------------------------------------------------------------


def make_release_record(one: Release) -> dict[str, Any]:
    """A release as JSON: the keys of release.yaml, and its digest."""
    import msgspec

    record: dict[str, Any] = msgspec.to_builtins(one, enc_hook=str)
    del record["folder"]  # where it happens to lie is no fact of the release
    return record


def summarise_release(one: Release) -> str:
    """A release in one line."""
    built = "built" if one.weights else "not built here"
    return f"{one.name:<22} {one.version:<8} {one.status:<10} {built:<15} {one.population.description}"


def render_release(one: Release) -> str:
    """Everything that a release says of itself.

    Implements: SRS-025, SRS-028
    """
    from device.report import STATEMENT

    people, most = one.population, one.population.maximum_age_years
    ages = f"from {people.minimum_age_years} years" + ("" if most is None else f" to {most} years")
    rows = [
        ("release", f"{one.name} {one.version}: {one.title}"),
        ("status", one.status + (": can never be filed" if one.status == "reference" else "")),
        ("population", f"{people.description}; {ages}; views {', '.join(people.view_positions)}"),
        ("input", f"{one.geometry.rows} rows, {one.geometry.columns} columns, {one.geometry.resampling}"),
        ("digest", one.digest),
        ("weights", f"{one.weights.file} {one.weights.sha256}" if one.weights else "none here"),
    ]
    if one.operating_point:
        point = one.operating_point
        rows.append(("threshold", f"{point.threshold:.6g}; {point.rule}; locked on {point.locked_on}"))
    if one.unbuilt:
        rows += [("not built", one.unbuilt.reason), ("to build it", one.unbuilt.command)]
    rows += [("study", one.study or "none"), *(("limitation", text) for text in one.limitations)]
    return "\n".join([*(f"{name:<12} {text}" for name, text in rows), STATEMENT])
