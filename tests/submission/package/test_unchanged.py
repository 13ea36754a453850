"""A package that stands as a build would make it is not built again; whatever differs, it is."""

import hashlib
import json
import shutil

import pytest

from submission.cli import submission
from submission.package import unchanged
from submission.package.unchanged import Made

pytestmark = pytest.mark.slow

RELEASE = "paediatric-reference"


@pytest.fixture(scope="module")
def project(make):
    project = make().write()
    assert submission(["build", "--project", str(project.root)]) == 0
    return project


def told(project, release=RELEASE, folder=None, volume=False):
    return Made(project, release, folder or project.submission, volume=volume).told()


def test_the_same_build_again_says_the_same_and_writes_nothing(project, capsys):
    manifest = project.submission / "manifest.json"
    before = manifest.stat()
    assert submission(["build", "--project", str(project.root), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert manifest.stat().st_ino == before.st_ino
    assert said | {"seconds": 0} == told(project) | {"seconds": 0}
    listed = json.loads(manifest.read_text())
    assert said["pages"] == sum(document["pages"] for document in listed["documents"])
    assert sum(said["gaps"].values()) == listed["gaps"]


@pytest.mark.parametrize(
    "file",
    [
        "build/evidence/trace.json", "build/submission/manifest.json", "build/submission/claims/CW-DOC-003.json",
        "build/submission/evidence/trace.json", "requirements_spec/SRS-901.yaml",
    ],
)  # fmt: skip
def test_a_changed_file_is_seen(project, file):
    path = project.root / file
    content = path.read_bytes()
    assert told(project)
    path.write_bytes(content + b" ")
    try:
        assert told(project) is None
    finally:
        path.write_bytes(content)
    assert told(project)


@pytest.mark.parametrize("file", ["stranger.txt", "build/evidence/other.json", "build/submission/stranger.txt"])
def test_a_new_file_is_seen(project, file):
    path = project.root / file
    path.write_text("{}")
    try:
        assert told(project) is None
    finally:
        path.unlink()


@pytest.mark.parametrize("name", ["CW-DOC-003*.pdf", "manifest.sha256"])
def test_a_lost_file_is_seen(project, tmp_path, name):
    (path,) = project.submission.glob(name)
    shutil.move(path, tmp_path / path.name)
    try:
        assert told(project) is None
    finally:
        shutil.move(tmp_path / path.name, path)


def test_another_release_folder_or_form_is_another_build(project, tmp_path):
    shutil.copytree(project.submission, tmp_path / "package")
    assert told(project, release="adult-nih") is None
    assert told(project, folder=tmp_path / "package") is None
    assert told(project, volume=True) is None


@pytest.mark.parametrize(
    "name", ["submission/style.css", "submission/templates/_base.html", "verification/specification/ids.py"]
)
def test_other_code_is_another_build(project, tmp_path, monkeypatch, name):
    code = tmp_path / "code"
    for package in unchanged.PACKAGES:
        shutil.copytree(unchanged.CODE / package, code / package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(unchanged, "CODE", code)
    assert told(project)
    (code / name).write_text((code / name).read_text() + "\n")
    assert told(project) is None


def test_nothing_is_kept_of_a_build_during_which_its_evidence_changed(project):
    kept, evidence = (project.root / name for name in ("build/cache/package.json", "build/evidence/trace.json"))
    content, record = evidence.read_bytes(), kept.read_bytes()
    made = Made(project, RELEASE, project.submission, volume=False)
    digest = hashlib.sha256((project.submission / "manifest.json").read_bytes()).hexdigest()
    evidence.write_bytes(content + b" ")
    try:
        made.keep({"pages": 1}, digest)
        assert kept.read_bytes() == record
    finally:
        evidence.write_bytes(content)
    made.keep({"pages": 1}, digest)
    assert told(project) == {"pages": 1}
    made.keep({"pages": 1}, "0" * 64)  # another build has put its own package there meanwhile
    assert told(project) is None
    kept.write_bytes(record)


def test_a_damaged_record_costs_a_build_and_nothing_else(project):
    path = project.root / "build/cache/package.json"
    content = path.read_bytes()
    for damaged in (b"{", b"[]", b"{}", b"null"):
        path.write_bytes(damaged)
        assert told(project) is None
    path.write_bytes(content)
    assert told(project)
