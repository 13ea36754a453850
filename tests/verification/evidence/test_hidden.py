"""What git is told to hide from whoever asks it is found all the same: contents are compared with the commit's."""

import os

import pytest

from tests.verification.conftest import git
from verification.sources.revision import find_changed_files, open_commit, read_range

DOOR = "device/door.py"


def hide_by_flag(checkout, flag):
    git(checkout.root, "update-index", flag, DOOR)
    checkout.write(DOOR, (checkout.root / DOOR).read_text() + "# changed\n")


def hide_by_time(checkout):
    """The same size and times as before, and a git that asks for no more."""
    path = checkout.root / DOOR
    git(checkout.root, "config", "core.trustctime", "false")
    git(checkout.root, "config", "core.checkStat", "minimal")
    os.utime(path, (1e9, 1e9))
    git(checkout.root, "status")
    before = path.stat()
    text = path.read_text()
    checkout.write(DOOR, text.replace(text[0], chr(ord(text[0]) ^ 1), 1))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


HIDINGS = [
    lambda checkout: hide_by_flag(checkout, "--assume-unchanged"),
    lambda checkout: hide_by_flag(checkout, "--skip-worktree"),
    hide_by_time,
]


@pytest.mark.parametrize("hide", HIDINGS, ids=["assume-unchanged", "skip-worktree", "times"])
def test_a_change_that_git_does_not_see_is_one(checkout, hide):
    assert not checkout.project.source([DOOR]).dirty
    hide(checkout)
    assert checkout.project.git("status", "--porcelain") == ""
    assert checkout.project.find_hidden() == [DOOR]
    assert checkout.project.source([]).dirty
    assert f" H {DOOR}" in checkout.project.find_uncommitted()
    assert find_changed_files(checkout.project, read_range(checkout.project, None)) == {DOOR: "changed"}


@pytest.mark.parametrize("file", [".git/info/exclude", "../excludes"])
def test_a_file_that_git_does_not_list_is_no_file_of_the_commit(checkout, file):
    name = "verification/features/more.feature"
    checkout.write(file, "more.feature\n").write(name, "Feature: More\n")
    git(checkout.root, "config", "core.excludesFile", str(checkout.root.parent / "excludes"))
    assert checkout.project.git("status", "--porcelain") == ""
    assert checkout.project.source([name]).dirty
    assert find_changed_files(checkout.project, read_range(checkout.project, None)) == {name: "added"}


def test_what_an_archive_would_leave_out_or_change_is_read_as_it_is(checkout):
    checkout.write(".gitattributes", f"{DOOR} export-ignore\nversion.txt export-subst\n")
    checkout.write("version.txt", "$Format:%H$\n").commit()
    with open_commit(checkout.project, checkout.project.commit()[0]) as there:
        assert there.read(DOOR) == checkout.project.read(DOOR)
        assert there.read("version.txt") == b"$Format:%H$\n"


def test_what_a_commit_holds_and_nobody_can_read_is_named(checkout, pristine, capsys):
    git(checkout.root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(pristine.root), "other")
    (checkout.root / "way-out").symlink_to("/etc/passwd")
    (checkout.root / "way-in").symlink_to(DOOR)
    checkout.commit()
    with open_commit(checkout.project, checkout.project.commit()[0]) as there:
        assert (there.root / "way-in").read_bytes() == checkout.project.read(DOOR)
        assert not (there.root / "way-out").is_symlink()
        assert not (there.root / "other").exists()
    said = capsys.readouterr().err
    assert ": other is a submodule or leads out of the commit; it is not read" in said
    assert ": way-out is a submodule or leads out" in said
    assert "way-in" not in said
    assert checkout.project.source(["other/device/door.py"]).dirty  # of no blob of this commit
