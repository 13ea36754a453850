"""The distance to published radiographs is the one that its names say, and its table is the one that was made."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from device import fitted, likeness
from device.errors import DeviceError
from device.pixels import check_pixels
from device.training.likeness import find_pictures, fit, read_ranks
from verification.steps.radiographs import PUBLISHED, phantom, read_published


def unit(name: str) -> NDArray[np.float32]:
    return (read_published(name) / 255).astype(np.float32)


@pytest.fixture(autouse=True)
def own_table() -> object:
    likeness.read_reference.cache_clear()
    yield
    likeness.read_reference.cache_clear()


def test_ranks_do_not_change_with_brightness_and_contrast() -> None:
    picture = unit("NORMAL2-IM-1427-0001.jpeg")
    np.testing.assert_allclose(likeness.rank(0.2 + 0.5 * picture), likeness.rank(picture), atol=2e-3)
    assert likeness.measure_unlikeness(0.2 + 0.5 * picture) == pytest.approx(
        likeness.measure_unlikeness(picture), abs=0.01
    )


def test_equal_values_have_the_middle_of_their_ranks() -> None:
    picture = np.zeros((64, 64), np.float32)
    picture[:16] = 1  # the upper quarter
    ranks = likeness.rank(picture).reshape(32, 32)
    assert np.unique(ranks[8:]) == pytest.approx(-0.5 + 0.75 / 2)
    assert np.unique(ranks[:8]) == pytest.approx(0.5 - 0.25 / 2)
    assert ranks.mean() == pytest.approx(0)


def test_the_thumbnail_looks_at_a_grid_of_the_whole_picture() -> None:
    large = np.kron(np.arange(32 * 32).reshape(32, 32), np.ones((20, 24))).astype(np.float32)
    np.testing.assert_array_equal(np.argsort(likeness.rank(large)), np.arange(32 * 32))


def test_the_distance_is_that_of_scikit_learn() -> None:
    random = np.random.default_rng(4)
    ranks = random.normal(size=(400, 12)) @ random.normal(size=(12, 1024)) + random.normal(size=(400, 1024)) / 10
    made = fit(ranks, components=8)
    pca = PCA(8, svd_solver="full").fit(ranks)
    within = pca.transform(ranks)
    far, rest = likeness.measure(ranks, made)
    variances = pca.explained_variance_ * (len(ranks) - 1) / len(ranks)
    np.testing.assert_allclose(far, (within**2 / variances).sum(1))
    np.testing.assert_allclose(rest, ((ranks - pca.inverse_transform(within)) ** 2).sum(1))
    assert np.mean(far > made.farthest) <= 0.001
    assert made.farthest == pytest.approx(1.1 * np.percentile(far, 99.9))
    assert made.least_rest < rest.min() < rest.max() < made.most_rest


@pytest.mark.parametrize("path", sorted(PUBLISHED.glob("*.jpeg")), ids=lambda path: path.stem)
def test_published_radiographs_and_their_negatives(path: Path) -> None:
    picture = unit(path.name)
    assert likeness.measure_unlikeness(picture) < 0.5
    assert likeness.measure_unlikeness(1 - picture) > 1
    for turns in (1, 3):
        assert likeness.measure_unlikeness(np.rot90(picture, turns)) > 1


def test_a_picture_that_shows_nothing_is_not_judged() -> None:
    assert [each.code for each in check_pixels(np.zeros((600, 600), np.float32))] == ["BLANK_IMAGE", "SATURATED"]
    assert not check_pixels((phantom() / 255).astype(np.float32))
    noise = np.random.default_rng(1).random((600, 600), np.float32)
    assert [each.code for each in check_pixels(noise)] == ["NOT_FRONTAL_CHEST"]


def test_another_table_is_a_fault_of_the_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "likeness.npz"
    monkeypatch.setattr(likeness, "TABLE", other)
    with pytest.raises(DeviceError, match=r"likeness\.npz: cannot be opened: .*; install the device again"):
        likeness.read_reference()
    other.write_bytes(b"another")
    with pytest.raises(DeviceError, match=rf"likeness\.npz: found \w+, expected {likeness.DIGEST}; install"):
        likeness.read_reference()


@pytest.mark.data
def test_the_table_is_made_again_from_its_pictures() -> None:
    data = Path(os.environ["CLEARWAY_DATA"])
    folders = ("kermany224/train", "nih_adult_256", "rsna_normal_192:3")
    found = [find_pictures(str(data / folder)) for folder in folders]
    assert [len(paths) for paths in found] == [one.images for one in fitted.FITTED_ON]
    ranks = read_ranks([path for paths in found for path in paths])
    again, shipped = fit(ranks), likeness.read_reference()
    for name in ("farthest", "least_rest", "most_rest"):
        assert getattr(again, name) == pytest.approx(getattr(shipped, name), rel=1e-4)
    for one, other in zip(likeness.measure(ranks, again), likeness.measure(ranks, shipped), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3)


def test_the_children_that_the_table_was_made_of_are_all_of_the_training_part() -> None:
    """The hold-out is among them: what the gate refuses of it is in-sample, and the documents say so."""
    manifest = Path(__file__).parents[2] / "verification/datasets/kermany224/manifest.csv"
    listed = manifest.read_text(encoding="utf-8").splitlines()[1:]
    children = [one for one in fitted.FITTED_ON if one.collection == fitted.CHILDREN]
    assert sum(one.images for one in children) == len(listed)
    assert "development_holdout" in {line.split(",")[4] for line in listed}
    assert all(one.images > 0 and one.part for one in fitted.FITTED_ON)
