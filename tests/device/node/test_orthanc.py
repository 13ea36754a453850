"""The node beside Orthanc, a PACS that others wrote: by DIMSE and by DICOMweb, there and back, and in its own page."""

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.uid import ComprehensiveSRStorage, SecondaryCaptureImageStorage, generate_uid

from tests.device.node.bench import MODALITY, NODE, Node, Pacs, find_port, is_open, make_image, wait_for

pytestmark = pytest.mark.slow

PLUGIN = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"
CHROMIUM = os.environ.get("CLEARWAY_CHROMIUM", "chromium")


class Orthanc:
    """A PACS: what it is sent by DIMSE it keeps, what is asked for it answers, by REST and by DICOMweb."""

    def __init__(self, folder: Path, node: int) -> None:
        self.port, self.page, self.node = find_port(), find_port(), node
        self.configuration = folder / "orthanc.json"
        content = {
            "Name": "PACS", "DicomAet": "ORTHANC", "DicomPort": self.port, "HttpPort": self.page,
            "StorageDirectory": str(folder / "orthanc"), "IndexDirectory": str(folder / "orthanc"),
            "RemoteAccessAllowed": False, "AuthenticationEnabled": False, "Plugins": [PLUGIN],
            "DicomModalities": {"node": [NODE, "127.0.0.1", node]}, "OverwriteInstances": False,
        }  # fmt: skip
        self.configuration.write_text(json.dumps(content), "utf-8")

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["Orthanc", self.configuration], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(lambda: is_open(self.port) and is_open(self.page))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def ask(self, path: str, body: str | None = None) -> Any:
        """What it answers to a path, or to what is posted there: JSON or a file."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.page}{path}", body.encode() if body else None)
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 the loopback interface
            content = answer.read()
        return json.loads(content) if answer.headers.get_content_subtype().endswith("json") else content

    def find_series(self, study: str) -> list[dict[str, Any]]:
        """The series of a study by QIDO-RS (PS3.18 10.6): their attributes by tag."""
        found: list[dict[str, Any]] = self.ask(f"/dicom-web/studies/{study}/series?includefield=0008103E")
        return found

    def find_objects(self, study: str, modality: str) -> list[bytes]:
        """The files of a study's objects of a modality, by its own interface."""
        query = {"Level": "Instance", "Query": {"StudyInstanceUID": study, "Modality": modality}}
        return [self.ask(f"/instances/{one}/file") for one in self.ask("/tools/find", json.dumps(query))]

    def show(self, study: str) -> str:
        """Its page of a study, as a browser has it after its scripts have run."""
        (one,) = self.ask("/tools/lookup", study)
        address = f"http://127.0.0.1:{self.page}/app/explorer.html#study?uuid={one['ID']}"
        arguments = ["--headless", "--no-sandbox", "--virtual-time-budget=10000", "--dump-dom", address]
        return subprocess.run([CHROMIUM, *arguments], capture_output=True, text=True, check=True, timeout=90).stdout


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Orthanc]:
    one = Orthanc(tmp_path, find_port())
    one.start()
    yield one
    one.stop()


@pytest.fixture
def make_node(tmp_path: Path, orthanc: Orthanc) -> Iterator[Any]:
    made: list[Node] = []

    def make(port: int = 0, **changes: Any) -> Node:
        listen = {"listen": {"ae_title": NODE, "host": "127.0.0.1", "port": port}} if port else {}
        peers = [{"ae_title": title, "host": "127.0.0.1"} for title in (MODALITY, "ORTHANC")]
        node = Node(tmp_path, Pacs(), peers=peers, **listen, **changes)
        node.port = port or node.port
        made.append(node)
        node.start()
        return node

    yield make
    for node in made:
        node.stop()


def store(port: int, *images: Path, called: str) -> None:
    """Send images with dcmtk."""
    subprocess.run(["storescu", "-aet", MODALITY, "-aec", called, "127.0.0.1", str(port), *images], check=True)


def holds_reports(orthanc: Orthanc, study: str, count: int) -> bool:
    """Whether a study has so many reports."""
    return len(orthanc.find_objects(study, "SR")) == count


@pytest.mark.parametrize("way", ["C-STORE", "STOW-RS"])
def test_a_study_goes_round_and_its_result_is_found_by_other_means(make_node, orthanc, tmp_path, way):
    dimse = {"ae_title": "ORTHANC", "host": "127.0.0.1", "port": orthanc.port}
    web = {"url": f"http://127.0.0.1:{orthanc.page}/dicom-web"}
    node = make_node(destination=dimse if way == "C-STORE" else None, web=None if way == "C-STORE" else web)
    study = generate_uid()
    image = make_image(tmp_path, study)
    store(orthanc.port, image, called="ORTHANC")
    store(node.port, image, called=NODE)
    wait_for(lambda: len(orthanc.find_series(study)) == 3)
    told = {one["00080060"]["Value"][0]: one.get("0008103E", {}).get("Value") for one in orthanc.find_series(study)}
    said = "Pneumonia triage: flagged (reference release)"
    assert told == {"DX": None, "SR": [said], "OT": [said]}
    for modality, sop_class in (("SR", ComprehensiveSRStorage), ("OT", SecondaryCaptureImageStorage)):
        (content,) = orthanc.find_objects(study, modality)
        path = tmp_path / f"{modality}.dcm"
        path.write_bytes(content)
        assert dcmread(path).SOPClassUID == sop_class
        judged = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
        assert "Error" not in judged.stderr + judged.stdout
    read = subprocess.run(["dsrdump", tmp_path / "SR.dcm"], capture_output=True, text=True, check=True).stdout
    assert '(FLAGGED,99CLEARWAY,"Flagged: suspected pneumonia")' in read
    assert orthanc.show(study).count(said) == 2


def test_what_orthanc_sends_on_by_itself_comes_back(make_node, orthanc, tmp_path):
    make_node(destination={"ae_title": "ORTHANC", "host": "127.0.0.1", "port": orthanc.port}, port=orthanc.node)
    study = generate_uid()
    store(orthanc.port, make_image(tmp_path, study), called="ORTHANC")
    (one,) = orthanc.ask("/tools/lookup", study)
    assert orthanc.ask("/modalities/node/store", one["ID"])["FailedInstancesCount"] == 0
    wait_for(lambda: len(orthanc.find_series(study)) == 3)


def test_a_corrected_result_is_kept_though_orthanc_keeps_the_first_of_one_identifier(make_node, orthanc, tmp_path):
    node = make_node(destination={"ae_title": "ORTHANC", "host": "127.0.0.1", "port": orthanc.port})
    study, uid = generate_uid(), generate_uid()
    names = ("Wrong^Name", "Right^Name")
    for count, name in enumerate(names, start=1):
        image = make_image(tmp_path, study, SOPInstanceUID=uid, PatientName=name)
        store(orthanc.port, image, called="ORTHANC")
        store(node.port, image, called=NODE)
        wait_for(partial(holds_reports, orthanc, study, count))
    (kept,) = orthanc.find_objects(study, "DX")
    assert dcmread(BytesIO(kept)).PatientName == "Wrong^Name"  # it has answered success to the second all the same
    reports = [dcmread(BytesIO(one)) for one in orthanc.find_objects(study, "SR")]
    assert {str(one.PatientName) for one in reports} == set(names)
    (second,) = (one for one in reports if "PredecessorDocumentsSequence" in one)
    assert second.PatientName == "Right^Name"
