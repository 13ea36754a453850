import json
import shutil
import subprocess
import sys
from importlib.metadata import version

import pytest

from verification.qualification.doctor import Check, check_git, check_location, examine, find_locked


def by_name(checks):
    return {check.name: check for check in checks}


def test_the_installation_under_test_is_examined(project_root):
    checks = by_name(examine(project_root))
    assert {"Python", "runtime", "suite", "runtime.lock", "Pango", "fonts", "git", "location"} <= checks.keys()
    for name in ("Python", "runtime", "suite", "fonts", "git", "location", "release adult-nih"):
        assert checks[name].passed is True, checks[name]


def test_a_version_that_is_not_the_locked_one_is_named(checkout):
    checkout.write("runtime.lock", "numpy==0.0.1 \\\n    --hash=sha256:00\n")
    check = by_name(find_locked(checkout.root))["runtime.lock"]
    assert check.passed is False
    assert check.found == f"numpy {version('numpy')}, expected 0.0.1"
    checkout.write("runtime.lock", f"numpy=={version('numpy')}\n")
    assert by_name(find_locked(checkout.root))["runtime.lock"].passed is True


def test_what_needs_a_checkout_is_not_checked_without_one():
    checks = by_name(examine(None))
    assert [checks[name].passed for name in ("runtime.lock", "git", "location")] == [None, None, None]


def test_packages_of_another_checkout_are_a_failed_check(checkout):
    check = check_location(checkout.root)
    assert check.passed is False
    assert "-e ." in check.hint


def test_a_checkout_of_another_product_is_not_where_the_packages_are(checkout):
    table = '[tool.clearway.product]\npackage = "house"\n'
    checkout.edit("pyproject.toml", "[tool.clearway.soup]", f"{table}[tool.clearway.soup]")
    check = check_location(checkout.root)
    assert (check.passed, "the checkout is of house" in check.found) == (None, True)


def test_a_folder_that_git_does_not_know_is_a_failed_check(tmp_path):
    assert check_git(tmp_path).passed is False


def test_the_command_fails_with_a_failed_check_and_goes_on(checkout):
    run = checkout.run("doctor", "--json")
    checks = {check["name"]: check for check in map(json.loads, run.stdout.splitlines())}
    assert run.returncode == 1
    assert checks["location"]["passed"] is False
    assert checks["Python"]["passed"] is True


@pytest.fixture
def elsewhere(project_root, tmp_path):
    """The packages copied, as an installation has them, so that a test can damage them."""
    for package in ("device", "verification", "submission"):
        ignored = shutil.ignore_patterns("__pycache__", "training", "studies", "datasets", "features")
        shutil.copytree(project_root / package, tmp_path / package, ignore=ignored)
    return tmp_path


def examine_in(folder):
    program = (
        "import json; from verification.qualification.doctor import examine\n"
        "print(json.dumps({c.name: [c.passed, c.found] for c in examine(None)}))"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_one_flipped_byte_of_a_release_is_named(elsewhere):
    path = elsewhere / "device/releases/adult-nih/release.yaml"
    path.write_bytes(path.read_bytes().replace(b"a", b"b", 1))
    passed, found = examine_in(elsewhere)["release adult-nih"]
    assert passed is False
    assert "release.yaml: SHA-256 is" in found


def test_missing_fonts_and_a_broken_device_are_failed_checks_not_crashes(elsewhere):
    shutil.rmtree(elsewhere / "submission/fonts")
    (elsewhere / "device/release.py").write_text("raise RuntimeError('broken')\n")
    checks = examine_in(elsewhere)
    assert checks["fonts"][0] is False
    assert checks["releases"] == [False, "RuntimeError: broken"]


def test_a_check_is_a_value():
    with pytest.raises(AttributeError):
        Check("a", True, "b").passed = False  # type: ignore[misc]
