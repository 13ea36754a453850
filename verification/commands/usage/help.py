"""`clearway help` and `clearway --help`: which commands there are, by who uses them, and what one of them does."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points

from verification.commands.console import GOOD, USAGE, complain, print_lines
from verification.commands.usage.offers import GROUP, find_parser, find_seconds

EVERYONE = "everyone"
FOR = re.compile(r"^ *For: (.+)$", re.MULTILINE)
"""The line of a command's docstring that says whose it is: a role of `clearway status`, or everyone's."""
WIDTH = 15


def explain(argv: list[str]) -> int:
    """List the commands by who uses them; or explain the one that is named.

    For: everyone
    """
    parser = argparse.ArgumentParser(
        prog="clearway help",
        description=(explain.__doc__ or "").partition("\n")[0],
        epilog="example: clearway help trace impact",
    )
    parser.add_argument("command", nargs="*", help="a command, of one word or two (default: all are listed)")
    words = parser.parse_args(argv).command
    points = {point.name: point for point in entry_points(group=GROUP)}
    if not words:
        print_lines(_list(points))
        return GOOD
    name, rest = (" ".join(words[:2]), words[2:]) if " ".join(words[:2]) in points else (words[0], words[1:])
    if name not in points:
        near = get_close_matches(name, sorted(points), 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`clearway help` lists them"
        complain(f"clearway help: unknown command {name!r}; {hint}")
        return USAGE
    status: int = points[name].load()([*rest, "--help"])
    return status


@dataclass(frozen=True, slots=True)
class _Told:
    """What the list says of a command: whose it is, what it does, its second words."""

    role: str
    does: str
    seconds: tuple[str, ...] = ()


def _list(points: Mapping[str, EntryPoint]) -> Iterator[str]:
    """Yield the commands of each role; one of two words stands with the first word's, unless it is another role's."""
    from verification.evidence import ROLES

    told = {name: _read(name, points) for name in sorted(points)}
    apart = [name for name in told if told[name].role != getattr(told.get(name.partition(" ")[0]), "role", "")]
    shown = [name for name in told if " " not in name or name in apart]
    yield "usage: clearway COMMAND ..."
    for role in dict.fromkeys((*ROLES, EVERYONE, *(each.role for each in told.values()))):
        own = [name for name in shown if told[name].role == role]
        yield from ("", f"{role}:") if own else ()
        for name in own:
            yield f"  {name:{WIDTH}}{told[name].does}"
            yield from (f"  {'':{WIDTH}}  {', '.join(told[name].seconds)}",) if told[name].seconds else ()
    yield from ("", "`clearway COMMAND --help` explains a command and gives an example.")


def _read(name: str, points: Mapping[str, EntryPoint]) -> _Told:
    try:
        command = points[name].load()
        seconds = find_seconds(name, find_parser(command), points)
    except ImportError as error:
        return _Told("not available here", str(error))
    said = command.__doc__ or ""
    role = FOR.search(said)
    return _Told(role[1] if role else EVERYONE, said.partition("\n")[0], tuple(seconds))
