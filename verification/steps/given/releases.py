"""Given: a copy of a release, changed, and locked anew or not."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import yaml
from pytest_bdd import given, parsers

from verification.steps.bench import Bench, digest, relock


@given(parsers.parse("a copy of the release {name}"))
def copied_release(bench: Bench, name: str) -> None:
    """Copy a release into the scenario's folder and use the copy."""
    bench.release = name
    bench.copy_release()


@given(parsers.parse("the {place} byte of its {file} is changed"))
def changed_byte(bench: Bench, place: str, file: str) -> None:
    """Flip the lowest bit of the first, middle or last byte of a file of the copy; its digests stay."""
    path = bench.copy_release() / file
    data = bytearray(path.read_bytes())
    data[{"first": 0, "middle": len(data) // 2, "last": -1}[place]] ^= 1
    path.write_bytes(bytes(data))


@given(parsers.parse("its release.yaml states another {key}"))
def edited_release(bench: Bench, key: str) -> None:
    """Give a key of the copy's release.yaml another value; its digests stay."""
    other = {
        "threshold": "0.123", "maximum_age_years": "17", "resampling": "nearest", "keeps_aspect": "true",
        "file": "other.tflite", "format": "onnx", "sha256": "f" * 64, "status": "candidate", "study": "null",
    }  # fmt: skip
    edit_release(bench.copy_release(), key, other[key])


def edit_release(folder: Path, key: str, value: str) -> None:
    """Change the value of a key of release.yaml."""
    path = folder / "release.yaml"
    text, changes = re.subn(rf"(?m)^( *{key}: )[^\s,}}]+$", rf"\g<1>{value}", path.read_text(encoding="utf-8"))
    assert changes == 1, f"release.yaml: expected one {key}, found {changes}"
    path.write_text(text, encoding="utf-8")


@given(parsers.parse("its {file} is deleted"))
def deleted(bench: Bench, file: str) -> None:
    """Delete a file of the copy; its digests stay."""
    (bench.copy_release() / file).unlink()


@given(parsers.parse("its folder holds an additional file {file}"))
def additional(bench: Bench, file: str) -> None:
    """Put a text file into the copy that its digests do not list."""
    (bench.copy_release() / file).write_text("additional\n", encoding="utf-8")


@given("it is locked anew")
def locked_anew(bench: Bench) -> None:
    """Write the copy's digests anew, so that they fit its files."""
    relock(bench.copy_release())


@given("its weights are no numbers")
def weights_without_numbers(bench: Bench) -> None:
    """Make every weight of the copy NaN, and state the digest of the file in its release.yaml."""
    multiply_weights(bench, math.nan)


@given(parsers.parse("its weights are multiplied by {factor:g}"))
def multiply_weights(bench: Bench, factor: float) -> None:
    """Multiply every weight of the copy, and state the digest of the file in its release.yaml."""
    path = bench.copy_release() / "model.tflite"
    content = path.read_bytes()
    words = np.frombuffer(content[: len(content) // 4 * 4], "<f4").copy()
    plain = (np.abs(words) > 1e-6) & (np.abs(words) < 1e2)  # as weights are; 50 in a row are nothing else
    words[np.convolve(plain, np.ones(50), "same") > 49] *= factor
    path.write_bytes(words.tobytes() + content[words.nbytes :])
    edit_release(bench.copy_release(), "sha256", digest(path))


@given("a folder in the place of the release")
def folder_as_release(bench: Bench) -> None:
    """Name a folder without a release.yaml as the release."""
    bench.release = str(bench.folder)


@given(parsers.parse("the release, locked anew with a threshold {where} its score"))
def threshold_at_score(bench: Bench, where: str) -> None:
    """Lock a copy with a threshold of the image's own score, or of the next number of 64 bits above or below."""
    score = bench.run("analyze", bench.file(), "--json").result["score"]
    threshold = {"equal to": score, "just above": math.nextafter(score, 1), "just below": math.nextafter(score, 0)}[
        where
    ]
    edit_release(bench.copy_release(), "threshold", repr(threshold))
    relock(bench.copy_release())


@given("its weights are taken out")
def without_weights(bench: Bench) -> None:
    """Lock a copy without weights and operating point, which says why it is not built and how it is."""
    folder = bench.copy_release()
    for path in folder.iterdir():
        if path.name != "release.yaml":
            path.unlink()
    described = yaml.safe_load((folder / "release.yaml").read_bytes())
    unbuilt = {"reason": "its images are elsewhere", "command": "clearway train adult-nih --data DIR"}
    described |= {"weights": None, "operating_point": None, "unbuilt": unbuilt}
    (folder / "release.yaml").write_text(yaml.safe_dump(described), encoding="utf-8")
    relock(folder)
