"""Runs the command that is asked for, out of the device's own and those of every installed room; ends with a status."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

Command: TypeAlias = Callable[[list[str]], int]

PASSED, ISSUE, USAGE, REFUSED, FAILED = range(5)
WORD = re.compile(r"[a-z]+(-[a-z]+)*")
ENTRY_POINTS = "clearway.commands"
"""The group in which every room registers its commands."""


def run(program: str, argv: list[str], commands: Mapping[str, Command]) -> int:
    """Run the command that `argv` names out of `commands`.

    Implements: SRS-035
    """
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name can hold bytes that are no text
    name, rest = _choose(argv, commands)
    try:
        if name in ("", "-h", "--help", "help"):
            status = _help(program, rest if name == "help" else [], commands)
            return status if name else USAGE
        if name == "--version":
            return _print_version()
        if name not in commands:
            near = _find_near(name, {each.split()[0] for each in commands})
            print(f"{program}: unknown command {name!r}; {near or f'`{program} --help` lists them'}", file=sys.stderr)
            return USAGE
        status, cause = commands[name](rest), None
        sys.stdout.flush()
    except SystemExit as stop:  # argparse: 0 after --help, 2 after an error, whose cause it leaves behind
        status, cause = (stop.code if isinstance(stop.code, int) else USAGE), stop.__context__
    except (Exception, KeyboardInterrupt) as error:
        return _explain(error, program, name, commands)
    if status == USAGE:
        _suggest(program, name, rest, commands, cause)
    return status


def _choose(argv: list[str], commands: Mapping[str, Command]) -> tuple[str, list[str]]:
    """The command that is asked for, of two words if there is such a one, and what is left for it."""
    both = " ".join(argv[:2])
    return (both, argv[2:]) if both in commands else (argv[0] if argv else "", argv[1:])


CHOICES = re.compile(r"invalid choice: '(?P<found>.*?)' \(choose from (?P<known>.*)\)")
"""How argparse words that a word is none of those that it knows."""
NEAR = 0.7
"""How alike two words are, from 0 to 1, of which one may be meant by the other."""


def _suggest(program: str, name: str, rest: list[str], commands: Mapping[str, Command], cause: object) -> None:
    """Say on stderr what the word may have meant that a command did not know: a second word, or one of its choices."""
    refused = CHOICES.search(str(cause or ""))
    found = refused["found"] if refused else next(iter(rest), "")
    known = {each.partition(" ")[2] for each in commands if each.partition(" ")[0] == name} - {""}
    known |= set(re.findall(r"[\w.-]+", refused["known"])) if refused else set()
    if near := _find_near(found, known - {found}):
        print(f"{program} {name}: {near}", file=sys.stderr)


def _find_near(found: str, known: Iterable[str]) -> str:
    """A question for what a word may have meant; nothing where no other is like it."""
    from difflib import get_close_matches

    near = get_close_matches(found, sorted(known), 3, NEAR)
    return f"did you mean {' or '.join(near)}?" if near else ""


def _help(program: str, words: list[str], commands: Mapping[str, Command]) -> int:
    """Say which commands there are: in the words of the room that knows them all, or of each by itself."""
    try:
        tell = commands["help"]
    except (KeyError, ImportError):  # where the device is installed alone
        print(_summarise(program, commands))
        return PASSED
    return tell(words)


def _explain(error: BaseException, program: str, name: str, commands: Mapping[str, Command]) -> int:
    """A fault as one line on stderr, and its exit status.

    Implements: SRS-035
    """
    if os.environ.get("CLEARWAY_DEBUG") == "1":
        raise error
    if isinstance(error, BrokenPipeError):  # the reader has gone; nothing is left to say, also not at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return FAILED
    if isinstance(error, KeyboardInterrupt):
        print(f"{program} {name}: interrupted", file=sys.stderr)
        return 130
    if isinstance(error, ModuleNotFoundError) and error.name and error.name.split(".")[0] not in ROOMS:
        training = isinstance(commands, Commands) and commands.is_training(name)
        extra = "training" if training else "suite"
        hint = f"needs the extra [{extra}] ({error.name} is missing): pip install --require-hashes -r {extra}.lock"
        own = "; in a checkout it has an environment of its own: sh .ci/bootstrap training, then " + TRAINING + name
        print(f"{program} {name}: {hint}{own if training else ''}", file=sys.stderr)
        return USAGE
    text = " ".join(str(error).split())
    print(f"{program} {name}: {type(error).__name__}: {text} (CLEARWAY_DEBUG=1 shows where)", file=sys.stderr)
    return FAILED if name in ("gate", "analyze") else ISSUE


ROOMS = ("device", "verification", "submission")
TRAINING = ".tox/training/bin/clearway "
"""What runs training in a checkout."""


class Commands(Mapping[str, Command]):
    """The device's own commands and those that the installed rooms register; one is imported when it is asked for."""

    def __init__(self, own: Mapping[str, Command]) -> None:
        self._own = own

    @cached_property
    def _points(self) -> dict[str, EntryPoint]:
        """What is registered; looking through all that is installed takes longer than to gate an image."""
        from importlib.metadata import entry_points

        return {point.name: point for point in entry_points(group=ENTRY_POINTS)}

    def __getitem__(self, name: str) -> Command:
        command: Command = self._own[name] if name in self._own else self._points[name].load()
        return command

    def __contains__(self, name: object) -> bool:
        """What cannot be the second word of a command, as a file's name with its ending, is not looked up."""
        second = str(name).partition(" ")[2]
        if second and not WORD.fullmatch(second):
            return False
        return name in self._own or name in self._points

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from (name for name in self._points if name not in self._own)

    def __len__(self) -> int:
        return len(list(iter(self)))

    def is_training(self, name: str) -> bool:
        """Say whether a command belongs to training, whose extra is another."""
        return name in self._points and self._points[name].value.startswith("device.training")


def _summarise(program: str, commands: Mapping[str, Command]) -> str:
    """Every command with the first line of its docstring; one whose libraries are missing says so."""
    lines = [f"usage: {program} COMMAND ...", ""]
    groups = list(dict.fromkeys(name.split()[0] for name in commands))
    for name in sorted(commands, key=lambda each: (groups.index(each.split()[0]), each)):
        try:
            summary = (commands[name].__doc__ or "").strip().partition("\n")[0]
        except ImportError as error:
            summary = f"(not available: {error})"
        lines.append(f"  {name:<15}{summary}")
    return "\n".join([*lines, "", f"`{program} COMMAND --help` explains a command and gives an example."])


def _print_version() -> int:
    from device.release import read_software_version

    print(f"clearway {read_software_version()}")
    return PASSED
