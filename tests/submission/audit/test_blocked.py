"""A package that says honestly that it is blocked has nothing wrong with it; one that hides it has."""

import json

import pytest

from submission.audit import audit
from submission.package.build import build


@pytest.fixture
def blocked(made, replace, tmp_path):
    verification = made.parts["verification"]
    *others, failed = verification.results  # one that no criterion of the made-up trace rests on
    results = (*others, replace(failed, status="failed"))
    made.parts["verification"] = replace(verification, results=results)
    return build(made.write(), "paediatric-reference", tmp_path / "package", blocked=True)


def test_an_honest_blocked_package_audits_clean(blocked):
    manifest = json.loads((blocked.folder / "manifest.json").read_text())
    assert (manifest["state"], "BLOCKED" in manifest["banners"]) == ("blocked", True)
    assert audit(blocked.folder).findings == ()
