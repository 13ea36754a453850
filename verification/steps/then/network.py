"""Then: what a node of the network answered, sent and recorded."""

from __future__ import annotations

import hashlib
import json
import math
import re
from importlib import metadata

import pytest
from pydicom import Dataset, dcmread
from pytest_bdd import parsers, then

import device
from verification.steps.bench import Bench, Observe, counted
from verification.steps.node import PATIENCE_SECONDS, SETTLE_SECONDS


@then(parsers.parse("the sender is answered {status}"))
@then(parsers.re(r"the sender gets (?P<status>no association|no answer)"))
def answered(bench: Bench, observe: Observe, status: str) -> None:
    """The status of the last object, four hexadecimal digits, or that there was none."""
    observe(f"answered {bench.answered[-1]}")
    assert bench.answered[-1] == status


@then(parsers.parse("the modality got {count:d} associations, and the next was rejected by {codes}"))
def rejected(bench: Bench, observe: Observe, count: int, codes: str) -> None:
    """How many the modality held, and result, source and reason of the rejection (PS3.8 9.3.4)."""
    got, found = bench.answered[-3:-1]
    observe(f"{got}, then rejected by {found}")
    assert (got, found) == (f"{count} associations", codes)


@then(parsers.re(r"the archive holds (?P<reports>\d+) reports? and (?P<pages>\d+) pages? of the study"))
def held(bench: Bench, observe: Observe, reports: str, pages: str) -> None:
    """The objects of the image's study that the archive keeps, by class."""
    archive = bench.node.archive
    found = len(archive.find_reports(bench.study)), len(archive.find_pages(bench.study))
    observe(f"the archive holds {counted(found[0], 'report')} and {counted(found[1], 'page')}")
    assert found == (int(reports), int(pages))


@then(parsers.parse("the archive was sent {count:d} objects"))
def sent(bench: Bench, observe: Observe, count: int) -> None:
    """How often an object was sent, whichever it was."""
    observe(f"{counted(bench.node.archive.sent, 'object')} sent")
    assert bench.node.archive.sent == count


@then("the report and the page are of the patient and the study of the image")
def identity(bench: Bench, observe: Observe) -> None:
    """PatientName, PatientID, PatientBirthDate, StudyInstanceUID and AccessionNumber are those of the image."""
    image = dcmread(bench.file())
    for one in (bench.report, bench.node.archive.find_pages(bench.study)[-1]):
        for keyword in ("PatientName", "PatientID", "PatientBirthDate", "StudyInstanceUID", "AccessionNumber"):
            assert one.get(keyword) == image.get(keyword), keyword
        assert one.SeriesInstanceUID != image.SeriesInstanceUID
    observe("patient and study of both are those of the image; their series are new")


@then(parsers.parse("the report says of the study {whole} and of its objects {parts}"))
def says(bench: Bench, observe: Observe, whole: str, parts: str) -> None:
    """The triage codes of the newest report: of the group `study`, and of the others in any order."""
    (first, *others) = [code for group in find_groups(bench.report) for code in find_codes(group)]
    observe(f"study {first}, objects {', '.join(others)}")
    assert first == whole
    assert sorted(others) == sorted(parts.split(" and "))


@then(parsers.parse('the report of the study says "{text}"'))
def comments(bench: Bench, observe: Observe, text: str) -> None:
    """A comment of any group of the newest report says so."""
    found = [
        one.TextValue for group in find_groups(bench.report) for one in group.ContentSequence if "TextValue" in one
    ]
    observe(f"a comment of {len(found)} says “{text}”" if any(text in one for one in found) else "none says so")
    assert any(text in one for one in found)


def find_groups(report: Dataset) -> list[Dataset]:
    """The measurement groups of a report (TID 1501), in their order."""
    return [
        one for part in report.ContentSequence for one in part.get("ContentSequence", ()) if "ContentSequence" in one
    ]


def find_codes(group: Dataset) -> list[str]:
    """The triage codes of a group."""
    triage = [one for one in group.ContentSequence if one.ConceptNameCodeSequence[0].CodeValue == "TRIAGE"]
    return [str(one.ConceptCodeSequence[0].CodeValue) for one in triage]


@then("the newest report names the one before")
def predecessor(bench: Bench, observe: Observe) -> None:
    """The Predecessor Documents Sequence of the second report refers to the first."""
    first, second = bench.node.archive.find_reports(bench.study)
    (named,) = second.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence
    observe("the second report names the first")
    assert named.ReferencedSOPInstanceUID == first.SOPInstanceUID


@then("nothing of it is kept")
def nothing_kept(bench: Bench, observe: Observe) -> None:
    """The node's folders of objects and of what is coming in are empty, and no object is counted."""
    held = bench.node.folder / "held"
    received = bench.node.store.counts.count()["objects_received"]  # whoever opens the store makes its folders
    left = [path.name for folder in ("objects", "incoming") for path in (held / folder).iterdir()]
    observe(f"{counted(len(left), 'file')} left")
    assert left == []
    assert received == 0


@then("the node holds no pixels")
def no_pixels(bench: Bench, observe: Observe) -> None:
    """The node's folder of objects is empty."""
    left = list((bench.node.folder / "held" / "objects").iterdir())
    observe(f"{counted(len(left), 'file')} of objects left")
    assert left == []


@then(parsers.re(r'the record tells of "(?P<first>[^"]*)"( before "(?P<second>[^"]*)")?'))
def recorded(bench: Bench, observe: Observe, first: str, second: str | None) -> None:
    """The record has a line of the first kind, and none of the second stands before it."""
    whats = [str(event["what"]) for event in bench.node.store.events.read()]
    observe(", ".join(whats))
    assert first in whats
    assert second is None or whats.index(first) < whats.index(second)


@then(parsers.parse('the record tells of "{what}" of {measure} {count:d} time'))
def recorded_drift(bench: Bench, observe: Observe, what: str, measure: str, count: int) -> None:
    """So many lines of the record are of that kind and measure."""
    lines = [one for one in map(json.loads, bench.node.tell().splitlines()) if one["what"] == what]
    observe("; ".join(f"{one['measure']}: {one['said']}" for one in lines))
    assert [one["measure"] for one in lines].count(measure) == count


@then(parsers.parse('the record tells of no "{what}" of {measure}'))
def recorded_none(bench: Bench, observe: Observe, what: str, measure: str) -> None:
    """No line of the record is of that kind and measure; the node judged something."""
    lines = [json.loads(line) for line in bench.node.tell().splitlines()]
    observe(counted(len(lines), "line"))
    assert "judged" in {one["what"] for one in lines}
    assert (what, measure) not in {(one["what"], one.get("measure")) for one in lines}


@then("each start in the record names the SHA-256 of its configuration file, that of the release, and the software")
def started(bench: Bench, observe: Observe) -> None:
    """Of each start the digest of the file as it was then; they differ where the file was changed."""
    lines = [one for one in map(json.loads, bench.node.tell().splitlines()) if one["what"] == "node started"]
    found = [one["configuration"] for one in lines]
    observe(", ".join(each[:8] for each in found))
    assert found == bench.answered
    assert len(set(found)) == 2 < len(found)
    release = device.read_release(bench.release)
    assert {one["release_digest"] for one in lines} == {release.digest}
    assert {one["software"] for one in lines} == {metadata.version("clearway")}


@then("the record holds no password and no key")
def no_secret(bench: Bench, observe: Observe) -> None:
    """The content of each file of a secret stands nowhere in the record, as it is or as its SHA-256."""
    told = bench.node.tell()
    secrets = [(bench.node.folder / "password").read_bytes(), (bench.node.folder / "held" / "log.key").read_bytes()]
    for secret in secrets:
        for form in (secret.hex(), hashlib.sha256(secret).hexdigest(), secret.decode("latin-1")):
            assert form not in told
    observe(f"neither of {len(secrets)} in {counted(len(told.splitlines()), 'line')}")


@then(parsers.parse("the record is broken at line {number:d}"))
def broken(bench: Bench, observe: Observe, number: int) -> None:
    """The first line that does not fit the chain."""
    found = bench.node.store.events.find_broken()
    observe(f"broken at line {found}")
    assert found == number


@then("the record holds no PatientName, PatientID, StudyInstanceUID or SOPInstanceUID of the image")
def blind(bench: Bench, observe: Observe) -> None:
    """None of these values stands anywhere in the record."""
    image, told = dcmread(bench.file()), bench.node.tell()
    for keyword in ("PatientName", "PatientID", "StudyInstanceUID", "SOPInstanceUID"):
        assert str(image[keyword].value) not in told, keyword
    assert "received" in told
    observe(f"none of them in {counted(len(told.splitlines()), 'line')}")


@then(parsers.re(r"the node says (?P<quote>[`\"])(?P<text>.*)(?P=quote) to (?P<whom>people|programs)"))
def page(bench: Bench, observe: Observe, text: str, whom: str) -> None:
    """The status page holds the text, or the metrics the line."""
    told = bench.node.ask("/" if whom == "people" else "/metrics")
    observe(counted(len(told.splitlines()), "line"))
    assert text in (told if whom == "people" else told.splitlines())


@then(parsers.parse('the node says that it is not well: "{text}"'))
def unwell(bench: Bench, observe: Observe, text: str) -> None:
    """The state for programs has the status 503 and says why."""
    status, _, body = device.tell_status("/health", device.read_configuration(bench.node.file))
    observe(f"status {status}: {body[:120]}")
    assert status == 503
    assert text in body


@then(parsers.parse("the record states the seconds of {count:d} deliveries"))
def timed(bench: Bench, observe: Observe, count: int) -> None:
    """Each line that tells of a delivery has the seconds since the last object of its study."""
    found = find_seconds(bench)
    observe(f"{len(found)} deliveries with their seconds")
    assert len(found) == count
    assert all(SETTLE_SECONDS <= each <= PATIENCE_SECONDS for each in found)


@then("the node states to people and to programs their number, median and 95th percentile, as the record has them")
def times(bench: Bench, observe: Observe) -> None:
    """Nearest ranks of the seconds of the record, to a hundredth: the record is written a moment later."""
    seconds = sorted(find_seconds(bench))
    expected = {
        "deliveries": len(seconds),
        "median_seconds": seconds[math.ceil(0.5 * len(seconds)) - 1],
        "percentile_95_seconds": seconds[math.ceil(0.95 * len(seconds)) - 1],
    }
    configuration = device.read_configuration(bench.node.file)
    programs = dict(line.rsplit(" ", 1) for line in device.tell_status("/metrics", configuration)[2].splitlines())
    people = device.tell_status("/", configuration)[2]
    for name, value in expected.items():
        told = programs[f"clearway_time_to_delivery_{name}"]
        assert float(told) == pytest.approx(value, abs=0.01), name
        assert f"<td>{name.replace('_', ' ')}</td><td>{told}</td>" in people
    observe("their number, median and 95th percentile are those of the record")


def find_seconds(bench: Bench) -> list[float]:
    """The seconds of every delivery that the record tells of."""
    return [one["seconds"] for one in map(json.loads, bench.node.tell().splitlines()) if one["what"] == "delivered"]


@then(parsers.re(r"it commits to (?P<kept>\d+) and declines (?P<declined>\d+)"))
def commits(bench: Bench, observe: Observe, kept: str, declined: str) -> None:
    """How many objects the answer to the request lists as kept, and how many as failed."""
    said = bench.node.archive.commitments[-1]
    found = len(said.get("ReferencedSOPSequence", ())), len(said.get("FailedSOPSequence", ()))
    observe(f"{found[0]} kept, {found[1]} declined")
    assert found == (int(kept), int(declined))


@then(parsers.re(r"its configuration is refused, naming (?P<keys>.*?)(?P<lines>, each with its line)?$"))
def refused(bench: Bench, observe: Observe, keys: str, lines: str | None) -> None:
    """Reading it raises one error that names every key, with the number of a line if that is asked for."""
    with pytest.raises(device.ConfigurationError) as raised:
        device.read_configuration(bench.node.file)
    observe(str(raised.value))
    before = r"node\.yaml:\d+: " if lines else r"node\.yaml:.*"
    for key in re.split(", | and ", keys):
        assert re.search(before + re.escape(key), str(raised.value)), key
