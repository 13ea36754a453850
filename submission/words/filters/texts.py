"""Every value on its way to the page, and texts: with the glyphs that we ship, with code set as code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from markupsafe import Markup, escape

from submission.words.claims import compose, join_words, mark, runs_of, written
from submission.words.filters.registry import total
from submission.words.folders import FONTS
from verification.evidence import Gap, NotApplicable


def show(value: object) -> object:
    """Render what a template prints: a gap as a gap, nothing as "not recorded", text with the glyphs that we ship.

    Raises:
        TypeError: a bare number; it needs a filter that states its form.
    """
    if isinstance(value, Gap):
        return gap_inline(value)
    if isinstance(value, NotApplicable):
        return Markup('<span class="absent">not applicable: {}</span>').format(spell(value.reason))
    if value is None:
        return Markup('<span class="absent">not recorded</span>')
    if isinstance(value, bool | int | float):
        raise TypeError(f"the bare number {value!r} reached the page; show it through a filter such as `count`")
    return ticked(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def ticked(text: str) -> Markup:
    """Text with what stands between backticks set as code, as the messages of the tools write commands."""
    return Markup("").join(mark(run, _ticked(run.text)) for run in runs_of(text))


def _ticked(text: str) -> Markup:
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(_spelled(text)))))  # noqa: S704  escaped before


def gap_inline(gap: Gap) -> Markup:
    """A gap as it stands in a line of text or in a cell."""
    return Markup('<span class="gap"><b>Gap</b> {} <i>Closed by:</i> <span class="closes">{}</span></span>').format(
        ticked(sentence(gap.reason)), ticked(sentence(gap.closes))
    )


@total
def sentence(text: str) -> str:
    """Text that ends as a sentence does."""
    return text if text.endswith((".", "?", "!")) else compose("{}.", text)


def spell(text: str) -> str:
    """The text with each character that no shipped font has written as its code point: no other font steps in."""
    shown = _spelled(text)
    return text if shown == text else written(shown, text, "spelled")


def _spelled(text: str) -> str:
    odd = {ord(character) for character in text} - shipped_characters()
    return text.translate({code: f"[U+{code:04X}]" for code in odd}) if odd else str(text)


@cache
def shipped_characters() -> frozenset[int]:
    """The code points that the shipped fonts can show in every style, and white space."""
    from fontTools.ttLib import TTFont

    covers = {path.stem: frozenset(TTFont(path).getBestCmap()) for path in sorted(FONTS.glob("*.woff2"))}
    sans = frozenset.intersection(*(codes for name, codes in covers.items() if "Sans" in name))
    return sans | covers["IBMPlexMono-Regular"] | frozenset(map(ord, "\n\t "))


@total
def prose(value: str) -> Markup:
    """Evidence text as paragraphs."""
    parts = [part for part in re.split(r"\n\s*\n", value.strip()) if part]
    lines = (written(" ".join(part.split()), value, "part") for part in parts)
    return Markup("").join(Markup("<p>{}</p>").format(ticked(line)) for line in lines)


@total
def bare(value: str) -> Markup:
    """A text for an attribute or a title, where no element can stand."""
    return escape(str(value))


@total
def words(value: str) -> str:
    """An identifier of the schema in words: `not_run` is "not run"."""
    return rewritten(str(value).replace("_", " "), value)


def rewritten(text: str, value: str) -> str:
    """A text after a change of its form that leaves its figures as they are."""
    return written(text, value, "form") if text != value else value


@total
def join(values: Iterable[str], between: str = ", ") -> str:
    """Texts in one line, each as it is; nothing is an en dash."""
    return join_words(values, between) or "–"


@total
def captioned(parts: tuple[str, ...]) -> str:
    """The parts of a caption that say something."""
    return join_words(part for part in parts if part)


@total
def yes_no(value: bool) -> str:
    """A truth in words."""
    return "yes" if value else "no"
