"""The tutorials' commands run as they stand there, in a copy of the checkout.

In a `console` block, `$ ` starts a command; `# exit 3` at its end is the exit status it must have, else 0. A line below
it must occur in its output; `…` stands for output that is left out; a backslash joins lines.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TUTORIALS = ("qa", "regulatory_affairs", "pacs", "node", "statistician", "ml_engineer", "engineer")
"""In the order of their readers' work, in one checkout: the first makes the evidence that the others start from."""

NOT_COPIED = shutil.ignore_patterns(".git", ".venv", ".tox", "build", "dist", "__pycache__", ".*_cache", ".hypothesis")


@dataclass
class Command:
    line: int
    text: str
    exit: int
    output: list[str] = field(default_factory=list)


def find_commands(tutorial: Path) -> Iterator[Command]:
    """Yield the commands of a tutorial's console blocks, each with what it must print."""
    command, inside = None, False
    for number, line in enumerate(tutorial.read_text().replace("\\\n", "").splitlines(), start=1):
        if line.startswith("```"):
            inside = line == "```console"
        elif inside and line.startswith("$ "):
            if command:
                yield command
            text, _, status = line[2:].partition("# exit ")
            command = Command(number, text.strip(), int(status or 0))
        elif inside and command and line.strip() not in ("", "…"):
            command.output.append(line.strip())
    if command:
        yield command


def plain(text: str) -> str:
    return " ".join(text.split())


def run(command: str, checkout: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of a shell in a checkout whose own code is what runs, so that a tutorial may change it."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(checkout), "COLUMNS": "200"}
    shell = subprocess.Popen(
        ["sh", "-c", command], cwd=checkout, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    STARTED.append(shell.pid)
    said, told = shell.communicate()
    return subprocess.CompletedProcess(command, shell.returncode, said, told)


STARTED: list[int] = []
"""The shells; what one has left running in the background is of its process group."""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the checkout, all of it committed there: evidence of an uncommitted checkout blocks a build.

    Its history is a clone: in a worktree `.git` is a file, and a copy of it would be the same repository.
    """
    copy = tmp_path_factory.mktemp("tutorial") / "clearway"
    shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
    run(f"git clone --quiet --bare '{ROOT}' .git && git config core.bare false", copy)
    run("git add -A && (git diff --cached --quiet || git -c user.name=test -c user.email= commit -qm test)", copy)
    yield copy
    for group in STARTED:  # of a tutorial that stopped half-way
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


def test_every_tutorial_is_run() -> None:
    assert {path.stem for path in (ROOT / "docs/tutorials").glob("*.md")} == set(TUTORIALS)


@pytest.mark.slow
@pytest.mark.parametrize("name", TUTORIALS)
def test_a_tutorials_commands_do_what_it_says(name: str, checkout: Path) -> None:
    tutorial = ROOT / "docs/tutorials" / f"{name}.md"
    commands = list(find_commands(tutorial))
    assert len(commands) >= 5
    for command in commands:
        ran = run(command.text, checkout)
        said = ran.stdout + ran.stderr
        where = f"{tutorial.name}:{command.line}: $ {command.text}\n{said[-3000:]}"
        assert ran.returncode == command.exit, where
        for expected in command.output:
            assert plain(expected) in plain(said), f"{expected!r} is not in the output\n{where}"


def test_a_console_block_is_read_as_it_is_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("text\n```console\n$ one --two   # exit 3\n…\nsaid so\n$ three\n```\n```sh\n$ not this\n```\n")
    assert list(find_commands(page)) == [Command(3, "one --two", 3, ["said so"]), Command(6, "three", 0)]


PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_command_that_a_page_names_exists() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    known = set(re.findall(r'^(\w+) = "[\w.]+:\w+"$', text, re.M))
    for page in PAGES:
        for name in re.findall(r"(?:^\$ |`)clearway ([a-z]+)", page.read_text(), re.M):
            assert name in known, f"{page.name}: clearway {name}"


def test_the_readme_starts_with_the_two_commands() -> None:
    blocks = re.findall(r"^```\w*\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    assert blocks[:2] == ["sh .ci/bootstrap documents\n", "sh .ci/bootstrap tests\n"]
