"""Identifiers, the places that they link to, digests and versions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from markupsafe import Markup

from submission.words.claims import compose, cut, origin_of, written
from submission.words.filters.marks import badge
from submission.words.filters.registry import total
from submission.words.filters.texts import spell
from submission.words.matrix import NeedRow, TraceRow
from verification.evidence import Gap, Item, LinkStatus, Opening, Soup

LONGEST_ID = 96
"""Characters of an identifier that are shown; of a longer one the first and the last half of them."""


@total
def anchor(value: str) -> str:
    """The name of the place that an identifier links to."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", value).strip("-").lower()
    if len(plain) <= LONGEST_ID and plain:
        return f"i-{plain}"
    from hashlib import sha256

    return f"i-{sha256(value.encode()).hexdigest()[:16]}"


@total
def ident(value: str) -> Markup:
    """An identifier, set as one; a very long one is shortened in its middle."""
    return Markup('<span class="id">{}</span>').format(spell(_shortened(value)))


def _shortened(value: str) -> str:
    if len(value) <= LONGEST_ID:
        return value
    half = LONGEST_ID // 2
    if not origin_of(value):  # several pieces of evidence, or none
        return compose("{}…{}", cut(value, 0, half), cut(value, len(value) - half, len(value)))
    return written(f"{value[:half]}…{value[-half:]}", value, f"shortened {half}")


@total
def ref(value: str) -> Markup:
    """An identifier that links to its place in this document, if it has one here."""
    return Markup('<a class="ref" href="#{}">{}</a>').format(anchor(value), ident(value))


@total
def refs(values: Iterable[str]) -> Markup:
    """Identifiers that link, one after the other; none is an en dash."""
    return Markup(", ").join(ref(value) for value in values) or Markup("–")


@total
def idents(values: Iterable[str]) -> Markup:
    """Identifiers one after the other, without links; none is an en dash."""
    return Markup(", ").join(ident(value) for value in values) or Markup("–")


@total
def row_number(name: str) -> str:
    """The number of an outline's row, the last part of its id."""
    return written(name.rpartition("/")[2], name, "part")


@total
def row_refs(ids: Iterable[str]) -> Markup:
    """The rows of an outline by number, each a link to its place."""
    rows = ((name, row_number(name)) for name in ids)
    return Markup(" ").join(
        Markup('<a class="ref" href="#{}">{}</a>').format(anchor(name), ident(number)) for name, number in rows
    )


@total
def scenario_refs(scenarios: Iterable[tuple[str, str]]) -> Markup:
    """Scenarios with their outcomes; rows of one outline with one outcome stand together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name, status in scenarios:
        stem, _, number = name.rpartition("/")
        first = written(stem, name, "part") if stem and number.isdigit() else name
        groups.setdefault((first, status), []).append(name)
    shown = Markup("<br>").join(
        Markup("{} {} {}").format(ref(stem), row_refs([name for name in names if name != stem]), badge(status))
        for (stem, status), names in groups.items()
    )
    return shown or Markup('<span class="absent">none</span>')


@total
def shown_by(row: TraceRow) -> Markup:
    """What shows a criterion and what came of it: the criterion of a study, or scenarios."""
    if row.study is None:
        return scenario_refs(row.scenarios)
    other = row.study.status is LinkStatus.OTHER_RELEASE
    said = Markup("{} {}").format(ident(row.study.id), badge(row.result))
    return Markup("{}; {}").format(said, row.study.why) if other else said


@total
def item_ids(items: Iterable[Item]) -> Markup:
    """Items on the way down, by their identifiers."""
    return Markup(" → ").join(ident(item.id) for item in items) or Markup("–")


@total
def criteria_of(way: Iterable[NeedRow]) -> Markup:
    """The criteria at the end of a way down, with what came of them; what does not cover says so too.

    Neighbors of which the same came stand together.
    """
    groups = groupby((one.row for one in way), key=lambda row: (row.study, row.result, row.status))
    return Markup(" · ").join(_ended(tuple(rows)) for _, rows in groups)


def _ended(rows: Sequence[TraceRow]) -> Markup:
    row = rows[0]
    none = Markup('<span class="absent">no criterion</span>')
    names = Markup(" ").join(none if isinstance(one.criterion, Gap) else ident(one.criterion.id) for one in rows)
    study = Markup(": {}").format(ident(row.study.id)) if row.study else ""
    standing = "" if row.status is LinkStatus.COVERS else Markup(", {}").format(badge(row.status))
    return Markup("{}{} {}{}").format(names, study, badge(row.result), standing)


@total
def digest(value: str | None) -> object:
    """A SHA-256 in full; it may break anywhere."""
    return None if value is None else Markup('<span class="hash">{}</span>').format(value)


@total
def short(value: str | None) -> object:
    """The first twelve digits of a commit or digest; one that was not given prints nothing."""
    return (
        None
        if value is None
        else ""
        if not value
        else Markup('<span class="hash">{}</span>').format(first_digits(value))
    )


def first_digits(value: str) -> str:
    """The first twelve digits of a commit or digest."""
    return written(value[:12], value, "first 12")


@total
def digest_if_any(value: str | None) -> object:
    """A SHA-256 in full, or nothing."""
    return None if value is None else digest(value)


@total
def digest_or_none(value: str | None) -> object:
    """A SHA-256 in full, or that there is nothing to have one."""
    return "none" if value is None else digest(value)


@total
def short_or_dash(value: str | None) -> object:
    """The first twelve digits of a digest that the first of a chain does not have."""
    return short(value) if value else "–"


@total
def files_of(opening: Opening) -> object:
    """The tables of a line of a log, each with the first twelve digits of its digest."""
    found = dict(opening.files)
    if opening.scores_sha256 and opening.scores_sha256 not in found.values():
        found = {"scores": opening.scores_sha256} | found
    one = Markup('{} <span class="hash">{}</span>')
    return Markup("<br>").join(one.format(name, first_digits(digest)) for name, digest in found.items()) or "–"


@total
def versions(values: Iterable[Soup]) -> Markup:
    """Locked packages with their versions, in one run of text."""
    one = Markup('<span class="id">{} {}</span>')
    return Markup(", ").join(one.format(value.name, value.version) for value in values) or Markup("–")
