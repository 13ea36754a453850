"""All that is left stands once, by cause: judged by one rule, in an order that can be followed, the same everywhere."""

import shutil
from collections import Counter
from dataclasses import replace as with_fields

import msgspec
import pytest

from submission.content.catalogue import CatalogueError
from submission.content.environment import make_environment
from submission.content.gaps import IDS, BearsOn, Cause, Closing, Gaps, Grade
from submission.content.reading import read_catalogue
from submission.content.sponsor import Sponsor
from submission.context.assemble import assemble
from submission.context.found import Finding
from submission.context.register import make_register
from submission.package.left import find_left, left_lines
from submission.setting.render import render_html
from submission.words.folders import HERE
from verification.evidence import ROLES, Issue, Severity

RELEASE = "paediatric-reference"


def cause(key: str, **fields) -> Cause:
    values = {
        "id": f"GAP-{key}", "key": key, "title": f"The {key} is lacking", "owner": "QA", "closing": Closing.WORK,
        "bears_on": BearsOn.FORM, "consequence": "Something is unknown", "closes": "make it",
    }  # fmt: skip
    return Cause(**values | fields)


def register(*causes: Cause, found=(), sponsor=None):
    stated = read_catalogue().gaps
    gaps = msgspec.structs.replace(stated, causes=(*causes, cause("rest", of=("any",))))
    return make_register(gaps, sponsor or Sponsor(), ("QA",), found)


def ids(made) -> list[str]:
    return [row.id for row in made.rows]


# --- one cause, one row -----------------------------------------------------------------------------------------------


def test_what_has_one_cause_is_one_row_that_names_each_thing_once():
    found = (
        Finding("security", "trace THR-001, open", "nothing is signed", "sign it"),
        Finding("threat-open", "risk/threats/THR-001.yaml:1", "THR-001 is open: nothing is signed", "sign it"),
        Finding("security", "trace, security SEC-10, gap", "no signature", "sign it too"),
        Finding("study", "study fictitious", "no scores exist"),
        Finding("criterion-without-estimate", "criteria.yaml:2", "CRIT-AN-1 has no estimate: no scores exist"),
        Finding("effectiveness", "RC-901", "CRIT-AN-1 has a gap"),
    )
    made = register(
        cause("signing", of=("THR-001", "SEC-10")), cause("studies", of=("study", "criterion-without-estimate")),
        found=found,
    )  # fmt: skip
    assert ids(made) == ["GAP-signing", "GAP-studies"]
    signing, studies = made.rows
    told = [(one.of, one.what, one.closes) for one in signing.found]
    assert told == [(("THR-001",), "nothing is signed", "sign it"), (("SEC-10",), "no signature", "sign it too")]
    assert [(one.of, one.what) for one in studies.found] == [
        (("study fictitious",), "no scores exist"), (("RC-901",), "CRIT-AN-1 has a gap"),
    ]  # fmt: skip
    assert made.meanings["CRIT-AN-1 has a gap"].registered == "GAP-studies"


def test_what_nothing_names_is_in_the_row_of_the_rest():
    made = register(found=(Finding("nonesuch", "somewhere", "Something odd", "mend it"),))
    assert [(row.id, [one.what for one in row.found]) for row in made.rows] == [("GAP-rest", ["Something odd"])]


def test_a_cause_stands_while_one_of_its_facts_is_not_entered_and_names_those_alone():
    asks = cause("names", title="Not entered: {}", facts=("names.common", "names.classification"))
    (row,) = register(asks).rows
    assert row.what == "Not entered: the common name, the classification name"
    half = msgspec.structs.replace(Sponsor(), names=msgspec.structs.replace(Sponsor().names, common="fictitious"))
    assert register(asks, sponsor=half).rows[0].what == "Not entered: the classification name"
    both = msgspec.structs.replace(half, names=msgspec.structs.replace(half.names, classification="fictitious"))
    assert register(asks, sponsor=both).rows == ()


@pytest.mark.slow
def test_no_threat_control_or_criterion_stands_in_two_rows(made):
    package = assemble(made.write(), read_catalogue(), RELEASE)
    named = Counter(
        name
        for row in package.register
        for name in {name for one in row.found for name in one.of if IDS.fullmatch(name)}
    )
    assert {"THR-902", "RC-901"} <= named.keys()
    assert {name: count for name, count in named.items() if count > 1} == {}
    assert len({row.id for row in package.register}) == len(package.register)


# --- severity ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bears_on", "grade"),
    [
        (BearsOn.FILING, Grade.CRITICAL), (BearsOn.RISK, Grade.CRITICAL), (BearsOn.PERFORMANCE, Grade.CRITICAL),
        (BearsOn.RELIANCE, Grade.MAJOR), (BearsOn.FORM, Grade.MINOR),
    ],
)  # fmt: skip
def test_severity_is_what_the_rule_says_of_what_it_bears_on(bears_on, grade):
    assert [row.severity for row in register(cause("x", bears_on=bears_on)).rows] == [grade]


def test_what_is_found_makes_a_gap_more_severe_and_never_less():
    formal = cause("x", of=("scenario-unproven", "implementation"))
    assert register(formal, found=(Finding("scenario-unproven", "a", "b"),)).rows[0].severity == "minor"
    assert register(formal, found=(Finding("implementation", "RC-901", "not there"),)).rows[0].severity == "critical"
    grave = cause("x", bears_on=BearsOn.FILING, of=("scenario-unproven",))
    assert register(grave, found=(Finding("scenario-unproven", "a", "b"),)).rows[0].severity == "critical"


def test_a_part_of_what_a_critical_gap_asks_is_not_minor():
    part, whole = cause("part", part_of="whole"), cause("whole", bears_on=BearsOn.PERFORMANCE)
    assert {row.id: row.severity for row in register(part, whole).rows} == {
        "GAP-part": "major", "GAP-whole": "critical",
    }  # fmt: skip
    assert {row.severity for row in register(part, cause("whole")).rows} == {"minor"}


@pytest.mark.slow
def test_an_unacceptable_risk_is_critical_and_the_time_that_can_be_measured_here_is_not_minor(made, replace):
    trace = made.parts["trace"]
    issue = Issue(
        code="residual-unacceptable", severity=Severity.ADVISORY, where="risk/hazards/HAZ-901.yaml:1",
        message="HAZ-901: the residual risk is unacceptable by risk/policy.yaml", hint="add controls",
    )  # fmt: skip
    threats = tuple(replace(one, residual_acceptability="unacceptable") for one in trace.threats)
    made.parts["trace"] = replace(trace, issues=(issue,), threats=threats)
    rows = {row.id: row for row in assemble(made.write(), read_catalogue(), RELEASE).register}
    assert "HAZ-901" in rows["GAP-079"].where
    for threat in (one for one in threats if one.open is not None):
        assert {row.severity for row in rows.values() if threat.id in row.where} == {"critical"}
    assert {rows[name].severity for name in ("GAP-079", "GAP-017")} == {"critical"}
    assert rows["GAP-048"].severity == "major"


# --- order ------------------------------------------------------------------------------------------------------------


def test_each_comes_after_what_it_waits_for_then_the_gravest_then_what_takes_least():
    made = register(
        cause("last", bears_on=BearsOn.FILING, after=("plain",)),
        cause("data", bears_on=BearsOn.RISK, closing=Closing.DATA),
        cause("plain", after=("nobody",)),
        cause("entered", bears_on=BearsOn.RISK, closing=Closing.FACT),
        cause("nobody", of=("nonesuch",)),
    )
    assert ids(made) == ["GAP-entered", "GAP-data", "GAP-plain", "GAP-last"]
    assert [row.number for row in made.rows] == [1, 2, 3, 4]
    assert [row.after for row in made.rows] == [(), (), (), ("GAP-plain",)]


# --- the file ---------------------------------------------------------------------------------------------------------


def test_every_cause_has_an_owner_that_status_knows_and_approval_comes_after_what_it_rests_on(made):
    stated: Gaps = read_catalogue().gaps
    assert {one.owner for one in stated.causes} <= {*ROLES}
    order = [row.id for row in make_register(stated, Sponsor(), read_catalogue().roles, ()).rows]
    assert order.index("GAP-043") < order.index("GAP-001") < order.index("GAP-064")


def test_the_faults_of_the_file_are_told_at_once(tmp_path):
    for path in HERE.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    path = tmp_path / "gaps.yaml"
    text = path.read_text()
    for before, after in (
        ("after: [review_records, sources", "after: [review_recods, sources"),
        ("facts: [udi_di]", "facts: [udi]"),
        ("owner: PACS administrator", "owner: somebody"),
        ("key: residual", "key: goals"),
        ("after: [vulnerabilities]", "after: [vulnerabilities, equivalence]"),
        ("after: [predicate, goals]", "after: [predicate, goals, security_plan]"),
    ):
        assert before in text
        text = text.replace(before, after, 1)
    path.write_text(text)
    with pytest.raises(CatalogueError) as raised:
        read_catalogue(tmp_path)
    told = str(raised.value)
    for part in (
        "names review_recods, which is no key of a cause; did you mean review_records?",
        "names udi, which is no fact of submission/sponsor.yaml; did you mean udi_di?",
        "no cause names udi_di, expected one of each fact",
        "owned by 'somebody', expected a role: engineer",
        "key goals stands at two causes",
        "equivalence, security_plan wait for each other",
    ):
        assert part in told, told


# --- one list ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_each_row_is_told_to_its_role_with_its_number_and_stands_on_a_page(made):
    catalogue = read_catalogue()
    rows = find_left(made.write(), RELEASE)
    said = list(left_lines(rows))
    assert said[0].startswith(f"left: {len(rows)} (")
    assert sum(
        line.startswith(f"  {row.number:2}  {row.severity:8}  {row.id} ") for row in rows for line in said
    ) == len(rows)
    package = assemble(made.project, catalogue, RELEASE)
    entry = next(entry for entry in catalogue.documents if entry.number == "CW-DOC-014")
    page = render_html(make_environment(), entry, package, {"pages": {}})
    assert [row.id for row in rows if f'<tr id="i-{row.id.lower()}">' not in page] == []


@pytest.mark.slow
def test_a_fact_that_is_entered_leaves_the_list(made, monkeypatch):
    project = made.write()
    before = {row.id for row in find_left(project, RELEASE)}
    catalogue = read_catalogue()
    sponsor = msgspec.structs.replace(catalogue.sponsor, predicate="K232410", udi_di="00812345678901")
    monkeypatch.setattr("submission.package.left.read_catalogue", lambda: with_fields(catalogue, sponsor=sponsor))
    assert before - {row.id for row in find_left(project, RELEASE)} == {"GAP-003", "GAP-008"}
