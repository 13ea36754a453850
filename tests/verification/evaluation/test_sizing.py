"""A pivotal study: sized from intervals of other studies, stated as evidence, shown by a command, locked if whole."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from verification.commands.study import study as command
from verification.evaluation.evaluate import run
from verification.evaluation.opening import lock_plan
from verification.evaluation.pivotal import evaluate_pivotal, require_pivotal
from verification.evaluation.sizing import Sized, say_size, size, size_tables
from verification.evidence import (
    Analysis,
    Estimate,
    Gap,
    Interval,
    Project,
    Role,
    StudiesEvidence,
    Study,
    StudyPlan,
    find_project,
    write_evidence,
)
from verification.qualification.sample import commit, git

NAME = "adult-pivotal"
FOLDER = f"verification/studies/{NAME}"
NONE = Gap(reason="none", closes="none")
CLUSTERED, INDEPENDENT = "patient-clustered bootstrap, percentile", "DeLong over images, assumes independence"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "checkout"
    shutil.copytree(find_project().root / FOLDER, root / FOLDER)
    (root / "requirements_spec").mkdir()
    (root / "pyproject.toml").write_text("", encoding="utf-8")
    (root / ".gitignore").write_text("/build/\n", encoding="utf-8")
    git(root, "init", "-q")
    commit(root)
    return Project(root.resolve())


def estimates(half: float, twice_as_wide: bool) -> tuple[Estimate, ...]:
    """AUROC, sensitivity and specificity of 200 images of 100 patients, with an interval of each method."""
    rows = []
    for metric, value in (("auroc", 0.76), ("sensitivity", 0.8), ("specificity", 0.58)):
        for method, width in ((CLUSTERED, half * (2**0.5 if twice_as_wide else 1)), (INDEPENDENT, half)):
            rows.append(
                Estimate(
                    metric=metric, value=value, reason=None, n=200, events=None, patients=100, subgroup="all",
                    interval=Interval(lower=value - width, upper=value + width, level=0.95, method=method),
                    reference_standard="reads", decides=method == CLUSTERED, criterion=None, met=None,
                    release_digest="", dataset_digest="",
                )
            )  # fmt: skip
    return tuple(rows)


def measured(name: str, *analyses: str, twice_as_wide: bool = True) -> Study:
    """A study whose intervals say what patients with two images cost: a design effect of 2, or of 1."""
    rows = estimates(0.05, twice_as_wide)
    held = tuple(
        Analysis(
            id=each, title=each, role=Role.SECONDARY, reference_standard="", score="", weighting="", statement="",
            images=200, patients=100, positives=80, estimates=rows,
        )
        for each in analyses
    )  # fmt: skip
    plan = StudyPlan(
        objective="", population="", unit="", reference_standard="", data="", exclusions=(), threshold_rule="",
        interval_method="", subgroups=(), sample_size="", limitations=(),
    )  # fmt: skip
    return Study(
        name=name, title=name, kind="development", label="", release="adult-nih", release_version="1.0.0",
        release_digest="ab", dataset_digest="", plan=plan, plan_digest="", scores_sha256=None, openings=(), images=200,
        patients=100, confusion=NONE, estimates=() if analyses else rows, criteria=(), curve=NONE, analyses=held,
    )  # fmt: skip


def others(*, twice_as_wide: bool = True) -> tuple[Study, ...]:
    return (
        measured("adult-nih-comparator", "rsna-raw", "google", twice_as_wide=twice_as_wide),
        measured("paediatric-benchmark", twice_as_wide=twice_as_wide),
        measured("paediatric-development", twice_as_wide=twice_as_wide),
        measured("adult-nih-open", twice_as_wide=twice_as_wide),
    )


def sized(project: Project, *, twice_as_wide: bool = True) -> Sized:
    return size(require_pivotal(project, NAME), others(twice_as_wide=twice_as_wide))


def edit(project: Project, file: str, before: str, after: str) -> None:
    path = project.root / FOLDER / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_design_effects_are_those_that_studies_measured_for_the_planned_images_of_a_patient(project: Project) -> None:
    found = sized(project)
    assert {round(one.found, 6) for one in found.measured} == {2.0}
    assert {round(one.planned, 6) for one in found.measured} == {1.2}  # 1 + (2 - 1) * (1.2 - 1) / (2 - 1)
    alone = sized(project, twice_as_wide=False)
    assert found.images.total / alone.images.total == pytest.approx(1.2, abs=0.01)


def test_the_power_stands_beside_every_number_of_images(project: Project) -> None:
    found = sized(project)
    for name in ("as hoped", "a little worse", "much worse"):
        assert re.search(rf"\d\.\d\d {name}", say_size(found))
    titles = [table.title for table in size_tables(found)]
    assert all("power" in title.lower() for title in titles if str(found.images.positive) in title)
    powers = {str(row[0]): row for row in next(t for t in size_tables(found) if t.title.startswith("Power with")).rows}
    assert powers["a little worse"][-2] >= 0.9
    assert powers["much worse"][-1] < 0.5
    assert powers["as the release measured, adult-nih-open"][1:4] == (0.76, 0.8, 0.58)
    assert powers["as the release measured, adult-nih-open"][-1] == pytest.approx(0, abs=1e-6)


def test_what_the_plan_names_and_no_evidence_holds_is_told_whole(project: Project) -> None:
    with pytest.raises(ValueError, match="design_effects") as refused:
        size(require_pivotal(project, NAME), [measured("paediatric-benchmark")])
    said = str(refused.value).splitlines()
    assert len(said) == 4
    assert any("adult-nih-comparator, rsna-raw has no pair of intervals" in line for line in said)
    assert any("size.measured_by: adult-nih-open has no estimates" in line for line in said)


def test_a_truth_below_a_bound_has_no_size(project: Project) -> None:
    edit(project, "criteria.yaml", "bound: 0.95", "bound: 0.975")
    with pytest.raises(ValueError, match="a little worse is not above every bound"):
        sized(project)
    study, issues, _ = evaluate_pivotal(project, project.root / FOLDER, others())
    assert study is None
    assert [issue.code for issue in issues] == ["pivotal-size"]


def test_the_evidence_holds_the_plan_and_its_size(project: Project) -> None:
    study, issues, files = evaluate_pivotal(project, project.root / FOLDER, others())
    assert study is not None
    assert not issues
    assert {path.name for path in files} == {"pivotal.yaml", "criteria.yaml"}
    assert (study.kind, study.images, study.estimates) == ("pivotal", None, ())
    assert all(isinstance(one.estimate, Gap) and one.met is None for one in study.criteria)
    sections = {section.id: section for section in study.sections}
    assert sections["size"].tables[0].title.startswith("Images, for a power")
    roles = sections["roles"].tables[0]
    assert all(row[2:] == ("", "") for row in roles.rows)
    assert sections["others"].texts == ("K191556", "K241439", "K232410")  # what was read of them is no evidence of ours
    assert [row[0] for row in sections["others"].tables[0].rows] == ["finding", "test set", "truth", "results", "time"]
    children = next(table for table in sections["paediatric"].tables if table.title.startswith("Studies of"))
    assert [row[0] for row in children.rows] == ["paediatric-benchmark", "paediatric-development"]


def test_a_plan_with_blanks_is_not_locked_and_each_is_named(project: Project) -> None:
    with pytest.raises(ValueError, match="is blank") as refused:
        lock_plan(project, NAME)
    assert len(str(refused.value).splitlines()) == 15
    assert not (project.root / FOLDER / "openings.log").exists()
    edit(project, "pivotal.yaml", "name: null, signed_on: null", "name: Fictitious, signed_on: 2026-11-30")
    assert "locked, plan digest" in lock_plan(project, NAME)
    assert "is locked already" in lock_plan(project, NAME)
    assert require_pivotal(project, NAME).locked == require_pivotal(project, NAME).digest


def test_a_pivotal_study_is_not_evaluated_by_itself(project: Project) -> None:
    with pytest.raises(ValueError, match=f"see `clearway study size {NAME}`"):
        run(project, NAME)


def write_studies(project: Project) -> None:
    evidence = StudiesEvidence(source=project.source(()), studies=others(), issues=())
    write_evidence(project.evidence, "studies.json", evidence)


def test_the_command_explains_the_size(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    write_studies(project)
    assert command(["--project", str(project.root), "size", NAME]) == 0
    out = capsys.readouterr().out
    found = sized(project)
    assert f"{found.images.positive} images with the finding and {found.images.negative} without" in out
    assert "CRIT-AP-1: lower limit of auroc > 0.95" in out
    assert "Hanley and McNeil (1982)" in out
    assert "14 blanks" in out
    assert command(["--project", str(project.root), "size", NAME, "--for", "as hoped"]) == 0
    hoped = re.search(r"study[^:]*: (\d+) images with", capsys.readouterr().out.replace("release for adults", "study"))
    assert hoped
    assert int(hoped[1]) < found.images.positive


def test_the_command_says_what_is_missing(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    told = ["--project", str(project.root), "size"]
    assert command([*told, NAME]) == 2
    assert "run `clearway evaluate`" in capsys.readouterr().err
    write_studies(project)
    assert command([*told, NAME, "--for", "as feared"]) == 2
    assert "expected one of as hoped, a little worse, much worse" in capsys.readouterr().err
    assert command([*told, "another"]) == 2
    assert f"expected one of {NAME}" in capsys.readouterr().err
    edit(project, "pivotal.yaml", "  count: 4\n", "  count: 2\n")
    edit(project, "criteria.yaml", "limit: lower", "limit: upper")
    assert command([*told, NAME]) == 2
    said = capsys.readouterr().err
    assert re.search(rf"{FOLDER}/pivotal.yaml:\d+: sites.count: found 2", said)
    assert re.search(rf"{FOLDER}/criteria.yaml:\d+: CRIT-AP-1: found all, upper", said)
