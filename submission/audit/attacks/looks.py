"""Pages that show other than their text says: the text is as it was, what a reader sees is not."""

from __future__ import annotations

import re
from collections.abc import Callable

from submission.audit.attacks.editing import Edited
from submission.audit.attacks.forgery import Attack, Forgery
from submission.audit.attacks.signs import draw, opened, save
from submission.audit.names import printed

TEXT = re.compile(rb"1 0 0 -1 ([\d.]+) ([\d.]+) Tm\n/([A-Z]{6}) ([\d.]+) Tf\n(\[(?:<[0-9a-f]*>-?[\d.]*)+\] TJ)")
"""A text that is shown in the flow: its place, font, size and signs."""
CURVE = re.compile(rb"(?:[\d.]+ [\d.]+ [ml]\n){8,}S\n")
BAR = re.compile(rb"([\d.]+ [\d.]+ [\d.]+ )([\d.]+)( re\nf\n)")
PALE = 0.8
FEW = 3
"""Boxes that make bars; fewer could be the grounds of a plan."""
Change = Callable[[Forgery, Edited, int], str | None]
"""Changes a page of a document and says how; None if the page has nothing of the kind."""


def on_page(change: Change) -> Attack:
    """An attack that changes a page by chance."""

    def attack(forgery: Forgery) -> str | None:
        document = forgery.document()
        edited = opened(forgery, document)
        number = forgery.dice.randrange(len(edited.pages()))
        said = change(forgery, edited, edited.pages()[number])
        if said is None:
            return None
        save(forgery, document["file"], edited)
        forgery.sign()
        return f"{document['file']}, page {number + 1}: {said}"

    attack.__doc__ = change.__doc__
    return attack


def _text(forgery: Forgery, edited: Edited, page: int) -> tuple[bytes, re.Match[bytes]] | None:
    """What a page draws, and a text of it that shows a figure."""
    content = edited.streams[edited.content(page)]
    signs = {font: {code: sign for sign, code in codes.items()} for font, codes in edited.codes(page).items()}
    found = [
        match
        for match in TEXT.finditer(content)
        if any(
            signs.get(match[3].decode(), {}).get(code.decode(), "").isdigit()
            for code in re.findall(rb"(?<=<)[0-9a-f]{4}", match[5])
        )
    ]
    return (content, forgery.dice.choice(found)) if found else None


def hide_text(forgery: Forgery, edited: Edited, page: int) -> str | None:
    """A figure that is read and not seen: white, without ink, faint, tiny, off the page, cut off, turned over."""
    found = _text(forgery, edited, page)
    if found is None:
        return None
    content, match = found
    how = forgery.dice.choice(["white", "no ink", "faint", "tiny", "off the page", "cut off", "mirrored"])
    shown = match[0]
    if how == "white":
        shown = b"1 1 1 rg\n" + shown + b"\n0 0 0 rg"
    elif how == "no ink":
        shown = shown.replace(match[5], b"3 Tr\n" + match[5] + b"\n0 Tr")
    elif how == "faint":
        shown = b"0.94 0.95 0.96 rg\n" + shown + b"\n0 0 0 rg"
    elif how == "tiny":
        shown = shown.replace(b" " + match[4] + b" Tf", b" 0.1 Tf")
    elif how == "off the page":
        shown = shown.replace(match[2] + b" Tm", b"4000 Tm")
    elif how == "mirrored":
        shown = shown.replace(b"1 0 0 -1", b"-1 0 0 -1")
    elif how == "cut off":
        start = content.rfind(b"BT\n", 0, match.start())
        draw(edited, page, content[:start] + b"0 0 1 1 re\nW\nn\n" + content[start:])
        return f"{how}, from {_place(match)} on"
    draw(edited, page, content[: match.start()] + shown + content[match.end() :])
    return f"{how}, at {_place(match)}"


def cover_text(forgery: Forgery, edited: Edited, page: int) -> str | None:
    """A figure with something over it: a box of paper, a line, a part of a page, a picture; a sign that is drawn."""
    found = _text(forgery, edited, page)
    if found is None:
        return None
    content, match = found
    x, y, size = float(match[1]), float(match[2]), float(match[4])
    how = forgery.dice.choice(["box", "line", "part", "picture", "drawn sign", "round box"])
    box = f"{x:g} {y - size:g} {size * 3:g} {size * 1.3:g}"
    over = f"1 1 1 rg\n{box} re\nf"
    if how == "line":
        over = f"{size:g} w\n1 1 1 RG\n{x:g} {y - size / 3:g} m\n{x + 3 * size:g} {y - size / 3:g} l\nS"
    elif how == "round box":
        over = (
            f"1 1 1 rg\n{x:g} {y:g} m\n"
            + f"{x:g} {y - 2 * size:g} {x + size:g} {y - 2 * size:g} {x + 4 * size:g} {y:g} c\nf"
        )
    elif how == "drawn sign":  # a stroke beside a figure, as if it had one digit more
        over = f"0.1 0.15 0.2 rg\n{x - 2.4:g} {y - 0.7 * size:g} 1.1 {0.7 * size:g} re\nf"
    elif how in ("part", "picture"):
        resources = edited.number(page, b"/Resources")
        left, top, wide, high = box.split()
        if how == "part":
            bounds = f"[{left} {top} {float(left) + float(wide)} {float(top) + float(high)}]"
            told = f"<</Type /XObject/Subtype /Form/BBox {bounds}/Resources "
            part = told + f"{resources} 0 R/Group <</Type /Group/S /Transparency/I true/CS [/ICCBased 3 0 R]>>>>"
            number = edited.add(part.encode(), f"q\n1 1 1 rg\n{box} re\nf\nQ".encode())
            over = "/x90000 Do"
        else:
            told = "<</Type /XObject/Subtype /Image/Width 1/Height 1/ColorSpace /DeviceGray/BitsPerComponent 8>>"
            number = edited.add(told.encode(), b"\xff")
            over = f"q\n{wide} 0 0 {high} {left} {top} cm\n/x90000 Do\nQ"
        edited.replace(resources, b"/XObject <<", f"/XObject <</x90000 {number} 0 R".encode())
    end = content.rindex(b"Q", 0)
    draw(edited, page, content[:end] + over.encode() + b"\n" + content[end:])
    return f"{how} over {_place(match)}"


def crop_page(forgery: Forgery, edited: Edited, page: int) -> str | None:
    """A page that is cropped, turned, or of another size than it says."""
    how, old, new = forgery.dice.choice((
        ("a smaller page", b"/MediaBox [0 0 ", b"/MediaBox [0 300 "),
        ("a box that crops", b"/TrimBox", b"/CropBox [0 400 612 792]/TrimBox"),
        ("a box that trims", b"/TrimBox [0 0", b"/TrimBox [0 400"),
        ("turned", b"/TrimBox", b"/Rotate 180/TrimBox"),
        ("in units of its own", b"/TrimBox", b"/UserUnit 9/TrimBox"),
    ))  # fmt: skip
    edited.replace(page, old, new)
    return how


def hide_in_layer(forgery: Forgery, edited: Edited, page: int) -> str | None:
    """A figure in a layer that is not shown."""
    found = _text(forgery, edited, page)
    if found is None:
        return None
    content, match = found
    layer = edited.add(b"<</Type /OCG/Name (x)>>")
    resources = edited.number(page, b"/Resources")
    edited.replace(resources, b"/Pattern <<>>", f"/Properties <</o {layer} 0 R>>/Pattern <<>>".encode())
    told = f"/OCProperties <</OCGs [{layer} 0 R]/D <</OFF [{layer} 0 R]>>>>/Lang"
    edited.replace(edited.root, b"/Lang", told.encode())
    shown = b"/OC /o BDC\n" + match[0] + b"\nEMC"
    draw(edited, page, content[: match.start()] + shown + content[match.end() :])
    return f"in a layer that is off, at {_place(match)}"


def exchange_glyphs(forgery: Forgery, edited: Edited, _: int) -> str | None:
    """Two digits in each other's place within a font: their outlines, or how glyphs are read or found."""
    font = forgery.dice.choice(edited.fonts())
    drawn = _follow(edited, font, b"/DescendantFonts [")
    described = _follow(edited, drawn, b"/FontDescriptor ")
    read, glyphs = _follow(edited, font, b"/ToUnicode "), _follow(edited, described, b"/FontFile2 ")
    digits = [
        (int(code, 16), sign) for code, sign in re.findall(rb"<([0-9a-f]{4})> <(003[0-9])>\n", edited.streams[read])
    ]
    if len(digits) < 2:
        return None
    (one, as_one), (other, as_other) = forgery.dice.sample(digits, 2)
    how = forgery.dice.choice(["outlines", "places", "reading"])
    if how == "places":
        table = bytearray(b"".join(n.to_bytes(2) for n in range(2000)))
        table[2 * one : 2 * one + 2], table[2 * other : 2 * other + 2] = other.to_bytes(2), one.to_bytes(2)
        number = edited.add(b"<<>>", bytes(table))
        edited.replace(drawn, b"/CIDToGIDMap /Identity", f"/CIDToGIDMap {number} 0 R".encode())
    elif how == "outlines":
        edited.streams[glyphs] = _exchanged(edited.streams[glyphs], one, other)
    else:  # text codes exchanged on every page, and read as before
        pairs = {b"%04x" % one: b"%04x" % other, b"%04x" % other: b"%04x" % one}
        edited.streams[read] = re.sub(
            rb"<([0-9a-f]{4})> ", lambda match: b"<" + pairs.get(match[1], match[1]) + b"> ", edited.streams[read]
        )
        name = _name_of(edited, font)
        for each in edited.pages():
            draw(edited, each, _recoded(edited.streams[edited.content(each)], name, pairs))
    return f"{how} of {chr(int(as_one, 16))} and {chr(int(as_other, 16))} in each other's place"


def _follow(edited: Edited, number: int, key: bytes) -> int:
    return int(edited.objects[number].partition(key)[2].split()[0])


def _name_of(edited: Edited, font: int) -> bytes:
    fonts = next(raw for raw in edited.objects.values() if re.match(rb"<<(?:/[A-Z]{6} \d+ 0 R)+>>$", raw))
    found: list[tuple[bytes, bytes]] = re.findall(rb"/([A-Z]{6}) (\d+) 0 R", fonts)
    return next(name for name, number in found if int(number) == font)


def _recoded(content: bytes, name: bytes, pairs: dict[bytes, bytes]) -> bytes:
    """A page whose texts in a font have two codes exchanged."""
    font, lines = b"", []
    for line in content.split(b"\n"):
        if line.endswith(b" Tf"):
            font = line[1:7]
        elif line.endswith(b"TJ") and font == name:
            line = re.sub(
                rb"<((?:[0-9a-f]{4})+)>",
                lambda match: b"<" + b"".join(pairs.get(each, each) for each in re.findall(rb"....", match[1])) + b">",
                line,
            )
        lines.append(line)
    return b"\n".join(lines)


def _exchanged(font: bytes, one: int, other: int) -> bytes:
    """A font (TrueType) in which two glyphs have each other's outlines."""
    tables = {font[at : at + 4]: at for at in range(12, 12 + 16 * int.from_bytes(font[4:6]), 16)}
    place = {name: int.from_bytes(font[at + 8 : at + 12]) for name, at in tables.items()}
    wide = int.from_bytes(font[place[b"head"] + 50 : place[b"head"] + 52])
    size = 4 if wide else 2
    at = [place[b"loca"] + size * n for n in (one, other)]
    start = [int.from_bytes(font[a : a + size]) for a in at]
    end = [int.from_bytes(font[a + size : a + 2 * size]) for a in at]
    scale = 1 if wide else 2
    first, second = (
        font[place[b"glyf"] + a * scale : place[b"glyf"] + b * scale] for a, b in zip(start, end, strict=True)
    )
    changed = bytearray(font)
    for begins, room, glyph in ((start[0], len(first), second), (start[1], len(second), first)):
        where = place[b"glyf"] + begins * scale
        changed[where : where + min(room, len(glyph))] = glyph[:room]
    return bytes(changed)


def move_texts(forgery: Forgery, edited: Edited, page: int) -> str | None:
    """Two figures of a page drawn in each other's place, read as before; or a sign within one."""
    found = _text(forgery, edited, page)
    if found is None:
        return None
    content, match = found
    if forgery.dice.choice([True, False]) and match[5].count(b">0<") > 2:
        shown = match[5].replace(b">0<", b">-2400<", 1).replace(b">0<", b">2900<", 1)
        draw(edited, page, content[: match.start(5)] + shown + content[match.end(5) :])
        return f"a sign drawn elsewhere, at {_place(match)}"
    others = [one for one in TEXT.finditer(content) if one[2] == match[2] and one[1] != match[1] and one[5] != match[5]]
    if not others:
        return None
    first, second = sorted((match, forgery.dice.choice(others)), key=lambda one: one.start())
    changed = b"".join((
        content[: first.start(1)], second[1], b" ", second[2], content[first.end(2) : second.start(1)],
        first[1], b" ", first[2], content[second.end(2) :],
    ))  # fmt: skip
    draw(edited, page, changed)
    return f"{_place(first)} and {_place(second)} in each other's place"


def redraw(forgery: Forgery) -> str | None:
    """A drawing that shows other values: a curve bent or moved as a whole, a curve more, a bar of another height."""
    documents = printed(forgery.manifest())
    forgery.dice.shuffle(documents)
    for document in documents:
        edited = opened(forgery, document)
        pages = list(enumerate(edited.pages(), start=1))
        forgery.dice.shuffle(pages)
        for number, page in pages:
            if said := _redraw(forgery, edited, page):
                save(forgery, document["file"], edited)
                forgery.sign()
                return f"{document['file']}, page {number}: {said}"
    return None


def _redraw(forgery: Forgery, edited: Edited, page: int) -> str | None:
    content = edited.streams[edited.content(page)]
    curves, bars = [*CURVE.finditer(content)], _bars(content)
    if curves and (not bars or forgery.dice.random() < 0.7):
        match = forgery.dice.choice(curves)
        how = forgery.dice.choice(["bent", "moved", "doubled"])
        points = re.findall(rb"([\d.]+) ([\d.]+) ([ml])\n", match[0])
        changed = b"".join(
            b"%s %.4f %s\n" % (x, _bent(float(y), n / len(points), how), way) for n, (x, y, way) in enumerate(points)
        )
        kept = match[0] if how == "doubled" else b""
        draw(edited, page, content[: match.start()] + kept + changed + b"S\n" + content[match.end() :])
        return f"a curve {how}"
    if not bars:
        return None
    match = forgery.dice.choice(bars)
    draw(edited, page, content[: match.start(2)] + b"%g" % (float(match[2]) * 0.6) + content[match.end(2) :])
    return "a bar of another height"


def _bars(content: bytes) -> list[re.Match[bytes]]:
    """The boxes that are filled within drawings and are no thin line."""
    found = []
    for part in re.finditer(rb"/Figure\n.*?\nEMC", content, re.DOTALL):
        boxes = [match for match in BAR.finditer(content, part.start(), part.end()) if 12 < float(match[2]) < 150]
        bars = [match for match in boxes if _is_dark(content[: match.start()])]
        found += bars if len(bars) >= FEW else []
    return found


def _is_dark(before: bytes) -> bool:
    """Whether what is filled next is no pale ground of a row, which shows no value."""
    colour = before.rpartition(b" rg\n")[0].rpartition(b"\n")[2]
    return min(map(float, colour.split()), default=1.0) < PALE


def _bent(y: float, share: float, how: str) -> float:
    return max(1.0, y - 9.0 if how == "moved" else y - 40.0 * share * (1 - share))


def lead_away(forgery: Forgery, edited: Edited, page: int) -> str | None:
    """A document that acts or leads out: a script, an address, a link to nowhere, a note, a field."""
    links = [number for number, raw in edited.objects.items() if raw.startswith(b"<</Type /Annot")]
    how = forgery.dice.choice(["opens", "script", "address", "nowhere", "note", "acts on a page"])
    if how in ("address", "nowhere", "note") and not links:
        return None
    if how == "opens":
        edited.replace(edited.root, b"/Lang", b"/OpenAction <</S /URI/URI (http://example.org)>>/Lang")
    elif how == "script":
        edited.replace(edited.root, b"/Lang", b"/AA <</WC <</S /JavaScript/JS (app.alert\\(1\\))>>>>/Lang")
    elif how == "acts on a page":
        edited.replace(page, b"/Tabs", b"/AA <</O <</S /URI/URI (http://example.org)>>>>/Tabs")
    else:
        link = forgery.dice.choice(links)
        raw = edited.objects[link]
        edited.objects[link] = {
            "address": re.sub(rb"/Dest \([^)]*\)", b"/A <</S /URI/URI (http://example.org)>>", raw),
            "nowhere": re.sub(rb"\(([^)]*)\)/Dest \([^)]*\)", rb"(\1x)/Dest (\1x)", raw),
            "note": raw.replace(b"/Subtype /Link", b"/Subtype /FreeText/DA (/F 9 Tf)"),
        }[how]
    return how


def rename(forgery: Forgery, edited: Edited, _: int) -> str | None:
    """Another title, subject, day or bookmark than the pages have."""
    how = forgery.dice.choice(["title", "subject", "day", "bookmark"])
    marks = [number for number, raw in edited.objects.items() if raw.startswith(b"<</Title ")]
    if how == "bookmark":
        if not marks:
            return None
        edited.replace(forgery.dice.choice(marks), b"<</Title (", b"<</Title (NOW ")
    elif how == "title":
        edited.replace(edited.info, b"/Title (", b"/Title (Approved: ")
    elif how == "subject":
        edited.replace(edited.info, b"/Subject (", b"/Subject (APPROVED ")
    else:
        edited.replace(edited.info, b"/ModDate (D:20", b"/ModDate (D:19")
    return f"another {how}"


def revise(forgery: Forgery) -> str | None:
    """A document with a later revision behind its end, or bytes that nothing accounts for."""
    document = forgery.document()
    path = forgery.folder / document["file"]
    content = path.read_bytes()
    how = forgery.dice.choice(["a revision", "bytes behind the end", "bytes before the table", "an object more"])
    if how == "a revision":
        edited = opened(forgery, document)
        page = forgery.dice.choice(edited.pages())
        number = edited.content(page)
        place = len(content)
        content += b"%d 0 obj\n<</Length 0>>\nstream\n\nendstream\nendobj\n" % number
        table = len(content)
        told = b"xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size %d/Root %d 0 R/Prev %s>>\nstartxref\n%d\n%%%%EOF\n"
        before = path.read_bytes().rsplit(b"startxref\n")[-1].split()[0]
        content += told % (number, place, max(edited.objects) + 3, edited.root, before, table)
    elif how == "bytes behind the end":
        content += b"% approved\n"
    elif how == "bytes before the table":
        content = content.replace(b"startxref", b"% approved\nstartxref")
    else:
        edited = opened(forgery, document)
        edited.add(b"<</Type /Sig/Reason (approved)>>")
        content = edited.written()
    path.write_bytes(content)
    forgery.sign()
    return f"{document['file']}: {how}"


def _place(match: re.Match[bytes]) -> str:
    return f"{match[1].decode()} {match[2].decode()}"


LOOKS: dict[str, Attack] = {
    "a figure that is read and not seen": on_page(hide_text),
    "a figure covered, or drawn upon": on_page(cover_text),
    "a page cropped or turned": on_page(crop_page),
    "a figure in a layer that is off": on_page(hide_in_layer),
    "glyphs exchanged in a font": on_page(exchange_glyphs),
    "figures drawn in each other's place": on_page(move_texts),
    "a curve or a bar drawn otherwise": redraw,
    "an action, a foreign link, a note": on_page(lead_away),
    "a title, a day or a bookmark": on_page(rename),
    "a revision or an object behind a document": revise,
}
"""Attacks on what a page shows; its text is as it was."""
