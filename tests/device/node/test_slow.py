"""Peers that hold on: bytes now and then, connections that say nothing, and what they cost the others."""

import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.device.node.bench import Node, Pacs, Relay, find_processes, make_image, run_beside, send, wait_for

pytestmark = pytest.mark.slow
ASKING, CONNECTIONS = 600, 20


@pytest.fixture
def make_node(tmp_path: Path, pacs: Pacs) -> Iterator:
    made = []

    def make(**limits: float) -> Node:
        made.append(Node(tmp_path, pacs, limits=limits))
        made[-1].start()
        return made[-1]

    yield make
    for node in made:
        node.stop()


def drip(port: int, seconds: float) -> socket.socket:
    """A connection that says one byte of a request for an association every third of a second."""
    connection = socket.create_connection(("127.0.0.1", port))

    def go_on() -> None:
        ends = time.monotonic() + seconds
        try:
            for byte in b"\x01\x00\x00\x00\x00\xff" + bytes(1000):
                connection.sendall(bytes([byte]))
                time.sleep(0.3)
                if time.monotonic() > ends:
                    return
        except OSError:
            return

    run_beside(go_on)
    return connection


def test_bytes_now_and_then_do_not_hold_a_place(make_node, pacs, tmp_path):
    node = make_node(idle_seconds=2.0, associations=1, connections=5)
    connections = [drip(node.port, 60) for _ in range(4)]
    wait_for(lambda: node.read_log().count("a PDU: found") >= 4)
    assert send(node.port, make_image(tmp_path)) == [0]
    for connection in connections:
        connection.close()


def test_an_object_that_comes_too_slowly_ends_its_association(make_node, pacs, tmp_path):
    node = make_node(object_seconds=1.0)
    image = make_image(tmp_path)
    assert send(Relay(node.port, most=10**9, pause=0.02).port, image) == [None]
    wait_for(lambda: "an object that was not whole after 1 s" in node.read_log())
    assert send(node.port, image) == [0]
    wait_for(lambda: len(pacs.kept) == 2)


def test_hundreds_of_connections_that_say_nothing_cost_no_more_than_the_limit(make_node, pacs, tmp_path):
    node = make_node(idle_seconds=2.0, connections=CONNECTIONS)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, ASKING + 500), most))
    receiver = find_processes(node)[1]
    files, memory = count_files(receiver), count_memory(receiver)
    asking = []
    for _ in range(ASKING):
        connection = socket.socket()
        connection.settimeout(5)
        connection.connect(("127.0.0.1", node.port))
        asking.append(connection)
    assert count_files(receiver) <= files + CONNECTIONS + 70  # and those that the system holds for it
    assert count_memory(receiver) < memory + 4 * CONNECTIONS  # an association holds what it may be asked for
    wait_for(lambda: send(node.port, make_image(tmp_path)) == [0], 60)
    wait_for(lambda: len(pacs.kept) >= 2)
    for connection in asking:
        connection.close()
    assert find_processes(node)[1] == receiver


def count_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def count_memory(pid: int) -> float:
    """MB that a process holds."""
    return int(Path(f"/proc/{pid}/status").read_text("ascii").partition("VmRSS:")[2].split()[0]) / 1000
