"""What an unknown id may have meant."""

from __future__ import annotations

import string
from collections.abc import Collection, Iterator
from difflib import get_close_matches

_LETTERS = string.digits + string.ascii_letters + "-_./"
_COMPARED = 1000
"""With so many ids a name is compared letter by letter; with more, a hint is found for slips of one letter alone."""


def near(name: str, known: Collection[str]) -> str:
    """A hint: what an unknown id may have meant.

    Args:
        name: the unknown id.
        known: the ids that there are; a set or a mapping, for it is asked whether it holds each slip of one letter.
    """
    close = [each for each in dict.fromkeys(_find_slips(name)) if each in known][:3]
    if not close and len(known) <= _COMPARED:
        close = get_close_matches(name, known, 3)
    return f"did you mean {' or '.join(close)}?" if close else "see `clearway trace` for the ids that exist"


def _find_slips(name: str) -> Iterator[str]:
    """Yield what a name may have been before it was mistyped: another case, two letters swapped, one wrong."""
    yield from (name.upper(), name.lower())
    cuts = [(name[:n], name[n:]) for n in range(len(name) + 1)]
    yield from (front + back[1] + back[0] + back[2:] for front, back in cuts if len(back) > 1)
    yield from (front + letter + back[1:] for front, back in cuts if back for letter in _LETTERS)
    yield from (front + letter + back for front, back in cuts for letter in _LETTERS)
    yield from (front + back[1:] for front, back in cuts if back)
