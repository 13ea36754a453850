"""A new study: what its skeleton holds, that it is an open plan, and that nobody locks it half written."""

import shutil

import msgspec
import pytest
import yaml

from device import main, read_release
from verification.commands.study import KINDS
from verification.evaluation.evaluate import run
from verification.evaluation.opening import lock_plan
from verification.evidence import Gap, Project, find_project
from verification.protocol.forms.skeleton import Wanted, write_skeleton
from verification.protocol.plan import TO_BE_WRITTEN, Plan, read_study
from verification.qualification.sample import commit, git

ROOT = find_project().root
NIH, KERMANY = "verification/datasets/nih", "verification/datasets/kermany224"
CUSTODY = ROOT / "verification/studies/adult-nih-custody/custody.json"
TABLES = ("scores", "rsna", "google")


@pytest.fixture
def project(tmp_path):
    """A checkout with two data sets, one of them with a table of images, the releases, and a study."""
    root = tmp_path / "checkout"
    for folder in (NIH, KERMANY, "device/releases", "verification/studies/adult-nih-validation"):
        shutil.copytree(ROOT / folder, root / folder)
    (root / "requirements_spec").mkdir()
    (root / "pyproject.toml").write_text("")
    (root / ".gitignore").write_text("/build/\n")
    git(root, "init", "-q")
    commit(root)
    return Project(root.resolve())


@pytest.fixture
def tables(tmp_path):
    for name in TABLES:
        (tmp_path / f"{name}.csv").write_text(name)
    return tmp_path


def write_all(folder):
    """Write every text that a person has to: what it is does not matter here."""
    for name in ("plan.yaml", "criteria.yaml"):
        text = (folder / name).read_text()
        (folder / name).write_text(yaml.safe_dump(fill(yaml.safe_load(text)), sort_keys=False))


def fill(value):
    if isinstance(value, dict):
        return {key: fill(part) for key, part in value.items()}
    if isinstance(value, list):
        return [fill(part) for part in value]
    return "written" if isinstance(value, str) and TO_BE_WRITTEN in value else value


def clearway(project, *command):
    return main(["study", "--project", str(project.root), *command])


def test_a_skeleton_holds_what_is_known(project):
    folder = write_skeleton(project, Wanted("own-study", "paediatric-reference", "kermany224"))
    plan = msgspec.yaml.decode((folder / "plan.yaml").read_bytes(), type=Plan)
    release = read_release(project.root / "device/releases/paediatric-reference")
    assert (plan.split, plan.minimum_sensitivity, plan.replicates) == ("development_holdout", 0.9, 2000)
    assert plan.population.startswith(release.population.description)
    assert release.operating_point.rule in plan.threshold_rule
    assert (plan.ages.minimum_years, plan.ages.maximum_years) == (1, 5)
    other = write_skeleton(project, Wanted("other-study", "paediatric-reference", "kermany224"))
    assert yaml.safe_load((other / "plan.yaml").read_text())["seed"] != plan.seed
    goals = [goal["id"] for each in (folder, other) for goal in yaml.safe_load((each / "criteria.yaml").read_text())]
    assert goals == [f"CRIT-{prefix}-{number}" for prefix in ("OS", "OSX") for number in (1, 2, 3)]


def test_what_a_table_of_images_says_is_not_asked_for_and_forms_groups(project):
    folder = write_skeleton(project, Wanted("own", "adult-nih", "nih"))
    plan = msgspec.yaml.decode((folder / "plan.yaml").read_bytes(), type=Plan)
    assert plan.asserted.columns == {"PatientAge": "age_years", "ViewPosition": "view"}
    assert plan.asserted.values.keys() == {"BodyPartExamined", "Modality"}
    assert [group.name for group in plan.subgroups] == [
        "women", "men", "PA", "AP", "patients with one image", "patients with several images",
    ]  # fmt: skip
    assert (plan.ages.minimum_years, plan.ages.maximum_years) == (22, 120)
    assert read_release(project.root / "device/releases/adult-nih").operating_point.rule in plan.threshold_rule
    assert plan.minimum_sensitivity == 0.85


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "pivotal"])
def test_a_study_of_every_kind_is_an_open_plan_until_it_is_written_and_is_then_locked(project, tables, kind):
    wanted = ["new", "own", "--release", "adult-nih", "--dataset", "nih", "--kind", kind, "--data", str(tables)]
    if kind == "custody":
        wanted += ["--registration", str(CUSTODY)]
    for name in TABLES if kind in ("comparator", "reference_standard") else ():
        wanted += ["--input", f"{name}={name}.csv"]
    assert clearway(project, *wanted) == 0
    folder = project.root / "verification/studies/own"
    study, issues = read_study(folder, "own")
    assert issues == ()
    of_patients = [group for group in study.plan.subgroups if group.by == "images_of_patient"]
    assert bool(of_patients) == (kind in ("validation_plan", "development", "benchmark"))  # else nobody counts them
    assert set(study.plan.inputs) == (set(TABLES) if study.plan.is_recorded else set())
    evidence = run(project)
    (found,) = (each for each in evidence.studies if each.name == "own")
    assert evidence.issues == ()
    assert isinstance(found.confusion, Gap)
    assert "yet to be written, the first plan.yaml: label" in found.confusion.reason
    with pytest.raises(ValueError, match=r"own/plan\.yaml: label: is to be written\n"):
        lock_plan(project, "own")
    assert not study.log.exists()
    write_all(folder)
    assert "locked, plan digest" in lock_plan(project, "own")
    evidence = run(project)
    assert evidence.issues == ()
    (found,) = (each for each in evidence.studies if each.name == "own")
    assert "yet to be written" not in found.confusion.reason


def test_one_text_that_is_left_is_named_and_nothing_is_locked(project, capsys):
    folder = write_skeleton(project, Wanted("own", "paediatric-reference", "kermany224"))
    write_all(folder)
    criteria = yaml.safe_load((folder / "criteria.yaml").read_text())
    criteria[1]["rationale"] = f"{TO_BE_WRITTEN}: why"
    (folder / "criteria.yaml").write_text(yaml.safe_dump(criteria))
    assert clearway(project, "lock", "own") == 2
    said = capsys.readouterr().err
    assert "own/criteria.yaml: CRIT-O-2.rationale: is to be written" in said
    assert "plan.yaml" not in said
    assert not (folder / "openings.log").exists()


def test_a_study_is_never_written_over(project):
    folder = write_skeleton(project, Wanted("own", "adult-nih", "nih"))
    before = (folder / "plan.yaml").read_bytes()
    with pytest.raises(ValueError, match="own: is there already"):
        write_skeleton(project, Wanted("own", "paediatric-reference", "kermany224"))
    assert (folder / "plan.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"name": "Own/study"}, "small letters"),
        ({"release": "adult-nhi"}, "did you mean adult-nih"),
        ({"dataset": "nhi"}, "did you mean nih"),
        ({"kind": "comparator"}, "needs --input scores=FILE --input rsna=FILE --input google=FILE"),
        ({"kind": "comparator", "dataset": "kermany224"}, "no table of images"),
        ({"inputs": {"rsna": "rsna.csv"}}, "--data DIR"),
        ({"inputs": {"rsna": "other.csv"}, "data": ROOT}, "rsna=other.csv: no such file"),
        ({"kind": "custody"}, "--registration FILE"),
        ({"registration": CUSTODY}, "--registration FILE"),
        ({"kind": "custody", "registration": ROOT / "README.md"}, "README.md"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_written(project, arguments, told):
    before = sorted((project.root / "verification").rglob("*"))
    with pytest.raises(ValueError, match=told):
        write_skeleton(project, Wanted(**{"name": "own", "release": "adult-nih", "dataset": "nih"} | arguments))
    assert sorted((project.root / "verification").rglob("*")) == before


def test_a_data_set_without_a_split_to_estimate_on_is_refused(project):
    path = project.root / NIH / "dataset.yaml"
    described = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({key: value for key, value in described.items() if key != "split"}))
    with pytest.raises(ValueError, match="no `split` with a part development_holdout or benchmark"):
        write_skeleton(project, Wanted("own", "adult-nih", "nih"))
