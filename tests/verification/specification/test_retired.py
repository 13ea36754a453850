"""Ids are never used again: retired ones have tombstones, and one that vanished without is found in the history."""

import subprocess

import pytest

RETIRED = "requirements_spec/retired.yaml"
SRS_2 = "requirements_spec/software/SRS-002.yaml"
TOMBSTONE = "- {id: SRS-009, title: Knob, reason: Doors have handles., replaced_by: [SRS-001]}\n"


def found(checkout, code):
    return [issue for issue in checkout.trace().issues if issue.code == code]


def remove(checkout, file):
    (checkout.root / file).unlink()
    return checkout.commit()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("device/door.py", "Implements: SRS-002", "Implements: SRS-009"),
        ("verification/features/door.feature", "@SRS-002/AC1", "@SRS-009"),
        ("risk/controls/RC-001.yaml", "[SRS-001]", "[SRS-001, SRS-009]"),
        (SRS_2, "parents: [SYS-001]", "parents: [SYS-009]"),
        ("risk/controls/RC-001.yaml", "[SYS-001/AC1]", "[SYS-001/AC1, SRS-001/AC9]"),
    ],
)
def test_a_retired_id_is_nowhere_used_again(checkout, file, old, new):
    other = TOMBSTONE.replace("SRS-009", "SYS-009") + TOMBSTONE.replace("SRS-009", "SRS-001/AC9")
    checkout.write(RETIRED, TOMBSTONE + other).edit(file, old, new)
    (issue,) = found(checkout, "id-retired")
    assert issue.severity == "blocking"
    assert issue.where.startswith(f"{file}:")
    assert f"(Knob) was retired: Doors have handles. ({RETIRED}:" in issue.message
    assert issue.hint == "use SRS-001"
    assert found(checkout, "id-unknown") == found(checkout, "link-dangling") == []


def test_no_item_and_no_criterion_stands_under_a_retired_id(checkout):
    checkout.write(RETIRED, TOMBSTONE.replace("009", "002") + TOMBSTONE.replace("SRS-009", "SRS-001/AC2"))
    assert {issue.where.partition(":")[0] for issue in found(checkout, "id-retired")} >= {
        SRS_2,
        "requirements_spec/software/SRS-001.yaml",
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("- {id: SRS-009, title: t, reason: r}\n", "item-missing-key"),
        ("- {id: SRS-009, title: t, reason: r, replaced_by: [], by: me}\n", "item-unknown-key"),
        ("SRS-009: gone\n", "item-malformed"),
        (TOMBSTONE * 2, "item-duplicate"),
        ("- {id: [\n", "yaml-unreadable"),
    ],
)
def test_tombstones_that_are_not_of_their_form_are_issues_at_their_line(checkout, text, code):
    checkout.write(RETIRED, text)
    (issue,) = found(checkout, code)
    assert issue.where.startswith(f"{RETIRED}:")


def test_an_item_that_vanished_without_a_tombstone_blocks(checkout):
    remove(checkout.edit("device/door.py", "\nImplements: SRS-002", ""), SRS_2)
    (issue,) = found(checkout, "id-vanished")
    assert issue.severity == "blocking"
    assert issue.message == f"SRS-002 once stood in {SRS_2} and is gone without a tombstone"
    checkout.write(RETIRED, TOMBSTONE.replace("009", "002"))
    assert found(checkout, "id-vanished") == []


def test_an_item_that_is_there_again_has_not_vanished(checkout):
    text = (checkout.root / SRS_2).read_text()
    remove(checkout, SRS_2).write(SRS_2, text).commit()
    assert found(checkout, "id-vanished") == []


def test_a_renamed_file_is_an_id_that_vanished(checkout):
    (checkout.root / SRS_2).rename(checkout.root / "requirements_spec/software/SRS-003.yaml")
    checkout.edit("requirements_spec/software/SRS-003.yaml", "id: SRS-002", "id: SRS-003").commit()
    assert [issue.message.split()[0] for issue in found(checkout, "id-vanished")] == ["SRS-002"]


@pytest.mark.parametrize(
    "layout",
    [
        "  - {id: AC2, text: It looks calm., method: inspection}",
        "  - text: It looks calm.\n    id: AC2\n    method: inspection",
    ],
)
def test_a_criterion_that_vanished_blocks_however_it_was_written(checkout, layout):
    flow = "  - {id: AC2, text: It looks calm., method: inspection}"
    checkout.edit(SRS_2, flow, layout).write("notes.txt", "so that there is something to commit").commit()
    checkout.edit(SRS_2, f"{layout}\n", "").commit()
    assert [issue.message.split()[0] for issue in found(checkout, "id-vanished")] == ["SRS-002/AC2"]
    checkout.write(RETIRED, TOMBSTONE.replace("SRS-009", "SRS-002/AC2"))
    assert found(checkout, "id-vanished") == []


def test_a_criterion_that_was_reworded_has_not_vanished(checkout):
    checkout.edit(SRS_2, "It looks calm.", "It looks very calm.").commit()
    assert found(checkout, "id-vanished") == []


def test_a_shallow_clone_says_that_it_cannot_see(checkout, tmp_path):
    remove(checkout, SRS_2)
    checkout.write("notes.txt", "later").commit()
    subprocess.run(
        ["git", "clone", "-q", "--depth", "1", f"file://{checkout.root}", str(tmp_path / "shallow")], check=True
    )
    shallow = type(checkout)(tmp_path / "shallow")
    (issue,) = found(shallow, "history-unseen")
    assert issue.severity == "advisory"
    assert "the clone is shallow" in issue.message
    assert found(shallow, "id-vanished") == []


def test_a_history_with_bytes_that_are_no_text_is_read_all_the_same(checkout):
    checkout.write("requirements_spec/software/SRS-003.yaml", b"id: \xff\xfe\n").commit()
    remove(checkout, "requirements_spec/software/SRS-003.yaml")
    assert [issue.message.split()[0] for issue in found(checkout, "id-vanished")] == ["SRS-003"]
