"""Training that looks at lungs: what is drawn, what is hidden, where the lungs are, and that a run resumes with it."""

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
from device.training.recipe import RECIPES, Occlusion, RecipeError, Sampling, read_recipe
from device.training.runs.process import PARENT
from device.training.samples import Sample, read_samples
from device.training.sampling import draw_epoch
from verification.evidence import Card

pytestmark = pytest.mark.training

SHIPPED = yaml.safe_load((RECIPES / "paediatric-reference.yaml").read_text())
SAMPLING = {"draws": 48, "lungs_alone": 0.5}
OCCLUSION = {"outside": 0.5, "dimmed": 0.5, "inside": 0.2, "cuts": 0.5}


def sample(tmp_path, number, **said):
    return Sample(tmp_path, f"{number}.png", f"p{number}", said.pop("label", number % 2), "0" * 64, **said)


def make_recipe(**changes):
    recipe = read_recipe("adult-nih").recipe
    from msgspec.structs import replace

    return replace(recipe, **changes)


# --- drawing ----------------------------------------------------------------------------------------------------------


def test_without_sampling_an_epoch_shows_every_image_once(tmp_path):
    samples = [sample(tmp_path, number) for number in range(50)]
    one, other = (draw_epoch(samples, make_recipe(), epoch) for epoch in (0, 1))
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


# --- hiding -----------------------------------------------------------------------------------------------------------


def pictures(count=64, side=48):
    """Noise, with one mask for all: an ellipse."""
    rows, columns = np.mgrid[:side, :side] / side
    mask = ((((rows - 0.5) / 0.3) ** 2 + ((columns - 0.5) / 0.2) ** 2) < 1).astype(np.float32)
    noise = np.random.default_rng(0).uniform(0.2, 0.8, (count, side, side, 1)).astype(np.float32)
    return noise, np.broadcast_to(mask[np.newaxis, :, :, np.newaxis], noise.shape).copy(), mask[:, :, np.newaxis] > 0


def hide(limits, alone=False, seed=(1, 2)):
    from device.training.occlusion import occlude

    noise, masks, lungs = pictures()
    if alone:
        noise = noise * masks
    shown, unknown = occlude(noise, masks, np.full(len(noise), alone), limits, np.array(seed, np.int64))
    return noise, shown.numpy(), unknown.numpy(), lungs


def test_the_surroundings_are_hidden_and_the_lungs_never():
    noise, shown, unknown, lungs = hide(Occlusion(outside=1, dimmed=0, inside=0, cuts=0))
    assert not unknown.any()
    np.testing.assert_array_equal(shown[:, lungs[..., 0]], noise[:, lungs[..., 0]])
    far = np.zeros((48, 48), bool)
    far[0] = far[-1] = True  # a mask grows by a sixth of the side
    assert np.ptp(shown[:, far, 0], axis=1).max() < 1e-6  # one grey, another for each picture
    greys = shown[:, 0, 0, 0]
    assert 0.15 < np.mean(greys == 0) < 0.55
    assert len(set(greys.tolist())) > 20


def test_surroundings_that_fade_are_between_hidden_and_shown():
    noise, shown, _, _ = hide(Occlusion(outside=1, dimmed=1, inside=0, cuts=0))
    spread = shown[:, :4, :, 0].reshape(64, -1).std(axis=1) / noise[:, :4, :, 0].reshape(64, -1).std(axis=1)
    assert spread.min() < 0.1
    assert spread.max() > 0.9
    assert 0.3 < np.median(spread) < 0.7


def test_where_the_lungs_are_hidden_nobody_could_tell():
    noise, shown, unknown, lungs = hide(Occlusion(outside=0, dimmed=0, inside=1, cuts=0))
    assert unknown.all()
    assert np.ptp(shown[:, lungs[..., 0], 0], axis=1).max() < 1e-6
    np.testing.assert_array_equal(shown[:, :2], noise[:, :2])


def test_a_share_of_the_pictures_is_hidden_and_the_same_seed_hides_the_same():
    limits = Occlusion(outside=0.5, dimmed=0.5, inside=0.25, cuts=0)
    noise, shown, unknown, _ = hide(limits)
    changed = np.abs(shown - noise).max(axis=(1, 2, 3)) > 0
    assert 0.6 < changed.mean() < 0.9
    assert 0.1 < unknown.mean() < 0.4
    np.testing.assert_array_equal(shown, hide(limits)[1])
    assert np.abs(shown - hide(limits, seed=(1, 3))[1]).max() > 0


def test_nothing_is_hidden_where_nothing_is_to_be():
    noise, shown, unknown, _ = hide(Occlusion(outside=0, dimmed=0, inside=0, cuts=0))
    np.testing.assert_array_equal(shown, noise)
    assert not unknown.any()


def test_of_lungs_alone_pieces_are_cut_out_and_nothing_is_made_up():
    noise, shown, unknown, lungs = hide(Occlusion(outside=1, dimmed=0, inside=0, cuts=1), alone=True)
    assert not unknown.any()
    same = np.isclose(shown, noise, atol=1e-6)[:, lungs[..., 0], 0].mean(axis=1)
    assert same.min() > 0.3
    assert same.mean() < 0.99
    whole = hide(Occlusion(outside=1, dimmed=0, inside=0, cuts=0), alone=True)[1]
    np.testing.assert_allclose(whole[:, lungs[..., 0]], noise[:, lungs[..., 0]], atol=1e-6)


# --- where the lungs are ----------------------------------------------------------------------------------------------


def write_pairs(folder, count=90):
    """Dark ellipses on grey, each patient's elsewhere, and the same with all else black; a haze is the finding."""
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
        "data": {"dataset": "tiny", "manifest": "manifest.csv"},
        "geometry": SHIPPED["geometry"] | {"rows": 32, "columns": 32},
        "network": {"kind": "residual", "stem": 4, "widths": [4, 8], "blocks": 1, "initial_weights": "none"},
        "epochs": 2, "batch_size": 8, "threads": 1, "sampling": SAMPLING, "occlusion": OCCLUSION,
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
    from device.training.lungs import MASKS, SIDE, read_lungs

    run, said = trained
    lungs = read_lungs(run / MASKS)
    assert lungs.overlap > 0.8
    assert f"lungs: {lungs.pairs} pairs, overlap {lungs.overlap:.3f} on {lungs.checked} of them" in said
    assert 0 < lungs.checked < lungs.pairs
    rows = list(csv.DictReader((folder / "manifest.csv").open()))
    whole = [row for row in rows if row["kind"] == "whole" and row["split"] == "training"]
    assert set(lungs.masks) == {row["sha256"] for row in whole}
    found = []
    for row in whole:
        with Image.open(folder / "images" / row["image"].replace("whole", "lungs")) as image:
            true = np.asarray(image.resize((SIDE, SIDE))) > 20
        found.append(2 * (lungs.masks[row["sha256"]] & true).sum() / (lungs.masks[row["sha256"]].sum() + true.sum()))
    assert np.mean(found) > 0.8


def test_the_card_says_what_was_drawn_and_hidden(trained):
    import msgspec

    card = msgspec.yaml.decode((trained[0] / "release" / "card.yaml").read_bytes(), type=Card)
    assert "48 draws an epoch, pictures of lungs alone in a share of 0.5" in card.augmentation
    assert "the lungs hidden in a share of 0.2, the label then neither" in card.augmentation


KILL = """
import os
from device.training import fit, lungs
module, name = {"lungs": (lungs, "find_lungs"), "epoch": (fit, "_save")}[%r]
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
    assert (run / "lungs.npz").is_file()
    assert train(folder, run, KILL % "epoch", "--resume").returncode == -signal.SIGKILL
    done = train(folder, run, "", "--resume")
    assert done.returncode == 0, done.stderr
    assert (run / "history.csv").read_bytes() == (trained[0] / "history.csv").read_bytes()
    assert read_release(run / "release").digest == read_release(trained[0] / "release").digest


def test_without_pairs_nothing_can_be_hidden(folder, tmp_path):
    from device.training.data import Images
    from device.training.lungs import find_lungs

    file = read_recipe(str(folder / "tiny.yaml"))
    whole = [each for each in read_samples(file, folder / "images")["training"] if each.kind == "whole"]
    with pytest.raises(RecipeError, match="no training image is there both whole and with its lungs alone"):
        find_lungs(Images(whole, file.recipe), tmp_path, 1)
    assert list(tmp_path.iterdir()) == []


def test_a_kind_that_is_unknown_is_named(folder, tmp_path):
    (tmp_path / "manifest.csv").write_text((folder / "manifest.csv").read_text().replace(",lungs,E", ",heart,E"))
    (tmp_path / "tiny.yaml").write_text((folder / "tiny.yaml").read_text())
    with pytest.raises(RecipeError, match="kind 'heart', expected whole or lungs"):
        read_samples(read_recipe(str(tmp_path / "tiny.yaml")), folder / "images")
