"""The documents written from the device: what they have to show, and that they show what the code says."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import device
from submission.content import labelling
from submission.content.environment import make_environment
from submission.content.reading import read_catalogue
from submission.context.assemble import assemble
from submission.drawings.axes import axis
from submission.package.build import Built
from submission.setting.render import render_html
from submission.words.filters import ticked
from submission.words.ledger import strip_claims
from verification import evidence as e
from verification.product.interfaces import describe_gate, describe_interfaces
from verification.product.network import describe_node

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = ROOT / "submission/templates"
CATALOGUE = read_catalogue()
MINE = [entry for entry in CATALOGUE.documents if "CW-DOC-040" <= entry.number <= "CW-DOC-056"]


def page(made: Any, number: str) -> str:
    """The HTML of one document of a made-up bundle, without where its figures come from."""
    entry = next(entry for entry in CATALOGUE.documents if entry.number == number)
    package = assemble(made.write(), CATALOGUE, "paediatric-reference")
    return strip_claims(render_html(make_environment(), entry, package, {}))


def section(html: str, name: str) -> str:
    """From a heading to the next of the same level."""
    after = html.partition(f'<h2 id="{name}">')[2]
    assert after, f"no section {name}"
    return after.partition("<h2 ")[0]


def said(html: str) -> str:
    """What a reader reads: without tags, in single spaces."""
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


@pytest.fixture(scope="session")
def interfaces() -> e.Interfaces:
    return describe_interfaces((device.read_release("paediatric-reference"),))


@pytest.fixture
def real(made: Any, replace: Callable[..., Any], interfaces: e.Interfaces) -> Any:
    """The made-up bundle with what the real device says of gate and interfaces."""
    rows = tuple(
        e.RejectionCode(code=row.code, attribute=row.attribute, requirement=row.requirement, text=row.text)
        for row in device.REJECTION_CODES.values()
    )
    syntaxes, research = (
        tuple(e.TransferSyntax(uid=one.uid, name=one.name, lossy=one.lossy) for one in table.values())
        for table in (device.TRANSFER_SYNTAXES, device.RESEARCH_TRANSFER_SYNTAXES)
    )
    made.parts["device"] = replace(
        made.parts["device"], gate=describe_gate(), interfaces=interfaces, node=describe_node(), rejections=rows,
        statement=device.STATEMENT,
        transfer_syntaxes=syntaxes, research_transfer_syntaxes=research,
    )  # fmt: skip
    return made


# --- instructions for use ---------------------------------------------------------------------------------------------


def test_the_instructions_show_every_code_of_refusal_with_its_text(real: Any) -> None:
    refusals = section(page(real, "CW-DOC-040"), "refusals")
    for row in device.REJECTION_CODES.values():
        assert f'<span class="id">{row.code}</span>' in refusals
        assert ticked(row.text) in refusals


def test_the_instructions_state_the_gates_own_limits(real: Any) -> None:
    inputs = said(section(page(real, "CW-DOC-040"), "inputs"))
    clinical = device.LIMITS[device.Intake.CLINICAL]
    for shown in (
        f"{clinical.bits_stored[0]} to {clinical.bits_stored[-1]}",
        f"{clinical.shortest_side} to {clinical.longest_side:,}",
        f"{100 * device.MOST_AT_AN_END:g} %",
        f"{100 * device.LEAST_CONTRAST:g} %",
        *(one.name for one in device.TRANSFER_SYNTAXES.values()),
    ):
        assert shown in inputs


def test_no_limit_of_the_gate_is_missing_from_the_instructions(real: Any) -> None:
    html, gate = page(real, "CW-DOC-040"), describe_gate()
    inputs = said(section(html, "inputs"))
    (clinical,) = (one for one in gate.intakes if one.name == "clinical")
    shown = {
        "age_tolerance_years": f"{gate.age_tolerance_years} year", "body_part": gate.body_part,
        "body_part_codes": " or ".join(gate.body_part_codes), "decoding_seconds": f"{gate.decoding_seconds} s",
        "decoding_gib": f"{gate.decoding_gib} GiB", "least_contrast": f"{100 * gate.least_contrast:g} %",
        "most_at_an_end": f"{100 * gate.most_at_an_end:g} %",
        "view_codes": ", ".join(f"{code} (AP)" for code, view in gate.view_codes.items() if view == "AP"),
        "intakes": f"{clinical.bits_allocated}", "fitted_on": f"Images: {gate.fitted_on[0].images:,}",
    }  # fmt: skip
    assert shown.keys() == set(gate.__struct_fields__), "a limit that the gate has and this test does not know"
    assert {name: words for name, words in shown.items() if words not in inputs} == {}


def test_the_instructions_leave_research_out_and_explain_every_other_option(real: Any) -> None:
    operating = said(section(page(real, "CW-DOC-040"), "operating"))
    for word in ("--intake", "--assert", "--manifest", "adult-nih", "research:"):
        assert word not in operating
    for option in ("--release RELEASE", "--json", "--jobs N", "--output DIR", "PATH"):
        assert option in operating


def test_the_instructions_take_no_published_image(real: Any) -> None:
    inputs = said(section(page(real, "CW-DOC-040"), "inputs"))
    assert "Secondary Capture" not in inputs, "research intake is no input of the instructions"


def test_the_codes_that_may_stand_in_capitals_are_the_devices_own() -> None:
    """Two to eight letters without an underscore are what the rule on abbreviations looks at."""
    (listed,) = (one.words for one in CATALOGUE.wording.capitals if one.why == "codes of refusal of the device")
    assert sorted(listed) == sorted(code for code in device.REJECTION_CODES if re.fullmatch("[A-Z]{2,8}", code))


def test_the_indications_are_the_same_words_in_every_document(real: Any) -> None:
    quotes = {
        re.search(r'<div class="quote indications">(.*?)</div>', page(real, number), re.DOTALL)[1]
        for number in ("CW-DOC-001", "CW-DOC-004", "CW-DOC-040")
    }
    assert len(quotes) == 1


def test_a_control_of_the_kind_information_is_in_the_instructions(made: Any, replace: Callable[..., Any]) -> None:
    trace = made.parts["trace"]
    told = replace(trace.controls[0], id="RC-902", kind="information", text="Fictitious information for safety.")
    made.parts["trace"] = replace(trace, controls=(*trace.controls, told))
    warnings = section(page(made, "CW-DOC-040"), "warnings")
    assert "Fictitious information for safety." in warnings
    assert trace.controls[0].text not in warnings, "a control of another kind is no warning"


def test_the_risk_file_has_controls_of_that_kind() -> None:
    kinds = {path.stem: yaml.safe_load(path.read_text())["type"] for path in (ROOT / "risk/controls").glob("*.yaml")}
    assert {"RC-010", "RC-011"} <= {name for name, kind in kinds.items() if kind == "information"}


def test_what_the_risk_file_discloses_is_in_the_instructions(made: Any, replace: Callable[..., Any]) -> None:
    trace = made.parts["trace"]
    told = replace(trace.hazards[0], id="HAZ-902", disclosed="A fictitious risk remains.")
    made.parts["trace"] = replace(trace, hazards=(*trace.hazards, told))
    html = page(made, "CW-DOC-040")
    assert "A fictitious risk remains." in section(html, "warnings")
    assert "A fictitious risk remains." in section(page(made, "CW-DOC-045"), "disclosed")


def test_the_instructions_warn_limit_and_bound(real: Any) -> None:
    html = page(real, "CW-DOC-040")
    warnings = said(section(html, "warnings"))
    assert "Not flagged is not negative." in warnings
    assert device.STATEMENT in warnings
    assert "It is fictitious." in warnings, "the release's limitations"
    performance = said(section(html, "performance"))
    assert "0.700 to 0.900" in performance, "the interval of the sensitivity"
    assert "80/100" in performance


def test_only_the_deciding_estimate_of_a_metric_is_shown(made: Any) -> None:
    estimates = made.parts["studies"].studies[0].estimates
    again = tuple(
        type(one)(**{f: getattr(one, f) for f in one.__struct_fields__} | {"patients": 1}) for one in estimates
    )
    chosen = labelling.of_metrics((*estimates, *again), "sensitivity")
    assert [(one.metric, one.patients) for one in chosen if one.value is not None] == [("sensitivity", 50)]


# --- conformance statement --------------------------------------------------------------------------------------------


def test_the_conformance_statement_equals_the_code(real: Any) -> None:
    html = page(real, "CW-DOC-042")
    sop_classes = {uid for limits in device.LIMITS.values() for uid in limits.modalities}
    syntaxes = {*device.TRANSFER_SYNTAXES, *device.RESEARCH_TRANSFER_SYNTAXES}
    uids = find_uids(section(html, "overview") + section(html, "inputs"))
    assert uids == {*sop_classes, *syntaxes, "1.2.840.10008.5.1.4.1.1.88.33"}
    codes = section(html, "inputs").partition('id="codes"')[2]
    assert set(re.findall(r'class="id">([A-Z_]+)</span></td><td><span', codes)) == set(device.REJECTION_CODES)


def find_uids(html: str) -> set[str]:
    return set(re.findall(r'class="id">(1\.2\.840\.10008[\d.]+)<', html))


def find_rows(html: str, caption: str) -> list[list[str]]:
    """The cells of each row of the table of a caption."""
    body = html.partition(f"<caption>{caption}</caption>")[2].partition("<tbody>")[2].partition("</tbody>")[0]
    assert body, f"no table {caption}"
    return [[said(cell) for cell in re.findall(r"<td.*?</td>", row)] for row in body.split("</tr>")[:-1]]


def test_the_conformance_statement_has_every_row_of_the_tables_of_the_node(real: Any) -> None:
    html, node = page(real, "CW-DOC-042"), describe_node()
    answers = find_rows(html, "What the node answers") + find_rows(html, "What the node does at the answers of peers")
    assert [(row[0], row[1]) for row in answers] == [(one.place, one.code or "–") for one in node.statuses]
    network = section(html, "network")
    stored = next(one for one in node.services if (one.operation, one.role) == ("C-STORE", "SCP"))
    assert find_uids(network) == {one.uid for one in (*stored.sop_classes, *stored.transfer_syntaxes)}
    assert [row[1] for row in find_rows(html, "Services of the node")] == [one.operation for one in node.services]
    assert len(find_rows(html, "Terms of an association")) == len(node.terms)
    assert [row[0] for row in find_rows(html, "Every key of the configuration")] == [one.key for one in node.parameters]
    assert [row[0] for row in find_rows(html, "Kinds of lines of the record")] == [one.what for one in node.lines]
    refusals = find_rows(html, "How an association does not come about, or ends before it is released")
    assert [row[2] for row in refusals] == [one.why.replace("`", "") for one in node.refusals]
    keys = {row[0]: row[3] for row in find_rows(html, "Every key of the configuration")}
    assert (keys["folder"], keys["tls"], keys["listen.host"]) == ("required", "none", "0.0.0.0")  # noqa: S104


def test_the_conformance_statement_lists_the_report(real: Any, interfaces: e.Interfaces) -> None:
    output = section(page(real, "CW-DOC-042"), "output")
    for element in interfaces.report.elements:
        assert f'<span class="id">{element.keyword}</span>' in output
    assert all(one.partition(",")[0].strip("(") in output for one in interfaces.report.findings)
    assert all(f'<span class="id">{keyword}</span>' in output for keyword in device.IDENTITY)


def test_the_conformance_statement_says_what_uses_the_network_and_what_does_not(real: Any) -> None:
    html = page(real, "CW-DOC-042")
    told = {name: said(section(html, name)) for name in ("implementation", "network", "security")}
    assert "On files there is none. A node is one application entity." in told["implementation"]
    assert "success if, and only if, the object is on disk" in told["network"]
    assert "On files no network is used and no port is opened." in told["network"]
    assert "None is claimed." in told["security"]


# --- risk -------------------------------------------------------------------------------------------------------------


def test_the_overall_risk_is_open_while_a_part_of_it_is(made: Any, replace: Callable[..., Any]) -> None:
    trace = made.parts["trace"]
    control = replace(trace.controls[0], effective=e.LinkStatus.COVERS)
    refused = replace(trace.hazards[0], residual_acceptability="reduce")
    assert "NOT ACCEPTED" in labelling.judged(trace.hazards, trace.controls), "a control is not shown to be effective"
    assert "NOT ACCEPTED" in labelling.judged((refused,), (control,)), "a residual is not acceptable"
    assert "NOT ACCEPTED" not in labelling.judged(trace.hazards, (control,))
    assert "OVERALL RESIDUAL RISK NOT ACCEPTED" in page(made, "CW-DOC-045")


def test_hazards_are_counted_before_and_after_control(made: Any) -> None:
    trace = made.parts["trace"]
    words = labelling.words_of(trace.policy.matrix)
    rows = labelling.by_acceptability(trace.hazards, words)
    assert rows == (("acceptable", 0, 1), ("reduce", 0, 0), ("unacceptable", 1, 0))


# --- gate report ------------------------------------------------------------------------------------------------------


def scenario(replace: Callable[..., Any], name: str, *steps: tuple[str, str]) -> e.VerificationResult:
    return e.VerificationResult(
        id=name, feature="f", name=name, file="f.feature", line=1, example={}, tags=(), requirements=("SRS-901",),
        criteria=("SRS-901/AC1",), status=e.ResultStatus.PASSED, message=None, digest="ee" * 32,
        steps=tuple(
            e.StepResult(keyword=keyword, text=text, status=e.ResultStatus.PASSED, observed=None)
            for keyword, text in steps
        ),
    )  # fmt: skip


def test_a_code_is_counted_where_it_is_the_outcome(replace: Callable[..., Any]) -> None:
    refused = scenario(replace, "one", ("Given", "an image"), ("Then", "it is refused with the reason AGE on x"))
    blank = scenario(replace, "two", ("Then", "it is refused with the reason AGE_BLANK on x"))
    given = scenario(replace, "three", ("Given", "the code AGE in a header"), ("Then", "it is accepted"))
    every = (refused, blank, given)
    assert labelling.naming(every, "AGE") == (refused,)
    assert labelling.naming(every, "AGE_BLANK") == (blank,)
    assert isinstance(labelling.naming(every, "VIEW"), e.Gap)
    assert labelling.verifying(every, "SRS-901/AC1") == every
    assert isinstance(labelling.verifying(every, "SRS-901/AC2"), e.Gap)


def test_a_code_that_no_scenario_expects_is_a_gap_on_the_page(made: Any) -> None:
    codes = said(section(page(made, "CW-DOC-051"), "codes"))
    assert "no scenario expects AGE" in codes
    assert "VIEW SRS-901 12 12" in codes.replace("SRS-901", " SRS-901 ").replace("12", " 12 ").replace("  ", " ")


def test_the_worst_case_of_images_left_out_is_in_the_gate_report(made: Any, replace: Callable[..., Any]) -> None:
    missing = said(section(page(made, "CW-DOC-051"), "accountability"))
    assert "the study has no analysis “dropout”" in missing
    studies = made.parts["studies"]
    study = studies.studies[0]
    dropout = replace(study.analyses[0], id="dropout", statement="A fictitious worst case.")
    study = replace(study, analyses=(*study.analyses, dropout))
    made.parts["studies"] = replace(studies, studies=(study, *studies.studies[1:]))
    assert "A fictitious worst case." in page(made, "CW-DOC-051")


# --- design, protocol, plans ------------------------------------------------------------------------------------------


def test_each_unit_says_what_it_does_and_implements(made: Any, replace: Callable[..., Any]) -> None:
    unit = e.Unit(
        id="device.gate.check", signature="(x: int) -> str", description="Judges.\n\nArgs:\n    x: a\n        b",
        implements=("SRS-901",), line=1,
    )  # fmt: skip
    module = e.Module(
        name="device.gate", file="device/gate.py", purpose="Judges.", imports=(), libraries=(), units=(unit,)
    )
    made.parts["device"] = replace(made.parts["device"], design=e.Design(modules=(module,), contracts=()))
    html = page(made, "CW-DOC-047")
    assert "Implements: SRS-901" in said(section(html, "units"))
    assert "<b>Args:</b> x: a b" in section(html, "units")
    assert "no import contract orders the layers" in page(made, "CW-DOC-046")


@pytest.mark.parametrize(
    ("comparison", "null", "alternative"),
    [(">", "≤", ">"), (">=", "<", "≥"), ("<", "≥", "<"), ("<=", ">", "≤")],
)
def test_a_criterions_hypothesis_is_its_opposite(
    made: Any, replace: Callable[..., Any], comparison: str, null: str, alternative: str
) -> None:
    criterion = replace(made.parts["studies"].studies[0].criteria[0], comparison=comparison)
    assert labelling.hypotheses(criterion) == (f"Sensitivity {null} 0.750", f"Sensitivity {alternative} 0.750")
    below = replace(criterion, bound=-0.02)
    assert labelling.hypotheses(below) == (f"Sensitivity {null} −0.020", f"Sensitivity {alternative} −0.020")


def test_the_protocol_states_plan_digest_figures_and_log(made: Any, replace: Callable[..., Any]) -> None:
    studies = made.parts["studies"]
    study = studies.studies[0]
    figures = e.Table(title="Figures of the analysis", columns=("what", "value"), rows=(("seed", "4711"),))
    study = replace(study, plan=replace(study.plan, parameters=(figures,)))
    made.parts["studies"] = replace(studies, studies=(study, *studies.studies[1:]))
    html = page(made, "CW-DOC-050")
    assert study.plan_digest in section(html, "synopsis")
    assert "4711" in section(html, "statistics")
    assert "first estimates" in section(html, "chronology")
    assert "Sensitivity &lt; 0.750" in section(html, "endpoints")


def test_a_task_is_critical_by_the_severity_of_its_hazards(made: Any) -> None:
    level = made.parts["trace"].documentation_level
    assert labelling.critical(("HAZ-901", "HAZ-999"), level) == "critical"
    assert labelling.critical(("HAZ-999",), level) == "not critical"


def test_tasks_and_their_hazards_and_controls_are_in_the_risk_file() -> None:
    known = {path.stem for path in (ROOT / "risk").rglob("*.yaml")}
    tasks = CATALOGUE.proposals.use.tasks
    assert tasks
    for task in tasks:
        assert task.hazards
        assert {*task.hazards, *task.controls} <= known, task.id
        assert task.user in {user.name for user in CATALOGUE.proposals.use.users}


def test_what_a_compliance_map_names_is_there() -> None:
    files = {entry.number: TEMPLATES / entry.template for entry in CATALOGUE.documents}
    standards = {standard.id for standard in CATALOGUE.standards}
    for each in CATALOGUE.proposals.compliance:
        assert each.standard in standards
        for clause in each.clauses:
            assert clause.standing in ("covered", "partly", "yours")
            assert clause.shown_by or clause.standing == "yours", clause
            for name in clause.shown_by:
                number, _, place = name.partition("/")
                if number in files:
                    assert f'id="{place}"' in files[number].read_text(), name
                else:
                    assert (ROOT / name).exists(), name


def test_the_map_of_the_life_cycle_says_what_the_scope_says() -> None:
    """docs/scope.md tells people the same; neither may differ from the other."""
    words = {"Covered": "covered", "Partly": "partly", "In your quality system": "yours"}
    text = (ROOT / "docs/scope.md").read_text().partition("## IEC 62304")[2].partition("\n## ")[0]
    scope = dict(re.findall(r"^\| ([\d., ]+?) \| [^|]+ \| ([^|]+?) \|", text, re.MULTILINE))
    found = next(one for one in CATALOGUE.proposals.compliance if one.standard == "iec62304")
    assert len(scope) > 10
    assert {clause.clause: clause.standing for clause in found.clauses} == {
        clause: words[standing] for clause, standing in scope.items()
    }


# --- form -------------------------------------------------------------------------------------------------------------


def test_every_one_of_these_documents_is_built_of_evidence_without_the_new_parts(good: Built) -> None:
    assert {entry.number for entry in MINE} <= {document.entry.number for document in good.documents}
    assert len(MINE) == 17


@pytest.mark.parametrize("entry", MINE, ids=lambda entry: entry.number)
def test_templates_hold_no_figure(entry: Any) -> None:
    """Words between the tags hold no digit; those of a standard, an item or a digest’s name come by name."""
    text = (TEMPLATES / entry.template).read_text()
    words = re.sub(r"\{[{%#].*?[}%#]\}|<[^>]*>", " ", text, flags=re.DOTALL)
    literals = " ".join(
        literal
        for tag in re.findall(r"\{[{%].*?[}%]\}", text, re.DOTALL)
        for literal in re.findall(r'"([^"]*)"', re.sub(r"\b(cite|verifying|widths|with_id|class|one)\W.*?\)", " ", tag))
    )
    assert not re.findall(r"\S*\d\S*", f"{words} {literals}".replace("SHA-256", ""))


def test_a_step_between_round_numbers_keeps_its_decimal() -> None:
    labels = [label for _, label in axis((1.0, 12.0), 0, 100, zero=True).labels()]
    assert labels == ["0.0", "2.5", "5.0", "7.5", "10.0", "12.5"]
