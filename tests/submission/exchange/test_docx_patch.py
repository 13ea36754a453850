"""What was changed in Word as a patch of the source: only where a sentence stands literally, and once."""

import subprocess
from pathlib import Path

import docx
import pytest
import yaml

from submission.cli import submission
from submission.exchange.docx_check import Finding
from submission.exchange.docx_patch import make_patch
from verification.evidence import Project

REQUIREMENT = """\
id: SRS-901
# The device shall not be in a comment.
text: >
  The device shall do
  what SRS-901 says.
rationale: The reason is a made-up reason.
criteria:
- text: The same sentence stands in two places.
"""
TEMPLATE = """\
<p>The device reads &#8220;one&#8221; radiograph and no more.</p>
{# A comment that nobody ever sees at all. #}
<p>A sentence with a <b>word</b> that is set apart.</p>
{{ m.facts((("Name", "A text within an expression of Jinja"),)) }}
<p>This paragraph stands in the template alone.</p>
"""


@pytest.fixture
def project(tmp_path) -> Project:
    """A checkout with one requirement, one hazard, one plan and one template."""
    files = {
        "requirements_spec/SRS-901.yaml": REQUIREMENT,
        "risk/HAZ-901.yaml": "title: The same sentence stands in two places.\n",
        "verification/studies/x/plan.yaml": "objective: The objective of a locked plan is this.\n",
        "submission/templates/software_requirements.html": TEMPLATE,
        "pyproject.toml": "",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return Project(tmp_path)


def finding(was: str, now: str, how: str = "changed") -> Finding:
    return Finding("returned.docx", "CW-DOC-006", "1 One", how, was, now, (), False)


def applied(project: Project, *findings: Finding) -> dict[str, str]:
    """The files that git changes when it applies the patch, with their new content."""
    patch = make_patch(findings, project)
    before = {
        path: path.read_text() for path in project.root.rglob("*.*") if path.is_file() and ".git" not in path.parts
    }
    subprocess.run(["git", "apply", "-"], cwd=project.root, input=patch.content, check=True)
    return {
        path.relative_to(project.root).as_posix(): path.read_text()
        for path, was in before.items()
        if path.read_text() != was
    }


def why(project: Project, was: str, now: str, how: str = "changed") -> tuple[str, str]:
    patch = make_patch([finding(was, now, how)], project)
    assert patch.content == b""
    (outcome,) = patch.outcomes
    return outcome.why, outcome.place


def test_a_sentence_of_a_requirement_is_changed_there_and_keeps_its_lines(project):
    found = applied(
        project, finding("The device shall do what SRS-901 says.", "The device shall refuse what SRS-901 says.")
    )
    assert list(found) == ["requirements_spec/SRS-901.yaml"]
    assert "  The device shall refuse\n  what SRS-901 says.\n" in found["requirements_spec/SRS-901.yaml"]
    assert "# The device shall not be in a comment." in found["requirements_spec/SRS-901.yaml"]


def test_two_changes_of_two_files_are_one_patch(project):
    found = applied(
        project,
        finding("The reason is a made-up reason.", "The reason is made up."),
        finding("This paragraph stands in the template alone.", "This paragraph of R&D stands alone, if x < 1."),
    )
    assert yaml.safe_load(found["requirements_spec/SRS-901.yaml"])["rationale"] == "The reason is made up."
    template = found["submission/templates/software_requirements.html"]
    assert "<p>This paragraph of R&amp;D stands alone, if x &lt; 1.</p>" in template


def test_words_that_are_added_at_an_end_are_set_apart(project):
    found = applied(
        project,
        finding(
            "This paragraph stands in the template alone.", "Now this paragraph stands in the template alone. Really."
        ),
    )
    assert "<p>Now this paragraph stands in the template alone. Really.</p>" in found.popitem()[1]


@pytest.mark.parametrize(
    ("was", "now", "said", "place"),
    [
        ("The same sentence stands in two places.", "It stands in two.", "stands in 2 places",
         "requirements_spec/SRS-901.yaml:8, risk/HAZ-901.yaml:1"),
        ("A sentence with a word that is set apart.", "Another one.", "stands in no source as it is",
         "submission/templates/software_requirements.html"),
        ("The device reads “one” radiograph and no more.", "Two.", "stands in no source as it is",
         "submission/templates/software_requirements.html"),
        ("0.800", "0.810", "has fewer than 4 words", "submission/templates/software_requirements.html"),
        ("The objective of a locked plan is this.", "That.", "a digest locks it", "verification/studies/x/plan.yaml:1"),
        ("The device shall not be in a comment.", "It shall.", "in a comment of the file alone",
         "requirements_spec/SRS-901.yaml:2"),
        ("A comment that nobody ever sees at all.", "It is seen.", "in a comment of the template alone",
         "submission/templates/software_requirements.html:2"),
        ("The reason is a made-up reason.", "The reason: none.", "would leave a file that is no YAML",
         "requirements_spec/SRS-901.yaml:6"),
        ("The reason is a made-up reason.", "The reason is a made-up #1.", "would be read otherwise by YAML",
         "requirements_spec/SRS-901.yaml:6"),
        ("This paragraph stands in the template alone.", "It says {{ device }} now.", "part of the template's code",
         "submission/templates/software_requirements.html:5"),
        ("A text within an expression of Jinja", 'A "text" of Jinja', "holds a quotation mark",
         "submission/templates/software_requirements.html:4"),
        ("This paragraph stands in the template alone.", "See [[footnote 2]] here.", "holds what is no plain text",
         "submission/templates/software_requirements.html"),
    ],
)  # fmt: skip
def test_what_is_not_patched_is_named_with_its_place(project, was, now, said, place):
    reason, where = why(project, was, now)
    assert said in reason
    assert where == place


@pytest.mark.parametrize("how", ["added", "removed", "moved"])
def test_only_a_changed_sentence_is_patched(project, how):
    assert "only a changed sentence" in why(project, "The reason is a made-up reason.", "", how)[0]


def test_the_command_writes_the_patch_and_says_what_is_not_in_it(
    project, package, rendered, tmp_path, monkeypatch, capsys
):
    path, patch = tmp_path / "returned.docx", tmp_path / "changes.patch"
    path.write_bytes(rendered("CW-DOC-006"))
    file = docx.Document(str(path))
    run = next(one for one in file.paragraphs if one.text.startswith("The device shall do what SRS-901")).runs[0]
    run.text = run.text.replace("do what", "refuse what")
    file.save(str(path))
    commit(project.root)
    monkeypatch.chdir(project.root)
    assert submission(["check-docx", str(path), "--patch", str(patch), "--package", str(package.folder)]) == 1
    said = capsys.readouterr().out
    assert "in the patch: “The device shall do what SRS-901 says.”: requirements_spec/SRS-901.yaml:4" in said
    assert "1 of 1 changes; read it, then: git apply" in said
    assert "the checkout of another" in said
    subprocess.run(["git", "apply", "--check", str(patch)], cwd=project.root, check=True)
    assert (project.root / "requirements_spec/SRS-901.yaml").read_text() == REQUIREMENT  # nothing is taken over


def commit(root: Path) -> None:
    who = ["-c", "user.name=nobody", "-c", "user.email=nobody@invalid", "-c", "commit.gpgsign=false"]
    for arguments in (["add", "."], [*who, "commit", "-q", "-m", "Fictitious"]):
        subprocess.run(["git", *arguments], cwd=root, check=True)
