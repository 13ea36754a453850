"""Progress: a line that changes on a terminal, a line now and then elsewhere, and nothing that stays behind."""

import io
import sys
import time

import pytest

from verification.commands.console import Progress


class Terminal(io.StringIO):
    """A stream that says whether it is a terminal."""

    def __init__(self, is_one: bool) -> None:
        super().__init__()
        self.is_one = is_one

    def isatty(self) -> bool:
        return self.is_one


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only when a test says so."""
    seconds = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: seconds[0])
    return seconds


def say(stream, monkeypatch, clock, steps):
    monkeypatch.setattr(sys, "stderr", stream)
    progress = Progress("things")
    for second, done in steps:
        clock[0] = second
        progress(done, 100)
    return stream.getvalue()


def test_a_terminal_shows_every_step_and_is_wiped_at_the_end(monkeypatch, clock):
    said = say(Terminal(True), monkeypatch, clock, [(0, 0), (10, 10), (20, 100)])
    assert said.split("\r\033[K")[1:] == ["0 of 100 things, 0:00 left", "10 of 100 things, 1:30 left", ""]


def test_elsewhere_a_line_is_said_now_and_then(monkeypatch, clock):
    steps = [(second, second // 2) for second in range(0, 70, 5)]
    said = say(Terminal(False), monkeypatch, clock, steps)
    assert said.splitlines() == [
        "10 of 100 things, 3:00 left",
        "20 of 100 things, 2:40 left",
        "30 of 100 things, 2:20 left",
    ]


def test_what_is_done_at_once_says_nothing(monkeypatch, clock):
    assert say(Terminal(False), monkeypatch, clock, [(0, 0), (1, 50), (2, 100)]) == ""
