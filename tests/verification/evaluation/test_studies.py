"""Studies: what binds scores to data and release, what a mismatch does, and scoring through the device."""

import csv
import io
import json
import shutil
import subprocess
from datetime import UTC, datetime

import msgspec
import pytest

from verification.evaluation.evaluate import run
from verification.evaluation.opening import lock_plan
from verification.evidence import Estimate, Gap, Opening, Project, StudiesEvidence, find_project, read_evidence
from verification.protocol.log import append

ROOT = find_project().root
NAME = "paediatric-development"
STUDY = f"verification/studies/{NAME}"
MANIFEST = "verification/datasets/kermany224/manifest.csv"
RELEASE = "device/releases/paediatric-reference"


@pytest.fixture
def project(tmp_path):
    """A checkout with a committed study, a plan, a data set and the releases."""
    root = tmp_path / "checkout"
    plan = "verification/studies/adult-nih-validation"
    for folder in (STUDY, plan, "verification/datasets/kermany224", "device/releases"):
        shutil.copytree(ROOT / folder, root / folder)
    (root / ".gitignore").write_text("/build/\n")
    begin_history(root)
    return Project(root.resolve())


def begin_history(root):
    shutil.rmtree(root / ".git", ignore_errors=True)
    identity = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.invalid"]
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", "-C", str(root), *command], check=True)


def edit(project, file, change):
    path = project.root / file
    path.write_text(change(path.read_text()))


def change_rows(project, change):
    """Apply `change` to the rows of scores.csv and bind the log to the result, so that only the rows are wrong."""
    path = project.root / STUDY / "scores.csv"
    header, *rows = csv.reader(io.StringIO(path.read_text()))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *change(rows)])
    path.write_text(text.getvalue())


def named(evidence, name=NAME):
    return next(study for study in evidence.studies if study.name == name)


def assert_withheld(evidence, *codes):
    """The study shows no figure, every criterion is a gap, and the issues are these."""
    study = named(evidence)
    assert {issue.code for issue in evidence.issues} == set(codes)
    assert all(issue.severity == "blocking" for issue in evidence.issues)
    assert study.estimates == ()
    assert study.images is None
    assert isinstance(study.confusion, Gap)
    assert isinstance(study.curve, Gap)
    assert [(type(each.estimate), each.met) for each in study.criteria] == [(Gap, None)] * 3


def test_the_committed_study_holds_together(project):
    evidence = run(project)
    study = named(evidence)
    assert evidence.issues == ()
    assert study.images == 738
    confusion = study.confusion
    found = {each.metric: each for each in study.estimates if each.subgroup == "all" and each.decides}
    assert found.keys() == {"auroc", "sensitivity", "specificity"}
    assert found["sensitivity"].events == confusion.true_positive
    assert found["sensitivity"].n == confusion.true_positive + confusion.false_negative
    assert found["specificity"].events == confusion.true_negative
    assert found["specificity"].n == confusion.true_negative + confusion.false_positive
    for each in study.criteria:
        assert isinstance(each.estimate, Estimate)
        assert each.met == (each.estimate.interval.lower > each.bound)
    assert study.curve.operating.sensitivity == pytest.approx(found["sensitivity"].value)
    assert len(study.curve.points) <= 400
    unrecorded = {each.subgroup for each in study.estimates if each.reason == "not recorded"}
    assert unrecorded == {"sex", "age", "race and ethnicity", "manufacturer", "acquisition site"}
    assert read_evidence(project.evidence, "studies.json", StudiesEvidence) == evidence
    assert f"{STUDY}/scores.csv" in evidence.source.inputs


def test_evaluation_is_a_function_of_its_files(project):
    run(project)
    first = (project.evidence / "studies.json").read_bytes()
    run(project)
    assert (project.evidence / "studies.json").read_bytes() == first


def test_the_plan_of_the_adult_release_has_gaps_in_place_of_figures(project):
    study = named(run(project), "adult-nih-validation")
    assert study.estimates == ()
    assert study.scores_sha256 is None
    assert len(study.criteria) == 3
    assert all("plan" in each.estimate.reason and "adult-nih" in each.estimate.closes for each in study.criteria)


def test_one_flipped_digit_of_the_scores_withholds_the_study(project):
    edit(project, f"{STUDY}/scores.csv", lambda text: text[:-3] + ("1" if text[-3] != "1" else "2") + ",\n")
    assert_withheld(run(project), "scores-changed")


def test_another_release_withholds_the_study(project):
    folder = project.root / RELEASE
    (folder / "release.yaml").write_bytes((folder / "release.yaml").read_bytes() + b"# touched\n")
    assert_withheld(run(project), "release-unreadable")
    files = sorted(path.name for path in folder.iterdir() if path.name != "SHA256SUMS")
    sums = subprocess.run(["sha256sum", *files], cwd=folder, check=True, capture_output=True)
    (folder / "SHA256SUMS").write_bytes(sums.stdout)
    assert_withheld(run(project), "release-changed")


def test_another_manifest_withholds_the_study(project):
    edit(project, MANIFEST, lambda text: text.replace("development_holdout", "tuning", 1))
    found = {issue.code for issue in run(project).issues}
    assert found >= {"dataset-changed", "scores-foreign"}
    assert_withheld(run(project), *found)


def test_labels_of_several_sources_withhold_the_study(project):
    lines = (project.root / MANIFEST).read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if ",NORMAL,development_holdout," in line)
    lines[at] = lines[at].replace(",NORMAL,", ",mined from the report,")
    (project.root / MANIFEST).write_text("\n".join(lines) + "\n")
    evidence = run(project)
    assert "mixed-sources" in {issue.code for issue in evidence.issues}
    assert_withheld(evidence, "mixed-sources", "dataset-changed")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rows: rows[1:], "scores-missing"),
        (lambda rows: [*rows, ["train/NORMAL/other.jpeg", "p", "0", "0.5", ""]], "scores-foreign"),
        (lambda rows: [*rows, rows[0]], "scores-duplicate"),
        (lambda rows: [[rows[0][0], rows[0][1], str(1 - int(rows[0][2])), *rows[0][3:]], *rows[1:]], "scores-label"),
        (lambda rows: [[rows[0][0], "someone", *rows[0][2:]], *rows[1:]], "scores-label"),
        (lambda rows: [[*rows[0][:3], "nan", ""], *rows[1:]], "scores-row"),
        (lambda rows: [[*rows[0][:3], "1.5", ""], *rows[1:]], "scores-row"),
        (lambda rows: [[*rows[0][:3], "high", ""], *rows[1:]], "scores-row"),
        (lambda rows: [[*rows[0][:3], "", ""], *rows[1:]], "scores-row"),
        (lambda rows: [[*rows[0][:3], "0.5", "not analyzed"], *rows[1:]], "scores-row"),
        (lambda rows: [rows[0][:3], *rows[1:]], "scores-row"),
        (lambda rows: [], "scores-empty"),
        (
            lambda rows: [[a[0], a[1], a[2], b[3], ""] for a, b in zip(rows, reversed(rows), strict=True)],
            "scores-changed",
        ),
    ],
)
def test_rows_that_are_not_the_manifests_withhold_the_study(project, change, code):
    change_rows(project, change)
    assert_withheld(run(project), "scores-changed", code)


def test_every_bad_line_is_named_in_one_pass(project):
    change_rows(project, lambda rows: [[*rows[0][:3], "nan", ""], [*rows[1][:2], "7", *rows[1][3:]], *rows[2:]])
    lines = [issue.where for issue in run(project).issues if issue.code == "scores-row"]
    assert lines == [f"{STUDY}/scores.csv:2", f"{STUDY}/scores.csv:3"]


def test_scores_without_a_logged_origin_are_not_used(project):
    (project.root / STUDY / "openings.log").unlink()
    assert_withheld(run(project), "plan-unlocked", "scores-unlogged", "log-rewritten")


def test_a_damaged_log_or_plan_is_named(project):
    lines = len((project.root / STUDY / "openings.log").read_text().splitlines())
    edit(project, f"{STUDY}/openings.log", lambda text: text + "{\n")
    edit(project, "verification/studies/adult-nih-validation/plan.yaml", lambda text: text + "color: blue\n")
    edit(project, "verification/studies/adult-nih-validation/criteria.yaml", lambda text: text.replace("auroc", "auc"))
    evidence = run(project)
    found = {(issue.code, issue.where) for issue in evidence.issues}
    assert found == {
        ("log-unreadable", f"{STUDY}/openings.log:{lines + 1}"),
        ("study-unreadable", "verification/studies/adult-nih-validation/plan.yaml"),
    }
    edit(project, "verification/studies/adult-nih-validation/plan.yaml", lambda text: text.replace("color: blue\n", ""))
    assert ("study-plan", "verification/studies/adult-nih-validation/criteria.yaml") in {
        (issue.code, issue.where) for issue in run(project).issues
    }


def test_a_bound_that_is_missed_is_not_met_and_blocks_nothing(project):
    edit(project, f"{STUDY}/criteria.yaml", lambda text: text.replace("bound: 0.95", "bound: 0.9999"))
    assert_withheld(run(project), "plan-changed")  # as long as the log holds the lock of other criteria
    log = project.root / STUDY / "openings.log"
    *_, scored = (line for line in map(json.loads, log.read_text().splitlines()) if line["event"] == "scored")
    log.unlink()
    begin_history(project.root)  # a log that was committed is missed
    lock_plan(project, NAME)
    today = datetime.now(UTC).date().isoformat()
    append(log, msgspec.convert(scored | {"date": today}, Opening))
    evidence = run(project)
    assert evidence.issues == ()
    assert [each.met for each in named(evidence).criteria] == [False, True, True]


def test_a_line_that_is_dated_on_no_day_is_named(project):
    log = project.root / STUDY / "openings.log"
    last = json.loads(log.read_text().splitlines()[-1])
    append(log, msgspec.convert(last | {"date": "2026-02-31"}, Opening))
    messages = [issue.message for issue in run(project).issues if issue.code == "log-out-of-time"]
    assert messages == ["is dated 2026-02-31, which is no day"]


def test_one_study_is_no_evidence(project):
    assert run(project, study=NAME).studies[0].name == NAME
    assert not project.evidence.exists()
    with pytest.raises(ValueError, match="adult-nih-validation"):
        run(project, study="paediatric")


def test_no_study_blocks(project):
    shutil.rmtree(project.root / "verification" / "studies")
    assert [issue.code for issue in run(project).issues] == ["no-study"]


def test_a_criterion_of_two_studies_is_an_issue(project):
    edit(
        project,
        "verification/studies/adult-nih-validation/criteria.yaml",
        lambda text: text.replace("CRIT-AN-1", "CRIT-PD-1"),
    )
    shared = [issue for issue in run(project).issues if issue.code == "criterion-shared"]
    assert [issue.message for issue in shared] == ["CRIT-PD-1 is one of adult-nih-validation too"]
