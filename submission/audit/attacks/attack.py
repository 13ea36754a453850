"""Attacks tried one after the other, each on a copy of its own, and a count of those that were found."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from submission.audit.attacks.alike import ALIKE
from submission.audit.attacks.beside import BESIDE
from submission.audit.attacks.claimed import CLAIMED
from submission.audit.attacks.evidence import EVIDENCE
from submission.audit.attacks.files import FILES
from submission.audit.attacks.forgery import Forgery
from submission.audit.attacks.ledgers import LEDGERS
from submission.audit.attacks.looks import LOOKS
from submission.audit.attacks.pages import PAGES
from submission.audit.audit import find_in_package


@dataclass(frozen=True, slots=True)
class Tried:
    """One attack: its kind, what it did, and the first finding of the audit ("" if there was none)."""

    kind: str
    what: str
    found: str


ATTACKS = PAGES | LOOKS | BESIDE | EVIDENCE | ALIKE | CLAIMED | LEDGERS | FILES
"""Every kind of attack, by what it changes; they are tried in this order."""


def attack(folder: Path, times: int, seed: int) -> Iterator[Tried]:
    """Attack a package so many times, the kinds in turn; yield what became of each."""
    dice = random.Random(seed)  # noqa: S311  dice, not secrets
    kinds = list(ATTACKS)
    done = 0
    while done < times:
        kind = kinds[done % len(kinds)]
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch) / "package"
            shutil.copytree(folder, copy)
            what = next((said for said in (ATTACKS[kind](Forgery(copy, dice)) for _ in range(20)) if said), None)
            if what is not None:
                finding = next(find_in_package(copy), None)
                yield Tried(kind, what, finding.code if finding else "")
        done += 1


def tabulate(tried: list[Tried]) -> Iterator[str]:
    """Yield a line for each kind of attack: how many were found, and by what; then each that was not."""
    for kind in ATTACKS:
        of_kind = [one for one in tried if one.kind == kind]
        found = [one for one in of_kind if one.found]
        if of_kind:
            by = ", ".join(sorted({one.found for one in found}))
            yield f"{kind:50} {len(found):4} of {len(of_kind):4} found{f'  ({by})' if by else ''}"
        else:
            yield f"{kind:50} not tried"
    yield f"{'all':50} {sum(bool(one.found) for one in tried):4} of {len(tried):4} found"
    yield from (f"not found: {one.kind}: {one.what}" for one in tried if not one.found)
