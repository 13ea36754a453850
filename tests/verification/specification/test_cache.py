"""The trace's cache never lies: after any change an answer has the bytes that it has without a cache."""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import msgspec
import pytest

from verification.evidence import Project, TraceEvidence, read_evidence, read_manifest, write_evidence
from verification.evidence.types import RunRecord
from verification.specification import cache
from verification.specification.cache import Shelf, open_cache, still_holds
from verification.trace.trace import ask, trace

pytestmark = pytest.mark.slow

SRS = "requirements_spec/software/SRS-001.yaml"
FEATURE = "verification/features/door.feature"
MADE = ("trace.json", "device.json")
SHELF = "requirements_spec/software/SRS-"


def answered(checkout):
    """The evidence that a run writes, as bytes."""
    trace(checkout.project)
    return [(checkout.project.evidence / name).read_bytes() for name in MADE]


def answered_anew(checkout):
    """The same in a checkout that knows nothing of earlier runs."""
    shutil.rmtree(checkout.root / "build/cache", ignore_errors=True)
    for name in MADE:
        (checkout.project.evidence / name).unlink(missing_ok=True)
    return answered(checkout)


def holds(checkout):
    return still_holds(open_cache(checkout.project))


def shelf_of(checkout):
    """What earlier runs have read of the software requirements."""
    return Shelf(open_cache(checkout.project), SHELF)


def shelves(checkout):
    return sorted((checkout.root / "build/cache/trace").iterdir())


@pytest.fixture
def traced(verified):
    """A verified checkout with a trace, and a cache that answers for it."""
    trace(verified.project)
    assert holds(verified)
    return verified


EDITS = {
    "a word of a requirement": lambda c: c.edit(SRS, "turn the handle", "turn the knob"),
    "what is not normative": lambda c: c.edit(SRS, "Doors have handles", "All doors have handles"),
    "the layout, which moves lines": lambda c: c.edit(SRS, "id: SRS-001\n", "# a remark\nid: SRS-001\n"),
    "a fault": lambda c: c.edit(SRS, "parents: [SYS-001]", "parents: [SYS-009]"),
    "what is no YAML": lambda c: c.write(SRS, b"\xff\xfe"),
    "a new item": lambda c: c.write("requirements_spec/software/SRS-003.yaml", "id: SRS-003\n"),
    "an item that is gone": lambda c: (c.root / "requirements_spec/software/SRS-002.yaml").unlink(),
    "a name without a file": lambda c: (c.root / "risk/hazards/HAZ-009.yaml").symlink_to("nowhere"),
    "a YAML file in the wrong place": lambda c: c.write("risk/HAZ-002.yml", "a: b\n"),
    "a hazard": lambda c: c.edit("risk/hazards/HAZ-001.yaml", "severity: 4\nprob", "severity: 5\nprob"),
    "a control": lambda c: c.edit("risk/controls/RC-001.yaml", "turns both ways", "turns"),
    "the policy": lambda c: c.edit("risk/policy.yaml", "serious_from: 4", "serious_from: 5"),
    "a schema": lambda c: c.edit("requirements_spec/schema.json", '"minItems": 1', '"minItems": 2'),
    "code": lambda c: c.edit("device/door.py", "angle + 1", "angle + 2"),
    "a claim": lambda c: c.edit("device/door.py", "Implements: SRS-002", "Implements: SRS-404"),
    "new code": lambda c: c.write("device/window.py", '"""Windows."""\n'),
    "a step": lambda c: c.edit(FEATURE, "turned by <angle>\n    Then", "twisted by <angle>\n    Then"),
    "a feature that is no Gherkin": lambda c: c.write(FEATURE, "Feature: Doors\n  Scenari: x\n"),
    "the steps' code": lambda c: c.edit("verification/test_features.py", "pass", "return"),
    "the content map": lambda c: c.edit("submission/content_map.yaml", "The handle", "Handles"),
    "a study": lambda c: c.write("verification/studies/d/criteria.yaml", "- {id: CRIT-D-1, metric: auroc}\n"),
    "a lock": lambda c: c.edit("runtime.lock", "numpy==2.4.6", "numpy==2.4.7"),
    "the project's description": lambda c: c.edit("pyproject.toml", "0.0.1", "0.0.2"),
    "a file outside of everything": lambda c: c.write("notes.txt", "to do\n"),
    "what faults showed": lambda c: c.write("verification/strength.json", "[]\n"),
    "an exemption": lambda c: c.write("verification/equivalents.yaml", "[]\n"),
    "a line of the review record": lambda c: c.write("docs/records/reviews.log", "{}\n"),
    "a tombstone": lambda c: c.write("requirements_spec/retired.yaml", "[]\n"),
    "a plan of changes": lambda c: c.write("requirements_spec/pccp.yaml", "a: b\n"),
    "a commit": lambda c: c.write("notes.txt", "to do\n").commit(),
    "no verification": lambda c: (c.project.evidence / "verification.json").unlink(),
    "an edited result": lambda c: c.edit("build/evidence/verification.json", '"passed"', '"failed"'),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_after_an_edit_the_answer_is_that_of_a_run_without_cache(traced, edit):
    edit(traced)
    assert not holds(traced)
    assert answered(traced) == answered_anew(traced)


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("text", [None, "{}"])
def test_what_was_written_and_is_changed_or_gone_is_written_again(traced, name, text):
    path = traced.project.evidence / name
    path.unlink() if text is None else path.write_text(text)
    assert answered(traced) == answered_anew(traced)


def test_with_nothing_changed_the_same_is_said_and_nothing_written(traced):
    before = {path: path.stat().st_mtime_ns for path in traced.project.evidence.iterdir()}
    first = [(traced.project.evidence / name).read_bytes() for name in MADE]
    assert answered(traced) == first
    assert {path: path.stat().st_mtime_ns for path in traced.project.evidence.iterdir()} == before
    assert answered_anew(traced) == first


def test_branches_do_not_mix(traced):
    def switch(*arguments):
        subprocess.run(["git", "-C", str(traced.root), "switch", "--quiet", *arguments], check=True)

    first = subprocess.run(
        ["git", "-C", str(traced.root), "branch", "--show-current"], check=True, capture_output=True, text=True
    ).stdout.strip()
    main = answered(traced)
    switch("--create", "other")
    traced.edit(SRS, "turn the handle", "turn the knob").edit("device/door.py", "angle + 1", "angle + 9").commit()
    other = answered(traced)
    assert other != main
    for _ in range(2):
        switch(first)
        assert answered(traced) == main
        switch("other")
        assert answered(traced) == other
    assert other == answered_anew(traced)


def test_studies_of_another_state_are_noticed_though_no_item_names_their_scores(traced):
    from verification.evidence import StudiesEvidence

    traced.write("verification/studies/doors/scores.csv", "1\n").commit()
    source = traced.project.source(["verification/studies/doors/scores.csv"])
    write_evidence(traced.project.evidence, "studies.json", StudiesEvidence(source=source, studies=(), issues=()))
    answered(traced)
    assert holds(traced)
    traced.write("verification/studies/doors/scores.csv", "2\n")
    assert not holds(traced)


def test_other_code_uses_nothing_of_the_cache(traced, monkeypatch):
    digest = cache.code_digest
    assert shelf_of(traced).recalled
    monkeypatch.setattr(cache, "code_digest", lambda *patterns: digest(*patterns)[::-1])
    assert shelf_of(traced).recalled == {}


def test_an_answer_of_other_code_of_the_device_is_none_though_what_was_read_is_kept(traced, monkeypatch):
    digest = cache.code_digest
    monkeypatch.setattr(
        cache, "code_digest", lambda *patterns: digest(*patterns)[:: -1 if patterns == cache.ALL_CODE else 1]
    )
    assert shelf_of(traced).recalled
    assert not holds(traced)


def test_the_code_is_known_by_its_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "find_suite", lambda: Project(tmp_path))
    found = []
    for text in ("a = 1\n", "a = 2\n", "a = 1\n"):
        (tmp_path / "verification").mkdir(exist_ok=True)
        (tmp_path / "verification/a.py").write_text(text)
        cache.code_digest.cache_clear()
        found.append(cache.code_digest("verification/**/*.py"))
    cache.code_digest.cache_clear()
    assert found[0] == found[2] != found[1]


def test_another_vocabulary_uses_nothing_of_the_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "find_suite", lambda: Project(tmp_path))
    (tmp_path / "verification/evidence/types").mkdir(parents=True)
    found = []
    for text in ("a = 1\n", "a = 2\n"):
        (tmp_path / "verification/evidence/types/items.py").write_text(text)
        cache.code_digest.cache_clear()
        found.append(cache._mark(b""))
    cache.code_digest.cache_clear()
    assert found[0] != found[1]


def damage(path, how):
    content = path.read_bytes()
    if how == "a folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(
            {
                "empty": b"",
                "cut": content[: len(content) // 2],
                "one byte": content[:-100] + bytes([content[-100] ^ 1]) + content[-99:],
                "no mark": content[64:],
                "noise": bytes(range(256)) * 50,
            }[how]
        )


@pytest.mark.parametrize("how", ["empty", "cut", "one byte", "no mark", "noise", "a folder"])
def test_a_damaged_cache_is_no_cache(traced, how):
    before = answered(traced)
    for path in shelves(traced):
        damage(path, how)
    assert shelf_of(traced).recalled == {}
    assert not holds(traced)
    assert answered(traced) == before


def test_an_entry_of_another_form_is_read_anew(traced):
    from verification.specification.reading import read_items

    (path,) = (each for each in shelves(traced) if "software" in each.name)
    content = msgspec.msgpack.encode(dict.fromkeys(shelf_of(traced).recalled, None))
    path.write_bytes(cache._mark(content) + content)
    assert {bytes(raw) for raw in shelf_of(traced).recalled.values()} == {b"\xc0"}
    assert read_items(open_cache(traced.project)).entries["SRS-001"].value["title"] == "Handle"


def test_what_is_no_text_is_not_kept_and_all_else_is(traced):
    project, values = open_cache(traced.project, keep=True), {1: 1, 2: "\udc80", 3: 2**70}
    for _ in range(2):
        with Shelf(project, "odd") as shelf:
            found = [shelf.recall(str(number), object, partial(values.get, number)) for number in values]
        assert found == list(values.values())
    assert set(Shelf(project, "odd").recalled) == {"1"}


def test_a_reader_that_fails_puts_nothing_on_its_shelf(traced):
    def fail():
        raise ValueError("half")

    with pytest.raises(ValueError, match="half"), Shelf(open_cache(traced.project, keep=True), "odd") as shelf:
        assert [shelf.recall("1", int, lambda: 1), shelf.recall("2", int, fail)]
    assert Shelf(open_cache(traced.project), "odd").recalled == {}


def test_a_question_leaves_the_cache_as_it_is(traced):
    traced.edit(SRS, "turn the handle", "turn the knob")
    before = [path.read_bytes() for path in shelves(traced)]
    assert "turn the knob" in next(item.text for item in ask(traced.project)[0].items if item.id == "SRS-001")
    assert [path.read_bytes() for path in shelves(traced)] == before


def test_what_a_faulty_file_says_is_never_kept(traced):
    traced.edit(SRS, "parents: [SYS-001]", "parents: [SYS-001, 7]")
    first = answered(traced)
    assert b"item-malformed" in first[0]
    traced.edit("device/door.py", "angle + 1", "angle + 2")
    assert [b"SRS-001.yaml:6" in each for each in answered(traced)] == [True, False]


def test_the_cache_does_not_grow_for_ever(traced):
    def size_of():
        return sum(path.stat().st_size for path in shelves(traced))

    size = size_of()
    for number in range(12):
        traced.edit("pyproject.toml", f"0.0.{number + 1}", f"0.0.{number + 2}")
        traced.edit(SRS, "Doors have handles.", f"Doors have {number} handles. Doors have handles.")
        answered(traced)
    assert size < size_of() < 6 * size


def test_several_processes_at_once_do_no_harm(verified):
    program = (
        "import sys; from pathlib import Path; from verification.evidence import Project\n"
        "from verification.trace.trace import trace\n"
        "trace(Project(Path(sys.argv[1])))"
    )

    def run(_):
        return subprocess.run(
            [sys.executable, "-c", program, str(verified.project.root)], capture_output=True, text=True
        )

    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(run, range(4)))
    assert [each.stderr for each in runs] == [""] * 4
    read_evidence(verified.project.evidence, "trace.json", TraceEvidence)
    assert holds(verified)
    assert answered(verified) == answered_anew(verified)


def test_no_writer_of_evidence_undoes_what_another_lists(tmp_path):
    record = RunRecord(command=[], started="", finished="", seconds=0, host="", python="", packages={})
    names = [f"{number}.json" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: write_evidence(tmp_path, name, record), names))
    assert sorted(read_manifest(tmp_path)) == sorted(names)
    assert all(read_evidence(tmp_path, name, RunRecord) == record for name in names)


def test_every_file_that_a_trace_opens_is_among_what_its_answer_rests_on(verified):
    program = """
import json, os, sys
from pathlib import Path
from verification.evidence import Project
from verification.specification import cache
from verification.trace.trace import trace

root, opened = sys.argv[1], set()
sys.addaudithook(lambda event, given: opened.add(str(given[0])) if event == "open" else None)
trace(Project(Path(root)))
known = cache.msgspec.msgpack.decode(cache.Shelf(cache.open_cache(Project(Path(root))), "answer").recalled["answer"])
inside = sorted(name[len(root) + 1:] for name in opened if name.startswith(root + "/"))
print(json.dumps([inside, [*known["digests"], *known["names"]]]))
"""
    run = subprocess.run([sys.executable, "-c", program, str(verified.project.root)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    opened, known = json.loads(run.stdout)
    made = {f"build/evidence/{name}" for name in (*MADE, "manifest.json")}
    made |= {name for name in opened if name.startswith("build/cache/trace/")}
    files = {name for name in opened if not (name in made or "/." in name or (verified.root / name).is_dir())}
    assert {SRS, FEATURE, "device/door.py", "pyproject.toml", "runtime.lock"} <= files
    assert files - set(known) == set()
