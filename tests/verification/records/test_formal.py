"""Formal runs: by an approved protocol, in a clean checkout, archived; and failures that an anomaly excuses."""

import hashlib
import json
import shutil
import subprocess

import pytest

from verification.commands.records import approve, review
from verification.evidence import RunKind, VerificationEvidence, read_evidence, write_evidence
from verification.records.archive import FOLDER
from verification.records.record import RECORD

pytestmark = pytest.mark.slow

ADA = "Ada Example (fictitious)"
FEATURE = "verification/features/door.feature"
STEPS = "verification/test_features.py"
SAID = ["--by", ADA, "--meaning", "approved", "--reason", "for a test"]
GREEN = "door/it-is-green"
BREAKS_GREEN = (
    '@given("a door")\n',
    '@given("a painted door")\ndef painted(): assert False, "it is gray"\n\n@given("a door")\n',
)

ANOMALY = """\
id: ANO-001
title: Gray doors
found_in: 0.0.1
versions: [0.0.1]
observed: The door is gray.
expected: The door is green.
requirements: [SRS-002]
scenarios: [door/it-is-green]
hazards: []
assessment: Nobody is harmed by gray.
security_assessment: None is affected.
workaround: Paint it.
disposition: Mended in the next version.
"""
DEVIATION = """\
id: DEV-001
title: A door of another make
scenarios: [door/it-is-green]
planned: A door of ours.
done: A door of theirs.
reason: Ours was lent.
effect: None, the paint is the same.
disposition: Accepted for this run.
"""


def approves(checkout, *ids):
    return approve([*ids, *SAID, "--project", str(checkout.root)])


def with_failing_green(checkout):
    """SRS-002, which no risk control rests on, fails."""
    checkout.edit(FEATURE, "Scenario: It is green\n    Given a door", "Scenario: It is green\n    Given a painted door")
    return checkout.edit(STEPS, *BREAKS_GREEN).commit()


def blocking(checkout):
    return {(issue.code, issue.message) for issue in checkout.trace().issues if issue.severity == "blocking"}


def archive(checkout):
    (folder,) = (checkout.root / FOLDER).iterdir()
    return folder


@pytest.fixture(scope="module")
def _formal(pristine, tmp_path_factory):
    checkout = type(pristine)(tmp_path_factory.mktemp("formal") / "checkout")
    shutil.copytree(pristine.root, checkout.root)
    assert approves(checkout, "protocol") == 0
    run = checkout.commit().run("verify", "--formal")
    assert run.returncode == 0, run.stdout + run.stderr
    return checkout


@pytest.fixture
def formal(_formal, tmp_path):
    """A copy of the small checkout after a formal run whose archive is not committed yet."""
    shutil.copytree(_formal.root, tmp_path / "formal")
    return type(_formal)(tmp_path / "formal")


# --- an engineering run -----------------------------------------------------------------------------------------------


def test_every_other_run_says_what_it_is(checkout):
    said = checkout.run("verify").stdout
    assert "engineering run: it cannot support a candidate release" in said
    assert checkout.evidence()["kind"] == "engineering"
    assert checkout.evidence()["approval"] is None
    assert "engineering run" in checkout.run("verify", "--only", "SRS-002").stdout


def test_without_an_approval_nothing_runs(checkout):
    run = checkout.run("verify", "--formal")
    assert run.returncode == 2
    assert "no approval of the protocol as it is now" in run.stderr
    assert not (checkout.root / "build/evidence/verification.json").exists()
    assert not (checkout.root / "build/evidence/verify.run.json").exists()


def test_an_approval_has_to_be_committed(checkout):
    assert approves(checkout, "protocol") == 0
    run = checkout.run("verify", "--formal")
    assert run.returncode == 2
    assert "commit them, approvals included" in run.stderr


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (FEATURE, "Scenario: It is green\n    Given a door", "Scenario: It is green\n    Given a  gate"),
        ("requirements_spec/software/SRS-002.yaml", "be green", "be lime"),
        (FEATURE, "      | 20    |\n", ""),
    ],
)
def test_another_protocol_needs_another_approval(checkout, file, old, new):
    approves(checkout, "protocol")
    checkout.commit().edit(file, old, new).commit()
    run = checkout.run("verify", "--formal")
    assert run.returncode == 2
    assert "no approval of the protocol as it is now" in run.stderr
    (issue,) = (each for each in checkout.trace().issues if each.where == RECORD and each.code == "review-suspect")
    assert f"{file.rpartition('/')[2].removesuffix('.yaml')} changed since" in issue.message


def test_the_code_is_no_part_of_the_protocol(checkout):
    approves(checkout, "protocol")
    checkout.commit().edit("device/door.py", "angle + 1", "angle + 2").commit()
    assert checkout.run("verify", "--formal").returncode == 0


def test_a_withdrawn_approval_allows_no_formal_run(checkout):
    approves(checkout, "protocol")
    withdrawn = ["--by", ADA, "--meaning", "withdrawn", "--reason", "too early", "--project", str(checkout.root)]
    assert approve(["protocol", *withdrawn]) == 0
    assert checkout.commit().run("verify", "--formal").returncode == 2


def test_a_selection_is_no_formal_run(checkout):
    run = checkout.run("verify", "--formal", "--only", "SRS-001")
    assert run.returncode == 2
    assert "a formal run is of all scenarios" in run.stderr


def test_a_run_that_changes_the_checkout_stays_an_engineering_run(checkout):
    approves(checkout, "protocol")
    checkout.edit(STEPS, "def a_door(): pass", "def a_door(): open('litter.txt', 'w').close()").commit()
    run = checkout.run("verify", "--formal")
    assert run.returncode == 2
    assert "was changed while the scenarios ran\n" in run.stderr
    assert checkout.evidence()["kind"] == "engineering"
    assert not (checkout.root / FOLDER).exists()


def test_a_run_that_did_not_get_to_a_scenario_stays_an_engineering_run(checkout):
    approves(checkout, "protocol")
    checkout.edit(STEPS, 'scenarios("features/door.feature")', "").commit()
    run = checkout.run("verify", "--formal")
    assert "5 of 5 scenarios were not run" in run.stderr
    assert checkout.evidence()["kind"] == "engineering"


# --- a formal run and its archive -------------------------------------------------------------------------------------


def test_a_formal_run_is_archived_with_its_sums_and_is_read_only(formal):
    evidence = formal.evidence()
    line = (formal.root / RECORD).read_bytes().splitlines()[0]
    assert evidence["kind"] == "formal"
    assert evidence["approval"] == hashlib.sha256(line).hexdigest()
    assert evidence["protocol_digest"] == json.loads(line)["digest"]
    folder = archive(formal)
    assert folder.name == f"2026-01-02-{evidence['source']['commit'][:12]}"
    assert (folder / "verification.json").read_bytes() == (
        formal.root / "build/evidence/verification.json"
    ).read_bytes()
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=True, capture_output=True)
    assert blocking(formal) == set()


def test_an_archive_is_never_overwritten(formal):
    run = formal.run("verify", "--formal")
    assert run.returncode == 2
    before = (archive(formal) / "verification.json").read_bytes()
    shutil.copytree(archive(formal), formal.root.parent / "kept")
    run = formal.commit().run("verify", "--formal")  # another commit, another folder
    assert run.returncode == 0
    names = sorted(path.name for path in (formal.root / FOLDER).iterdir())
    assert len(names) == 2
    kept = (formal.root.parent / "kept/SHA256SUMS").read_bytes()
    assert kept in [(formal.root / FOLDER / name / "SHA256SUMS").read_bytes() for name in names]
    assert before


def test_a_commit_of_records_alone_leaves_the_evidence_good(formal):
    formal.commit()
    assert formal.item("SRS-001").status == "covers"
    review(["SRS-001", "--by", ADA, "--meaning", "reviewed", "--reason", "r", "--project", str(formal.root)])
    formal.commit()
    assert formal.item("SRS-001").status == "covers"
    assert blocking(formal) == set()
    formal.write("device/other.py", '"""Not a record."""\n').commit()
    assert formal.item("SRS-001").status == "stale"


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("verification.json", lambda text: text.replace('"passed"', '"failed"', 1), "SHA-256"),
        ("SHA256SUMS", lambda text: "0" * 64 + text[64:], "expected 000"),
        ("verify.run.json", None, "is gone"),
        ("more.txt", lambda text: "x", "does not list it"),
    ],
)
def test_a_changed_archive_blocks(formal, name, change, told):
    path = archive(formal) / name
    text = path.read_text() if path.exists() else ""
    path.unlink(missing_ok=True)
    if change:
        path.write_text(change(text))
    found = [issue for issue in formal.trace().issues if issue.code == "archive-changed"]
    assert found
    assert all(issue.severity == "blocking" for issue in found)
    assert any(told in issue.message for issue in found)


def rewrite(checkout, **changes):
    """Write the evidence and its manifest again with some fields changed, as a tool of ill will could."""
    import msgspec

    folder = checkout.project.evidence
    evidence = read_evidence(folder, "verification.json", VerificationEvidence)
    write_evidence(folder, "verification.json", msgspec.structs.replace(evidence, **changes))


def test_an_engineering_run_that_is_called_formal_blocks(verified):
    rewrite(verified, kind=RunKind.FORMAL, approval="0" * 64)
    messages = {message for code, message in blocking(verified) if code == "formal-unfounded"}
    assert any("holds no approval of its protocol" in message for message in messages)
    assert any("it is not what docs/records/verification/2026-01-02-" in message for message in messages)


def test_an_edited_formal_result_blocks_even_if_the_manifest_is_edited_too(formal):
    evidence = read_evidence(formal.project.evidence, "verification.json", VerificationEvidence)
    rewrite(formal, results=evidence.results[:-1])
    assert any(code == "formal-unfounded" for code, _ in blocking(formal))
    formal.edit("build/evidence/verification.json", '"passed"', '"failed"')
    assert {"evidence-unusable", "verification-missing"} <= {code for code, _ in blocking(formal)}
    assert formal.item("SRS-001").status == "not_run"


def test_an_approval_that_is_withdrawn_later_leaves_the_run_unfounded(formal):
    options = ["--by", ADA, "--meaning", "withdrawn", "--reason", "wrong version", "--project", str(formal.root)]
    assert approve(["protocol", *options]) == 0
    assert any(code == "formal-unfounded" for code, _ in blocking(formal))


# --- anomalies --------------------------------------------------------------------------------------------------------


def test_an_approved_anomaly_excuses_and_the_failure_stays_a_failure(checkout):
    with_failing_green(checkout).write("risk/anomalies/ANO-001.yaml", ANOMALY).commit()
    assert checkout.run("verify").returncode == 1
    assert {code for code, _ in blocking(checkout)} == {"requirement-failed"}
    assert any("ANO-001 is not approved as it stands" in message for _, message in blocking(checkout))
    approves(checkout, "ANO-001")
    assert blocking(checkout) == set()
    assert checkout.item("SRS-002").status == "failed"
    assert checkout.item(GREEN).status == "failed"
    (issue,) = (each for each in checkout.trace().issues if each.code == "requirement-failed")
    assert issue.severity == "advisory"
    assert "known and approved as ANO-001" in issue.message
    (anomaly,) = checkout.trace().anomalies
    assert anomaly.excuses == (GREEN,)
    assert checkout.item("ANO-001").review.meanings == ("approved",)


def test_a_word_of_the_anomaly_changed_and_it_excuses_no_more(checkout):
    with_failing_green(checkout).write("risk/anomalies/ANO-001.yaml", ANOMALY).commit()
    checkout.run("verify")
    approves(checkout, "ANO-001")
    checkout.edit("risk/anomalies/ANO-001.yaml", "Nobody is harmed", "Somebody is harmed")
    assert {code for code, _ in blocking(checkout)} == {"requirement-failed"}
    assert checkout.item("ANO-001").review.status == "suspect"
    (anomaly,) = checkout.trace().anomalies
    assert anomaly.excuses == ()


@pytest.mark.parametrize("meaning", ["reviewed", "adequate"])
def test_a_review_of_an_anomaly_is_no_approval(checkout, meaning):
    with_failing_green(checkout).write("risk/anomalies/ANO-001.yaml", ANOMALY).commit()
    checkout.run("verify")
    options = ["--by", ADA, "--meaning", meaning, "--reason", "r", "--project", str(checkout.root)]
    assert review(["ANO-001", *options]) == 0
    assert {code for code, _ in blocking(checkout)} == {"requirement-failed"}


def test_an_anomaly_cannot_excuse_what_a_risk_control_rests_on(checkout):
    checkout.edit(STEPS, 'observe(f"turned by {angle}")', "assert angle < 20, 'it sticks'")
    scenario = "door/the-handle-turns-by-angle/2"
    said = ANOMALY.replace("[SRS-002]", "[SRS-001]").replace(GREEN, scenario)
    checkout.write("risk/anomalies/ANO-001.yaml", said).commit().run("verify")
    approves(checkout, "ANO-001")
    assert any(f"a risk control rests on {scenario}" in message for _, message in blocking(checkout))
    assert checkout.trace().anomalies[0].excuses == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [("[door/it-is-green]", "[]"), ("[SRS-002]", "[]"), ("[door/it-is-green]", "[door/a-door-opens]")],
)
def test_an_anomaly_that_does_not_name_scenario_and_requirement_excuses_nothing(checkout, old, new):
    with_failing_green(checkout).write("risk/anomalies/ANO-001.yaml", ANOMALY.replace(old, new)).commit()
    checkout.run("verify")
    approves(checkout, "ANO-001")
    assert {code for code, _ in blocking(checkout)} == {"requirement-failed"}


def test_a_fault_of_the_bench_is_no_anomaly_of_the_device(checkout):
    checkout.edit(FEATURE, "Scenario: It is green\n    Given a door", "Scenario: It is green\n    Given no such step")
    checkout.write("risk/anomalies/ANO-001.yaml", ANOMALY).commit().run("verify")
    approves(checkout, "ANO-001")
    assert {code for code, _ in blocking(checkout)} == {"requirement-failed"}


def test_an_anomaly_or_deviation_of_an_unknown_scenario_is_named(checkout):
    checkout.write("risk/anomalies/ANO-001.yaml", ANOMALY.replace(GREEN, "door/it-is-red"))
    checkout.write("risk/anomalies/DEV-001.yaml", DEVIATION.replace(GREEN, "door/it-is-red"))
    found = [issue for issue in checkout.trace().issues if issue.code == "scenario-unknown"]
    assert [issue.where for issue in found] == ["risk/anomalies/ANO-001.yaml:8", "risk/anomalies/DEV-001.yaml:3"]
    assert all(f"did you mean {GREEN}" in issue.hint for issue in found)


def test_a_deviation_is_an_item_of_its_own(checkout):
    checkout.write("risk/anomalies/DEV-001.yaml", DEVIATION).commit()
    item = checkout.item("DEV-001")
    assert (item.kind, item.status, item.text) == ("deviation", "gap", "A door of theirs.")
    assert [each.id for each in checkout.trace().deviations] == ["DEV-001"]
    assert approves(checkout, "DEV-001") == 0
    assert checkout.item("DEV-001").review.status == "reviewed"
    checkout.write("risk/anomalies/DEV-002.yaml", DEVIATION.replace("DEV-001", "DEV-002").replace("effect", "affect"))
    assert set(checkout.codes()) >= {"item-unknown-key", "item-missing-key"}


@pytest.mark.parametrize(
    ("identity", "told"),
    [
        ("SRS-001", "clearway review SRS-001 --meaning approved"),
        ("ANO-404", "expected protocol, a document's number"),
        ("CW-DOC-006", "run `clearway submission build`"),
    ],
)
def test_what_cannot_be_approved_is_refused(checkout, capsys, identity, told):
    assert approves(checkout, identity) == 2
    assert told in capsys.readouterr().err
    assert not (checkout.root / RECORD).exists()


# --- the whole way ----------------------------------------------------------------------------------------------------


def test_a_fictitious_team_goes_from_draft_to_a_formal_run_with_an_anomaly(checkout):
    def says(*words):
        return review([*words, "--by", ADA, "--reason", "for a test", "--project", str(checkout.root)])

    with_failing_green(checkout)
    assert checkout.run("verify").returncode == 1  # the draft fails
    checkout.write("risk/anomalies/ANO-001.yaml", ANOMALY).commit()
    assert approves(checkout, "ANO-001", "protocol") == 0
    assert (
        says("UN-001", "SYS-001", "SRS-001", "SRS-002", "HAZ-001", "RC-001", "--meaning", "reviewed", "--despite") == 0
    )
    assert says("SRS-001", "SRS-002", "--meaning", "adequate", "--despite") == 0
    run = checkout.commit().run("verify", "--formal")
    assert run.returncode == 1  # the scenario failed, and stays failed
    assert "formal run of the protocol" in run.stdout
    checkout.commit()
    trace = checkout.trace()
    assert [issue.code for issue in trace.issues if issue.severity == "blocking"] == []
    assert checkout.evidence()["kind"] == "formal"
    assert checkout.item("SRS-002").status == "failed"
    assert checkout.item("SRS-002").review.meanings == ("reviewed", "adequate")
    assert len(trace.records) == 10
    # The next change: what is new is not covered by what was said of what was.
    checkout.edit("device/door.py", "(0, 128, 0)", "(0, 129, 0)").commit()
    assert {code for code, _ in blocking(checkout)} == {"verification-stale"}
    suspect = {item.id for item in checkout.trace().items if item.review.status == "suspect"}
    assert suspect == {"SRS-002", "SYS-001", "UN-001"}
