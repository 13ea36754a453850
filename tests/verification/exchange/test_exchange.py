"""Items as ReqIF and back: nothing lost, valid by another tool, faults in one pass, nothing of ours overwritten."""

import json
import re

import pytest
from reqif.parser import ReqIFParser
from reqif.unparser import ReqIFUnparser

from verification.commands.exchange import _validated
from verification.evidence import Project
from verification.specification.reading import read_items

pytestmark = pytest.mark.slow

ODD = "  “Weiß” <b>&amp;</b> ]]> 'a' \"b\"\ttab\nnext line\n\n  \\n no line end, 🫁 \u2028 end  "
REQUIREMENT = "requirements_spec/software/SRS-001.yaml"
ANOMALY = """\
id: ANO-001
title: It creaks
found_in: 0.0.1
versions: [0.0.1, "1.0"]
scenarios: []
observed: "yes"
expected: 'null'
requirements: [SRS-002, SRS-001]
hazards: [HAZ-001]
assessment: "1.0"
security_assessment: none
workaround: oil
disposition: later
"""


def quoted(value):
    return json.dumps(value, ensure_ascii=False).replace("\u2028", "\\u2028")  # bare, YAML takes it for a line end


@pytest.fixture
def odd(checkout):
    """A checkout whose texts hold what formats like to lose."""
    checkout.write("risk/anomalies/ANO-001.yaml", ANOMALY)
    checkout.edit(REQUIREMENT, "rationale: Doors have handles.", f"rationale: {quoted(ODD)}")
    checkout.edit("risk/hazards/HAZ-001.yaml", "[The handle sticks.]", quoted([ODD, "one\\ntwo", "a\nb"]))
    return checkout


def exported(checkout, name="out.reqif"):
    run = checkout.run("trace", "export", name)
    assert run.returncode == 0, run.stderr
    assert "valid by reqif" in run.stdout
    return checkout.root / name


def items_below(checkout, folder):
    for room in ("requirements_spec", "risk"):
        (folder / room / "schema.json").write_bytes((checkout.root / room / "schema.json").read_bytes())
    return read_items(Project(folder.resolve())).entries


def test_every_field_of_every_item_comes_back_equal(odd, tmp_path):
    exported(odd)
    run = odd.run("trace", "import", "out.reqif", "--into", str(tmp_path / "in"))
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
    here, there = read_items(odd.project).entries, items_below(odd, tmp_path / "in")
    assert here.keys() == there.keys() >= {"UN-001", "SYS-001", "SRS-001", "HAZ-001", "RC-001", "ANO-001"}
    for identity, entry in here.items():
        assert there[identity].value == entry.value, identity
        assert there[identity].digest == entry.digest
    assert there["SRS-001"].value["rationale"] == ODD
    assert there["HAZ-001"].value["sequence_of_events"] == [ODD, "one\\ntwo", "a\nb"]


def test_other_identifiers_of_another_tool_change_nothing(odd, tmp_path):
    path = exported(odd)
    text = path.read_text()
    names = sorted(set(re.findall(r'SPEC-OBJECT IDENTIFIER="([^"]+)"', text)), key=len, reverse=True)
    for number, name in enumerate(names):
        text = re.sub(rf'(IDENTIFIER="|-REF>){re.escape(name)}(["<])', rf"\g<1>_{number}x\2", text)
    path.write_text(text)
    run = odd.run("trace", "import", "out.reqif", "--into", str(tmp_path / "in"))
    assert (run.returncode, run.stdout) == (0, "")
    assert items_below(odd, tmp_path / "in")["SYS-001"].value["criteria"][0]["id"] == "AC1"


def test_texts_survive_another_writer(odd, tmp_path):
    """The library reqif, for real: lists stay lists, and only white space within a text may change."""
    path = exported(odd)
    path.write_text(ReqIFUnparser.unparse(ReqIFParser.parse(str(path))))
    run = odd.run("trace", "import", "out.reqif", "--into", str(tmp_path / "in"))
    assert run.returncode == 0, run.stderr
    there = items_below(odd, tmp_path / "in")
    assert [text.split() for text in there["HAZ-001"].value["sequence_of_events"]] == [
        ODD.split(), ["one\\ntwo"], ["a", "b"],
    ]  # fmt: skip
    assert there["ANO-001"].value["versions"] == ["0.0.1", "1.0"]


def test_the_same_items_give_the_same_bytes(odd):
    assert exported(odd).read_bytes() == exported(odd, "again.reqif").read_bytes()


def test_what_is_not_valid_is_told_by_the_validator(tmp_path):
    with pytest.raises(ValueError, match=r"(?s)reqif 0\.\S+ finds the file not valid:.*REQ-IF"):
        _validated(b'<?xml version="1.0"?><REQ-IF xmlns="http://www.omg.org/spec/ReqIF/20110401/reqif.xsd"/>', tmp_path)


# --- import: differences, never over what is there --------------------------------------------------------------------


def test_differences_are_told_and_the_checkout_stays_as_it_is(checkout, reqif):
    checkout.write("out.reqif", reqif.replace("turn the handle", "turn the knob").replace("HAZ-001", "HAZ-002"))
    before = (checkout.root / REQUIREMENT).read_bytes()
    run = checkout.run("trace", "import", "out.reqif")
    assert run.returncode == 0
    assert set(run.stdout.splitlines()) == {
        "SRS-001  text: here 'The device shall turn the handle.', there 'The device shall turn the knob.'",
        "HAZ-002  is not here",
        "HAZ-001  is not in the file",
    }
    assert (checkout.root / REQUIREMENT).read_bytes() == before
    assert "knob" in (checkout.root / "build/import" / REQUIREMENT).read_text()


def test_a_folder_with_files_is_not_written_into(checkout, reqif):
    checkout.write("out.reqif", reqif)
    run = checkout.run("trace", "import", "out.reqif", "--into", "device")
    assert run.returncode == 2
    assert "device: holds files; empty it or name another --into" in run.stderr
    assert not (checkout.root / "device/requirements_spec").exists()


def test_only_what_differs_is_replaced_and_only_when_asked(checkout, reqif):
    checkout.write("out.reqif", reqif.replace("turn the handle", "turn the knob"))
    other = (checkout.root / "requirements_spec/software/SRS-002.yaml").read_bytes()
    run = checkout.run("trace", "import", "out.reqif", "--replace")
    assert run.returncode == 0
    assert "1 differ from the checkout; 1 written" in run.stderr
    assert checkout.item("SRS-001").text == "The device shall turn the knob."
    assert (checkout.root / "requirements_spec/software/SRS-002.yaml").read_bytes() == other


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('THE-VALUE="SRS-001"', 'THE-VALUE="../../../evil"', "id: found '../../../evil'"),
        ('THE-VALUE="SRS-001"', 'THE-VALUE="SRS-002"', "the id SRS-002 stands twice"),
        ('LONG-NAME="true"', 'LONG-NAME="maybe"', "safety_related: found 'maybe', expected true or false"),
        ('LONG-NAME="rationale"', 'LONG-NAME="reason"', "SRS-001: rationale: found None (NoneType), expected string"),
        ('THE-VALUE="4"', 'THE-VALUE="9"', "severity: found 9, expected maximum 5"),
        ('THE-VALUE="4"', 'THE-VALUE="4.5"', "severity: found '4.5', expected a whole number"),
        ("<REQ-IF xmlns", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><REQ-IF xmlns', "document type"),
        ("</REQ-IF>", "", "not ReqIF"),
        ("REQ-IF-CONTENT", "OTHER", "found REQ-IF, expected REQ-IF with its content"),
    ],
)  # fmt: skip
def test_a_faulty_file_is_named_and_nothing_is_written(checkout, reqif, old, new, said):
    assert old in reqif
    checkout.write("out.reqif", reqif.replace(old, new))
    run = checkout.run("trace", "import", "out.reqif")
    assert run.returncode == 1
    assert said in run.stderr
    assert run.stderr.startswith("blocking  out.reqif")
    assert not (checkout.root / "build/import").exists()
    assert not list(checkout.root.parent.rglob("evil*"))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"<a/>", b"not xml", b"\x00" * 100])
def test_what_is_no_reqif_at_all_is_said_to_be_none(checkout, content):
    checkout.write("x.reqif", content)
    run = checkout.run("trace", "import", "x.reqif")
    assert run.returncode == 1
    assert "x.reqif: not ReqIF" in run.stderr


def test_all_faults_are_told_in_one_pass(checkout, reqif):
    text = reqif.replace('THE-VALUE="4"', 'THE-VALUE="9"').replace('LONG-NAME="true"', 'LONG-NAME="maybe"')
    checkout.write("out.reqif", text)
    said = checkout.run("trace", "import", "out.reqif").stderr
    assert "severity" in said
    assert "safety_related" in said
    assert "Traceback" not in said


def test_items_that_cannot_be_used_are_not_exported(checkout):
    checkout.edit(REQUIREMENT, "title: Handle", "titel: Handle")
    run = checkout.run("trace", "export", "out.reqif")
    assert run.returncode == 1
    assert f"{REQUIREMENT}:3: unknown key titel" in run.stderr
    assert not (checkout.root / "out.reqif").exists()


def test_a_character_that_xml_cannot_hold_is_named_at_its_line(checkout):
    checkout.edit(REQUIREMENT, "rationale: Doors have handles.", 'rationale: "a\\ab"')
    run = checkout.run("trace", "export", "out.reqif")
    assert run.returncode == 1
    assert f"{REQUIREMENT}:5: rationale holds U+0007" in run.stderr
    assert not (checkout.root / "out.reqif").exists()


def test_another_name_or_no_file_is_a_wrong_use(checkout):
    run = checkout.run("trace", "export", "matrix.xlsx")
    assert run.returncode == 2
    assert "matrix.xlsx: expected a name that ends in .reqif; matrices: clearway submission matrix" in run.stderr
    run = checkout.run("trace", "import", "nowhere.reqif")
    assert run.returncode == 2
    assert "nowhere.reqif: no such file" in run.stderr


@pytest.mark.parametrize("command", ["export", "import"])
def test_help_has_an_example(checkout, command):
    run = checkout.run("trace", command, "--help")
    assert run.returncode == 0
    assert f"example: clearway trace {command}" in run.stdout
