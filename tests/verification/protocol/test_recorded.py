"""Labels against readers and the comparator: weights, thresholds and records, on made tables and on the real ones."""

import csv
import gzip
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from verification.analyses.table import ANALYSES
from verification.datasets.description import read_description
from verification.datasets.references import STRATA, count_reads, read_collection, read_reads, strata_table, weigh
from verification.estimation.estimates import Cases
from verification.estimation.foreign_scores import HIGHEST, choose_part, choose_threshold, hold_foreign, read_scores
from verification.estimation.material import Material
from verification.estimation.operating_point import threshold_interval
from verification.estimation.reads import read_tables
from verification.evaluation.evaluate import run
from verification.evaluation.record import record
from verification.evidence import Gap, NotApplicable, Opening, Project, RecordedAnalyses, find_project
from verification.protocol import ROOMS
from verification.protocol.log import append
from verification.protocol.plan import read_study
from verification.protocol.recorded import PACKAGE, ROOTS, find_code, find_inputs, read_recorded, write_recorded

ROOT = find_project().root
STUDIES = ROOT / "verification" / "studies"
NIH = ROOT / "verification" / "datasets" / "nih"
FINDINGS = ("No Finding", "Pneumonia", "Infiltration", "Consolidation|Effusion", "Effusion", "Mass|Pneumonia")


@pytest.fixture
def made(tmp_path):
    """A small collection with its mapping, tables of reads and a table of scores."""
    generator = np.random.default_rng(3)
    count = 400
    names = [f"{number // 2:08d}_{number % 2:03d}.png" for number in range(count)]
    head = (
        "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
        "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
    )
    lines = [
        f"{name},{FINDINGS[generator.integers(len(FINDINGS))]},{i % 2},{i // 2},{generator.integers(10, 90)},"
        f"{'FM'[i % 2]},{('PA', 'AP')[i // 2 % 2]},2000,2000,0.1,0.1"
        for i, name in enumerate(names)
    ]
    home = tmp_path / "nih"
    home.mkdir()
    (home / "table.csv.gz").write_bytes(gzip.compress("\n".join([head, *lines]).encode()))
    described = (NIH / "dataset.yaml").read_text().replace("Data_Entry_2017_v2020.csv.gz", "table.csv.gz")
    (home / "dataset.yaml").write_text(described)
    mapping = (NIH / "mapping.yaml").read_text()
    (home / "mapping.yaml").write_text(mapping.split("published_images")[0])
    reads = generator.random(count) < 0.6
    positive = generator.random(count) < 0.4
    with gzip.open(tmp_path / "rsna2018_to_nih.csv.gz", "wt", newline="") as file:
        rows = [
            (f"c{i}", names[i], "Lung Opacity" if positive[i] else "Normal", 20 if i < 5 else 1)
            for i in range(count)
            if reads[i]
        ]
        csv.writer(file).writerows([("rsna_patient_id", "nih_image_index", "rsna_class", "match_mse"), *rows])
    scores = np.clip(0.3 + 0.3 * positive + generator.normal(0, 0.15, (3, count)), 0, 1)
    write_scores(tmp_path / "scores.csv.gz", names, scores)
    return tmp_path, names, reads, positive


def write_google(folder, names):
    with gzip.open(folder / "google2019_nih-chest-xray-labels.csv.gz", "wt", newline="") as file:
        rows = [(name, ("NO", "YES")[at % 2]) for at, name in enumerate(names[::3])]
        csv.writer(file).writerows([("Image Index", "Airspace opacity"), *rows])


def write_scores(path, names, scores):
    with gzip.open(path, "wt", newline="") as file:
        csv.writer(file).writerows(
            [
                ("Image Index", "prob_Pneumonia", "prob_Consolidation", "prob_Infiltration"),
                *zip(names, *scores, strict=True),
            ]
        )


def test_weights_lead_back_to_the_population(made):
    folder, _, _, _ = made
    collection = read_collection(folder / "nih", "d")
    reads = read_reads(folder, "rsna", collection)
    among = np.arange(reads.size) % 3 > 0
    weights = weigh(collection, among, ~np.isnan(reads))
    drawn = among & ~np.isnan(reads)
    assert np.isnan(weights[~drawn]).all()
    for place in range(len(STRATA)):
        held = among & (collection.strata == place)
        assert weights[held & drawn].sum() == pytest.approx(held.sum())
        assert np.ptp(weights[held & drawn]) == 0
    assert weights[drawn].sum() == pytest.approx(among.sum())


def test_an_unread_stratum_is_refused_by_name(made):
    collection = read_collection(made[0] / "nih", "d")
    read = collection.strata != 0
    with pytest.raises(ValueError, match="stratum Pneumonia: none of"):
        weigh(collection, np.ones(read.size, dtype=bool), read)


def test_the_strata_part_the_images_and_the_flow_sums(made):
    folder, _, reads, _ = made
    collection = read_collection(folder / "nih", "d")
    found = read_reads(folder, "rsna", collection)
    *rows, total = strata_table(collection, np.ones(found.size, dtype=bool), found).rows
    for column in (1, 2, 4):
        assert np.sum([row[column] for row in rows]) == total[column]
    steps = [row[1] for row in count_reads(folder, "rsna", found).rows]
    assert steps[0] == reads.sum()
    assert steps[0] - steps[1] - steps[2] == steps[3] == (~np.isnan(found)).sum()
    assert steps[1] == reads[:5].sum()


def test_a_patient_is_on_one_side_and_about_the_planned_share_chooses():
    chosen = [choose_part(str(patient)) for patient in range(5000)]
    assert chosen == [choose_part(str(patient)) for patient in range(5000)]
    assert 0.27 < np.mean(chosen) < 0.33


def test_the_weighted_threshold_keeps_the_weighted_sensitivity():
    generator = np.random.default_rng(1)
    labels, scores, weights = generator.integers(0, 2, 500), generator.random(500), generator.uniform(1, 9, 500)
    cases = Cases(labels, scores, np.arange(500).astype(str), None, weights)
    chosen = choose_threshold(cases, 0.85)
    positive = labels == 1

    def kept(threshold):
        return weights[positive & (scores >= threshold)].sum() / weights[positive].sum()

    assert kept(chosen) >= 0.85
    assert kept(np.nextafter(chosen, 1)) < 0.85
    assert choose_threshold(replace(cases, weights=None), 1.0) == scores[positive].min()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda names, scores: (names, np.where(np.arange(400) == 7, 1.5, scores)), "9: no number in"),
        (lambda names, scores: (names, np.where(np.arange(400) == 7, np.nan, scores)), "9: no number in"),
        (lambda names, scores: ([*names[:-1], names[0]], scores), "401: an image that is listed again"),
        (lambda names, scores: (["other.png", *names[1:]], scores), "2: no image of the collection"),
    ],
)
def test_unusable_scores_are_named_with_their_line(made, change, word):
    folder, names, _, _ = made
    write_scores(folder / "bad.csv.gz", *change(names, np.full((3, 400), 0.5)))
    with pytest.raises(ValueError, match=word):
        read_scores(folder / "bad.csv.gz", read_collection(folder / "nih", "d"))


def test_missing_columns_are_named(made):
    (made[0] / "bad.csv").write_text("Image Index,prob_Pneumonia\n")
    with pytest.raises(ValueError, match="prob_Consolidation"):
        read_scores(made[0] / "bad.csv", read_collection(made[0] / "nih", "d"))


def test_the_highest_score_is_the_highest(made):
    scores = read_scores(made[0] / "scores.csv.gz", read_collection(made[0] / "nih", "d"))
    parts = np.stack([each for name, each in scores.items() if name != HIGHEST])
    np.testing.assert_array_equal(scores[HIGHEST], parts.max(axis=0))


@pytest.fixture
def folder(tmp_path):
    """The comparator's study in a folder of its own."""
    shutil.copytree(STUDIES / "adult-nih-comparator", tmp_path / "adult-nih-comparator")
    return tmp_path / "adult-nih-comparator"


def test_what_is_committed_was_recorded_by_the_present_plan(folder):
    study, issues = read_study(folder, "s")
    assert issues == ()
    found, problems = read_recorded(study)
    assert [problem.code for problem in problems if problem.severity == "blocking"] == []
    assert isinstance(found, RecordedAnalyses)
    assert {one.reference_standard for one in found.analyses} >= {
        "RSNA 2018 read, Lung Opacity",
        "mined from the report",
    }


def test_a_record_of_another_plan_input_or_shape_is_not_used(folder):
    study, _ = read_study(folder, "s")
    analyses = read_recorded(study)[0].analyses
    plan = (folder / "plan.yaml").read_text()
    (folder / "plan.yaml").write_text(plan.replace("seed: 20261123", "seed: 1"))
    other, _ = read_study(folder, "s")
    assert [issue.code for issue in read_recorded(other)[1]] == ["record-of-another-plan", "plan-changed"]
    append(other.log, Opening(event="plan_locked", date="d", reason="a test", plan_digest=other.digest))
    write_recorded(read_study(folder, "s")[0], analyses)
    other, _ = read_study(folder, "s")
    assert read_recorded(other)[1] == ()
    assert [one.event for one in other.openings[-2:]] == ["plan_locked", "recorded"]
    (folder / "recorded.json").write_text("{}")
    assert [issue.code for issue in read_recorded(other)[1]] == ["record-unreadable"]
    (folder / "recorded.json").unlink()
    found, (issue,) = read_recorded(other)
    assert found is None
    assert "--record" in issue.hint


def test_a_record_that_the_log_does_not_hold_is_not_used(folder):
    study, _ = read_study(folder, "s")
    path = folder / "recorded.json"
    path.write_bytes(path.read_bytes().replace(b'"n": ', b'"n":  ', 1))  # the same values, other bytes
    found, (issue,) = read_recorded(study)
    assert (found, issue.code) == (None, "record-unlogged")


def test_a_record_says_whether_it_changed(folder):
    study, _ = read_study(folder, "s")
    analyses = read_recorded(study)[0].analyses
    assert write_recorded(study, analyses[1:]) == (folder / "recorded.json", True)
    assert write_recorded(study, analyses[1:]) == (folder / "recorded.json", False)


def test_other_code_is_told_and_blocks_nothing(folder, monkeypatch):
    study, _ = read_study(folder, "s")
    write_recorded(study, read_recorded(study)[0].analyses)
    study, _ = read_study(folder, "s")
    monkeypatch.setattr("verification.protocol.recorded.find_code", lambda: ("statistics/metrics.py",))
    found, (issue,) = read_recorded(study)
    assert found is not None
    assert (issue.code, issue.severity) == ("recorded-with-other-code", "advisory")


def test_the_code_of_a_record_is_all_that_is_imported():
    paths = [path.relative_to(PACKAGE) for pattern in ROOTS for path in PACKAGE.glob(pattern)]
    names = (".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths)
    script = (
        f"import sys, {', '.join(f'verification.{name}' for name in names)}; print(*(getattr(m, '__file__', '') or ''"
    )
    script += " for n, m in sys.modules.items() if n[:13] == 'verification.'))"
    ran = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT)
    loaded = [Path(file).relative_to(PACKAGE).as_posix() for file in ran.stdout.split()]
    rooms = {file for file in loaded if not re.fullmatch(r"(\w+/)?__init__\.py", file)}
    ours = {name for name in rooms if name.startswith(tuple(f"{room}/" for room in ROOMS))}
    assert {"analyses/frame.py", "protocol/plan.py", "datasets/references.py"} < ours
    assert set(find_code()) == ours


def test_another_module_is_another_code(tmp_path, monkeypatch):
    (tmp_path / "analyses").mkdir()
    (tmp_path / "statistics").mkdir()
    (tmp_path / "analyses" / "a.py").write_text("from verification.analyses import b\n")
    (tmp_path / "analyses" / "b.py").write_text("from verification.statistics.c import (\n    x,\n)\n")
    (tmp_path / "statistics" / "c.py").write_text("x = 1\n")
    monkeypatch.setattr("verification.protocol.recorded.PACKAGE", tmp_path)
    assert find_code(("analyses/a.py",)) == ("analyses/a.py", "analyses/b.py", "statistics/c.py")


def test_missing_and_changed_inputs_are_all_named(folder, tmp_path):
    study, _ = read_study(folder, "s")
    with pytest.raises(ValueError, match="--data DIR"):
        find_inputs(study, None)
    (tmp_path / "nih").mkdir()
    (tmp_path / "nih" / "rsna2018_to_nih.csv.gz").write_bytes(b"other")
    with pytest.raises(ValueError, match="missing") as error:
        find_inputs(study, tmp_path)
    assert str(error.value).count("\n") == 2
    assert "rsna2018_to_nih.csv.gz: SHA-256" in str(error.value)


def estimates(analyses, identity, metric, **wanted):
    (found,) = [one for one in analyses if one.id == identity]
    return [
        one for one in found.estimates
        if one.metric == metric and all(getattr(one, name) == value for name, value in wanted.items())
    ]  # fmt: skip


def committed(name):
    return msgspec.json.decode((STUDIES / name / "recorded.json").read_bytes(), type=RecordedAnalyses).analyses


def test_the_recorded_agreement_is_what_a_count_gives():
    (weighted,) = estimates(
        committed("nih-label-agreement"), "rsna-weighted", "sensitivity", score="mined label Pneumonia"
    )
    (raw,) = estimates(committed("nih-label-agreement"), "rsna-raw", "sensitivity", score="mined label Pneumonia")
    (predicted,) = estimates(committed("nih-label-agreement"), "rsna-raw", "ppv", score="mined label Pneumonia")
    assert raw.value == pytest.approx(raw.events / raw.n)
    assert predicted.events == raw.events
    assert weighted.value < raw.value
    strata = committed("nih-label-agreement")[0].tables[0].rows
    positives = sum(row[4] / row[3] for row in strata[:4])
    assert weighted.value == pytest.approx(strata[0][4] / strata[0][3] / positives)


def test_the_comparators_authors_figure_is_reproduced():
    found, independent = estimates(committed("adult-nih-comparator"), "mined-all", "auroc")
    assert independent.value == found.value
    assert independent.interval.method == "DeLong over images, assumes independence"
    assert found.value == pytest.approx(0.7617, abs=0.00005)
    assert (found.n, found.patients) == (22433, 6187)


def named(name, identity):
    return next(one for one in committed(name) if one.id == identity)


def test_the_power_of_the_adult_plan_is_that_of_the_spread_scaled_to_its_patients():
    size, primary = (named("adult-nih-comparator", identity) for identity in ("adult-size", "rsna-weighted"))
    counts, powers = size.tables
    (_, *here), (_, *there) = counts.rows
    assert there[0] == there[2] + there[4] == 3627
    assert size.post_hoc
    interval = {one.metric: one.interval for one in primary.estimates if one.subgroup == "all" and one.interval}
    values = {one.metric: one.value for one in primary.estimates}
    for truth, sensitivity, specificity, *found in powers.rows:
        wanted = []
        for name, true, bound, patients in (
            ("auroc", truth, 0.80, 3), ("sensitivity", sensitivity, 0.75, 3), ("specificity", specificity, 0.65, 5),
        ):  # fmt: skip
            error = (interval[name].upper - interval[name].lower) / 3.919928 * (here[patients] / there[patients]) ** 0.5
            if name != "auroc":
                error *= (true * (1 - true) / (values[name] * (1 - values[name]))) ** 0.5
            wanted.append(norm.cdf((true - bound) / error - 1.959964))
        assert found == pytest.approx([*wanted, max(0, sum(wanted) - 2), np.prod(wanted)], abs=1e-6)
    assert powers.rows[0][3] < powers.rows[1][3] < powers.rows[2][3]


def test_baselines_stand_beside_every_reference():
    for identity, reference in (("baselines-google", "google"), ("baselines-mined", "mined")):
        found = named("adult-nih-comparator", identity)
        assert (found.images, found.positives) == (
            named("adult-nih-comparator", reference).images, named("adult-nih-comparator", reference).positives,
        )  # fmt: skip
        metrics = [one.metric for one in found.estimates]
        assert metrics == ["auroc"] * 4 + ["auroc_difference"]
        best = max(found.estimates[:4], key=lambda one: one.value)
        headline = next(one for one in named("adult-nih-comparator", reference).estimates if one.metric == "auroc")
        assert found.estimates[-1].value == pytest.approx(headline.value - best.value)
        assert found.post_hoc


def test_kappa_stands_between_prevalence_and_ac1_in_one_table():
    found = named("nih-label-agreement", "rsna-weighted")
    first = [one.metric for one in found.estimates if one.score == "mined label Pneumonia"]
    assert first[6:9] == ["prevalence", "kappa", "ac1"]


def test_the_threshold_has_an_interval_and_its_ends_stand_beside_the_headline():
    primary = named("adult-nih-comparator", "rsna-weighted")
    ends = primary.tables[0]
    assert ends.title.startswith("The threshold's 95 % interval")
    locked, lower, upper = (row[1:] for row in ends.rows)
    (sensitivity,) = estimates([primary], "rsna-weighted", "sensitivity")
    assert locked[1] == pytest.approx(sensitivity.value)
    assert lower[0] == pytest.approx(0.0058, abs=0.0001)
    assert upper[0] == pytest.approx(0.0123, abs=0.0001)
    assert lower[1:] == pytest.approx((0.89, 0.52), abs=0.01)
    assert upper[1:] == pytest.approx((0.66, 0.78), abs=0.01)
    assert "hold it fixed" in primary.statement
    assert "from 0.0057 to 0.0123; at its ends the sensitivity on these images is 0.890 and 0.663" in primary.statement


def test_the_weighted_threshold_interval_is_what_a_loop_over_patients_gives():
    generator = np.random.default_rng(2)
    patients = np.repeat(np.arange(60), 2)
    labels, scores, weights = generator.integers(0, 2, 120), generator.random(120), generator.uniform(1, 9, 120)
    found = threshold_interval(labels, scores, patients, 0.85, 2000, 1, weights, midway=False)
    drawn = []
    for _ in range(2000):
        times = np.bincount(generator.integers(0, 60, 60), minlength=60)[patients]
        cases = Cases(labels, scores, patients.astype(str), None, weights * times)
        drawn.append(choose_threshold(cases.where(times > 0), 0.85))
    assert (found.lower, found.upper) == pytest.approx(np.quantile(drawn, (0.025, 0.975)), abs=0.03)


@pytest.mark.parametrize("name", ["adult-nih-comparator", "adult-nih-validation"])
def test_ages_and_groups_are_the_plans(name):
    study, _ = read_study(STUDIES / name, "s")
    assert study.plan.ages is not None
    assert {group.by for group in study.plan.subgroups} >= {"sex", "age_years", "view_position", "follow_up"}
    assert {group.by for group in study.plan.subgroups} >= {"other_findings", "lung_findings"}


def analyse(study, inputs, home, digest, planned=None):
    """Every analysis of somebody else's scores by a plan, from its outside tables."""
    foreign = hold_foreign(study, inputs["scores"], read_tables(inputs, read_collection(home, digest)))
    rule = getattr(read_description(home / "dataset.yaml")[0], "split", None)
    material = Material(
        study, foreign.held.setting, held=foreign.held, foreign=foreign, planned=planned, rule=rule
    )  # fmt: skip
    return tuple(one for registered in ANALYSES for one in registered.ask(material))


def test_another_age_or_group_in_the_plan_is_another_result(made):
    folder, names, _, _ = made
    write_google(folder, names)
    collection = read_collection(folder / "nih", "d")
    inputs = {"scores": folder / "scores.csv.gz", **{name: folder / name for name in ("rsna", "google")}}
    shutil.copytree(STUDIES / "adult-nih-comparator", folder / "adult-nih-comparator")
    path = folder / "adult-nih-comparator" / "plan.yaml"
    plan = path.read_text().replace("replicates: 2000", "replicates: 20")
    path.write_text(plan.replace("maximum_years: 120", "maximum_years: 59").replace("name: women", "name: females"))
    found = analyse(read_study(path.parent, "s")[0], inputs, folder / "nih", "d")
    (flow,) = [table for table in found[0].tables if table.title.startswith("Flow of images")]
    years = np.asarray(collection.column("age_years"), dtype=float)
    left = {row[0]: row[1] for row in flow.rows if row[0].startswith("left out")}
    assert left["left out: recorded age above 59 years"] == (years > 59).sum() > 0
    assert left["left out: younger than 22 years"] == (years < 22).sum() > 0
    steps = {row[0]: row[1] for row in flow.rows}
    assert steps["of these: threshold part"] + steps["of these: estimation part"] == years.size - sum(left.values())
    groups = {one.subgroup for one in next(one for one in found if one.id == "subgroups").estimates}
    assert "females" in groups
    assert "women" not in groups


def test_agreement_by_view_and_sex_is_there_for_each_set_of_readers():
    for identity, weighted in (("rsna-groups", True), ("rsna-groups-raw", False), ("google-groups", False)):
        found = named("nih-label-agreement", identity)
        assert {one.subgroup for one in found.estimates} == {"PA", "AP", "women", "men"}
        assert {one.weighted for one in found.estimates} == {weighted}
        assert len({one.score for one in found.estimates}) == 3
    assert named("nih-label-agreement", "readers").score == "reads of Google's radiologists, airspace opacity"


@pytest.mark.data
def test_the_committed_records_are_made_again_from_the_tables(tmp_path):
    data = Path(os.environ["CLEARWAY_DATA"])
    study, _ = read_study(STUDIES / "adult-nih-comparator", "s")
    inputs = find_inputs(study, data)
    digest = committed("adult-nih-comparator")[0].estimates[0].dataset_digest
    planned, _ = read_study(STUDIES / "adult-nih-validation", "p")
    assert analyse(study, inputs, NIH, digest, planned) == committed("adult-nih-comparator")
    collection = read_collection(NIH, digest)
    scores = read_scores(inputs["scores"], collection)
    for source, expected in (("rsna", 0.794), ("google", 0.810)):
        reads = read_reads(inputs[source].parent, source, collection)
        both = ~np.isnan(scores["Pneumonia"]) & ~np.isnan(reads)
        assert roc_auc_score(reads[both], scores["Pneumonia"][both]) == pytest.approx(expected, abs=0.0006)


def test_only_recorded_kinds_are_recorded(tmp_path):
    with pytest.raises(ValueError, match="clearway study open"):
        record(Project(ROOT), "paediatric-development", tmp_path)
    with pytest.raises(ValueError, match="unknown"):
        record(Project(ROOT), "none", tmp_path)


def test_a_study_whose_record_is_gone_is_a_gap(tmp_path):
    root = tmp_path / "checkout"
    for name in ("verification/studies/nih-label-agreement", "verification/datasets/nih"):
        shutil.copytree(ROOT / name, root / name)
    identity = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.invalid"]
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", "-C", str(root), *command], check=True)
    (study,) = run(Project(root.resolve())).studies
    assert {type(study.confusion), type(study.curve)} == {NotApplicable}  # nothing of it is missing
    (root / "verification/studies/nih-label-agreement/recorded.json").unlink()
    evidence = run(Project(root.resolve()))
    assert [issue.code for issue in evidence.issues] == ["record-unreadable"]
    assert evidence.studies[0].analyses == ()
    assert isinstance(evidence.studies[0].confusion, Gap)
