"""What commands offer: second words and options, as their own parsers have them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn, TypeAlias

Command: TypeAlias = Callable[[list[str]], int]
GROUP = "clearway.commands"
"""The entry points by which every room registers its commands."""


class _FoundError(Exception):
    """A command has come to where it reads its arguments; `parser` is what would read them."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self.parser = parser


def find_parser(command: Command) -> argparse.ArgumentParser | None:
    """The parser of a command, taken where it would read the arguments; nothing of the command runs after that.

    Returns:
        None if it reads its arguments otherwise.
    """
    with _stopped():
        try:
            command([])
        except _FoundError as found:
            return found.parser
    return None


@contextmanager
def _stopped() -> Iterator[None]:
    """Have each parser hand itself over in the place of parsing."""

    def stop(parser: argparse.ArgumentParser, *_: Any, **__: Any) -> NoReturn:
        raise _FoundError(parser)

    kind: Any = argparse.ArgumentParser
    parse = kind.parse_known_args
    kind.parse_known_args = stop
    try:
        yield
    finally:
        kind.parse_known_args = parse


def find_seconds(name: str, parser: argparse.ArgumentParser | None, names: Mapping[str, object]) -> list[str]:
    """The second words of a command: those that are commands of their own, and those that its parser knows."""
    own = _choices(parser) if parser else []
    return [*own, *(each.partition(" ")[2] for each in names if each.startswith(f"{name} "))]


def find_offers(commands: Mapping[str, Command]) -> dict[str, list[str]]:
    """What may follow each command, and each with a second word: second words and options."""
    offers: dict[str, list[str]] = {}
    for name, command in commands.items():
        parser = find_parser(command)
        offers[name] = find_seconds(name, parser, commands) + (_options(parser) if parser else [])
        for second, inner in _subparsers(parser).items() if parser else ():
            offers[f"{name} {second}"] = _choices(inner) + _options(inner)
    return offers


def _choices(parser: argparse.ArgumentParser) -> list[str]:
    positional = (action for action in parser._actions if not action.option_strings)
    return [str(choice) for action in positional for choice in action.choices or ()]


def _options(parser: argparse.ArgumentParser) -> list[str]:
    return [option for action in parser._actions for option in action.option_strings if option.startswith("--")]


def _subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    held = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return {name: inner for action in held for name, inner in action.choices.items()}
