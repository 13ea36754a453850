"""Seeded faults in the trace: whatever breaks a link shows in its status, with the reason, and blocks if it must."""

import pytest

from verification.evidence import read_evidence, write_evidence
from verification.evidence.types import VerificationEvidence

pytestmark = pytest.mark.slow

FEATURE = "verification/features/door.feature"
STEPS = "verification/test_features.py"


def criterion(item, name):
    return next(each for each in item.criteria if each.id == name)


def test_the_verified_checkout_covers_and_blocks_nothing(verified):
    trace = verified.trace()
    status = {item.id: item.status.value for item in trace.items}
    assert status["SRS-001"] == status["RC-001"] == status["HAZ-001"] == "covers"
    assert verified.codes() == []
    assert criterion(verified.item("SRS-001"), "AC1").scenarios == (
        "door/the-handle-turns-by-angle/1",
        "door/the-handle-turns-by-angle/2",
    )


def test_a_user_need_is_never_green_because_its_requirements_are(verified):
    need = verified.item("UN-001")
    assert need.status.value == "gap"
    assert need.why.startswith("no design validation")
    assert "need-not-validated" in verified.codes("advisory")


def test_a_criterion_without_its_methods_evidence_is_a_gap_that_climbs(verified):
    item = verified.item("SRS-002")
    assert criterion(item, "AC1").status.value == "covers"
    assert criterion(item, "AC2").status.value == item.status.value == "gap"
    assert verified.item("SYS-001").status.value == "gap"
    assert "criterion-without-evidence" in verified.codes("advisory")


def test_without_evidence_nothing_covers(checkout):
    assert checkout.item("SRS-001").status.value == "not_run"
    assert checkout.codes() == ["verification-missing"]


def test_a_failed_scenario_fails_its_requirement_and_what_rests_on_it(checkout):
    checkout.edit(STEPS, 'observe(f"turned by {angle}")', "assert angle < 20, 'it sticks'").commit()
    assert checkout.run("verify").returncode == 1
    for identity in ("SRS-001", "SYS-001", "RC-001", "HAZ-001"):
        assert checkout.item(identity).status.value == "failed", identity
    assert checkout.item("SRS-002").status.value == "gap"
    assert "door/the-handle-turns-by-angle/2 is failed" in checkout.item("SRS-001").why
    assert checkout.codes() == ["requirement-failed"]


def test_one_passed_and_one_skipped_do_not_cover(checkout):
    checkout.edit(
        FEATURE, "    Examples:", "    @skip\n    Examples: later\n      | angle |\n      | 30    |\n\n    Examples:"
    )
    checkout.commit().run("verify")
    assert checkout.item("SRS-001").status.value == "not_run"
    assert checkout.codes() == ["requirement-not-run"]


def test_an_unbound_feature_file_is_not_run(checkout):
    checkout.edit(STEPS, 'scenarios("features/door.feature")', "")
    checkout.commit().run("verify")
    assert {checkout.item(name).status.value for name in ("SRS-001", "SRS-002", "SYS-001")} == {"not_run"}
    assert set(checkout.codes()) == {"requirement-not-run"}


@pytest.mark.parametrize(
    ("file", "old", "new", "why"),
    [
        ("device/door.py", "angle + 1", "angle + 2", "device/door.py, which has changed since"),
        (FEATURE, "turned by <angle>\n    Then", "twisted by <angle>\n    Then", f"{FEATURE}, which has changed since"),
        (STEPS, "pass", "return", f"{STEPS}, which has changed since"),
        ("requirements_spec/software/SRS-001.yaml", "turns back", "turns far back", "SRS-001.yaml, which has changed"),
    ],
)
def test_an_edit_makes_the_evidence_stale(verified, file, old, new, why):
    verified.edit(file, old, new)
    item = verified.item("SRS-001")
    assert item.status.value == "stale"
    assert why in item.why
    assert "verification-stale" in verified.codes()
    assert set(verified.codes()) <= {"verification-stale", "requirement-stale"}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("README.md", "Doors.\n"),
        ("submission/content_map.yaml", "- {section: DOC-1/all, title: All, shows: [software_requirement]}\n"),
        ("submission/wording.yaml", "door: what opens\n"),
        ("risk/note.txt", "A note.\n"),
    ],
)
def test_a_commit_of_what_no_scenario_rests_on_costs_no_verification(verified, file, text):
    verified.write(file, text).commit()
    assert verified.item("SRS-001").status.value == "covers"
    assert verified.codes() == []


def test_a_hazard_that_was_reworded_costs_no_verification(verified):
    verified.edit("risk/hazards/HAZ-001.yaml", "The visitor faints.", "A visitor faints.").commit()
    assert verified.item("HAZ-001").status.value == "covers"
    assert verified.codes() == []


def test_an_input_that_was_committed_since_is_no_less_stale(verified):
    verified.edit("device/door.py", "angle + 1", "angle + 2").commit()
    assert "device/door.py, which has changed since" in verified.item("SRS-001").why


def test_a_new_file_among_the_inputs_makes_the_evidence_stale(verified):
    verified.write("device/window.py", '"""Windows."""\n')
    why = "the evidence was made without device/window.py, which was added since"
    assert verified.item("SRS-001").why == why


def test_evidence_made_of_uncommitted_files_is_stale_not_passed(checkout):
    checkout.edit("device/door.py", "angle + 1", "angle + 2")
    assert checkout.run("verify").returncode == 0
    assert checkout.item("SRS-001").status.value == "stale"
    assert "not committed" in checkout.item("SRS-001").why


def test_evidence_of_another_release_is_stale(verified):
    from verification.trace.trace import build

    trace = build(verified.project, {"a-release": "0" * 64})
    assert {issue.code for issue in trace.issues if issue.severity == "blocking"} == {"verification-stale"}
    assert "the scenarios ran against another release a-release" in [issue.message for issue in trace.issues]


def test_an_edited_result_is_not_used(checkout):
    checkout.edit(STEPS, "pass", "assert False").commit()
    checkout.run("verify")
    path = checkout.root / "build/evidence/verification.json"
    path.write_text(path.read_text().replace('"failed"', '"passed"'))
    assert checkout.codes() == ["evidence-unusable", "verification-missing"]
    assert checkout.item("SRS-001").status.value == "not_run"


def rewrite(checkout, **changes):
    """Write the verification evidence again with some fields changed, as a tool of ill will could."""
    import msgspec

    folder = checkout.project.evidence
    evidence = read_evidence(folder, "verification.json", VerificationEvidence)
    write_evidence(folder, "verification.json", msgspec.structs.replace(evidence, **changes))


def test_a_selection_that_took_the_place_of_complete_evidence_is_stale(verified):
    rewrite(verified, complete=False, selection=("SRS-001",))
    assert verified.item("SRS-001").why == "only SRS-001 was run"


def test_a_requirement_is_compared_by_its_own_digest(verified):
    rewrite(verified, requirement_digests={"SRS-001": "0" * 64})
    assert verified.item("SRS-001").why == "SRS-001 was changed after its scenarios ran"
    assert verified.item("SRS-002").status.value == "gap"
    assert verified.codes() == ["requirement-stale"]


def test_a_scenario_is_compared_by_its_own_digest(verified):
    import msgspec

    evidence = read_evidence(verified.project.evidence, "verification.json", VerificationEvidence)
    *others, last = evidence.results
    rewrite(verified, results=(*others, msgspec.structs.replace(last, digest="0" * 64)))
    assert criterion(verified.item("SRS-002"), "AC1").why == "door/it-is-green was changed after it ran"
    assert verified.item("SRS-001").status.value == "covers"
    assert verified.codes() == ["requirement-stale"]


def test_a_renamed_scenario_is_not_run_whatever_its_old_name_did(verified):
    verified.edit(FEATURE, "Scenario: The handle turns back", "Scenario: The handle returns")
    criteria = verified.item("SRS-001").criteria
    assert criteria[1].status.value == "not_run"
    assert "door/the-handle-returns is not in the evidence" in criteria[1].why


def test_a_scenario_that_names_an_unknown_id_blocks_at_its_line(checkout):
    checkout.edit(FEATURE, "@SRS-002/AC1", "@SRS-002/AC1 @SRS-404 @SRS-001/AC9 @HAZ-001")
    issues = {issue.message: issue for issue in checkout.trace().issues}
    assert issues["door/it-is-green names SRS-404, which does not exist"].where.startswith(f"{FEATURE}:")
    assert issues["door/it-is-green names SRS-001/AC9, which does not exist"].code == "id-unknown"
    assert (
        issues["door/it-is-green names HAZ-001, a hazard, expected a requirement or a risk control"].severity
        == "blocking"
    )


def test_code_that_names_an_unknown_id_blocks_at_its_line(checkout):
    checkout.edit("device/door.py", "Implements: SRS-001", "Implements: SRS-011")
    (issue,) = [issue for issue in checkout.trace().issues if issue.code == "id-unknown"]
    assert issue.where == "device/door.py:6"
    assert issue.hint.startswith("did you mean SRS-001")
    assert checkout.item("device.door.turn").status.value == "orphaned"


def test_a_requirement_that_no_code_implements_is_orphaned(checkout):
    checkout.edit("device/door.py", "    Implements: SRS-001\n", "").commit()
    checkout.run("verify")
    assert checkout.item("SRS-001").why == "no code implements SRS-001"
    assert checkout.codes() == ["requirement-orphaned"]


def test_a_criterion_that_no_scenario_verifies_is_orphaned(checkout):
    checkout.edit(FEATURE, "@SRS-001 @SRS-001/AC2", "@SRS-001").commit()
    checkout.run("verify")
    assert criterion(checkout.item("SRS-001"), "AC2").status.value == "orphaned"
    assert checkout.codes() == ["requirement-orphaned"]


def test_a_scenario_without_requirement_is_said(checkout):
    checkout.edit(FEATURE, "  @SRS-002/AC1\n", "")
    assert "scenario-without-requirement" in checkout.codes("advisory")


def test_no_scenario_at_all_blocks(checkout):
    (checkout.root / FEATURE).unlink()
    assert "scenarios-none" in checkout.codes()


# --- risk -------------------------------------------------------------------------------------------------------------


def test_implemented_and_effective_are_two_questions(verified):
    verified.edit(
        "risk/controls/RC-001.yaml", "method: test, evidence: [SYS-001/AC1]", "method: usability, evidence: []"
    )
    (control,) = verified.trace().controls
    assert control.implemented.value == "covers"
    assert control.effective.value == "gap"
    assert control.effective_why == "no record of a usability evaluation"
    assert "control-not-effective" in verified.codes("advisory")
    assert verified.codes() == []


def test_a_hazard_without_control_is_judged_by_the_matrix(verified):
    hazard = "risk/hazards/HAZ-001.yaml"
    verified.edit(hazard, "controls: [RC-001]", "controls: []")
    assert {"hazard-without-control", "control-without-hazard"} <= set(verified.codes("advisory"))
    assert verified.item("HAZ-001").status.value == "orphaned"
    verified.edit(hazard, "probability_of_harm: 3\n", "probability_of_harm: 5\n")
    assert "hazard-without-control" in verified.codes()
    verified.edit(hazard, "severity: 4\nprobability_of_harm: 5\n", "severity: 1\nprobability_of_harm: 1\n")
    assert verified.item("HAZ-001").status.value == "covers"


def test_acceptability_is_read_from_the_matrix_before_and_after(verified):
    (hazard,) = verified.trace().hazards
    assert (hazard.acceptability, hazard.residual_acceptability) == ("reduce", "acceptable")
    verified.edit(
        "risk/hazards/HAZ-001.yaml",
        "residual: {severity: 4, probability_of_harm: 1}",
        "residual: {severity: 5, probability_of_harm: 5}",
    )
    assert "residual-unacceptable" in verified.codes("advisory")


def test_the_documentation_level_is_of_the_risk_before_control(verified):
    level = verified.trace().documentation_level
    assert (level.level, level.hazards) == ("Enhanced", ("HAZ-001",))
    verified.edit("risk/hazards/HAZ-001.yaml", "severity: 4\n", "severity: 3\n")
    assert verified.trace().documentation_level.level == "Basic"


def test_without_a_policy_acceptability_and_level_are_gaps(verified):
    verified.write("risk/policy.yaml", "matrix: [1]\n")
    trace = verified.trace()
    assert type(trace.policy).__name__ == type(trace.documentation_level).__name__ == "Gap"
    assert trace.hazards[0].acceptability == "unknown"


# --- studies and sections ---------------------------------------------------------------------------------------------


def test_a_study_criterion_without_estimate_is_said(verified):
    verified.write(
        "verification/studies/doors/criteria.yaml",
        "- {id: CRIT-D-1, metric: auroc, limit: lower, comparison: '>', bound: 0.5}\n",
    )
    item = verified.item("CRIT-D-1")
    assert (item.title, item.status.value) == ("auroc lower > 0.5", "gap")
    assert "criterion-without-estimate" in verified.codes("advisory")


GOALS = "verification/studies/doors/criteria.yaml"
OPENS = """id: SYS-002
kind: system_requirement
title: Most doors open
text: The device shall open most doors.
rationale: One is not enough.
parents: [UN-001]
safety_related: false
source: null
needs: [study_criterion]
criteria:
  - {id: AC1, text: Most doors open., method: analysis, evidence: [CRIT-D-1, CRIT-D-2]}
"""


@pytest.fixture
def studied(verified):
    """A requirement that two criteria of a study show, of which nothing is estimated yet."""
    row = "- {{id: CRIT-D-{}, metric: auroc, limit: lower, comparison: '>', bound: 0.5}}\n"
    verified.write(GOALS, row.format(1) + row.format(2))
    return verified.write("requirements_spec/system/SYS-002.yaml", OPENS)


def test_a_requirement_of_performance_stands_as_the_criteria_of_its_studies_do(studied):
    (found,) = studied.item("SYS-002").criteria
    assert found.status.value == studied.item("SYS-002").status.value == "gap"
    assert found.studied == ("CRIT-D-1", "CRIT-D-2")
    assert "CRIT-D-1 has no estimate" in found.why
    assert "criterion-not-shown" in studied.codes("advisory")
    assert "requirement-orphaned" not in studied.codes()
    links = {(link.source, link.relation, link.target) for link in studied.trace().links}
    assert {("SYS-002", "shown_by", "CRIT-D-1"), ("SYS-002", "shown_by", "CRIT-D-2")} <= links


def test_a_goal_that_is_named_nowhere_is_told_unless_it_is_a_comparators(studied):
    assert "study-criterion-unclaimed" not in studied.codes("advisory")
    studied.edit("requirements_spec/system/SYS-002.yaml", ", CRIT-D-2]", "]")
    assert "study-criterion-unclaimed" in studied.codes("advisory")
    studied.write("verification/studies/doors/plan.yaml", "kind: comparator\n")
    assert "study-criterion-unclaimed" not in studied.codes("advisory")


def test_evidence_that_is_no_criterion_of_a_study_is_named(studied):
    studied.edit("requirements_spec/system/SYS-002.yaml", "CRIT-D-2]", "CRIT-D-3]")
    (issue,) = [each for each in studied.trace().issues if each.code == "link-dangling"]
    assert issue.where == "requirements_spec/system/SYS-002.yaml:11"
    assert "evidence names CRIT-D-3, which is no criterion of a study" in issue.message
    assert issue.hint == "did you mean CRIT-D-1 or CRIT-D-2?"


def test_evidence_is_of_an_analysis(studied):
    studied.edit("requirements_spec/system/SYS-002.yaml", "method: analysis", "method: test")
    assert "item-malformed" in studied.codes()


def test_a_section_shows_what_is_there_or_says_that_it_is_not(verified):
    verified.edit("submission/content_map.yaml", "shows: [SRS-001]", "shows: [SRS-101]")
    verified.write(
        "submission/content_map.yaml",
        (verified.root / "submission/content_map.yaml").read_text()
        + "- {section: DOC-2/goals, title: Goals, shows: [study_criterion, anomaly]}\n- {section: DOC-2/nothing}\n",
    )
    issues = {issue.code: issue for issue in verified.trace().issues}
    assert issues["section-unknown-id"].where == "submission/content_map.yaml:2"
    assert issues["section-without-evidence"].message == "DOC-2/goals: there is no study criterion to show"
    assert issues["section-malformed"].where == "submission/content_map.yaml:4"


def test_every_link_is_from_what_claims_to_what_is_claimed(verified):
    links = {(link.source, link.relation, link.target): link.status.value for link in verified.trace().links}
    assert links[("SRS-001", "derives_from", "SYS-001")] == "covers"
    assert links[("SRS-002", "derives_from", "SYS-001")] == "gap"
    assert links[("device.door.turn", "implements", "SRS-001")] == "covers"
    assert links[("door/the-handle-turns-back", "verifies", "SRS-001/AC2")] == "covers"
    assert links[("HAZ-001", "controlled_by", "RC-001")] == "covers"
    assert links[("RC-001", "implemented_by", "SRS-001")] == "covers"
    assert links[("RC-001", "shown_by", "SYS-001/AC1")] == "covers"
    assert links[("DOC-1/handle", "shows", "SRS-001")] == "covers"
    assert links[("DOC-1/requirements", "shows_all", "software_requirement")] == "covers"
