"""Words without a figure, changed on a page, in its ledger and in the text file alike, are held against the sources."""

import json
import random
import shutil
from pathlib import Path

import pytest

from submission.audit import audit
from submission.audit.attacks import Forgery
from submission.audit.attacks.wording import WORDING
from submission.audit.held.cover import Known, uncovered
from submission.audit.held.derived import beside_in, forms_of, places_in
from submission.audit.held.fixed import find_in_words
from submission.audit.held.sources import HERE, always_said_in, digest_of_sources, said_in_code, said_in_template
from submission.cli import submission

LABEL = "text/CW-DOC-041-label.json"


@pytest.fixture
def folder(good, tmp_path) -> Path:
    return Path(shutil.copytree(good.folder, tmp_path / "package"))


def read(folder: Path, name: str) -> dict:
    return json.loads((folder / name).read_text())


def told(folder: Path) -> list[str]:
    manifest = read(folder, "manifest.json")
    names = [name for name in manifest["evidence"] if name.endswith(".json")]
    files = {name.removeprefix("evidence/"): read(folder, name) for name in names}
    return [message for _, _, message in find_in_words(folder, manifest, files)]


# --- a package --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", WORDING)
def test_words_changed_in_all_three_places_are_found(good, tmp_path, kind):
    codes = []
    for seed in range(3):
        copy = Path(shutil.copytree(good.folder, tmp_path / str(seed)))
        forgery = Forgery(copy, random.Random(seed))  # noqa: S311  dice, not secrets
        if next((said for said in (WORDING[kind](forgery) for _ in range(20)) if said), None):
            codes += [one.code for one in audit(copy).findings]
    assert {*codes} & {"words-unknown", "words-missing"}


def test_what_nobody_changed_is_known(folder):
    assert told(folder) == []


def change(folder: Path, name: str, how) -> None:
    text = read(folder, name)
    how(text["blocks"])
    (folder / name).write_text(json.dumps(text))


def test_a_word_that_no_source_says_is_found(folder):
    def add(blocks):
        next(block for block in blocks if block["kind"] == "paragraph")["text"] += " It is very good."

    change(folder, LABEL, add)
    assert len(told(folder)) == 1


def test_heads_in_another_order_are_found(folder):
    def turn(blocks):
        row = next(block["rows"][0] for block in blocks if block.get("heads") and len(block["rows"][0]) > 2)
        row[0], row[1] = row[1], row[0]

    change(folder, "text/CW-DOC-014-gap-register.json", turn)
    assert any("which no table has side by side" in one for one in told(folder))


def test_names_of_pairs_in_another_order_or_one_less_are_found(folder):
    def table(blocks):
        return next(
            block["rows"]
            for block in blocks
            if block.get("rows") and ["Submitter"] in [row[:1] for row in block["rows"]]
        )

    for how in (lambda blocks: table(blocks).reverse(), lambda blocks: table(blocks).pop()):
        change(folder, "text/CW-DOC-003-summary-510k.json", how)
        assert any("which no table has one below the other" in one for one in told(folder))


def test_a_sentence_that_a_template_always_says_is_missed_where_it_is_left_out_or_stands_elsewhere(folder):
    def move(blocks):
        blocks.append(
            blocks.pop(next(at for at, block in enumerate(blocks) if "one chest radiograph" in block.get("text", "")))
        )

    change(folder, "text/CW-DOC-003-summary-510k.json", move)
    assert any("where its template does" in one for one in told(folder))


def test_a_package_of_other_sources_is_not_judged_by_ours_and_says_so(folder, capsys):
    def add(blocks):
        next(block for block in blocks if block["kind"] == "paragraph")["text"] += " It is very good."

    change(folder, LABEL, add)
    manifest = read(folder, "manifest.json")
    for named, said in (("0" * 64, f"made by the sources {'0' * 64}"), (None, "does not say by which sources")):
        (folder / "manifest.json").write_text(json.dumps(manifest | {"sources": named}))
        assert told(folder) == []
        report = audit(folder)
        assert "words-unknown" not in {one.code for one in report.findings}
        assert said in report.notices[0]
        assert "1 differ" in report.notices[0]
        assert "very good" in report.notices[1]
    submission(["audit", str(folder)])
    assert "notice: " in capsys.readouterr().err


def test_a_package_of_our_sources_has_no_notice(good):
    assert audit(good.folder).notices == ()


# --- what covers a text -----------------------------------------------------------------------------------------------


def known(*texts: str, joints: tuple[str, ...] = ()) -> Known:
    found = Known(Known())
    found.add(texts)
    found.join(joints)
    return found


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("The device is not safe", True),
        ("The device is safe", False),
        ("The device is not", False),
        ("the device is not safe, 12.5 seconds", True),
        ("12.5 minutes", False),
        ("seconds minute", False),  # two words that nothing joins
        ("seconds of seconds", True),
        ("seconds of of seconds", False),
        ("secondsseconds", False),
        ("", True),
    ],
)
def test_a_text_is_made_of_whole_stretches(text, fits):
    assert (uncovered(text, known("The device is not safe", "seconds", "minute", joints=("of",))) == "") is fits


def test_the_place_is_named_where_nothing_goes_on():
    assert uncovered("12 seconds forever", known("seconds")) == "12 seconds ⟨forever⟩"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("not_run", "not run"),
        ("Easy: with what is at hand", "Easy"),
        ("HAZ-008: the residual risk is unacceptable", "the residual risk is unacceptable"),
        ("CRIT-TEAM-1: no requirement rests on it", "no requirement rests on it"),
        ("device.gate.check", "check"),
        ("verification/features/gate.feature", "gate"),
        ("gate/a-case/12", "gate/a-case"),
        ("CW-DOC-053/what-is-measured", "what is measured"),
        ("Say it.\n\nRaises:\n    Error: a long\n        line.", "Error: a long line."),
        ("  --shard K/N    take a share", "take a share"),
        ("gate/" + "a" * 100, f"gate/{'a' * 43}…{'a' * 48}"),
        ('study | analysis("dropout")', "dropout"),
    ],
)
def test_a_text_of_the_evidence_has_known_forms(text, form):
    assert form in {*forms_of(f"{text}\n" if text.startswith(" ") else text)}


def test_what_records_say_side_by_side_and_where_a_gap_is():
    assert [*beside_in([{"id": "a.One", "signature": "class"}])] == ["a.One class", "One class"]
    gap = {"reason": "none", "closes": "make it"}
    assert [*places_in({"name": "X", "releases": [{"name": "r", "card": gap}], "gate": gap}, "device")] == [
        "device X r, card", "device X, gate",
    ]  # fmt: skip


# --- the sources ------------------------------------------------------------------------------------------------------


def test_a_template_says_its_stretches_and_those_that_it_takes_in():
    said = said_in_template("summary_510k.html")
    assert ("Metric and goal", "Estimate", "Interval", "n/N", "Patients", "Result") in said.rows
    assert ("Submitter", "Address", "Telephone", "Contact person", "Date prepared") in said.labels
    assert "Revision; owner; approval" in said.stretches  # of the base
    assert not any("<" in one for one in said.stretches | said.joints)


def test_what_a_template_says_by_a_condition_is_not_always_said():
    always = always_said_in("hazard_analysis.html")
    assert always
    assert not any("probability of harm" in one for one in always)  # in the row of a table
    assert always_said_in("no-such.html") == ()


def test_what_the_code_says_to_its_readers_is_not_what_it_prints():
    assert __import__("submission.context.found", fromlist=["x"]).__doc__ not in said_in_code().stretches


def test_every_source_counts(monkeypatch, tmp_path):
    copy = Path(shutil.copytree(HERE, tmp_path / "submission", ignore=shutil.ignore_patterns("fonts", "__pycache__")))
    shutil.copytree(HERE.parent / "verification/evidence", tmp_path / "verification/evidence")
    where = "submission.audit.held.sources"
    monkeypatch.setattr(f"{where}.HERE", copy)
    monkeypatch.setattr(f"{where}.VOCABULARY", tmp_path / "verification/evidence")
    digests = {digest_of_sources.__wrapped__()}
    for name in ("templates/label.html", "gaps.yaml", "drawings/lines.py"):
        with (copy / name).open("a") as file:
            file.write("\n")
        digests.add(digest_of_sources.__wrapped__())
    assert digest_of_sources() in digests
    assert len(digests) == 4
