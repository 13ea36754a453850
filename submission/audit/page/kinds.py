"""The kinds of objects that our documents have, each with its whole form: what is of none is refused.

One line is one kind as WeasyPrint writes it for us: no actions, no scripts, no layers, no pictures, no appearances, no
boxes that crop, no other keys and no key twice. References are checked where they are followed.
"""

from __future__ import annotations

import re

PARTS = {
    "N": r"-?\d+(?:\.\d+)?",
    "I": r"\d+",
    "R": r"\d+ 0 R",
    "S": r"(?:\((?:[^\\()\r]|\\[()\\])*\)|<[0-9a-f]*>)",
    "BOX": r"\[-?[\d.]+ -?[\d.]+ -?[\d.]+ -?[\d.]+\]",
    "TAG": r"[A-Z]{6}",
    "FACE": r"Clearway-(?:Sans(?:-Light|-Semi-Bold|-Italic)?|Mono(?:-Oblique)?)",
    "PLACE": r"\[\d+ 0 R /XYZ -?[\d.]+ -?[\d.]+ 0\]",
    "KIDS": r"\[(?:\d+(?: 0 R)?(?: \d+(?: 0 R)?)*)?\]",
    "REFS": r"\[(?:\d+ 0 R(?: \d+ 0 R)*)?\]",
    "ROLE": "(?:Document|Div|P|H[1-6]|Span|NonStruct|Link|Table|T[HDR]|THead|TBody|TFoot|Caption|L|LI|LBody|Lbl|Figure"
    "|BlockQuote|Sect|Note|Quote|Code|Art|Part)",
    "ALPHAS": r"(?:/[aA][\d.]+ <</(?:ca|CA) [\d.]+>>)*",
    "FORMS": r"(?:/x\d+ \d+ 0 R)*",
    "TEXTS": r"\[\([\d-]+\)(?: \([\d-]+\))*\]",
    "NAMED": r"(?:\([^\\()]*\) \d+ 0 R(?: \([^\\()]*\) \d+ 0 R)*)",
    "FONTS": r"(?:/[A-Z]{6} \d+ 0 R)*",
    "DESTS": r"(?:\([^\\()]*\) \[\d+ 0 R /XYZ -?[\d.]+ -?[\d.]+ 0\](?: (?=\()|(?=\])))*",
    "PARENTS": r"\[(?:\d+ (?:\d+ 0 R|\[(?:\d+ 0 R(?: \d+ 0 R)*)?\])(?: (?=\d)|(?=\])))*\]",
    "WAYS": r"(?:/(?:Prev|Next|Parent|First|Last) \d+ 0 R)*",
    "SPAN": r"\d+ \d+",
    "SPAN3": r"\d+ \d+ \d+",
    "MIME": r"[a-z]+#2f[a-z.+-]+|[a-z/]+",
    "VERSION": r"\d+\.\d+",
    "ABOUT": r"\((?:Each figure of this document: its file, place, value and rule|Evidence: [\w./-]+)\)",
    "BYTES": r"\([0-9a-f]{32}\)",
    "WIDTHS": r"\[(?:\d+ \[\d+(?: \d+)*\](?: \d+ \[\d+(?: \d+)*\])*)?\]",
}
"""What stands in a form between angles: a number, a whole one, a reference, a text and so on."""


def _pattern(form: str) -> re.Pattern[bytes]:
    """A form as a pattern: ‹I› is a part, ‹I name› one with a name; [[…]] may be left out."""

    def part(match: re.Match[str]) -> str:
        kind, _, name = match[1].partition(" ")
        if kind == "R" and name:
            return rf"(?P<{name}>\d+) 0 R"
        return f"(?P<{name}>{PARTS[kind]})" if name else f"(?:{PARTS[kind]})"

    whole = re.escape(form).replace(r"\[\[", "(?:").replace(r"\]\]", ")?").replace(r"\ ", " ")
    return re.compile(re.sub(r"‹(.*?)›", part, whole).encode("latin-1"), re.DOTALL)


KINDS = {
    kind: _pattern(form)
    for kind, form in {
        "element": "<</Type /StructElem/S /‹ROLE›/K ‹KIDS›[[/Pg ‹R›]]/P ‹R›>>",
        "cell": "<</Type /StructElem/S /‹ROLE›/K ‹KIDS›/Pg ‹R›/P ‹R›/A <</O /Table[[/ColSpan ‹I›]][[/RowSpan ‹I›]]"
        "[[/Headers ‹TEXTS›]]>>[[/ID ‹S›]]>>",
        "figure": "<</Type /StructElem/S /Figure/K ‹KIDS›/Pg ‹R›/P ‹R›/A <</O /Layout/BBox ‹BOX›>>/Alt ‹S alternate›>>",
        "link": "<</Type /Annot/Subtype /Link/Rect ‹BOX rect›/BS <</W 0>>/Contents ‹S said›/Dest ‹S to›"
        "/StructParent ‹I›"
        "/F 4>>",
        "linked": "<</Type /OBJR/Obj ‹R›/Pg ‹R›>>",
        "page": "<</Type /Page/Parent ‹R›/MediaBox ‹BOX media›/Contents ‹R contents›/Resources ‹R resources›/Tabs /S"
        "/StructParents ‹I›[[/Annots ‹REFS links›]]/TrimBox ‹BOX trim›/BleedBox ‹BOX bleed›>>",
        "resources": "<</ExtGState <<‹ALPHAS alphas›>>/XObject <<‹FORMS forms›>>/Pattern <<>>/Shading <<>>"
        "/ColorSpace ‹R›"
        "/Font ‹R fonts›>>",
        "outline": "<</Title ‹S title›/Dest ‹PLACE to›/Count ‹I›‹WAYS ways›>>",
        "outlines": "<</Count ‹I›[[/First ‹R first›/Last ‹R last›]]>>",
        "pages": "<</Type /Pages/Kids ‹REFS kids›/Count ‹I›>>",
        "colours": "<</lab-d50 [/Lab <</WhitePoint [0.964296 1 0.825105]/Range [-125 125 -125 125]>>]/lab-d65 [/Lab "
        "<</WhitePoint [0.950456 1 1.089058]/Range [-125 125 -125 125]>>]/srgb [/ICCBased ‹R›]>>",
        "attached": "<</Type /Filespec/F ‹S›/UF ‹S›/EF <</F ‹R›>>/Desc ‹ABOUT›/AFRelationship /Data>>",
        "attachments": "<</Names [‹NAMED›]>>",
        "fonts": "<<‹FONTS fonts›>>",
        "font": "<</Type /Font/Subtype /Type0/BaseFont /‹TAG tag›+‹FACE face›/ToUnicode ‹R read›/Encoding /Identity-H"
        "/DescendantFonts [‹R drawn›]>>",
        "drawn": "<</Type /Font/Subtype /CIDFontType2/BaseFont /‹TAG tag›+‹FACE face›/CIDSystemInfo <</Registry (Adobe)"
        "/Ordering (Identity)/Supplement 0>>/CIDToGIDMap /Identity/W ‹WIDTHS widths›/FontDescriptor ‹R described›>>",
        "descriptor": "<</Type /FontDescriptor/FontName /‹TAG tag›+‹FACE face›/FontFamily ‹S›/Flags ‹I›/FontBBox ‹BOX›"
        "/ItalicAngle ‹N›/Ascent ‹N›/Descent ‹N›/CapHeight ‹N›/StemV ‹N›/StemH ‹N›/FontFile2 ‹R file›>>",
        "tree": "<</Type /StructTreeRoot/ParentTree ‹R›/K [‹R›]>>",
        "parents": "<</Nums ‹PARENTS›>>",
        "catalog": "<</Type /Catalog/Pages ‹R pages›[[/Outlines ‹R outlines›]]/Lang (en-US)/Names <<[["
        "/EmbeddedFiles ‹R›]]"
        "[[/Dests <</Names [‹DESTS places›]>>]]>>/StructTreeRoot ‹R›/ViewerPreferences <<"
        "/DisplayDocTitle true>>/MarkInfo "
        "<</Marked true>>/OutputIntents [<</Type /OutputIntent/S /GTS_PDFA1/OutputConditionIdentifier ‹S›/Info ‹S›"
        "/DestOutputProfile ‹R›>>][[/AF ‹REFS›]]/Metadata ‹R metadata›>>",
        "info": "<</Producer (WeasyPrint ‹VERSION›)/Title ‹S title›[[/Author ‹S author›]][[/Subject ‹S subject›]]"
        "/Creator (Clearway)/CreationDate ‹S made›/ModDate ‹S changed›>>",
    }.items()
}
"""Objects that are kept in a stream of objects."""

_PACKED = "/Filter /FlateDecode/Length ‹I length›>>"

STREAMS = {
    kind: _pattern(form)
    for kind, form in {
        "drawing": f"<<{_PACKED}",
        "form": "<</Type /XObject/Subtype /Form/BBox ‹BOX box›/Resources ‹R resources›/Group <</Type /Group/S "
        "/Transparency"
        f"/I true/CS [/ICCBased ‹R›]>>{_PACKED}",
        "glyphs": f"<</Length1 ‹I›{_PACKED}",
        "profile": f"<</N 3{_PACKED}",
        "metadata": f"<</Type /Metadata/Subtype /XML{_PACKED}",
        "carried": "<</Type /EmbeddedFile/Subtype /‹MIME›/Params <</CheckSum ‹S›[[/Size ‹I›]][["
        "/CreationDate ‹S›]][[/ModDate ‹S›]]>>" + _PACKED,
        "packed": "<</Type /ObjStm/N ‹I count›/First ‹I first›" + _PACKED,
        "table": "<</Type /XRef/Index [‹SPAN index›]/W [‹SPAN3 widths›]/Size ‹I size›/Root ‹R root›/Info ‹R info›/ID "
        f"[‹BYTES› ‹BYTES›]{_PACKED}",
    }.items()
}
"""Objects that hold something beside: pages and maps of signs (`drawing`), fonts, files, tables of objects."""
