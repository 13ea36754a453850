"""Templates to HTML: strict, self-contained, the same for the same commit and evidence."""

from __future__ import annotations

import hashlib
import re
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from submission.content.catalogue import Abbreviation, Entry, Standard
from submission.content.wording import abbreviations_in
from submission.context.assemble import Package
from submission.context.head import BLOCKED
from submission.setting.press import Rendered, RenderError, print_one
from submission.setting.sections import HEADING
from submission.words.claims import compose, join_words, number_of, pick
from submission.words.filters import count, spell
from submission.words.ledger import number_claims, strip_claims
from verification.evidence import Gap, Issue, Meaning, fitting, lines_by_subject

FEW = 5
"""Blocking issues of one code that the first page names besides the first; the Gap Register lists all."""


# --- HTML -------------------------------------------------------------------------------------------------------------


def render_html(environment: Environment, entry: Entry, package: Package, extra: Mapping[str, object]) -> str:
    """Render one document's HTML, with numbered headings, contents, resolved links and the notes of what it cites.

    Raises:
        RenderError: the template uses an undefined name, or a value has no form; names template and line.
    """
    cited: dict[str, Standard] = {}
    known = {standard.id: standard for standard in package.standards}

    def cite(key: str) -> Markup:
        cited[key] = known[key]
        mark = Markup("") if known[key].checked_on else Markup('<sup class="mark">†</sup>')
        return Markup('<span class="cite">{}{}</span>').format(known[key].designation, mark)

    names = {**package.names(), **furniture(package), **UNSET, **extra, "document": entry, "cite": cite}
    try:
        body = environment.get_template(entry.template).render(names)
    except Exception as error:
        raise RenderError(f"{_place(error, entry)}: {_words(error)}") from error
    html = _resolve(_contents(_with_ending(environment, package, body, cited)))
    content = content_digest(html)
    html = html.replace(APPROVAL, str(_approval(package, entry.number, content)), 1)
    return number_claims(html, content)


UNSET: dict[str, dict[str, Any]] = {
    "digests": {}, "files": {}, "sets": {"filed": {"pages": None}, "working": {"pages": None}},
}  # fmt: skip
"""What only the documents that are set after the others are told."""

APPROVAL = "<!--approval-->"
FURNITURE = re.compile(r'<span class="furniture">.*?</span>', re.DOTALL)


def content_digest(html: str) -> str:
    """SHA-256 of a document's sections: without cover and margins, and so without commit, dates, pages and approval."""
    body = strip_claims(html.partition('<div class="body')[2])
    return hashlib.sha256(" ".join(FURNITURE.sub("", body).split()).encode()).hexdigest()


def _approval(package: Package, number: str, content: str) -> Markup:
    """What the review record says of a document with this content. It is not asked about a blocked one."""
    lines = lines_by_subject(getattr(package.trace, "records", ())).get(number, ())
    approvals = fitting(lines, content, Meaning.APPROVED)
    if approvals and not package.blocking:
        by, date = spell(approvals[-1].by), approvals[-1].date
        return Markup("<b>recorded</b>, by {} on {}; no signature").format(by, date)
    return Markup("<b>not approved</b>{}").format(
        "; an approval was of other content" if lines and not approvals else ""
    )


def furniture(package: Package) -> dict[str, object]:
    """What stands on every page and in the title block."""
    release, device = package.release, package.device
    reasons = _reasons(package.blocking)
    return {
        "standing_banner": next((banner for banner in package.banners if banner != BLOCKED), ""),
        "blocking_short": join_words(reason.heading for reason in reasons),
        "reasons": reasons,
        "release_line": release if isinstance(release, Gap) else compose("{} {}", release.name, release.version),
        "device_line": "" if isinstance(device, Gap) else compose("{} {}", device.name, device.version),
    }


@dataclass(frozen=True, slots=True)
class Reason:
    """Blocking issues of one code: the heading of the pages, the first of them in words, and where the others are."""

    heading: str
    first: Issue
    others: str


def _reasons(issues: tuple[Issue, ...]) -> tuple[Reason, ...]:
    return tuple(_reason(code, pick(issues, "code", code)) for code in sorted({issue.code for issue in issues}))


def _reason(code: str, issues: Sequence[Issue]) -> Reason:
    heading = code if len(issues) == 1 else compose("{} ({})", code, count(number_of(issues)))
    named = [issue.where for issue in issues[1 : FEW + 1]]
    rest = len(issues) > len(named) + 1
    others = compose("also {}{}", join_words(named), " and others, each in the Gap Register" if rest else "")
    return Reason(heading, issues[0], others if named else "")


def _notes(environment: Environment, cited: dict[str, Standard]) -> str:
    if not cited:
        return ""
    module: Any = environment.get_template("_macros.html").module
    return str(module.notes(sorted(cited.values(), key=lambda standard: standard.designation)))


def _with_ending(environment: Environment, package: Package, html: str, cited: dict[str, Standard]) -> str:
    """Put what closes a document behind its last section: notes and abbreviations."""
    body, end, rest = html.rpartition("</div>\n</body>")
    noted = body + _notes(environment, cited)
    short = _abbreviations(environment, abbreviations_in(noted, package.wording))
    return f"{noted}{short}{end}{rest}"


def _abbreviations(environment: Environment, found: Sequence[Abbreviation]) -> str:
    """The abbreviations of a document, in a line at its end."""
    module: Any = environment.get_template("_macros.html").module
    return str(module.abbreviations(found)) if found else ""


def _place(error: Exception, entry: Entry) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(".html")]
    if frames:
        return f"submission/templates/{Path(frames[-1].filename).name}:{frames[-1].lineno}"
    line = getattr(error, "lineno", None)
    name = Path(getattr(error, "filename", None) or entry.template).name
    return f"submission/templates/{name}" + (f":{line}" if line else "")


def _words(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error} is not in submission/standards.yaml or in the table that the template reads"
    return str(error) or type(error).__name__


MANY = 8
"""Headings of which the contents are one column; of more they are set in two, so that the text begins below them.

Where the second begins is said here: to find out where columns are even, WeasyPrint lays them out again and again.
"""


def _contents(html: str) -> str:
    """Number the headings and put the contents where the template has its mark."""
    numbers = [0, 0]
    lines: list[str] = []

    def numbered(match: re.Match[str]) -> str:
        level, name, title = int(match[1]), match[2], match[3].strip()
        numbers[:] = [numbers[0] + 1, 0] if level == 2 else [numbers[0], numbers[1] + 1]
        number = ".".join(str(part) for part in numbers[: level - 1])
        lines.append(f'<li class="c{level}"><a href="#{name}"><span class="n">{number}</span>{_text(title)}</a></li>')
        return f'<h{level} id="{name}"><span class="n">{number}</span>{title}</h{level}>'

    html = HEADING.sub(numbered, html)
    kind = "contents"
    if len(lines) > MANY:
        kind, half = "contents dense", (len(lines) + 1) // 2
        lines[half] = lines[half].replace('class="', 'class="half ', 1)
    return html.replace("<!--contents-->", f'<ul class="{kind}">{"".join(lines)}</ul>', 1)


def _text(html: str) -> str:
    """The text of a heading, its claims kept."""
    return re.sub(r"<(?!/?data\b)[^>]+>", "", html).strip()


def _resolve(html: str) -> str:
    """Turn links to places that this document does not have into plain text."""
    ids = set(re.findall(r'\sid="([^"]+)"', html))

    def kept(match: re.Match[str]) -> str:
        return match[0] if match[1] in ids else f'<span data-to="{match[1]}">{match[2]}</span><!--to-->'

    return re.sub(r'<a class="ref" href="#([^"]*)">(.*?)</a>', kept, html, flags=re.DOTALL)


__all__ = ["RenderError", "Rendered", "content_digest", "furniture", "print_one", "render_html"]
