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
from msgspec.structs import replace
from PIL import Image

from verification.commands.study import study
from verification.evaluation.evaluate import run
from verification.evaluation.holding import find_files
from verification.evaluation.sealing import read_key, seal
from verification.evidence import Gap, Project, find_project
from verification.protocol.custody import ALGORITHM, Sealed, commit, number_apart, read_list
from verification.protocol.log import append, read_log
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
lungs: {{surroundings_hidden: 0.02, lungs_hidden: 0.6, moved: 0.03}}
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
    place = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
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
    (folder / "tables").mkdir()
    with (folder / "tables/another.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("score", "name"), *((0.05 * n, row[0]) for n, row in enumerate(rows[1:]))])
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
    digests = {"registration": sha256(custodian / "custody.json"), "another": sha256(custodian / "tables/another.csv")}
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
    return study(["--project", str(root), "custody", "score", NAME, *options, "--data", str(custodian / "tables")])


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
    beside, lungs = (next(one for one in found.analyses if one.id == name) for name in ("beside", "lungs"))
    again = (*found.estimates, *beside.estimates, *lungs.estimates)
    assert [row.value for row in again] == [row["value"] for row in stated]
    hidden = [row for row in lungs.estimates if (row.score, row.metric) == ("lungs hidden", "auroc")]
    assert [row.n for row in hidden] == [IMAGES - 2]  # one is blank, one a DICOM file
    assert {row.subgroup for row in beside.estimates} >= {"all", "women"}
    assert [row.n for row in beside.estimates if row.subgroup == "all"] == [IMAGES - 1] * 3
    ranked = [row for row in beside.estimates if row.subgroup == "all, images not analyzed ranked wrongly"]
    assert [row.n for row in ranked] == [IMAGES]
    deciding = [one.estimate for one in found.criteria]
    assert [(one.metric, one.subgroup, one.criterion) for one in deciding] == [
        ("auroc", "all", "CRIT-S-1"),
        ("auroc_difference", "women", "CRIT-S-2"),
    ]
    assert take_in(checkout, result) == 2
    assert "was taken in before" in capsys.readouterr().err


def rewrite(folder, name, change):
    """Change a table of a result, and the digest that the result states of it."""
    path, stated = folder / name, json.loads((folder / "custody_result.json").read_bytes())
    path.write_text(change(path.read_text()))
    stated["files"][name] = sha256(path)
    (folder / "custody_result.json").write_text(json.dumps(stated))


@pytest.mark.parametrize(
    ("table", "change", "message"),
    [
        ("scores.csv", lambda text: re.sub(r"patient-\d,", "patient-1,", text), "patients: found 1, registered are 6"),
        ("scores.csv", lambda text: re.sub(r",1,0", ",0,0", text, count=1), "positive: found 5, registered are 6"),
        ("beside.csv", lambda text: text.replace("another", "noise"), "columns noise; expected another"),
        ("beside.csv", lambda text: re.sub(r",[\d.]+\n", ",\n", text, count=1), "another lacks images"),
        ("lungs.csv", lambda text: text.replace("lungs hidden,", "all hidden,"), "expected surroundings of the lungs"),
        ("lungs.csv", lambda text: re.sub(r",0\.\d+,", ",0.5,", text), "auroc of all is stated as"),
        ("groups.csv", lambda text: text + text.splitlines()[-1] + "\n", "is there twice"),
        ("groups.csv", lambda text: "\n".join(text.splitlines()[:-1]) + "\n", "are missing"),
    ],
)
def test_a_table_that_was_changed_with_its_digest_is_refused(
    result, checkout, tmp_path, capsys, table, change, message
):
    shutil.copytree(result, tmp_path / "result")
    rewrite(tmp_path / "result", table, change)
    assert take_in(checkout, tmp_path / "result") == 2
    assert message in capsys.readouterr().err


def test_a_table_that_the_log_does_not_hold_decides_nothing(result, checkout):
    for path in result.iterdir():
        shutil.copy(path, checkout / FOLDER)
    evidence = run(Project(checkout))
    assert "scores-unlogged" in {issue.code for issue in evidence.issues}
    assert "table-unlogged" in {issue.code for issue in evidence.issues}
    assert evidence.studies[0].estimates == ()
    assert [table.title for table in evidence.studies[0].custody] == ["Registered by the custodian"]


def test_the_log_says_what_vouches_for_a_result(result, checkout, tmp_path):
    assert take_in(checkout, result) == 0
    assert "not signed; no digest told" in (checkout / FOLDER / "openings.log").read_text()


def test_other_scores_leave_as_ranks(result):
    """A score could be looked up in the table that names the images."""
    ranks = sorted(float(row["another"]) for row in csv.DictReader((result / "beside.csv").open()))
    assert ranks == pytest.approx([number / IMAGES for number in range(1, IMAGES + 1)])


def test_nothing_is_scored_without_what_the_plan_sets_beside(planned, custodian, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("CLEARWAY_DATA", raising=False)
    shutil.copy(custodian / "list.csv", tmp_path / "list.csv")
    given = ["--images", custodian / "images", "--list", tmp_path / "list.csv", "--salt", custodian / "salt"]
    options = [str(each) for each in (*given, "-o", tmp_path / "out")]
    assert study(["--project", str(planned), "custody", "score", NAME, *options]) == 2
    assert "name the folder of another.csv with --data" in capsys.readouterr().err
    assert study(["--project", str(planned), "custody", "score", NAME, *options, "--data", str(tmp_path)]) == 2
    assert "SHA-256 none: missing" in capsys.readouterr().err
    assert not (tmp_path / "list.csv.log").exists()


def test_an_interrupted_run_begins_again_by_the_same_release_alone(planned, custodian, tmp_path, capsys):
    shutil.copy(custodian / "list.csv", tmp_path / "list.csv")
    shutil.copytree(planned, tmp_path / "checkout")
    before, _ = read_log(custodian / "list.csv.log", "log")
    opened = next(line for line in before if line.event == "opened")
    earlier = replace(opened, plan_digest="0" * 64, reason="study another", previous=None)
    append(tmp_path / "list.csv.log", earlier, replace(opened, release_digest="1" * 64, previous=None))
    assert score(tmp_path / "checkout", custodian, tmp_path / "out", list=tmp_path / "list.csv") == 2
    assert "begun with paediatric-reference" in capsys.readouterr().err
    (tmp_path / "list.csv.log").unlink()
    append(tmp_path / "list.csv.log", earlier, replace(opened, previous=None))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("not a result")
    assert score(tmp_path / "checkout", custodian, tmp_path / "mine", list=tmp_path / "list.csv") == 2
    assert (tmp_path / "mine" / "letter.txt").read_text() == "not a result"
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "scores.csv").write_text("in part")
    assert score(tmp_path / "checkout", custodian, tmp_path / "out", list=tmp_path / "list.csv") == 0
    assert not list(tmp_path.glob(".out.*"))
    stated = json.loads((tmp_path / "out/custody_result.json").read_bytes())
    assert [use.split(", ")[1] for use in stated["prior_uses"]] == ["study another"]
    assert [line.event for line in read_log(tmp_path / "list.csv.log", "log")[0]] == ["opened", "opened", "scored"]


def test_a_key_that_cannot_be_used_stops_before_anything_is_scored(planned, custodian, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("CLEARWAY_KEY_PASSWORD", "x")
    shutil.copy(custodian / "list.csv", tmp_path / "list.csv")
    (tmp_path / "key.p12").write_bytes(b"none")
    given = {"list": tmp_path / "list.csv", "key": tmp_path / "key.p12"}
    assert score(planned, custodian, tmp_path / "out", **given) == 2
    assert "is no PKCS#12 file" in capsys.readouterr().err
    assert not (tmp_path / "list.csv.log").exists()


def test_a_file_that_was_changed_since_the_registration_is_refused(planned, custodian, tmp_path, capsys):
    shutil.copytree(custodian / "images", tmp_path / "images")
    shutil.copy(custodian / "list.csv", tmp_path / "list.csv")
    with (tmp_path / "images/chest05.jpeg").open("ab") as file:
        file.write(b"\0")
    assert score(planned, custodian, tmp_path / "out", images=tmp_path / "images", list=tmp_path / "list.csv") == 2
    assert "are not the registered ones" in capsys.readouterr().err


def test_each_image_has_one_file_whatever_it_ends_with(tmp_path):
    for name in ("a.PNG", "1.2.840.1.dcm", "1.2.840.2.dcm", "b.png", "b.jpeg", "c.png"):
        (tmp_path / name).write_bytes(b"")
    found = find_files(tmp_path, ["a.jpeg", "1.2.840.1", "1.2.840.2.dcm"])
    assert [path.name for path in found.values()] == ["a.PNG", "1.2.840.1.dcm", "1.2.840.2.dcm"]
    with pytest.raises(ValueError, match="d: missing") as raised:
        find_files(tmp_path, ["b", "c.png", "c.jpg", "d"])
    assert "2 files fit: b.jpeg, b.png" in str(raised.value)
    assert str(raised.value).count("2 lines of the list fit its file") == 2


def test_what_a_list_says_of_an_image_is_of_a_few_words(tmp_path):
    (tmp_path / "list.csv").write_text("image,label,sex,view_position,age_years\na,1,F,PA,45\nb,0,f,LL,045Y\nc,0,,,\n")
    with pytest.raises(ValueError, match="sex 'f'") as raised:
        read_list(tmp_path / "list.csv")
    assert [line.rpartition(":3: ")[2][:9] for line in str(raised.value).splitlines()] == [
        "sex 'f'; ",
        "view_posi",
        "age_years",
    ]


def test_a_list_is_scored_once(result, planned, custodian, tmp_path, capsys):
    assert score(planned, custodian, tmp_path / "again") == 2
    assert "a list is scored once" in capsys.readouterr().err
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("list", lambda text: text.replace(",0,", ",1,", 1), "is not the registered one"),
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
            lambda text: text.replace('"scores.csv"', '"../scores.csv"'),
            "files are ../scores.csv",
        ),
        ("custody_result.json", lambda text: text.replace('"BLANK_IMAGE": 1', '"BLANK_IMAGE": 0'), "outcomes: found"),
        ("custody_result.json", lambda text: text.replace('"patients": 6', '"patients": 12'), "patients: found 12"),
        (
            "custody_result.json",
            lambda text: text.replace(f'"images": {IMAGES}', '"images": 5'),
            "images: found 5",
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
    (folder / "custody_result.p7s").write_bytes(seal(b"another" + content, read_key(key)))
    assert take_in(checkout, folder) == 2
    assert "the signature is not of this file" in capsys.readouterr().err
    (folder / "custody_result.p7s").write_bytes(b"none")
    assert take_in(checkout, folder) == 2
    assert "is no signature" in capsys.readouterr().err
    (folder / "custody_result.p7s").write_bytes(seal(content, read_key(key)))
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
