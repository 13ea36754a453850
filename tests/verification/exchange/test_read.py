"""Nothing of a file is lost without a word: each thing that another tool can add is in an item, or named."""

import json
import re

import pytest

pytestmark = pytest.mark.slow


def value(definition, text, kind="STRING"):
    reference = (
        f"<DEFINITION><ATTRIBUTE-DEFINITION-{kind}-REF>{definition}</ATTRIBUTE-DEFINITION-{kind}-REF></DEFINITION>"
    )
    if kind == "XHTML":
        return f"<ATTRIBUTE-VALUE-XHTML><THE-VALUE>{text}</THE-VALUE>{reference}</ATTRIBUTE-VALUE-XHTML>"
    return f'<ATTRIBUTE-VALUE-{kind} THE-VALUE="{text}">{reference}</ATTRIBUTE-VALUE-{kind}>'


def spec_object(identifier, type_, *values):
    return (
        f'<SPEC-OBJECT IDENTIFIER="{identifier}"><VALUES>{"".join(values)}</VALUES>'
        f"<TYPE><SPEC-OBJECT-TYPE-REF>{type_}</SPEC-OBJECT-TYPE-REF></TYPE></SPEC-OBJECT>"
    )


def relation(type_, source, target, more=""):
    return (
        f'<SPEC-RELATION IDENTIFIER="REL-9">{more}<TYPE><SPEC-RELATION-TYPE-REF>{type_}</SPEC-RELATION-TYPE-REF></TYPE>'
        f"<SOURCE><SPEC-OBJECT-REF>{source}</SPEC-OBJECT-REF></SOURCE>"
        f"<TARGET><SPEC-OBJECT-REF>{target}</SPEC-OBJECT-REF></TARGET></SPEC-RELATION>"
    )


def definition(identifier, name, default=""):
    return (
        f'<ATTRIBUTE-DEFINITION-STRING IDENTIFIER="{identifier}" LONG-NAME="{name}">{default}<TYPE>'
        "<DATATYPE-DEFINITION-STRING-REF>data.STRING</DATATYPE-DEFINITION-STRING-REF></TYPE></ATTRIBUTE-DEFINITION-STRING>"
    )


def place(identifier, more=""):
    return (
        f'<SPEC-HIERARCHY IDENTIFIER="p.{identifier}"><OBJECT><SPEC-OBJECT-REF>{identifier}</SPEC-OBJECT-REF></OBJECT>'
        f"{more}</SPEC-HIERARCHY>"
    )


CRITERION = [
    value("criterion.id", "AC3"),
    value("criterion.text", "<p>New.</p>", "XHTML"),
    value("criterion.method", "test"),
]
NOTE = 'LONG-NAME="software_requirement">\n          <SPEC-ATTRIBUTES>'
SRS_1 = 'IDENTIFIER="SRS-001" LAST-CHANGE="2026-01-02T00:00:00Z" LONG-NAME="SRS-001">\n          <VALUES>'
DEFAULT = f"<DEFAULT-VALUE>{value('software_requirement.source', 'A norm, 4.2')}</DEFAULT-VALUE>"

OTHERS = {
    "an object of another type": (
        "</SPEC-OBJECTS>",
        spec_object("H-1", "type.heading") + "</SPEC-OBJECTS>",
        "H-1: found an object of the type type.heading, expected one of user_need, ",
    ),
    "an object of another type with a name and a value": (
        "</SPEC-OBJECTS>",
        spec_object('H-1" LONG-NAME="Doors', "type.heading", value("x", "Doors")) + "</SPEC-OBJECTS>",
        "H-1: found an object of the type type.heading with the name 'Doors', expected one of",
    ),
    "an item that no specification holds": (
        re.compile(r"(<SPEC-OBJECT-REF>)HAZ-001(</SPEC-OBJECT-REF>\s*</OBJECT>)"),
        r"\1RC-001\2",
        "HAZ-001: stands in no specification, which in some tools means deleted",
    ),
    "an item below another": (
        re.compile(r"(<SPEC-OBJECT-REF>UN-001</SPEC-OBJECT-REF>\s*</OBJECT>)"),
        rf"\1<CHILDREN>{place('SYS-001')}</CHILDREN>",
        "SYS-001: stands below UN-001",
    ),
    "an item at a second place": (
        "<CHILDREN />",
        f"<CHILDREN>{place('UN-001')}</CHILDREN>",
        "UN-001: stands at a second place",
    ),
    "a relation of another type": (
        "</SPEC-RELATIONS>",
        relation("conflicts", "SRS-001", "SRS-002") + "</SPEC-RELATIONS>",
        "REL-9: found a relation conflicts from SRS-001 to SRS-002, expected one of anomaly.hazards, ",
    ),
    "a relation from a kind that has none of its type": (
        "</SPEC-RELATIONS>",
        relation("hazard.controls", "SRS-001", "RC-001") + "</SPEC-RELATIONS>",
        "REL-9: found a relation hazard.controls from SRS-001 to RC-001, which can have none",
    ),
    "a relation to a criterion": (
        "</SPEC-RELATIONS>",
        relation("software_requirement.parents", "SRS-001", "SYS-001.AC1") + "</SPEC-RELATIONS>",
        "REL-9: found a relation software_requirement.parents from SRS-001 to SYS-001.AC1 (criterion AC1), which can",
    ),
    "a relation given twice": (
        "</SPEC-RELATIONS>",
        relation("software_requirement.parents", "SRS-001", "SYS-001") + "</SPEC-RELATIONS>",
        "REL-9: found a relation software_requirement.parents from SRS-001 to SYS-001 a second time",
    ),
    "a value of a relation": (
        'LONG-NAME="controlled_by">',
        f'LONG-NAME="controlled_by"><VALUES>{value("why", "It is known to work.")}</VALUES>',
        "HAZ-001.controls.RC-001: found the attribute why 'It is known to work.', which no item has",
    ),
    "a group of relations": (
        "</REQ-IF-CONTENT>",
        '<SPEC-RELATION-GROUPS><RELATION-GROUP IDENTIFIER="G-1"><SPEC-RELATIONS/></RELATION-GROUP>'
        "</SPEC-RELATION-GROUPS></REQ-IF-CONTENT>",
        "G-1: found the element RELATION-GROUP, which no item has",
    ),
    "an attribute without values": (
        NOTE,
        NOTE + definition("n", "Note"),
        "found the attribute Note of a software_requirement, expected one of id, kind, title",
    ),
    "a value of an attribute of the tool": (
        SRS_1,
        SRS_1 + value("n", "Ask Ann."),
        "SRS-001: found the attribute Note 'Ask Ann.', which no item has",
    ),
    "a file in an attribute of the tool": (
        SRS_1,
        SRS_1 + value("n", '<div><object data="a.png"/></div>', "XHTML"),
        "SRS-001: found the attribute Note '' with the file a.png, which no item has",
    ),
    "a default that applies": (
        'LONG-NAME="source">',
        f'LONG-NAME="source">{DEFAULT}',
        "SRS-002: has no source, so that the default 'A norm, 4.2' applies",
    ),
    "another choice": (
        'IDENTIFIER="data.risk_control.type.design"',
        'IDENTIFIER="data.risk_control.type.luck" LONG-NAME="luck"/>'
        '<ENUM-VALUE IDENTIFIER="data.risk_control.type.design"',
        "found the choice luck of type, expected one of design, protective",
    ),
    "another name of an object": (
        'LONG-NAME="SRS-001">',
        'LONG-NAME="Knob">',
        "SRS-001: found the name 'Knob', which is neither its id nor its title",
    ),
    "a description of an object": (
        'LONG-NAME="SRS-001">',
        'LONG-NAME="SRS-001" DESC="See Ann.">',
        "SRS-001: found DESC='See Ann.', which no item has",
    ),
    "a description of a specification": (
        'LONG-NAME="Hazards">',
        'LONG-NAME="Hazards" DESC="A draft.">',
        "specification.hazard: found DESC='A draft.'",
    ),
    "a value of a specification": (
        'LONG-NAME="Hazards">',
        f'LONG-NAME="Hazards"><VALUES>{value("status", "A draft.")}</VALUES>',
        "specification.hazard: found the attribute status 'A draft.', which no item has",
    ),
    "a picture in a text": (
        "Doors have handles.",
        'Doors have handles.<xhtml:object data="pictures/door.png" type="image/png">a door</xhtml:object>',
        "SRS-001: found the file pictures/door.png in rationale, expected text alone",
    ),
    "struck out text": (
        "turn the handle",
        "<xhtml:del>not</xhtml:del> turn the handle",
        "SRS-001: found struck out text 'not' in text",
    ),
    "a text that the tool simplified": (
        "<ATTRIBUTE-VALUE-XHTML>",
        '<ATTRIBUTE-VALUE-XHTML IS-SIMPLIFIED="true"><THE-ORIGINAL-VALUE>more</THE-ORIGINAL-VALUE>',
        "UN-001: found the element THE-ORIGINAL-VALUE, which no item has",
    ),
    "an extension of the tool": (
        "</REQ-IF>",
        "<TOOL-EXTENSIONS><REQ-IF-TOOL-EXTENSION><t:view xmlns:t='urn:x' a='b'/></REQ-IF-TOOL-EXTENSION>"
        "</TOOL-EXTENSIONS></REQ-IF>",
        "found the element REQ-IF-TOOL-EXTENSION; not read",
    ),
    "an element that ReqIF does not have": (
        "</SPEC-OBJECTS>",
        "<MY-OBJECT>Ann</MY-OBJECT></SPEC-OBJECTS>",
        "found the element MY-OBJECT; not read",
    ),
    "an attribute that ReqIF does not have": (
        'LONG-NAME="SRS-001">',
        'LONG-NAME="SRS-001" STATUS="open">',
        "SRS-001: found STATUS='open', which no item has",
    ),
    "a text between elements": ("</SPEC-OBJECTS>", "Ann</SPEC-OBJECTS>", "found the text 'Ann'; not read"),
    "a second list of objects": (
        "</SPEC-OBJECTS>",
        f"</SPEC-OBJECTS><SPEC-OBJECTS>{spec_object('SRS-009', 'x')}</SPEC-OBJECTS>",
        "found the element SPEC-OBJECTS; not read",
    ),
    "a second source of a relation": (
        re.compile(r"(<SOURCE>\s*<SPEC-OBJECT-REF>SRS-001</SPEC-OBJECT-REF>\s*</SOURCE>)"),
        r"\1\1",
        "SRS-001.parents.SYS-001: found the element SOURCE, which no item has",
    ),
    "a second object at a place": (
        re.compile(r"(<OBJECT>\s*<SPEC-OBJECT-REF>UN-001</SPEC-OBJECT-REF>)"),
        r"\1<SPEC-OBJECT-REF>SYS-001</SPEC-OBJECT-REF>",
        "place.UN-001: found the text 'SYS-001', which no item has",
    ),
}
"""What a tool can add that no item has: what is replaced in our export by what, and how the import names it."""

FAULTS = {
    "a criterion outside the hierarchy": (
        "</SPEC-OBJECTS>",
        spec_object("C-3", "type.criterion", *CRITERION) + "</SPEC-OBJECTS>",
        "C-3 (criterion AC3): stands in no specification [reqif-place]; give it a place below its requirement",
    ),
    "a criterion below a control": (
        re.compile(r"(<SPEC-OBJECT-REF>RC-001</SPEC-OBJECT-REF>\s*</OBJECT>)"),
        rf"\1<CHILDREN>{place('C-3')}</CHILDREN>",
        "C-3 (criterion AC3): stands below RC-001, which has none",
    ),
    "a criterion with two places": (
        re.compile(r"(<SPEC-OBJECT-REF>SRS-002</SPEC-OBJECT-REF>\s*</OBJECT>\s*<CHILDREN>)"),
        rf"\1{place('SRS-001.AC1')}",
        "SRS-001.AC1 (criterion AC1): stands at a second place",
    ),
    "a criterion twice": (
        'THE-VALUE="AC2"',
        'THE-VALUE="AC1"',
        "SRS-002.AC2 (criterion AC1): SRS-002 has the criterion AC1 twice",
    ),
    "a second value of a choice": (
        "<ENUM-VALUE-REF>data.risk_control.type.design</ENUM-VALUE-REF>",
        "<ENUM-VALUE-REF>data.risk_control.type.design</ENUM-VALUE-REF>"
        "<ENUM-VALUE-REF>data.risk_control.type.protective</ENUM-VALUE-REF>",
        "RC-001: type: found the values design, protective, expected one",
    ),
    "a choice that the file does not define": (
        "<ENUM-VALUE-REF>data.risk_control.type.design",
        "<ENUM-VALUE-REF>luck",
        "RC-001: type: found the choice luck, which the file does not define",
    ),
    "an attribute given twice": (
        SRS_1,
        SRS_1 + value("software_requirement.title", "Knob"),
        "SRS-001: title stands twice, first at line",
    ),
    "a value that no type defines": (
        SRS_1,
        SRS_1 + value("criterion.id", "AC9"),
        "SRS-001: found a value of the attribute 'criterion.id', which the type",
    ),
    "an identifier twice": (
        "</SPEC-OBJECTS>",
        spec_object("SRS-001", "type.software_requirement") + "</SPEC-OBJECTS>",
        "the identifier SRS-001 stands twice, first at line",
    ),
    "a relation from nowhere": (
        "</SPEC-RELATIONS>",
        relation("software_requirement.parents", "SRS-404", "SYS-001") + "</SPEC-RELATIONS>",
        "REL-9: the source is 'SRS-404', expected the identifier of an object in the file",
    ),
    "a relation to nowhere": (
        "</SPEC-RELATIONS>",
        relation("conflicts", "SRS-001", "SYS-404") + "</SPEC-RELATIONS>",
        "REL-9: the target is 'SYS-404', expected the identifier of an object in the file",
    ),
    "a place of nothing": (
        "<CHILDREN />",
        f"<CHILDREN>{place('ANO-404')}</CHILDREN>",
        "p.ANO-404: the object is 'ANO-404', expected the identifier",
    ),
    "a default that a field cannot hold": (
        'LONG-NAME="severity">',
        f'LONG-NAME="severity"><DEFAULT-VALUE>{value("x", "high")}</DEFAULT-VALUE>',
        "the default of severity: found 'high', expected a whole number",
    ),
}
"""What would make an item another one, so that nothing is imported."""


@pytest.fixture(scope="session")
def altered(reqif):
    """The export with something of it replaced, once if it stands there more often."""

    def alter(old, new):
        text = old.sub(new, reqif, count=1) if isinstance(old, re.Pattern) else replaced(reqif, old, new)
        assert text != reqif, f"{old!r} is not in the export"
        if ">n<" in new and 'IDENTIFIER="n"' not in new:
            text = replaced(text, NOTE, NOTE + definition("n", "Note"))
        if "C-3" in new and "</SPEC-OBJECTS>" not in new:
            text = replaced(
                text, "</SPEC-OBJECTS>", spec_object("C-3", "type.criterion", *CRITERION) + "</SPEC-OBJECTS>"
            )
        return text

    return alter


def replaced(text, old, new):
    """Replace the last, which is of a software requirement where all kinds have it."""
    head, found, tail = text.rpartition(old)
    return head + new + tail if found else text


@pytest.mark.parametrize(("old", "new", "said"), OTHERS.values(), ids=OTHERS)
def test_what_no_item_has_is_named_with_its_line_and_never_called_equal(checkout, altered, old, new, said):
    checkout.write("out.reqif", altered(old, new))
    run = checkout.run("trace", "import", "out.reqif")
    assert run.returncode == 0, run.stderr
    named = [line for line in run.stdout.splitlines() if said in line]
    assert len(named) == 1, run.stdout
    assert re.match(r"advisory  out\.reqif:[1-9][0-9]*: ", named[0])
    assert "0 differ" not in run.stderr
    assert re.search(r", in no item: [1-9], named above; 6 written", run.stderr)


@pytest.mark.parametrize(("old", "new", "said"), FAULTS.values(), ids=FAULTS)
def test_what_would_change_an_item_unseen_is_a_fault_with_its_line(checkout, altered, old, new, said):
    checkout.write("out.reqif", altered(old, new))
    run = checkout.run("trace", "import", "out.reqif")
    assert run.returncode == 1
    named = [line for line in run.stderr.splitlines() if said in line]
    assert named, run.stderr
    assert re.match(r"blocking  out\.reqif:[1-9][0-9]*: ", named[0])
    assert not (checkout.root / "build/import").exists()


def test_a_line_is_that_of_the_thing(checkout, reqif):
    text = reqif.replace("</SPEC-RELATIONS>", relation("conflicts", "SRS-001", "SRS-002") + "</SPEC-RELATIONS>")
    line = 1 + next(number for number, one in enumerate(text.splitlines()) if "REL-9" in one)
    checkout.write("out.reqif", text)
    assert f"out.reqif:{line}: REL-9" in checkout.run("trace", "import", "out.reqif").stdout


def test_a_new_criterion_is_read_where_it_has_a_place(checkout, altered):
    path = re.compile(r"(<SPEC-OBJECT-REF>SRS-002</SPEC-OBJECT-REF>\s*</OBJECT>\s*<CHILDREN>)")
    checkout.write("out.reqif", altered(path, rf"\1{place('C-3')}"))
    run = checkout.run("trace", "import", "out.reqif")
    assert run.stdout.startswith("SRS-002  criteria: here ")
    assert "{'id': 'AC3', 'text': 'New.', 'method': 'test'}" in run.stdout
    assert "6 items read with 6 criteria, " in run.stderr
    assert "1 differ from the checkout; 6 written" in run.stderr


def test_what_is_used_is_counted_and_all_of_it_is_equal(checkout, reqif):
    checkout.write("out.reqif", reqif)
    run = checkout.run("trace", "import", "out.reqif")
    objects, values = reqif.count("<SPEC-OBJECT "), reqif.count("<ATTRIBUTE-VALUE-")
    assert run.stdout == ""
    assert run.stderr.startswith(
        f"6 items read with {objects - 6} criteria, {values} values and {reqif.count('<SPEC-RELATION ')} links, "
        "0 differ from the checkout; 6 written below"
    )


def test_what_is_not_read_is_an_object_of_json_too(checkout, reqif):
    checkout.write("out.reqif", reqif.replace('LONG-NAME="SRS-001">', 'LONG-NAME="SRS-001" DESC="See Ann.">'))
    said = json.loads(checkout.run("trace", "import", "out.reqif", "--json").stdout)
    assert (said["code"], said["severity"]) == ("reqif-rest", "advisory")
    assert said["message"].startswith("SRS-001: found DESC='See Ann.'")
