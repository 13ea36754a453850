"""A built package laid out for FDA's electronic form: a folder for each section, with what is pasted and attached.

What is missing has a file that begins with MISSING and says what closes it: no file looks like an answer that is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from submission.exchange.filing.folders import (
    Entry,
    Export,
    ExportError,
    Group,
    named,
    read_pdf,
    refuse_blocked,
    sha256,
)
from submission.exchange.filing.form import Form, FormSection, by_section, read_form
from submission.exchange.filing.texts import section_text
from submission.package.folder import Answered, Listed, Opened, find_document

ANSWERED, GAP = "answered", "gap"
SAID = (
    "A folder for each section of the form. Paste the texts, attach the files, and tick each here; the browser keeps "
    "the ticks. What is missing is named in its place, and is not to be attached.",
    "Names of sections are those of a secondary copy of the guidance on the form (read), or from memory (recalled). "
    "Each is to be confirmed at source: the current form decides.",
)


def make_estar(package: Opened) -> Export:
    """The folders for the form, from a built package.

    Raises:
        ExportError: the package is blocked, or was built by a version that does not say what it answers.
        FolderError: a file of the package is missing or was changed.
        FormError: `estar.yaml` is not of its schema.
    """
    refuse_blocked(package)
    form = read_form()
    if not any(one.asks for one in package.manifest.guidance):
        raise ExportError(
            f"{package.folder}: its manifest does not say what each field is answered with; build it again"
        )
    files: dict[str, bytes] = {}
    groups = []
    for number, (section, items) in enumerate(by_section(form, package), start=1):
        folder = f"{number:02}-{named(section.name)}"
        entries = (*_items(package, form, folder, items, files), *_attached(package, form, folder, items, files))
        there = folder if any(entry.file for entry in entries) else ""
        groups.append(Group(section.name, _note(section), there, entries or _none(section)))
    return Export("What goes into the electronic form", SAID, tuple(groups), files)


def _note(section: FormSection) -> str:
    return f"name {section.mark}; to be confirmed at source"


def _none(section: FormSection) -> tuple[Entry, ...]:
    return (Entry("missing", "", "Everything", section.absent or "The package holds nothing for this section"),)


def _items(
    package: Opened, form: Form, folder: str, items: Sequence[Answered], files: dict[str, bytes]
) -> Iterator[Entry]:
    """Yield a line for each item of a section, and enter the file that it leads to."""
    for item in items:
        said = "\n\n".join(_said(package, form, item))
        if item.status == GAP:
            name = f"{folder}/{item.id}-MISSING.txt"
            files[name] = _missing(package, item, said)
            yield _entry("missing", item, item.missing.reason if item.missing else "No answer", name, files)
        elif item.status != ANSWERED:
            yield Entry("not applicable", item.id, item.asks, item.not_applicable or "")
        elif said:
            name = f"{folder}/{item.id}-{named(item.asks)}.txt"
            files[name] = _file(package, said)
            yield _entry("paste", item, "", name, files)
        else:
            yield Entry("answered", item.id, item.asks, f"by what is attached: {', '.join(_numbers((item,)))}")


def _entry(kind: str, item: Answered, note: str, name: str, files: dict[str, bytes]) -> Entry:
    return Entry(kind, item.id, item.asks, note, name, sha256(files[name]) if kind == "paste" else "")


def _said(package: Opened, form: Form, item: Answered) -> Iterator[str]:
    """Yield what the form takes as text: the answer, its figures, the sections that are pasted."""
    yield from filter(None, [item.answer, "\n".join(f"{name}: {value}" for name, value in item.figures.items())])
    known = {one.number: one.sections for one in package.manifest.documents}
    for place in form.pasted.get(item.id, ()):
        number, _, name = place.partition("/")
        if name in known.get(number, {}):  # else the item is a gap that says so
            yield section_text(package, place)


def _file(package: Opened, text: str) -> bytes:
    """A text to paste; what is no filing says so in its first line, as each page does."""
    note = "\n\n† To be confirmed at source." if "†" in text else ""
    return f"{package.banner}\n\n{text}{note}\n".lstrip().encode()


def _missing(package: Opened, item: Answered, said: str) -> bytes:
    reason, closes = (item.missing.reason, item.missing.closes) if item.missing else ("No answer", "")
    parts = [f"MISSING: {item.asks}", f"Why: {reason}", f"What closes it: {closes}"]
    there = _numbers((item,))
    parts += [f"What the package holds of it, which does not answer it: {', '.join(there)}"] if there else []
    parts += [f"What can be said so far:\n{said}"] if said else []
    return _file(package, "\n\n".join(parts))


def _numbers(items: Sequence[Answered]) -> list[str]:
    return list(dict.fromkeys(place.partition("/")[0] for item in items for place in item.sections))


def _attached(
    package: Opened, form: Form, folder: str, items: Sequence[Answered], files: dict[str, bytes]
) -> Iterator[Entry]:
    """Yield each document that the items of a section rest on, and enter a copy of it."""
    for number in (number for number in _numbers(items) if number not in form.unattached):
        document = find_document(package, number)
        name = f"{folder}/{document.file}"
        files[name] = read_pdf(package, document)
        yield Entry("attach", number, document.title, _where(document, items), name, document.sha256)


def _where(document: Listed, items: Sequence[Answered]) -> str:
    """The items that a document is attached for, each with the pages on which its sections begin."""
    found = []
    for item in items:
        names = [place.partition("/")[2] for place in item.sections if place.startswith(f"{document.number}/")]
        pages = sorted({document.sections[name] for name in names if name in document.sections})
        found += [f"{item.id}, page {', '.join(map(str, pages))}"] if pages else [item.id] if names else []
    return "; ".join(found)
