"""The record of what was sent: only added to, by name, and never for what cannot be sent."""

import json
import shutil
from pathlib import Path

import pytest

from submission.cli import submission
from submission.exchange.filing.filed import RECORD, FiledError, find_filed, open_filed, read_filed
from verification.evidence import Project

ADA = ["--by", "Ada Example (fictitious)"]


@pytest.fixture
def project(make) -> Project:
    return make().project


@pytest.fixture
def file(project, capsys):
    """Record a package; what is said of it."""

    def filing(package, *more: str) -> tuple[int, str]:
        status = submission(["filed", str(package.folder), "--project", str(project.root), *more])
        said = capsys.readouterr()
        return status, said.out + said.err

    return filing


def lines(project: Project) -> list[dict]:
    path = project.root / RECORD
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_line_holds_manifest_commit_release_and_every_file(file, project, candidate):
    status, said = file(candidate, *ADA)
    assert status == 0
    assert f"recorded in {RECORD}" in said
    (line,) = lines(project)
    assert (line["manifest"], line["commit"]) == (candidate.digest, candidate.manifest.commit)
    assert (line["release"], line["status"]) == ("paediatric-reference 0.0.1", "candidate")
    assert (line["number"], line["sent"], line["by"]) == (None, None, "Ada Example (fictitious)")
    there = {path.relative_to(candidate.folder).as_posix() for path in candidate.folder.rglob("*") if path.is_file()}
    assert line["files"].keys() == there


def test_a_number_that_comes_later_is_a_later_line_of_the_same_package(file, project, candidate):
    file(candidate, *ADA, "--sent", "2001-02-03")
    assert file(candidate, *ADA, "--number", "K000000")[0] == 0
    (found,) = read_filed(project)
    assert (found.number, found.sent, found.manifest) == ("K000000", "2001-02-03", candidate.digest)
    assert [len(line["files"]) > 0 for line in lines(project)] == [True, False]


def test_the_same_again_is_refused(file, project, candidate):
    file(candidate, *ADA)
    status, said = file(candidate, *ADA)
    assert status == 1
    assert "stands in docs/records/filed.log already" in said
    assert len(lines(project)) == 1


def test_a_second_package_for_the_commit_is_said(file, project, candidate, later):
    file(candidate, *ADA)
    status, said = file(later, *ADA)
    assert status == 0
    assert f"a second package for commit {later.manifest.commit[:12]}: manifest {candidate.digest[:12]}…" in said
    assert len(lines(project)) == 2
    with pytest.raises(FiledError, match="2 packages"):
        find_filed(project, later.manifest.commit[:12])


def test_a_reference_release_is_never_filed(file, project, package):
    status, said = file(package, *ADA)
    assert status == 1
    assert "is of a reference release, which can never be filed" in said
    assert lines(project) == []


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ([], "--by: found '', expected the name of a person"),
        ([*ADA, "--number", "241439"], "--number: found '241439', expected a 510(k) number"),
        ([*ADA, "--sent", "yesterday"], "--sent: found 'yesterday', expected a day"),
    ],
)
def test_what_is_not_named_is_not_invented(file, project, candidate, more, message):
    status, said = file(candidate, *more)
    assert status == 1
    assert message in said
    assert lines(project) == []


@pytest.mark.parametrize("name", ["text/CW-DOC-006-software-requirements.json", "beside.txt"])
def test_a_package_that_is_not_whole_is_refused(file, project, candidate, tmp_path, name):
    folder = Path(shutil.copytree(candidate.folder, tmp_path / "package"))
    (folder / name).write_text("other")
    status = submission(["filed", str(folder), "--project", str(project.root), *ADA])
    assert status == 1
    assert lines(project) == []


def test_a_changed_line_is_found(file, project, candidate, capsys):
    file(candidate, *ADA)
    file(candidate, *ADA, "--number", "K000000")
    path = project.root / RECORD
    path.write_text(path.read_text().replace("candidate", "reference", 1))
    assert submission(["filed", "--project", str(project.root)]) == 1
    assert f"{RECORD}:2: previous: found" in capsys.readouterr().err


def test_a_filed_package_is_found_by_number_and_compared(
    file, project, candidate, later, monkeypatch, capsys, tmp_path
):
    file(candidate, *ADA, "--number", "K000000")
    shutil.copytree(candidate.folder, project.root / "build" / "sent")
    assert open_filed(project, candidate.digest[:12]).digest == candidate.digest
    monkeypatch.chdir(project.root)
    assert submission(["diff", "K000000", str(later.folder), "--output", str(tmp_path / "redline")]) == 1
    assert "CW-DOC-006 Software Requirements Specification: changed" in capsys.readouterr().out
    assert submission(["filed"]) == 0
    assert capsys.readouterr().out.startswith("K000000, day of sending not given: paediatric-reference 0.0.1")


def test_a_filed_package_that_is_not_here_is_named(file, project, candidate, monkeypatch, capsys):
    file(candidate, *ADA, "--number", "K000000")
    monkeypatch.chdir(project.root)
    shutil.rmtree(project.root / "build" / "submission", ignore_errors=True)
    assert submission(["diff", "K000000", str(candidate.folder)]) == 2
    assert "which no folder of" in capsys.readouterr().err
    assert submission(["diff", "K999999", str(candidate.folder)]) == 2
    assert "K999999: no package of docs/records/filed.log; it has K000000" in capsys.readouterr().err
