"""What evidence says that it rests on is all that its command reads of a checkout."""

import json
import subprocess
import sys

import pytest

from tests.verification.conftest import ROOT
from verification.evidence import Project
from verification.evidence.project import digest_of_suite

pytestmark = pytest.mark.slow

PROGRAM = """
import importlib, json, sys
from pathlib import Path
from verification.evidence import Project

root, suite, module, name, out = sys.argv[1:]
function = getattr(importlib.import_module(module), name)
opened, comparing = set(), []
sys.addaudithook(
    lambda event, given: opened.add(str(given[0])) if event == "open" and not comparing else None
)

class Elsewhere(Project):
    evidence = property(lambda self: Path(out))

    def find_hidden(self, *given):  # opens all that is committed, to see whether it is the commit's
        comparing.append(True)
        try:
            return super().find_hidden(*given)
        finally:
            comparing.pop()

source = function(Elsewhere(Path(root))).source
read = sorted(each.removeprefix(root + "/") for each in opened if each.startswith(root + "/"))
files = [getattr(module, "__file__", None) for name, module in sys.modules.items() if name.startswith("verification.")]
ran = sorted(each.removeprefix(suite + "/") for each in files if each and not each.endswith("__init__.py"))
print(json.dumps([read, ran, list(source.inputs), list(source.code)]))
"""
COMMANDS = {
    "evaluate": "verification.evaluation.evaluate run",
    "data explore": "verification.datasets.explore run",
    "supply": "verification.supply.supply write_supply",
}


def observe(root, command, out):
    """What a command opened of a checkout, the suite's files that it ran, and what its evidence says of both."""
    started = [sys.executable, "-c", PROGRAM, str(root), str(ROOT), *command.split(), str(out)]
    run = subprocess.run(started, capture_output=True, text=True, check=False, cwd=root)
    assert run.returncode == 0, run.stderr
    read, ran, inputs, code = json.loads(run.stdout.splitlines()[-1])
    return set(read), set(ran), set(inputs), {name for each in code for name in Project(ROOT).find_names(each)}


@pytest.mark.parametrize("command", COMMANDS)
def test_all_that_a_command_reads_is_what_its_evidence_rests_on(tmp_path, command):
    read, ran, inputs, code = observe(ROOT, COMMANDS[command], tmp_path)
    committed = Project(ROOT).read_tree("HEAD").keys()
    assert len(inputs) > 5
    assert (read & committed) - inputs - code == set()
    assert ran - code == set()


def test_a_run_of_scenarios_rests_on_all_that_reads_them_and_writes_it_down(checkout, tmp_path):
    read, ran, inputs, code = observe(checkout.root, "verification.scenarios.verify verify", tmp_path)
    committed = checkout.project.read_tree("HEAD").keys()
    assert "device/door.py" in inputs
    # all items are read at once; those of risk leave no word in this evidence
    assert {name for name in (read & committed) - inputs if not name.startswith("risk/")} == set()
    assert ran - code == set()


def test_code_is_bound_by_its_content():
    assert digest_of_suite("verification/evidence/*.py") != digest_of_suite("verification/graph/*.py")
