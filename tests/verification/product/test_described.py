"""What device.json says of gate, interfaces, design and history equals what the device and git do."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import device
from verification.evidence import ChangeNote, Design, Development, Gap, Interfaces, Project, ReportForm
from verification.product.design import describe_design
from verification.product.development import FIRSTS, describe_development
from verification.product.interfaces import describe_gate, describe_interfaces
from verification.product.product import inputs_of_device
from verification.protocol.plan import read_study
from verification.protocol.stated_plan import state_plan
from verification.steps.radiographs import radiograph, save

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def interfaces() -> Interfaces:
    return describe_interfaces((device.read_release("adult-nih"), device.read_release("paediatric-reference")))


@pytest.fixture(scope="module")
def report(interfaces: Interfaces) -> ReportForm:
    assert not isinstance(interfaces.report, Gap)
    return interfaces.report


@pytest.fixture(scope="module")
def design() -> Design:
    return describe_design(Project(ROOT), tomllib.loads((ROOT / "pyproject.toml").read_text()))


# --- gate -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "inside", "outside"),
    [
        ("fewest_bits_stored", 0, -1),
        ("most_bits_stored", 0, 1),
    ],
)
def test_the_gate_refuses_what_lies_just_outside_the_stated_bits(
    limit: str, inside: int, outside: int, tmp_path: Path
) -> None:
    stated = getattr(next(one for one in describe_gate().intakes if one.name == "clinical"), limit)
    release = device.read_release("paediatric-reference")
    for shift in (inside, outside):
        bits = stated + shift
        path = save(radiograph(BitsStored=bits, HighBit=bits - 1), tmp_path / f"{bits}.dcm")
        codes = {one.code for one in device.gate(path, release).rejections}
        assert ("BITS" in codes) is bool(shift)


def test_the_gate_takes_the_stated_sop_classes_alone(tmp_path: Path) -> None:
    release = device.read_release("paediatric-reference")
    clinical, research = describe_gate().intakes
    for uid, modalities in {**research.sop_classes, **clinical.sop_classes}.items():
        path = save(radiograph(SOPClassUID=uid, Modality=modalities[0]), tmp_path / f"{uid}.dcm")
        codes = {one.code for one in device.gate(path, release).rejections}
        assert ("SOP_CLASS" in codes) is (uid not in clinical.sop_classes)


# --- interfaces -------------------------------------------------------------------------------------------------------


def test_every_command_of_the_device_explains_itself(interfaces: Interfaces) -> None:
    assert [one.name for one in interfaces.commands] == ["gate", "analyze", "release"]
    assert all(f"usage: clearway {one.name}" in one.text for one in interfaces.commands)
    assert max(len(line) for one in interfaces.commands for line in one.text.splitlines()) <= 96
    assert set(interfaces.about) == {"adult-nih", "paediatric-reference"}
    assert all(device.STATEMENT in text for text in interfaces.about.values())


def test_the_fields_of_a_result_are_those_of_an_analysis(interfaces: Interfaces) -> None:
    assert set(interfaces.json_fields) == {*device.Analysis.__slots__, "score", "threshold"}
    assert set(interfaces.outcomes) == {"flagged", "not_flagged", "analyzed", "not_analyzed", "failed"}


def test_the_reports_elements_come_from_where_it_is_said(report: ReportForm) -> None:
    origin = {one.keyword: one.origin for one in report.elements}
    assert origin["SOPInstanceUID"] == origin["SeriesInstanceUID"] == "made anew for each report"
    assert origin["PatientID"] == origin["StudyInstanceUID"] == origin["StudyDate"] == "the image"
    assert origin["ContentDate"] == "the time of the analysis"
    assert origin["CurrentRequestedProcedureEvidenceSequence"] == "names the image"
    assert origin["SeriesNumber"] == "the image, and 9000"
    assert origin["InstanceNumber"] == "the same in every report of the release"
    assert {one.keyword for one in report.elements if one.origin == "the image"} <= set(report.identity)


def test_only_values_that_are_always_the_same_are_stated(report: ReportForm) -> None:
    values = {one.keyword: one.value for one in report.elements}
    assert values["Modality"] == "SR"
    assert values["PatientName"] is values["ContentTime"] is values["SOPInstanceUID"] is None
    content = {one.concept.split(",")[0].strip("("): one.value for one in report.content}
    assert content["SCORE"] is content["TRIAGE"] is None
    assert content["THRESHOLD"].startswith("0.588")
    assert device.STATEMENT in content.values()


def test_both_findings_and_both_encodings_were_seen(report: ReportForm) -> None:
    assert [one.partition(",")[0] for one in report.findings] == ["(FLAGGED", "(NOT_FLAGGED"]
    assert report.transfer_syntaxes == ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1")


def test_without_weights_there_is_no_report_to_read() -> None:
    found = describe_interfaces((device.read_release("adult-nih"),))
    assert isinstance(found.report, Gap)
    assert found.json_fields


# --- design -----------------------------------------------------------------------------------------------------------


def test_every_module_of_the_device_is_described(design: Design) -> None:
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "device").rglob("*.py")}
    assert {one.file for one in design.modules} == {one for one in files if not one.startswith("device/training/")}
    assert all(one.purpose != "no docstring" for one in design.modules)
    litert = [one.name for one in design.modules if "ai_edge_litert" in one.libraries]
    assert litert == ["device.model"]
    pipeline = next(one for one in design.modules if one.name == "device.pipeline")
    assert {"device.gate", "device.dicom", "device.model", "device.report"} <= set(pipeline.imports)
    configuration = next(one for one in design.modules if one.name == "device.node.configuration")
    assert configuration.imports == ("device.errors", "device.node.strict", "device.release", "device.types")


def test_a_units_description_is_its_docstring_without_the_claim(design: Design) -> None:
    units = {unit.id: unit for module in design.modules for unit in module.units}
    view = units["device.gate.check_view"]
    assert view.implements == ("SRS-004", "SRS-015", "SRS-017", "SRS-038")
    assert view.signature == "(judged: _Judged) -> Rejection | None"
    assert view.description.startswith("A labeled view")
    assert not any("Implements:" in unit.description for unit in units.values())


def test_every_import_contract_is_stated(design: Design) -> None:
    written = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert [one.name for one in design.contracts] == [one["name"] for one in written]
    assert "ai_edge_litert" in next(one.rule for one in design.contracts if "LiteRT" in one.name)


# --- history ----------------------------------------------------------------------------------------------------------


def git(root: Path, *arguments: str) -> None:
    who = {"GIT_AUTHOR_NAME": "nobody", "GIT_AUTHOR_EMAIL": "nobody@invalid"}
    who |= {"GIT_COMMITTER_NAME": "nobody", "GIT_COMMITTER_EMAIL": "nobody@invalid"}
    dated = {"GIT_AUTHOR_DATE": "2001-02-03T04:05:06Z", "GIT_COMMITTER_DATE": "2001-02-03T04:05:06Z"}
    command = ["git", "-c", "commit.gpgsign=false", *arguments]
    subprocess.run(command, cwd=root, check=True, capture_output=True, env={"PATH": "/usr/bin:/bin", **who, **dated})


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    (root / "risk").mkdir(parents=True)
    (root / "docs/changes").mkdir(parents=True)
    git(root, "init", "-q")
    for number, (name, message) in enumerate(
        (
            ("risk/policy.yaml", "State a policy"),
            ("docs/changes/one.device.md", "Note a change\n\nReviewed-by: Ada Example (fictitious) <ada@invalid>"),
        )
    ):
        (root / name).write_text(f"text {number}\n")
        git(root, "add", ".")
        git(root, "commit", "-q", "-m", message)
    return root


def described(root: Path) -> Development:
    found = describe_development(Project(root))
    assert not isinstance(found, Gap)
    return found


def test_the_history_is_counted(checkout: Path) -> None:
    found = described(checkout)
    assert (found.commits, found.authors, found.merges, found.reviewed) == (2, 1, 0, 1)
    assert found.tags == ()
    first: dict[str, Any] = {one.path: one for one in found.firsts}
    assert tuple(first) == (*FIRSTS, "device")
    assert first["risk/policy.yaml"].date == "2001-02-03"
    assert first["risk/hazards"].commit is None
    assert found.notes == (ChangeNote(version=None, kind="device", text="text 1"),)
    git(checkout, "tag", "v1")
    assert [tag.name for tag in described(checkout).tags] == ["v1"]


OLDER = "## 0.1.0 (2001-02-02)\n\n### Device\n\n- An older note.\n"
NOTES = {
    "b.device.md": "A note of\ntwo lines.\n",
    "a.device.md": "First a sentence:\n\n- a point\n  of two lines\n- another\n\nAnd a second paragraph.\n",
    "c.evidence.md": "`clearway` says more.\n",
    "d.documents.md": "Ten pages.\n",
    "e.project.md": "Two lines.\n",
}


def test_a_version_keeps_the_notes_that_it_gathers(checkout: Path) -> None:
    (checkout / "docs/changes/one.device.md").unlink()
    for name, text in NOTES.items():
        (checkout / "docs/changes" / name).write_text(text)
    before = described(checkout).notes
    assert {(one.version, one.kind, one.text) for one in before} == {
        (None, name.split(".")[1], text.strip()) for name, text in NOTES.items()
    }
    shutil.copy(ROOT / "pyproject.toml", checkout)
    (checkout / "docs/changelog.md").write_text(f"# Changelog\n\n<!-- towncrier release notes start -->\n\n{OLDER}")
    build = [sys.executable, "-m", "towncrier", "build", "--version", "0.2.0", "--date", "2001-02-03", "--yes"]
    subprocess.run(build, cwd=checkout, check=True, capture_output=True)
    assert not list((checkout / "docs/changes").glob("*.*.md"))
    *gathered, older = described(checkout).notes
    assert set(gathered) == {replace(one, version="0.2.0") for one in before}
    assert len(gathered) == len(before)
    assert older == ChangeNote(version="0.1.0", kind="device", text="An older note.")


def test_a_change_of_a_note_is_seen(checkout: Path) -> None:
    (checkout / "docs/changelog.md").write_text(OLDER)
    project = Project(checkout)
    found = set(project.find_names(*inputs_of_device(project)))
    assert {"docs/changelog.md", "docs/changes/one.device.md"} <= found


def test_our_own_changelog_is_read_whole(checkout: Path) -> None:
    shutil.copy(ROOT / "docs/changelog.md", checkout / "docs")
    notes = [one for one in described(checkout).notes if one.version]
    bullets = re.findall(r"^- ", (ROOT / "docs/changelog.md").read_text(), re.M)
    assert len(notes) == len(bullets) >= 42
    kinds = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["towncrier"]["type"]
    assert {one.kind for one in notes} <= {kind["directory"] for kind in kinds}


def test_a_shallow_clone_tells_no_history(checkout: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{checkout}", "shallow")
    found = describe_development(Project(tmp_path / "shallow"))
    assert isinstance(found, Gap)
    assert "unshallow" in found.closes


# --- plans ------------------------------------------------------------------------------------------------------------


def test_every_figure_of_a_plan_is_stated() -> None:
    study, _ = read_study(ROOT / "verification/studies/paediatric-benchmark", "paediatric-benchmark")
    stated = state_plan(study.plan)
    cells = [str(cell) for table in stated.parameters for row in table.rows for cell in row]
    assert {str(study.plan.replicates), str(study.plan.seed), "003Y", "0.985", "4.0", "nih621_384"} <= set(cells)
    assert stated.objective == study.plan.objective


def test_a_plan_states_the_simple_measures_and_the_other_models_that_it_sets_beside_its_release() -> None:
    study, _ = read_study(ROOT / "verification/studies/adult-nih-open", "adult-nih-open")
    parameters = state_plan(study.plan).parameters
    tables = {table.title: {str(row[0]): row[1] for row in table.rows} for table in parameters}
    planned = tables["What is scored beside the images"]
    assert planned["simple measures of file and image (shortcuts)"] == "yes"
    assert planned["other models on the same images"] == "yes"
    assert planned["waits on a simulated worklist"] == "no"
    assert tables["Figures of the analysis"]["collection and part"] == "nih, a list that was registered"
