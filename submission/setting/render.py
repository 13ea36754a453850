"""Templates to HTML to PDF: strict, self-contained, the same bytes for the same commit and evidence."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup
from PIL import ImageFile

from submission.content.catalogue import Abbreviation, Entry, Standard
from submission.content.wording import abbreviations_in
from submission.context.assemble import Package
from submission.context.head import BLOCKED
from submission.setting.memory import without_collecting
from submission.setting.pdf import VARIANT, Attached, attach, finish
from submission.words.claims import compose, join_words, number_of, pick
from submission.words.filters import count, first_digits, shipped_characters, spell
from submission.words.folders import FONTS, HERE
from submission.words.ledger import (
    Claim,
    Said,
    carried,
    find_records,
    group_records,
    number_claims,
    read_page,
    strip_claims,
)
from verification.evidence import Gap, Issue, Meaning, fitting, lines_by_subject

FAMILIES = ("Clearway-Sans", "Clearway-Mono")
FEW = 5
"""Blocking issues of one code that the first page names besides the first; the Gap Register lists all."""


class RenderError(Exception):
    """A document cannot be rendered; the message names template and line, or the document and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document as it will be written. `content_sha256` is of what its sections say (`content_digest`).

    `places` gives the page on which each of its sections begins, by the id of the heading.
    """

    entry: Entry
    content: bytes
    pages: int
    content_sha256: str
    claims: tuple[Claim, ...] = ()
    said: tuple[tuple[Said, ...], ...] = ()
    indications: str = ""
    places: Mapping[str, int] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """The digest of its bytes."""
        return hashlib.sha256(self.content).hexdigest()


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
    html = _resolve(_contents(_with_ending(environment, entry, package, body, cited)))
    content = content_digest(html)
    html = html.replace(APPROVAL, str(_approval(package, entry.number, content)), 1)
    return number_claims(html, find_records(html), content)


UNSET: dict[str, dict[str, str]] = {"digests": {}, "files": {}}
"""What only the documents that are set after the others are told."""

APPROVAL = "<!--approval-->"
FURNITURE = re.compile(r'<span class="furniture">.*?</span>', re.DOTALL)


def content_digest(html: str) -> str:
    """SHA-256 of a document's sections: without cover and margins, and so without commit, dates, pages and approval."""
    body = strip_claims(html.partition('<div class="body')[2].partition(RECORDS)[0])
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
        "release_digest_short": "none" if isinstance(release, Gap) else first_digits(release.digest),
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


RECORDS = '<h2 id="evidence">'


def _with_ending(
    environment: Environment, entry: Entry, package: Package, html: str, cited: dict[str, Standard]
) -> str:
    """Put what closes a document behind its last section: notes, abbreviations, and the records of its figures."""
    body, end, rest = html.rpartition("</div>\n</body>")
    noted = body + _notes(environment, cited)
    short = _abbreviations(environment, entry, abbreviations_in(noted, package.wording))
    return f"{noted}{short}{_records(environment, find_records(body))}{end}{rest}"


def _abbreviations(environment: Environment, entry: Entry, found: Sequence[Abbreviation]) -> str:
    """The abbreviations of a document; on its one page those of a brief one stand in a line."""
    module: Any = environment.get_template("_macros.html").module
    return str(module.abbreviations(found, entry.brief)) if found else ""


def _records(environment: Environment, records: Sequence[str]) -> str:
    """The list of the records on which the figures of a document rest; each figure links to its own."""
    if not records:
        return ""
    module: Any = environment.get_template("_macros.html").module
    return str(module.records(group_records(records)))


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


MANY = 19
"""Headings that fit below a title block; of more the contents are set closer, so that they stay on the first page."""

HEADING = re.compile(r'<h([23]) id="([^"]+)">(.*?)</h\1>', re.DOTALL)


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
    kind = "contents dense" if len(lines) > MANY else "contents"
    return html.replace("<!--contents-->", f'<ul class="{kind}">{"".join(lines)}</ul>', 1)


def headings_of(html: str) -> dict[str, str]:
    """The sections of a rendered document: the title of each by the id of its heading."""
    found = HEADING.finditer(html)
    titles = {match[2]: re.sub(r'<span class="n">.*?</span>|<[^>]+>', "", match[3]) for match in found}
    return {name: unescape(title).strip() for name, title in titles.items()}


def _text(html: str) -> str:
    """The text of a heading, its claims kept."""
    return re.sub(r"<(?!/?data\b)[^>]+>", "", html).strip()


def _resolve(html: str) -> str:
    """Turn links to places that this document does not have into plain text."""
    ids = set(re.findall(r'\sid="([^"]+)"', html))

    def kept(match: re.Match[str]) -> str:
        return match[0] if match[1] in ids else f'<span data-to="{match[1]}">{match[2]}</span><!--to-->'

    return re.sub(r'<a class="ref" href="#([^"]*)">(.*?)</a>', kept, html, flags=re.DOTALL)


# --- PDF --------------------------------------------------------------------------------------------------------------


class Press:
    """Fonts and style, loaded once, and the pages that they make.

    The identifier of a PDF is the digest of its HTML, its dates are the commit's: nothing of the hour or of the host
    enters it.
    """

    def __init__(self) -> None:
        """Load the shipped fonts and the style.

        Raises:
            RenderError: WeasyPrint or what it needs of the system is not there, or a font is missing.
        """
        missing = [name for name in re.findall(r'url\("fonts/([^"]+)"\)', _style()) if not (FONTS / name).is_file()]
        if missing:
            raise RenderError(f"submission/fonts: {', '.join(missing)} is missing; restore it from the repository")
        lenient = ImageFile.LOAD_TRUNCATED_IMAGES
        try:
            import weasyprint
            from weasyprint.text.fonts import FontConfiguration
        except OSError as error:
            raise RenderError(f"Pango cannot be loaded ({error}); install it (Debian: libpango-1.0-0)") from error
        finally:  # WeasyPrint lets the whole process take half an image for a whole one
            ImageFile.LOAD_TRUNCATED_IMAGES = lenient
        self._weasyprint = weasyprint
        self._fonts = FontConfiguration()
        self._css = weasyprint.CSS(string=_style(), base_url=f"{HERE}/", font_config=self._fonts)

    @without_collecting()
    def print(self, entry: Entry, html: str, attachments: Sequence[Attached] = ()) -> Rendered:
        """Set one document, which carries these files with it.

        Raises:
            RenderError: a character is in no font of ours, or text was set in another.
        """
        check_characters(entry, html)
        page = self._weasyprint.HTML(string=html, base_url=f"{HERE}/")
        document = page.render(stylesheets=[self._css], font_config=self._fonts, pdf_variant=VARIANT)
        digests = (
            hashlib.sha256(part).digest() for part in (html.encode(), *(file[1] for file in sorted(attachments)))
        )
        content: bytes = document.write_pdf(
            pdf_variant=VARIANT,
            pdf_identifier=hashlib.sha256(b"".join(digests)).digest()[:16],
            attachments=attach(self._weasyprint, attachments, document.metadata.created),
            finisher=finish,
        )
        check_fonts(entry, (font.name.decode().lstrip("/") for font in document.fonts.values()))
        digest, claims = carried(html)
        said = tuple(read_page(page) for page in document.pages)
        stated, places = indications_in(html), _places(html, document.pages)
        return Rendered(entry, content, len(document.pages), digest, claims, said, stated, places)


def indications_in(html: str) -> str:
    """The text of the indications for use, if a document states them."""
    found = re.search(r'<div class="quote indications">(.*?)</div>', html, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", found[1])).split()) if found else ""


def _places(html: str, pages: Sequence[Any]) -> dict[str, int]:
    """The page on which each heading stands, by its id."""
    found = {name: number for number, page in reversed([*enumerate(pages, start=1)]) for name in page.anchors}
    return {name: found[name] for name in headings_of(html)}


Page = tuple[Entry, str, Sequence[Attached]]
"""A document, its HTML and the files that its PDF carries."""


def print_all(pages: Sequence[Page], progress: Callable[[str], None]) -> Iterator[Rendered]:
    """Set several documents, on as many processors as there are, the longest first; yield each as it is ready.

    Raises:
        RenderError: as `Press`.
    """
    order = sorted(pages, key=lambda page: -len(page[1]))
    if len(order) < 2:
        yield from map(_print, order)
        return
    # Spawned, not forked: the text libraries keep threads and caches that a fork would tear.
    with multiprocessing.get_context("spawn").Pool(min(len(order), os.cpu_count() or 1)) as pool:
        for done, rendered in enumerate(pool.imap_unordered(_print, order), start=1):
            progress(f"[{done}/{len(order)}] {rendered.entry.number} {rendered.entry.title}")
            yield rendered
    progress("")


def print_one(entry: Entry, html: str, attachments: Sequence[Attached] = ()) -> Rendered:
    """Set one document here.

    Raises:
        RenderError: as `Press`.
    """
    return _press().print(entry, html, attachments)


@cache
def _press() -> Press:
    """The one press of a process."""
    return Press()


def _print(page: Page) -> Rendered:
    return _press().print(*page)


def _style() -> str:
    return (HERE / "style.css").read_text()


def check_characters(entry: Entry, html: str) -> None:
    """See that the shipped fonts hold every character, whatever fonts the machine has beside them.

    Raises:
        RenderError: they do not; names document and code points.
    """
    odd = sorted({ord(character) for character in unescape(html)} - shipped_characters())
    if odd:
        points = ", ".join(f"U+{code:04X}" for code in odd)
        raise RenderError(f"{entry.number} ({entry.template}): {points} is in no font of submission/fonts")


def check_fonts(entry: Entry, names: Iterable[str]) -> None:
    """See that a document was set in the shipped fonts and in no other.

    Raises:
        RenderError: it was not; names document and fonts.
    """
    odd = sorted(name for name in names if not name.split("+")[-1].startswith(FAMILIES))
    if odd:
        raise RenderError(
            f"{entry.number} ({entry.template}): set in {', '.join(odd)}, not in a font of submission/fonts"
        )
