"""A qualification that cannot fail is worthless: sound tools pass it, and a tool that misses a fault does not."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys

import pytest

from verification.qualification.qualify import FAULTS

pytestmark = pytest.mark.slow

SOUND = ("a sound run", "a sound trace", "sound evidence made again")
STALE, NO_YAML, COUNT = "a stale digest of code", "a file that is no YAML", "a wrong count in a package"


@pytest.fixture
def packages(project_root, tmp_path):
    """The packages copied, as an installation has them, so that a test can break them."""
    for package in ("device", "verification", "submission"):
        ignored = shutil.ignore_patterns("__pycache__", "training", "studies", "datasets", "features", "model.tflite")
        shutil.copytree(project_root / package, tmp_path / "packages" / package, ignore=ignored)
    return tmp_path / "packages"


def qualify(packages, checkout, *faults):
    """Run the command with the packages of a folder and some of the faults; the outcomes by check, and the run."""
    program = (
        "import json, sys; import verification.qualification.qualify as q\n"
        "from verification.commands.qualify import qualify\n"
        "names = json.loads(sys.argv[1]); q.FAULTS = tuple(f for f in q.FAULTS if f.name in names)\n"
        "sys.exit(qualify(['--json', '--project', sys.argv[2]]))"
    )
    command = [sys.executable, "-P", "-c", program, json.dumps(faults), str(checkout.root)]
    run = subprocess.run(
        command, capture_output=True, text=True, cwd=checkout.root, env=os.environ | {"PYTHONPATH": str(packages)}
    )
    return {each["check"]: each for each in map(json.loads, run.stdout.splitlines())}, run


@pytest.fixture(scope="module")
def whole(project_root, pristine, tmp_path_factory):
    """The tools under test with all faults: the checkout, the outcomes and the run."""
    checkout = type(pristine)(tmp_path_factory.mktemp("whole") / "checkout")
    shutil.copytree(pristine.root, checkout.root)
    return checkout, *qualify(project_root, checkout, *(fault.name for fault in FAULTS))


def test_every_seeded_fault_is_caught_by_the_tools_under_test(whole):
    _, found, run = whole
    operation = {name: each["passed"] for name, each in found.items() if each["part"] == "operation"}
    assert operation == dict.fromkeys([*SOUND, *(fault.name for fault in FAULTS)], True)
    assert len(FAULTS) >= 20
    assert found["location"]["passed"] is False  # the packages are not those of the checkout that was named
    assert run.returncode == 1


def test_a_tool_that_does_not_see_stale_digests_is_not_qualified(packages, checkout):
    path = packages / "verification/graph/standing.py"
    text = path.read_text()
    broken = text.replace("for change in find_changes(evidence.source, project):", "for change in ():")
    assert broken != text
    path.write_text(broken)
    found, run = qualify(packages, checkout, STALE, NO_YAML)
    assert run.returncode == 1
    assert found[STALE]["passed"] is False
    assert found[NO_YAML]["passed"] is True
    record = json.loads((checkout.root / "build/qualification/qualification.json").read_bytes())
    assert record["qualified"] is False
    operation = [each for each in record["outcomes"] if each["part"] == "operation"]
    assert [each["check"] for each in operation if each["passed"] is False] == [STALE]


def test_an_audit_that_does_not_count_is_not_qualified(packages, checkout):
    path = packages / "submission/audit/arithmetic.py"
    text = path.read_text()
    assert "!= sum(found.values()):" in text
    path.write_text(text.replace("!= sum(found.values()):", "!= manifest['counts']['scenarios']:"))
    found, _ = qualify(packages, checkout, COUNT, "changed evidence of a package")
    assert found[COUNT]["passed"] is False
    assert found["changed evidence of a package"]["passed"] is True


def test_a_tool_that_complains_of_everything_is_not_qualified(packages, checkout):
    path = packages / "verification/trace/issues.py"
    text = path.read_text()
    start = "    yield from _find_evidence_issues(graph)\n"
    always = '    yield _blocking("yaml-unreadable", "requirements_spec/software/SRS-001.yaml:3", "not YAML", "none")\n'
    assert start in text
    path.write_text(text.replace(start, start + always))
    found, run = qualify(packages, checkout, NO_YAML)
    assert run.returncode == 1
    assert found["a sound trace"]["passed"] is False
    assert found[NO_YAML]["passed"] is False


def test_a_tool_that_crashes_is_not_qualified(packages, checkout):
    (packages / "verification/graph/link.py").write_text("raise RuntimeError('broken')\n")
    found, run = qualify(packages, checkout, NO_YAML)
    assert run.returncode == 1
    assert found["a sound trace"]["passed"] is False
    assert "RuntimeError: broken" in found["a sound trace"]["found"]


def test_the_record_says_what_was_run_and_leaves_the_person_blank(whole):
    checkout, _, run = whole
    assert "the record awaits a person: build/qualification/qualification.json" in run.stderr
    record = json.loads((checkout.root / "build/qualification/qualification.json").read_bytes())
    assert record["intended_use"]
    assert record["risk"]
    assert len(record["code_digest"]) == 64
    assert {"name", "role", "signature", "date"} <= set(record["blank"])
    page = (checkout.root / "build/qualification/qualification.md").read_text()
    assert "- Name: ______" in page
    assert "- Signature: ______" in page
    assert f"| {NO_YAML} | clearway trace --check |" in page


def entry(packages, path):
    digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
    return f"{path.relative_to(packages).as_posix()},sha256={digest},{path.stat().st_size}"


def test_a_file_that_is_not_the_installed_one_is_named(packages, checkout):
    information = packages / "clearway-0.0.1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: clearway\nVersion: 0.0.1\n")
    files = sorted(path for path in packages.rglob("*.py"))
    (information / "RECORD").write_text("\n".join(entry(packages, path) for path in files))
    found, _ = qualify(packages, checkout)
    assert (found["files"]["passed"], found["files"]["found"]) == (True, f"{len(files)} files as installed")
    (packages / "device/gate.py").write_text("")
    found, _ = qualify(packages, checkout)
    assert found["files"]["passed"] is False
    assert "1 differ: " in found["files"]["found"]
    assert "device/gate.py" in found["files"]["found"]


def test_outside_a_checkout_there_is_nothing_to_qualify(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", "import sys; from verification.commands.qualify import qualify; sys.exit(qualify([]))"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 2
    assert "not inside a Clearway checkout" in run.stderr
