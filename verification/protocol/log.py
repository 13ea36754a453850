"""A study's log: every use of its data that is known, appended to and chained, so that no line can be taken out."""

from __future__ import annotations

from pathlib import Path

from verification.evidence import Issue, Opening
from verification.evidence.chain import append_chain, read_chain

LOG = "openings.log"


def read_log(path: Path, where: str) -> tuple[tuple[Opening, ...], tuple[Issue, ...]]:
    """Read the log's lines, and what is wrong with them or with the chain."""
    return read_chain(path, where, Opening)


def append(path: Path, *openings: Opening) -> None:
    """Append lines, each with the digest of the one before.

    Raises:
        ValueError: the log as it stands is damaged; nothing is appended.
    """
    append_chain(path, *openings)
