"""The small checkout as a ReqIF file, made once by the command."""

import shutil

import pytest


@pytest.fixture(scope="session")
def reqif(pristine, tmp_path_factory):
    """The plain checkout as ReqIF, exported once."""
    copy = type(pristine)(shutil.copytree(pristine.root, tmp_path_factory.mktemp("exported") / "checkout"))
    run = copy.run("trace", "export", "out.reqif")
    assert run.returncode == 0, run.stderr
    return (copy.root / "out.reqif").read_text()
