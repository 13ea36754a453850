"""What the node says, and whether it goes on, when one of its processes cannot start again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.device.conftest import BRIGHTNESS
from tests.device.node.bench import Node, Pacs, find_processes, make_image, send, wait_for
from tests.device.node.test_attacks import WORKER, change_a_byte

pytestmark = pytest.mark.slow


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BRIGHTNESS, tmp_path / "release"))


@pytest.fixture
def node(tmp_path: Path, pacs: Pacs, release: Path) -> Iterator[Node]:
    one = Node(tmp_path, pacs, release=str(release), workers=1)
    one.start()
    yield one
    one.stop()


def read_unwell(node: Node) -> list[str]:
    """What is not well with a node."""
    return list(json.loads(node.read_page())["unwell"])


def test_a_node_whose_workers_cannot_start_is_unwell_though_nothing_waits(node, release):
    wait_for(lambda: not read_unwell(node))
    change_a_byte(release)
    os.kill(find_processes(node)[WORKER], signal.SIGKILL)
    assert wait_for(lambda: read_unwell(node)) == ["worker 1 does not run"]
    wait_for(lambda: "ReleaseError" in node.read_log())
    assert read_unwell(node) == ["worker 1 does not run"]
    shutil.copytree(BRIGHTNESS, release, dirs_exist_ok=True)
    wait_for(lambda: not read_unwell(node))


def test_an_object_that_ended_its_workers_does_not_end_the_node_whose_release_was_changed(
    node, pacs, release, tmp_path
):
    worker, image = find_processes(node)[WORKER], make_image(tmp_path)
    os.kill(worker, signal.SIGSTOP)
    assert send(node.port, image) == [0]
    with sqlite3.connect(node.folder / "held" / "node.db") as database:
        database.execute("UPDATE object SET claimed_by = 1, attempts = 2")
    change_a_byte(release)
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: "process ended" in node.read_log())
    shutil.copytree(BRIGHTNESS, release, dirs_exist_ok=True)
    (report,) = wait_for(lambda: pacs.reports)
    assert "not analyzed" in report.SeriesDescription
    assert node.process.poll() is None
