"""Connections that were turned away are told of in few lines, however many they are and from however many addresses."""

from device.node.services import NO_HOST, TOO_MANY_CONNECTIONS, TOO_MANY_OF_HOST
from device.node.turned import MOST_STRANGERS, STRANGERS_SECONDS, TELLING_SECONDS, Told, Turned


def add(turned: Turned, number: int, host: str, refusal=NO_HOST) -> None:
    for _ in range(number):
        turned.add(host, refusal)


def test_the_first_stranger_is_told_of_at_once_and_those_after_it_once_a_minute():
    turned, lines = Turned(), list[Told]()
    for second in range(3600):
        add(turned, 10, f"10.0.{second // 250}.{second % 250}")
        lines += turned.take(second)
    assert lines[0] == Told("10.0.0.0", NO_HOST, 10, 1)
    assert len(lines) == 3600 / STRANGERS_SECONDS
    lines += turned.take(3600, all_of_them=True)
    assert sum(line.times for line in lines) == 36_000


def test_of_strangers_the_busiest_is_named_and_no_more_addresses_are_kept_than_may_be():
    turned = Turned()
    for each in range(5 * MOST_STRANGERS):
        add(turned, 1 + (each == 7), f"fd00::{each}")
    assert list(turned.take(0)) == [Told("fd00::7", NO_HOST, 5 * MOST_STRANGERS + 1, MOST_STRANGERS)]
    assert list(turned.take(STRANGERS_SECONDS)) == []


def test_strangers_do_not_keep_back_what_is_told_of_peers():
    turned = Turned()
    add(turned, 3, "10.0.0.1", TOO_MANY_OF_HOST)
    add(turned, 2, "10.0.0.1", TOO_MANY_CONNECTIONS)
    assert list(turned.take(0)) == [
        Told("10.0.0.1", TOO_MANY_OF_HOST, 3), Told("10.0.0.1", TOO_MANY_CONNECTIONS, 2)
    ]  # fmt: skip
    add(turned, 1, "10.0.0.9")
    add(turned, 4, "10.0.0.1", TOO_MANY_OF_HOST)
    assert [line.refusal for line in turned.take(TELLING_SECONDS / 2)] == [NO_HOST]
    add(turned, 1, "10.0.0.9")
    assert list(turned.take(TELLING_SECONDS)) == [Told("10.0.0.1", TOO_MANY_OF_HOST, 4)]
