"""The node as its neighbors see it: real associations on the loopback interface, real processes."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread
from pydicom.datadict import tag_for_keyword
from pydicom.uid import (
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    JPEG2000Lossless,
    SecondaryCaptureImageStorage,
    generate_uid,
)

from tests.device.node.bench import BRIGHT, CLEARWAY, DARK, MODALITY, Node, make_image, send, wait_for
from verification.steps.radiographs import transcode

pytestmark = pytest.mark.slow


@pytest.fixture
def make_node(tmp_path, pacs):
    made = []

    def make(**changes: Any) -> Node:
        made.append(Node(tmp_path, pacs, **changes))
        return made[-1]

    yield make
    for node in made:
        node.stop()


@pytest.fixture
def node(make_node):
    one = make_node()
    one.start()
    return one


def tell(report: Dataset) -> list[tuple[str, str]]:
    """What a report says: tracking identifier and triage of each of its groups."""
    told = []
    for container in report.ContentSequence:
        for group in container.get("ContentSequence", ()):
            items = group.get("ContentSequence", ())
            names = [one.TextValue for one in items if one.ConceptNameCodeSequence[0].CodeValue == "112039"]
            codes = [one.ConceptCodeSequence[0].CodeValue for one in items
                     if one.ConceptNameCodeSequence[0].CodeValue == "TRIAGE"]  # fmt: skip
            told += list(zip(names, codes, strict=True))
    return told


def comments(report: Dataset) -> str:
    return "\n".join(
        one.TextValue for container in report.ContentSequence for group in container.get("ContentSequence", ())
        for one in group.get("ContentSequence", ()) if one.ConceptNameCodeSequence[0].CodeMeaning == "Comment"
    )  # fmt: skip


def test_a_study_gets_one_report_and_one_page_of_its_highest_score(node, pacs, tmp_path):
    study = generate_uid()
    dark = make_image(tmp_path, study, DARK, SOPInstanceUID="1.2.3.1")
    bright = make_image(tmp_path, study, BRIGHT, SOPInstanceUID="1.2.3.2")
    assert send(node.port, dark, bright) == [0, 0]
    (report,) = wait_for(lambda: pacs.find_reports(study))
    wait_for(lambda: len(pacs.kept) == 2)
    assert tell(report) == [("study", "FLAGGED"), ("image", "NOT_FLAGGED"), ("image", "FLAGGED")]
    page = next(one for one in pacs.kept.values() if one.SOPClassUID == SecondaryCaptureImageStorage)
    assert page.StudyInstanceUID == study
    assert len({page.SeriesInstanceUID, report.SeriesInstanceUID, dcmread(dark).SeriesInstanceUID}) == 3
    assert page.PatientID == report.PatientID == "TEST-1"
    assert page.pixel_array.max() == 255


def test_a_study_without_an_eligible_image_is_told_to_be_not_analysed_with_every_reason(node, pacs, tmp_path):
    study = generate_uid()
    old = make_image(tmp_path, study, PatientAge="040Y", PatientBirthDate="")
    mistake = Dataset()
    mistake.update(dcmread(old))
    mistake.file_meta = dcmread(old).file_meta
    mistake.SOPClassUID = mistake.file_meta.MediaStorageSOPClassUID = CTImageStorage
    mistake.SOPInstanceUID = mistake.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    assert send(node.port, old, mistake) == [0, 0]
    (report,) = wait_for(lambda: pacs.find_reports(study))
    assert [code for _, code in tell(report)] == ["NOT_ANALYZED"] * 3
    assert "AGE: PatientAge" in comments(report)
    assert "SOP_CLASS: SOPClassUID" in comments(report)
    assert json.loads(node.read_page())["outcomes"]["studies"] == {"not_analyzed": 1}
    assert report.SeriesDescription == "Pneumonia triage: not analyzed (reference release)"


def test_one_eligible_image_among_others_decides_and_the_report_says_what_it_is_not_of(node, pacs, tmp_path):
    study = generate_uid()
    images = [make_image(tmp_path, study), make_image(tmp_path, study, PatientAge="040Y", PatientBirthDate="")]
    assert send(node.port, *images) == [0, 0]
    (report,) = wait_for(lambda: pacs.find_reports(study))
    assert "Analyzed: 1 of 2 objects of this study; the result says nothing of the rest" in comments(report)


def test_the_same_image_again_is_nothing_new(node, pacs, tmp_path):
    image = make_image(tmp_path)
    assert send(node.port, image) == [0]
    wait_for(lambda: len(pacs.kept) == 2)
    assert send(node.port, image) == [0]
    time.sleep(2)
    assert len(pacs.kept) == 2
    assert sum(pacs.sent.values()) == 2
    assert "received again" in node.read_log()


def without_times(one: Dataset) -> str:
    """An object as text, without what says when it was made."""
    return "\n".join(line for line in str(one).splitlines() if not re.search(" (DA|TM|DT): ", line))


def test_the_same_images_have_the_same_results_in_another_node_but_for_their_times(make_node, pacs, tmp_path):
    image = make_image(tmp_path)
    kept = []
    for name in ("one", "two"):
        node = make_node(held=name)
        node.start()
        pacs.kept.clear()
        send(node.port, image)
        wait_for(lambda: len(pacs.kept) == 2)
        kept.append({uid: without_times(one) for uid, one in pacs.kept.items()})
        node.stop()
    assert kept[0] == kept[1]
    assert "SOP Instance UID" in "".join(kept[0].values())


def test_a_late_image_gives_another_report_that_names_the_one_before(node, pacs, tmp_path):
    study = generate_uid()
    send(node.port, make_image(tmp_path, study))
    (first,) = wait_for(lambda: pacs.find_reports(study))
    wait_for(lambda: not list((node.folder / "held" / "objects").iterdir()) or True)
    send(node.port, make_image(tmp_path, study))
    _, second = wait_for(lambda: len(pacs.find_reports(study)) == 2 and pacs.find_reports(study))
    named = second.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    assert named.ReferencedSOPInstanceUID == first.SOPInstanceUID
    assert [name for name, _ in tell(second)] == ["study", "image", "image"]


def test_other_content_under_one_uid_counts_and_gives_a_result_of_another_uid(node, pacs, tmp_path):
    study, uid = generate_uid(), generate_uid()
    send(node.port, make_image(tmp_path, study, SOPInstanceUID=uid))
    wait_for(lambda: pacs.find_reports(study))
    send(node.port, make_image(tmp_path, study, SOPInstanceUID=uid, PatientName="Corrected^Name"))
    _, second = wait_for(lambda: len(pacs.find_reports(study)) == 2 and pacs.find_reports(study))
    assert second.PatientName == "Corrected^Name"
    assert [name for name, _ in tell(second)] == ["study", "image"]


class Liar(Dataset):
    """A data set of which the sender's command says another class."""

    SOPClassUID = DigitalXRayImageStorageForPresentation


@pytest.mark.parametrize(
    ("keyword", "value", "status"),
    [
        ("StudyInstanceUID", None, 0xC000),
        ("StudyInstanceUID", "../../etc", 0xC000),
        ("SOPClassUID", CTImageStorage, 0xA900),
    ],
)
def test_what_cannot_be_answered_is_not_acknowledged(node, pacs, tmp_path, keyword, value, status):
    good = dcmread(make_image(tmp_path))
    bad = Liar(dcmread(make_image(tmp_path)))
    bad.file_meta = good.file_meta
    del bad[keyword]
    if value:
        bad.add_new(tag_for_keyword(keyword), "UI", value)
    assert send(node.port, bad, good) == [status, 0]
    wait_for(lambda: len(pacs.kept) == 2)
    assert "object refused" in node.read_log()
    assert not list((node.folder / "held" / "incoming").iterdir())


def test_a_stranger_and_a_wrong_title_get_no_association(node, tmp_path):
    image = make_image(tmp_path)
    assert send(node.port, image, title="STRANGER") == [None]
    assert send(node.port, image, node="OTHER") == [None]
    assert send(node.port, image) == [0]
    wait_for(lambda: node.read_log().count("association refused") == 2)


def test_connections_from_the_address_of_no_peer_are_told_of_in_a_line_that_counts_them(node, tmp_path):
    for each in range(40):
        with socket.create_connection(("127.0.0.1", node.port), source_address=(f"127.0.0.{9 + each % 4}", 0)) as one:
            assert one.recv(1) == b""
    assert send(node.port, make_image(tmp_path)) == [0]
    node.stop()
    lines = [line for line in node.read_log().splitlines() if "connection refused" in line]
    assert len(lines) == 2, lines  # the first at once, the others when the node ends
    assert all('said="it comes from the address of no peer"' in line for line in lines)
    assert sum(map(int, re.findall(r"times=(\d+)", "\n".join(lines)))) == 40


def test_no_room_is_said_and_what_was_refused_can_be_sent_again(make_node, pacs, tmp_path):
    node = make_node(limits={"free_bytes": 2**60})
    node.start()
    image = make_image(tmp_path)
    assert send(node.port, image) == [0xA700]
    node.stop()
    roomy = make_node()
    roomy.start()
    assert send(roomy.port, image) == [0]
    wait_for(lambda: len(pacs.kept) == 2)


def test_an_object_larger_than_may_be_ends_its_association_and_no_other(make_node, pacs, tmp_path):
    node = make_node(limits={"object_bytes": 2_000_000})
    node.start()
    large = make_image(tmp_path, picture="NORMAL2-IM-1427-0001.jpeg")
    assert send(node.port, large) == [None]
    assert send(node.port, make_image(tmp_path)) == [0]
    wait_for(lambda: len(pacs.kept) == 2)
    assert "an object of more than 2000000 bytes" in node.read_log()


def test_what_was_acknowledged_is_answered_after_the_node_was_killed(node, pacs, tmp_path):
    studies = [generate_uid() for _ in range(6)]
    for study in studies:
        assert send(node.port, make_image(tmp_path, study)) == [0]
    node.kill()
    assert len(pacs.reports) < 6
    node.start()
    wait_for(lambda: all(pacs.find_reports(study) for study in studies))
    assert [len(pacs.find_reports(study)) for study in studies] == [1] * 6


def test_a_worker_that_is_killed_is_started_again_and_its_image_is_judged(node, pacs, tmp_path):
    for _ in range(3):
        children = Path(f"/proc/{node.process.pid}/task/{node.process.pid}/children").read_text("ascii").split()
        os.kill(int(children[2]), signal.SIGKILL)
        assert send(node.port, make_image(tmp_path)) == [0]
    wait_for(lambda: len(pacs.reports) == 3)
    assert 'process ended part="worker' in node.read_log()


def test_an_archive_that_is_away_gets_every_result_when_it_is_back(node, pacs, tmp_path):
    pacs.stop()
    assert send(node.port, make_image(tmp_path), make_image(tmp_path)) == [0, 0]
    wait_for(lambda: "delivery failed" in node.read_log())
    pacs.start()
    wait_for(lambda: len(pacs.kept) == 4)
    assert len(pacs.reports) == 2


def test_a_result_that_was_changed_while_it_waited_is_not_sent_and_holds_up_no_other(make_node, pacs, tmp_path):
    pacs.stop()
    node = make_node()
    node.start()
    assert send(node.port, make_image(tmp_path)) == [0]
    wait_for(lambda: "delivery failed" in node.read_log())
    node.stop()
    for path in (node.folder / "held" / "results").iterdir():
        content = path.read_bytes()
        path.write_bytes(content.replace(b"FLAGGED", b"flagged") + bytes(2))
    pacs.start()
    node.start()
    assert send(node.port, make_image(tmp_path)) == [0]
    wait_for(lambda: len(pacs.kept) == 2)
    assert "process ended" not in node.read_log()
    assert "not sent: the file is not what was made" in node.read_log()


def test_what_no_line_speaks_of_is_deleted_at_the_next_start(make_node, pacs, tmp_path):
    node = make_node(keep={"pixel_days": None})
    node.start()
    assert send(node.port, make_image(tmp_path)) == [0]
    wait_for(lambda: len(pacs.kept) == 2)
    node.kill()
    held = node.folder / "held"
    for folder in ("objects", "results", "incoming"):
        (held / folder / "left.dcm").write_bytes(b"of a study that nobody acknowledged")
    node.start()
    assert not list(held.rglob("left.dcm"))
    assert [len(list((held / folder).iterdir())) for folder in ("objects", "results", "incoming")] == [1, 2, 0]


def test_pixels_are_deleted_when_the_results_have_arrived(make_node, pacs, tmp_path):
    node = make_node()
    node.start()
    send(node.port, make_image(tmp_path))
    wait_for(lambda: len(pacs.kept) == 2)
    node.stop()
    node.start()  # it looks at its start, and from then on every half a minute
    wait_for(lambda: not list((node.folder / "held" / "objects").iterdir()))
    wait_for(lambda: "pixels deleted" in node.read_log())  # it is printed a moment after


def test_the_log_names_no_patient_and_no_identifier_and_shows_a_changed_line(node, pacs, tmp_path):
    study = generate_uid()
    send(node.port, make_image(tmp_path, study, PatientName="Secret^Name", PatientID="SECRET-ID"))
    wait_for(lambda: len(pacs.kept) == 2)
    node.stop()
    told = subprocess.run([CLEARWAY, "serve", "--log", node.configuration], capture_output=True, text=True, check=False)
    assert told.returncode == 0
    whats = [json.loads(line)["what"] for line in told.stdout.splitlines()]
    assert whats == ["node started", "received", "judged", "concluded", "delivered", "delivered", "node stopped"]
    for secret in ("Secret", "SECRET-ID", study):
        assert secret not in told.stdout + node.read_log()
    import sqlite3

    with sqlite3.connect(node.folder / "held" / "node.db") as database:
        with pytest.raises(sqlite3.IntegrityError, match="appended only"):
            database.execute("UPDATE event SET what = 'judged' WHERE number = 2")
        database.execute("DROP TRIGGER event_kept")
        database.execute("UPDATE event SET told = '{}' WHERE number = 3")
    told = subprocess.run([CLEARWAY, "serve", "--log", node.configuration], capture_output=True, text=True, check=False)
    assert (told.returncode, "line 3 is not as it was written" in told.stderr) == (4, True)


def test_a_second_node_in_one_folder_does_not_start(node):
    told = subprocess.run(
        [CLEARWAY, "serve", node.configuration], capture_output=True, text=True, check=False, timeout=60
    )
    assert told.returncode == 4
    assert "another node has it" in told.stderr


def test_the_page_tells_what_there_is_on_loopback_alone(node, pacs, tmp_path):
    send(node.port, make_image(tmp_path))
    wait_for(lambda: len(pacs.kept) == 2)
    assert "The node is well." in node.read_page("/")
    assert 'clearway_studies{outcome="flagged"} 1' in node.read_page("/metrics")
    assert json.loads(node.read_page("/health"))["well"] is True


def test_compressed_images_are_taken_as_they_are(node, pacs, tmp_path):
    image = make_image(tmp_path)
    transcode(image, JPEG2000Lossless)
    assert send(node.port, image) == [0]
    (report,) = wait_for(lambda: pacs.reports)
    assert tell(report)[0][1] in ("FLAGGED", "NOT_FLAGGED")


@pytest.mark.skipif(not shutil.which("storescu"), reason="the other tests speak to it, too")
def test_dcmtk_is_answered_and_its_validator_finds_no_error_in_the_results(node, pacs, tmp_path):
    image = make_image(tmp_path)
    sent = subprocess.run(
        ["storescu", "-aet", MODALITY, "-aec", "CLEARWAY", "127.0.0.1", str(node.port), str(image)], check=False
    )
    assert sent.returncode == 0
    wait_for(lambda: len(pacs.kept) == 2)
    for number, one in enumerate(pacs.kept.values()):
        path = tmp_path / f"result{number}.dcm"
        one.save_as(path, enforce_file_format=True)
        told = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
        assert "Error" not in told.stderr + told.stdout
