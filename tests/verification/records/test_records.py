"""Reviews: bound to what they were made of; a change drops those of the changed item and of all above it, no other."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from verification.commands.records import review
from verification.evidence import Meaning
from verification.records.record import RECORD
from verification.records.recording import RefusedError, record

pytestmark = pytest.mark.slow

ADA = "Ada Example (fictitious)"
BEN = "Ben Example (fictitious)"
DAY = datetime.now(UTC).date().isoformat()
FEATURE = "verification/features/door.feature"
SRS_1 = "requirements_spec/software/SRS-001.yaml"
ALL = (
    "UN-001", "SYS-001", "SRS-001", "SRS-002", "HAZ-001", "RC-001", "device.door.turn", "device.door.GREEN",
    "door/a-door-opens", "door/the-handle-turns-by-angle", "door/the-handle-turns-back", "door/it-is-green",
)  # fmt: skip


def say(checkout, *ids, meaning=Meaning.REVIEWED, by=ADA, event="review", date=DAY):
    return record(checkout.project, event, list(ids), by=by, meaning=meaning, reason="for a test", date=date)


def statuses(checkout):
    return {
        item.id: item.review.status.value for item in checkout.trace().items if item.kind.value != "document_section"
    }


def dropped(checkout):
    return {identity for identity, status in statuses(checkout).items() if status == "suspect"}


@pytest.fixture
def reviewed(checkout):
    """Everything of the small checkout reviewed, item by item."""
    say(checkout, *ALL)
    assert set(statuses(checkout).values()) == {"reviewed"}
    return checkout.commit()


def test_nothing_is_reviewed_from_the_start_and_one_advisory_issue_counts_it(checkout):
    assert set(statuses(checkout).values()) == {"unreviewed"}
    (issue,) = (each for each in checkout.trace().issues if each.code == "unreviewed")
    assert issue.severity == "advisory"
    for part in ("hazard: 1", "risk control: 1", "software requirement: 2", "symbol: 2", "scenario: 5"):
        assert part in issue.message
    assert not (checkout.root / RECORD).exists()


def test_a_review_stands_beside_the_status_and_never_changes_it(verified):
    before = {item.id: item.status for item in verified.trace().items}
    say(verified, *ALL)
    item = verified.item("SRS-001")
    assert (item.review.by, item.review.meaning, item.review.date) == (ADA, "reviewed", DAY)
    assert item.review.why == f"as reviewed, by {ADA} on {DAY}"
    assert {item.id: item.status for item in verified.trace().items} == before
    assert "unreviewed" not in verified.codes("advisory")
    assert [line.id for line in verified.trace().records][:2] == ["UN-001", "SYS-001"]


# --- exactly the right reviews drop -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (SRS_1, "turn the handle.", "turn a handle.", {"SRS-001", "SYS-001", "UN-001", "RC-001", "HAZ-001"}),
        ("requirements_spec/software/SRS-002.yaml", "be green", "be lime", {"SRS-002", "SYS-001", "UN-001"}),
        (SRS_1, "safety_related: true", "safety_related: false", {"SRS-001", "SYS-001", "UN-001", "RC-001", "HAZ-001"}),
        (
            "device/door.py", "angle + 1", "angle + 2",
            {"device.door.turn", "SRS-001", "SYS-001", "UN-001", "RC-001", "HAZ-001"},
        ),
        ("device/door.py", "(0, 128, 0)", "(0, 129, 0)", {"device.door.GREEN", "SRS-002", "SYS-001", "UN-001"}),
        (
            FEATURE, "Scenario: It is green\n    Given a door", "Scenario: It is green\n    Given a gate",
            {"door/it-is-green", "SRS-002", "SYS-001", "UN-001"},
        ),
        # SYS-001/AC1 is named as evidence that RC-001 is effective.
        (
            FEATURE, "A door opens\n    Given a door", "A door opens\n    Given a gate",
            {"door/a-door-opens", "SYS-001", "UN-001", "RC-001", "HAZ-001"},
        ),
        ("risk/controls/RC-001.yaml", "On a door of ours", "On a door of yours", {"RC-001", "HAZ-001"}),
        ("risk/hazards/HAZ-001.yaml", "The visitor faints", "A visitor faints", {"HAZ-001"}),
        ("requirements_spec/system/SYS-001.yaml", "shall open doors", "shall open a door", {"SYS-001", "UN-001"}),
        # A criterion of SYS-001 that no control names would leave RC-001; this one it names.
        (
            "requirements_spec/system/SYS-001.yaml", "A door opens.", "Any door opens.",
            {"SYS-001", "UN-001", "RC-001", "HAZ-001"},
        ),
    ],
)  # fmt: skip
def test_a_change_drops_the_reviews_of_the_item_and_of_all_above_it(reviewed, file, old, new, expected):
    reviewed.edit(file, old, new)
    assert dropped(reviewed) == expected
    where = [issue for issue in reviewed.trace().issues if issue.code == "review-suspect"]
    assert len(where) == len(expected)
    assert all(issue.severity == "advisory" for issue in where)


MADE = """\
STOPS = {1: "near"}
STOPS |= {2: "far"}
STOPS.update({3: "shut"})
if LAST > 50:
    STEP = 5
else:
    STEP = 6
"""
LATCH = """\
class Latch:
    SPRING = 3

    def hold(self):
        \"""Hold the door.

        Implements: SRS-001
        \"""
        return self.SPRING

    def let_go(self):
        return 1


class Bolt:
    SLOT = 8

    def slide(self):
        \"""Slide the bolt.

        Implements: SRS-001
        \"""
        return _spare()

    def stick(self):
        return 3


def _spare():
    return Bolt.SLOT
"""


@pytest.fixture
def helped(checkout):
    """A checkout in which `turn` uses a helper, which uses a constant, which another module makes of its own."""
    checkout.write("device/stops.py", "LAST = 90\n\n\ndef count_stops():\n    return 4\n")
    limit = f"{MADE}\n\ndef _limit(angle):\n    return min(angle, STOP, *STOPS, STEP)\n\n\n{LATCH}\n\ndef turn("
    checkout.edit("device/door.py", "def turn(", limit)
    checkout.edit("device/door.py", "GREEN = ", "STOP = LAST + 1\nIDLE = 7\nGREEN = ")
    checkout.edit("device/door.py", "    return angle + 1", "    return _limit(angle) + 1 + count_stops()")
    text = (checkout.root / "device/door.py").read_text()
    head, end, rest = text.partition('"""\n')
    checkout.write("device/door.py", f"{head}{end}from device.stops import LAST, count_stops\n{rest}")
    checkout.commit()
    say(checkout, *ALL)
    return checkout.commit()


@pytest.mark.parametrize(
    ("file", "old", "new", "drops"),
    [
        ("device/door.py", "min(angle, STOP", "max(angle, STOP", True),
        ("device/door.py", "LAST + 1", "LAST + 2", True),
        ("device/stops.py", "LAST = 90", "LAST = 91", True),
        ("device/door.py", "LAST + 1", "LAST  +  1  # degrees", False),
        ("device/door.py", "IDLE = 7", "IDLE = 8", False),
        ("device/stops.py", "return 4", "return 5", False),  # a public function says itself what it is for
        ("device/door.py", '2: "far"', '2: "afar"', True),
        ("device/door.py", '3: "shut"', '4: "shut"', True),
        ("device/door.py", "STEP = 6", "STEP = 7", True),
        ("device/door.py", "LAST > 50", "LAST > 60", True),
    ],
)
def test_a_review_of_code_covers_its_private_helpers_and_constants(helped, file, old, new, drops):
    assert dropped(helped) == set()
    helped.edit(file, old, new)
    assert dropped(helped) == ({"device.door.turn", *ABOVE} if drops else set())


ABOVE = {"SRS-001", "SYS-001", "UN-001", "RC-001", "HAZ-001"}


@pytest.mark.parametrize(
    ("old", "new", "drops"),
    [
        ("SPRING = 3", "SPRING = 4", True), ("return 1", "return 2", False),
        ("return 3", "return 4", True),  # of a class that a helper uses, every method
    ],
)  # fmt: skip
def test_a_review_of_a_method_covers_the_rest_of_its_class(helped, old, new, drops):
    helped.edit("device/door.py", old, new)
    assert dropped(helped) == (ABOVE if drops else set())


def test_what_changed_is_named_however_far_below_it_is(reviewed):
    reviewed.edit("device/door.py", "angle + 1", "angle + 2")
    for identity in ("device.door.turn", "SRS-001", "UN-001", "HAZ-001"):
        why = reviewed.item(identity).review.why
        assert why == f"device.door.turn changed since the review of {DAY} by {ADA}", identity


def test_without_a_review_in_between_the_part_is_named_that_leads_to_the_change(checkout):
    say(checkout, "UN-001")
    checkout.commit().edit("device/door.py", "angle + 1", "angle + 2")
    assert checkout.item("UN-001").review.why.startswith("SYS-001 changed, or what it rests on since")


def test_a_new_scenario_and_one_that_is_gone_are_named(reviewed):
    reviewed.edit(FEATURE, "Scenario: It is green", "Scenario: It is lime")
    assert dropped(reviewed) == {"SRS-002", "SYS-001", "UN-001"}
    why = reviewed.item("SRS-002").review.why
    assert why.startswith("door/it-is-green is gone, door/it-is-lime is new since")
    assert reviewed.item("door/it-is-lime").review.status == "unreviewed"
    messages = [issue.message for issue in reviewed.trace().issues if issue.where == RECORD]
    assert any("door/it-is-green was reviewed: door/it-is-green is gone" in message for message in messages)


def test_reformatting_changes_nothing(reviewed):
    reviewed.write(
        SRS_1,
        """\
# A comment.
kind: "software_requirement"
id: SRS-001
parents:
  - SYS-001
title: Handle
text: >
  The device shall
  turn the handle.
rationale: Doors have handles, and hands.
safety_related: yes
source: ISO 0
needs: [ symbol,  scenario ]
criteria:
  - text: The handle turns.
    id: AC1
    method: test
  - {id: AC2, text: "The handle turns back.", method: test}
""",
    )
    reviewed.edit("device/door.py", "    return angle + 1", "    # one more\n    return (\n        angle + 1\n    )")
    reviewed.edit("device/door.py", "Turn the handle.", "Turn the handle, gently.")
    reviewed.edit(
        FEATURE, "    Given a door\n    When the handle", "\n      # as is\n      Given  a door\n    When  the handle"
    )
    reviewed.edit("risk/hazards/HAZ-001.yaml", "[The handle sticks.]", "\n  - The handle sticks.")
    assert dropped(reviewed) == set()
    assert set(statuses(reviewed).values()) == {"reviewed"}


def test_a_review_of_what_is_there_again_holds_again(reviewed):
    reviewed.edit("device/door.py", "angle + 1", "angle + 2")
    assert "SRS-001" in dropped(reviewed)
    reviewed.edit("device/door.py", "angle + 2", "angle + 1")
    assert dropped(reviewed) == set()


def test_another_review_lifts_the_suspicion_of_that_item_alone(reviewed):
    reviewed.edit("device/door.py", "(0, 128, 0)", "(0, 129, 0)").commit()
    say(reviewed, "SRS-002", by=BEN, meaning=Meaning.ADEQUATE, date=DAY)
    assert dropped(reviewed) == {"device.door.GREEN", "SYS-001", "UN-001"}
    found = reviewed.item("SRS-002").review
    assert (found.by, found.meanings) == (BEN, ("adequate",))


def test_a_withdrawn_review_no_longer_counts(reviewed):
    say(reviewed, "SRS-002", meaning=Meaning.WITHDRAWN)
    assert reviewed.item("SRS-002").review.status == "unreviewed"
    assert reviewed.item("SRS-002").review.why == "its review was withdrawn"
    assert reviewed.item("SRS-001").review.status == "reviewed"
    say(reviewed, "SRS-002")
    assert reviewed.item("SRS-002").review.status == "reviewed"


def test_a_review_of_what_is_gone_can_be_withdrawn(reviewed):
    reviewed.edit(FEATURE, "Scenario: It is green", "Scenario: It is lime").commit()
    say(reviewed, "door/it-is-green", meaning=Meaning.WITHDRAWN)
    assert all("door/it-is-green was" not in issue.message for issue in reviewed.trace().issues)
    with pytest.raises(RefusedError, match="nothing of it that could be withdrawn"):
        say(reviewed, "door/it-is-green", meaning=Meaning.WITHDRAWN)


# --- what is refused --------------------------------------------------------------------------------------------------


def test_a_dirty_checkout_refuses_unless_the_record_is_what_differs(checkout):
    say(checkout, "SRS-001")
    say(checkout, "SRS-002")
    checkout.edit(SRS_1, "turn the", "twist the").write("notes.txt", "new")
    with pytest.raises(
        RefusedError,
        match=r"^requirements_spec/software/SRS-001\.yaml, notes\.txt: differs from the commit; commit it first",
    ):
        say(checkout, "SRS-001")
    assert (checkout.root / RECORD).read_bytes().count(b"\n") == 2


@pytest.mark.parametrize(
    ("identity", "told"),
    [
        ("SRS-02", "SRS-02 does not exist; did you mean SRS-002"),
        ("SRS-001/AC1", "SRS-001/AC1 is a criterion: review SRS-001"),
        ("protocol", "clearway approve protocol"),
        ("CW-DOC-006", "clearway approve CW-DOC-006"),
        ("door", ""),
        ("DOC-1/handle", "DOC-1/handle does not exist"),
    ],
)
def test_what_is_no_item_is_refused_with_what_was_meant(checkout, identity, told):
    if identity == "door":
        assert len(say(checkout, identity)) == 5
        return
    with pytest.raises(RefusedError) as raised:
        say(checkout, identity)
    assert told in str(raised.value)
    assert not (checkout.root / RECORD).exists()


def test_all_is_refused_in_one_pass_and_nothing_is_recorded(checkout, capsys):
    arguments = ["SRS-001", "SRS-404", "HAZ-404", "--by", " ", "--meaning", "reviewed", "--reason", "x\udcff"]
    assert review(["--project", str(checkout.root), *arguments]) == 2
    said = capsys.readouterr().err
    for part in ("--by: found nothing", "never taken from git", "--reason: found characters", "SRS-404", "HAZ-404"):
        assert part in said
    assert "nothing was recorded" in said
    assert not (checkout.root / RECORD).exists()


@pytest.mark.parametrize("missing", ["--by", "--meaning", "--reason"])
def test_name_meaning_and_reason_are_asked_for(checkout, missing):
    options = {"--by": ADA, "--meaning": "reviewed", "--reason": "r"}
    del options[missing]
    with pytest.raises(SystemExit) as raised:
        review(["SRS-001", "--project", str(checkout.root), *(each for pair in options.items() for each in pair)])
    assert raised.value.code == 2


def test_the_command_records_a_line_with_the_day_of_the_clock(checkout, capsys):
    options = ["--by", ADA, "--meaning", "reviewed", "--reason", "r", "--project", str(checkout.root)]
    assert review(["SRS-001", "--despite", *options, "--json"]) == 0
    line = json.loads(capsys.readouterr().out)
    assert line["parts"].keys() == {
        "SRS-001", "device.door.turn", "door/the-handle-turns-back", "door/the-handle-turns-by-angle/1",
        "door/the-handle-turns-by-angle/2",
    }  # fmt: skip
    recorded = json.loads((checkout.root / RECORD).read_bytes())
    assert recorded == line
    assert recorded["date"] >= "2020-01-01"


# --- a damaged record -------------------------------------------------------------------------------------------------


def change_line(checkout, number, change):
    path = checkout.root / RECORD
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number] = change(lines[number])
    path.write_bytes(b"".join(lines))


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        (lambda line: line.replace(b"Ada", b"Eve"), "log-broken", "reviews.log:3: previous: found"),
        (lambda line: b"", "log-broken", "reviews.log:2: previous"),
        (lambda line: line.replace(b'"reason"', b'"mood":"new","reason"'), "log-unreadable", "unknown field"),
        (lambda line: line.replace(b"Ada", b"\xff"), "log-unreadable", "reviews.log:2"),
        (lambda line: line[: len(line) // 2], "log-unreadable", "reviews.log:2"),
        (lambda line: b"\n" + line, "log-unreadable", "reviews.log:2"),
    ],
)
def test_no_line_of_a_damaged_record_counts(reviewed, change, code, told):
    change_line(reviewed, 1, change)
    issues = [issue for issue in reviewed.trace().issues if issue.severity == "blocking"]
    assert any(issue.code == code and told in f"{issue.where}: {issue.message}" for issue in issues)
    assert "reviewed" not in statuses(reviewed).values()
    assert "the review record cannot be used" in reviewed.item("SRS-001").review.why
    with pytest.raises(RefusedError, match=r"reviews\.log"):
        say(reviewed, "SRS-001")


def test_lines_cut_from_the_end_of_a_committed_record_are_missed(reviewed):
    path = reviewed.root / RECORD
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-3]))
    assert "log-rewritten" in reviewed.codes()
    assert set(statuses(reviewed).values()) == {"unreviewed"}
    assert reviewed.trace().records == ()


def test_a_record_of_a_newer_version_says_so(reviewed):
    change_line(reviewed, len(ALL), lambda line: line.replace(b'"reason"', b'"mood":"new","reason"'))
    (issue,) = (each for each in reviewed.trace().issues if each.code == "log-unreadable")
    assert "mood" in issue.message
    assert "use the version of Clearway that wrote it" in issue.hint


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b'"meaning":"reviewed"', b'"meaning":"blessed"', "meaning: found 'blessed', expected one of reviewed"),
        (b'"event":"review"', b'"event":"ponder"', "event: found 'ponder'"),
        (DAY.encode(), b"yesterday", "date: found 'yesterday'"),
        (ADA.encode(), b" ", "by: found nothing"),
        (b'"digest":"', b'"digest":"x', "digest: found"),
    ],
)
def test_a_line_that_no_command_writes_is_not_believed(checkout, old, new, told):
    say(checkout, "SRS-001")
    change_line(checkout, 0, lambda line: line.replace(old, new))
    (issue,) = (each for each in checkout.trace().issues if each.code == "record-odd")
    assert told in issue.message
    assert checkout.item("SRS-001").review.status == "unreviewed"


def earlier(days):
    return (datetime.now(UTC).date() - timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("days", "told"),
    [
        ([0, 2], "the line above it is dated"),
        ([9, 9], "holds the record without it"),
        ([9, -3], "that brought it is of"),
    ],
)
def test_a_line_out_of_time_is_named_and_no_line_counts(checkout, days, told):
    for identity, back in zip(("SRS-001", "SRS-002"), days, strict=True):
        say(checkout, identity, date=earlier(back))
        checkout.commit()
    (issue,) = (issue for issue in checkout.trace().issues if issue.code == "log-out-of-time")
    assert issue.where == f"{RECORD}:2"
    assert told in issue.message
    assert "record it again as of now" in issue.hint
    assert "reviewed" not in statuses(checkout).values()


def test_clocks_of_two_zones_may_differ_by_a_day(checkout):
    say(checkout, "SRS-001", date=earlier(1))
    checkout.commit()
    say(checkout, "SRS-002", date=earlier(-1))
    checkout.commit()
    assert "log-out-of-time" not in checkout.codes()


def test_lines_that_no_commit_holds_are_told_and_count(checkout):
    say(checkout, "SRS-001")
    checkout.commit()
    say(checkout, "SRS-002", "SYS-001")
    (issue,) = (issue for issue in checkout.trace().issues if issue.code == "record-uncommitted")
    assert (issue.severity, issue.where) == ("advisory", f"{RECORD}:2")
    assert "2 of 3 lines are in no commit yet" in issue.message
    assert statuses(checkout)["SRS-002"] == "reviewed"
    checkout.commit()
    assert "record-uncommitted" not in checkout.codes("advisory")


def test_a_record_without_a_last_line_end_is_continued(checkout):
    say(checkout, "SRS-001")
    path = checkout.root / RECORD
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    say(checkout, "SRS-002")
    assert [line.id for line in checkout.trace().records] == ["SRS-001", "SRS-002"]
    assert checkout.codes() == ["verification-missing"]


def test_processes_at_once_leave_one_whole_chain(checkout):
    code = (
        "import sys; from verification.commands.records import review; sys.exit(review([sys.argv[1], '--project', "
        f"sys.argv[2], '--despite', '--by', {ADA!r}, '--meaning', 'reviewed', '--reason', 'at once']))"
    )
    names = ["SRS-001", "SRS-002", "SYS-001", "UN-001"]
    running = [
        subprocess.Popen([sys.executable, "-c", code, name, str(checkout.root)], stdout=subprocess.DEVNULL)
        for name in names
    ]
    assert [process.wait() for process in running] == [0] * len(names)
    trace = checkout.trace()
    assert sorted(line.id for line in trace.records) == sorted(names)
    damage = {issue.code for issue in trace.issues if "log" in issue.code or "record" in issue.code}
    assert damage == {"record-uncommitted"}


# --- many at a time ---------------------------------------------------------------------------------------------------


SAYS = ("--by", ADA, "--meaning", "reviewed", "--reason", "for a test")


def test_a_choice_of_items_is_reviewed_at_once(verified):
    run = verified.run("review", "--kind", "hazard", "--kind", "risk_control", *SAYS)
    assert run.returncode == 0, run.stderr
    assert {name for name, status in statuses(verified).items() if status == "reviewed"} == {"HAZ-001", "RC-001"}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (["--file", "requirements_spec/software/*"], {"SRS-001", "SRS-002"}),
        (["--match", "handle", "--kind", "software_requirement"], {"SRS-001"}),
        (["--match", "DOOR/THE-HANDLE"], {name for name in ALL if name.startswith("door/the-handle")}),
    ],
)
def test_items_are_chosen_by_file_and_by_words(verified, choice, expected):
    run = verified.run("review", *choice, *SAYS)
    assert run.returncode == 0, run.stderr
    reviewed = {name for name, status in statuses(verified).items() if status == "reviewed"}
    assert {name.rsplit("/", 1)[0] if name.count("/") == 2 else name for name in reviewed} == expected


def test_ids_are_taken_from_a_list_with_remarks(verified, tmp_path):
    (tmp_path / "ids.txt").write_text("SRS-001  # the handle\n\nHAZ-001\n")
    assert verified.run("review", "--list", str(tmp_path / "ids.txt"), *SAYS).returncode == 0
    assert {name for name, status in statuses(verified).items() if status == "reviewed"} == {"SRS-001", "HAZ-001"}
    run = verified.run("review", "--list", str(tmp_path / "none.txt"), *SAYS)
    assert (run.returncode, "No such file" in run.stderr) == (2, True)


def test_the_queue_is_a_line_an_item_and_records_nothing(verified):
    verified.run("review", "SRS-001", *SAYS)
    lines = verified.run("review", "--queue", "--kind", "software_requirement").stdout.splitlines()
    assert [line.split() for line in lines] == [
        ["unreviewed", "gap", "software", "requirement", "SRS-002", verified.item("SRS-002").digest[:12], "Color"]
    ]
    verified.commit().edit(SRS_1, "turn the handle.", "turn a handle.").commit()
    (line, _) = verified.run("review", "--queue", "--kind", "software_requirement").stdout.splitlines()
    assert line.startswith("suspect     stale")
    assert "(SRS-001 changed since the review of" in line
    assert len(verified.trace().records) == 1


def test_what_was_not_run_is_reviewed_only_when_said_twice(checkout):
    run = checkout.run("review", "SRS-001", "door/the-handle-turns-by-angle", *SAYS)
    assert run.returncode == 2
    assert "SRS-001 is not run: verification.json has not been made" in run.stderr
    assert "door/the-handle-turns-by-angle/2 is not run" in run.stderr
    assert "--despite" in run.stderr
    assert not (checkout.root / RECORD).exists()
    assert checkout.run("review", "SRS-001", "--despite", *SAYS).returncode == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "name what is reviewed"),
        (["SRS-001"], "--by, --meaning, --reason missing"),
        (["--kind", "anomaly", *SAYS], "no item is of this choice"),
        (["--kind", "wish", *SAYS], "invalid choice"),
    ],
)
def test_a_review_of_nothing_or_by_nobody_is_refused(verified, words, told):
    run = verified.run("review", *words)
    assert run.returncode == 2
    assert told in run.stderr
