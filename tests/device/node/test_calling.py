"""An association that the node opens: its own thread takes no answer that a sender waits for."""

import threading
import time

import pytest

from device.node.calling import Checkpoint, associate
from device.node.services import DELIVER
from tests.device.node.bench import PACS, Pacs
from verification.steps.radiographs import radiograph


class Turning(threading.Thread):
    """A thread that waits at each turn, as that of an association does, and is slow to go on."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.checkpoint, self.turns, self.ends = Checkpoint(self), 0, False

    def run(self) -> None:
        while not self.ends:
            self.checkpoint.wait()
            time.sleep(0.02)
            self.turns += 1


@pytest.fixture
def turning():
    thread = Turning()
    thread.start()
    yield thread
    thread.ends = True
    thread.checkpoint.set()
    thread.join()


def test_a_thread_that_is_held_takes_no_turn(turning):
    taken = []
    for _ in range(5):
        turning.checkpoint.clear()
        before = turning.turns
        time.sleep(0.05)
        taken.append(turning.turns - before)
        turning.checkpoint.set()
        time.sleep(0.05)
    assert taken == [0] * 5
    assert turning.turns >= 5


def test_one_that_has_ended_is_not_waited_for(turning):
    turning.ends = True
    turning.join()
    turning.checkpoint.clear()
    assert not turning.is_alive()


def test_the_thread_of_an_association_is_held_so_while_results_are_sent(pacs: Pacs):
    association = associate(DELIVER, "CLEARWAY", PACS, ("127.0.0.1", pacs.port), None)
    checkpoint, held = association._reactor_checkpoint, []
    clear = checkpoint.clear

    def note() -> None:
        clear()
        held.append(checkpoint._held)

    checkpoint.clear = note
    image = radiograph()
    image.SOPClassUID = DELIVER.sop_classes[0]
    statuses = [association.send_c_store(image).Status for _ in range(10)]
    association.release()
    assert statuses == [0] * 10
    assert held == [True] * 11
