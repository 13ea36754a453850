"""What a document holds beside its pages changed: metadata, where links lead, the order in which it is read aloud."""

from __future__ import annotations

import re

from submission.audit.attacks.editing import Edited
from submission.audit.attacks.forgery import Attack, Forgery
from submission.audit.attacks.looks import on_page
from submission.audit.attacks.signs import draw, glyphs_of

SIZE = re.compile(rb"/[A-Z]{6} ([\d.]+) Tf")
LEAST = 3
"""Pages of a document that tell how a banner looks, if one shows it otherwise."""
ROW = re.compile(rb"/K (\[[^\]]*\])")


def change_metadata(forgery: Forgery, edited: Edited, _: int) -> str | None:
    """Another field of what a document says of itself to machines: author, day, a field more, colors, attachments."""
    how = forgery.dice.choice(["author", "day", "a field more", "colours", "what is attached", "identity"])
    home = edited.number(edited.root, b"/Metadata")
    told = edited.streams[home]
    if how == "author":
        author = re.search(rb"/Author \(([^)]*)\)", edited.objects[edited.info])
        if author is None:
            return None
        edited.replace(edited.info, author[0], b"/Author (FDA)")
        edited.streams[home] = told.replace(b">%s</rdf:li></rdf:Seq>" % author[1], b">FDA</rdf:li></rdf:Seq>", 1)
    elif how == "day":
        edited.streams[home] = re.sub(rb"(<xmp:(?:Create|Modify)Date>)\d{4}", rb"\g<1>2020", told)
    elif how == "a field more":
        more = b'<rdf:Description rdf:about=""><pdf:Keywords>APPROVED</pdf:Keywords></rdf:Description></rdf:RDF>'
        edited.streams[home] = told.replace(b"</rdf:RDF>", more, 1)
    elif how == "colours":
        profile = edited.number(edited.root, b"/DestOutputProfile")
        edited.streams[profile] = edited.streams[profile][:-1] + bytes([edited.streams[profile][-1] ^ 1])
    elif how == "what is attached":
        held = [number for number, raw in edited.objects.items() if raw.startswith(b"<</Type /Filespec")]
        if not held:
            return None
        edited.replace(forgery.dice.choice(held), b"/Desc (", b"/Desc (Approved. ")
    else:
        edited.identity = b"[(approved) (approved)]"
    return f"other metadata: {how}"


def fade_banner(forgery: Forgery, edited: Edited, page: int) -> str | None:
    """A banner in smaller letters on one page, where it can still be read."""
    content, glyphs = glyphs_of(edited, page)
    banner = forgery.dice.choice(forgery.manifest()["banners"] or [""])
    at = "".join(glyph.sign for glyph in glyphs).rfind(banner)
    sizes = [match for match in SIZE.finditer(content) if at >= 0 and match.start() < glyphs[at].start]
    if not sizes or not banner or len(edited.pages()) < LEAST:
        return None
    start, end = sizes[-1].span(1)
    draw(edited, page, content[:start] + b"%.2f" % (float(sizes[-1][1]) * 0.7) + content[end:])
    return f"the banner {banner!r} in smaller letters"


def lead_elsewhere(forgery: Forgery, edited: Edited, _: int) -> str | None:
    """A link to another place, or a place to which links lead on another page."""
    named = re.findall(rb"\(([^\\()]*)\) \[(\d+) 0 R ", edited.objects[edited.root])
    led = {name for raw in edited.objects.values() for name in re.findall(rb"/Dest \(([^\\()]*)\)/Struct", raw)}
    places = [(name, page) for name, page in named if name in led]
    pages = edited.pages()
    if len({page for _, page in places}) < 2:
        return None
    name, page = forgery.dice.choice(places)
    if forgery.dice.choice(["link", "place"]) == "link":
        links = [number for number, raw in edited.objects.items() if b"/Dest (%s)" % name in raw]
        if not links:
            return None
        other = forgery.dice.choice([one for one, held in places if held != page])
        link = forgery.dice.choice(links)
        edited.objects[link] = edited.objects[link].replace(b"(%s)" % name, b"(%s)" % other)
        return f"a link to {name.decode()} leads to {other.decode()}"
    elsewhere = forgery.dice.choice([one for one in pages if one != int(page)])
    edited.replace(edited.root, b"(%s) [%s 0 R" % (name, page), b"(%s) [%d 0 R" % (name, elsewhere))
    return f"the place {name.decode()} is on another page"


def reorder(forgery: Forgery, edited: Edited, page: int) -> str | None:
    """Two cells of a row exchanged in the order in which a page is read aloud, shown as before."""
    here = b"/Pg %d 0 R" % page
    cells = {n for n, raw in edited.objects.items() if raw.startswith(b"<</Type /StructElem/S /TD") and here in raw}
    rows = []
    for number, raw in edited.objects.items():
        kids = re.findall(rb"(\d+) 0 R", match[1]) if (match := ROW.search(raw)) and b"/S /TR" in raw else []
        if len(kids) > 1 and {*map(int, kids)} <= cells:
            rows.append((number, kids))
    if not rows:
        return None
    row, kids = forgery.dice.choice(rows)
    first, second = sorted(forgery.dice.sample(range(len(kids)), 2))
    kids[first], kids[second] = kids[second], kids[first]
    listed = b"/K [" + b" ".join(b"%s 0 R" % kid for kid in kids) + b"]"
    edited.objects[row] = ROW.sub(lambda _: listed, edited.objects[row], count=1)
    return "two cells exchanged as they are read aloud"


BESIDE: dict[str, Attack] = {
    "a field of the metadata": on_page(change_metadata),
    "a link or a place on another page": on_page(lead_elsewhere),
    "a banner in smaller letters on one page": on_page(fade_banner),
    "two cells exchanged as they are read aloud": on_page(reorder),
}
"""Attacks on what no page shows."""
