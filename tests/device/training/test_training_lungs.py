"""Training that looks at lungs: what is drawn, what is seen and hidden, where they are, and that a run resumes."""

import csv
import hashlib
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import yaml
from PIL import Image

from device import read_release
from device.training.recipe import FOUND, RECIPES, LungView, RecipeError, Sampling, read_recipe
from device.training.runs.process import PARENT
from device.training.samples import Sample, read_samples
from device.training.sampling import draw_epoch
from verification.evidence import Card

pytestmark = pytest.mark.training

SHIPPED = yaml.safe_load((RECIPES / "paediatric-reference.yaml").read_text())
SAMPLING = {"draws": 48, "lungs_alone": 0.5}
VIEW = {"rows": 24, "columns": 32, "grown": 1, "shift": 0.03, "zoom": 0.07, "hidden": 0.25}


def sample(tmp_path, number, **said):
    return Sample(tmp_path, f"{number}.png", f"p{number}", said.pop("label", number % 2), "0" * 64, **said)


def make_recipe(**changes):
    recipe = read_recipe("adult-nih").recipe
    from msgspec.structs import replace

    return replace(recipe, **changes)


# --- drawing ----------------------------------------------------------------------------------------------------------


def test_without_sampling_an_epoch_shows_every_image_once(tmp_path):
    samples = [sample(tmp_path, number) for number in range(50)]
    one, other = (draw_epoch(samples, make_recipe(sampling=None), epoch) for epoch in (0, 1))
    assert sorted(one) == sorted(other) == list(range(50))
    assert one.tolist() != other.tolist()


def test_what_a_picture_is_drawn_by_tells_nothing_of_its_label(tmp_path):
    """Nearly all images are of one copy, one projection and negative; the draws are even all the same."""
    samples = [sample(tmp_path, n, label=0, source="D", view="PA") for n in range(900)]
    samples += [sample(tmp_path, n, label=n % 2, source="A", view=("PA", "AP")[n // 2 % 2]) for n in range(40)]
    samples += [sample(tmp_path, n, label=n % 2, source="E", view="AP", kind="lungs") for n in range(300)]
    recipe = make_recipe(sampling=Sampling(draws=8000, lungs_alone=0.25))
    drawn = [samples[place] for place in draw_epoch(samples, recipe, 3)]
    assert [place.image for place in drawn] == [samples[place].image for place in draw_epoch(samples, recipe, 3)]
    whole = [each for each in drawn if each.kind == "whole"]
    assert len(drawn) == 8000
    assert len(whole) / len(drawn) == pytest.approx(0.75, abs=0.02)
    for view in ("PA", "AP"):
        held = [each.label for each in whole if each.view == view]
        assert len(held) / len(whole) == pytest.approx(0.5, abs=0.02)
        assert np.mean(held) == pytest.approx(0.5, abs=0.03)
    negative = [each.source for each in whole if (each.label, each.view) == (0, "PA")]
    assert negative.count("D") / len(negative) == pytest.approx(0.5, abs=0.04)


# --- seeing -----------------------------------------------------------------------------------------------------------

LUNGS = LungView(rows=48, columns=48, grown=0, shift=0.03, zoom=0.07, hidden=0.1)


def ellipse(row, column, high, wide, side):
    """(1, side, side, 1): 1 within, 0 beside."""
    rows, columns = (np.mgrid[:side, :side] + 0.5) / side
    inside = ((rows - row) / high) ** 2 + ((columns - column) / wide) ** 2 < 1
    return inside.astype(np.float32)[np.newaxis, :, :, np.newaxis]


def picture(row, column, high=0.25, wide=0.15, side=192):
    """A slope from left to right within an ellipse, noise beside it, and the mask of the ellipse."""
    inside = ellipse(row, column, high, wide, side)
    slope = np.linspace(-1, 1, side)[np.newaxis, np.newaxis, :, np.newaxis] - (2 * column - 1)
    noise = np.random.default_rng(1).random(inside.shape)
    return (inside * (0.5 + slope) + (1 - inside) * noise).astype(np.float32), ellipse(row, column, high, wide, FOUND)


def seen(pixels, mask, view=LUNGS, moved=None):
    from device.training.lung_view import see

    return see(pixels, mask, view, moved).numpy()


def test_nothing_is_seen_but_the_lungs_in_standard_units():
    pixels, mask = picture(0.5, 0.5)
    shown = seen(pixels, mask)
    assert shown.shape == (1, 48, 48, 1)
    assert shown[0, 0, 0, 0] == shown[0, -1, -1, 0] == 0
    inside = np.abs(shown) > 0
    assert shown[inside].mean() == pytest.approx(0, abs=0.05)
    assert shown[inside].std() == pytest.approx(1, abs=0.1)
    assert np.diff(shown[0, 24, 12:36, 0]).min() > 0  # the slope
    far = ellipse(0.5, 0.5, 0.3, 0.2, 192)  # beside the lungs and the pixels that they share with what is beside them
    np.testing.assert_allclose(seen(pixels * far, mask), shown, atol=1e-5)


def test_the_same_lungs_elsewhere_or_of_another_size_look_the_same():
    once = seen(*picture(0.5, 0.5)).ravel()
    moved = seen(*picture(0.5 + 1 / 16, 0.5 - 1 / 16)).ravel()
    larger = seen(*picture(0.5, 0.5, high=0.3, wide=0.18)).ravel()
    assert np.corrcoef(moved, once)[0, 1] > 0.97
    assert np.corrcoef(larger, once)[0, 1] > 0.9


def test_brightness_and_contrast_do_not_count():
    pixels, mask = picture(0.5, 0.5)
    np.testing.assert_allclose(seen(0.2 + 0.5 * pixels, mask), seen(pixels, mask), atol=0.02)


def test_what_is_moved_in_training_shows_other_pixels_and_grown_more():
    pixels, mask = picture(0.5, 0.5)
    right = seen(pixels, mask, moved=np.array([[0], [1], [0], [0]], np.float32))
    assert right[0, :, 24:].any(axis=0).sum() < seen(pixels, mask)[0, :, 24:].any(axis=0).sum()
    wider = LungView(rows=48, columns=48, grown=3, shift=0, zoom=0, hidden=0)
    assert (seen(pixels, mask, wider) != 0).sum() > (seen(pixels, mask) != 0).sum()


def test_where_no_lungs_are_found_all_is_seen():
    pixels, mask = picture(0.5, 0.5)
    shown = seen(pixels, 0 * mask)
    assert np.isfinite(shown).all()
    assert np.abs(shown).max() < 0.1


def test_hidden_lungs_leave_their_surroundings():
    from device.training.lung_view import hide

    pixels, mask = picture(0.5, 0.5)
    hidden = hide(pixels, mask).numpy()
    well_inside, outside = ellipse(0.5, 0.5, 0.22, 0.12, 192) > 0, ellipse(0.5, 0.5, 0.28, 0.18, 192) == 0
    assert np.ptp(hidden[well_inside]) < 1e-6
    assert hidden[well_inside][0] == pytest.approx(pixels[outside].mean(), abs=0.01)
    np.testing.assert_array_equal(hidden[outside], pixels[outside])


# --- where the lungs are ----------------------------------------------------------------------------------------------


def write_pairs(folder, count=90):
    """Dark ellipses on gray, each patient's elsewhere, and the same with all else black; a haze is the finding."""
    dice, rows = np.random.default_rng(5), []
    grid = np.mgrid[:80, :80] / 80
    for kind in ("whole", "lungs"):
        (folder / "images" / kind).mkdir(parents=True)
    for number in range(count):
        row, column, label = dice.uniform(0.4, 0.6), dice.uniform(0.2, 0.3), number % 2
        inside = np.zeros((80, 80), bool)
        for centre in (column, 1 - column):
            inside |= ((grid[0] - row) / 0.3) ** 2 + ((grid[1] - centre) / 0.14) ** 2 < 1
        grey = np.where(inside, 70 + 50 * label, 180) + dice.integers(-10, 11, (80, 80))
        split = ("training", "training", "training", "tuning")[number // 2 % 4]
        for kind, pixels in (("whole", grey), ("lungs", np.where(inside, grey, 0))):
            if kind == "lungs" and split != "training":
                continue
            path = folder / "images" / kind / f"{number}.png"
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            balanced = (kind, "AE"[kind == "lungs"], ("PA", "AP")[number // 2 % 2])
            rows.append((f"{kind}/{number}.png", f"p{number}", label, "s", split, digest, *balanced))
    columns = ("image", "patient", "label", "label_source", "split", "sha256", "kind", "source", "view")
    with (folder / "manifest.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([columns, *rows])
    recipe = SHIPPED | {
        "name": "tiny",
        "data": {"dataset": "tiny", "manifest": "manifest.csv", "labels": "withheld"},
        "geometry": SHIPPED["geometry"] | {"rows": 64, "columns": 64},
        "network": {"kind": "residual", "stem": 4, "widths": [4, 8], "blocks": 1, "initial_weights": "none"},
        "epochs": 2, "batch_size": 8, "threads": 1, "sampling": SAMPLING, "lungs": VIEW,
    }  # fmt: skip
    (folder / "tiny.yaml").write_text(yaml.safe_dump(recipe))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_pairs(tmp_path_factory.mktemp("pairs"))


def train(folder, run, program="", *options):
    command = f"import sys\n{program}\nfrom device.training.cli import train\nsys.exit(train(sys.argv[1:]))"
    arguments = [str(folder / "tiny.yaml"), "--data", str(folder / "images"), "--output", str(run), *options]
    environment = os.environ | {PARENT: str(os.getpid())}  # it trains in the process that the program may end
    return subprocess.run([sys.executable, "-c", command, *arguments], capture_output=True, text=True, env=environment)


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "run"
    done = train(folder, run)
    assert done.returncode == 0, done.stderr
    return run, done.stderr


def test_the_lungs_are_found_where_they_are(folder, trained):
    from device.training.data import Images
    from device.training.lung_view import shrink
    from device.training.lungs import learn_lungs

    run, said = trained
    file = read_recipe(str(folder / "tiny.yaml"))
    images = Images(read_samples(file, folder / "images")["tuning"], file.recipe)
    lungs = learn_lungs(images, run, file.recipe.seed)  # read, not taught
    assert lungs.overlap > 0.8
    assert f"lungs: {lungs.pairs} pairs, overlap {lungs.overlap:.3f} on {lungs.checked} of them" in said
    assert 0 < lungs.checked < lungs.pairs
    assert f"lungs: epoch 12 of 12, {lungs.pairs - lungs.checked} pairs" in said
    assert len(images) > 10
    overlaps = []
    for place in range(len(images)):
        found = lungs.network(shrink(images[place][np.newaxis])).numpy() > 0.5
        true = images[place][np.newaxis] < 0.6  # gray is 180 of 255
        overlaps.append(2 * (found & true).sum() / (found.sum() + true.sum()))
    assert np.mean(overlaps) > 0.8


def test_the_release_is_both_parts_one_behind_the_other(folder, trained):
    import keras

    from device import model
    from device.training.data import Images
    from device.training.lung_view import shrink

    run, _ = trained
    file, release = read_recipe(str(folder / "tiny.yaml")), read_release(run / "release")
    images = Images(read_samples(file, folder / "images")["tuning"], file.recipe)
    lungs = keras.models.load_model(run / "lungs.keras", compile=False)
    network = keras.models.load_model(run / "checkpoint-2.keras", compile=False)
    scores = []
    for place in range(6):
        inputs = images[place][np.newaxis]
        shown = seen(inputs, lungs(shrink(inputs), training=False), file.recipe.lungs)
        scores.append(float(network(shown, training=False)[0, 0]))
        assert model.score(images[place], release) == pytest.approx(scores[-1], abs=1e-5)
    assert np.ptp(scores) > 1e-3


def test_the_card_says_what_was_drawn_and_hidden(trained):
    import msgspec

    card = msgspec.yaml.decode((trained[0] / "release" / "card.yaml").read_bytes(), type=Card)
    assert "48 draws an epoch, pictures of lungs alone in a share of 0.5" in card.augmentation
    assert "hidden in 2 of a batch of 8, of these the whole images, the label then neither" in card.augmentation
    assert "finds the lungs at 64 x 64; they are cut out with what is within 1 of these pixels" in card.architecture
    said = f"{card.lung_pairs} pairs, overlap {card.lung_overlap:.3f} on {card.lung_pairs_checked} of them"
    assert f"lungs: {said}" in trained[1]
    assert card.lung_epochs == 12


def test_labels_that_are_withheld_are_nowhere_in_the_release(trained):
    release = trained[0] / "release"
    rows = list(csv.DictReader((release / "tuning_scores.csv").open()))
    assert {(row["label"], row["patient"]) for row in rows} == {("", "")}
    assert all(len(row["image"]) == 64 for row in rows)  # a digest: folder and name could tell
    assert len({row["score"] for row in rows}) == len(rows) > 10
    card = yaml.safe_load((release / "card.yaml").read_text())
    assert card["tuning_positive_images"] == len(rows) / 2
    assert card["tuning_sensitivity"] >= SHIPPED["operating_point"]["minimum_sensitivity"]


KILL = """
import os
from device.training import fit, lungs
module, name = {"lungs": (lungs, "learn_lungs"), "epoch": (fit, "_save")}[%r]
whole = getattr(module, name)
def killed(*held):
    whole(*held)
    os.kill(os.getpid(), 9)
setattr(module, name, killed)
"""


def test_a_run_that_was_killed_twice_goes_on_to_the_same_bytes(folder, trained, tmp_path):
    """Once with its masks written and nothing trained, once after an epoch."""
    run = tmp_path / "run"
    assert train(folder, run, KILL % "lungs").returncode == -signal.SIGKILL
    assert (run / "lungs.keras").is_file()
    assert train(folder, run, KILL % "epoch", "--resume").returncode == -signal.SIGKILL
    done = train(folder, run, "", "--resume")
    assert done.returncode == 0, done.stderr
    assert (run / "history.csv").read_bytes() == (trained[0] / "history.csv").read_bytes()
    assert read_release(run / "release").digest == read_release(trained[0] / "release").digest


def test_without_pairs_nothing_can_be_found(folder, tmp_path):
    from device.training.data import Images
    from device.training.lungs import learn_lungs

    file = read_recipe(str(folder / "tiny.yaml"))
    whole = [each for each in read_samples(file, folder / "images")["training"] if each.kind == "whole"]
    with pytest.raises(RecipeError, match="no training image is there both whole and with its lungs alone"):
        learn_lungs(Images(whole, file.recipe), tmp_path, 1)
    assert list(tmp_path.iterdir()) == []


def test_a_pair_is_of_one_patient():
    """Another collection may use the same names."""
    from device.training.lungs import find_pairs

    def picture_of(patient, image, kind):
        return Sample(RECIPES, image, patient, 0, "0" * 64, kind=kind)

    samples = [picture_of("p1", "whole/1.png", "whole"), picture_of("p2", "lungs/1.png", "lungs")]
    assert find_pairs(samples) == []
    assert find_pairs([*samples, picture_of("p1", "lungs/1.png", "lungs")]) == [(0, 2)]


@pytest.mark.parametrize("is_kept", [True, False])
def test_few_pairs_are_refused_or_leave_the_overlap_unmeasured(folder, tmp_path, is_kept):
    from zlib import crc32

    from device.training.data import Images
    from device.training.lungs import CHECKED, learn_lungs

    file = read_recipe(str(folder / "tiny.yaml"))
    found = read_samples(file, folder / "images")["training"]
    patients = sorted({each.patient for each in found if (crc32(each.patient.encode()) % CHECKED == 0) == is_kept})[:3]
    few = [each for each in found if each.patient in patients]
    if is_kept:
        with pytest.raises(RecipeError, match="3 pairs of patients that are all kept to check it; more are needed"):
            learn_lungs(Images(few, file.recipe), tmp_path, 1)
        return
    lungs = learn_lungs(Images(few, file.recipe), tmp_path, 1)
    assert (lungs.pairs, lungs.checked, str(lungs)) == (3, 0, "3 pairs, none kept to measure it by")
    assert str(learn_lungs(Images(few, file.recipe), tmp_path, 1)) == str(lungs)  # read, not taught


def test_a_run_without_pairs_takes_the_lungs_of_another(folder, trained, tmp_path):
    import msgspec

    lines = (folder / "manifest.csv").read_text().splitlines()
    whole = [line for line in lines if not line.startswith("lungs/")]
    (tmp_path / "manifest.csv").write_text("\n".join(whole) + "\n")
    recipe = yaml.safe_load((folder / "tiny.yaml").read_text())
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(recipe | {"sampling": SAMPLING | {"lungs_alone": 0}}))
    (tmp_path / "images").symlink_to(folder / "images")
    assert "or leave the key out" in train(tmp_path, tmp_path / "without").stderr
    done = train(tmp_path, tmp_path / "run", "", "--lungs", str(trained[0]))
    assert done.returncode == 0, done.stderr
    card, taught = (
        msgspec.yaml.decode((run / "release" / "card.yaml").read_bytes(), type=Card)
        for run in (tmp_path / "run", trained[0])
    )
    digest = hashlib.sha256((folder / "manifest.csv").read_bytes()).hexdigest()
    assert (card.lung_dataset_digest, taught.lung_dataset_digest) == (digest, None)
    assert (card.lung_overlap, card.lung_pairs) == (taught.lung_overlap, taught.lung_pairs)
    again = train(tmp_path, tmp_path / "run", "", "--resume", "--lungs", str(tmp_path / "nothing"))
    assert "no run that has learned to find lungs" in again.stderr
    own = train(folder, trained[0], "", "--resume", "--lungs", str(tmp_path / "run"))
    assert "has lungs found by another network" in own.stderr


def test_a_kind_that_is_unknown_is_named(folder, tmp_path):
    (tmp_path / "manifest.csv").write_text((folder / "manifest.csv").read_text().replace(",lungs,E", ",heart,E"))
    (tmp_path / "tiny.yaml").write_text((folder / "tiny.yaml").read_text())
    with pytest.raises(RecipeError, match="kind 'heart', expected whole or lungs"):
        read_samples(read_recipe(str(tmp_path / "tiny.yaml")), folder / "images")


def test_a_geometry_that_lungs_cannot_be_found_in_is_named(folder, tmp_path):
    recipe = yaml.safe_load((folder / "tiny.yaml").read_text())
    recipe["geometry"]["rows"] = 100
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(recipe))
    with pytest.raises(RecipeError, match="100 rows, 64 columns; expected multiples of 64"):
        read_recipe(str(tmp_path / "tiny.yaml"))
