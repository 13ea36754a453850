"""Custody from end to end on made images, for real: registered, locked, scored once, taken in; and each refusal."""

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from verification.commands.study import study
from verification.evaluation.evaluate import run
from verification.evaluation.sealing import seal
from verification.evidence import Gap, Project, find_project
from verification.protocol.custody import ALGORITHM, Sealed, commit, number_apart, read_list
from verification.steps import radiographs

pytestmark = pytest.mark.slow

ROOT = find_project().root
NAME = "sealed"
FOLDER = f"verification/studies/{NAME}"
IMAGES = 12
PLAN = """
name: sealed
title: A study of images that somebody else holds
kind: custody
label: scored by a custodian
release: paediatric-reference
dataset: elsewhere
split: none
objective: o
population: p
unit: image
reference_standard: r
data: d
exclusions: []
threshold_rule: t
minimum_sensitivity: 0.9
interval_method: i
replicates: 50
seed: 1
subgroups:
  - {{name: women, by: sex, values: [F]}}
  - {{name: two years and younger, by: age_years, maximum: 2}}
  - {{name: three years and older, by: age_years, minimum: 3}}
not_recorded: []
sample_size: s
limitations: []
asserted:
  reason: made for a test
  values: {{BodyPartExamined: CHEST, Modality: CR, ViewPosition: AP, PatientAge: 003Y}}
custody:
  registration_sha256: {registration}
  beside:
    another: {{file: another.csv, sha256: {another}, image: name, score: score, what: made for a test}}
"""
CRITERIA = """
- {id: CRIT-S-1, metric: auroc, subgroup: all, limit: lower, comparison: '>', bound: 0.5, rationale: r}
- {id: CRIT-S-2, metric: auroc_difference, subgroup: women, limit: lower, comparison: '>', bound: -0.02, rationale: r}
"""


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def follow_page(folder, checkout, place):
    """Run a command of the custodian's page as it stands there, and look for what it is said to print."""
    page = (ROOT / "docs/custodian.md").read_text().replace("\\\n", "")
    command, *said = re.findall(r"```console\n\$ (.*?)```", page, re.S)[place].splitlines()
    (folder / "clearway").unlink(missing_ok=True)
    (folder / "clearway").symlink_to(checkout)
    place = os.environ | {"CLEARWAY_DATA": str(folder), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(command, shell=True, cwd=folder, env=place, capture_output=True, text=True, check=False)  # noqa: S602
    assert done.returncode == 0, done.stderr
    assert said
    assert [line for line in said if line not in done.stdout] == []


@pytest.fixture(scope="module")
def custodian(tmp_path_factory):
    """What a custodian holds and has registered; one of the images is DICOM, and one is no radiograph."""
    folder = tmp_path_factory.mktemp("custodian")
    (folder / "images").mkdir()
    published = sorted(radiographs.PUBLISHED.glob("*.jpeg"))
    rows = [("image", "label", "patient", "sex", "age_years")]
    for number, path in enumerate(published[: IMAGES // 2] + published[-IMAGES // 2 :]):
        name = f"chest{number:02}"
        if number == 0:
            pixels = radiographs.read_published(path.name)
            radiographs.save(radiographs.radiograph(pixels), folder / "images" / f"{name}.dcm")
        elif number == 1:
            Image.new("L", (600, 600), 99).save(folder / "images" / f"{name}.png")
        else:
            shutil.copy(path, folder / "images" / f"{name}.jpeg")
        rows.append((f"{name}.png", int(number >= IMAGES // 2), f"p{number // 2}", "MF"[number % 2], number % 5))
    with (folder / "list.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    with (folder / "another.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("name", "score"), *((row[0], 0.05 * n) for n, row in enumerate(rows[1:-1]))])
    follow_page(folder, ROOT, 0)
    return folder


@pytest.fixture(scope="module")
def planned(custodian, tmp_path_factory):
    """A checkout whose plan names the registration, and is locked."""
    root = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "device/releases/paediatric-reference", root / "device/releases/paediatric-reference")
    (root / "verification/datasets").mkdir(parents=True)
    (root / FOLDER).mkdir(parents=True)
    shutil.copy(custodian / "custody.json", root / FOLDER)
    digests = {"registration": sha256(custodian / "custody.json"), "another": sha256(custodian / "another.csv")}
    (root / FOLDER / "plan.yaml").write_text(PLAN.format(**digests))
    (root / FOLDER / "criteria.yaml").write_text(CRITERIA)
    (root / "requirements_spec").mkdir()
    (root / "pyproject.toml").write_text("")
    identity = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.invalid"]
    for command in (["init", "-q"], [*identity, "commit", "-q", "--allow-empty", "-m", "Begin"]):
        subprocess.run(["git", "-C", str(root), *command], check=True)
    assert study(["--project", str(root), "lock", NAME]) == 0
    return root


def score(root, custodian, output, **changed):
    given = {"images": custodian / "images", "list": custodian / "list.csv", "salt": custodian / "salt"}
    options = [
        part for name, path in (given | {"output": output} | changed).items() for part in (f"--{name}", str(path))
    ]
    return study(["--project", str(root), "custody", "score", NAME, *options, "--data", str(custodian)])


def take_in(root, folder, *options):
    return study(["--project", str(root), "custody", "import", NAME, str(folder), *options])


@pytest.fixture(scope="module")
def result(planned, custodian):
    """The custodian's result; the custodian's list has its log from now on."""
    follow_page(custodian, planned, 1)
    return custodian / "result"


@pytest.fixture
def checkout(planned, tmp_path):
    shutil.copytree(planned, tmp_path / "checkout")
    return tmp_path / "checkout"


def test_the_registration_is_the_digest_that_it_says(custodian):
    stated = json.loads((custodian / "custody.json").read_bytes())
    salt = (custodian / "salt").read_text().strip()
    rows = list(csv.DictReader((custodian / "list.csv").open()))
    lines = "".join(sorted(f"{row['image']},{row['label']}\n" for row in rows))
    assert stated["commitment"]["algorithm"] == ALGORITHM
    assert stated["commitment"]["value"] == hashlib.sha256(f"{salt}\n{lines}".encode()).hexdigest()
    assert (stated["images"], stated["positive"], stated["patients"]) == (IMAGES, IMAGES // 2, IMAGES // 2)
    assert (custodian / "salt").stat().st_mode & 0o777 == 0o600
    assert len(salt) == 64


def test_a_list_is_committed_to_whatever_its_order_and_other_columns():
    rows = [Sealed("b.png", 1), Sealed("a.png", 0, {"sex": "F"})]
    expected = hashlib.sha256(b"0123456789abcdef\na.png,0\nb.png,1\n").hexdigest()
    assert commit(rows, b"0123456789abcdef").value == commit(rows[::-1], b"0123456789abcdef").value == expected


def test_numbers_tell_nothing_without_the_salt():
    names = [f"image {number}" for number in range(100)]
    one, other = (number_apart(names, salt, "case") for salt in (b"one", b"other"))
    assert sorted(one.values()) == sorted(other.values()) == [f"case-{number:03}" for number in range(1, 101)]
    assert [one[name] for name in names] != sorted(one.values())
    assert one != other


def test_every_fault_of_a_list_is_named_by_its_line(tmp_path):
    (tmp_path / "list.csv").write_text("a.png,1\na.png,0\nb.png,2\nc.png\n")
    with pytest.raises(
        ValueError, match=r":2: a.png is listed here and in line 1[^:]*\n[^:]*:3: .*\n[^:]*:4: "
    ) as raised:
        read_list(tmp_path / "list.csv")
    assert str(raised.value).count("\n") == 2


def test_the_result_names_no_image_and_counts_each(result, custodian):
    stated = json.loads((result / "custody_result.json").read_bytes())
    assert stated["outcomes"] == {"BLANK_IMAGE": 1, "analysed": IMAGES - 1}
    assert stated["intakes"] == {"clinical": 1, "research": IMAGES - 1}
    assert sorted(path.name for path in result.iterdir()) == sorted([*stated["files"], "custody_result.json"])
    for path in result.iterdir():
        text = path.read_text()
        assert "chest" not in text
        assert not any(f"p{number}," in text for number in range(IMAGES // 2))
    ages = {row["age_years"] for row in csv.DictReader((result / "groups.csv").open())}
    assert ages == {"0.0", "3.0"}  # no finer than the groups of the plan


def test_a_result_is_taken_in_and_evaluated(result, checkout, capsys):
    (pending,) = run(Project(checkout)).studies
    assert isinstance(pending.curve, Gap)
    assert pending.curve.reason.startswith("awaiting the custodian")
    assert take_in(checkout, result, "--sha256", sha256(result / "custody_result.json")) == 0
    evidence = run(Project(checkout))
    assert evidence.issues == ()
    (found,) = evidence.studies
    assert (found.images, found.patients) == (IMAGES, IMAGES // 2)
    stated = json.loads((result / "custody_result.json").read_bytes())["estimates"]
    assert [row.value for row in found.estimates] == [row["value"] for row in stated]
    (beside,) = (one for one in found.analyses if one.id == "beside")
    assert {row.subgroup for row in beside.estimates} >= {"all", "women"}
    assert all(row.n < IMAGES - 1 for row in beside.estimates)  # one image has no other score
    deciding = [one.estimate for one in found.criteria]
    assert [(one.metric, one.subgroup, one.criterion) for one in deciding] == [
        ("auroc", "all", "CRIT-S-1"),
        ("auroc_difference", "women", "CRIT-S-2"),
    ]
    assert take_in(checkout, result) == 2
    assert "was taken in before" in capsys.readouterr().err


def test_a_list_is_scored_once(result, planned, custodian, tmp_path, capsys):
    assert score(planned, custodian, tmp_path / "again") == 2
    assert "a list is scored once" in capsys.readouterr().err
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("list", lambda text: text.replace(",0,", ",1,", 1), "is not the registered one: .*\npositive: the list has 7"),
        ("list", lambda text: text.replace("chest02", "chest99"), "is not the registered one"),
        ("salt", lambda text: "another salt of sixteen\n", "is not the registered one"),
        ("salt", lambda text: "short\n", "a salt of 5 characters"),
    ],
)
def test_what_was_not_registered_is_refused(planned, custodian, tmp_path, capsys, name, change, message):
    source = custodian / ("list.csv" if name == "list" else "salt")
    (tmp_path / name).write_text(change(source.read_text()))
    capsys.readouterr()
    assert score(planned, custodian, tmp_path / "result", **{name: tmp_path / name}) == 2
    assert re.search(message, capsys.readouterr().err)
    assert not (tmp_path / "result").exists()
    assert not (tmp_path / "list.log").exists()


def test_every_image_that_is_missing_is_named(planned, custodian, tmp_path, capsys):
    shutil.copytree(custodian / "images", tmp_path / "images")
    for name in ("chest03.jpeg", "chest07.jpeg"):
        (tmp_path / "images" / name).unlink()
    shutil.copy(custodian / "list.csv", tmp_path / "list.csv")
    assert score(planned, custodian, tmp_path / "out", images=tmp_path / "images", list=tmp_path / "list.csv") == 2
    said = capsys.readouterr().err
    assert "chest03.png: missing" in said
    assert "chest07.png: missing" in said


def test_nothing_is_scored_by_a_plan_that_is_not_locked(checkout, custodian, tmp_path, capsys):
    plan = checkout / FOLDER / "plan.yaml"
    plan.write_text(plan.read_text().replace("seed: 1", "seed: 2"))
    assert score(checkout, custodian, tmp_path / "out") == 2
    assert "clearway study lock sealed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("scores.csv", lambda text: text.replace("case-01", "case-1"), "scores.csv: SHA-256"),
        (
            "custody_result.json",
            lambda text: text.replace('"release_digest": "', '"release_digest": "0'),
            "release_digest",
        ),
        ("custody_result.json", lambda text: text.replace('"value": 0.', '"value": 0.9', 1), "is stated as"),
        ("custody_result.json", lambda text: text.replace("form 1", "form 2"), "form is"),
        (
            "custody_result.json",
            lambda text: text.replace(f'"images": {IMAGES}', '"images": 5'),
            "images that it states",
        ),
    ],
)
def test_a_result_that_was_changed_is_refused_by_name(result, checkout, tmp_path, capsys, file, change, message):
    folder = tmp_path / "result"
    shutil.copytree(result, folder)
    before = (folder / file).read_text()
    (folder / file).write_text(change(before))
    assert (folder / file).read_text() != before
    assert take_in(checkout, folder) == 2
    assert message in capsys.readouterr().err
    assert sorted(path.name for path in (checkout / FOLDER).iterdir()) == [
        "criteria.yaml", "custody.json", "openings.log", "plan.yaml",
    ]  # fmt: skip


def test_a_signature_is_of_the_result_and_names_its_certificate(
    result, checkout, tmp_path, capsys, monkeypatch, make_key
):
    monkeypatch.setenv("CLEARWAY_KEY_PASSWORD", "x")
    folder = tmp_path / "result"
    shutil.copytree(result, folder)
    content = (folder / "custody_result.json").read_bytes()
    key = make_key(tmp_path / "key.p12", "Ada Example (fictitious)")
    (folder / "custody_result.p7s").write_bytes(seal(b"another" + content, key))
    assert take_in(checkout, folder) == 2
    assert "the signature is not of this file" in capsys.readouterr().err
    (folder / "custody_result.p7s").write_bytes(b"none")
    assert take_in(checkout, folder) == 2
    assert "is no signature" in capsys.readouterr().err
    (folder / "custody_result.p7s").write_bytes(seal(content, key))
    assert take_in(checkout, folder) == 0
    said = (checkout / FOLDER / "openings.log").read_text()
    assert "signed by Common Name: Ada Example (fictitious), certificate SHA-256" in said


def test_a_registration_that_cannot_be_read_is_an_issue(checkout):
    (checkout / FOLDER / "custody.json").write_text("{}")
    assert "custody-registration" in {issue.code for issue in run(Project(checkout)).issues}


def test_a_result_of_which_the_custodian_told_another_digest_is_refused(result, checkout, capsys):
    assert take_in(checkout, result, "--sha256", "0" * 64) == 2
    assert "the custodian told" in capsys.readouterr().err


def test_a_result_of_another_release_is_refused(result, checkout, capsys):
    sums = checkout / "device/releases/paediatric-reference/SHA256SUMS"
    lines = sums.read_text().splitlines()
    card = checkout / "device/releases/paediatric-reference/card.yaml"
    card.write_text(card.read_text() + "\n")
    changed = [f"{sha256(card)}  card.yaml" if line.endswith("card.yaml") else line for line in lines]
    sums.write_text("\n".join(changed) + "\n")
    assert take_in(checkout, result) == 2
    assert "release_digest: found" in capsys.readouterr().err


def test_a_registration_that_the_plan_does_not_name_is_an_issue(checkout):
    path = checkout / FOLDER / "custody.json"
    path.write_text(path.read_text().replace("Radiographs", "Pictures", 1))
    assert "custody-registration" in {issue.code for issue in run(Project(checkout)).issues}
