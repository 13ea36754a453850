"""Evidence changed, and nothing else: numbers, texts, scores, files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any

from submission.audit.attacks.forgery import Attack, Forgery, is_number, other_digit


def change_number(forgery: Forgery) -> str | None:
    """Another number in the evidence."""
    return _change_leaf(forgery, is_number, lambda value: value + 1 if isinstance(value, int) else value * 0.9 + 0.01)


def change_text(forgery: Forgery) -> str | None:
    """Another digit in a text of the evidence: an id, a date, a digest."""
    return _change_leaf(forgery, lambda v: isinstance(v, str) and bool(re.search(r"\d", v)), other_digit)


def _change_leaf(forgery: Forgery, kind: Callable[[Any], bool], change: Callable[[Any], Any]) -> str | None:
    name = forgery.evidence()
    value = forgery.read(name)
    leaves = list(_leaves(value, kind))
    if not leaves:
        return None
    holder, key = forgery.dice.choice(leaves)
    before = holder[key]
    holder[key] = change(before)
    forgery.write(name, value)
    forgery.sign()
    return f"{name}: {str(before)[:40]!r} at {key!r} is {str(holder[key])[:40]!r}"


def _leaves(value: Any, kind: Callable[[Any], bool]) -> Iterator[tuple[Any, Any]]:
    """Yield the container and the key of each leaf of a kind."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        if kind(one):
            yield value, key
        else:
            yield from _leaves(one, kind)


def remove_evidence(forgery: Forgery) -> str | None:
    """A file of evidence left out, and out of the manifest."""
    manifest = forgery.manifest()
    name = forgery.dice.choice(sorted(manifest["evidence"]))
    (forgery.folder / name).unlink()
    del manifest["evidence"][name]
    forgery.sign(manifest)
    return f"{name} left out"


def age_evidence(forgery: Forgery) -> str | None:
    """Evidence of another commit in the place of a file."""
    name = forgery.evidence()
    value = forgery.read(name)
    if not isinstance(value, dict) or "source" not in value:
        return None
    value["source"]["commit"] = hashlib.sha1(value["source"]["commit"].encode(), usedforsecurity=False).hexdigest()
    forgery.write(name, value)
    forgery.sign()
    return f"{name}: of another commit"


def change_score(forgery: Forgery) -> str | None:
    """Another score of an image."""
    names = sorted(name for name in forgery.manifest()["evidence"] if name.endswith(".csv"))
    if not names:
        return None
    name = forgery.dice.choice(names)
    lines = (forgery.folder / name).read_text().splitlines()
    at = forgery.dice.randrange(1, len(lines))
    cells = lines[at].split(",")
    cells[3] = repr(1 - float(cells[3])) if cells[3] else "0.5"
    lines[at] = ",".join(cells)
    (forgery.folder / name).write_text("\n".join(lines) + "\n")
    forgery.sign()
    return f"{name}, line {at + 1}: another score"


EVIDENCE: dict[str, Attack] = {
    "a number in the evidence": change_number,
    "a digit in a text of the evidence": change_text,
    "a file of evidence left out": remove_evidence,
    "evidence of another commit": age_evidence,
    "a score of an image": change_score,
}
"""Attacks on the evidence alone."""
