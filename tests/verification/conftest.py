"""A small checkout of fictitious items, verified once for real; each test changes its own copy."""

import contextlib
import io
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from device import main
from verification.evidence import Project
from verification.qualification.sample import commit, write_sample
from verification.qualification.sample import git as git  # other tests take it from here
from verification.trace.trace import build

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Run:
    """What a command gave."""

    returncode: int
    stdout: str
    stderr: str


class Checkout:
    """A folder with a commit, and how a test changes it and asks about it."""

    def __init__(self, root):
        self.root = root

    def write(self, file, text):
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text) if isinstance(text, bytes) else path.write_text(text, encoding="utf-8")
        return self

    def edit(self, file, old, new):
        text = (self.root / file).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        return self.write(file, text.replace(old, new))

    def commit(self):
        commit(self.root)
        return self

    def run(self, *command):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.chdir(self.root), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(list(command))
        return Run(status, out.getvalue(), err.getvalue())

    def evidence(self, name="verification.json"):
        return json.loads((self.root / "build" / "evidence" / name).read_bytes())

    @property
    def project(self):
        return Project(self.root.resolve())

    def trace(self):
        return build(self.project, {})

    def item(self, identity):
        return next(item for item in self.trace().items if item.id == identity)

    def codes(self, severity="blocking"):
        return [issue.code for issue in self.trace().issues if issue.severity == severity]


@pytest.fixture(scope="session")
def pristine(tmp_path_factory):
    """The small checkout, committed, without evidence."""
    checkout = Checkout(tmp_path_factory.mktemp("pristine") / "checkout")
    write_sample(checkout.root, ROOT)
    return checkout


@pytest.fixture(scope="session")
def _verified(pristine, tmp_path_factory):
    checkout = Checkout(tmp_path_factory.mktemp("verified") / "checkout")
    shutil.copytree(pristine.root, checkout.root)
    run = checkout.run("verify")
    assert run.returncode == 0, run.stdout + run.stderr
    return checkout


@pytest.fixture
def checkout(pristine, tmp_path):
    """A copy of the small checkout, without evidence."""
    shutil.copytree(pristine.root, tmp_path / "checkout")
    return Checkout(tmp_path / "checkout")


@pytest.fixture
def verified(_verified, tmp_path):
    """A copy of the small checkout in which every scenario has passed."""
    shutil.copytree(_verified.root, tmp_path / "verified")
    return Checkout(tmp_path / "verified")


@pytest.fixture(scope="session")
def project_root():
    """The checkout under test."""
    return ROOT
