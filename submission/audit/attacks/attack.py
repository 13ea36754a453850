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
from submission.audit.attacks.legends import LEGENDS
from submission.audit.attacks.looks import LOOKS
from submission.audit.attacks.pages import PAGES
from submission.audit.attacks.rows import ROWS
from submission.audit.attacks.wording import WORDING
from submission.audit.audit import find_in_package


@dataclass(frozen=True, slots=True)
class Tried:
    """One attack: its kind, what it did, the first finding of the audit ("" if there was none), and its number."""

    kind: str
    what: str
    found: str
    number: int = 0


ATTACKS = PAGES | LOOKS | BESIDE | EVIDENCE | ALIKE | ROWS | WORDING | LEGENDS | CLAIMED | LEDGERS | FILES
"""Every kind of attack, by what it changes; they are tried in this order."""


def attack(folder: Path, times: int, seed: int, done: int = 0) -> Iterator[Tried]:
    """Attack a package, the kinds in turn; yield what became of each.

    Args:
        folder: the package; it is not changed.
        times: how many attacks there are. Each has dice of its own, so that it is the same wherever a run begins.
        seed: of the dice.
        done: so many have been tried before and are left out.
    """
    kinds = list(ATTACKS)
    for number in range(done, times):
        kind = kinds[number % len(kinds)]
        dice = random.Random(f"{seed} {number}")  # noqa: S311  dice, not secrets
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch) / "package"
            shutil.copytree(folder, copy)
            what = next((said for said in (ATTACKS[kind](Forgery(copy, dice)) for _ in range(20)) if said), None)
            if what is not None:
                finding = next(find_in_package(copy), None)
                yield Tried(kind, what, finding.code if finding else "", number)


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
