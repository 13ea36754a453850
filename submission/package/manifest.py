"""The manifest: what a package holds and what it stands on, for whoever checks it without the repository."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from html import unescape
from typing import Any

from submission.audit.held.sources import digest_of_sources
from submission.content.answers import Answer, Comparison
from submission.content.catalogue import Entry
from submission.context.assemble import Package
from submission.setting.render import Rendered, RenderError
from verification.evidence import Gap, Issue

FORMAT = 3
"""2 until documents were of a set."""


def make_manifest(package: Package, documents: tuple[Rendered, ...], evidence: Mapping[str, str]) -> dict[str, Any]:
    """The manifest of a package; the digests of ledgers, texts and volume are entered when these are written.

    Raises:
        RenderError: documents state different indications for use.
    """
    return {
        "format": FORMAT,
        "commit": package.source.commit,
        "commit_date": package.source.commit_date,
        "sources": digest_of_sources(),
        "state": package.state,
        "banners": list(package.banners),
        "blocking": [_blocking(issue) for issue in package.blocking],
        "release": _release(package),
        "documents": [_document(document) for document in documents],
        "sets": count_sets([(document.entry, document.pages) for document in documents]),
        "evidence": dict(evidence),
        "indications": _indications(documents),
        "claims": {},
        "text": {},
        "volume": None,
        "counts": {name: None if isinstance(value, Gap) else value for name, value in package.counts.items()},
        "statuses": None if isinstance(package.verified.statuses, Gap) else dict(package.verified.statuses),
        "gaps": len(package.register),
        "register": [asdict(row) for row in package.register],
        "guidance": [_answer(answer) for answer in package.guidance],
        "questions": [_answer(answer) for answer in package.questions],
        "presub": [_answer(answer) for answer in package.presub],
        "equivalence": _equivalence(package.comparison),
    }


def count_sets(documents: Iterable[tuple[Entry, int]]) -> dict[str, dict[str, int]]:
    """How many documents and pages each set has."""
    sets = {"filed": {"documents": 0, "pages": 0}, "working": {"documents": 0, "pages": 0}}
    for entry, pages in documents:
        sets[entry.set]["documents"] += 1
        sets[entry.set]["pages"] += pages
    return sets


def _indications(documents: tuple[Rendered, ...]) -> dict[str, Any]:
    """The one text of the indications for use, and the documents that state it."""
    stating = [document for document in documents if document.indications]
    texts = sorted({document.indications for document in stating})
    if len(texts) > 1:
        raise RenderError(f"the indications for use differ: {', '.join(one.entry.number for one in stating)}")
    return {"text": "".join(texts), "documents": [one.entry.number for one in stating]}


def _blocking(issue: Issue) -> dict[str, str]:
    return {name: str(getattr(issue, name)) for name in ("code", "where", "message", "hint")}


def _answer(answer: Answer) -> dict[str, Any]:
    asked, missing = answer.asked, answer.missing
    return {name: getattr(answer, name) for name in ("id", "source", "clause", "status")} | {
        "asks": asked.asks,
        "answer": asked.answer,
        "not_applicable": asked.not_applicable,
        "sections": [place.section for place in answer.places],
        "figures": {name: _plain(value) for name, value in answer.figures},
        "missing": missing and {"reason": missing.reason, "closes": missing.closes},
    }


def _plain(value: object) -> str:
    """A shown value as text; a gap by its reason."""
    said = value.reason if isinstance(value, Gap) else str(value)
    lines = re.sub(r"<br\s*/?>", "; ", said)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", lines)).split())


def _equivalence(comparison: Comparison | None) -> dict[str, Any] | None:
    if comparison is None:
        return None
    return {"conclusion": comparison.conclusion, "open": [[name, gap.reason] for name, gap in comparison.open]}


def _release(package: Package) -> dict[str, str] | None:
    if isinstance(package.release, Gap):
        return None
    return {name: getattr(package.release, name) for name in ("name", "version", "status", "digest")}


def _document(document: Rendered) -> dict[str, Any]:
    entry: Entry = document.entry
    return {
        "number": entry.number,
        "set": entry.set,
        "title": entry.title,
        "revision": entry.revision,
        "file": entry.file,
        "pages": document.pages,
        "sections": dict(document.places),
        "sha256": document.sha256,
        "content_sha256": document.content_sha256,
    }
