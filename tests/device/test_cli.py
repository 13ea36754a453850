"""The command line says what it must, to people and to programs, and ends with the right status."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import device
from device import cli, dispatch, folders
from device.research import decode, read_attributes
from verification.steps.radiographs import phantom, radiograph, save, secondary_capture

BRIGHTNESS = Path(__file__).parent / "brightness"
FIELDS = {
    "path", "outcome", "rejections", "notices", "finding", "score", "threshold", "release", "release_version",
    "release_digest", "intake", "asserted", "failure",
}  # fmt: skip
STATED = {"Modality": "DX", "BodyPartExamined": "CHEST", "ViewPosition": "AP", "PatientAge": "003Y"}
ASSERT = [part for keyword, value in STATED.items() for part in ("--assert", f"{keyword}={value}")]

Run = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """One file of each outcome."""
    files = {name: tmp_path / f"{name}.dcm" for name in ("good", "adult", "broken")}
    save(radiograph(), files["good"])
    save(radiograph(PatientAge="050Y", PatientBirthDate=""), files["adult"])
    files["broken"].write_text("broken")
    return files


@pytest.mark.parametrize(
    ("names", "status"),
    [
        (["good"], 0), (["adult"], 3), (["broken"], 4), (["good", "adult"], 3), (["good", "broken"], 4),
        (["adult", "broken"], 4), (["good", "adult", "broken"], 4),
    ],
)  # fmt: skip
def test_status(files: dict[str, Path], clearway: Run, names: list[str], status: int) -> None:
    paths = [files[name] for name in names]
    outcomes = {"good": "accepted", "adult": "refused", "broken": "failed"}
    found, records, error = clearway("gate", *paths)
    assert (found, error) == (status, "")
    assert [one["outcome"] for one in records] == [outcomes[name] for name in names]
    found, records, error = clearway("analyze", "--release", BRIGHTNESS, *paths)
    assert (found, error) == (status, "")
    assert [one["path"] for one in records] == [str(path) for path in paths]
    for one, name in zip(records, names, strict=True):
        assert set(one) == FIELDS
        assert (one["finding"] is not None) == (one["score"] is not None) == (name == "good")
        assert (one["failure"] is not None) == (name == "broken")
        assert bool(one["rejections"]) == (name == "adult")
        assert all(set(row) == {"code", "attribute", "found", "expected", "requirement"} for row in one["rejections"])


def test_people_read_the_reasons_and_the_statement(files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert device.main(["analyze", "--release", str(BRIGHTNESS), *map(str, files.values())]) == 4
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("flagged ")
    assert "score 0.604" in told[0]
    refused = next(number for number, line in enumerate(told) if line.startswith("not analyzed"))
    assert "AGE: PatientAge: found 50 years; expected 1 to 5 years [SRS-005]" in told[refused + 1]
    assert told[-3:] == [
        "3 files: 1 failed, 1 flagged, 1 not analyzed",
        "Release brightness 0.0.1 (reference), clinical intake.",
        device.STATEMENT,
    ]


@pytest.mark.parametrize(
    "argv",
    [
        ["gate"],
        ["gate", "IMAGE", "--release", "elderly"],
        ["gate", "IMAGE", "--intake", "other"],
        ["gate", "IMAGE", "--threshold", "0.1"],
        ["gate", "IMAGE", "--output", "reports"],
        ["analyze", "IMAGE", "--intake", "research", "--output", "reports"],
        ["analyze", "IMAGE", "--assert", "ViewPosition=AP"],
        ["analyze", "IMAGE", "--intake", "research", "--assert", "PatientName=A"],
        ["analyze", "IMAGE", "--intake", "research", "--assert", "ViewPosition"],
        ["analyze", "IMAGE", "--intake", "research", "--manifest", "none.csv"],
        ["gate", "EMPTY"],
        ["release", "show"],
        ["release", "list", "adult-nih"],
        ["nonsense"],
        [],
    ],
)
def test_wrong_use(files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    (tmp_path / "empty").mkdir()
    before = sorted(tmp_path.iterdir())
    names = {"IMAGE": str(files["good"]), "EMPTY": str(tmp_path / "empty")}
    assert device.main([names.get(one, one) for one in argv]) == 2
    out, err = capsys.readouterr()
    assert out.startswith("usage: clearway") if not argv else err
    assert "Traceback" not in err
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_is_walked(tmp_path: Path, clearway: Run) -> None:
    deep = tmp_path / "study" / "b" / "c"
    deep.mkdir(parents=True)
    (tmp_path / "study" / ".hidden").mkdir()
    image = save(radiograph(phantom(512, 512)), tmp_path / "image.dcm")
    for place in ("study/z.dcm", "study/a.dcm", "study/b/c/d.dcm", "study/DICOMDIR", "study/.x", "study/.hidden/y.dcm"):
        shutil.copy(image, tmp_path / place)
    (deep / "up").symlink_to(tmp_path / "study")
    status, records, error = clearway("gate", tmp_path / "study")
    assert status == 0
    assert [Path(one["path"]).relative_to(tmp_path / "study").as_posix() for one in records] == [
        "a.dcm", "b/c/d.dcm", "z.dcm",
    ]  # fmt: skip
    assert "3 skipped (dot-files, DICOMDIR)" in error
    status, records, _ = clearway("gate", tmp_path / "study" / "DICOMDIR")
    assert (status, len(records)) == (0, 1)  # it is named, so it is meant


def test_a_folder_is_looked_into_when_its_turn_comes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / "1").write_text("")
    walk = folders.Walk([tmp_path])
    assert next(walk) == tmp_path / "a" / "1"
    (tmp_path / "b" / "2").write_text("")  # had all been listed before, it would not be seen
    (tmp_path / "b" / ".3").write_text("")
    assert (list(walk), walk.skipped) == ([tmp_path / "b" / "2"], 1)


def test_a_damaged_release_is_named(files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(shutil.copytree(BRIGHTNESS, tmp_path / "damaged"))
    content = bytearray((folder / "model.tflite").read_bytes())
    content[500] ^= 1
    (folder / "model.tflite").write_bytes(content)
    assert device.main(["analyze", "--release", str(folder), str(files["good"])]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert "model.tflite: SHA-256 is" in err
    assert device.main(["release", "show", str(folder)]) == 1


def test_releases_are_shown(unbuilt: device.Release, capsys: pytest.CaptureFixture[str]) -> None:
    assert device.main(["release", "list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(device.find_releases())
    assert device.main(["release", "show", str(unbuilt.folder)]) == 0
    told = capsys.readouterr().out
    assert unbuilt.unbuilt is not None
    for expected in (
        unbuilt.digest,
        "reference",
        unbuilt.unbuilt.command,
        "from 22 years",
        "PA, AP",
        *unbuilt.limitations,
    ):
        assert expected in told
    assert device.main(["release", "list", "--json"]) == 0
    assert {json.loads(line)["name"] for line in capsys.readouterr().out.splitlines()} == set(device.find_releases())


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert device.main(["--help"]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in ("gate", "analyze", "release", "verify", "trace", "submission"))
    for command in ("gate", "analyze", "release"):
        assert device.main([command, "--help"]) == 0
        assert "example: clearway" in capsys.readouterr().out
    assert device.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("clearway ")


def test_training_names_the_environment_that_holds_its_libraries(capsys: pytest.CaptureFixture[str]) -> None:
    missing = ModuleNotFoundError("No module named 'keras'", name="keras")
    assert dispatch._explain(missing, "clearway", "train", dispatch.Commands(cli.COMMANDS)) == 2
    said = capsys.readouterr().err
    assert "needs the extra [training] (keras is missing)" in said
    assert "sh .ci/bootstrap training, then .tox/training/bin/clearway train" in said
    assert dispatch._explain(missing, "clearway", "trace", dispatch.Commands(cli.COMMANDS)) == 2
    assert ".tox" not in capsys.readouterr().err


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a\x1b[31m\nb.dcm"
    save(radiograph(PatientAge="\x1b[2J"), path)
    assert device.main(["gate", str(path)]) == 3
    assert "\x1b" not in capsys.readouterr().out


def run(*argv: object, **options: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "device", *map(str, argv)], capture_output=True, check=False, **options
    )


def test_alone_it_knows_the_device_only(files: dict[str, Path]) -> None:
    assert run("verify").returncode == 2
    done = run("analyze", "--release", BRIGHTNESS, files["good"])
    assert (done.returncode, done.stderr) == (0, b"")
    assert device.STATEMENT.encode() in done.stdout


def test_a_reader_that_leaves_is_no_traceback(files: dict[str, Path]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "device", "gate", "--json", *[files["good"]] * 50],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 4


def test_names_that_are_no_text(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\xfe.dcm"
    Path(os.fsdecode(path)).write_text("no image")
    done = run("gate", os.fsdecode(path))
    assert (done.returncode, done.stderr) == (4, b"")
    assert json.loads(run("gate", "--json", os.fsdecode(path)).stdout)["outcome"] == "failed"


def test_a_folder_that_cannot_be_read_fails(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    overriding = "-dac_override,-dac_read_search"  # what lets root read every folder
    plainly = ["setpriv", "--bounding-set", overriding, "--inh-caps", overriding] if os.geteuid() == 0 else []
    command = [*plainly, sys.executable, "-m", "device", "gate", "--json", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, json.loads(done.stdout)["outcome"]) == (4, "failed")


def test_no_path_ends_the_run(files: dict[str, Path], tmp_path: Path, clearway: Run) -> None:
    (tmp_path / "loop.dcm").symlink_to(tmp_path / "loop.dcm")
    os.mkfifo(tmp_path / "pipe.dcm")
    odd = [tmp_path / name for name in ("loop.dcm", "pipe.dcm", "n" * 300)]
    for intake in ("clinical", "research"):
        status, records, error = clearway("gate", "--intake", intake, *odd, files["adult"])
        assert (status, error) == (4, "")
        assert [one["path"] for one in records] == [*map(str, odd), str(files["adult"])]
        assert [one["outcome"] for one in records] == ["failed", "failed", "failed", "refused"]


# --- research ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """The same gray picture as PNG, as JPEG, and stored as color."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    grey = Image.fromarray(phantom(300, 280))
    grey.save(folder / "a.png")
    grey.save(folder / "b.jpeg", quality=95)
    grey.convert("RGB").save(folder / "c.png")
    grey.convert("RGBA").save(folder / "d.png")
    return folder


def research(clearway: Run, *argv: object) -> tuple[int, list[dict[str, Any]]]:
    status, records, error = clearway("analyze", "--release", BRIGHTNESS, "--intake", "research", *argv)
    assert error == ""
    return status, records


def test_pictures_are_scored_through_research_alone(pictures: Path, clearway: Run) -> None:
    status, records = research(clearway, pictures, *ASSERT)
    assert status == 0
    assert {one["intake"] for one in records} == {"research"}
    assert all(one["asserted"] == STATED for one in records)
    assert len({records[number]["score"] for number in (0, 2, 3)}) == 1
    assert records[1]["score"] == pytest.approx(records[0]["score"], abs=0.002)
    status, records, _ = clearway("analyze", "--release", BRIGHTNESS, pictures)
    assert status == 4
    assert all(one["finding"] is None for one in records)


def test_a_picture_of_other_depth_or_of_several_frames_is_no_input(tmp_path: Path) -> None:
    deep = np.linspace(0, 65535, 300 * 280).reshape(300, 280).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    frames = [Image.fromarray(phantom(300, 280)), Image.fromarray(255 - phantom(300, 280))]
    frames[0].save(tmp_path / "moving.png", save_all=True, append_images=frames[1:])
    assert decode(tmp_path / "deep.png").found == "16 bits a sample"
    assert decode(tmp_path / "moving.png").found == "2 frames"
    moving = tmp_path / "moving.png"
    with moving.open("rb") as file:
        assert read_attributes(file, moving)["NumberOfFrames"] == 2


@pytest.mark.parametrize("keyword", STATED)
def test_what_is_not_asserted_is_refused(pictures: Path, clearway: Run, keyword: str) -> None:
    stated = [part for one in STATED.items() if one[0] != keyword for part in ("--assert", "=".join(one))]
    status, (record,) = research(clearway, pictures / "a.png", *stated)
    assert status == 3
    assert [(one["attribute"], one["code"].split("_")[-1]) for one in record["rejections"]] == [(keyword, "BLANK")]


@pytest.mark.parametrize(
    ("keyword", "value", "code"),
    [
        ("Modality", "CT", "MODALITY"), ("BodyPartExamined", "HAND", "ANATOMY"), ("ViewPosition", "PA", "VIEW"),
        ("PatientAge", "81", "AGE"), ("PatientAge", "old", "AGE_UNPARSABLE"),
        ("BurnedInAnnotation", "YES", "BURNED_IN"),
    ],
)  # fmt: skip
def test_what_is_asserted_is_judged(pictures: Path, clearway: Run, keyword: str, value: str, code: str) -> None:
    status, (record,) = research(clearway, pictures / "a.png", *ASSERT, "--assert", f"{keyword}={value}")
    assert (status, [one["code"] for one in record["rejections"]]) == (3, [code])


def test_a_manifest_asserts_file_by_file(pictures: Path, clearway: Run) -> None:
    rows = ["path,PatientAge,ViewPosition", "a.png,003Y,AP", "b.jpeg,3,PA", "c.png,,"]
    (pictures / ".ages.csv").write_text("\n".join(rows))
    stated = ["--assert", "Modality=CR", "--assert", "BodyPartExamined=CHEST", "--manifest", pictures / ".ages.csv"]
    status, records, _ = clearway("gate", "--intake", "research", pictures, *stated)
    assert status == 3
    assert [[one["code"] for one in record["rejections"]] for record in records] == [
        [], ["VIEW"], ["VIEW_BLANK", "AGE_BLANK"], ["VIEW_BLANK", "AGE_BLANK"],
    ]  # fmt: skip
    assert records[0]["asserted"]["PatientAge"] == "003Y"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("PatientAge\n3\n", ":1: found columns"),
        ("path,PatientName\na,b\n", ":1: found 'PatientName', expected one of"),
        ("path,PatientAge\na.png\n", ":2: expected 2 values"),
        ("path,PatientAge\na.png,3,4\n", ":2: expected 2 values"),
        ("path,PatientAge\na.png,3\na.png,4\n", ":3: "),
        ("path,PatientAge\n,3\n", ":2: expected 2 values"),
        ("path,PatientAge\na\0.png,3\n", ":2: expected 2 values"),
        ("", ":1: found columns"),
    ],
)
def test_a_manifest_that_is_none(pictures: Path, capsys: pytest.CaptureFixture[str], text: str, told: str) -> None:
    (pictures / ".manifest.csv").write_text(text)
    argv = ["gate", "--intake", "research", "--manifest", str(pictures / ".manifest.csv"), str(pictures / "a.png")]
    assert device.main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert ".manifest.csv" + told in err


def test_secondary_capture(tmp_path: Path, clearway: Run) -> None:
    def judge(**values: Any) -> list[str]:
        image = secondary_capture()
        for keyword, value in values.items():
            setattr(image, keyword, value)
        _, (record,) = research(clearway, save(image, tmp_path / "image.dcm"))
        assert record["asserted"] == {}
        return [one["code"] for one in record["rejections"]]

    assert judge() == []
    assert judge(PatientAge="3", PatientBirthDate="") == []
    assert judge(PatientPosition="PA") == ["VIEW"]
    assert judge(PatientPosition="HFS") == ["VIEW_BLANK"]
    assert judge(ViewPosition="PA") == ["VIEW_CONTRADICTORY"]
    assert judge(PatientAge="81", PatientBirthDate="") == ["AGE"]
    assert judge(SOPClassUID="1.2.840.10008.5.1.4.1.1.1.1") == ["SOP_CLASS"]
    path = save(secondary_capture(), tmp_path / "clinical.dcm")
    _, (record,), _ = clearway("gate", path)
    assert "SOP_CLASS" in [one["code"] for one in record["rejections"]]


def test_a_header_is_not_overruled_by_what_is_asserted(tmp_path: Path, clearway: Run) -> None:
    image = secondary_capture()
    image.PatientPosition = ""
    path = save(image, tmp_path / "image.dcm")
    _, (record,) = research(clearway, path, "--assert", "PatientAge=050Y", "--assert", "ViewPosition=AP")
    assert (record["finding"], record["asserted"]) == ("flagged", {"ViewPosition": "AP"})


@pytest.mark.parametrize("side", [63, 64])
def test_the_shortest_side_in_research(tmp_path: Path, clearway: Run, side: int) -> None:
    Image.fromarray(phantom(side, 200)).save(tmp_path / "image.png")
    _, (record,) = research(clearway, tmp_path / "image.png", *ASSERT)
    assert [one["code"] for one in record["rejections"]] == (["SIZE"] if side == 63 else [])


def test_pictures_that_are_none(pictures: Path, clearway: Run) -> None:
    whole = (pictures / "a.png").read_bytes()
    colour = np.dstack([phantom(100, 100), phantom(100, 100).T, phantom(100, 100)])
    Image.fromarray(colour).save(pictures / "colour.png")
    Image.fromarray(phantom(100, 100).astype(np.uint16) * 257).save(pictures / "deep.png")
    (pictures / "cut.png").write_bytes(whole[: len(whole) // 2])
    (pictures / "head.png").write_bytes(whole[:8])
    found = {}
    for name in ("colour.png", "deep.png", "cut.png", "head.png"):
        _, (record,) = research(clearway, pictures / name, *ASSERT)
        found[name] = [one["code"] for one in record["rejections"]] or record["outcome"]
    assert found == {
        "colour.png": ["PIXELS_UNDECODABLE"], "deep.png": ["BITS"], "cut.png": ["PIXELS_SHORT"], "head.png": "failed",
    }  # fmt: skip


def test_one_image_gives_one_score_through_both_intakes(tmp_path: Path, clearway: Run) -> None:
    pixels = phantom(700, 613)
    Image.fromarray(pixels).save(tmp_path / "image.png")
    _, (published,) = research(clearway, tmp_path / "image.png", *ASSERT)
    status, (wrapped,), _ = clearway(
        "analyze", "--release", BRIGHTNESS, save(radiograph(pixels), tmp_path / "image.dcm")
    )
    assert status == 0
    assert published["score"] == wrapped["score"]


def test_a_folder_deeper_than_python_recurses(
    clearway: Callable[..., tuple[int, list[dict[str, Any]], str]], tmp_path: Path
) -> None:
    deepest = os.open(tmp_path, os.O_RDONLY)
    for _ in range(sys.getrecursionlimit() + 200):
        os.mkdir("d", dir_fd=deepest)
        below = os.open("d", os.O_RDONLY, dir_fd=deepest)
        os.close(deepest)
        deepest = below
    os.close(os.open("last.dcm", os.O_WRONLY | os.O_CREAT, dir_fd=deepest))
    os.close(deepest)
    try:
        status, (result,), _ = clearway("gate", tmp_path)
    finally:
        subprocess.run(["rm", "-r", tmp_path / "d"], check=True)  # which Python could not
    assert status == 4
    assert result["path"].endswith("/d/d/last.dcm")
    assert "the file is empty" in result["failure"]
