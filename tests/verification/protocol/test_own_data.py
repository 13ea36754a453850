"""A sponsor's own images with a table of their own: split by patient, planned by a study, and known to its groups."""

import numpy as np
import pytest
from PIL import Image

from device import main
from verification.datasets.manifest import read_manifest
from verification.datasets.references import find_collection
from verification.evidence import Project
from verification.protocol.plan import read_study
from verification.protocol.stated import read_stated
from verification.protocol.subgroups import describe_images, select
from verification.qualification.sample import commit, git

OWN = "verification/datasets/own"
DATASET = """
name: own
title: Radiographs of a hospital
origin: made for a test
terms: none
role: a test
limitations: [made up]
not_recorded: [sex]
metadata: list.csv
split: {key: own/1, shares: {training: 0.4, tuning: 0.3, development_holdout: 0.3}, folders: []}
"""
MAPPING = "{image: file, patient: who, findings: read, target: pneumonia, normal: none, age_years: years}\n"
IMAGES = 60


@pytest.fixture
def checkout(tmp_path, project_root):
    """A checkout with the data set and a release, and the images; the table says neither sex nor view."""
    root, images = tmp_path / "checkout", tmp_path / "data/own"
    (root / OWN).mkdir(parents=True)
    (root / OWN / "dataset.yaml").write_text(DATASET)
    (root / OWN / "mapping.yaml").write_text(MAPPING)
    images.mkdir(parents=True)
    generator, rows = np.random.default_rng(3), "file,who,read,years\n"
    for number in range(IMAGES):
        Image.fromarray(generator.integers(0, 255, (24, 24), dtype=np.uint8)).save(images / f"{number}.png")
        rows += f"{number}.png,p{number // 2},{('none', 'pneumonia|scar')[number // 2 % 2]},{20 + number}\n"
    (root / OWN / "list.csv").write_text(rows)
    release = root / "device/releases/brightness"
    release.mkdir(parents=True)
    for path in (project_root / "tests/device/brightness").iterdir():
        (release / path.name).write_bytes(path.read_bytes())
    (root / "requirements_spec").mkdir()
    (root / "pyproject.toml").write_text("")
    git(root, "init", "-q")
    commit(root)
    return root, tmp_path / "data"


def test_own_images_are_split_and_a_study_of_them_is_planned_by_the_data_sets_own_table(checkout):
    root, data = checkout
    project = Project(root.resolve())
    assert main(["data", "split", "own", "--images", str(data / "own"), "--project", str(root)]) == 0
    entries, issues = read_manifest(root / OWN / "manifest.csv")
    assert issues == ()
    assert sum(entry.label for entry in entries) == IMAGES // 2
    new = ["study", "--project", str(root), "new", "own-study", "--release", "brightness", "--dataset", "own"]
    assert main(new) == 0
    study, issues = read_study(root / "verification/studies/own-study", "own-study")
    assert issues == ()
    assert study.plan.asserted.columns == {"PatientAge": "age_years"}
    assert "ViewPosition" in study.plan.asserted.values
    assert [group.by for group in study.plan.subgroups] == ["images_of_patient"] * 2
    held = [entry for entry in entries if entry.split == study.plan.split]
    collection = find_collection(root / "verification/datasets", "own")
    known = describe_images(held, collection)
    assert known.keys() == {"label_source", "images_of_patient", "age_years", "lung_findings", "other_findings"}
    assert (known["other_findings"] == np.where([entry.label for entry in held], "stated", "none")).all()
    assert select(study.plan.subgroups[1], known).all()
    stated = read_stated(study.plan.asserted, held, collection)
    assert {stated(one)["PatientAge"] for one in held} == {f"{20 + int(one.image[:-4]):03d}Y" for one in held}
    assert project.relative(study.folder) == "verification/studies/own-study"
