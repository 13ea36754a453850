"""The reading copy against the documents: it claims what they claim, no more and no less."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from submission.audit.names import VOLUME_LEDGER

Found = tuple[str, str, str]

KEYS = ("file", "pointer", "rule", "text")

COVER = ("catalogue.json", "/documents")
"""Its cover says how many documents it holds, which none of them does."""


def find_in_volume(ledgers: Mapping[str, dict[str, Any]]) -> Iterator[Found]:
    """Yield what the volume's ledger has and no document's, and what it lacks; `ledgers` in the order of the manifest.

    Its pages are others than theirs, so that words are not compared: that each page says what its ledger has, and that
    each figure there is in the evidence, is looked at elsewhere.
    """
    volume = ledgers[VOLUME_LEDGER]
    documents = {name: ledger for name, ledger in ledgers.items() if name != VOLUME_LEDGER}
    held = {_key(claim): name for name, ledger in documents.items() for claim in ledger["claims"]}
    own = {_key(claim) for claim in volume["claims"]}
    for claim in sorted(claim for claim in own - held.keys() if claim[:2] != COVER):
        yield "volume-differs", VOLUME_LEDGER, f"claims {claim[3]!r} of {claim[0]}#{claim[1]}, and no document does"
    for claim in sorted(held.keys() - own):
        yield (
            "volume-differs",
            VOLUME_LEDGER,
            f"lacks {claim[3]!r} of {claim[0]}#{claim[1]}, which {held[claim]} claims",
        )


def _key(claim: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(claim[key]) for key in KEYS)
