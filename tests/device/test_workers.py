"""Results come in the order of the files, whichever process has them and whatever becomes of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from device.workers import judge_all
from verification.steps.radiographs import phantom, radiograph, save


def judge(item: int) -> tuple[int, int]:
    """Slower for some, so that a later one is done sooner; 13 and 14 end their process."""
    if item in (13, 14):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.02 * (item % 3))
    return item, os.getpid()


def give_up(item: int, why: str) -> tuple[int, str]:
    return item, why


@pytest.mark.parametrize("jobs", [2, 3, 5])
def test_results_keep_the_order_and_each_worker_has_some(jobs: int) -> None:
    found = list(judge_all(judge, range(12), jobs, give_up))
    assert [item for item, _ in found] == list(range(12))
    assert len({process for _, process in found}) == jobs
    assert os.getpid() not in {process for _, process in found}


def test_one_process_is_this_one() -> None:
    assert list(judge_all(judge, range(3), 1, give_up)) == [(item, os.getpid()) for item in range(3)]


@pytest.mark.parametrize("jobs", [2, 3])
def test_what_a_process_was_at_when_it_ended_is_lost_and_nothing_else(jobs: int) -> None:
    found = dict(judge_all(judge, range(30), jobs, give_up))
    assert list(found) == list(range(30))
    lost = {item: why for item, why in found.items() if isinstance(why, str)}
    assert lost == dict.fromkeys((13, 14), "the process that analyzed it ended by signal 9")


def test_no_process_is_left(capfd: pytest.CaptureFixture[str]) -> None:
    results = judge_all(judge, range(12), 3, give_up)
    processes = {next(results)[1] for _ in range(3)}
    results.close()
    for each in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(each, 0)
    assert capfd.readouterr().err == ""


def test_a_fault_of_the_program_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    found = list(judge_all(lambda item: 1 // item, [1, 0, 1], 2, lambda item, why: why))
    assert found == [1, "the process that analyzed it ended", 1]
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_processes_that_are_let_go_of_end_together() -> None:
    results = judge_all(lambda item: time.sleep(30 * item), [0, 1, 1, 1, 1], 4, give_up)
    next(results)
    started = time.monotonic()
    results.close()
    assert time.monotonic() - started < 15, "none of them is waited for until it has done what it was at"


def test_an_interrupted_run_ends_its_processes(tmp_path: Path) -> None:
    image = save(radiograph(phantom(520, 600)), tmp_path / "0.dcm")
    for number in range(1, 400):
        (tmp_path / f"{number}.dcm").hardlink_to(image)
    heeding = ["env", "--default-signal=INT"]  # also where this test runs in the background of a shell
    command = [*heeding, sys.executable, "-m", "device", "gate", str(tmp_path), "--jobs", "2", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as run:
        run.stdout.readline()
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does
        run.stdout.read()
        assert run.wait() == 130
        assert run.stderr.read() == "python -m device gate: interrupted\n"
        with pytest.raises(ProcessLookupError):
            os.killpg(run.pid, 0)
