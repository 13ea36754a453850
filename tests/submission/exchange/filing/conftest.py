"""A built package as that of a candidate release, which could be sent, and the same with one requirement changed.

The build gives a candidate of formal runs and reviews alone; here the manifest of a built package says so.
"""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from submission.package.folder import open_package

REQUIREMENTS = "text/CW-DOC-006-software-requirements.json"


@pytest.fixture
def package(good):
    return open_package(good.folder)


@pytest.fixture(scope="session")
def restate():
    """Copy a package, let a function change its manifest, and have the digest fit."""

    def restating(package: Path, folder: Path, change) -> Path:
        shutil.copytree(package, folder)
        manifest = json.loads((folder / "manifest.json").read_bytes())
        change(manifest)
        content = json.dumps(manifest).encode()
        (folder / "manifest.json").write_bytes(content)
        (folder / "manifest.sha256").write_text(f"{hashlib.sha256(content).hexdigest()}  manifest.json\n")
        return folder

    return restating


def as_candidate(manifest) -> None:
    manifest.update(state="candidate", banners=["DRAFT"])
    manifest["release"]["status"] = "candidate"


@pytest.fixture(scope="session")
def candidate(good, restate, tmp_path_factory):
    """A package that could be sent."""
    return open_package(restate(good.folder, tmp_path_factory.mktemp("candidate") / "package", as_candidate))


@pytest.fixture(scope="session")
def later(good, restate, tmp_path_factory):
    """The same with one requirement in other words."""
    text = (good.folder / REQUIREMENTS).read_text().replace("shall do what", "shall refuse what").encode()

    def change(manifest):
        as_candidate(manifest)
        manifest["text"][REQUIREMENTS] = hashlib.sha256(text).hexdigest()

    folder = restate(good.folder, tmp_path_factory.mktemp("later") / "package", change)
    (folder / REQUIREMENTS).write_bytes(text)
    return open_package(folder)
