"""What hangs on a gap is that gap; and nothing where something must be is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from verification.evidence import Gap

T = TypeVar("T")
U = TypeVar("U")


def bind(value: T | Gap, function: Callable[[T], U]) -> U | Gap:
    """Apply `function` to evidence; what hangs on a gap is that gap."""
    return value if isinstance(value, Gap) else function(value)


def some(values: tuple[T, ...], reason: str) -> tuple[T, ...] | Gap:
    """The values; where there are none, a gap for this reason."""
    return values or Gap(reason=reason, closes="see why the command that makes it found none")
