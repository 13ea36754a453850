"""What a figure may be printed as: the rules of the ledger, in arithmetic of the audit's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

SQUEEZED = re.compile(r"[\s\u00ad\u200b\u2060•`]")
BROKEN = re.compile(r"[\x02\ufffe]")
"""How a reader of PDFs tells a hyphen at the end of a line."""


def squeeze(text: str) -> str:
    """A text without white space, bullets and marks of code: a line may break anywhere, a word may not."""
    return SQUEEZED.sub("", BROKEN.sub("-", text))


def is_printed(text: str, value: Any, rule: str, pointer: str = "") -> bool | None:
    """Whether a value may be printed as this text by this rule; None if there is no such rule."""
    name, _, parameter = rule.partition(" ")
    if not squeeze(text):
        return False
    if name in IN_WORDS:
        printed = squeeze(text)
        return isinstance(value, str) and any(IN_WORDS[name](printed, squeeze(each)) for each in (value, signed(value)))
    if name == "name":  # a key of a mapping: the last step of its place, which has been seen to be there
        return squeeze(text) == squeeze(bare(pointer.rpartition("/")[2]))
    if name in ("first", "shortened"):
        return _is_cut(text, value, name, int(parameter))
    if name in IN_FIGURES:
        return _is_figure(text, value, IN_FIGURES[name], int(parameter or 0), name)
    return None


def signed(text: str) -> str:
    """A text in which a hyphen that begins a number is the minus that it means; so it may be printed."""
    return re.sub(r"(?:(?<=[\s(])|^)-(?=\d)", "−", text)


def bare(name: str) -> str:
    """A step of a pointer as the name that it stands for (RFC 6901, and our own signs)."""
    return name.replace("~3", "[").replace("~2", "?").replace("~1", "/").replace("~0", "~")


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


IN_WORDS: dict[str, Callable[[str, str], bool]] = {
    "text": lambda text, value: text == value,
    "part": lambda text, value: text in value,
    "form": lambda text, value: _digits(text) == _digits(value),
    "spelled": lambda text, value: re.sub(r"\[U\+([0-9A-F]+)\]", lambda m: chr(int(m[1], 16)), text) == value,
}
"""Rules that print words."""

IN_FIGURES: dict[str, Decimal | int] = {
    "count": 1,
    "plain": 1,
    "decimal": 1,
    "percent": 100,
    "millions": Decimal("0.000001"),
    "general": 1,
    "scientific": 1,
}
"""Rules that print figures, and what the value is multiplied by."""


def _is_cut(text: str, value: Any, name: str, length: int) -> bool:
    if not isinstance(value, str):
        return False
    wanted = value[:length] if name == "first" else f"{value[:length]}…{value[-length:]}"
    return squeeze(text) == squeeze(wanted)


def _is_figure(text: str, value: Any, factor: Decimal | int, digits: int, name: str) -> bool:
    """Whether a text is the value rounded: no further from it than half a unit of its last place."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    plain = squeeze(text).replace("−", "-")
    if name != "plain":
        if not re.fullmatch(r"-?\d{1,3}(,\d{3})*(\.\d+)?(e[-+]\d+)?|-?\d+(\.\d+)?(e[-+]\d+)?", plain):
            return False
        plain = plain.replace(",", "")
    try:
        shown, exact = Decimal(plain), Decimal(value) * factor
    except InvalidOperation:
        return False
    if name in ("general", "scientific"):
        places = digits - 1 if name == "general" else digits
        unit = Decimal(1).scaleb((exact.adjusted() if exact else 0) - places)
    else:
        if name in ("decimal", "percent", "millions") and -shown.as_tuple().exponent != digits:  # type: ignore[operator]
            return False
        unit = Decimal(1).scaleb(-digits)
    return abs(shown - exact) <= unit / 2 + Decimal("1e-9") * abs(exact)
