"""IEC 62304, 5.8 row by row; what roles do next; what a shell completes."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys

import pytest

from device.dispatch import run as dispatch
from tests.verification.conftest import Run, git
from verification.commands.release import check
from verification.commands.usage.completion import _load_commands, make_script

pytestmark = pytest.mark.slow


@pytest.fixture
def released(checkout, project_root):
    """The small checkout with the brightness release, committed."""
    shutil.copytree(project_root / "tests/device/brightness", checkout.root / "device/releases/brightness")
    return checkout.commit()


def run(checkout, *argv):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(checkout.root), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = check(list(argv))
    return Run(status, out.getvalue(), err.getvalue())


def rows(checkout):
    return {each["clause"]: each for each in map(json.loads, run(checkout, "--json").stdout.splitlines())}


def test_every_clause_is_answered_and_what_is_missing_is_named(released):
    found = rows(released)
    assert list(found) == [f"5.8.{number}" for number in range(1, 9)]
    assert {clause for clause, row in found.items() if row["answer"] == "not here"} == {"5.8.7", "5.8.8"}
    assert "verification.json has not been made" in found["5.8.1"]["missing"][0]
    assert found["5.8.4"]["missing"] == ["no tag names the commit"]
    assert "runtime.lock" not in " ".join(found["5.8.5"]["missing"])
    assert "suite.lock: 2 of 2 distributions without a hash" in found["5.8.5"]["missing"]
    text = run(released)
    assert text.returncode == 1
    assert "to be confirmed at source" in text.stdout


def test_a_run_and_a_tag_close_their_rows_as_far_as_they_go(released):
    assert released.run("verify").returncode == 0
    git(released.root, "tag", "v1")
    found = rows(released)
    assert found["5.8.4"]["answer"] == "done"
    assert "tag v1" in found["5.8.4"]["evidence"]
    assert "an engineering run: a formal one follows an approved protocol" in found["5.8.1"]["missing"]
    assert "5 passed" in found["5.8.1"]["evidence"][0]
    released.edit("device/door.py", "angle + 1", "angle + 2")
    found = rows(released)
    assert any("device/door.py, which has changed since" in each for each in found["5.8.1"]["missing"])
    assert "files of the checkout differ from the commit" in found["5.8.4"]["missing"]


ANOMALY = """\
id: ANO-001
title: It squeaks
found_in: 0.0.1
versions: [0.0.1]
observed: A squeak.
expected: Silence.
requirements: [SRS-001]
hazards: []
assessment: No harm.
security_assessment: None.
workaround: Oil it.
disposition: Later.
"""


def test_an_anomaly_is_listed_and_has_to_be_reviewed(released, project_root):
    fields = (project_root / "risk/schema.json").read_text()
    text = ANOMALY if '"versions"' in fields else ANOMALY.replace("versions: [0.0.1]\n", "")
    released.write("risk/anomalies/ANO-001.yaml", text).commit()
    found = rows(released)
    assert found["5.8.2"]["evidence"] == ["ANO-001 It squeaks"]
    assert found["5.8.3"]["answer"] == "gap"
    assert "ANO-001 is unreviewed" in found["5.8.3"]["missing"][0]
    steps = [json.loads(line) for line in released.run("status", "--json").stdout.splitlines()]
    assert [step["how"] for step in steps if step["role"] == "PACS administrator"] == ["workaround: Oil it."]


def test_a_release_is_named_or_there_is_none(released, checkout):
    unknown = run(released, "brightnes")
    assert unknown.returncode == 2
    assert "brightnes does not exist; did you mean brightness?" in unknown.stderr


def test_a_checkout_without_a_built_release_says_so(checkout):
    none = run(checkout)
    assert none.returncode == 2
    assert "no release of this checkout is built" in none.stderr


# --- status -----------------------------------------------------------------------------------------------------------


def test_status_says_what_was_never_reviewed_and_which_run_it_was(verified):
    steps = [json.loads(line) for line in verified.run("status", "--json").stdout.splitlines()]
    qa = [step["what"] for step in steps if step["role"] == "QA"]
    (unreviewed,) = [what for what in qa if "never reviewed" in what]
    assert unreviewed.startswith("13 of 13 items were never reviewed (5 scenario, 2 software requirement")
    assert "the last verification is an engineering run, by no approved protocol" in qa
    text = verified.run("status").stdout
    assert "statistician: nothing to do" in text
    assert "PACS administrator: nothing to do" in text


# --- commands of two words, completion --------------------------------------------------------------------------------


def test_a_command_of_two_words_goes_before_one_of_one(capsys):
    called = []

    def one(argv):
        """The first."""
        called.append(("release", argv))
        return 0

    def two(argv):
        """The second."""
        called.append(("release check", argv))
        return 5

    commands = {"release check": two, "other": one, "release": one}
    assert dispatch("clearway", ["release", "check", "name"], commands) == 5
    assert dispatch("clearway", ["release", "list"], commands) == 0
    assert called == [("release check", ["name"]), ("release", ["list"])]
    dispatch("clearway", ["--help"], commands)
    listed = [line.split("  ")[1] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert listed == ["release", "release check", "other"]


ZSH = {
    "zsh": "setopt ksharrays; ",  # as zsh's bashcompinit has it where it calls the function
    "bash": "autoload() { :; }; compinit() { :; }; bashcompinit() { :; }; ",
}
"""How the script for zsh runs: in zsh, or, where that is not installed, in bash without what zsh brings."""


@pytest.fixture(params=["bash", "zsh"])
def complete(request, checkout, tmp_path):
    """What a shell is offered for a line. zsh itself leaves out what does not begin as the last word does."""
    script = tmp_path / "completion"
    script.write_text(make_script(request.param, _load_commands()))
    shell = request.param if shutil.which(request.param) else "bash"
    before = ZSH[shell] if request.param == "zsh" else ""

    def words(*line):
        quoted = " ".join(f"'{word}'" for word in line)
        program = (
            f'. "{script}"; COMP_WORDS=({quoted}); COMP_CWORD={len(line) - 1}; _clearway; echo "${{COMPREPLY[@]}}"'
        )
        command = [shell, "-c", before + program]
        environment = os.environ | {"ZDOTDIR": str(tmp_path)}  # zsh keeps what it knows there
        done = subprocess.run(command, cwd=checkout.root, env=environment, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        return [word for word in done.stdout.split() if shell == "bash" or word.startswith(line[-1])]

    return words


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (["clearway", "st"], ["status", "steps", "study"]),
        (["clearway", "trace", "SRS"], ["SRS-001", "SRS-002"]),
        (["clearway", "trace", "HAZ"], ["HAZ-001"]),
        (["clearway", "trace", "imp"], ["impact", "import"]),
        (["clearway", "release", "c"], ["compare", "check"]),
        (["clearway", "change", "check", "CHG"], ["CHG-007"]),
        (["clearway", "data", "ex"], ["explore"]),
        (["clearway", "data", "explore", "--im"], ["--images"]),
        (["clearway", "submission", "build", "--v"], ["--volume"]),
        (["clearway", "gate", "image.dcm", "--rel"], ["--release"]),
        (["clearway", "trace", "impact", "--mark"], ["--markdown"]),
        (["clearway", "trace", "SRS-001", "--ch"], ["--check"]),
        (["clearway", "study", "custody", "reg"], ["register"]),
    ],
)
def test_a_shell_completes_commands_and_ids(complete, checkout, line, expected):
    checkout.write("docs/records/changes/CHG-007.yaml", "anything")
    assert complete(*line) == expected


def test_ids_come_without_the_device(checkout):
    program = "import sys, runpy; runpy.run_module('verification.specification.ids', run_name='__main__')"
    program += "; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=checkout.root, capture_output=True, text=True, check=True
    )
    *found, modules = done.stdout.splitlines()
    assert found == ["HAZ-001", "RC-001", "SRS-001", "SRS-002", "SYS-001", "UN-001"]
    assert not {"device", "numpy", "msgspec", "yaml"} & set(modules.split())
    assert checkout.run("trace", "--ids").stdout.splitlines() == found
