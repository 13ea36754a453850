"""A checkout of N requirements in three levels, verified, deterministic, to measure the trace with.

python benchmarks/trace/generate.py 5000 /tmp/trace-5000

Of N requirements, N/20 are user needs, N/5 system and the rest software requirements. N/5 symbols of `device/`
implement them, N/5 scenarios verify every criterion, N/100 hazards have N/50 controls. The folder becomes a git
repository with one commit; `build/evidence/verification.json` says that all scenarios passed at that commit.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from verification.evidence import ItemKind, Project, ResultStatus, VerificationEvidence, write_evidence
from verification.scenarios.verify import Outcome, StepOutcome, _evidence
from verification.sources.scan import scan
from verification.sources.scenarios import read_scenarios
from verification.specification.reading import read_items

HERE = Path(__file__).resolve().parents[2]
ABOVE = 1000
"""Numbers of the software requirements are above it: those of the gate's requirements are held to their words."""
TEXTS = {
    ".gitignore": "/build/\n__pycache__/\n",
    "pyproject.toml": '[project]\nname = "measured"\nversion = "0.0.1"\ndependencies = ["numpy>=2"]\n\n'
    '[tool.clearway.soup]\nnumpy = { purpose = "counts", license = "BSD-3-Clause" }\n',
    "runtime.lock": "numpy==2.4.6 \\\n    --hash=sha256:00\n",
    "suite.lock": "numpy==2.4.6\njinja2==3.1.6\n",
    "training.lock": "numpy==2.4.6\n",
    "submission/content_map.yaml": """\
- {section: DOC-1/needs, title: User needs, shows: [user_need]}
- {section: DOC-1/requirements, title: Requirements, shows: [software_requirement, system_requirement]}
- {section: DOC-2/risks, title: Risks, shows: [hazard, risk_control]}
""",
}
REQUIREMENT = """\
id: {id}
kind: {kind}
title: Limit {n} of the door
text: {who} open door {n} within {n} seconds of the visitor's request, and report every door that stays shut.
rationale: A visitor who waits longer than {n} seconds turns around; nobody then learns that door {n} is stuck.
parents: [{parents}]
safety_related: {safety}
source: {source}
needs: [{needs}]
criteria:{criteria}
"""
HAZARD = """\
id: HAZ-{n:03}
kind: hazard
title: Shut in behind door {n}
hazard: Door {n} does not open.
sequence_of_events:
  - The handle of door {n} sticks.
  - The visitor does not see that it sticks.
hazardous_situation: A visitor cannot leave room {n}.
harm: The visitor faints.
severity: {severity}
probability_of_harm: 3
controls: [{controls}]
residual: {{severity: {severity}, probability_of_harm: 1}}
disclosed: null
"""
CONTROL = """\
id: RC-{n:03}
kind: risk_control
title: A handle {n} that turns both ways
text: The handle of door {n} turns both ways.
type: design
requirements: [{requirement}]
effectiveness: {{method: test, evidence: [{requirement}/AC1], note: "On door {n}, without load."}}
"""


class Sizes:
    """How many of each kind, of N requirements."""

    def __init__(self, n: int) -> None:
        self.needs, self.system = max(1, n // 20), max(1, n // 5)
        self.software = n - self.needs - self.system
        self.symbols = self.scenarios = max(1, n // 5)
        self.hazards, self.controls = max(1, n // 100), max(2, n // 50)


def generate(n: int, root: Path) -> None:
    """Write the checkout of `n` requirements to a folder that does not exist yet, commit it, add the evidence."""
    sizes = Sizes(n)
    for file, text in (*TEXTS.items(), *find_items(sizes), *find_code(sizes), *find_features(sizes)):
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for file in ("requirements_spec/schema.json", "risk/schema.json", "risk/policy.yaml"):
        shutil.copy(HERE / file, root / file)
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Generate"]):
        git(root, *command)
    write_evidence(root / "build" / "evidence", "verification.json", passed(Project(root.resolve())))


def find_items(sizes: Sizes) -> Iterator[tuple[str, str]]:
    """Yield every item's file and text."""
    for n in range(1, sizes.needs + 1):
        text = requirement(f"UN-{n:03}", "user_need", n, "", "design_validation", ())
        yield f"requirements_spec/user_needs/UN-{n:03}.yaml", text
    for n in range(1, sizes.system + 1):
        parent = f"UN-{1 + n % sizes.needs:03}"
        text = requirement(f"SYS-{n:03}", "system_requirement", n, parent, "scenario", ("AC1",))
        yield f"requirements_spec/system/SYS-{n:03}.yaml", text
    for n in range(1, sizes.software + 1):
        parent = f"SYS-{1 + n % sizes.system:03}"
        text = requirement(f"SRS-{ABOVE + n}", "software_requirement", n, parent, "symbol, scenario", criteria_of(n))
        yield f"requirements_spec/software/SRS-{ABOVE + n}.yaml", text
    for n in range(1, sizes.hazards + 1):
        controls = ", ".join(
            f"RC-{number:03}" for number in range(1, sizes.controls + 1) if number % sizes.hazards + 1 == n
        )
        yield f"risk/hazards/HAZ-{n:03}.yaml", HAZARD.format(n=n, severity=1 + n % 4, controls=controls)
    for n in range(1, sizes.controls + 1):
        yield f"risk/controls/RC-{n:03}.yaml", CONTROL.format(n=n, requirement=f"SRS-{ABOVE + 1 + n % sizes.software}")


def requirement(identity: str, kind: str, n: int, parents: str, needs: str, criteria: tuple[str, ...]) -> str:
    """The text of one requirement's file."""
    rows = [f"\n  - {{id: {name}, text: Door {n} opens in time for {name}., method: test}}" for name in criteria]
    return REQUIREMENT.format(
        id=identity, kind=kind, n=n, parents=parents, needs=needs, criteria="".join(rows) or " []",
        who="The visitor needs a device that can" if kind == "user_need" else "The device shall",
        safety="true" if n % 5 == 0 else "false", source="IEC 62304, 5.2" if n % 7 == 0 else "null",
    )  # fmt: skip


def criteria_of(n: int) -> tuple[str, ...]:
    """The criteria of a software requirement: two in every fifth, else one."""
    return ("AC1", "AC2") if n % 5 == 0 else ("AC1",)


def find_code(sizes: Sizes) -> Iterator[tuple[str, str]]:
    """Yield modules of at most 20 functions; every software requirement is claimed by one of them."""
    functions = []
    for n in range(sizes.symbols):
        claims = ", ".join(f"SRS-{ABOVE + number}" for number in range(n + 1, sizes.software + 1, sizes.symbols))
        functions.append(
            f"def open_{n}(seconds: float) -> bool:\n"
            f'    """Open door {n} in time.\n\n    Implements: {claims}\n    """\n'
            f"    waited = seconds - {n}\n    return waited <= {n} or waited in (1, 2)\n"
        )
    yield "device/__init__.py", '"""Doors."""\n'
    for n in range(0, len(functions), 20):
        yield f"device/doors_{n // 20:04}.py", '"""Some doors."""\n\n\n' + "\n\n".join(functions[n : n + 20])


def find_features(sizes: Sizes) -> Iterator[tuple[str, str]]:
    """Yield feature files of at most 20 scenarios, which verify every criterion between them."""
    names = [f"SYS-{n:03}/AC1" for n in range(1, sizes.system + 1)]
    names += [f"SRS-{ABOVE + n}/{name}" for n in range(1, sizes.software + 1) for name in criteria_of(n)]
    scenarios = []
    for n in range(sizes.scenarios):
        tags = " ".join(f"@{name}" for name in names[n :: sizes.scenarios])
        steps = (
            f"    Given door {n} that is shut\n    When a visitor asks for it\n    Then it is open within {n} seconds\n"
        )
        scenarios.append(f"  {tags}\n  Scenario: Door {n} opens\n{steps}")
    for n in range(0, len(scenarios), 20):
        yield (
            f"verification/features/doors_{n // 20:04}.feature",
            "Feature: Doors\n\n" + "\n".join(scenarios[n : n + 20]),
        )


def passed(project: Project) -> VerificationEvidence:
    """Evidence of a run in which every scenario passed."""
    step = StepOutcome(status=ResultStatus.PASSED, observed="")
    symbols: dict[str, list[str]] = {}
    for symbol in scan(project)[0]:
        for requirement in symbol.implements:
            symbols.setdefault(requirement, []).append(symbol.id)
    for entry in read_items(project).of(ItemKind.SOFTWARE_REQUIREMENT):
        for _, parent in entry.targets("parents"):
            symbols.setdefault(parent, []).extend(symbols[entry.id])
    outcomes = tuple(
        Outcome(
            file=each.file, line=each.defined_at, row=each.row, status=ResultStatus.PASSED, message=None,
            steps=(step,) * len(each.steps),
            entered=tuple(sorted({name for one in each.requirements for name in symbols.get(one, ())})),
        )
        for each in read_scenarios(project)[0]
    )  # fmt: skip
    return _evidence(project, outcomes, ())


def git(root: Path, *arguments: str) -> None:
    """Run git as nobody, at a fixed time."""
    who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in
           (("NAME", "Nobody"), ("EMAIL", "nobody@example.invalid"), ("DATE", "2026-01-02T00:00:00Z"))}  # fmt: skip
    subprocess.run(["git", "-C", str(root), *arguments], check=True, env=os.environ | who)


if __name__ == "__main__":
    number, folder = int(sys.argv[1]), Path(sys.argv[2])
    generate(number, folder)
    print(json.dumps(vars(Sizes(number))))
