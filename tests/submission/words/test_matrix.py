"""The matrix as rows: from requirement to evidence, from need to criterion, from what was made to what asked for it."""

import pytest

from submission.words.matrix import REQUIREMENTS, backward, forward, needs
from submission.words.reasons import LONGEST, sum_up, tell_why
from verification import evidence as e


@pytest.fixture
def parts(made, studied):
    return studied(made).parts


def told(parts) -> tuple[e.TraceEvidence, e.VerificationEvidence, e.StudiesEvidence]:
    return parts["trace"], parts["verification"], parts["studies"]


def failing(parts, replace, **fields):
    """The evidence with the fourth scenario failed at its last step."""
    found = parts["verification"]
    bad = found.results[0]
    steps = (*bad.steps[:2], replace(bad.steps[2], status=e.ResultStatus.FAILED))
    bad = replace(bad, **{"status": e.ResultStatus.FAILED, "steps": steps, "message": "assert 1 ==\n  2"} | fields)
    parts["verification"] = replace(found, results=(bad, *found.results[1:]))
    return bad


# --- from requirement to evidence -------------------------------------------------------------------------------------


def test_a_requirement_has_a_row_for_each_criterion_of_a_study_that_shows_it(parts):
    rows = [row for row in forward(*told(parts), kinds=REQUIREMENTS) if row.item.id == "SYS-902"]
    assert [(row.criterion.id, row.study.id, row.result, row.status, row.why) for row in rows] == [
        ("AC1", "CRIT-1", "NOT MET", "gap", "CRIT-1 is NOT MET"),
        ("AC1", "CRIT-2", "no result", "gap", "CRIT-2 has no estimate"),
    ]


def test_a_goal_that_is_met_says_so_and_one_that_is_old_is_stale(parts, replace):
    study = parts["studies"].studies[0]
    met = replace(study, criteria=(replace(study.criteria[0], met=True),))
    parts["studies"] = replace(parts["studies"], studies=(met, *parts["studies"].studies[1:]))
    items = [
        replace(item, status=e.LinkStatus.STALE, why="studies.json is older") if item.id == "CRIT-1" else item
        for item in parts["trace"].items
    ]
    parts["trace"] = replace(parts["trace"], items=tuple(items))
    (row, _) = [row for row in forward(*told(parts), kinds=REQUIREMENTS) if row.study]
    assert (row.result, row.status, row.why) == ("met", "stale", "studies.json is older")
    (back,) = [row for row in backward(*told(parts)) if row.id == "CRIT-1"]
    assert (back.status, back.why) == ("stale", "studies.json is older")


def test_without_studies_every_goal_has_no_result(parts):
    parts["studies"] = e.Gap(reason="it has not been made", closes="make it")
    rows = [row for row in forward(*told(parts), kinds=REQUIREMENTS) if row.study]
    assert [row.result for row in rows] == ["no result"] * 2
    assert rows[0].goal.reason == "studies.json does not hold CRIT-1"


def test_a_criterion_passed_only_if_all_of_its_scenarios_did(parts, replace):
    results = {row.item.id: row.result for row in forward(*told(parts))}
    assert results == {"SRS-901": "passed", "SRS-902": "no result"}
    failing(parts, replace)
    (row, _) = forward(*told(parts))
    assert row.result == "failed"
    assert len(row.reasons) == 1
    assert sum_up(["passed", "not_run"]) == "not run"


# --- from need to criterion -------------------------------------------------------------------------------------------


def test_a_user_need_leads_down_to_every_criterion(parts):
    ways = [([item.id for item in row.path], row.row.result) for row in needs(*told(parts))]
    assert ways == [
        (["SYS-901", "SRS-901"], "passed"),
        (["SYS-901", "SRS-902"], "no result"),
        (["SYS-902"], "NOT MET"),
        (["SYS-902"], "no result"),
    ]


def test_a_need_that_nothing_serves_is_a_row_and_a_circle_ends(parts, replace):
    trace = parts["trace"]
    circle = e.Link(source="SYS-901", target="SRS-901", relation="derives_from", status=e.LinkStatus.COVERS, why="")
    parts["trace"] = replace(trace, links=(*trace.links, circle))
    assert max(len(row.path) for row in needs(*told(parts))) == 2
    parts["trace"] = replace(trace, links=())
    (row,) = needs(*told(parts))
    assert (row.need.id, row.path, row.row.criterion.reason) == ("UN-901", (), "the requirement has no criterion")


# --- from what was made to what asked for it --------------------------------------------------------------------------


def test_a_criterion_of_a_study_says_which_criterion_asked_for_it_and_which_need(parts):
    rows = {row.id: row for row in backward(*told(parts))}
    assert rows["CRIT-1"].targets == ("SYS-902/AC1",)
    assert rows["CRIT-1"].needs == ("UN-901",)
    assert (rows["CRIT-1"].kind, rows["CRIT-1"].place) == ("study criterion", "verification/studies/x/criteria.yaml:1")
    assert [rows[name].status for name in ("CRIT-1", "CRIT-2")] == ["NOT MET", "no result"]


def test_a_risk_control_that_rests_on_a_goal_asked_for_it_too(parts, replace):
    trace = parts["trace"]
    control = replace(trace.items[0], id="RC-901", kind=e.ItemKind.RISK_CONTROL)
    link = e.Link(source="RC-901", target="CRIT-2", relation="shown_by", status=e.LinkStatus.GAP, why="")
    parts["trace"] = replace(trace, items=(*trace.items, control), links=(*trace.links, link))
    (row,) = [row for row in backward(*told(parts)) if row.id == "CRIT-2"]
    assert row.targets == ("RC-901", "SYS-902/AC1")


# --- reasons ----------------------------------------------------------------------------------------------------------


def test_a_failure_is_told_with_its_place_row_step_and_what_was_observed(parts, replace):
    assert tell_why(failing(parts, replace)) == (
        "gate/case-1 (verification/features/gate.feature:10, row value = LL) is failed at the step “Then it is refused "
        "for ViewPosition”. It observed: “refused, VIEW”. Reason: assert 1 == 2"
    )
    (row, *_) = backward(parts["trace"], parts["verification"], parts["studies"])
    assert row.why == "verified"
    scenario = next(row for row in backward(*told(parts)) if row.rows == ("gate/case-1",))
    assert scenario.why == tell_why(parts["verification"].results[0])


def test_a_scenario_that_did_not_run_names_no_step_and_a_long_text_is_cut(parts, replace):
    not_run = failing(parts, replace, status=e.ResultStatus.NOT_RUN, message="its file is not bound", example={})
    where = "verification/features/gate.feature:10"
    assert tell_why(not_run) == f"gate/case-1 ({where}) is not run. Reason: its file is not bound"
    long = failing(parts, replace, message="x" * 1000)
    assert tell_why(long).endswith(" " + "x" * (LONGEST - 1) + "…")
    step = replace(long.steps[2], observed=None)
    assert "It recorded nothing that it observed." in tell_why(replace(long, steps=(*long.steps[:2], step)))
    assert tell_why(parts["verification"].results[1]) is None
