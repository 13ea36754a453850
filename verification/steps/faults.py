"""What a command may meet: each function is one, and meets it. They are installed as commands by a step."""

from __future__ import annotations

from typing import NoReturn


def a_fault(_argv: list[str]) -> NoReturn:
    """A fault that nobody foresaw."""
    raise RuntimeError("a  fault")


def an_interruption(_argv: list[str]) -> NoReturn:
    """The user's Ctrl-C."""
    raise KeyboardInterrupt


def a_missing_library(_argv: list[str]) -> NoReturn:
    """A library that an extra would install."""
    raise ModuleNotFoundError("not installed", name="no_such_library.part")


def a_missing_module_of_its_own(_argv: list[str]) -> NoReturn:
    """A fault of the product, not of the installation."""
    raise ModuleNotFoundError("no device.module", name="device.module")


def a_nameless_missing_module(_argv: list[str]) -> NoReturn:
    """What nobody can install."""
    raise ModuleNotFoundError("no name")


def an_exit_with_a_text(_argv: list[str]) -> NoReturn:
    """How argparse ends a program, but with a text for a status."""
    raise SystemExit("a text")
