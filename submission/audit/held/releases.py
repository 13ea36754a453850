"""What a release says of itself, in the reach of its digest: the evidence and the indications against its own files.

The digest of a release is that of its list of digests. The list, the labeled population and the model card are in the
package, so that whom the device is for, and what it was trained on, cannot be changed while the digest stays.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from submission.audit.names import EVIDENCE, MANIFEST

Found = tuple[str, str, str]

SUMS, RELEASE, CARD = "SHA256SUMS", "release.yaml", "card.yaml"
LINE = re.compile(r"([0-9a-f]{64}) [ *](\S+)")
STATED = {
    "name": "name", "version": "version", "status": "status", "title": "title", "study": "study",
    "input_rows": "geometry.rows", "input_columns": "geometry.columns", "threshold": "operating_point.threshold",
    "weights_sha256": "weights.sha256",
}  # fmt: skip
"""By name in the evidence, where a release has it."""
FOR_WHOM = re.compile(r"in (.*?) projection of patients whose completed age is (.*?)\.")


def find_in_releases(folder: Path, manifest: Mapping[str, Any], evidence: Mapping[str, Any]) -> Iterator[Found]:
    """Yield what the evidence and the indications have of a release and its own files do not."""
    documented = (manifest["release"] or {}).get("name")
    for release in (evidence.get("device.json") or {}).get("releases", ()):
        home = folder / EVIDENCE / "releases" / release["name"]
        where = f"{EVIDENCE}releases/{release['name']}"
        if not (home / SUMS).is_file():
            if release["name"] == documented:
                yield "release-unbound", where, "nothing of the release is here that its digest could be of"
            continue
        yield from _find_in_digests(home, where, release)
        if (home / RELEASE).is_file():
            yield from _find_in_release(where, read_yaml((home / RELEASE).read_text()), release)
        if (home / CARD).is_file() and release["card"].get("type") == "Card":
            yield from _find_in_card(where, (home / CARD).read_text(), release["card"])
        if release["name"] == documented:
            yield from _find_in_indications(str(manifest["indications"]["text"]), release["population"])


def _find_in_digests(home: Path, where: str, release: Mapping[str, Any]) -> Iterator[Found]:
    content = (home / SUMS).read_bytes()
    if (found := hashlib.sha256(content).hexdigest()) != release["digest"]:
        yield "release-differs", f"{where}/{SUMS}", f"SHA-256 {found}, the release is {release['digest']}"
    listed = {name: digest for digest, name in LINE.findall(content.decode())}
    for name in (RELEASE, CARD):
        path = home / name
        held = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
        if held != listed.get(name):
            yield "release-differs", f"{where}/{name}", f"SHA-256 {held}, {SUMS} says {listed.get(name)}"


def _find_in_release(where: str, told: Mapping[str, str], release: Mapping[str, Any]) -> Iterator[Found]:
    people = release["population"]
    stated = {at: release[name] for name, at in STATED.items()}
    stated |= {f"population.{name}": people[name] for name in people if name != "view_positions"}
    stated |= {"population.view_positions": ",".join(people["view_positions"])}
    for at, value in stated.items():
        if value is not None and at in told and told[at] != _plain(value):
            yield "release-differs", f"{where}/{RELEASE}", f"{at}: {told[at]!r}, the evidence has {value!r}"


def _find_in_card(where: str, text: str, card: Mapping[str, Any]) -> Iterator[Found]:
    told = read_yaml(text.partition("\nhistory:")[0])
    for name, value in card.items():
        if name in told and not isinstance(value, list | dict) and told[name] != _plain(value):
            yield "release-differs", f"{where}/{CARD}", f"{name}: {told[name]!r}, the evidence has {value!r}"
    rows = [
        float(number) for number in re.findall(r"^ *(?:- )+(-?\d[\d.e+-]*)$", text.partition("\nhistory:")[2], re.M)
    ]
    held = [cell for table in card["history"] for row in table["rows"] for cell in row if isinstance(cell, int | float)]
    if rows != held:
        yield "release-differs", f"{where}/{CARD}", "has another history of training than the evidence"


def _find_in_indications(text: str, people: Mapping[str, Any]) -> Iterator[Found]:
    """Yield that the indications are for others than the labeled population."""
    match = FOR_WHOM.search(text)
    if match is None:
        yield "indications-differ", MANIFEST, "the indications do not say for whom, as the documents do"
        return
    views, ages = {*re.findall(r"[A-Z]{2,}", match[1])}, [int(age) for age in re.findall(r"\d+", match[2])]
    labelled = [age for age in (people["minimum_age_years"], people["maximum_age_years"]) if age is not None]
    if views != {*people["view_positions"]} or ages != labelled:
        said = f"{', '.join(people['view_positions'])}, {labelled} years"
        yield (
            "indications-differ",
            MANIFEST,
            f"the indications are for {match[0]!r}, the release is labeled for {said}",
        )


def read_yaml(text: str) -> dict[str, str]:
    """The plain values of a file that we write, by their names; a list is its items with commas between."""
    found: dict[str, str] = {}
    above = last = ""
    for line in text.splitlines():
        match = re.match(r"( *)([a-z_]\w*):(?: (.*))?$", line)
        if match:
            above = "" if not match[1] else above
            last = f"{above}.{match[2]}" if above else match[2]
            above = match[2] if not match[1] and not match[3] else above
            found[last] = match[3] or ""
        elif last and (item := re.match(r" *- (.*)$", line)):
            found[last] = ",".join(filter(None, (found[last], item[1])))
        elif last:
            found[last] += " " + line.strip()
    return {name: _unquoted(value) for name, value in found.items()}


def _unquoted(value: str) -> str:
    if value[:1] == value[-1:] == "'":
        return value[1:-1].replace("''", "'")
    return value[1:-1] if value[:1] == value[-1:] == '"' else value


def _plain(value: object) -> str:
    """A value as a file of ours writes it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
