"""What is no plain text of a returned Word file is named where it stands, and its words are compared."""

import copy
from io import BytesIO

import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.shared import Pt
from PIL import Image

SRS = "CW-DOC-006"
SENTENCE = "The device shall do what SRS-901 says."
NAMES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "w15": "http://schemas.microsoft.com/office/word/2012/wordml",
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
}
SPACES = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NAMES.items())
SHAPE = "<w:txbxContent><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:txbxContent>"
BOX = (
    '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:inline><wp:extent cx="900000" cy="900000"/>'
    '<wp:docPr id="1" name="Box"/><a:graphic><a:graphicData uri="{wps}"><wps:wsp><wps:cNvSpPr txBox="1"/>'
    '<wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="9" cy="9"/></a:xfrm><a:prstGeom prst="rect"/></wps:spPr>'
    "<wps:txbx>{shape}</wps:txbx><wps:bodyPr/></wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing></mc:Choice>"
    '<mc:Fallback><w:pict><v:shape style="width:90pt;height:90pt"><v:textbox>{fallback}</v:textbox></v:shape></w:pict>'
    "</mc:Fallback></mc:AlternateContent></w:r>"
)
FIELD = "".join(
    f"<w:r>{part}</w:r>"
    for part in (
        '<w:fldChar w:fldCharType="begin"/>', '<w:instrText> QUOTE "9" </w:instrText>',
        '<w:fldChar w:fldCharType="separate"/>', "<w:t>9</w:t>", '<w:fldChar w:fldCharType="end"/>',
    )
)  # fmt: skip


def box(text: str, fallback: str) -> str:
    """A text box as Word writes it: as a drawing, and again as a shape for programs before 2010."""
    shapes = (SHAPE.format(text=words) for words in (text, fallback))
    return BOX.format(wps=NAMES["wps"], **dict(zip(("shape", "fallback"), shapes, strict=True)))


def xml(text: str):
    """An element of the text of a Word file; its namespaces need not be declared."""
    return parse_xml(f"<w:body {SPACES}>{text}</w:body>")[0]


def put(text: str):
    """An edit: XML at the end of the paragraph of a requirement."""

    def edit(file):
        end = first(file)._p.find(qn("w:bookmarkEnd"))
        for element in list(parse_xml(f"<w:p {SPACES}>{text}</w:p>")):
            end.addprevious(element)

    return edit


def first(file):
    """The paragraph of a requirement."""
    return next(one for one in file.paragraphs if one.text == SENTENCE)


def of_run(name: str, **attributes: str):
    """An edit: a property of the run of a requirement."""

    def edit(file):
        rules = first(file).runs[0]._r.get_or_add_rPr()
        rules.append(xml(f"<w:{name}/>"))
        for key, text in attributes.items():
            rules[-1].set(qn(f"w:{key}"), text)

    return edit


def hidden_style(kind, based: bool = False, used: str = ""):
    """An edit: a style that hides text, or one that is based on it, used by the run, paragraph or table."""

    def edit(file):
        style = file.styles.add_style("Quiet", kind)
        style.element.get_or_add_rPr().append(xml("<w:vanish/>"))
        if based:
            style, parent = file.styles.add_style("Quieter", kind), style
            style.base_style = parent
        target = {WD_STYLE_TYPE.CHARACTER: first(file).runs[0], WD_STYLE_TYPE.PARAGRAPH: first(file)}
        target.get(kind, file.tables[0]).style = style

    return edit


def hide_all(file):
    file.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}").append(xml("<w:vanish/>"))


def hide_row(file):
    row = next(row for table in file.tables for row in table.rows if row.cells[0].text.startswith("SRS-902/AC1"))
    row._tr.get_or_add_trPr().append(xml("<w:hidden/>"))


def picture(file):
    content = BytesIO()
    Image.new("L", (4, 4)).save(content, "PNG")
    first(file).runs[0].add_picture(content, width=Pt(9))


def link(file):
    target = file.part.relate_to("https://example.org/", f"{OFFICE}hyperlink", is_external=True)
    put(f'<w:hyperlink r:id="{target}"><w:r><w:t> More.</w:t></w:r></w:hyperlink>')(file)


def control(rules: str, inside: str = ""):
    """An edit: the text of a requirement in a content control."""

    def edit(file):
        run = first(file).runs[0]._r
        around = xml(f"<w:sdt><w:sdtPr>{rules}</w:sdtPr><w:sdtContent/></w:sdt>")
        run.addprevious(around)
        around[-1].append(run)
        run.text += inside

    return edit


def number(style: str, words: str = ""):
    """An edit: the paragraph of a requirement in a numbered list."""

    def edit(file):
        if words:
            for level in file.part.numbering_part.element.iter(qn("w:lvlText")):
                level.set(qn("w:val"), words)
        first(file).style = style

    return edit


OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
BOUND = "[[content control that shows data of the file]]"
IN_PLACE = {
    "symbol": (put('<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>'), "[[symbol F0FC of Wingdings]]"),
    "equation": (put("<m:oMath><m:f><m:num><m:r><m:t>9</m:t></m:r></m:num></m:f></m:oMath>"), "[[equation]] 9"),
    "hidden run": (of_run("vanish"), f"[[hidden]] {SENTENCE}"),
    "hidden by a style of its run": (hidden_style(WD_STYLE_TYPE.CHARACTER, based=True), f"[[hidden]] {SENTENCE}"),
    "hidden by its style": (hidden_style(WD_STYLE_TYPE.PARAGRAPH), f"[[hidden]] {SENTENCE}"),
    "struck through": (of_run("strike"), f"[[struck through]] {SENTENCE}"),
    "struck through twice": (of_run("dstrike", val="1"), f"[[struck through]] {SENTENCE}"),
    "field": (put(FIELD), '[[field QUOTE "9"]] 9'),
    "simple field": (
        put('<w:fldSimple w:instr="DATE"><w:r><w:t>1 May</w:t></w:r></w:fldSimple>'),
        "[[field DATE]] 1 May",
    ),
    "form field": (
        put(FIELD.replace('"begin"/>', '"begin"><w:ffData><w:name w:val="a"/></w:ffData></w:fldChar>')),
        '[[form field]] [[field QUOTE "9"]] 9',
    ),
    "text in a content control": (control("<w:text/>", " Always."), "Always."),
    "bound content control": (
        control('<w:dataBinding w:xpath="/a"/>'),
        "[[content control that shows data of the file]]",
    ),
    "bound content control of Word 2013": (
        control('<w15:dataBinding w15:xpath="/a"/>'),
        BOUND,
    ),
    "link": (link, "[[link to https://example.org/, outside the file]] More."),
    "picture": (picture, "[[drawing: word/media/image1.png]]"),
    "old picture": (
        put('<w:r><w:pict><v:shape><v:imagedata r:id="rId99"/></v:shape></w:pict></w:r>'),
        "[[drawing: nothing]]",
    ),
    "words of WordArt": (
        put('<w:r><w:pict><v:shape><v:textpath string="APPROVED"/></v:shape></w:pict></w:r>'),
        "[[drawing: “APPROVED”]]",
    ),
    "object": (put("<w:r><w:object><o:OLEObject/></w:object></w:r>"), "[[embedded object]]"),
    "list number": (number("List Number"), f"[[list number %1.]] {SENTENCE}"),
    "words of a list": (number("List Bullet", "NOT"), f"[[list number NOT]] {SENTENCE}"),
    "turned round": (put('<w:bdo w:val="rtl"><w:r><w:t> 0.81</w:t></w:r></w:bdo>'), "[[bdo]] 0.81"),
    "what we know nothing of": (put("<w:r><w:dayLong/></w:r>"), "[[dayLong]]"),
    "what we know nothing of, with text": (
        put("<w:ruby><w:rt><w:r><w:t>not</w:t></w:r></w:rt></w:ruby>"),
        "[[ruby]] [[rt]] not",
    ),
}


@pytest.mark.parametrize(("edit", "now"), IN_PLACE.values(), ids=IN_PLACE)
def test_it_is_named_in_the_sentence_that_it_stands_in(edited, edit, now):
    found = [one for one in edited(SRS, edit) if SENTENCE in (one.was, one.now) or now in one.now]
    assert [one.section for one in found] == ["4 Software requirements"]
    assert found[0].how in ("changed", "added")
    assert now in found[0].now


@pytest.mark.parametrize(
    "edit", [hide_all, hidden_style(WD_STYLE_TYPE.TABLE), hide_row], ids=["everything", "a table", "a row"]
)
def test_what_hides_more_than_a_paragraph_is_named_too(edited, edit):
    found = edited(SRS, edit)
    assert found
    assert all(one.now == f"[[hidden]] {one.was}" for one in found if one.how == "changed")
    assert any(one.how == "changed" for one in found)


def test_a_run_that_is_explicitly_not_hidden_is_no_change(edited):
    assert edited(SRS, of_run("vanish", val="0")) == ()


def test_a_text_box_is_read_once_although_word_writes_it_twice(edited):
    (finding,) = edited(SRS, put(box("It costs 5 euro.", "It costs 5 euro.")))
    assert (finding.section, finding.how) == ("4 Software requirements", "added")
    assert finding.now == "[[drawing]] It costs 5 euro."


def test_a_text_box_that_says_something_else_to_old_programs_is_read_twice(edited):
    found = edited(SRS, put(box("It costs 5 euro.", "It is free.")))
    assert "It costs 5 euro." in " ".join(one.now for one in found)
    assert "It is free." in " ".join(one.now for one in found)


def test_words_of_a_picture_and_its_marks_are_no_figures(edited):
    (finding,) = edited(SRS, put('<w:r><w:footnoteReference w:id="2"/></w:r>'))
    assert finding.now == f"{SENTENCE} [[footnote 2]]"
    assert finding.figures == ()


def test_a_note_in_mid_paragraph_belongs_to_the_sentence_that_it_follows(edited):
    def edit(file):
        one = next(one for one in file.paragraphs if one.text.startswith("Why: A made-up reason. "))
        text, run = one.text, one.runs[0]
        run.text = "Why: A made-up reason."
        rest = copy.deepcopy(run._r)
        rest.text = text.removeprefix("Why: A made-up reason.")
        run._r.addnext(rest)
        run._r.addnext(xml('<w:r><w:endnoteReference w:id="3"/></w:r>'))

    (finding,) = edited(SRS, edit)
    assert (finding.was, finding.now) == ("Why: A made-up reason.", "Why: A made-up reason. [[endnote 3]]")


BESIDE = {
    "equation": ("<m:oMathPara><m:oMath><m:r><m:t>a=9</m:t></m:r></m:oMath></m:oMathPara>", "[[equation]] a=9"),
    "alternatives": (
        '<mc:AlternateContent><mc:Choice Requires="wps"><w:p><w:r><w:t>It costs 5 euro.</w:t></w:r></w:p></mc:Choice>'
        "<mc:Fallback/></mc:AlternateContent>",
        "It costs 5 euro.",
    ),
    "control": ("<w:sdt><w:sdtPr><w:dataBinding/></w:sdtPr></w:sdt>", BOUND),
    "file": ('<w:subDoc r:id="rId99"/>', "[[inserted file: nothing]]"),
    "run": ("<w:r><w:t>Stray.</w:t></w:r>", "Stray."),
    "paragraph in a control": (
        "<w:sdt><w:sdtPr/><w:sdtContent><w:p><w:r><w:t>Within.</w:t></w:r></w:p></w:sdtContent></w:sdt>", "Within.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("beside", "now"), BESIDE.values(), ids=BESIDE)
def test_what_stands_beside_paragraphs_is_named(edited, beside, now):
    (finding,) = edited(SRS, lambda file: first(file)._p.addnext(xml(beside)))
    assert (finding.section, finding.how, finding.now) == ("4 Software requirements", "added", now)


def test_what_lies_behind_the_pages_is_named_but_for_a_colour(edited):
    def edit(file):
        theme = next(one.rId for one in file.part.rels.values() if one.reltype.endswith("/theme"))
        behind = f'<w:background><v:background><v:fill r:id="{theme}"/></v:background></w:background>'
        file.element.insert(0, xml(behind))

    (finding,) = edited(SRS, edit)
    assert (finding.section, finding.now) == ("Before the first text", "[[background: word/theme/theme1.xml]]")
    assert edited(SRS, lambda file: file.element.insert(0, xml('<w:background w:color="FF0000"/>'))) == ()


def test_a_row_that_word_records_as_deleted_is_gone_though_its_text_is_there(edited):
    def edit(file):
        row = next(row for table in file.tables for row in table.rows if row.cells[0].text.startswith("SRS-902/AC1"))
        row._tr.get_or_add_trPr().append(xml("<w:del/>"))

    (finding,) = edited(SRS, edit)
    assert (finding.how, finding.tracked) == ("removed", True)
    assert finding.was.startswith("SRS-902/AC1 | ")


def test_what_word_adds_when_it_saves_is_no_change(edited):
    def edit(file):
        run = first(file).runs[0]._r
        run.set(qn("w:rsidR"), "00AB12CD")
        run.addprevious(xml('<w:bookmarkStart w:id="9000" w:name="_GoBack"/>'))
        run.addprevious(xml('<w:bookmarkEnd w:id="9000"/>'))
        run.addprevious(xml('<w:proofErr w:type="spellStart"/>'))
        run.insert(0, xml("<w:lastRenderedPageBreak/>"))
        spaced = copy.deepcopy(run)
        run.text, spaced.text = "The device", " shall do what SRS-901 says."
        run.addnext(spaced)
        run.addnext(xml('<w:r><w:t xml:space="preserve"></w:t><w:softHyphen/></w:r>'))

    assert edited(SRS, edit) == ()


def test_a_content_control_around_a_text_is_no_change(edited):
    assert edited(SRS, control("<w:text/>")) == ()
