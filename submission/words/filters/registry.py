"""How a function becomes a filter: it is registered by its name, and what is absent passes through it unchanged."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from jinja2 import Undefined

from verification.evidence import Gap, NotApplicable

F = TypeVar("F", bound=Callable[..., Any])

FILTERS: dict[str, Callable[..., Any]] = {}
"""Every filter that a template may use, by name."""

ABSENT = (Gap, NotApplicable)
"""What stands where evidence would: what is missing, and what does not apply."""


def total(function: F) -> F:
    """Register a filter and make it total: a gap, or what does not apply, comes out as it went in, as any argument."""

    @wraps(function)
    def passing(value: object, *arguments: object, **options: object) -> object:
        absent = next((each for each in (value, *arguments) if isinstance(each, (*ABSENT, Undefined))), None)
        return function(value, *arguments, **options) if absent is None else absent

    if function.__name__ in FILTERS:
        raise ValueError(f"two filters are named {function.__name__!r}; a template could not tell which it calls")
    FILTERS[function.__name__] = passing
    return passing  # type: ignore[return-value]
