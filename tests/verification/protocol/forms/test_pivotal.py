"""The form of a pivotal study: it holds every key, is no evidence, and is not locked while a text is to be written."""

import shutil
from pathlib import Path

import msgspec
import pytest
import yaml

from device import main, read_release
from verification.evaluation.evaluate import run
from verification.evaluation.opening import lock_plan
from verification.evaluation.pivotal import require_pivotal
from verification.evidence import Project, Severity, find_project
from verification.protocol.forms.skeleton import Wanted, write_skeleton
from verification.protocol.pivotal import Pivotal, read_pivotal
from verification.protocol.plan import TO_BE_WRITTEN
from verification.qualification.sample import commit, git

ROOT = find_project().root
RELEASE, NAME = "adult-nih", "own-pivotal"
FOLDER = f"verification/studies/{NAME}"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A checkout with the releases and with the study that the release names, whose data set is there too."""
    root = tmp_path / "checkout"
    for folder in ("device/releases", "verification/datasets/nih", "verification/studies/adult-nih-validation"):
        shutil.copytree(ROOT / folder, root / folder)
    (root / "requirements_spec").mkdir()
    (root / "pyproject.toml").write_text("")
    (root / ".gitignore").write_text("/build/\n")
    git(root, "init", "-q")
    commit(root)
    return Project(root.resolve())


def clearway(project: Project, *command: str) -> int:
    return main(["study", "--project", str(project.root), *command])


def new(project: Project) -> Path:
    assert clearway(project, "new", NAME, "--release", RELEASE, "--kind", "pivotal") == 0
    return project.root / FOLDER


def fill(value: object) -> object:
    """Every text written, every name and date entered: what they say does not matter here."""
    if isinstance(value, dict):
        return {key: fill("2026-11-30" if key in ("name", "signed_on") and part is None else part)
                for key, part in value.items()}  # fmt: skip
    if isinstance(value, list):
        return [fill(part) for part in value]
    return "written" if isinstance(value, str) and TO_BE_WRITTEN in value else value


def test_the_form_holds_every_key_and_what_is_known(project: Project) -> None:
    path = new(project) / "pivotal.yaml"
    text = path.read_text(encoding="utf-8")
    held = yaml.safe_load(text)
    assert list(held) == [field.encode_name for field in msgspec.structs.fields(Pivotal)]
    study, issues = read_pivotal(path.parent, FOLDER)
    assert issues == ()
    assert study is not None
    release = read_release(project.root / "device/releases" / RELEASE)
    assert (study.plan.name, study.plan.release, study.plan.pilot) == (NAME, RELEASE, release.study)
    assert study.plan.others == ()  # no number of a device is made up
    assert {(role.name, role.signed_on) for role in study.plan.roles} == {(None, None)}
    assert text.startswith("# The form of a pivotal study.")
    assert len(study.unwritten) > 40


def test_the_form_is_no_evidence_and_blocks_nothing(project: Project) -> None:
    new(project)
    evidence = run(project)
    assert NAME not in {study.name for study in evidence.studies}
    (found,) = (issue for issue in evidence.issues if issue.where == f"{FOLDER}/pivotal.yaml")
    assert found.severity is Severity.ADVISORY
    assert "the first pivotal.yaml: label" in found.message


def test_it_is_locked_once_every_text_is_written_and_every_blank_entered(project: Project) -> None:
    folder = new(project)
    with pytest.raises(ValueError, match=r"own-pivotal/pivotal\.yaml: label: is to be written") as refused:
        lock_plan(project, NAME)
    assert f"{FOLDER}/criteria.yaml: CRIT-OP-1.rationale: is to be written" in str(refused.value)
    assert f"{FOLDER}/pivotal.yaml: roles, {TO_BE_WRITTEN}: a role: signed_on is blank" in str(refused.value)
    assert not (folder / "openings.log").exists()
    for file in ("pivotal.yaml", "criteria.yaml"):
        path = folder / file
        path.write_text(yaml.safe_dump(fill(yaml.safe_load(path.read_text())), sort_keys=False))
    assert require_pivotal(project, NAME).unwritten == ()
    assert "locked, plan digest" in lock_plan(project, NAME)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"dataset": "nih"}, "the images of a pivotal study do not exist"),
        ({"release": "adult-nhi"}, "did you mean adult-nih"),
        ({"name": "adult-nih-validation"}, "is there already"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_written(
    project: Project, arguments: dict[str, str], told: str
) -> None:
    before = sorted((project.root / "verification").rglob("*"))
    with pytest.raises(ValueError, match=told):
        write_skeleton(project, Wanted(**{"name": NAME, "release": RELEASE, "kind": "pivotal"} | arguments))
    assert sorted((project.root / "verification").rglob("*")) == before


def test_another_kind_needs_a_data_set(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert clearway(project, "new", "own", "--release", RELEASE) == 2
    assert "--dataset NAME: a study of the kind validation_plan needs it" in capsys.readouterr().err
