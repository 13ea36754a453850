"""Whatever is wrong with what people write: every fault in one pass, at its line, and nothing is run by reading it."""

import re
import shutil
import subprocess

import pytest

from verification.evidence import LARGEST_BYTES
from verification.sources.scan import scan
from verification.sources.scenarios import read_scenarios
from verification.specification.documents import _compose, parse_document
from verification.specification.hints import near
from verification.specification.reading import read_items

SRS = "requirements_spec/software/SRS-001.yaml"
OTHER = "requirements_spec/software/SRS-002.yaml"


def faults(run):
    """What `trace --check` says is blocking: place by code."""
    lines = re.findall(r"^blocking  (\S+): .+ \[([a-z-]+)\]; .+$", run.stdout, re.MULTILINE)
    assert run.stderr == ""
    return {(code, where) for where, code in lines}


def test_every_fault_is_said_in_one_pass_with_place_and_hint(verified):
    number = verified.root / "requirements_spec/software"
    text = (verified.root / SRS).read_text()
    for n in range(10, 30):
        verified.write(f"{number}/SRS-0{n}.yaml", text.replace("id: SRS-001", f"id: SRS-0{n}"))
    verified.write(f"{number}/SRS-010.yaml", b"id: SRS-010\ntitle: T\xfcr\n")
    verified.write(f"{number}/SRS-011.yaml", "id: SRS-011\n  title: [\n")
    verified.edit(f"{number}/SRS-012.yaml", "[SYS-001]", "[SRS-012]")
    verified.edit(f"{number}/SRS-013.yaml", "[SYS-001]", "[SRS-014]")
    verified.edit(f"{number}/SRS-014.yaml", "[SYS-001]", "[SRS-013]")
    verified.edit(f"{number}/SRS-015.yaml", "[SYS-001]", "[HAZ-001]")
    verified.write(f"{number}/srs-016.yaml", text.replace("id: SRS-001", "id: srs-016"))
    verified.write(f"{number}/SRS-017.yaml", "- id: SRS-017\n" * 1_000_000)
    (number / "SRS-018.yaml").unlink()
    (number / "SRS-018.yaml").symlink_to("SRS-018.yaml")
    verified.edit(f"{number}/SRS-019.yaml", "method: test", "method: hope")
    verified.edit("device/door.py", "def turn(", "def rotate(")
    run = verified.run("trace", "--check")
    assert run.returncode == 1
    folder = "requirements_spec/software"
    assert faults(run) >= {
        ("yaml-unreadable", f"{folder}/SRS-010.yaml:2"),
        ("yaml-unreadable", f"{folder}/SRS-011.yaml:2"),
        ("link-self", f"{folder}/SRS-012.yaml:6"),
        ("link-cycle", f"{folder}/SRS-013.yaml:6"),
        ("link-wrong-kind", f"{folder}/SRS-015.yaml:6"),
        ("item-duplicate", f"{folder}/srs-016.yaml:1"),
        ("yaml-unreadable", f"{folder}/SRS-017.yaml:1"),
        ("item-missing", f"{folder}/SRS-018.yaml:1"),
        ("item-malformed", f"{folder}/SRS-019.yaml:11"),
        ("verification-stale", "verification.json"),
    }
    assert f"14000000 bytes, expected at most {LARGEST_BYTES}" in run.stdout


def test_a_renamed_symbol_takes_its_claims_along_and_makes_the_evidence_stale(verified):
    verified.edit("device/door.py", "def turn(", "def rotate(")
    assert verified.item("device.door.rotate").status.value == "covers"
    assert "device.door.turn" not in {item.id for item in verified.trace().items}
    assert verified.item("SRS-001").status.value == "stale"


@pytest.mark.parametrize("unit", ["- a\n", "a\n", "#\n", "\n"])
def test_a_file_of_a_million_lines_is_an_issue_at_once_wherever_it_lies(checkout, unit):
    text = "#\n" + unit * 1_000_000
    for file in (SRS, "device/door.py", "verification/features/door.feature"):
        checkout.write(file, text)
    found = [*read_items(checkout.project).issues, *scan(checkout.project)[1], *read_scenarios(checkout.project)[1]]
    codes = {issue.code for issue in found if "bytes, expected at most" in issue.message}
    assert codes == {"yaml-unreadable", "code-unreadable", "feature-unreadable"}
    assert all(issue.where.endswith(":1") for issue in found if "bytes, expected" in issue.message)


def test_folders_that_link_to_themselves_are_walked_once(checkout):
    for folder in ("requirements_spec/software", "device", "verification/features", "risk"):
        (checkout.root / folder / "again").symlink_to("..", target_is_directory=True)
        (checkout.root / folder / "loop").symlink_to("loop")
    names = list(checkout.project.find_names("requirements_spec/**/*", "risk/**/*", "device/**/*", "verification/**/*"))
    assert len(names) == len(set(names))
    assert not [name for name in names if "/again/" in name or name.endswith("/loop")]
    assert checkout.run("trace", "--check").returncode == 1  # not verified; no crash
    assert checkout.codes() == ["verification-missing"]


def test_a_shallow_clone_gives_the_same_trace_and_says_what_it_cannot_see(verified, tmp_path):
    verified.write("notes.txt", "to do\n").commit()
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", f"file://{verified.root}", str(clone)], check=True)
    copy = type(verified)(clone)
    assert (verified.run("verify").returncode, copy.run("verify").returncode) == (0, 0)
    shallow, whole = copy.trace(), verified.trace()
    assert (shallow.items, shallow.links) == (whole.items, whole.links)
    assert [issue.code for issue in shallow.issues if issue not in whole.issues] == ["history-unseen"]
    assert copy.codes() == []
    assert "history-unseen" in copy.run("trace", "--check").stdout
    subprocess.run(["git", "-C", str(clone), "fetch", "--quiet", "--unshallow"], check=True)
    assert "history-unseen" not in copy.run("trace", "--check").stdout


def test_without_a_git_program_a_command_says_so(verified, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    run = verified.run("trace", "--check")
    assert run.returncode == 2
    assert "git cannot describe the checkout: [Errno 2] No such file or directory: 'git'" in run.stderr


def test_markup_in_a_requirement_is_text_and_stays_text(verified):
    script = "<script>alert(1)</script>"
    verified.edit(SRS, "title: Handle", f"title: {script}")
    assert verified.item("SRS-001").title == script
    assert verified.run("trace", "SRS-001").stdout.startswith(f"SRS-001  {script}")


def test_what_steers_a_terminal_is_shown_and_not_sent(verified):
    verified.edit(SRS, "title: Handle", 'title: "\\e]0;owned\\a Handle\\e[31m"')
    verified.edit("risk/hazards/HAZ-001.yaml", "[RC-001]", '["RC-\\e[2J"]')
    for arguments in (["SRS-001"], ["--check"]):
        text = verified.run("trace", *arguments).stdout
        assert "\x1b" not in text
        assert "\x07" not in text
        assert r"\x1b" in text


@pytest.mark.parametrize(
    "line",
    [
        "title: !!python/object/apply:os.system ['touch MARK']",
        "title: !!python/name:os.system",
        "title: !!python/object/new:subprocess.Popen [['touch', 'MARK']]",
        'title: "$(touch MARK)"',
        'title: "{{ 7 * 7 }}`touch MARK`"',
    ],
)
def test_nothing_that_a_file_says_is_run(verified, line):
    verified.edit(SRS, "title: Handle", line.replace("MARK", str(verified.root / "MARK")))
    verified.write("device/evil.py", f"import os\nos.system('touch {verified.root}/MARK')\n")
    verified.run("trace", "--check")
    verified.run("trace", "SRS-001")
    assert not (verified.root / "MARK").exists()


def test_a_billion_laughs_are_one_issue(checkout):
    rows = ["a0: &a0 [lol, lol, lol]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    checkout.write(SRS, "\n".join(rows))
    codes = [issue.code for issue in read_items(checkout.project).issues]
    assert "yaml-alias" in codes


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb: [1, 2.5, x]\nc: {d: null, e: ~, f: yes, g: off}\n", "a: 0x1F\nb: 0o7\nc: 1_000\nd: +1.5\ne: .inf\n",
        "a: 2026-01-02\nb: 2026-01-02T10:00:00Z\nc: 010:99\nd: '1'\ne: \"no\"\n", "a: |\n  x\n  y\nb: >\n  x\n  y\n",
        "id: A\n? b\n: c\n", "", "# nothing\n", "--- a\n", "a: 1\n...\n", "[1, [2, [3]]]", "a: =\nb: <<\n",
        "a: !!str 5\n", "a: &x 1\nb: *x\n", "a: 1\na: 2\n", "a: !t {b: c}\n", "{a: [}", "a: b\n--- c\n", "? [a]\n: b\n",
    ],
)  # fmt: skip
def test_the_quick_way_to_read_and_the_thorough_one_agree(text):
    quick, thorough = parse_document(text.encode(), "f"), _compose("f", text.encode())
    assert (quick.value, quick.line, quick.issues) == (thorough.value, thorough.line, thorough.issues)
    assert quick.places == thorough.places


def test_the_quick_way_and_the_thorough_one_agree_on_every_item_of_ours(project_root):
    paths = sorted([*project_root.glob("requirements_spec/**/*.yaml"), *project_root.glob("risk/**/*.yaml")])
    assert len(paths) > 80
    for path in paths:
        content = path.read_bytes()
        quick, thorough = parse_document(content, "f"), _compose("f", content)
        assert (quick.value, quick.line, quick.issues) == (thorough.value, thorough.line, [])


def test_both_judges_of_a_schema_agree_on_what_is_wrong(checkout):
    from jsonschema import Draft202012Validator

    from verification.specification.kinds import FOLDERS
    from verification.specification.reading import read_schema

    changes = [{}, {"id": 7}, {"title": ""}, {"title": " "}, {"needs": []}, {"criteria": None}, {"parents": ["a", "a"]}]
    changes += [{"severity": value} for value in (0, 6, 1.0, 1.5, "1", True, 10**30)]
    changes += [{"colour": "green"}, {"residual": {}}, {"text": float("nan")}, {"kind": "door"}]
    for folder, kind in FOLDERS.items():
        schema = read_schema(checkout.project, folder.partition("/")[0], kind.value, [])
        for entry in read_items(checkout.project).of(kind):
            for change in changes:
                value = entry.value | change
                worded = Draft202012Validator(schema.value).is_valid(value)
                assert schema.accepts(value) is worded or (not schema.accepts(value) and change == {"severity": 10**30})


def test_a_schema_that_is_none_is_said(checkout):
    checkout.edit("risk/schema.json", '"type": "object"', '"type": "thing"')
    codes = [issue.code for issue in read_items(checkout.project).issues]
    assert codes.count("schema-unreadable") == 1


def test_a_hint_is_found_among_very_many_ids():
    known = {f"SRS-{number:05}" for number in range(50_000)}
    assert near("SRS-1234", known).startswith("did you mean SRS-")
    assert near("srs-00007", known) == "did you mean SRS-00007?"
    assert near("completely other", known) == "see `clearway trace` for the ids that exist"


def test_a_file_that_is_gone_between_two_looks_is_an_error_of_its_own(checkout):
    project = checkout.project.snapshot()
    names = list(project.find_names("device/**/*"))
    shutil.rmtree(checkout.root / "device")
    with pytest.raises(FileNotFoundError, match=r"device/door\.py"):
        project.source(names)


def test_a_file_that_changes_between_two_looks_is_no_file_of_this_moment(checkout):
    project = checkout.project.snapshot()
    project.seen.room = 0  # so that nothing is kept, as of a large project
    name = "requirements_spec/software/SRS-001.yaml"
    before = project.read(name)
    assert project.read(name) == before
    checkout.edit(name, "turn the handle", "turn the knob")
    with pytest.raises(OSError, match="it was changed while the checkout was read"):
        project.read(name)
    codes = {issue.code: issue.where for issue in read_items(project).issues}
    assert codes["yaml-unreadable"] == f"{name}:1"
    assert name in project.find_hidden()


def test_places_are_told_though_no_content_is_kept(checkout):
    checkout.edit("requirements_spec/software/SRS-001.yaml", "parents: [SYS-001]", "parents:\n  - SYS-001\n  - SYS-009")
    project = checkout.project.snapshot()
    project.seen.room = 0
    places = {issue.where for issue in read_items(project).issues if issue.code == "link-dangling"}
    assert places == {"requirements_spec/software/SRS-001.yaml:8"}
    assert project.seen.contents == {}
