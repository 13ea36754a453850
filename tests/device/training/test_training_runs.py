"""A run of a training: which epoch counts, when it ends, and what is said where its process was ended."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from device import read_release
from device.training.cli import train
from device.training.recipe import RECIPES, RecipeError, Stopping, read_recipe
from device.training.runs.history import Epoch, find_exported, is_finished, read_history, render_history
from device.training.runs.process import PARENT
from verification.evidence.project import sha256_of
from verification.steps.radiographs import phantom

SHIPPED = yaml.safe_load((RECIPES / "paediatric-reference.yaml").read_text())
SECONDS = 120
"""How long a process may take to do what it is waited for."""


# --- which epoch counts -----------------------------------------------------------------------------------------------


def history(*pairs):
    """Epochs of these tuning losses and AUROCs."""
    return [Epoch(number, 0.5, loss, auroc, 0.5) for number, (loss, auroc) in enumerate(pairs, start=1)]


def recipe(**stopping):
    from msgspec.structs import replace

    return replace(read_recipe("adult-nih").recipe, epochs=5, stopping=Stopping(**stopping) if stopping else None)


EPOCHS = history((0.7, 0.6), (0.5, 0.9), (0.4, 0.8), (0.4, 0.9), (0.6, 0.7))


@pytest.mark.parametrize(
    ("stopping", "exported"), [({}, 5), ({"rule": "best_tuning_loss"}, 3), ({"rule": "best_tuning_auroc"}, 2)]
)
def test_the_epoch_that_counts_is_the_last_or_the_first_of_the_best(stopping, exported):
    assert find_exported(EPOCHS, recipe(**stopping)) == exported
    assert find_exported([], recipe(**stopping)) == 0


def test_a_loss_that_is_no_number_is_never_the_best():
    diverged = history((float("nan"), 0.5), (0.9, 0.5), (float("nan"), 0.5))
    assert find_exported(diverged, recipe(rule="best_tuning_loss")) == 2
    assert find_exported(diverged[:1], recipe(rule="best_tuning_loss")) == 1


@pytest.mark.parametrize(
    ("stopping", "ends"),
    [
        ({}, 5),
        ({"rule": "best_tuning_auroc"}, 5),
        ({"rule": "best_tuning_auroc", "patience": 1}, 3),
        ({"rule": "best_tuning_auroc", "patience": 2}, 4),
        ({"rule": "best_tuning_loss", "patience": 2}, 5),
    ],
)
def test_a_run_ends_with_its_last_epoch_or_when_patience_does(stopping, ends):
    finished = [is_finished(EPOCHS[:count], recipe(**stopping)) for count in range(6)]
    assert finished == [count >= ends for count in range(6)]


def test_an_old_history_is_read_and_a_broken_one_is_named_with_its_line(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text(render_history(EPOCHS))
    assert read_history(path) == EPOCHS
    path.write_text("epoch,training_loss,tuning_loss,tuning_auroc\n1,0.6,0.5,0.75\n")
    assert read_history(path) == [Epoch(1, 0.6, 0.5, 0.75, None)]
    assert read_history(tmp_path / "none") == []
    path.write_text(path.read_text() + "2,0.6,x,0.75\n")
    with pytest.raises(RecipeError, match=r"history\.csv:3: found .*'x'.*expected numbers epoch, training_loss"):
        read_history(path)


# --- for real ---------------------------------------------------------------------------------------------------------


def write_tiny(folder, **changes):
    """Pneumonia images that are darker, and a recipe for them."""
    dice, rows, chest = np.random.default_rng(0), [], phantom(80, 70) / 2
    (folder / "images").mkdir()
    for number in range(24):
        label, path = number % 2, folder / "images" / f"{number}.png"
        pixels = 160 - 100 * label + chest - chest.mean() + dice.integers(-30, 31, chest.shape)
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
        split = ("training", "training", "tuning")[number // 2 % 3]
        rows.append((path.name, f"p{number}", label, split, sha256_of(path)))
    with (folder / "manifest.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("image", "patient", "label", "split", "sha256"), *rows])
    made = SHIPPED | {
        "name": "tiny",
        "data": {"dataset": "tiny", "manifest": "manifest.csv"},
        "geometry": SHIPPED["geometry"] | {"rows": 32, "columns": 32},
        "network": {"kind": "residual", "stem": 4, "widths": [4, 8], "blocks": 1, "initial_weights": "none"},
        "epochs": 3, "batch_size": 8, "threads": 1,
    }  # fmt: skip
    (folder / "tiny.yaml").write_text(yaml.safe_dump(made | changes))
    return folder


def start(folder, run, *options, program="", **environment):
    """A process that trains, after a program that changes what it does."""
    command = f"import sys\n{program}\nfrom device.training.cli import train\nsys.exit(train(sys.argv[1:]))"
    arguments = [str(folder / "tiny.yaml"), "--data", str(folder / "images"), "--output", str(run), *options]
    return subprocess.Popen(
        [sys.executable, "-c", command, *arguments], stderr=subprocess.PIPE, text=True, env=os.environ | environment
    )


def finish(process):
    said = process.communicate(timeout=SECONDS)[1]
    return process.returncode, said


def await_epoch(run):
    """Wait until the run holds an epoch."""
    end = time.monotonic() + SECONDS
    while not (run / "history.csv").is_file():
        assert time.monotonic() < end
        time.sleep(0.05)


def child_of(process):
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(child)


def await_handler(process, number):
    """Wait until a process handles a signal itself, however busy the machine is."""
    for _ in range(1200):
        status = Path(f"/proc/{process.pid}/status").read_text()
        caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
        if int(caught.split()[1], 16) >> (number - 1) & 1:
            return
        time.sleep(0.05)
    raise AssertionError(f"{number.name} is not handled after a minute")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny(tmp_path_factory.mktemp("tiny"), epochs=400)


@pytest.mark.training
@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGSEGV, "continue with --resume; if it crashes again, begin anew with TF_ENABLE_ONEDNN_OPTS=0"),
        (signal.SIGKILL, "if memory ran out, continue with --resume and fewer --workers"),
    ],
)
def test_a_crash_is_told_in_the_last_line_with_what_is_held_and_what_to_do(folder, tmp_path, number, said):
    run = tmp_path / "run"
    process = start(folder, run)
    await_epoch(run)
    os.kill(child_of(process), number)
    status, told = finish(process)
    assert status == 128 + number
    held = len(read_history(run / "history.csv"))
    assert held >= 1
    last = told.splitlines()[-1]
    assert last.startswith(f"clearway train: the training was ended by {number.name}; {run} holds {held} of 400 epochs")
    assert said in last


@pytest.mark.training
def test_who_asks_the_command_to_end_ends_the_training(folder, tmp_path):
    run = tmp_path / "run"
    process = start(folder, run)
    await_epoch(run)
    child = child_of(process)
    process.send_signal(signal.SIGINT)
    status, told = finish(process)
    assert (status, told.splitlines()[-1]) == (2, "clearway train: interrupted; continue with --resume")
    assert not Path(f"/proc/{child}").exists()
    process = start(folder, run, "--resume")
    await_handler(process, signal.SIGTERM)
    process.terminate()
    status, told = finish(process)
    assert status == 128 + signal.SIGTERM
    assert told.splitlines()[-1].endswith("epochs; continue with --resume")


@pytest.mark.training
def test_no_training_outlives_the_command(folder, tmp_path):
    run = tmp_path / "run"
    process = start(folder, run)
    await_epoch(run)
    child = Path(f"/proc/{child_of(process)}")
    process.kill()
    process.wait()
    end = time.monotonic() + SECONDS
    while child.exists() and "\nState:\tZ" not in (child / "status").read_text():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.training
def test_a_run_is_not_continued_with_other_kernels(folder, tmp_path, monkeypatch, capsys):
    run = tmp_path / "run"
    process = start(folder, run, TF_ENABLE_ONEDNN_OPTS="0")
    await_epoch(run)
    process.terminate()
    finish(process)
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    assert train([str(folder / "tiny.yaml"), "--output", str(run), "--resume"]) == 2
    assert "was made with TF_ENABLE_ONEDNN_OPTS 0, now it is unset; make it 0 again" in capsys.readouterr().err


STOP = """
from device.training import fit
save = fit._save
def save_and_stop(run, network, history, recipe):
    save(run, network, history, recipe)
    if len(history) == %d:
        raise KeyboardInterrupt
fit._save = save_and_stop
"""


@pytest.mark.training
def test_the_best_epoch_is_exported_and_a_run_that_waits_for_a_better_one_resumes_to_the_same_bytes(tmp_path):
    import keras

    stopping = {"rule": "best_tuning_auroc", "patience": 2}
    folder = write_tiny(tmp_path, epochs=9, stopping=stopping)
    status, told = finish(start(folder, tmp_path / "whole"))
    assert status == 0, told
    epochs = read_history(tmp_path / "whole" / "history.csv")
    best = find_exported(epochs, read_recipe(str(folder / "tiny.yaml")).recipe)
    assert len(epochs) == best + 2 < 9
    assert f"epoch {best} of {best + 2} is exported: best tuning auroc" in told
    held = {path.name for path in (tmp_path / "whole").glob("*.keras")}
    assert held == {f"checkpoint-{best}.keras", f"checkpoint-{best + 2}.keras"}
    card = yaml.safe_load((tmp_path / "whole" / "release" / "card.yaml").read_text())
    assert card["epochs"] == best + 2
    assert card["history"][0]["title"] == f"Convergence; epoch {best} was exported, by best tuning auroc"

    from device.training.data import Images, plain_stream
    from device.training.samples import read_samples

    file = read_recipe(str(folder / "tiny.yaml"))
    tuning = read_samples(file, folder / "images")["tuning"]
    exported = {row["image"]: float(row["score"]) for row in csv.DictReader((tmp_path / "whole/tuning.csv").open())}
    for number, same in ((best, True), (best + 2, False)):
        network = keras.models.load_model(tmp_path / "whole" / f"checkpoint-{number}.keras")
        scores = network.predict(plain_stream(Images(tuning, file.recipe), file.recipe), verbose=0)[:, 0]
        gaps = [abs(exported[sample.image] - score) for sample, score in zip(tuning, scores, strict=True)]
        assert (max(gaps) < 1e-5) == same

    itself = {PARENT: str(os.getpid())}
    status, told = finish(start(folder, tmp_path / "again", program=STOP % (best + 1), **itself))
    assert status == 2, told
    status, told = finish(start(folder, tmp_path / "again", "--resume"))
    assert status == 0, told
    assert (tmp_path / "again" / "history.csv").read_bytes() == (tmp_path / "whole" / "history.csv").read_bytes()
    assert read_release(tmp_path / "again" / "release").digest == read_release(tmp_path / "whole" / "release").digest
