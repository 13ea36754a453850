"""What the trace browser shows beside the trace: code with its lines, the history of a file, or a gap."""

import subprocess

import pytest

from verification.evidence import Gap, read_bundle, read_sources

ODD = "Weiß <b>, “quoted”; a\ttab"


def sources_of(checkout):
    run = checkout.run("trace")
    assert run.returncode == 0, run.stderr
    return read_sources(checkout.project.evidence, read_bundle(checkout.project.evidence).trace)


def test_a_symbol_is_shown_with_its_lines_and_a_decorator(checkout):
    checkout.edit("device/door.py", "def turn(", "@staticmethod\ndef turn(")
    code = sources_of(checkout).excerpts
    lines = (checkout.root / "device/door.py").read_text().split("\n")
    turn = code["device.door.turn"]
    assert turn.text.split("\n") == lines[turn.line - 1 : turn.line - 1 + turn.text.count("\n") + 1]
    assert turn.text.startswith("@staticmethod\ndef turn(angle):")
    assert turn.text.endswith("return angle + 1")
    assert code["device.door.GREEN"].text == "GREEN = (0, 128, 0)"


def test_a_module_is_shown_whole(checkout):
    checkout.write("device/lock.py", '"""Locks.\n\nImplements: SRS-001\n"""\n\nX = 1\n')
    assert sources_of(checkout).excerpts["device.lock"].text.endswith("X = 1")


def test_the_history_of_a_file_is_newest_first_and_of_that_file_alone(checkout):
    checkout.edit("requirements_spec/software/SRS-001.yaml", "title: Handle", "title: Knob")
    for arguments in (["add", "--all"], ["-c", "user.name=n", "-c", "user.email=n@invalid", "commit", "-qm", ODD]):
        subprocess.run(["git", *arguments], cwd=checkout.root, check=True)
    found = sources_of(checkout)
    commits = found.history.commits
    said = {file: [commits[place].subject for place in places] for file, places in found.history.of_file.items()}
    assert said["requirements_spec/software/SRS-001.yaml"] == [ODD, "Change"]
    assert said["requirements_spec/software/SRS-002.yaml"] == ["Change"]
    assert commits[0].hash == checkout.project.git("rev-parse", "HEAD")[:12]
    assert commits[1].date == "2026-01-02"


def test_a_shallow_clone_has_a_gap_for_a_history_and_all_of_its_code(checkout, tmp_path):
    checkout.edit("device/door.py", "angle + 1", "angle + 2").commit()
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{checkout.root}", tmp_path / "shallow"], check=True)
    checkout.root = tmp_path / "shallow"
    found = sources_of(checkout)
    assert isinstance(found.history, Gap)
    assert "shallow clone" in found.history.reason
    assert "return angle + 2" in found.excerpts["device.door.turn"].text


@pytest.mark.parametrize("change", ["gone", "edited", "of another trace"])
def test_sources_that_cannot_be_used_are_a_gap_and_block_nothing(checkout, change):
    folder = checkout.project.evidence
    assert not isinstance(sources_of(checkout), Gap)
    trace, path = read_bundle(folder).trace, folder / "sources.json"
    if change == "gone":
        path.unlink()
    elif change == "edited":
        path.write_bytes(path.read_bytes().replace(b"angle + 1", b"angle + 7"))
    else:
        checkout.edit("device/door.py", "angle + 1", "angle + 2").run("trace")
    found = read_sources(folder, trace)
    assert isinstance(found, Gap)
    assert "clearway trace" in found.closes
    assert [issue for issue in read_bundle(folder).issues if issue.where.endswith("sources.json")] == []
