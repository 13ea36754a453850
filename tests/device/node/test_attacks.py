"""A release or a configuration that was tampered with, and identifiers that are paths, at a real node."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.dispatch import FAILED
from tests.device.conftest import BRIGHTNESS
from tests.device.node.bench import CLEARWAY, Node, Pacs, find_processes, make_image, send, wait_for

pytestmark = pytest.mark.slow
INSTANCES = ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
WORKER = 3
"""Where a node's only worker stands among its processes: after its parent, the receiver and the page."""


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BRIGHTNESS, tmp_path / "release"))


@pytest.fixture
def node(tmp_path: Path, pacs: Pacs, release: Path) -> Iterator[Node]:
    one = Node(tmp_path, pacs, release=str(release), workers=1)
    yield one
    one.stop()


def change_a_byte(release: Path) -> None:
    weights = release / "model.tflite"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)


def serve(node: Node) -> tuple[int, str]:
    """What a node that is not to start says, and its exit status."""
    ended = subprocess.run(
        [CLEARWAY, "serve", str(node.configuration)], capture_output=True, text=True, timeout=30, check=False
    )
    return ended.returncode, ended.stdout + ended.stderr


def test_a_node_does_not_start_with_weights_that_were_changed(node, release):
    change_a_byte(release)
    status, said = serve(node)
    assert status == FAILED
    assert "model.tflite" in said
    assert "Traceback" not in said


def test_weights_that_are_changed_while_it_runs_judge_nothing_after_a_restart(node, pacs, release, tmp_path):
    node.start()
    worker = find_processes(node)[WORKER]
    change_a_byte(release)
    os.kill(worker, signal.SIGKILL)
    ended = wait_for(lambda: [each for each in read_troubles(node) if each["what"] == "process ended"])
    assert {each["part"] for each in ended} == {"worker 1"}
    assert send(node.port, make_image(tmp_path)) == [0]
    wait_for(lambda: node.read_log().count("ReleaseError") >= 2)
    assert "model.tflite" in node.read_log()
    assert not pacs.kept
    shutil.copytree(BRIGHTNESS, release, dirs_exist_ok=True)
    wait_for(lambda: len(pacs.kept) == 2)


def read_troubles(node: Node) -> list[dict]:
    return list(json.loads(node.read_page())["troubles"])


def test_a_node_does_not_start_with_a_configuration_that_was_added_to(node):
    with node.configuration.open("a", encoding="utf-8") as file:
        file.write("upload: http://192.0.2.1/\n")
    status, said = serve(node)
    assert status == FAILED
    assert "upload" in said
    assert "Traceback" not in said


def test_identifiers_that_are_paths_write_nothing_outside_the_folder(node, pacs, tmp_path):
    node.start()
    images = [make_image(tmp_path, **{keyword: "../../../written"}) for keyword in INSTANCES]
    good = make_image(tmp_path)
    before = list_files(tmp_path)
    assert [send(node.port, image) != [0] for image in images] == [True, True, True]
    assert send(node.port, good) == [0]
    wait_for(lambda: len(pacs.kept) == 2)
    assert list_files(tmp_path) == before
    assert not [each for parent in list(tmp_path.parents)[:3] for each in parent.glob("*written*")]


def list_files(folder: Path) -> set[Path]:
    """The files of a folder, those that the node holds excepted."""
    return {each for each in folder.rglob("*") if "held" not in each.relative_to(folder).parts}
