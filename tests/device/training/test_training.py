"""Training on a few small synthetic images, for real: resumed is the same, exported is the same, locked is for good."""

import csv
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import zipfile

import msgspec
import numpy as np
import pytest
import yaml
from PIL import Image

from device import Intake, analyze, find_releases, main, read_release
from device.errors import ReleaseError
from device.locking import Comparison, compare, lock
from device.training.cli import _hold_back, train
from device.training.operating_point import choose_threshold
from device.training.recipe import RECIPES, read_recipe
from device.training.release_folder import describe_release, write_release
from device.training.runs.process import PARENT
from device.types import Unbuilt
from verification.evidence import Card
from verification.steps.radiographs import phantom, radiograph, save

pytestmark = pytest.mark.training

EXAMPLE = str(RECIPES / "examples/nih-1024.yaml")
SHIPPED = yaml.safe_load((RECIPES / "paediatric-reference.yaml").read_text())
KILLS = 3
TRAINS_ITSELF = {PARENT: str(os.getpid())}
"""In the environment of a program that is to train in its own process, which a test interrupts or ends."""
TRAIN = """
import os, signal, sys, threading, time
from device.training import cli, fit

limit, seconds = float(sys.argv[1]), sys.argv[2]
whole = fit.fit

def timed(*arguments):
    if limit:
        threading.Timer(limit, os.kill, (os.getpid(), signal.SIGKILL)).start()
    started = time.monotonic()
    trained = whole(*arguments)
    open(seconds, "w").write(str(time.monotonic() - started))
    return trained

fit.fit = timed
sys.exit(cli.train(sys.argv[3:]))
"""
ASSERTED = {"Modality": "CR", "BodyPartExamined": "CHEST", "ViewPosition": "AP", "PatientAge": "003Y"}


def write_tiny(folder):
    """A data set whose pneumonia images are darker, its manifest, and a recipe of three short epochs."""
    generator = np.random.default_rng(0)
    rows, chest = [], phantom(80, 70) / 2
    for number in range(40):
        label = number % 2
        name, path = f"{number}.png", folder / "images" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        pixels = 160 - 100 * label + chest - chest.mean() + generator.integers(-30, 31, chest.shape)
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
        split = ("training", "training", "tuning", "development_holdout")[number // 2 % 4]
        rows.append((name, f"p{number}", label, "s", split, hashlib.sha256(path.read_bytes()).hexdigest()))
    with (folder / "manifest.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("image", "patient", "label", "label_source", "split", "sha256"), *rows])
    write_recipe(folder)
    return folder


def write_recipe(folder, **changes):
    recipe = SHIPPED | {
        "name": "tiny",
        "data": {"dataset": "tiny", "manifest": "manifest.csv"},
        "geometry": SHIPPED["geometry"] | {"rows": 32, "columns": 32},
        "network": {"kind": "residual", "stem": 4, "widths": [4, 8], "blocks": 1, "initial_weights": "none"},
        "epochs": 3,
        "batch_size": 8,
        "threads": 1,
    }
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(recipe | changes))
    return path


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return write_tiny(tmp_path_factory.mktemp("tiny"))


def clearway_train(*arguments):
    """In a process of its own: TensorFlow takes its threads once."""
    command = "import sys; from device.training.cli import train; sys.exit(train(sys.argv[1:]))"
    return subprocess.run([sys.executable, "-c", command, *map(str, arguments)], capture_output=True, text=True)


@pytest.fixture(scope="module")
def told(images):
    """What a run without interruption says while it lasts."""
    done = clearway_train(images / "tiny.yaml", "--data", images / "images", "--output", images / "run")
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def run(images, told):
    """What that run made."""
    return images / "run"


@pytest.mark.training
def test_a_run_makes_a_release_that_the_device_reads(run):
    release = read_release(run / "release")
    card = msgspec.yaml.decode((run / "release" / "card.yaml").read_bytes(), type=Card)
    assert (release.name, card.epochs, len(card.history[0].rows)) == ("tiny", 3, 3)
    assert card.keras_litert_maximum_difference < 1e-5
    assert card.keras_litert_decision_flips == 0  # the threshold lies between two scores
    assert (card.initial_weights, card.initial_weights_sha256) == ("none", None)
    assert card.recipe_digest == hashlib.sha256((run / "recipe.yaml").read_bytes()).hexdigest()
    assert (card.training_images, card.tuning_images) == (20, 10)


@pytest.mark.training
def test_a_run_tells_how_long_it_will_take(told):
    lines = [line for line in told.splitlines() if "min left" in line]
    assert [line.strip().split(":")[0] for line in lines] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert lines[-1].endswith("about 0 min left")
    others = [line for line in told.splitlines() if line and line not in lines]
    assert others == ["tiny 1.0.0: 20 training images"]  # TensorFlow says nothing while all is well


@pytest.mark.training
def test_what_is_said_where_a_library_cannot_be_loaded_is_shown(monkeypatch, capfd):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    with _hold_back():
        os.write(2, b"all is well\n")

    def fails():
        with _hold_back():
            os.write(2, b"no such instruction\n")
            raise ImportError

    with pytest.raises(ImportError):
        fails()
    assert capfd.readouterr().err == "no such instruction\n"


@pytest.mark.training
def test_a_run_says_what_ran_it_what_it_has_and_how_each_tuning_image_is_scored(run, images):
    record = json.loads((run / "run.json").read_text())
    assert record["TF_ENABLE_ONEDNN_OPTS"] == os.environ.get("TF_ENABLE_ONEDNN_OPTS", "unset")
    group = {"kind": "whole", "source": "", "view": "", "images": 10, "patients": 10}
    assert record["data"]["training"] == {
        "images": 20, "patients": 20, "groups": [group | {"label": 0}, group | {"label": 1}],
    }  # fmt: skip
    with (run / "tuning.csv").open() as one, (run / "release" / "tuning_scores.csv").open() as other:
        ours, shipped = list(csv.DictReader(one)), list(csv.DictReader(other))
    assert [row.pop("kind") + row.pop("source") + row.pop("view") for row in ours] == ["whole"] * 10
    assert ours == shipped


@pytest.mark.training
def test_the_operating_point_keeps_the_sensitivity_through_the_device(run, images):
    release = read_release(run / "release")
    with (images / "manifest.csv").open() as stream:
        positive = [row for row in csv.DictReader(stream) if row["split"] == "tuning" and row["label"] == "1"]
    findings = [
        analyze(images / "images" / row["image"], release, Intake.RESEARCH, ASSERTED).finding for row in positive
    ]
    sensitivity = SHIPPED["operating_point"]["minimum_sensitivity"]
    assert sum(finding.flag == "flagged" for finding in findings) / len(findings) >= sensitivity
    with (run / "release" / "tuning_scores.csv").open() as stream:
        table = {row["image"]: row for row in csv.DictReader(stream)}
    assert {row["image"]: finding.score for row, finding in zip(positive, findings, strict=True)} == {
        name: float(row["score"]) for name, row in table.items() if row["label"] == "1"
    }
    assert all(row["patient"] == f"p{name.removesuffix('.png')}" for name, row in table.items())
    assert len(table) == 10
    above = [float(row["score"]) - release.operating_point.threshold for row in table.values()]
    nearest = min(gap for gap in above if gap >= 0), max(gap for gap in above if gap < 0)
    assert sum(nearest) == pytest.approx(0, abs=1e-12)


@pytest.mark.training
def test_an_interrupted_run_resumes_to_the_same_bytes(run, images, tmp_path):
    """Stopped after the first epoch, as a kill between two epochs leaves it."""
    again = tmp_path / "run"
    stop = (
        "import sys, device.training.fit as fit\n"
        "from device.training.cli import train\n"
        "save = fit._save\n"
        "def save_and_stop(*held):\n    save(*held)\n    raise KeyboardInterrupt\n"
        "fit._save = save_and_stop\n"
        "sys.exit(train(sys.argv[1:]))"
    )
    arguments = [str(images / "tiny.yaml"), "--data", str(images / "images"), "--output", str(again)]
    environment = os.environ | TRAINS_ITSELF
    stopped = subprocess.run([sys.executable, "-c", stop, *arguments], capture_output=True, text=True, env=environment)
    assert stopped.returncode == 2
    assert "--resume" in stopped.stderr
    assert len((again / "history.csv").read_text().splitlines()) == 2
    refused = clearway_train(*arguments)
    assert refused.returncode == 2
    assert "--resume" in refused.stderr
    assert clearway_train(*arguments, "--resume").returncode == 0
    assert (again / "history.csv").read_bytes() == (run / "history.csv").read_bytes()
    assert read_release(again / "release").digest == read_release(run / "release").digest


@pytest.mark.training
def test_training_reads_what_the_device_reads_and_the_stream_hands_it_on(images):
    from device.preprocessing import preprocess
    from device.research import decode
    from device.training.data import Images, plain_stream
    from device.training.samples import read_samples

    file = read_recipe(str(images / "tiny.yaml"))
    samples = read_samples(file, images / "images")["training"]
    inputs = np.concatenate([batch.numpy() for batch, _ in plain_stream(Images(samples, file.recipe), file.recipe)])
    labels = np.concatenate([batch.numpy() for _, batch in plain_stream(Images(samples, file.recipe), file.recipe)])
    expected = [preprocess(decode(sample.path), file.recipe.geometry) for sample in samples]
    np.testing.assert_array_equal(inputs, expected)
    assert labels[:, 0].tolist() == [sample.label for sample in samples]


@pytest.mark.training
def test_augmentation_keeps_shape_and_range_moves_as_far_as_allowed_and_never_flips():
    from device.training.data import augment
    from device.training.recipe import Augmentation

    image = np.zeros((1, 64, 64, 1), dtype=np.float32)
    image[0, 20:30, 8:18] = 0.5  # upper left
    batch = np.repeat(image, 64, axis=0)
    none = Augmentation(shift=0, zoom=0, rotation_degrees=0, contrast=0, brightness=0)
    np.testing.assert_allclose(augment(batch, none, [1, 2]), batch, atol=1e-6)
    limits = Augmentation(
        shift=0.05, zoom=0.1, stretch=0.1, rotation_degrees=7, black_surround=0.5, contrast=0.2, brightness=0.1,
        gamma=0.3, sharpness=0.5, noise=0.02,
    )  # fmt: skip
    changed = augment(batch, limits, [1, 2]).numpy()
    np.testing.assert_array_equal(changed, augment(batch, limits, [1, 2]))
    assert not np.array_equal(changed, augment(batch, limits, [1, 3]))
    assert changed.shape == batch.shape
    assert changed.min() >= 0
    assert changed.max() <= 1
    shifted = augment(batch, Augmentation(shift=0.05, zoom=0, rotation_degrees=0, contrast=0, brightness=0), [1, 2])
    mass = shifted.numpy()[..., 0]
    total = mass.sum(axis=(1, 2))
    row = (mass.sum(axis=2) @ np.arange(64)) / total
    column = (mass.sum(axis=1) @ np.arange(64)) / total
    assert (np.abs(row - 24.5) <= 3.21).all()
    assert (np.abs(column - 12.5) <= 3.21).all()  # a flip would put it at 50.5
    assert row.std() > 1
    assert column.std() > 1


@pytest.mark.training
@pytest.mark.parametrize(
    ("limits", "measure", "least", "most"),
    [
        ({"stretch": 0.2}, lambda image: np.ptp(np.nonzero(image.max(axis=1))) / np.ptp(np.nonzero(image.max(axis=0))),
         0.6, 1.6),
        ({"gamma": 0.5}, lambda image: np.log(np.log(image.max()) / np.log(0.5)), -0.5, 0.5),
        ({"sharpness": 0.8}, lambda image: image[31, 20] - image[31, 32], -0.15, 0.15),
        ({"noise": 0.1}, lambda image: image[:8].std(), 0, 0.1),
    ],
)  # fmt: skip
def test_each_change_of_the_image_keeps_its_limits(limits, measure, least, most):
    from device.training.data import augment
    from device.training.recipe import Augmentation

    image = np.zeros((64, 64, 1), dtype=np.float32)
    image[20:44, 20:44] = 0.5
    limits = {"shift": 0, "zoom": 0, "rotation_degrees": 0, "contrast": 0, "brightness": 0} | limits
    changed = augment(np.repeat(image[np.newaxis], 64, axis=0), Augmentation(**limits), [1, 2]).numpy()
    found = np.array([measure(one) for one in changed[..., 0]])
    assert found.min() >= least
    assert found.max() <= most
    assert np.ptp(found) > 0.5 * (most - least)


@pytest.mark.training
def test_a_share_of_the_images_is_surrounded_in_black():
    from device.training.data import augment
    from device.training.recipe import Augmentation

    white = np.ones((64, 64, 64, 1), dtype=np.float32)
    limits = {"shift": 0.2, "zoom": 0, "rotation_degrees": 0, "contrast": 0, "brightness": 0}
    assert augment(white, Augmentation(**limits), [1, 2]).numpy().min() == 1
    some = augment(white, Augmentation(**limits, black_surround=0.5), [1, 2]).numpy().min(axis=(1, 2, 3))
    assert set(some) == {0, 1}
    assert 16 < some.sum() < 48


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A zip file with a Keras model, whose layer `xception` has the weights of an untrained Xception."""
    import keras

    folder = tmp_path_factory.mktemp("wheel")
    base = keras.applications.Xception(include_top=False, weights=None, input_shape=(71, 71, 3))
    keras.Sequential([keras.Input((71, 71, 3)), base, keras.layers.Dense(1)]).save(folder / "some.keras")
    with zipfile.ZipFile(folder / "some.whl", "w") as archive:
        archive.write(folder / "some.keras", "package/some.keras")
    return folder / "some.whl", base


def from_wheel(folder, path, **named):
    """A recipe that starts from that file."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    weights = {"origin": "o", "sha256": digest, "member": "package/some.keras", "layer": "xception", "licence": None}
    network = {"kind": "xception_stem", "blocks": 3, "first_trained_block": 3, "dropout": 0, "contrast": 0.5}
    geometry = SHIPPED["geometry"] | {"rows": 71, "columns": 71}
    return write_recipe(folder, geometry=geometry, network=network | {"initial_weights": weights | named})


@pytest.mark.training
def test_the_first_blocks_take_the_weights_of_the_file_and_the_early_ones_stay_frozen(wheel, tmp_path):
    from device.training.network import build_network

    path, base = wheel
    network = build_network(read_recipe(str(from_wheel(tmp_path, path))).recipe, path)
    stem = network.get_layer("xception_stem")
    for layer in stem.layers:
        for found, expected in zip(layer.get_weights(), base.get_layer(index=stem.layers.index(layer)).get_weights(),
                                   strict=True):  # fmt: skip
            assert found.shape == expected.shape
    first = stem.get_layer("block1_conv1").get_weights()[0]
    np.testing.assert_array_equal(first, base.get_layer("block1_conv1").get_weights()[0])
    trained = {weight.path.split("/")[-2] for weight in network.trainable_weights}
    assert {name for name in trained if name.startswith("block")} == {"block3_sepconv1", "block3_sepconv2"}
    assert not [name for name in trained if name.endswith("_bn")]


@pytest.mark.training
def test_brightness_and_contrast_do_not_reach_the_first_block(wheel, tmp_path):
    import keras

    from device.training.network import build_network

    network = build_network(read_recipe(str(from_wheel(tmp_path, wheel[0]))).recipe, wheel[0])
    (given,) = (layer.output for layer in network.layers if isinstance(layer, keras.layers.Concatenate))
    image = np.random.default_rng(0).random((1, 71, 71, 1), dtype=np.float32)
    seen = keras.Model(network.input, given)(np.concatenate([image, 0.5 * image, 0.5 * image + 0.4])).numpy()
    assert seen.shape == (3, 71, 71, 3)
    np.testing.assert_allclose(seen.mean(axis=(1, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(seen.std(axis=(1, 2, 3)), 0.5, rtol=0.003)  # 1e-4 is added to a variance of 0.021
    np.testing.assert_allclose(seen[1:], seen[:1].repeat(2, axis=0), rtol=0.003, atol=1e-5)


@pytest.mark.training
@pytest.mark.parametrize(
    ("named", "given", "words"),
    [
        ({}, None, "--weights FILE"),
        ({}, "none.whl", "cannot be read"),
        ({"sha256": "0" * 64}, "some.whl", "expected 0000"),
        ({"member": "package/other.keras"}, "some.whl", "package/other.keras"),
        ({"layer": "vgg"}, "some.whl", "no layer vgg"),
    ],
)
def test_initial_weights_that_are_not_those_of_the_recipe_are_refused(wheel, tmp_path, named, given, words):
    path = wheel[0]
    write_tiny(tmp_path)
    recipe = from_wheel(tmp_path, path, **named)
    options = [] if given is None else ["--weights", path.with_name(given)]
    done = clearway_train(recipe, "--data", tmp_path / "images", "--output", tmp_path / "run", *options)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.training
def test_weights_for_a_recipe_that_names_none_are_refused(images, wheel, tmp_path):
    options = ("--data", images / "images", "--output", tmp_path / "run", "--weights", wheel[0])
    done = clearway_train(images / "tiny.yaml", *options)
    assert done.returncode == 2
    assert "random weights; leave the option out" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.training
@pytest.mark.data
def test_one_kermany_image_is_the_same_input_for_training_and_inference():
    from device import pipeline
    from device.preprocessing import preprocess
    from device.training.data import read_input
    from device.training.samples import find_folder

    file = read_recipe("paediatric-reference")
    path = find_folder(file.recipe, None) / "train" / "NORMAL" / "IM-0115-0001.jpeg"
    release = read_release("paediatric-reference")
    radiograph = pipeline._admit(path, release, Intake.RESEARCH, ASSERTED).radiograph
    np.testing.assert_array_equal(
        read_input(path, file.recipe.geometry), preprocess(radiograph.pixels, release.geometry)
    )


def test_a_dicom_image_and_a_picture_that_show_the_same_are_the_same_input(tmp_path):
    from device.training.data import read_input
    from device.training.recipe import RecipeError

    pixels = phantom(90, 80)
    whole = save(radiograph(pixels), tmp_path / "image.dcm")
    Image.fromarray(pixels).save(tmp_path / "image.png")
    geometry = read_recipe("paediatric-reference").recipe.geometry
    one, other = (read_input(path, geometry) for path in (whole, tmp_path / "image.png"))
    np.testing.assert_allclose(one, other, atol=1e-6)
    for keyword in ("BitsStored", "PixelData"):
        save(radiograph(pixels, **{keyword: None}), tmp_path / "damaged.dcm")
        with pytest.raises(RecipeError, match=r"damaged\.dcm: "):
            read_input(tmp_path / "damaged.dcm", geometry)


def fake_run(folder, version="0.1.0", note=b""):
    """A run's folder that holds a release without weights, which is enough to lock."""
    recipe = read_recipe("adult-nih").recipe
    release = describe_release(recipe, None, None, Unbuilt("r", "c")) | {"version": version}
    write_release(folder / "release", release, None, {"note": note})
    return folder


def locked_run(folder, version="0.1.0", note=b""):
    """The same with weights, of which the digests matter and nothing else."""
    release = yaml.safe_load((fake_run(folder, version, note) / "release" / "release.yaml").read_text())
    release |= {
        "unbuilt": None,
        "weights": {"file": "note", "format": "litert", "sha256": hashlib.sha256(note).hexdigest()},
        "operating_point": {"threshold": 0.5, "rule": "r", "locked_on": "l"},
    }
    write_release(folder / "release", release, None, {"note": note})
    return folder


def test_a_locked_version_is_never_changed(tmp_path):
    releases = tmp_path / "releases"
    lock(fake_run(tmp_path / "unbuilt"), releases)
    first = locked_run(tmp_path / "first", note=b"1")
    lock(first, releases)  # weights take the place of a release that has none
    digest = read_release(releases / "adult-nih").digest
    lock(first, releases)  # the same again is no change
    with pytest.raises(ReleaseError, match="another version"):
        lock(locked_run(tmp_path / "other", note=b"2"), releases)
    assert read_release(releases / "adult-nih").digest == digest
    lock(locked_run(tmp_path / "next", version="0.2.0", note=b"2"), releases)
    assert read_release(releases / "adult-nih").version == "0.2.0"
    assert [path.name for path in releases.iterdir()] == ["adult-nih"]


def test_a_damaged_or_missing_run_is_not_locked(tmp_path):
    damaged = locked_run(tmp_path / "run", note=b"1")
    (damaged / "release" / "note").write_bytes(b"2")
    for run in (damaged, tmp_path / "none"):
        with pytest.raises(ReleaseError, match="no release to lock"):
            lock(run, tmp_path / "releases")
    assert not (tmp_path / "releases").exists()


def test_weights_that_decide_otherwise_than_the_trained_network_are_not_locked(tmp_path):
    run = locked_run(tmp_path / "run", note=b"1")
    release = yaml.safe_load((run / "release" / "release.yaml").read_text())
    write_release(run / "release", release, {"keras_litert_decision_flips": 1}, {"note": b"1"})
    with pytest.raises(ReleaseError, match="keras_litert_decision_flips: found 1, expected 0"):
        lock(run, tmp_path / "releases")
    assert not (tmp_path / "releases").exists()


def test_the_command_locks_a_run_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lock, "__defaults__", (tmp_path / "releases",))
    assert main(["release", "lock", str(locked_run(tmp_path / "first", note=b"1"))]) == 0
    assert read_release(tmp_path / "releases" / "adult-nih").weights.file == "note"
    assert capsys.readouterr().out == f"locked {tmp_path / 'releases' / 'adult-nih'}\n"
    assert main(["release", "lock", str(locked_run(tmp_path / "other", note=b"2"))]) == 1
    assert "or give the recipe another version" in capsys.readouterr().err


def write_tuning(run, **scores):
    text = "image,patient,label,score\n" + "".join(f"{name},p,1,{score}\n" for name, score in scores.items())
    release = yaml.safe_load((run / "release" / "release.yaml").read_text())
    write_release(run / "release", release, None, {"note": b"1", "tuning_scores.csv": text.encode()})
    return run


def test_a_release_that_was_trained_again_is_held_against_the_locked_one(tmp_path, capsys, monkeypatch):
    releases = tmp_path / "releases"
    monkeypatch.setattr(compare, "__defaults__", (releases,))
    first = write_tuning(locked_run(tmp_path / "first", note=b"1"), a=0.49, b=0.9)
    lock(first, releases)
    assert main(["release", "compare", str(first)]) == 0
    assert capsys.readouterr().out.startswith("the same digest")
    near = write_tuning(locked_run(tmp_path / "near", note=b"1"), a=0.505, b=0.9)
    assert compare(near, releases) == Comparison(False, 2, pytest.approx(0.015), 1)
    assert main(["release", "compare", str(near)]) == 0
    far = write_tuning(locked_run(tmp_path / "far", note=b"1"), a=0.49, b=0.87)
    assert main(["release", "compare", str(far)]) == 1
    assert "largest difference of a score 0.03, 0 decided otherwise" in capsys.readouterr().out
    other = write_tuning(locked_run(tmp_path / "other", note=b"1"), a=0.49)
    assert main(["release", "compare", str(other)]) == 1
    assert "of other images" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("scores", "sensitivity", "least", "expected"),
    [
        ([0.9, 0.8, 0.7, 0.6], 0.75, 0.7, 0.65),
        ([0.9, 0.8, 0.7, 0.6], 0.76, 0.6, 0.305),
        ([0.9, 0.8, 0.7, 0.6], 1.0, 0.6, 0.305),
        ([0.9, 0.5, 0.5, 0.5], 0.5, 0.5, 0.255),
        ([n / 20 for n in range(1, 21)], 0.95, 0.1, 0.075),
    ],
)
def test_the_threshold_is_below_the_highest_score_that_keeps_the_sensitivity(scores, sensitivity, least, expected):
    scores = np.array([*scores, 0.99, 0.01])  # the last two are negative; only their place between others matters
    positive = np.arange(scores.size) < scores.size - 2
    found = choose_threshold(positive, scores, sensitivity)
    assert found == pytest.approx(expected)
    assert (scores[positive] >= found).mean() >= sensitivity
    assert (scores[positive] > least).mean() < sensitivity
    np.testing.assert_array_equal(scores >= found, scores >= least)  # no image lies between the two


def test_the_lowest_score_of_all_is_a_threshold():
    assert choose_threshold(np.array([True, True]), np.array([0.4, 0.6]), 1.0) == 0.4


@pytest.mark.parametrize("name", [path.stem for path in RECIPES.glob("*.yaml")])
def test_each_shipped_recipe_says_what_its_release_says(name):
    recipe, release = read_recipe(name).recipe, read_release(name)
    assert name == recipe.name == release.name
    assert recipe.version == release.version
    assert recipe.release.population == release.population
    assert recipe.release.limitations == release.limitations
    assert recipe.release.study == release.study
    assert recipe.geometry == release.geometry
    assert name in find_releases()


def test_the_shipped_weights_are_of_the_shipped_recipe_and_manifest():
    file, release = read_recipe("paediatric-reference"), read_release("paediatric-reference")
    card = msgspec.yaml.decode((release.folder / "card.yaml").read_bytes(), type=Card)
    assert card.recipe_digest == file.digest
    assert card.dataset_digest == hashlib.sha256(file.manifest.read_bytes()).hexdigest()
    assert card.keras_litert_decision_flips == 0
    assert (release.folder / "model.tflite").stat().st_size < 20_000_000
    named = file.recipe.network.initial_weights
    assert (card.initial_weights, card.initial_weights_sha256) == (named.origin, named.sha256)
    assert card.initial_weights_licence is None  # stated nowhere: such a release can never be a candidate
    assert release.status == "reference"


def test_the_shipped_threshold_follows_from_the_scores_beside_it():
    file, release = read_recipe("paediatric-reference"), read_release("paediatric-reference")
    with (release.folder / "tuning_scores.csv").open() as stream:
        table = list(csv.DictReader(stream))
    with file.manifest.open() as stream:
        tuning = [row for row in csv.DictReader(stream) if row["split"] == "tuning"]
    columns = ("image", "patient", "label")
    assert [[row[name] for name in columns] for row in table] == sorted(
        [row[name] for name in columns] for row in tuning
    )
    positive, scores = (
        np.array([row["label"] == "1" for row in table]),
        np.array([float(row["score"]) for row in table]),
    )
    threshold = choose_threshold(positive, scores, file.recipe.operating_point.minimum_sensitivity)
    assert threshold == release.operating_point.threshold


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"colour": "blue"}, "colour"),
        ({"augmentation": SHIPPED["augmentation"] | {"flip": True}}, "flip"),
        ({"augmentation": SHIPPED["augmentation"] | {"rotation_degrees": 90}}, "rotation_degrees"),
        ({"epochs": "many"}, "epochs"),
        ({"seed": -1}, "seed"),
        ({"network": SHIPPED["network"] | {"kind": "other"}}, "network"),
        ({"network": SHIPPED["network"] | {"initial_weights": {"origin": "o"}}}, "network.initial_weights"),
    ],
)
def test_a_recipe_that_is_not_of_the_schema_is_refused_by_name(tmp_path, change, word, capsys):
    path = write_recipe(tmp_path, **change)
    assert train([str(path)]) == 2
    assert word in capsys.readouterr().err


def test_an_unknown_recipe_names_the_known(capsys):
    assert train(["adult"]) == 2
    assert "adult-nih, paediatric-reference" in capsys.readouterr().err


@pytest.mark.training
def test_missing_images_and_manifest_are_named(images, tmp_path, capfd, monkeypatch):
    monkeypatch.delenv("CLEARWAY_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    assert train([EXAMPLE]) == 2
    assert "--data DIR" in capfd.readouterr().err
    assert train([EXAMPLE, "--data", str(tmp_path / "none")]) == 2
    assert f"{tmp_path / 'none'}: no such folder" in capfd.readouterr().err
    assert train([EXAMPLE, "--data", str(tmp_path)]) == 2
    assert "datasets/nih/manifest.csv" in capfd.readouterr().err
    partial = tmp_path / "partial"
    shutil.copytree(images / "images", partial)
    (partial / "0.png").unlink()
    assert train([str(images / "tiny.yaml"), "--data", str(partial)]) == 2
    assert "0.png: missing" in capfd.readouterr().err
    assert not (tmp_path / "build").exists()


@pytest.mark.training
def test_an_image_that_is_not_the_manifests_is_not_trained_on(tiny):
    image = min((tiny / "images").iterdir())
    image.write_bytes(max((tiny / "images").iterdir()).read_bytes())
    done = clearway_train(tiny / "tiny.yaml", "--data", tiny / "images", "--output", tiny / "run")
    assert done.returncode != 0
    assert f"{image.name}: SHA-256" in done.stderr
    assert "as in the manifest" in done.stderr


@pytest.mark.training
@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda text: text.replace(",split,", ",part,", 1), "manifest.csv:1: no column split"),
        (lambda text: text.replace(",1,", ",x,", 1), "label 'x', expected 0 or 1"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_named_with_its_line(tiny, capfd, change, word):
    manifest = tiny / "manifest.csv"
    manifest.write_text(change(manifest.read_text()))
    assert train([str(tiny / "tiny.yaml"), "--data", str(tiny / "images")]) == 2
    assert word in capfd.readouterr().err


@pytest.fixture
def tiny(tmp_path):
    return write_tiny(tmp_path)


def train_until_killed(folder, run, limit=0.0, *options):
    """Train in a process of its own, which kills itself so many seconds after its training began."""
    arguments = (folder / "tiny.yaml", "--data", folder / "images", "--output", run, *options)
    command = [sys.executable, "-c", TRAIN, str(limit), str(folder / "seconds"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | TRAINS_ITSELF)


@pytest.mark.training
def test_three_random_kills_change_no_byte_of_the_release(tiny):
    """Dropout, the average of the weights and the rate's schedule go on where the last whole epoch left them."""
    recipe = yaml.safe_load((tiny / "tiny.yaml").read_text())
    recipe |= {
        "epochs": 8,
        "geometry": recipe["geometry"] | {"rows": 71, "columns": 71},
        "network": {
            "kind": "xception_stem", "blocks": 2, "first_trained_block": 2, "dropout": 0.5, "contrast": 0.5,
            "initial_weights": "none",
        },
    }  # fmt: skip
    (tiny / "tiny.yaml").write_text(yaml.safe_dump(recipe))
    done = train_until_killed(tiny, tiny / "whole")
    assert done.returncode == 0, done.stderr
    seconds = float((tiny / "seconds").read_text())
    seed = int.from_bytes(os.urandom(4), "big")
    moments = random.Random(seed)  # noqa: S311
    for kill in range(KILLS):
        limit = moments.uniform(0.01, seconds / KILLS)
        killed = train_until_killed(tiny, tiny / "killed", limit, *["--resume"] * (kill > 0))
        assert killed.returncode == -signal.SIGKILL, (seed, limit, killed.stderr)
    done = train_until_killed(tiny, tiny / "killed", 0, "--resume")
    assert done.returncode == 0, (seed, done.stderr)
    assert (tiny / "killed" / "history.csv").read_bytes() == (tiny / "whole" / "history.csv").read_bytes(), seed
    assert read_release(tiny / "killed" / "release").digest == read_release(tiny / "whole" / "release").digest, seed
    assert not list((tiny / "killed").glob(".writing-*"))


@pytest.mark.training
def test_a_manifest_that_changed_is_another_run(tiny):
    assert train_until_killed(tiny, tiny / "run").returncode == 0
    lines = (tiny / "manifest.csv").read_text().splitlines()
    (tiny / "manifest.csv").write_text("\n".join([*lines[:-4], ""]))
    again = train_until_killed(tiny, tiny / "run", 0, "--resume")
    assert again.returncode == 2
    assert "was made with another" in again.stderr
    assert "manifest.csv" in again.stderr


WORKER = """
import json, os, sys

index, recipe, folder, weights, *ports = sys.argv[1:]
workers = [f"localhost:{port}" for port in ports]
os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": workers}, "task": {"type": "worker", "index": int(index)}})
import keras, numpy as np, tensorflow as tf
from pathlib import Path
from device.training import data, network, samples
from device.training.recipe import read_recipe

strategy = tf.distribute.MultiWorkerMirroredStrategy()
assert strategy.num_replicas_in_sync == len(workers)
file = read_recipe(recipe)
recipe = file.recipe
keras.utils.set_random_seed(recipe.seed)
images = data.Images(samples.read_samples(file, Path(folder))["training"], recipe)
with strategy.scope():
    model = network.build_network(recipe)
    for layer in model.layers:
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)  # its statistics are a worker's own
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.build(model.trainable_variables)

def step(inputs, labels, sample_weights):
    with tf.GradientTape() as tape:
        losses = keras.losses.binary_crossentropy(labels, model(inputs)) * sample_weights
        loss = tf.reduce_sum(losses) / recipe.batch_size
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply(gradients, model.trainable_variables)  # which sums them over the workers

run = tf.function(lambda *batch: strategy.run(step, batch))
options = tf.data.Options()
options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
number = int(index)
for epoch in range(2):
    stream = data.training_stream(images, recipe, epoch)
    part = stream.map(lambda *batch: [each[number :: len(workers)] for each in batch])  # each worker's share of a batch
    for batch in part:
        run(*batch)
np.savez(weights, *model.get_weights())
"""


def free_port():
    with socket.socket() as one:
        one.bind(("localhost", 0))
        return one.getsockname()[1]


def train_together(folder, workers):
    """Train the recipe in so many processes, and give the weights that each ends with."""
    ports = [str(free_port()) for _ in range(workers)]
    files = [folder / f"{workers}-{index}.npz" for index in range(workers)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(index), str(folder / "tiny.yaml"), str(folder / "images"), str(file),
             *ports],
            stderr=subprocess.PIPE, text=True,
        )
        for index, file in enumerate(files)
    ]  # fmt: skip
    for process in processes:
        error = process.communicate(timeout=300)[1]
        assert process.returncode == 0, error
    return [list(np.load(file).values()) for file in files]


@pytest.mark.training
def test_two_local_workers_that_share_each_batch_end_as_one_does(tmp_path):
    """The same images in the same batches: the sum of two parts differs from the whole by rounding alone."""
    write_tiny(tmp_path)
    (alone,) = train_together(tmp_path, 1)
    first, second = train_together(tmp_path, 2)
    for one, two, whole in zip(first, second, alone, strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_allclose(one, whole, atol=1e-5)
    file = read_recipe(str(tmp_path / "tiny.yaml"))
    import keras

    from device.training.network import build_network

    keras.utils.set_random_seed(file.recipe.seed)
    untrained = build_network(file.recipe).get_weights()
    assert max(np.abs(one - start).max() for one, start in zip(first, untrained, strict=True)) > 0.01
