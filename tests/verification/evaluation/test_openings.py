"""Opening a study on a small collection, for real: lock first, score once, continue what was interrupted."""

import csv
import hashlib
import json
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import yaml
from msgspec import structs
from PIL import Image

from device import read_release
from verification.commands.study import study
from verification.estimation.tuning import find_threshold_faults, read_tuning
from verification.evaluation.evaluate import run
from verification.evaluation.opening import lock_plan, open_study
from verification.evaluation.repeating import AS_THEY_ARE, compare, repeat
from verification.evidence import Gap, Opening, Project, Repeated, find_project
from verification.protocol.changes import LOOKING, PERTURBATIONS
from verification.protocol.log import append, read_log
from verification.protocol.measures import BASELINES
from verification.protocol.plan import read_study
from verification.steps.radiographs import phantom

pytestmark = pytest.mark.slow

ROOT = find_project().root
NAME = "tiny"
FOLDER = f"verification/studies/{NAME}"
PLAN = """
name: tiny
title: A study of a few made images
kind: benchmark
label: public benchmark
release: paediatric-reference
dataset: made
split: benchmark
training_dataset: before
objective: o
population: p
unit: image
reference_standard: r
data: d
exclusions: []
threshold_rule: t
minimum_sensitivity: 0.9
interval_method: i
replicates: 50
seed: 1
subgroups: []
not_recorded: [sex]
sample_size: s
limitations: []
asserted:
  reason: made for a test
  values: {BodyPartExamined: CHEST, Modality: CR, ViewPosition: AP, PatientAge: 003Y}
shortcuts: true
perturbations: true
lungs: {surroundings_hidden: 0.02, lungs_hidden: 0.6, moved: 0.03}
power: {correlation: 0.5, assumed: [{auroc: 0.97, sensitivity: 0.9, specificity: 0.9}]}
prior_uses:
  - {date: not known, what: somebody looked, source: a test}
"""
CRITERIA = "\n".join(
    f"- {{id: CRIT-T-{number}, metric: {metric}, subgroup: all, limit: lower, comparison: '>', bound: 0.8, "
    "rationale: r}"
    for number, metric in enumerate(("auroc", "sensitivity", "specificity"), start=1)
)
DATASET = """
name: {name}
title: Made images
origin: a test
terms: none
role: a test
limitations: []
split: {{key: k, shares: {shares}, folders: [.]}}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A checkout with the release, two made data sets and a plan; and the folder of their images."""
    root, images = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("images")
    shutil.copytree(ROOT / "device/releases/paediatric-reference", root / "device/releases/paediatric-reference")
    make_dataset(root, images, "made", "benchmark", "{benchmark: 1.0}", 12)
    shares = "{training: 0.7, tuning: 0.15, development_holdout: 0.15}"
    make_dataset(root, images, "before", "training", shares, 16)
    (root / FOLDER).mkdir(parents=True)
    (root / FOLDER / "plan.yaml").write_text(PLAN)
    (root / FOLDER / "criteria.yaml").write_text(CRITERIA)
    (root / "requirements_spec").mkdir()
    (root / "pyproject.toml").write_text("")
    identity = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.invalid"]
    for command in (["init", "-q"], [*identity, "commit", "-q", "--allow-empty", "-m", "Begin"]):
        subprocess.run(["git", "-C", str(root), *command], check=True)
    return root, images


def make_dataset(root, images, name, split, shares, count):
    generator = np.random.default_rng(count)
    home = root / "verification" / "datasets" / name
    home.mkdir(parents=True)
    (images / name).mkdir()
    rows, chest = [], phantom(90, 80) / 4
    for number in range(count):
        file = images / name / f"person{number // 2}_{name}_{number}.png"
        pixels = 75 + 50 * (number % 2) + chest - chest.mean() + generator.integers(-8, 9, chest.shape)
        Image.fromarray(pixels.astype(np.uint8)).save(file)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        rows.append((file.name, f"p{number // 2}", number % 2, "made", split, digest))
    with (home / "manifest.csv").open("w", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(
            [("image", "patient", "label", "label_source", "split", "sha256"), *sorted(rows)]
        )
    (home / "dataset.yaml").write_text(DATASET.format(name=name, shares=shares))


@pytest.fixture
def checkout(made, tmp_path):
    root, images = made
    shutil.copytree(root, tmp_path / "checkout")
    return Project((tmp_path / "checkout").resolve()), images


@pytest.fixture(scope="module")
def opened(made, tmp_path_factory):
    """The same, locked and opened."""
    root = tmp_path_factory.mktemp("opened") / "checkout"
    shutil.copytree(made[0], root)
    project = Project(root.resolve())
    lock_plan(project, NAME)
    open_study(project, NAME, "a test", made[1])
    return project


def events(project):
    return [json.loads(line)["event"] for line in (project.root / FOLDER / "openings.log").read_text().splitlines()]


def test_nothing_is_scored_before_the_plan_is_locked(checkout):
    project, images = checkout
    with pytest.raises(ValueError, match="clearway study lock tiny"):
        open_study(project, NAME, "too early", images)
    assert sorted(path.name for path in (project.root / FOLDER).iterdir()) == ["criteria.yaml", "plan.yaml"]


def test_an_opening_leaves_the_tables_and_a_chained_log(opened):
    assert events(opened) == ["prior_use", "plan_locked", "opened", "scored"]
    openings, issues = read_log(opened.root / FOLDER / "openings.log", "log")
    assert issues == ()
    for name, digest in openings[-1].files.items():
        assert hashlib.sha256((opened.root / FOLDER / name).read_bytes()).hexdigest() == digest
    header = {
        name: (opened.root / FOLDER / name).read_text().splitlines()[0].split(",")[1:] for name in openings[-1].files
    }
    assert header["baselines.csv"] == list(BASELINES)
    assert header["perturbed.csv"] == list(PERTURBATIONS)
    assert header["lungs.csv"] == list(LOOKING)


def test_an_opened_study_gives_every_analysis_that_its_plan_names(opened):
    evidence = run(opened)
    assert evidence.issues == ()
    (found,) = evidence.studies
    assert [one.event for one in found.openings][-1] == "scored"
    names = {analysis.id for analysis in found.analyses}
    assert names >= {"patients", "thresholds", "prevalence", "power", "dropout", "context", "lungs"}
    assert {"baseline", "robustness", "secondary", "context"} <= {analysis.role for analysis in found.analyses}


def test_images_are_scored_again_without_a_figure_from_it_and_what_changed_since_is_named(opened, made, tmp_path):
    root = tmp_path / "checkout"
    shutil.copytree(opened.root, root)
    project = Project(root.resolve())
    assert isinstance(run(project).studies[0].repeat, Gap)
    repeat(project, NAME, made[1])
    assert events(project)[-1] == "repeated"
    (root / "runtime.lock").write_text("pydicom==0.0.0\n")
    before, after = run(opened).studies[0], run(project).studies[0]
    assert [row.what for row in after.repeat.rows] == [AS_THEY_ARE, *PERTURBATIONS]
    assert after.repeat.rows[0] == Repeated(AS_THEY_ARE, 12, 12, 12, 0, 0.0)
    assert after.repeat.since == ("runtime.lock",)
    assert (after.estimates, after.criteria, after.analyses) == (before.estimates, before.criteria, before.analyses)


def test_what_differs_between_two_scores_of_the_same_images_is_counted(opened):
    release = read_release(opened.root / "device" / "releases" / "paediatric-reference")
    point, nothing = release.operating_point.threshold, float("nan")
    then = np.array([point - 0.01, point, nothing, 0.1])
    now = np.array([point + 0.01, point, 0.2, nothing])
    assert compare("changed", then, now, release) == Repeated("changed", 4, 3, 3, 1, pytest.approx(0.02))


def test_a_release_opens_a_benchmark_once(opened, made):
    before = (opened.root / FOLDER / "openings.log").read_bytes()
    with pytest.raises(ValueError, match="it is opened once by a release"):
        open_study(opened, NAME, "again", made[1])
    assert (opened.root / FOLDER / "openings.log").read_bytes() == before


def test_of_three_openings_at_once_one_opens_it(checkout):
    project, images = checkout
    lock_plan(project, NAME)
    with ThreadPoolExecutor(3) as pool:
        tried = [pool.submit(open_study, project, NAME, f"number {number}", images) for number in range(3)]
    errors = [str(error) for each in tried if (error := each.exception())]
    assert len(errors) == 2
    assert all("another process is opening study tiny" in said or "opened once" in said for said in errors)
    assert events(project) == ["prior_use", "plan_locked", "opened", "scored"]


def test_a_second_opening_in_a_log_is_an_issue_at_its_line(opened, tmp_path):
    """As two checkouts give it that were joined: each line by itself is in order."""
    shutil.copytree(opened.root, tmp_path / "again")
    project = Project(tmp_path / "again")
    openings, _ = read_log(project.root / FOLDER / "openings.log", "log")
    append(project.root / FOLDER / "openings.log", openings[2], openings[3])
    _, (issue,) = read_study(project.root / FOLDER, FOLDER)
    assert (issue.code, issue.where) == ("opened-twice", f"{FOLDER}/openings.log:5")
    assert "opened again" in issue.message
    evidence = run(project)
    assert "opened-twice" in {each.code for each in evidence.issues}
    assert evidence.studies[0].estimates == ()


def test_a_changed_table_or_plan_withholds_every_figure(opened, tmp_path):
    for name, code in (
        ("perturbed.csv", "table-changed"),
        ("lungs.csv", "table-changed"),
        ("scores.csv", "scores-changed"),
        ("plan.yaml", "plan-changed"),
    ):
        root = tmp_path / name
        shutil.copytree(opened.root, root)
        path = root / FOLDER / name
        path.write_bytes(path.read_bytes() + b"\n")
        evidence = run(Project(root))
        assert code in {issue.code for issue in evidence.issues}
        assert not any("study lock" in issue.hint for issue in evidence.issues)  # it would be refused
        assert evidence.studies[0].estimates == ()
        assert evidence.studies[0].analyses == ()


def test_a_plan_is_not_locked_again_once_the_data_were_opened(opened, tmp_path):
    shutil.copytree(opened.root, tmp_path / "checkout")
    path = tmp_path / "checkout" / FOLDER / "plan.yaml"
    path.write_text(path.read_text().replace("seed: 1", "seed: 2"))
    with pytest.raises(ValueError, match="after the data were opened"):
        lock_plan(Project(tmp_path / "checkout"), NAME)


def test_no_other_kind_lets_an_opened_study_lower_its_goals(opened, tmp_path):
    shutil.copytree(opened.root, tmp_path / "checkout")
    folder = tmp_path / "checkout" / FOLDER
    plan, goals = folder / "plan.yaml", folder / "criteria.yaml"
    plan.write_text(plan.read_text().replace("kind: benchmark", "kind: development"))
    goals.write_text(goals.read_text().replace("bound: 0.8", "bound: 0.1"))
    with pytest.raises(ValueError, match="a study of its own"):
        lock_plan(Project(tmp_path / "checkout"), NAME)


def test_lines_cut_from_a_committed_log_are_missed(opened, tmp_path):
    root = tmp_path / "checkout"
    shutil.copytree(opened.root, root)
    git = ["git", "-C", str(root), "-c", "user.name=a test", "-c", "user.email=a@test"]
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "opened"], check=True)
    log = root / FOLDER / "openings.log"
    whole = log.read_bytes()
    log.write_bytes(b"".join(whole.splitlines(keepends=True)[:2]))  # as if it had never been opened: the chain holds
    assert "log-rewritten" in {issue.code for issue in run(Project(root)).issues}
    with pytest.raises(ValueError, match="an earlier commit holds lines"):
        lock_plan(Project(root), NAME)
    log.write_bytes(whole)
    assert run(Project(root)).issues == ()


def test_a_threshold_of_another_rule_than_the_plans_is_told(opened):
    root = opened.root
    release = read_release(root / "device" / "releases" / "paediatric-reference")
    study, _ = read_study(root / FOLDER, FOLDER)
    assert list(find_threshold_faults(study, release)) == []
    planned = replace(study, plan=structs.replace(study.plan, minimum_sensitivity=0.95))
    assert [issue.code for issue in find_threshold_faults(planned, release)] == ["threshold-of-another-rule"]


def test_a_threshold_whose_labels_are_withheld_is_held_against_scores_and_card(opened, tmp_path):
    release = read_release(opened.root / "device" / "releases" / "paediatric-reference")
    study, _ = read_study(opened.root / FOLDER, FOLDER)
    tuning, threshold = read_tuning(release), release.operating_point.threshold
    positive = tuning.labels == 1
    shutil.copytree(release.folder, tmp_path / "withheld")
    table, card = tmp_path / "withheld/tuning_scores.csv", tmp_path / "withheld/card.yaml"
    table.write_text(re.sub(r",[01],", ",,", table.read_text()))
    facts = yaml.safe_load(card.read_text()) | {
        "tuning_positive_images": int(positive.sum()),
        "tuning_sensitivity": float((tuning.scores[positive] >= threshold).mean()),
        "tuning_specificity": float((tuning.scores[~positive] < threshold).mean()),
    }
    card.write_text(yaml.safe_dump(facts))
    held = replace(release, folder=tmp_path / "withheld")
    assert read_tuning(held) is None
    assert list(find_threshold_faults(study, held)) == []
    asked = replace(study, plan=structs.replace(study.plan, minimum_sensitivity=0.95))
    (issue,) = find_threshold_faults(asked, held)
    assert "gives the sensitivity 0.95" in issue.message
    point = release.operating_point
    card.write_text(yaml.safe_dump(facts | {"tuning_specificity": 0.5}))
    (issue,) = find_threshold_faults(study, held)
    assert "by the card it would be" in issue.message
    card.write_text(yaml.safe_dump({name: facts[name] for name in facts if name != "tuning_sensitivity"}))
    (issue,) = find_threshold_faults(study, held)
    assert "cannot be held against the card" in issue.message
    moved = replace(held, operating_point=structs.replace(point, threshold=threshold + 1e-6))
    (issue,) = find_threshold_faults(study, moved)
    assert "the middle of two scores" in issue.message


def test_an_interrupted_opening_is_continued_and_says_so(opened, checkout):
    project, images = checkout
    lock_plan(project, NAME)
    log = project.root / FOLDER / "openings.log"
    (line,) = [one for one in read_log(opened.root / FOLDER / "openings.log", "")[0] if one.event == "opened"]
    append(log, line)  # as a kill while it scores leaves it
    assert "continued" in open_study(project, NAME, "a test", images)
    assert events(project) == ["prior_use", "plan_locked", "opened", "scored"]
    assert (project.root / FOLDER / "scores.csv").read_bytes() == (opened.root / FOLDER / "scores.csv").read_bytes()


def test_missing_and_changed_images_are_all_named_and_nothing_is_logged(checkout, tmp_path):
    project, images = checkout
    lock_plan(project, NAME)
    partial = tmp_path / "images"
    shutil.copytree(images, partial)
    first, second, *_ = sorted((partial / "made").iterdir())
    first.unlink()
    second.write_bytes(b"other")
    with pytest.raises(ValueError, match="missing") as error:
        open_study(project, NAME, "a test", partial)
    assert first.name in str(error.value)
    assert f"{second.name}: SHA-256" in str(error.value)
    assert events(project) == ["prior_use", "plan_locked"]


@pytest.mark.parametrize(
    "change", [lambda lines: lines[1:], lambda lines: [lines[0], lines[2]], lambda lines: lines[::-1]]
)
def test_a_log_from_which_a_line_is_taken_is_broken(tmp_path, change):
    path = tmp_path / "openings.log"
    append(path, *(Opening(event="opened", date="2000-01-01", reason=str(number)) for number in range(3)))
    assert read_log(path, "log")[1] == ()
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")
    assert {issue.code for issue in read_log(path, "log")[1]} == {"log-broken"}
    with pytest.raises(ValueError, match="restore the log"):
        append(path, Opening(event="opened", date="2000-01-01", reason="more"))


def test_the_command_locks_opens_and_prints_the_log(checkout, capsys):
    project, images = checkout
    where = ["--project", str(project.root)]
    assert study([*where, "open", "paediatric-reference", "--study", NAME, "--reason", "r", "--data", str(images)]) == 2
    assert "not locked" in capsys.readouterr().err
    assert study([*where, "lock", NAME]) == 0
    assert study([*where, "lock", NAME]) == 0
    assert "locked already" in capsys.readouterr().out
    assert study([*where, "log", NAME]) == 0
    assert [line.split("  ")[1].split(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        "prior use",
        "plan locked",
    ]
    assert study([*where, "log", NAME, "--add", "somebody looked again"]) == 0
    assert study([*where, "log", NAME, "--correct", "the plan's word for it is wrong"]) == 0
    assert study([*where, "log", NAME, "--of", "data", "--correct", "its data were looked at"]) == 0
    assert events(project) == ["prior_use", "plan_locked", "other_use", "correction", "correction"]
    read, _ = read_study(project.root / FOLDER, FOLDER)
    assert [one.corrects for one in read.openings[-2:]] == ["", "data"]
    assert study([*where, "log", NAME, "--of", "dat", "--correct", "its data were looked at"]) == 2
    assert "--of dat: no text of the plan; expected one of objective" in capsys.readouterr().err
    capsys.readouterr()
    assert study([*where, "log", "none"]) == 2
    assert "expected one of tiny" in capsys.readouterr().err
