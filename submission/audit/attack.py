"""Attacks on a package: one corruption at a time, by a forger who makes digests agree again; does the audit see it?

Each attack works on a copy. It changes one thing, then rewrites the manifest and its digest as if nothing had happened,
so that no finding comes from a digest of the manifest alone. Nobody here rewrites evidence, ledgers, pages and manifest
alike: that is another package, and only a signature or a build from its commit can tell.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

from submission.audit.audit import audit
from submission.audit.claims import page_texts
from submission.audit.texts import squeeze

Attack = Callable[["Forgery"], str | None]
"""Corrupts a copy and says what was done; None if there was nothing of the kind to corrupt."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One attack: its kind, what it did, and the first finding of the audit ("" if there was none)."""

    kind: str
    what: str
    found: str


@dataclass(slots=True)
class Forgery:
    """A copy of a package to be corrupted, and the forger's dice."""

    folder: Path
    dice: random.Random

    def manifest(self) -> dict[str, Any]:
        """The manifest as it stands."""
        found: dict[str, Any] = json.loads((self.folder / "manifest.json").read_bytes())
        return found

    def sign(self, manifest: dict[str, Any] | None = None) -> None:
        """Let the manifest list the files as they are now, and its digest be right."""
        told = manifest or self.manifest()
        for document in _printed(told):
            document["sha256"] = self._digest(document["file"], document["sha256"])
        for part in ("evidence", "claims", "text"):
            for name in told.get(part) or {}:
                told[part][name] = self._digest(name, told[part][name])
        content = json.dumps(told).encode()
        (self.folder / "manifest.json").write_bytes(content)
        (self.folder / "manifest.sha256").write_text(f"{hashlib.sha256(content).hexdigest()}  manifest.json\n")

    def _digest(self, name: str, otherwise: str) -> str:
        path = self.folder / name
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else otherwise

    def document(self) -> dict[str, Any]:
        """A document, or the volume if there is one, by chance."""
        found: dict[str, Any] = self.dice.choice(_printed(self.manifest()))
        return found

    def ledger(self, document: dict[str, Any]) -> str:
        """The name of a document's ledger."""
        return f"claims/{'volume' if document['file'] == 'volume.pdf' else document['number']}.json"

    def evidence(self) -> str:
        """The name of a JSON file of evidence, by chance."""
        names: list[str] = sorted(name for name in self.manifest()["evidence"] if name.endswith(".json"))
        return self.dice.choice(names)

    def read(self, name: str) -> Any:
        """A JSON file of the copy."""
        return json.loads((self.folder / name).read_bytes())

    def write(self, name: str, value: Any) -> None:
        """Replace a JSON file of the copy."""
        (self.folder / name).write_text(json.dumps(value, ensure_ascii=False))


def _printed(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [*manifest["documents"], *filter(None, [manifest["volume"]])]


# --- pages ------------------------------------------------------------------------------------------------------------

SHOWN = re.compile(rb"/(\S+) [\d.]+ Tf|<([0-9a-fA-F]+)>")


@dataclass(frozen=True, slots=True)
class Glyph:
    """A sign that a page shows: where it stands in the stream, its code, and the codes of the font by their sign."""

    start: int
    code: str
    sign: str
    codes: dict[str, str]


def _glyphs(page: Any) -> tuple[bytes, list[Glyph]]:
    """The content of a page and every sign that it shows."""
    content = page.get_contents().get_data()
    fonts = {name.lstrip("/"): _codes(font.get_object()) for name, font in page["/Resources"]["/Font"].items()}
    found, codes = [], {}
    for match in SHOWN.finditer(content):
        if match[1]:
            codes = fonts.get(match[1].decode(), {})
            continue
        signs = {code: sign for sign, code in codes.items()}
        for at in range(0, len(match[2]) - 3, 4):
            code = match[2][at : at + 4].decode().lower()
            if code in signs:
                found.append(Glyph(match.start(2) + at, code, signs[code], codes))
    return content, found


def _codes(font: Any) -> dict[str, str]:
    """The code of each sign of a font, by its ToUnicode map."""
    if "/ToUnicode" not in font:
        return {}
    text = font["/ToUnicode"].get_object().get_data().decode("latin-1")
    pairs = re.findall(r"<([0-9a-fA-F]{4})>\s*<([0-9a-fA-F]{4})>", text)
    return {chr(int(sign, 16)): code.lower() for code, sign in pairs}


def _change_sign(forgery: Forgery, wanted: str) -> str | None:
    """Show another sign of the same kind in the place of one."""
    document = forgery.document()
    shown = _show_other(forgery, document, wanted)
    if shown is None:
        return None
    forgery.sign()
    return f"{document['file']}, page {shown[0] + 1}: {shown[1]!r} shown as {shown[2]!r}"


def _show_other(forgery: Forgery, document: dict[str, Any], wanted: str) -> tuple[int, str, str] | None:
    """Show another sign in the place of one on a page; the page, the one and the other."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(forgery.folder / document["file"]))
    number = forgery.dice.randrange(len(writer.pages))
    page = writer.pages[number]
    content, glyphs = _glyphs(page)
    choices = [
        (glyph, sorted(set(filter(re.compile(wanted).match, glyph.codes)) - {glyph.sign}))
        for glyph in glyphs
        if re.match(wanted, glyph.sign)
    ]
    choices = [(glyph, others) for glyph, others in choices if others]
    if not choices:
        return None
    glyph, others = forgery.dice.choice(choices)
    other = forgery.dice.choice(others)
    _draw(writer, page, content[: glyph.start] + glyph.codes[other].encode() + content[glyph.start + 4 :])
    _save(forgery, document["file"], writer)
    return number, glyph.sign, other


def _swap_texts(forgery: Forgery) -> str | None:
    """Exchange two texts of a page, as two columns of a table, that read otherwise."""
    from pypdf import PdfReader, PdfWriter

    document = forgery.document()
    before = (forgery.folder / document["file"]).read_bytes()
    writer = PdfWriter(clone_from=PdfReader(BytesIO(before)))
    number = forgery.dice.randrange(len(writer.pages))
    page: Any = writer.pages[number]
    content = page.get_contents().get_data()
    texts = re.finditer(rb"\[[^\]]*\] ?TJ", content)
    pairs = [(a, b) for a, b in pairwise(texts) if a[0] != b[0] and max(len(a[0]), len(b[0])) < 60]
    if not pairs:
        return None
    first, second = forgery.dice.choice(pairs)
    changed = b"".join(
        (content[: first.start()], second[0], content[first.end() : second.start()], first[0], content[second.end() :])
    )
    _draw(writer, page, changed)
    _save(forgery, document["file"], writer)
    if page_texts((forgery.folder / document["file"]).read_bytes()) == page_texts(before):  # a dash and a dash
        (forgery.folder / document["file"]).write_bytes(before)
        return None
    forgery.sign()
    return f"{document['file']}, page {number + 1}: two texts exchanged"


def _move_page(forgery: Forgery) -> str | None:
    """Put a page of another document in the place of one, or leave one out, or print one twice."""
    from pypdf import PdfReader, PdfWriter

    document, other = forgery.document(), forgery.document()
    pages = list(PdfReader(forgery.folder / document["file"]).pages)
    strangers = list(PdfReader(forgery.folder / other["file"]).pages)
    how = forgery.dice.choice(["replaced", "left out", "doubled"])
    at = forgery.dice.randrange(len(pages))
    if how == "replaced":
        if document["number"] == other["number"]:
            return None
        pages[at] = forgery.dice.choice(strangers)
    else:
        pages[at : at + 1] = [] if how == "left out" else [pages[at], pages[at]]
    writer = PdfWriter()
    for page in pages:
        writer.add_page(page)
    _save(forgery, document["file"], writer)
    manifest = forgery.manifest()
    next(one for one in _printed(manifest) if one["number"] == document["number"])["pages"] = len(pages)
    forgery.sign(manifest)
    return f"{document['file']}: page {at + 1} {how}"


def _draw(writer: Any, page: Any, content: bytes) -> None:
    """Let a page draw other content."""
    from pypdf.generic import DecodedStreamObject, NameObject

    stream = DecodedStreamObject()
    stream.set_data(content)
    page[NameObject("/Contents")] = writer._add_object(stream)  # it has no public way to add a stream


def _save(forgery: Forgery, name: str, writer: Any) -> None:
    held = BytesIO()
    writer.write(held)
    (forgery.folder / name).write_bytes(held.getvalue())


def change_digit(forgery: Forgery) -> str | None:
    """Another digit on a page."""
    return _change_sign(forgery, r"\d")


def change_letter(forgery: Forgery) -> str | None:
    """Another letter on a page."""
    return _change_sign(forgery, r"[A-Za-z]")


# --- evidence ---------------------------------------------------------------------------------------------------------


def _leaves(value: Any, kind: Callable[[Any], bool]) -> Iterator[tuple[Any, Any]]:
    """Yield the container and the key of each leaf of a kind."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        if kind(one):
            yield value, key
        else:
            yield from _leaves(one, kind)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def change_number(forgery: Forgery) -> str | None:
    """Another number in the evidence."""
    return _change_leaf(forgery, _is_number, lambda value: value + 1 if isinstance(value, int) else value * 0.9 + 0.01)


def change_text(forgery: Forgery) -> str | None:
    """Another digit in a text of the evidence: an id, a date, a digest."""
    return _change_leaf(forgery, lambda v: isinstance(v, str) and bool(re.search(r"\d", v)), _other_digit)


def _other_digit(text: str) -> str:
    return re.sub(r"\d", lambda match: str((int(match[0]) + 1) % 10), text, count=1)


def _change_leaf(forgery: Forgery, kind: Callable[[Any], bool], change: Callable[[Any], Any]) -> str | None:
    name = forgery.evidence()
    value = forgery.read(name)
    leaves = list(_leaves(value, kind))
    if not leaves:
        return None
    holder, key = forgery.dice.choice(leaves)
    before = holder[key]
    holder[key] = change(before)
    forgery.write(name, value)
    forgery.sign()
    return f"{name}: {str(before)[:40]!r} at {key!r} is {str(holder[key])[:40]!r}"


def remove_evidence(forgery: Forgery) -> str | None:
    """A file of evidence left out, and out of the manifest."""
    manifest = forgery.manifest()
    name = forgery.dice.choice(sorted(manifest["evidence"]))
    (forgery.folder / name).unlink()
    del manifest["evidence"][name]
    forgery.sign(manifest)
    return f"{name} left out"


def age_evidence(forgery: Forgery) -> str | None:
    """Evidence of another commit in the place of a file."""
    name = forgery.evidence()
    value = forgery.read(name)
    if not isinstance(value, dict) or "source" not in value:
        return None
    value["source"]["commit"] = hashlib.sha1(value["source"]["commit"].encode(), usedforsecurity=False).hexdigest()
    forgery.write(name, value)
    forgery.sign()
    return f"{name}: of another commit"


def change_score(forgery: Forgery) -> str | None:
    """Another score of an image."""
    names = sorted(name for name in forgery.manifest()["evidence"] if name.endswith(".csv"))
    if not names:
        return None
    name = forgery.dice.choice(names)
    lines = (forgery.folder / name).read_text().splitlines()
    at = forgery.dice.randrange(1, len(lines))
    cells = lines[at].split(",")
    cells[3] = repr(1 - float(cells[3])) if cells[3] else "0.5"
    lines[at] = ",".join(cells)
    (forgery.folder / name).write_text("\n".join(lines) + "\n")
    forgery.sign()
    return f"{name}, line {at + 1}: another score"


# --- ledger, manifest, files ------------------------------------------------------------------------------------------


def change_ledger(forgery: Forgery) -> str | None:
    """A ledger that says otherwise of a claim, or leaves it out."""
    document = forgery.document()
    name = forgery.ledger(document)
    ledger = forgery.read(name)
    if not ledger["claims"]:
        return None
    at = forgery.dice.randrange(len(ledger["claims"]))
    claim, how = ledger["claims"][at], forgery.dice.choice(["text", "value", "pointer", "pages", "dropped"])
    if how == "text":
        claim["text"] = _other_digit(claim["text"])
    elif how == "value":
        claim["value"] = f"{claim['value']}0"
    elif how == "pointer":
        claim["pointer"] += "/x"
    elif how == "pages":
        claim["pages"] = [*claim["pages"], 10_000]
    else:
        ledger["claims"].pop(at)
    forgery.write(name, ledger)
    forgery.sign()
    return f"{name}, claim {at}: {how}"


def change_manifest(forgery: Forgery) -> str | None:
    """A manifest that says otherwise of the package."""
    manifest = forgery.manifest()
    how = forgery.dice.choice(["count", "state", "banner", "release", "commit", "pages", "title"])
    if how == "count":
        name = forgery.dice.choice([name for name, value in manifest["counts"].items() if value is not None])
        manifest["counts"][name] += 1
    elif how == "state":
        manifest["state"] = "candidate"
    elif how == "banner":
        manifest["banners"] = ["APPROVED"]
    elif how == "release":
        manifest["release"]["digest"] = _other_digit(manifest["release"]["digest"])
    elif how == "commit":
        manifest["commit"] = _other_digit(manifest["commit"])
    else:
        document = forgery.dice.choice(_printed(manifest))
        document[how] = document[how] + 1 if how == "pages" else document[how] + " (final)"
    forgery.sign(manifest)
    return f"manifest.json: another {how}"


def change_files(forgery: Forgery) -> str | None:
    """A file more, a file less, a file of another name, a document in the place of another."""
    document, other = forgery.document(), forgery.document()
    path = forgery.folder / document["file"]
    how = forgery.dice.choice(["added", "removed", "renamed", "exchanged"])
    if how == "added":
        (forgery.folder / "note.pdf").write_bytes(path.read_bytes())
    elif how == "removed":
        path.unlink()
    elif how == "renamed":
        path.rename(path.with_name(f"copy-{path.name}"))
    elif document["number"] == other["number"]:
        return None
    else:
        shutil.copy(forgery.folder / other["file"], path)
    forgery.sign()
    return f"{document['file']} {how}"


def change_alike(forgery: Forgery) -> str | None:
    """A ledger in which a figure reads otherwise, as claim and on each of its pages."""
    document = forgery.document()
    name = forgery.ledger(document)
    ledger = forgery.read(name)
    claims = [n for n, one in enumerate(ledger["claims"]) if _is_number(one["value"]) and "?" not in one["pointer"]]
    if not claims:
        return None
    at = forgery.dice.choice(claims)
    claim = ledger["claims"][at]
    other = _other_digit(claim["text"])
    for page in ledger["pages"]:
        for run in page:
            if run[1] == at:
                run[0] = run[0].replace(claim["text"], other)
    claim["text"] = other
    forgery.write(name, ledger)
    forgery.sign()
    return f"{name}: claim {at} and its pages read {other!r}"


def hide_digit(forgery: Forgery) -> str | None:
    """Another digit on a page, and a ledger that reads so too and calls the text no claim."""
    document = forgery.document()
    name = forgery.ledger(document)
    before = page_texts((forgery.folder / document["file"]).read_bytes())
    shown = _show_other(forgery, document, r"\d")
    if shown is None:
        return None
    page, _, other = shown
    after = page_texts((forgery.folder / document["file"]).read_bytes())[page]
    at = next((n for n, (a, b) in enumerate(zip(before[page], after, strict=False)) if a != b), None)
    if at is None:
        return None
    ledger, why = forgery.read(name), forgery.dice.choice(["structure", "record", "scale"])
    run = _run_at(ledger["pages"][page], at, other)
    run[1:] = [None, why]
    _forget_unprinted(ledger)
    forgery.write(name, ledger)
    forgery.sign()
    return f"{document['file']}, page {page + 1}: {run[0][:40]!r}, called {run[2]} in {name}"


def _run_at(said: list[Any], at: int, other: str) -> list[Any]:
    """The stretch of a page in which its sign of this number stands, with another in its place."""
    for run in said:
        signs = [n for n, sign in enumerate(run[0]) if squeeze(sign)]
        if at < len(signs):
            run[0] = run[0][: signs[at]] + other + run[0][signs[at] + 1 :]
            found: list[Any] = run
            return found
        at -= len(signs)
    raise LookupError("the page prints more than its ledger has")


def _forget_unprinted(ledger: dict[str, Any]) -> None:
    """Let the ledger hold the claims that its pages print, with their pages, and no other."""
    on: dict[int, list[int]] = {}
    for page, said in enumerate(ledger["pages"], start=1):
        for claim in sorted({run[1] for run in said if run[1] is not None}):
            on.setdefault(claim, []).append(page)
    numbers = {old: new for new, old in enumerate(sorted(on))}
    ledger["claims"] = [{**ledger["claims"][old], "pages": on[old]} for old in numbers]
    for run in (run for said in ledger["pages"] for run in said if run[1] is not None):
        run[1] = numbers[run[1]]


def move_claims(forgery: Forgery) -> str | None:
    """Two figures of a page in each other's place, on the page and in its ledger, each with its claim."""
    from pypdf import PdfReader, PdfWriter

    document = forgery.document()
    name, file = forgery.ledger(document), forgery.folder / document["file"]
    ledger, before = forgery.read(name), file.read_bytes()
    page = forgery.dice.randrange(len(ledger["pages"]))
    runs = [
        n for n, run in enumerate(ledger["pages"][page])
        if run[1] is not None and re.fullmatch(r"\d\.\d{3}", run[0])
    ]  # fmt: skip
    pairs = [(a, b) for a, b in pairwise(runs) if ledger["pages"][page][a][0] != ledger["pages"][page][b][0]]
    if not pairs:
        return None
    first, second = (ledger["pages"][page][n] for n in forgery.dice.choice(pairs))
    writer = PdfWriter(clone_from=PdfReader(BytesIO(before)))
    content, glyphs = _glyphs(writer.pages[page])
    shown = "".join(glyph.sign for glyph in glyphs)
    at = shown.find(first[0])
    other = shown.find(second[0], at + len(first[0]))
    drawn = [*zip(glyphs[at:], second[0], strict=False), *zip(glyphs[other:], first[0], strict=False)]
    if at < 0 or other < 0 or any(sign not in glyph.codes for glyph, sign in drawn):
        return None
    for glyph, sign in drawn:
        content = content[: glyph.start] + glyph.codes[sign].encode() + content[glyph.start + 4 :]
    _draw(writer, writer.pages[page], content)
    _save(forgery, document["file"], writer)
    said = f"{document['file']}, page {page + 1}: {first[0]} and {second[0]} in each other's place"
    first[:], second[:] = [*second], [*first]
    if page_texts(file.read_bytes())[page] != squeeze("".join(run[0] for run in ledger["pages"][page])):
        file.write_bytes(before)  # others that read so were exchanged
        return None
    forgery.write(name, ledger)
    forgery.sign()
    return said


def change_said(forgery: Forgery) -> str | None:
    """Another letter in a text file."""
    name = forgery.dice.choice(sorted(forgery.manifest()["text"]))
    text = forgery.read(name)
    blocks = [block for block in text["blocks"] if re.search(r"[a-z]", block.get("text", ""))]
    if not blocks:
        return None
    block = forgery.dice.choice(blocks)
    at = forgery.dice.choice([match.start() for match in re.finditer(r"[a-z]", block["text"])])
    block["text"] = f"{block['text'][:at]}{'x' if block['text'][at] != 'x' else 'y'}{block['text'][at + 1 :]}"
    forgery.write(name, text)
    forgery.sign()
    return f"{name}: {block['text'][:60]!r}"


ATTACKS: dict[str, Attack] = {
    "a digit on a page": change_digit,
    "a letter on a page": change_letter,
    "two texts of a page exchanged": _swap_texts,
    "a page replaced, left out or doubled": _move_page,
    "a number in the evidence": change_number,
    "a digit in a text of the evidence": change_text,
    "a file of evidence left out": remove_evidence,
    "evidence of another commit": age_evidence,
    "a score of an image": change_score,
    "a digit on a page, as no claim in its ledger": hide_digit,
    "two figures exchanged, on a page and in its ledger": move_claims,
    "a claim in a ledger": change_ledger,
    "a claim in a ledger and its pages there": change_alike,
    "a letter in a text file": change_said,
    "the manifest": change_manifest,
    "files added, removed, renamed, exchanged": change_files,
}
"""Every kind of attack, by what it changes."""


def attack(folder: Path, times: int, seed: int) -> Iterator[Tried]:
    """Attack a package so many times, the kinds in turn; yield what became of each."""
    dice = random.Random(seed)  # noqa: S311  dice, not secrets
    kinds = list(ATTACKS)
    done = 0
    while done < times:
        kind = kinds[done % len(kinds)]
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch) / "package"
            shutil.copytree(folder, copy)
            what = next((said for said in (ATTACKS[kind](Forgery(copy, dice)) for _ in range(20)) if said), None)
            if what is not None:
                findings = audit(copy).findings
                yield Tried(kind, what, findings[0].code if findings else "")
        done += 1


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
