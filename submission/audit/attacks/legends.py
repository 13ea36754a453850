"""Names of a chart in each other's place, on the page and in its ledger alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

from submission.audit.attacks.forgery import Attack, Forgery
from submission.audit.attacks.signs import Glyph, draw, glyphs_of, opened, save
from submission.audit.attacks.wording import say_other
from submission.audit.names import EVIDENCE
from submission.audit.page.charts import charts_in
from submission.audit.texts import squeeze

SHOWN = re.compile(rb"BT\n.*?ET\n", re.DOTALL)
PLACE = re.compile(rb"1 0 0 -1 ([\d.]+) ([\d.]+) Tm")


class Name(NamedTuple):
    """A text of a drawing: where its operators stand, what it says, and how often that was said before."""

    start: int
    end: int
    text: str
    before: int


def exchange_series(forgery: Forgery) -> str | None:
    """Two names of a legend in each other's place."""
    return _exchange(forgery, [[one["name"] for one in chart.series] for chart in _charts(forgery)])


def exchange_rows(forgery: Forgery) -> str | None:
    """Two labels of a chart in each other's place: of its rows, or of what stands below its bars."""
    kinds = ("intervals", "bars")
    charts = [chart for chart in _charts(forgery) if chart.kind in kinds]
    return _exchange(forgery, [[*dict.fromkeys(str(x) for one in chart.series for x in one["x"])] for chart in charts])


def _charts(forgery: Forgery) -> list[Any]:
    names = [name for name in forgery.manifest()["evidence"] if name.endswith(".json")]
    files = {name.removeprefix(EVIDENCE): forgery.read(name) for name in names}
    return [chart for held in charts_in(files).values() for chart in held]


def _exchange(forgery: Forgery, rows: list[list[str]]) -> str | None:
    """Exchange two names of one row that a page shows, on it and in its ledger; a name with a digit is a claim."""
    pairs = [pair for row in rows for pair in combinations(row, 2) if not re.search(r"\d", "".join(pair))]
    document = forgery.document()
    ledger, edited = forgery.read(forgery.ledger(document)), opened(forgery, document)
    for page in forgery.dice.sample(range(len(edited.pages())), len(edited.pages())):
        content, glyphs = glyphs_of(edited, edited.pages()[page])
        shown = {name.text: name for name in _names_in(content, glyphs)}
        fit = [pair for pair in pairs if all(squeeze(name) in shown for name in pair) and pair[0] != pair[1]]
        if not fit:
            continue
        names = forgery.dice.choice(fit)
        one, other = sorted((shown[squeeze(name)] for name in names), key=lambda name: name.start)
        if not all(_say(ledger["pages"][page], name, text) for name, text in ((other, one.text), (one, other.text))):
            return None
        draw(edited, edited.pages()[page], _exchanged(content, one, other))
        save(forgery, document["file"], edited)
        forgery.write(forgery.ledger(document), ledger)
        forgery.sign()
        return f"{document['file']}, page {page + 1}: {names[0]!r} and {names[1]!r} in each other's place in a chart"
    return None


def _say(said: list[Any], name: Name, text: str) -> bool:
    """Let a page say another text in the place of a name; whether its ledger has that so."""
    whole, at = squeeze("".join(run[0] for run in said)), -1
    for _ in range(name.before + 1):
        at = whole.find(name.text, at + 1)
    return at >= 0 and say_other(said, at, len(name.text), text)


def _names_in(content: bytes, glyphs: list[Glyph]) -> Iterator[Name]:
    """Yield the texts of the drawings of a page; each stands in one place and is level."""
    glyphs = [glyph for glyph in glyphs if squeeze(glyph.sign)]
    for match in SHOWN.finditer(content):
        inside = [(at, glyph) for at, glyph in enumerate(glyphs) if match.start() < glyph.start < match.end()]
        if inside and len(PLACE.findall(match[0])) > 1:
            text = "".join(glyph.sign for _, glyph in inside)
            before = "".join(glyph.sign for glyph in glyphs[: inside[0][0]]).count(text)
            yield Name(match.start(), match.end(), text, before)


def _exchanged(content: bytes, one: Name, other: Name) -> bytes:
    first, second = content[one.start : one.end], content[other.start : other.end]
    return b"".join((
        content[: one.start], _moved(second, first), content[one.end : other.start], _moved(first, second),
        content[other.end :],
    ))  # fmt: skip


def _moved(text: bytes, to: bytes) -> bytes:
    """A text that begins where another does."""
    (x, _), (left, line) = (PLACE.search(each).groups() for each in (text, to))  # type: ignore[union-attr]
    return PLACE.sub(lambda match: b"1 0 0 -1 %.6f %s Tm" % (float(match[1]) - float(x) + float(left), line), text)


LEGENDS: dict[str, Attack] = {
    "two names of a legend, on page and in ledger": exchange_series,
    "two labels of a chart, on page and in ledger": exchange_rows,
}
"""Attacks on what a chart calls its values."""
