"""The same items, as other tools and other versions write them, are read as the same.

The shapes are those of files that these tools wrote when they had read our export.
"""

import re

import pytest
from reqif.parser import ReqIFParser
from reqif.unparser import ReqIFUnparser

pytestmark = pytest.mark.slow


def as_utf_16(text):
    return text.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")


def with_prefixes(text):
    text = re.sub(r"(</?)([A-Z])", r"\1reqif:\2", text)
    return text.replace("xmlns=", "xmlns:reqif=")


def with_its_own_namespace_for_each_text(text):
    return text.replace("<xhtml:div>", '<div xmlns="http://www.w3.org/1999/xhtml">').replace("xhtml:", "")


def as_strictdoc_writes(text):
    """As strictdoc 0.30.4 (reqif_multiline_is_xhtml) writes what it read of our export.

    Types are in capitals, the title of what may stand above others is ReqIF.ChapterName, integers are STRING, objects
    have identifiers of its own and no name, and there are types that no object has.
    """
    text = re.sub(r'(OBJECT-TYPE .* LONG-NAME=")([a-z_]+)"', lambda found: f'{found[1]}{found[2].upper()}"', text)
    text = text.replace('LONG-NAME="ReqIF.Name"', 'LONG-NAME="ReqIF.ChapterName"')
    text = re.sub("(VALUE|DEFINITION)-INTEGER", r"\1-STRING", text)
    text = re.sub(r'(<SPEC-OBJECT IDENTIFIER="[^"]*").*?>', r"\1>", text)
    for number, name in enumerate(
        sorted(re.findall(r'<SPEC-OBJECT IDENTIFIER="([^"]+)"', text), key=len, reverse=True)
    ):
        text = re.sub(rf'(OBJECT IDENTIFIER="|OBJECT-REF>){re.escape(name)}(["<])', rf"\g<1>NODE-{number}\2", text)
    more = '<SPEC-OBJECT-TYPE IDENTIFIER="T" LONG-NAME="TEXT"/><SPEC-RELATION-TYPE IDENTIFIER="F" LONG-NAME="File"/>'
    return text.replace("</SPEC-TYPES>", more + "</SPEC-TYPES>")


def as_pyreqif_writes(text):
    """As pyreqif 0.7 writes what it read of our export.

    Integers are XHTML without an element of XHTML, and relations name types that nothing defines.
    """
    number = re.compile(r'<ATTRIBUTE-VALUE-INTEGER THE-VALUE="(\d)">(.*?)</ATTRIBUTE-VALUE-INTEGER>', re.DOTALL)
    text = number.sub(r"<ATTRIBUTE-VALUE-XHTML>\2<THE-VALUE>\1</THE-VALUE></ATTRIBUTE-VALUE-XHTML>", text)
    return re.sub(r"<SPEC-RELATION-TYPE .*?/>", "", re.sub("(DEFINITION|VALUE)-INTEGER", r"\1-XHTML", text))


def as_the_library_reqif_writes(text):
    """As the library reqif writes what it read, for real."""
    return ReqIFUnparser.unparse(ReqIFParser.parse_from_string(text))


def with_truths_as_boolean(text):
    """As our exports were, before other tools had read them."""
    pattern = (
        r"<ATTRIBUTE-VALUE-ENUMERATION>\s*<VALUES>\s*<ENUM-VALUE-REF>[^<]*safety_related.(true|false)</ENUM-VALUE-REF>"
    )
    pattern += r"\s*</VALUES>(.*?)</ATTRIBUTE-VALUE-ENUMERATION>"
    boolean = r'<ATTRIBUTE-VALUE-BOOLEAN THE-VALUE="\1">\2</ATTRIBUTE-VALUE-BOOLEAN>'
    text = re.sub(pattern, boolean, text, flags=re.DOTALL)
    assert text.count("ATTRIBUTE-VALUE-BOOLEAN ") == 4
    return text


def with_texts_as_string(text):
    """As our exports were: texts in an attribute, the texts of a list as lines of one."""
    return re.sub(
        r"<ATTRIBUTE-VALUE-XHTML>\s*<THE-VALUE>\s*<xhtml:div>\s*<xhtml:p>(.*?)</xhtml:p>\s*</xhtml:div>\s*</THE-VALUE>"
        r"(.*?)</ATTRIBUTE-VALUE-XHTML>",
        r'<ATTRIBUTE-VALUE-STRING THE-VALUE="\1">\2</ATTRIBUTE-VALUE-STRING>', text, flags=re.DOTALL,
    )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        as_utf_16, with_prefixes, with_its_own_namespace_for_each_text, as_strictdoc_writes, as_pyreqif_writes,
        as_the_library_reqif_writes, with_truths_as_boolean, with_texts_as_string,
    ],
)  # fmt: skip
def test_another_way_to_write_the_same_changes_nothing(checkout, reqif, change):
    content = change(reqif)
    assert content != reqif
    checkout.write("out.reqif", content)
    run = checkout.run("trace", "import", "out.reqif")
    assert (run.returncode, run.stdout) == (0, ""), run.stderr
    assert "0 differ from the checkout; 6 written" in run.stderr


def test_an_attribute_of_the_tool_that_is_empty_is_told_once(checkout, reqif):
    """As capellambse 0.8.1 writes attributes without a value: an empty block."""
    defined = '<ATTRIBUTE-DEFINITION-XHTML IDENTIFIER="c" LONG-NAME="Chapter" />'
    empty = (
        "<ATTRIBUTE-VALUE-XHTML><DEFINITION><ATTRIBUTE-DEFINITION-XHTML-REF>c</ATTRIBUTE-DEFINITION-XHTML-REF></DEFINITION>"
        "<THE-VALUE><xhtml:div></xhtml:div></THE-VALUE></ATTRIBUTE-VALUE-XHTML>"
    )
    text = re.sub(r'(LONG-NAME="hazard">\s*<SPEC-ATTRIBUTES>)', rf"\1{defined}", reqif)
    text = re.sub(r'(<SPEC-OBJECT IDENTIFIER="HAZ-001".*?<VALUES>)', rf"\1{empty}", text, count=1, flags=re.DOTALL)
    checkout.write("out.reqif", text)
    lines = checkout.run("trace", "import", "out.reqif").stdout.splitlines()
    assert ["found the attribute Chapter of a hazard, expected" in line for line in lines] == [True]


def test_lines_of_a_list_in_an_attribute_are_read(checkout, reqif):
    text = with_texts_as_string(reqif).replace("The handle sticks.", "The handle sticks.&#10;It \\\\n\\nbreaks.")
    checkout.write("out.reqif", text)
    run = checkout.run("trace", "import", "out.reqif")
    assert "there ['The handle sticks.', 'It \\\\n\\nbreaks.']" in run.stdout
