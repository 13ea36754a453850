"""What criteria of studies show is judged for a release by the studies of that release alone."""

import pytest
from msgspec import json

from submission.audit.again.judged import find_in_judged
from verification import evidence as e
from verification.commands.trace import trace as command
from verification.evidence import write_evidence

pytestmark = pytest.mark.slow

GOALS = "verification/studies/doors/criteria.yaml"
SYSTEM = """id: SYS-002
kind: system_requirement
title: Most doors open
text: The device shall open most doors.
rationale: One is not enough.
parents: [UN-001]
safety_related: false
source: null
needs: [study_criterion]
criteria:
  - {id: AC1, text: Most doors open., method: analysis, evidence: [CRIT-D-1]}
  - {id: AC2, text: Most gates open., method: analysis, evidence: [CRIT-D-2]}
"""
STUDIES = {"CRIT-D-1": ("doors", True), "CRIT-D-2": ("gates", False)}
"""The release of the study that each criterion is of, and whether it is met."""


def study(name, release, met):
    nothing = e.Gap(reason="nothing is estimated", closes="estimate it")
    row = e.Estimate(
        metric="auroc", value=0.7, reason=None, interval=None, n=9, events=None, patients=9, subgroup="all",
        reference_standard="made up", decides=True, criterion=name, met=met, release_digest="0" * 64,
        dataset_digest="0" * 64,
    )  # fmt: skip
    goal = e.StudyCriterion(
        id=name, metric="auroc", subgroup="all", limit="lower", comparison=">", bound=0.5, rationale="made up",
        estimate=row, met=met,
    )  # fmt: skip
    plan = e.StudyPlan(
        objective="", population="", unit="", reference_standard="", data="", exclusions=(), threshold_rule="",
        interval_method="", subgroups=(), sample_size="", limitations=(),
    )  # fmt: skip
    return e.Study(
        name=f"study-{release}", title="", kind="development", label="", release=release, release_version="1",
        release_digest="0" * 64, dataset_digest="0" * 64, plan=plan, plan_digest="", scores_sha256=None, openings=(),
        images=None, patients=None, confusion=nothing, estimates=(), criteria=(goal,), curve=nothing,
    )  # fmt: skip


@pytest.fixture
def both(verified):
    """A requirement and a control that rest on a study of each of two releases, of which one meets its goal."""
    row = "- {{id: CRIT-D-{}, metric: auroc, limit: lower, comparison: '>', bound: 0.5}}\n"
    verified.write(GOALS, row.format(1) + row.format(2))
    verified.write("requirements_spec/system/SYS-002.yaml", SYSTEM)
    verified.edit("risk/controls/RC-001.yaml", "method: test, evidence: [SYS-001/AC1]",
                  "method: clinical, evidence: [CRIT-D-1, CRIT-D-2]")  # fmt: skip
    verified.edit("risk/hazards/HAZ-001.yaml", "disclosed: null",
                  "disclosed: Doors stick.\ndisclosed_of:\n- {id: doors, text: These creak.}\n"
                  "- {id: gates, text: These swing.}")  # fmt: skip
    verified.commit()
    studies = tuple(study(name, release, met) for name, (release, met) in STUDIES.items())
    source = verified.project.source(())
    write_evidence(
        verified.project.evidence, "studies.json", e.StudiesEvidence(source=source, studies=studies, issues=())
    )
    return verified


def judged(checkout, release):
    """The trace as it is for a release."""
    settings = checkout.root / "pyproject.toml"
    text = settings.read_text().partition("[tool.clearway.product]")[0]
    settings.write_text(text + (f'[tool.clearway.product]\nrelease = "{release}"\n' if release else ""))
    return checkout.trace()


@pytest.mark.parametrize(
    ("release", "item", "control", "why", "told"),
    [
        ("doors", "covers", "covers", "shown by CRIT-D-1", "Doors stick. These creak."),
        ("gates", "gap", "gap", "CRIT-D-2 has a gap", "Doors stick. These swing."),
        ("hatches", "gap", "gap", "no study of release hatches shows it: CRIT-D-1 is of another release; "
         "CRIT-D-2 is of another release", "Doors stick."),
        ("", "gap", "gap", "CRIT-D-2 has a gap", "Doors stick. These creak. These swing."),
    ],
)  # fmt: skip
def test_a_release_is_judged_by_its_own_studies(both, release, item, control, why, told):
    trace = judged(both, release)
    assert trace.release == release
    (found,) = (each for each in trace.items if each.id == "SYS-002")
    (measure,) = trace.controls
    (hazard,) = trace.hazards
    assert (found.status.value, measure.effective.value) == (item, control)
    assert (measure.effective_why, hazard.disclosed) == (why, told)


@pytest.mark.parametrize(("release", "states"), [
    ("doors", {"AC1": "covers", "AC2": "other_release"}),
    ("gates", {"AC1": "other_release", "AC2": "gap"}),
])  # fmt: skip
def test_a_criterion_of_another_release_is_named_as_such_and_no_issue_of_this(both, release, states):
    trace = judged(both, release)
    (found,) = (each for each in trace.items if each.id == "SYS-002")
    assert {each.id: each.status.value for each in found.criteria} == states
    (other,) = (each for each in found.criteria if each.status.value == "other_release")
    named = other.studied[0]
    assert other.why == f"{named} is of release {STUDIES[named][0]}"
    assert (found.why == f"every criterion of release {release} is shown; of another release: SYS-002/AC2") is (
        release == "doors"
    )
    assert not [issue for issue in trace.issues if named in issue.message]


def audited(both, release, change=lambda trace: None, packed=None):
    """What the audit says of the states of a trace, after a change to it."""
    trace = json.decode(json.encode(judged(both, release)))
    change(trace)
    files = {"trace.json": trace, "studies.json": both.evidence("studies.json")}
    manifest = {"release": {"name": packed or release}, "blocking": []}
    said = [message for code, _, message in find_in_judged(manifest, files) if code == "state-differs"]
    return [message for message in said if "CRIT" in message or "SYS-002" in message or "judged" in message]


def put_off(name):
    def change(trace):
        next(each for each in trace["items"] if each["id"] == name)["status"] = "other_release"

    return change


def test_the_audit_notices_what_is_put_off_to_another_release(both):
    assert audited(both, "gates") == audited(both, "doors") == []
    assert audited(both, "gates", put_off("CRIT-D-2")) == [
        "CRIT-D-2 stands as other_release; its study is of release gates"
    ]
    assert audited(both, "gates", put_off("SYS-002")) == [
        "SYS-002 stands as other_release, and is no criterion of a study"
    ]
    assert audited(both, "gates", packed="doors") == [
        "is judged by the studies of release gates, the package is of doors"
    ]


def test_a_release_that_is_not_there_is_told_and_nothing_is_written(both, monkeypatch, capsys):
    monkeypatch.chdir(both.root)
    assert command(["--release", "windows"]) == 2
    assert "--release: found windows, expected one of" in capsys.readouterr().err
    assert not (both.project.evidence / "trace.json").exists()
