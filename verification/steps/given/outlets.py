"""Given: who takes what a node says beside its results. When: the node sends it."""

from __future__ import annotations

import socket
import time
from contextlib import nullcontext

from pytest_bdd import given, parsers, when

from verification.steps.bench import Bench
from verification.steps.certificates import Party
from verification.steps.node import LONGEST_WAIT_SECONDS


@given("a receiver of messages")
def receiver(bench: Bench) -> None:
    """The node's configuration names a receiver of HL7 messages on the loopback interface."""
    bench.node.open_messages()


@given(parsers.parse("the receiver first answers {codes}"))
def answers(bench: Bench, codes: str) -> None:
    """The codes of its first acknowledgments, AA after them."""
    bench.node.receiver.codes = codes.split(" and ")


@given("the receiver hangs up once before it answers")
def silent(bench: Bench) -> None:
    """It keeps the first message, and ends the connection without an acknowledgment."""
    heard = bench.node.receiver.heard

    def say(connection: socket.socket, answer: bytes) -> None:
        if len(heard) == 1:
            raise ConnectionAbortedError
        connection.sendall(answer)

    bench.node.receiver.say = say


@given("a collector of audit messages")
def collector(bench: Bench) -> None:
    """The node's configuration names a collector on the loopback interface; both have certificates of one authority."""
    bench.node.open_audit()


@given(parsers.parse("the collector breaks off {count:d} times"))
def resets(bench: Bench, count: int) -> None:
    """It resets the connection after the first message that it reads."""
    bench.node.collector.resets = count


@given("the collector has a certificate of another authority")
def other(bench: Bench) -> None:
    """It is not who the node was configured to tell."""
    bench.node.collector.tls = Party(bench.folder / "other").make_server_context()


@when(parsers.re(r"the node tells the collector(?P<away> while nobody collects)?$"))
def tell(bench: Bench, away: str | None) -> None:
    """Tell once what is new, as a process does that was just started."""
    with nullcontext() if away else bench.node.collector.listening():
        bench.node.run_outlets()


@when(parsers.re(r"the node sends its messages(?P<away> while the receiver is away)?$"))
def send(bench: Bench, away: str | None) -> None:
    """Send once what is due, as a process does that was just started."""
    time.sleep(LONGEST_WAIT_SECONDS)  # what failed is due again
    with nullcontext() if away else bench.node.receiver.listening():
        bench.node.run_outlets()
