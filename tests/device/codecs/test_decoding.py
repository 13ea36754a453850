"""The codecs' process lives as long as it is needed, holds nothing of ours, and is asked for one frame at a time."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import JPEGLSLossless

from device import decoding, dicom
from verification.steps.radiographs import phantom, radiograph, save, transcode

PROGRAM = """
import sys, time
from pathlib import Path
from device import decoding, dicom

for path in map(Path, sys.argv[1:]):
    with dicom.open_regular(path) as file:
        dicom.decode(dicom.read_header(file, path))
    print(decoding._RUNNING[0].pid if decoding._RUNNING else 0, flush=True)
"""


@pytest.fixture
def compressed(tmp_path: Path) -> Path:
    path = save(radiograph(phantom(520, 600)), tmp_path / "compressed.dcm")
    transcode(path, JPEGLSLossless)
    return path


def decode(path: Path) -> object:
    with dicom.open_regular(path) as file:
        return dicom.decode(dicom.read_header(file, path))


def gone(process: int) -> bool:
    """Wait until there is no such process, or what is left of it waits for its parent."""
    for _ in range(500):
        status = Path(f"/proc/{process}/status")
        if not status.exists() or "State:\tZ" in status.read_text():
            return True
        time.sleep(0.02)
    return False


def test_native_pixel_data_need_no_process_and_frames_share_one(compressed: Path, tmp_path: Path) -> None:
    native = save(radiograph(phantom(520, 600)), tmp_path / "native.dcm")
    files = [native, compressed, compressed]
    run = subprocess.run([sys.executable, "-c", PROGRAM, *files], capture_output=True, text=True, check=True)
    first, second, third = map(int, run.stdout.split())
    assert first == 0
    assert second == third != 0
    assert gone(second)


def test_it_ends_with_a_process_that_is_killed(compressed: Path) -> None:
    program = [sys.executable, "-c", PROGRAM + "time.sleep(100)", compressed]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        codecs = int(process.stdout.readline())
        assert not Path(f"/proc/{codecs}/exe").samefile("/bin/sh")
        process.kill()
    assert gone(codecs)


def test_it_holds_no_file_that_was_open(compressed: Path) -> None:
    decode(compressed)
    folder = Path(f"/proc/{decoding._RUNNING[0].pid}/fd")
    held = {str(each.readlink()) for each in folder.iterdir()}
    assert {each.partition(":")[0] for each in held} == {"/dev/null", "socket"}


def test_threads_ask_one_after_the_other(tmp_path: Path) -> None:
    pictures = []
    for number in range(4):
        path = save(radiograph(np.roll(phantom(520, 600), 50 * number, axis=0)), tmp_path / f"{number}.dcm")
        native = decode(path)
        transcode(path, JPEGLSLossless)
        pictures.append((path, native))
    same: list[bool] = []

    def ask(path: Path, native: object) -> None:
        same.extend(np.array_equal(decode(path), native) for _ in range(5))

    threads = [threading.Thread(target=ask, args=each) for each in pictures]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert same == [True] * 20


def test_an_interrupted_frame_gives_its_picture_to_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [phantom(520, 600), phantom(520, 600)[:, ::-1]]
    paths = []
    for number, picture in enumerate(pictures):
        paths.append(save(radiograph(picture), tmp_path / f"{number}.dcm"))
        transcode(paths[-1], JPEGLSLossless)
    expected = decode(paths[1])

    def interrupted(*_: object) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(decoding, "_receive_line", interrupted)
        with pytest.raises(KeyboardInterrupt):
            decode(paths[0])
    np.testing.assert_array_equal(decode(paths[1]), expected)
