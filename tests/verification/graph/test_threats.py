"""The threat model resolves or blocks, answers STRIDE or says so, and stands in the trace; also the shipped one."""

import pytest

from verification.evidence import Gap, LinkStatus, Project, Stride
from verification.graph.threats import AI, ASKED, describe_data_flow, describe_security, find_threat_issues
from verification.specification.reading import read_items

DATA_FLOW = """boundaries:
  - {id: BND-01, title: House, text: Ours.}
  - {id: BND-02, title: Street, text: Not ours.}
elements:
  - {id: PRC-01, kind: process, title: Porter, text: Opens., boundary: BND-01, row: 1}
  - {id: EXT-01, kind: external, title: Visitor, text: Knocks., boundary: BND-02, row: 1, set_aside: {repudiation: It leaves no trace.}}
flows:
  - {id: FLW-01, source: EXT-01, target: PRC-01, title: A knock}
"""  # noqa: E501

THREAT = """id: THR-001
kind: threat
title: A forced door
text: Somebody forces the door.
elements: [PRC-01, FLW-01]
stride: [tampering, elevation_of_privilege]
ai: null
many_patients: false
hazards: [HAZ-001]
controls: [RC-001]
requirements: [SRS-001]
host: null
open: null
exploitability: 4
residual_exploitability: 1
"""

SECURITY = """views:
  global_system: [{id: SEC-01, title: What, text: A house., refs: [PRC-01, SRS-001]}]
  multi_patient_harm: [{id: SEC-02, title: Who, not_applicable: One visitor at a time.}]
  updateability: [{id: SEC-03, title: How, gap: {reason: nobody knows, closes: ask}}]
use_cases: [{id: USE-01, title: Enter, actor: visitor, steps: [knock, enter], refs: [THR-001]}]
control_categories:
  authentication: &all [{id: SEC-10, title: None, not_applicable: No one asks.}]
  authorisation: [{id: SEC-11, title: None, not_applicable: No one asks.}]
  cryptography: [{id: SEC-12, title: None, not_applicable: No one asks.}]
  integrity: [{id: SEC-13, title: None, not_applicable: No one asks.}]
  confidentiality: [{id: SEC-14, title: None, not_applicable: No one asks.}]
  event_logging: [{id: SEC-15, title: None, not_applicable: No one asks.}]
  resiliency_and_recovery: [{id: SEC-16, title: None, not_applicable: No one asks.}]
  updates: [{id: SEC-17, title: None, not_applicable: No one asks.}]
testing: [{id: SEC-20, title: Tests, gap: {reason: none, closes: test}}]
plan: [{id: SEC-30, title: Plan, gap: {reason: none, closes: plan}}]
""".replace("&all ", "")


@pytest.fixture
def modelled(verified):
    """The verified small checkout with a threat model."""
    return (
        verified.write("risk/dataflow.yaml", DATA_FLOW)
        .write("risk/threats/THR-001.yaml", THREAT)
        .write("risk/security.yaml", SECURITY)
        .commit()
    )


def found(checkout, severity="blocking"):
    """The issues about the threat model: code, place."""
    return [(i.code, i.where) for i in checkout.trace().issues if i.severity == severity and i.where.startswith("risk")]


def test_a_threat_stands_in_the_trace_with_its_hazard_above_and_its_answers_below(modelled):
    trace = modelled.trace()
    links = {(link.source, link.relation, link.target) for link in trace.links if link.source == "THR-001"}
    assert links == {
        ("THR-001", "can_cause", "HAZ-001"),
        ("THR-001", "controlled_by", "RC-001"),
        ("THR-001", "implemented_by", "SRS-001"),
    }
    (threat,) = trace.threats
    assert (threat.severity, threat.acceptability, threat.residual_acceptability) == (4, "unacceptable", "acceptable")
    assert threat.status == modelled.item("RC-001").status == modelled.item("THR-001").status
    assert found(modelled) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "line"),
    [
        ("threats/THR-001", "[HAZ-001]", "[HAZ-009]", "link-dangling", 9),
        ("threats/THR-001", "[RC-001]", "[RC-009]", "link-dangling", 10),
        ("threats/THR-001", "[SRS-001]", "[SRS-009]", "link-dangling", 11),
        ("threats/THR-001", "[PRC-01, FLW-01]", "[PRC-09]", "link-dangling", 5),
        ("threats/THR-001", "[PRC-01, FLW-01]", "[PRC-01, EXT-01]", "stride-not-asked", 5),
        ("threats/THR-001", "[tampering", "[tempering", "item-malformed", 6),
        ("threats/THR-001", "exploitability: 4", "exploitability: 6", "item-malformed", 14),
        ("threats/THR-001", "id: THR-001", "id: THR-002", "item-misnamed", 1),
        ("dataflow", "source: EXT-01", "source: EXT-09", "link-dangling", 8),
        ("dataflow", "boundary: BND-02", "boundary: BND-09", "link-dangling", 6),
        ("dataflow", "id: EXT-01, kind", "id: PRC-01, kind", "item-duplicate", 6),
        ("dataflow", "kind: process", "kind: progress", "item-malformed", 5),
        ("security", "SRS-001", "SRS-009", "link-dangling", 2),
        ("security", "[THR-001]", "[THR-009]", "link-dangling", 5),
        ("security", "not_applicable: One", "gap: One", "item-malformed", 3),
    ],
)
def test_what_does_not_resolve_or_is_malformed_blocks_at_its_line(modelled, file, old, new, code, line):
    modelled.edit(f"risk/{file}.yaml", old, new)
    assert (code, f"risk/{file}.yaml:{line}") in found(modelled)


def test_a_threat_without_any_answer_must_say_what_is_open(modelled):
    modelled.edit(
        "risk/threats/THR-001.yaml", "controls: [RC-001]\nrequirements: [SRS-001]", "controls: []\nrequirements: []"
    )
    assert found(modelled)
    modelled.edit("risk/threats/THR-001.yaml", "open: null", "open: {reason: the lock is old, closes: a new lock}")
    assert found(modelled) == []
    (threat,) = modelled.trace().threats
    assert (threat.status, threat.why) == (LinkStatus.GAP, "the lock is old")
    assert ("threat-open", "risk/threats/THR-001.yaml:1") in found(modelled, "advisory")


def test_a_threat_that_is_open_stays_a_gap_whatever_answers_the_rest(modelled):
    modelled.edit("risk/threats/THR-001.yaml", "open: null", "open: {reason: the lock is old, closes: a new lock}")
    assert modelled.item("THR-001").status is not LinkStatus.COVERS


def test_a_threat_that_leads_to_no_hazard_is_not_judged_by_the_safety_matrix(modelled):
    modelled.edit("risk/threats/THR-001.yaml", "[HAZ-001]", "[]")
    (threat,) = modelled.trace().threats
    assert (threat.severity, threat.acceptability) == (None, "no hazard")


def test_threats_without_a_diagram_block_once(modelled):
    (modelled.root / "risk/dataflow.yaml").unlink()
    assert found(modelled) == [("dataflow-missing", "risk/threats/THR-001.yaml:5")]


def test_each_question_of_stride_is_answered_set_aside_or_an_issue(modelled):
    cells = {(cell.element, cell.stride): cell for cell in modelled.trace().data_flow.cells}
    assert {element for element, _ in cells} == {"PRC-01", "EXT-01", "FLW-01"}
    assert len(cells) == len(ASKED["process"]) + len(ASKED["external"]) + len(ASKED["flow"])
    assert cells["PRC-01", Stride.TAMPERING].threats == ("THR-001",)
    assert cells["EXT-01", Stride.REPUDIATION].set_aside == "It leaves no trace."
    open_ = {key for key, cell in cells.items() if not cell.threats and not cell.set_aside}
    asked = [code for code, _ in found(modelled, "advisory")].count("stride-unanswered")
    assert ("PRC-01", Stride.SPOOFING) in open_
    assert asked == len(open_)


def test_what_is_answered_cannot_be_set_aside(modelled):
    modelled.edit("risk/dataflow.yaml", "title: A knock}", "title: A knock, set_aside: {tampering: Never.}}")
    assert found(modelled) == [("stride-contradiction", "risk/dataflow.yaml:8")]


def test_each_kind_of_threat_to_machine_learning_is_asked_for(modelled):
    kinds = [code for code, _ in found(modelled, "advisory")]
    assert kinds.count("ai-threat-unanswered") == len(AI)
    modelled.edit("risk/threats/THR-001.yaml", "ai: null", "ai: evasion")
    kinds = [code for code, _ in found(modelled, "advisory")]
    assert kinds.count("ai-threat-unanswered") == len(AI) - 1


def test_a_change_of_a_control_reaches_the_threat_that_it_answers(modelled):
    modelled.edit("risk/controls/RC-001.yaml", "turns both ways", "turns one way")
    run = modelled.run("trace", "impact", "HEAD")
    assert "THR-001" in run.stdout


# --- as shipped -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped(project_root):
    return read_items(Project(project_root))


def test_the_shipped_model_resolves_and_leaves_no_question_unanswered(shipped):
    assert [i for i in shipped.issues if i.where.startswith("risk/")] == []
    assert {issue.code for issue in find_threat_issues(shipped)} == {"threat-open"}


def test_the_shipped_diagram_has_no_flow_that_only_one_end_knows(shipped):
    diagram = describe_data_flow(shipped)
    joined = {end for flow in diagram.flows for end in (flow.source, flow.target)}
    assert joined == {element.id for element in diagram.elements}
    places = [(element.boundary, element.row) for element in diagram.elements]
    assert len(set(places)) == len(places)  # no box hides another


def test_no_time_and_no_contact_of_the_plan_is_invented(shipped):
    plan = {answer.title: answer.gap for answer in describe_security(shipped).plan}
    assert isinstance(plan["Times for patches, regular and urgent"], Gap)
    assert isinstance(plan["Who is responsible"], Gap)
