"""A small checkout of fictitious items, about doors: what `clearway qualify` seeds its faults in, and our tests.

Nothing in it says anything of the device; nobody in it exists.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

BORROWED = ("requirements_spec/schema.json", "risk/schema.json", "risk/policy.yaml")
"""What a sample takes from the checkout that it is made for: the rules that its items are judged by."""

FILES: dict[str, str] = {
    ".gitignore": "/build/\n__pycache__/\n",
    "pyproject.toml": """\
[project]
name = "small"
version = "0.0.1"
dependencies = ["numpy>=2", "PyYAML>=6"]

[tool.clearway.soup]
numpy = { purpose = "counts", license = "BSD-3-Clause" }

[tool.pytest.ini_options]
addopts = ["--import-mode=importlib", "--strict-markers", "--strict-config"]
""",
    "runtime.lock": """\
numpy==2.4.6 \\
    --hash=sha256:00
PyYAML==6.0.3 ; sys_platform != 'none' \\
    --hash=sha256:00
""",
    "suite.lock": "numpy==2.4.6\njinja2==3.1.6\n",
    "training.lock": "numpy==2.4.6\n",
    "requirements_spec/user_needs/UN-001.yaml": """\
id: UN-001
kind: user_need
title: Doors
text: The visitor needs doors that open.
rationale: Visitors stand outside.
parents: []
safety_related: false
source: null
needs: [design_validation]
criteria: []
""",
    "requirements_spec/system/SYS-001.yaml": """\
id: SYS-001
kind: system_requirement
title: Doors open
text: The device shall open doors.
rationale: They are shut.
parents: [UN-001]
safety_related: true
source: null
needs: [scenario]
criteria:
  - {id: AC1, text: A door opens., method: test}
""",
    "requirements_spec/software/SRS-001.yaml": """\
id: SRS-001
kind: software_requirement
title: Handle
text: The device shall turn the handle.
rationale: Doors have handles.
parents: [SYS-001]
safety_related: true
source: null
needs: [symbol, scenario]
criteria:
  - {id: AC1, text: The handle turns., method: test}
  - {id: AC2, text: The handle turns back., method: test}
""",
    "requirements_spec/software/SRS-002.yaml": """\
id: SRS-002
kind: software_requirement
title: Color
text: The device shall be green.
rationale: Green is calm.
parents: [SYS-001]
safety_related: false
source: null
needs: [symbol, scenario]
criteria:
  - {id: AC1, text: It is green., method: test}
  - {id: AC2, text: It looks calm., method: inspection}
""",
    "risk/hazards/HAZ-001.yaml": """\
id: HAZ-001
kind: hazard
title: Shut in
hazard: The door does not open.
sequence_of_events: [The handle sticks.]
hazardous_situation: A visitor cannot leave.
harm: The visitor faints.
severity: 4
probability_of_harm: 3
controls: [RC-001]
residual: {severity: 4, probability_of_harm: 1}
disclosed: null
""",
    "risk/controls/RC-001.yaml": """\
id: RC-001
kind: risk_control
title: A handle that turns
text: The handle turns both ways.
type: design
requirements: [SRS-001]
effectiveness: {method: test, evidence: [SYS-001/AC1], note: On a door of ours.}
""",
    "device/door.py": '''\
"""Doors."""

from __future__ import annotations


def turn(angle):
    """Turn the handle.

    Implements: SRS-001
    """
    return angle + 1


GREEN = (0, 128, 0)
"""The color.

Implements: SRS-002
"""
''',
    "device/sealed.py": 'raise RuntimeError("read by the trace, never imported")\n',
    "verification/features/door.feature": """\
Feature: Doors

  @SYS-001 @SYS-001/AC1
  Scenario: A door opens
    Given a door
    Then it is shown to be good

  @SRS-001/AC1
  Scenario Outline: The handle turns by <angle>
    Given a door
    When the handle is turned by <angle>
    Then it is shown to be good

    Examples:
      | angle |
      | 10    |
      | 20    |

  @SRS-001 @SRS-001/AC2
  Scenario: The handle turns back
    Given a door
      | part   |
      | handle |
    Then it is shown to be good

  @SRS-002/AC1
  Scenario: It is green
    Given a door
    Then it is shown to be good
""",
    "verification/test_features.py": """\
import importlib.util
from pathlib import Path

from pytest_bdd import given, parsers, scenarios, then, when

scenarios("features/door.feature")

def door():
    spec = importlib.util.spec_from_file_location("door", Path(__file__).parents[1] / "device" / "door.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

@given("a door")
def a_door(): pass

@when(parsers.parse("the handle is turned by {angle:d}"))
def turned(angle, observe): observe(f"turned by {angle}")

@then("it is shown to be good")
def good(tmp_path, observe):
    import uuid
    door().turn(0)
    observe(f"good, in {tmp_path}, of 2.25.{uuid.uuid4().int}, by {object()}")
""",
    "submission/content_map.yaml": """\
- {section: DOC-1/requirements, title: Requirements, shows: [software_requirement, system_requirement]}
- {section: DOC-1/handle, title: The handle, shows: [SRS-001]}
""",
}


def write_sample(root: Path, lender: Path) -> None:
    """Write the sample to a folder and commit it.

    Args:
        root: the folder; made if it is not there.
        lender: the checkout whose schemas and policy it takes.
    """
    for file, text in FILES.items():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for file in BORROWED:
        shutil.copy(lender / file, root / file)
    git(root, "init", "--quiet")
    commit(root)


PRACTICE = {
    "verification/features/door.feature": (
        "It is green\n    Given a door\n    Then it is shown to be good",
        "It is green\n    Given a door\n    Then it is green",
    ),
    "verification/test_features.py": (
        '@then("it is shown to be good")',
        """@then("it is green")
def green(observe):
    observe(f"its color is {door().GREEN}")
    assert door().GREEN == (0, 128, 0), "it is not green"

@then("it is shown to be good")""",
    ),
}
"""By file, what is written otherwise where people practice: a scenario fails if the door is painted."""


def write_practice(root: Path, lender: Path) -> None:
    """Write a small checkout in which people practice what would take long here.

    Raises:
        FileExistsError: something is there already.
    """
    root.mkdir(parents=True)
    write_sample(root, lender)
    for file, (old, new) in PRACTICE.items():
        path = root / file
        text = path.read_text(encoding="utf-8")
        if old not in text:
            raise ValueError(f"{file}: {old!r} is not in the sample")
        path.write_text(text.replace(old, new), encoding="utf-8")
    git(root, "config", "user.name", "Nobody")
    git(root, "config", "user.email", "nobody@example.invalid")
    commit(root)


def commit(root: Path) -> None:
    """Commit everything that is in a sample, as nobody."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "Change")


def git(root: Path, *arguments: str) -> None:
    """Run git in a sample: committed on a fixed day, written today, so that records agree with history."""
    today = f"{datetime.now(UTC).date()}T00:00:00Z"
    day = {"GIT_COMMITTER_DATE": "2026-01-02T00:00:00Z", "GIT_AUTHOR_DATE": today}
    nobody = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.invalid", "-c", "commit.gpgSign=false"]
    command = ["git", "-C", str(root), *nobody, *arguments]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | day)
