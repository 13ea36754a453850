"""Seeded faults in what people write: each is reported at its line, all in one pass, none hides another."""

import pytest

from verification.evidence import Project
from verification.sources.scan import digest_of, scan
from verification.sources.scenarios import read_scenarios
from verification.specification.reading import read_items

SRS = "requirements_spec/software/SRS-001.yaml"


def found(checkout):
    """Every issue as code and place."""
    return [(issue.code, issue.where) for issue in read_items(checkout.project).issues]


def test_the_sound_checkout_has_no_issue(checkout):
    items = read_items(checkout.project)
    assert items.issues == []
    assert list(items.entries) == ["HAZ-001", "RC-001", "SRS-001", "SRS-002", "SYS-001", "UN-001"]
    assert items.criteria == {"SYS-001/AC1", "SRS-001/AC1", "SRS-001/AC2", "SRS-002/AC1", "SRS-002/AC2"}


def test_the_items_of_this_checkout_have_no_issue(project_root):
    items = read_items(Project(project_root))
    assert len(items.entries) > 100
    assert items.issues == []


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("parents: [SYS-001]", "parents:\n  - SYS-001\n  - SYS-009", "link-dangling", 8),
        ("parents: [SYS-001]", "parents: [SRS-001]", "link-self", 6),
        ("parents: [SYS-001]", "parents: [UN-001]", "link-wrong-kind", 6),
        ("safety_related: true", "safety_related: perhaps", "item-malformed", 7),
        ("safety_related: true\n", "", "item-missing-key", 1),
        ("source: null", "source: null\nsauce: null", "item-unknown-key", 9),
        ("method: test}\n  - {id: AC2", "method: tset}\n  - {id: AC2", "item-malformed", 11),
        ("title: Handle", "title: Handle\ntitle: Grip", "yaml-duplicate-key", 4),
        ("title: Handle", "\ttitle: Handle", "yaml-unreadable", 3),
        ("title: Handle", "title: &a Handle\nrationale: *a", "yaml-alias", 4),
        ("title: Handle", "title: !!python/object/apply:os.getcwd []", "item-malformed", 3),
        ("id: SRS-001", "id: SRS-007", "item-misnamed", 1),
        ("kind: software_requirement", "kind: system_requirement", "item-misplaced", 2),
    ],
)
def test_a_fault_is_reported_at_its_line(checkout, old, new, code, line):
    checkout.edit(SRS, old, new)
    assert (code, f"{SRS}:{line}") in found(checkout)


def test_bytes_that_are_no_text_are_reported_at_their_line(checkout):
    checkout.write(SRS, b"id: SRS-001\ntitle: T\xfcr\n")
    assert found(checkout)[0] == ("yaml-unreadable", f"{SRS}:2")


@pytest.mark.parametrize("content", ["", "- a\n- b\n", "just words\n", "[" * 5000, "a: " + "x" * 3_000_000])
def test_a_file_that_holds_no_item_is_an_issue_not_a_crash(checkout, content):
    checkout.write(SRS, content)
    assert all(where.startswith(SRS) for _, where in found(checkout))
    assert found(checkout)


def test_ids_that_are_the_same_or_differ_only_in_case_are_duplicates(checkout):
    text = (checkout.root / SRS).read_text()
    checkout.write("requirements_spec/software/SRS-003.yaml", text)
    checkout.write("requirements_spec/software/srs-001.yaml", text.replace("id: SRS", "id: srs"))
    messages = [issue.message for issue in read_items(checkout.project).issues if issue.code == "item-duplicate"]
    assert messages == [
        f"the id SRS-001 is also at {SRS}:1",
        f"the id srs-001 differs only in case from SRS-001 at {SRS}:1",
    ]


def test_every_cycle_of_parents_is_named(checkout):
    for one, other in ((3, 4), (4, 3), (5, 6), (6, 7), (7, 5)):
        text = (checkout.root / SRS).read_text().replace("[SYS-001]", f"[SRS-00{other}]")
        checkout.write(f"requirements_spec/software/SRS-00{one}.yaml", text.replace("id: SRS-001", f"id: SRS-00{one}"))
    cycles = [issue.message for issue in read_items(checkout.project).issues if issue.code == "link-cycle"]
    assert len(cycles) == 2
    assert {frozenset(message.split(": ")[1].split(" → ")) for message in cycles} == {
        frozenset({"SRS-003", "SRS-004"}),
        frozenset({"SRS-005", "SRS-006", "SRS-007"}),
    }


def test_criteria_of_one_item_differ_in_id(checkout):
    checkout.edit(SRS, "{id: AC2", "{id: AC1")
    line = next(n for n, text in enumerate((checkout.root / SRS).read_text().splitlines(), 1) if "{id: AC1" in text)
    assert ("criterion-duplicate", f"{SRS}:{line + 1}") in found(checkout)


def test_a_link_that_leads_nowhere_is_named(checkout):
    link = checkout.root / "requirements_spec/software/SRS-009.yaml"
    link.symlink_to(link)
    assert ("item-missing", "requirements_spec/software/SRS-009.yaml:1") in found(checkout)


@pytest.mark.parametrize(
    "name",
    [
        "requirements_spec/software/SRS-003.YAML", "requirements_spec/software/SRS-003.Yml", "risk/hazards/haz-002.txt",
        "requirements_spec/software/SRS-003.yaml.orig", "requirements_spec/software/new/SRS-003.yaml",
        "risk/other.yaml", "docs/records/changes/CR-001.yml",
    ],
)  # fmt: skip
def test_a_file_that_looks_like_an_item_and_is_read_as_none_is_told(checkout, name):
    checkout.write(name, (checkout.root / SRS).read_text().replace("SRS-001", "SRS-003"))
    assert ("item-misplaced", f"{name}:1") in found(checkout)
    assert "SRS-003" not in read_items(checkout.project).entries


@pytest.mark.parametrize("name", ["features/more.FEATURE", "features/more.feature.bak", "steps/more.feature"])
def test_a_file_that_looks_like_a_feature_file_and_is_read_as_none_is_told(checkout, name):
    checkout.write(f"verification/{name}", "Feature: More\n\n  Scenario: more\n    Given a door\n")
    scenarios, issues = read_scenarios(checkout.project)
    assert ("feature-misplaced", f"verification/{name}:1") in {(issue.code, issue.where) for issue in issues}
    assert "more" not in {scenario.name for scenario in scenarios}


def test_one_bad_file_hides_nothing_in_the_others(checkout):
    checkout.write(SRS, b"\xff\xfe")
    checkout.edit("requirements_spec/software/SRS-002.yaml", "[SYS-001]", "[SYS-002]")
    checkout.edit("risk/hazards/HAZ-001.yaml", "severity: 4\nprob", "severity: 9\nprob")
    checkout.edit("risk/controls/RC-001.yaml", "evidence: [SYS-001/AC1]", "evidence: [SYS-001/AC7]")
    checkout.write("risk/hazards/notes.yml", "a: b\n")
    assert {code for code, _ in found(checkout)} == {
        "yaml-unreadable",
        "link-dangling",
        "item-malformed",
        "item-misplaced",
    }
    wheres = [where for _, where in found(checkout)]
    risk = sorted(where for where in wheres if where.startswith("risk/") and "notes" not in where)
    assert risk == ["risk/controls/RC-001.yaml:7", "risk/hazards/HAZ-001.yaml:8"]
    assert "SRS-002" in read_items(checkout.project).entries


def test_a_dangling_link_hints_at_what_was_meant(checkout):
    checkout.edit("risk/hazards/HAZ-001.yaml", "[RC-001]", "[RC-011]")
    (issue,) = read_items(checkout.project).issues
    assert issue.hint == "did you mean RC-001?"


def test_without_a_schema_nothing_counts_as_sound(checkout):
    (checkout.root / "requirements_spec/schema.json").write_text("{")
    items = read_items(checkout.project)
    assert [issue.code for issue in items.issues].count("schema-unreadable") == 1
    assert not items.entries["SRS-001"].sound


def test_only_normative_words_change_the_digest(checkout):
    before = read_items(checkout.project).entries["SRS-001"].digest
    checkout.edit(SRS, "rationale: Doors have handles.", "rationale: All doors have handles.")
    checkout.edit(SRS, "id: SRS-001\n", "# a remark\nid:   SRS-001\n")
    assert read_items(checkout.project).entries["SRS-001"].digest == before
    checkout.edit(SRS, "turns back", "turns all the way back")
    assert read_items(checkout.project).entries["SRS-001"].digest != before


def test_1000_items_are_read_in_seconds(checkout):
    import time

    text = (checkout.root / SRS).read_text()
    for number in range(1000):
        name = f"SRS-{number:03}" if number > 2 else f"SRS-{number + 2000}"
        checkout.write(f"requirements_spec/software/{name}.yaml", text.replace("id: SRS-001", f"id: {name}"))
    start = time.process_time()
    assert len(read_items(checkout.project).entries) > 990
    assert time.process_time() - start < 10


# --- code -------------------------------------------------------------------------------------------------------------


def symbols(checkout):
    return {symbol.id: symbol for symbol in scan(checkout.project)[0]}


def test_claims_are_read_without_importing(checkout):
    found = symbols(checkout)  # device/door.py raises when it is imported
    assert found["device.door.turn"].implements == ("SRS-001",)
    assert found["device.door.GREEN"].implements == ("SRS-002",)
    lines = (checkout.root / "device/door.py").read_text().splitlines()
    assert lines[found["device.door.turn"].line - 1] == "def turn(angle):"


def test_modules_classes_and_methods_can_claim(checkout):
    checkout.write(
        "device/house/__init__.py",
        '"""A house.\n\nImplements: SRS-001, RC-001\n"""\n\nclass Roof:\n'
        '    """A roof.\n\n    Implements: SRS-002\n    """\n\n'
        '    def leak(self):\n        """Leak.\n\n        Implements: SRS-001."""\n',
    )
    found = symbols(checkout)
    assert found["device.house"].implements == ("SRS-001", "RC-001")
    assert found["device.house.Roof"].implements == ("SRS-002",)
    assert found["device.house.Roof.leak"].implements == ("SRS-001",)


def test_a_claim_that_is_not_the_last_line_or_not_of_its_form_is_an_issue(checkout):
    checkout.write("device/a.py", 'def a():\n    """A.\n\n    Implements: SRS-001\n    And more.\n    """\n')
    checkout.write("device/b.py", 'def b():\n    """B.\n\n    Implements SRS-001 and others\n    """\n')
    checkout.write("device/c.py", "def c(:\n")
    issues = [(issue.code, issue.where) for issue in scan(checkout.project)[1]]
    assert issues == [
        ("claim-malformed", "device/a.py:1"),
        ("claim-malformed", "device/b.py:1"),
        ("code-unreadable", "device/c.py:1"),
    ]
    assert "device.door.turn" in symbols(checkout)


def test_a_digest_is_of_the_code_not_of_its_layout(checkout):
    def digest():
        return symbols(checkout)["device.door.turn"].digest

    before = digest()
    checkout.edit("device/door.py", '"""Doors."""', '"""Doors and their handles."""\n\n# a remark')
    checkout.edit("device/door.py", "return angle + 1", "return (\n        angle + 1  # one more\n    )")
    checkout.edit("device/door.py", "Turn the handle.", "Turn it.")
    assert digest() == before
    checkout.edit("device/door.py", "angle + 1 ", "angle + 2 ")
    assert digest() != before


def test_a_digest_tells_a_number_from_a_text():
    import ast

    assert digest_of(ast.parse("a = 1")) != digest_of(ast.parse("a = '1'"))
    assert digest_of(ast.parse("a = None")) != digest_of(ast.parse("a = False"))
    assert digest_of(ast.parse("f(None)")) != digest_of(ast.parse("f()"))
