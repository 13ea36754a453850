"""What the tests of all rooms share."""

import os
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from verification.evidence import write_atomically
from verification.evidence.files import held


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[], Any]], Any]:
    """Make a thing once for all processes of a run: `once(name, make)` is what `make` gave the first that asked."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "shared"

    def making(name: str, make: Callable[[], Any]) -> Any:
        path = folder / name / "made.pickle"
        path.parent.mkdir(parents=True, exist_ok=True)
        with held(path.parent):
            if not path.is_file():
                write_atomically(path, pickle.dumps(make()))
        return pickle.loads(path.read_bytes())  # noqa: S301 - this run has written it

    return making
