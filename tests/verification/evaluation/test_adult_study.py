"""The adult plan carried out with a stand-in release on a made collection: split, lock, open, record, evaluate."""

import csv
import gzip
import hashlib
import json
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import roc_auc_score

from device import main as clearway
from device import read_release
from verification.datasets.description import read_description
from verification.datasets.manifest import read_manifest
from verification.datasets.references import STRATA, find_collection, read_reads
from verification.datasets.split import split_of
from verification.estimation.operating_point import rule_threshold
from verification.evaluation.evaluate import run
from verification.evaluation.opening import lock_plan, open_study
from verification.evaluation.record import record
from verification.evidence import Gap, Project, find_project
from verification.protocol.images import score_file
from verification.protocol.scores import read_scores
from verification.protocol.stated import require_analysed
from verification.steps.radiographs import phantom

pytestmark = pytest.mark.slow

ROOT = find_project().root
NAME = "adult-nih-validation"
STUDY = f"verification/studies/{NAME}"
RELEASE = "device/releases/adult-nih"
HEAD = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
)
FINDINGS = ("Pneumonia", "Infiltration", "Effusion", "No Finding")
COUNT = 800
"""Rows of the table, two a patient; only images of tuning and hold-out exist."""


def write_release(folder):
    """The brightness release for adults; its score is the mean gray of an image."""
    shutil.copytree(ROOT / "tests/device/brightness", folder, dirs_exist_ok=True)
    text = (folder / "release.yaml").read_text()
    changes = {
        "name: brightness": "name: adult-nih", "minimum_age_years: 1,": "minimum_age_years: 22,",
        "maximum_age_years: 5,": "maximum_age_years: null,", "view_positions: [AP]": "view_positions: [AP, PA]",
        "study: null": f"study: {NAME}",
    }  # fmt: skip
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "release.yaml").write_text(text)
    sign(folder)


def sign(folder):
    files = sorted(path.name for path in folder.iterdir() if path.name != "SHA256SUMS")
    sums = subprocess.run(["sha256sum", *files], cwd=folder, check=True, capture_output=True)
    (folder / "SHA256SUMS").write_bytes(sums.stdout)


def write_collection(home, images, tables):
    """A table of images, the images of tuning and hold-out, and two tables of reads; brighter where opacity was read.

    The first patients of the hold-out are a child, somebody of 130 years and somebody of no recorded age.
    """
    generator = np.random.default_rng(5)
    rule = read_description(home / "dataset.yaml")[0].split
    names = [f"{number // 2:08d}_{number % 2:03d}.png" for number in range(COUNT)]
    splits = [split_of(str(number // 2), rule) for number in range(COUNT)]
    held = [number for number in range(COUNT) if splits[number] == "development_holdout"]
    odd = dict(zip(held[:6], ("10", "10", "130", "130", "", ""), strict=True))
    findings = [FINDINGS[i // 2 % 4] for i in range(COUNT)]
    lines = [
        f"{name},{findings[i]},{i % 2},{i // 2},{odd.get(i, 30 + i % 50)},{'FM'[i // 2 % 2]},"
        f"{('PA', 'AP')[i // 4 % 2]},256,256,0.1,0.1"
        for i, name in enumerate(names)
    ]
    (home / "table.csv.gz").write_bytes(gzip.compress("\n".join([HEAD, *lines]).encode()))
    shares = {"Pneumonia": 0.6, "Infiltration": 0.5, "Effusion": 0.3, "No Finding": 0.1}
    opacity = np.array([generator.random() < shares[finding] for finding in findings])
    read = np.array([generator.random() < 0.35 + shares[finding] for finding in findings])
    images.mkdir()
    chest = phantom(256, 256) / 255
    for i, name in enumerate(names):
        if splits[i] != "training":
            grey = np.clip(generator.normal(0.46 + 0.07 * opacity[i], 0.06), 0.1, 0.9)
            noise = 0.02 * generator.standard_normal((256, 256))
            pixels = np.rint(255 * np.clip(grey + 0.15 * (chest - chest.mean()) + noise, 0, 1))
            Image.fromarray(pixels.astype(np.uint8)).save(images / name, compress_level=1)
    classes = np.where(opacity, "Lung Opacity", "Normal")
    write_table(
        tables / "rsna2018_to_nih.csv.gz", ("nih_image_index", "rsna_class", "match_mse"),
        [(names[i], classes[i], 1) for i in np.flatnonzero(read)],
    )  # fmt: skip
    write_table(
        tables / "google2019_nih-chest-xray-labels.csv.gz", ("Image Index", "Airspace opacity"),
        [(names[i], ("NO", "YES")[int(opacity[i])]) for i in range(0, COUNT, 5)],
    )  # fmt: skip


def write_table(path, head, rows):
    with gzip.open(path, "wt", newline="") as file:
        csv.writer(file).writerows([head, *rows])


def write_plan(root, tables):
    """The shipped plan with the digests of the made tables and fewer samples."""
    text = (ROOT / STUDY / "plan.yaml").read_text().replace("replicates: 2000", "replicates: 200")
    for name in ("rsna2018_to_nih.csv.gz", "google2019_nih-chest-xray-labels.csv.gz"):
        digest = hashlib.sha256((tables / name).read_bytes()).hexdigest()
        head, _, tail = text.partition(f"file: nih/{name}\n    sha256: ")
        text = f"{head}file: nih/{name}\n    sha256: {digest}{tail[64:]}"
    (root / STUDY).mkdir(parents=True)
    (root / STUDY / "plan.yaml").write_text(text)
    shutil.copy(ROOT / STUDY / "criteria.yaml", root / STUDY)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A checkout with the plan, the collection and a stand-in release, its manifest split by the command; its data."""
    root, data = tmp_path_factory.mktemp("adult") / "checkout", tmp_path_factory.mktemp("data")
    home, tables = root / "verification/datasets/nih", data / "nih"
    home.mkdir(parents=True)
    tables.mkdir()
    nih = ROOT / "verification/datasets/nih"
    text = (nih / "dataset.yaml").read_text().replace("Data_Entry_2017_v2020.csv.gz", "table.csv.gz")
    (home / "dataset.yaml").write_text(text)
    (home / "mapping.yaml").write_text((nih / "mapping.yaml").read_text().split("published_images")[0])
    write_collection(home, data / "images", tables)
    write_plan(root, tables)
    write_release(root / RELEASE)
    (root / "requirements_spec").mkdir()
    (root / "pyproject.toml").write_text("")
    (root / ".gitignore").write_text("/build/\n")
    commit(root)
    split = ["data", "split", "nih", "--images", str(data / "images"), "--project", str(root)]
    assert clearway(split) == 0
    add_tuning_scores(root, data / "images")
    commit(root)
    return root.resolve(), data


def commit(root):
    identity = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.invalid"]
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", "Change"]):
        subprocess.run(["git", "-C", str(root), *command], check=True)


def add_tuning_scores(root, images):
    release = read_release(root / RELEASE)
    stated = {"Modality": "DX", "BodyPartExamined": "CHEST", "PatientAge": "050Y", "ViewPosition": "PA"}
    tuning = [one for one in read_manifest(root / "verification/datasets/nih/manifest.csv")[0] if one.split == "tuning"]
    with (root / RELEASE / "tuning_scores.csv").open("w", newline="") as file:
        rows = [(one.image, one.patient, one.label, score_file(images / one.image, release, stated)) for one in tuning]
        csv.writer(file, lineterminator="\n").writerows([("image", "patient", "label", "score"), *rows])
    labels, scores = np.array([row[2] for row in rows]), np.array([row[3] for row in rows])
    path = root / RELEASE / "release.yaml"
    threshold = rule_threshold(labels, scores, 0.85)
    path.write_text(path.read_text().replace("threshold: 0.5", f"threshold: {threshold!r}"))
    sign(root / RELEASE)


@pytest.fixture
def checkout(made, tmp_path):
    shutil.copytree(made[0], tmp_path / "checkout")
    return Project((tmp_path / "checkout").resolve()), made[1]


@pytest.fixture(scope="module")
def recorded(made, tmp_path_factory):
    """The same, locked, opened and recorded by the commands that the tutorial names."""
    root = tmp_path_factory.mktemp("recorded") / "checkout"
    shutil.copytree(made[0], root)
    where = ["--project", str(root)]
    assert clearway(["study", *where, "lock", NAME]) == 0
    images = str(made[1] / "images")
    assert clearway(["study", *where, "open", "adult-nih", "--reason", "a test", "--data", images]) == 0
    assert clearway(["evaluate", NAME, "--record", "--data", str(made[1]), *where]) == 0
    return Project(root.resolve())


def events(project):
    log = project.root / STUDY / "openings.log"
    return [json.loads(line)["event"] for line in log.read_text().splitlines()] if log.is_file() else []


def named(analyses, identity):
    (found,) = [one for one in analyses if one.id == identity]
    return found


def value(analysis, metric, subgroup="all"):
    return next(one for one in analysis.estimates if (one.metric, one.subgroup) == (metric, subgroup))


def test_a_plan_is_a_plan_until_a_release_has_opened_it(checkout):
    project, data = checkout
    with pytest.raises(ValueError, match="not locked as it stands"):
        record(project, NAME, data)
    lock_plan(project, NAME)
    with pytest.raises(ValueError, match="was not opened"):
        record(project, NAME, data)
    (study,) = run(project).studies
    assert study.estimates == ()
    assert "plan" in study.criteria[0].estimate.reason


def test_age_and_view_of_each_image_pass_the_gate_and_the_child_does_not(recorded):
    assert events(recorded) == ["plan_locked", "opened", "scored", "recorded"]
    rows, issues = read_scores(recorded.root / STUDY / "scores.csv", "s")
    assert issues == ()
    reasons = sorted(row.not_analysed for row in rows if row.score is None)
    assert [reason.split()[0] for reason in reasons] == ["AGE", "AGE", "AGE_BLANK", "AGE_BLANK"]
    assert len(rows) > 80


def test_the_weighted_figures_are_what_a_count_by_hand_gives(recorded, made):
    evidence = run(recorded)
    assert evidence.issues == ()
    (study,) = evidence.studies
    rows = {row.image: row for row in read_scores(recorded.root / STUDY / "scores.csv", "s")[0]}
    collection = find_collection(recorded.root / "verification/datasets", "nih")
    reads, years = read_reads(made[1] / "nih", "rsna", collection), collection.column("age_years")
    analysed = [i for i, name in enumerate(collection.images) if name in rows and rows[name].score is not None]
    used = np.array([i for i in analysed if 22 <= years[i] <= 120])
    strata, read = collection.strata[used], ~np.isnan(reads[used])
    weights = np.array([(strata == s).sum() / (read & (strata == s)).sum() for s in range(len(STRATA))])[strata][read]
    labels, scores = reads[used][read], np.array([rows[name].score for name in collection.images[used]])[read]
    primary = named(study.analyses, "rsna-weighted")
    assert primary.images == labels.size
    assert value(primary, "auroc").value == pytest.approx(roc_auc_score(labels, scores, sample_weight=weights))
    positive, threshold = labels == 1, read_release(recorded.root / RELEASE).operating_point.threshold
    expected = np.average(scores[positive] >= threshold, weights=weights[positive])
    assert value(primary, "sensitivity").value == pytest.approx(expected)
    assert value(primary, "sensitivity").weighted
    assert [each.met for each in study.criteria] == [
        each.estimate.interval.lower > each.bound for each in study.criteria
    ]
    assert {one.release_digest for one in study.estimates} == {study.release_digest}
    assert study.images == len(rows)


def test_a_patient_weighs_the_inverse_of_the_chance_that_any_of_the_images_was_read(recorded, made):
    (study,) = run(recorded).studies
    rows = {row.image: row for row in read_scores(recorded.root / STUDY / "scores.csv", "s")[0]}
    collection = find_collection(recorded.root / "verification/datasets", "nih")
    reads, years = read_reads(made[1] / "nih", "rsna", collection), collection.column("age_years")
    used = [
        i for i, name in enumerate(collection.images)
        if name in rows and rows[name].score is not None and 22 <= years[i] <= 120
    ]  # fmt: skip
    share = {
        s: np.mean([not np.isnan(reads[i]) for i in used if collection.strata[i] == s])
        for s in {collection.strata[i] for i in used}
    }
    labels, scores, weights = [], [], []
    for patient in sorted({collection.patients[i] for i in used}):
        images = [i for i in used if collection.patients[i] == patient]
        seen = [i for i in images if not np.isnan(reads[i])]
        if seen:
            labels.append(max(reads[i] for i in seen))
            scores.append(max(rows[collection.images[i]].score for i in seen))
            weights.append(1 / (1 - np.prod([1 - share[collection.strata[i]] for i in images])))
    found = named(study.analyses, "patients")
    assert found.patients == len(labels)
    assert value(found, "auroc").value == pytest.approx(roc_auc_score(labels, scores, sample_weight=weights))
    assert np.ptp(weights) > 0.1
    assert "chance" in found.weighting


def test_every_part_of_the_comparators_report_is_there(recorded):
    (study,) = run(recorded).studies
    found = {one.id: one for one in study.analyses}
    assert list(found) == [
        "rsna-weighted", "rsna-raw", "google", "mined", "subgroups", "baselines", "baselines-google", "baselines-mined",
        "within", "patients", "dropout",
    ]  # fmt: skip
    assert [one.subgroup for one in found["subgroups"].estimates[::3]][: len(study.plan.subgroups)] == list(
        study.plan.subgroups
    )
    assert "somebody else" not in " ".join(one.statement for one in study.analyses)
    ends = found["rsna-weighted"].tables[0]
    assert [row[0] for row in ends.rows] == ["locked", "lower limit", "upper limit"]
    threshold = read_release(recorded.root / RELEASE).operating_point.threshold
    assert ends.rows[0][1:] == (
        threshold,
        *(value(found["rsna-weighted"], m).value for m in ("sensitivity", "specificity")),
    )
    assert ends.rows[1][1] < ends.rows[2][1]
    methods = [one.interval.method for one in found["rsna-raw"].estimates if one.metric == "auroc"]
    assert [method.split()[0] for method in methods] == ["patient-clustered", "DeLong"]


def withhold(root):
    """Leave the tuning images' names, patients and labels out; the card says what the threshold gives."""
    release = root / RELEASE
    rows = list(csv.DictReader((release / "tuning_scores.csv").open()))
    labels, scores = np.array([row["label"] == "1" for row in rows]), np.array([float(row["score"]) for row in rows])
    flagged = scores >= read_release(release).operating_point.threshold
    with (release / "tuning_scores.csv").open("w", newline="") as file:
        names = [hashlib.sha256(row["image"].encode()).hexdigest() for row in rows]
        withheld = sorted((name, "", "", row["score"]) for name, row in zip(names, rows, strict=True))
        csv.writer(file, lineterminator="\n").writerows([("image", "patient", "label", "score"), *withheld])
    said = {
        "tuning_positive_images": int(labels.sum()), "tuning_sensitivity": float(flagged[labels].mean()),
        "tuning_specificity": float((~flagged)[~labels].mean()),
    }  # fmt: skip
    (release / "card.yaml").write_text("".join(f"{name}: {number}\n" for name, number in said.items()))
    sign(release)
    commit(root)


def test_a_release_that_withholds_its_tuning_labels_is_held_against_the_reads_all_the_same(checkout, recorded):
    project, data = checkout
    withhold(project.root)
    where = ["--project", str(project.root)]
    assert clearway(["study", *where, "lock", NAME]) == 0
    opening = ["open", "adult-nih", "--reason", "a test", "--data", str(data / "images")]
    assert clearway(["study", *where, *opening]) == 0
    assert clearway(["evaluate", NAME, "--record", "--data", str(data), *where]) == 0
    (study,), (shipped,) = run(project).studies, run(recorded).studies
    mine, theirs = (named(each.analyses, "rsna-weighted") for each in (study, shipped))
    assert "not estimated, for the release withholds the labels" in mine.statement
    assert [row.value for row in mine.estimates] == [row.value for row in theirs.estimates]
    assert len(mine.tables) == len(theirs.tables) - 1  # the threshold's own interval


def test_the_flow_begins_at_the_table_and_its_counts_sum(recorded):
    primary = named(run(recorded).studies[0].analyses, "rsna-weighted")
    (flow,) = [table for table in primary.tables if table.title.startswith("Flow of images")]
    rows = {row[0]: row[1] for row in flow.rows}
    left = {name.removeprefix("left out: "): count for name, count in rows.items() if name.startswith("left out")}
    assert left == {
        "no age is recorded": 2, "younger than 22 years": 2, "recorded age above 120 years": 2,
        "no image of it is listed in the manifest": 0, "not analysed by the device": 0,
    }  # fmt: skip
    assert flow.rows[0][1] - sum(left.values()) == rows["estimation part"]
    assert rows["of them read by RSNA's radiologists"] == primary.images


def test_an_opening_in_which_the_gate_refuses_all_is_refused_and_not_logged(checkout):
    project, data = checkout
    path = project.root / STUDY / "plan.yaml"
    path.write_text(path.read_text().replace("  columns: {PatientAge: age_years, ViewPosition: view}\n", ""))
    lock_plan(project, NAME)
    with pytest.raises(ValueError, match=r"0 of \d+ images can be analyzed.*AGE_BLANK") as error:
        open_study(project, NAME, "a test", data / "images")
    assert "asserted" in str(error.value)
    assert events(project) == ["plan_locked"]
    assert not (project.root / STUDY / "scores.csv").exists()


def test_too_few_scores_are_refused_by_their_reasons():
    require_analysed(["x"] * 5, 10)
    with pytest.raises(ValueError, match=r"4 of 10 images.*x \(6 images\)"):
        require_analysed(["x"] * 6, 10)
    with pytest.raises(ValueError, match="0 of 0"):
        require_analysed([], 0)


def test_scores_that_no_reads_were_joined_to_block_and_say_what_to_type(checkout):
    project, data = checkout
    lock_plan(project, NAME)
    open_study(project, NAME, "a test", data / "images")
    evidence = run(project)
    (issue,) = evidence.issues
    assert (issue.code, issue.severity) == ("record-unreadable", "blocking")
    assert f"clearway evaluate {NAME} --record --data DIR" in issue.hint
    assert isinstance(evidence.studies[0].criteria[0].estimate, Gap)


def test_a_record_of_other_scores_is_not_used(recorded, tmp_path):
    shutil.copytree(recorded.root, tmp_path / "checkout")
    path = tmp_path / "checkout" / STUDY / "recorded.json"
    held = json.loads(path.read_bytes())
    held["inputs"]["scores.csv"] = "0" * 64
    path.write_text(json.dumps(held))
    evidence = run(Project((tmp_path / "checkout").resolve()))
    assert [issue.code for issue in evidence.issues] == ["record-of-other-inputs", "record-unlogged"]
    assert evidence.studies[0].analyses == ()


def test_a_release_that_was_tuned_on_the_patients_of_the_split_is_refused(checkout):
    project, data = checkout
    table = project.root / RELEASE / "tuning_scores.csv"
    entries = read_manifest(project.root / "verification/datasets/nih/manifest.csv")[0]
    one = next(entry for entry in entries if entry.split == "development_holdout")
    table.write_text(table.read_text() + f"{one.image},{one.patient},0,0.0\n")
    sign(project.root / RELEASE)
    lock_plan(project, NAME)
    open_study(project, NAME, "a test", data / "images")
    with pytest.raises(ValueError, match="1 patients of development_holdout chose the threshold"):
        record(project, NAME, data)


@pytest.fixture
def development(checkout):
    """The plan as a development study without outside tables: the manifest's own label is the reference."""
    project, data = checkout
    path = project.root / STUDY / "plan.yaml"
    text = path.read_text().replace("kind: validation_plan", "kind: development")
    path.write_text(text.partition("\ninputs:")[0] + "\n")
    return project, data


def test_a_development_study_knows_sex_age_and_view_from_the_table(development):
    project, data = development
    lock_plan(project, NAME)
    open_study(project, NAME, "a test", data / "images")
    evidence = run(project)
    assert evidence.issues == ()
    counted = {one.subgroup: one.n for one in evidence.studies[0].estimates if one.metric == "accuracy"}
    assert counted["women"] + counted["men"] == counted["PA"] + counted["AP"] == counted["all"]
    assert 0 < counted["first image of the patient"] < counted["all"]


def test_a_subgroup_of_what_nobody_knows_withholds_its_study_and_no_other(development):
    project, data = development
    path = project.root / STUDY / "plan.yaml"
    path.write_text(path.read_text().replace("{name: women, by: sex,", "{name: women, by: gender,"))
    shutil.copytree(project.root / STUDY, project.root / "verification/studies/another")
    other = project.root / "verification/studies/another/plan.yaml"
    other.write_text((ROOT / STUDY / "plan.yaml").read_text().replace(f"name: {NAME}", "name: another"))
    goals = other.with_name("criteria.yaml")
    goals.write_text(goals.read_text().replace("CRIT-AN-", "CRIT-OTHER-"))
    lock_plan(project, NAME)
    open_study(project, NAME, "a test", data / "images")
    evidence = run(project)
    (issue,) = evidence.issues
    assert issue.code == "subgroup-unknown"
    assert "subgroup women: gender is not known; expected one of" in issue.message
    assert {study.name: study.estimates for study in evidence.studies} == {NAME: (), "another": ()}
    assert (project.evidence / "studies.json").is_file()


def test_an_unscored_image_bounds_the_estimates(recorded):
    (study,) = run(recorded).studies
    bounds = named(study.analyses, "dropout")
    assert {row[0] for row in bounds.tables[0].rows} == {"all"} | {
        row.not_analysed for row in read_scores(recorded.root / STUDY / "scores.csv", "s")[0] if row.score is None
    }
    wrong, right = (value(bounds, "sensitivity", f"each decided {how}").value for how in ("wrongly", "rightly"))
    assert wrong <= value(named(study.analyses, "rsna-weighted"), "sensitivity").value <= right
