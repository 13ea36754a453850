"""What the node does when the ground gives way: a disk that takes nothing, a network that is cut."""

import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.uid import generate_uid

from device.node import serving
from device.node.configuration import read_configuration, read_named_release
from device.node.store import Store
from tests.device.node.bench import Node, Pacs, Relay, fill, find_processes, make_image, send, wait_for
from tests.device.node.test_node import tell

pytestmark = pytest.mark.slow


@pytest.fixture
def node(tmp_path: Path, pacs: Pacs) -> Iterator[Node]:
    one = Node(tmp_path, pacs)
    one.start()
    yield one
    one.stop()


def test_a_full_disk_is_said_to_the_sender_and_costs_no_process_and_nothing_acknowledged(node, pacs, tmp_path):
    image, processes = make_image(tmp_path), find_processes(node)
    give_room = fill(processes)
    assert send(node.port, image) == [0xA700]
    give_room()
    assert find_processes(node) == processes
    assert send(node.port, image) == [0]
    wait_for(lambda: len(pacs.kept) == 2)


def test_an_object_that_could_not_be_kept_is_judged_when_there_is_room_and_has_not_failed(node, pacs, tmp_path):
    receiver = find_processes(node)[1]
    give_room = fill([pid for pid in find_processes(node) if pid != receiver])
    studies = [generate_uid() for _ in range(3)]
    assert [send(node.port, make_image(tmp_path, study)) for study in studies] == [[0]] * 3
    time.sleep(4)
    assert not pacs.kept
    give_room()
    wait_for(lambda: len(pacs.kept) == 6)
    assert [tell(report)[0] for study in studies for report in pacs.find_reports(study)] == [("study", "FLAGGED")] * 3


def test_a_result_that_arrived_while_the_disk_was_full_is_sent_once_more_as_the_same(node, pacs, tmp_path):
    deliverer = find_processes(node)[-1]
    give_room = fill([deliverer])
    assert send(node.port, make_image(tmp_path)) == [0]
    wait_for(lambda: len(pacs.kept) == 1)
    give_room()
    wait_for(lambda: node.read_log().count(" delivered ") == 2)
    assert len(pacs.kept) == 2
    assert "process ended" not in node.read_log()


def test_a_clock_that_is_set_back_makes_no_wait_of_an_idle_node_longer(node):
    """A wait until a time of day would; the call that a thread is in tells (futex(2), FUTEX_CLOCK_REALTIME)."""
    futex = {"x86_64": "202", "aarch64": "98"}[platform.machine()]
    calls = []
    for _ in range(20):
        for pid in find_processes(node):
            calls += [(thread / "syscall").read_text("ascii").split() for thread in Path(f"/proc/{pid}/task").iterdir()]
        time.sleep(0.05)
    waits = [call for call in calls if call[0] == futex and int(call[4], 16)]
    assert len(calls) > 100
    assert not [call for call in waits if int(call[2], 16) & 0x100]


def test_a_clock_that_is_set_is_told_of_once(tmp_path, pacs, monkeypatch):
    """In this process, whose clock can be another: that of the computer is not ours to set."""
    node = Node(tmp_path, pacs)
    configuration = read_configuration(node.configuration)
    store = Store(configuration)
    watching = serving._Node(configuration, store, read_named_release(configuration))
    exact = time.time
    for seconds in (0.0, 0.0, -3600.0, -3600.0, 7200.0, 7200.0):
        monkeypatch.setattr(time, "time", lambda off=seconds: exact() + off)
        watching._watch_clock()
    monkeypatch.undo()
    assert [line["seconds"] for line in store.events.read() if line["what"] == "clock set"] == [-3600.0, 10800.0]
    store.close()


def test_the_names_of_the_folders_that_a_first_start_makes_are_flushed_to_disk(tmp_path, pacs, monkeypatch):
    """A power cut may otherwise take the folder itself, with all that was flushed below it."""
    flushed, flush = [], os.fsync

    def note(handle: int) -> None:
        flushed.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        flush(handle)

    monkeypatch.setattr(os, "fsync", note)
    Store(read_configuration(Node(tmp_path, pacs, held="a/b/held").configuration)).close()
    made = [tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "held"]
    assert {str(each) for each in (tmp_path, *made)} <= set(flushed)


def test_a_transfer_that_is_cut_leaves_nothing_and_the_same_object_can_be_sent_again(node, pacs, tmp_path):
    image = make_image(tmp_path)
    relay = Relay(node.port, most=200_000)
    assert send(relay.port, image) == [None]
    wait_for(lambda: "association broken off" in node.read_log())
    assert not list((node.folder / "held" / "incoming").iterdir())
    assert send(node.port, image) == [0]
    wait_for(lambda: len(pacs.kept) == 2)
    assert len(pacs.reports) == 1
