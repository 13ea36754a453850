"""A build says how far it is: in one line on a terminal, else now and then in plain lines, never too many."""

import time
from io import StringIO

import pytest

from submission.package.progress import Progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def hours(monkeypatch):
    """A clock that a test turns."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def told(stream, hours, steps):
    tell = Progress(stream)
    for seconds, share in steps:
        hours[0] = seconds
        tell(f"at {seconds}", share)
    return stream.getvalue()


def test_a_file_gets_the_beginning_and_a_plain_line_now_and_then(hours):
    steps = [(0, 0), *((second, second / 100) for second in range(1, 101))]
    assert told(StringIO(), hours, steps).splitlines() == [
        "[  0%] at 0",
        "[ 20%] at 20; about 80 s left",
        "[ 40%] at 40; about 60 s left",
        "[ 60%] at 60; about 40 s left",
        "[ 80%] at 80; about 20 s left",
        "[100%] at 100",
    ]


def test_a_terminal_gets_one_line_that_is_gone_at_the_end(hours):
    said = told(Terminal(), hours, [(0, 0), (300, 0.25), (1200, 1)])
    assert "\n" not in said
    assert said.split("\r\033[K")[1:] == ["[  0%] at 0", "[ 25%] at 300; about 15 min left", ""]
