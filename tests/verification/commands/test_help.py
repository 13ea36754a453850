"""Help by role, hints for slips, one message outside a checkout, color on a terminal alone, nothing loaded in vain."""

import os
import pty
import re
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

from device import main
from verification.commands.usage.help import EVERYONE, FOR
from verification.evidence import ROLES, Issue, Severity, issue_line, paint

POINTS = {point.name: point for point in entry_points(group="clearway.commands")}


def run(*arguments, **options):
    """Run `clearway` in a process of its own."""
    program = "import sys, device; sys.exit(device.main())"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False, **options
    )


# --- help -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", POINTS)
def test_every_command_says_whose_it_is(name):
    role = FOR.search(POINTS[name].load().__doc__)
    assert role, f"{name}: its docstring has no line “For: ROLE”"
    assert role[1] in {*ROLES, EVERYONE}


def listed(text: str) -> dict[str, dict[str, list[str]]]:
    """By role the commands that help lists, each with its second words."""
    roles: dict[str, dict[str, list[str]]] = {}
    role = command = ""
    for line in text.splitlines():
        if heading := re.fullmatch(r"(\w[\w ]*):", line):
            role = heading[1]
        elif line.startswith("  ") and line[2] != " ":
            command = line[2:].split("  ")[0]
            roles.setdefault(role, {})[command] = []
        elif line.startswith("   "):
            roles[role][command] = line.strip().split(", ")
    return roles


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"], []])
def test_help_lists_commands_by_role_with_their_second_words(capsys, words):
    assert main(words) == (0 if words else 2)
    roles = listed(capsys.readouterr().out)
    assert list(roles) == [*ROLES, EVERYONE]
    assert roles["PACS administrator"]["release"] == ["list", "show", "lock", "compare", "check"]
    assert set(roles["engineer"]["trace"]) == {"impact", "diff", "prove", "export", "import"}
    assert roles["ML engineer"]["data"] == ["explore", "split", "assemble"]
    assert roles["ML engineer"]["train"] == ["report"]
    assert "release check" in roles["QA"]
    assert {"build", "check", "audit", "sign"} <= set(roles["regulatory affairs"]["submission"])
    told = {name for commands in roles.values() for name in commands}
    assert {name.partition(" ")[0] for name in POINTS} <= told


def test_a_command_is_explained_by_its_name(capsys):
    assert main(["help", "trace", "impact"]) == 0
    assert capsys.readouterr().out.startswith("usage: clearway trace impact")
    assert main(["help", "data", "split"]) == 0
    assert capsys.readouterr().out.startswith("usage: clearway data split")
    assert main(["help", "tracee"]) == 2
    assert "did you mean trace" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("tracee", "clearway: unknown command 'tracee'; did you mean trace?"),
        ("xyzzy", "clearway: unknown command 'xyzzy'; `clearway --help` lists them"),
        ("data explor", "clearway data: did you mean explore?"),
        ("trace impct", "clearway trace: did you mean impact"),
        ("release chek", "clearway release: did you mean check?"),
        ("release shwo paediatric-reference", "clearway release: did you mean show?"),
        ("study custody regster", "clearway study: did you mean register?"),
        ("submission biuld", "clearway submission: did you mean build?"),
        ("new requirment", "clearway new: did you mean requirement or system-requirement?"),
        ("gate --intake clinicl image.dcm", "clearway gate: did you mean clinical?"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(checkout, line, hint):
    done = checkout.run(*line.split())
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(hint)


@pytest.mark.parametrize("line", ["data xyzzy", "trace SRS-001 SRS-002", "gate", "study open", "trace diff"])
def test_what_is_like_nothing_gets_no_hint(checkout, line):
    done = checkout.run(*line.split())
    assert done.returncode == 2
    assert "did you mean" not in done.stderr


# --- outside a checkout -----------------------------------------------------------------------------------------------

NEEDING = (
    "check", "new hazard", "steps", "supply", "trace", "trace SRS-001", "trace --ids", "trace impact", "trace diff a b",
    "trace prove", "trace export a.reqif", "trace import a.reqif", "status", "verify", "verify --formal", "evaluate",
    "time", "data explore", "data split nih", "data assemble nih", "study log one", "study lock one",
    "study new one --release a --dataset b", "review SRS-001 --by A --meaning reviewed --reason b",
    "approve protocol --by A --meaning approved --reason b", "change new a..b --title c --reason d",
    "change check CHG-001", "release check", "qualify", "submission build", "submission check", "submission trace",
    "submission matrix a.csv", "submission exploration",
)  # fmt: skip
NEEDING_NONE = {"gate", "analyze", "release", "train", "train report", "completion", "doctor", "help", "serve"}


def test_every_command_that_needs_a_checkout_is_tried():
    pairs = ((" ".join(line.split()[:2]), line.split()[0]) for line in NEEDING)
    tried = {both if both in POINTS else first for both, first in pairs}
    assert set(POINTS) - tried == NEEDING_NONE


@pytest.mark.parametrize("line", NEEDING)
def test_outside_a_checkout_all_say_the_same(tmp_path, monkeypatch, capsys, line):
    monkeypatch.chdir(tmp_path)
    assert main(line.split()) == 2
    out, err = capsys.readouterr()
    assert (out, list(tmp_path.iterdir())) == ("", [])
    assert err == (
        f"clearway: {tmp_path}: not inside a Clearway checkout (no folder from here up holds requirements_spec/ and "
        "pyproject.toml); change into a clone, or name one with --project DIR\n"
    )


# --- color -----------------------------------------------------------------------------------------------------------

BLOCKING = Issue(code="c", severity=Severity.BLOCKING, where="a:1", message="it is wrong", hint="mend it")
ADVISORY = Issue(code="c", severity=Severity.ADVISORY, where="a:1", message="blocking no one", hint="see")


def on_terminal(checkout, *arguments, **environment):
    """What `clearway` writes on a terminal."""
    kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM")}
    program = "import sys, device; sys.exit(device.main())"
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments], cwd=checkout.root, stdout=follower, stderr=follower,
        env={**kept, "TERM": "xterm", **environment},
    ) as process:  # fmt: skip
        os.close(follower)
        written = b""
        try:
            while part := os.read(leader, 65536):
                written += part
        except OSError:  # how Linux says that the other end is closed
            pass
        process.wait()
    os.close(leader)
    return written.decode()


def test_a_terminal_shows_in_colour_what_stops_somebody_and_nothing_else(checkout):
    checkout.edit("risk/controls/RC-001.yaml", "[SRS-001]", "[SRS-777]")
    shown = on_terminal(checkout, "trace", "--check")
    assert "\x1b[31mblocking\x1b[0m  risk/controls/RC-001.yaml:6" in shown
    assert shown.count("\x1b[31m") == len(re.findall(r"^\x1b\[31mblocking\x1b\[0m", shown, re.MULTILINE)) > 1
    plain = re.sub(r"\x1b\[\d+m", "", shown).replace("\r\n", "\n")
    assert on_terminal(checkout, "trace", "--check", NO_COLOR="1").replace("\r\n", "\n") == plain
    assert on_terminal(checkout, "trace", "--check", TERM="dumb").replace("\r\n", "\n") == plain
    assert "\x1b" not in checkout.run("trace", "--check").stdout


def test_a_line_is_coloured_by_how_it_begins(monkeypatch):
    class Terminal:
        def isatty(self):
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for line in (issue_line(BLOCKING), "  blocking  what", "failed  one/two", "BLOCKED       1", "FAILED  python"):
        assert paint(line, Terminal()) == re.sub(
            r"(blocking|failed|BLOCKED|FAILED)", "\x1b[31m\\1\x1b[0m", line, count=1
        )
    for line in (issue_line(ADVISORY), "5 failed", "passed    blocking", "failedness"):
        assert paint(line, Terminal()) == line
    monkeypatch.setenv("NO_COLOR", "")  # set and empty is not set
    assert "\x1b" in paint("failed", Terminal())


# --- what is loaded ---------------------------------------------------------------------------------------------------

LOADED = "import sys; from device.cli import main; status = main(sys.argv[1:]); print('loaded:', *sorted(sys.modules))"


@pytest.mark.parametrize(
    ("line", "free_of"),
    [
        ("gate --help", {"verification", "submission", "difflib", "pydicom", "numpy", "importlib.metadata"}),
        ("analyze --help", {"verification", "submission", "difflib", "pydicom", "numpy", "importlib.metadata"}),
        ("steps", {"submission", "device.pipeline", "pydicom", "numpy", "jinja2", "pandas", "verification.trace"}),
        ("new hazard", {"submission", "device.pipeline", "pydicom", "numpy", "jinja2", "verification.trace"}),
        ("trace --ids", {"submission", "msgspec", "yaml", "pydicom", "verification.trace"}),
    ],
)
def test_only_the_command_that_is_asked_for_is_loaded(checkout, line, free_of):
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *line.split()], cwd=checkout.root, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.rpartition("loaded: ")[2].split())
    assert loaded & free_of == set()
