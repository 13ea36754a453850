"""Perturbations: each changes what it says and leaves what it should; the scores are the device's own, of files."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from device import Intake, analyze, read_release
from verification.analyses.perturbations import AS_SCORED, analyse_perturbations
from verification.datasets.manifest import Entry
from verification.estimation.estimates import Cases, Digests, Setting
from verification.evaluation.perturbing import score_perturbed
from verification.evidence import Role
from verification.protocol.changes import HIDING, PERTURBATIONS, UNCHANGED
from verification.protocol.images import read_grey, score_file, to_picture
from verification.steps.radiographs import phantom

ROOT = Path(__file__).resolve().parents[3]
BRIGHTNESS = read_release(ROOT / "tests/device/brightness")
ASSERTED = {"BodyPartExamined": "CHEST", "Modality": "CR", "ViewPosition": "AP", "PatientAge": "003Y"}
SETTING = Setting(200, 1, "a reference", Digests("release", "dataset"))


def picture(rows=240, columns=200):
    """Smooth values between 0.2 and 0.8 with an asymmetric bright spot."""
    grey = 0.3 + 0.4 * phantom(rows, columns) / 255
    grey[30:60, 20:50] = 0.8
    return np.rint(grey * 255).astype(np.float32) / np.float32(255)


def within(folder):
    return lambda entry: folder / entry.image


def apply(name, grey=None, image="one.png"):
    return PERTURBATIONS[name].apply(picture() if grey is None else grey, image)


def middle(share, grey):
    """True within the centre box."""
    inside = np.zeros(grey.shape, dtype=bool)
    rows, columns = (round((1 - share) / 2 * size) for size in grey.shape)
    inside[rows : grey.shape[0] - rows, columns : grey.shape[1] - columns] = True
    return inside


def roughness(grey):
    return np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()


# --- what they change -------------------------------------------------------------------------------------------------


def test_every_perturbation_gives_an_image_that_the_gate_can_judge():
    for name in PERTURBATIONS:
        changed = apply(name)
        assert changed.ndim == 2, name
        assert changed.dtype == np.float32, name
        assert np.isfinite(changed).all(), name
        assert (changed.shape == picture().shape) == (name != "centre 0.9"), name


def test_every_perturbation_but_the_control_changes_the_image_and_never_its_source():
    for name in PERTURBATIONS:
        grey = picture()
        changed = np.asarray(to_picture(apply(name, grey)))
        np.testing.assert_array_equal(grey, picture(), err_msg=name)
        same = changed.shape == grey.shape and np.array_equal(changed, np.asarray(to_picture(grey)))
        assert same == (name == UNCHANGED), name


def test_brightness_moves_every_value():
    np.testing.assert_allclose(apply("brightness +0.15") - picture(), 0.15, atol=1e-6)
    np.testing.assert_allclose(apply("brightness -0.15") - picture(), -0.15, atol=1e-6)


@pytest.mark.parametrize("factor", [0.7, 1.3])
def test_contrast_leaves_the_mean_and_multiplies_the_deviation(factor):
    changed = apply(f"contrast x {factor}")
    assert changed.mean() == pytest.approx(picture().mean(), abs=1e-5)
    assert changed.std() == pytest.approx(factor * picture().std(), rel=1e-4)


def test_gamma_leaves_black_and_white_and_the_order_of_values():
    ramp = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    for name, darker in (("gamma 1.4", True), ("gamma 0.7", False)):
        changed = apply(name, ramp).ravel()
        assert (changed[0], changed[-1]) == (0, 1)
        assert (np.diff(changed) > 0).all()
        assert (changed[128] < ramp.ravel()[128]) == darker


@pytest.mark.parametrize("deviation", [0.02, 0.05])
def test_noise_has_the_deviation_it_says_and_depends_on_the_image_alone(deviation):
    name = f"noise {deviation}"
    noise = apply(name) - picture()
    assert noise.std() == pytest.approx(deviation, rel=0.02)
    assert noise.mean() == pytest.approx(0, abs=deviation / 50)
    np.testing.assert_array_equal(apply(name), apply(name))
    assert (apply(name, image="two.png") != apply(name)).mean() > 0.99


def test_blur_and_lower_resolution_leave_the_mean_and_take_detail_away():
    for weak, strong in (("blur 0.005", "blur 0.01"), ("resolution x 0.5", "resolution x 0.25")):
        assert apply(strong).mean() == pytest.approx(picture().mean(), abs=0.002)
        assert roughness(picture()) > roughness(apply(weak)) > roughness(apply(strong))


def test_rotation_is_anticlockwise_about_the_centre_and_brings_in_no_black():
    spot = np.full((201, 201), 0.5, dtype=np.float32)
    spot[95:106, 175:186] = 1  # 80 to the right of the center
    y, x = np.argwhere(apply("rotation 10 degrees", spot) > 0.75).mean(axis=0)
    assert (y, x) == (
        pytest.approx(100 - 80 * np.sin(np.radians(10)), abs=0.5),
        pytest.approx(100 + 80 * np.cos(np.radians(10)), abs=0.5),
    )
    assert apply("rotation 10 degrees", spot).min() == 0.5


def test_jpeg_stays_close_and_closer_at_the_higher_quality():
    errors = [np.abs(apply(f"JPEG quality {quality}") - picture()).mean() for quality in (50, 20)]
    assert 0 < errors[0] < errors[1] < 0.05


def test_the_centre_is_cut_out_as_it_is():
    np.testing.assert_array_equal(apply("centre 0.9"), picture()[12:-12, 10:-10])


@pytest.mark.parametrize(
    ("name", "share", "hides_inside"),
    [
        ("centre box hidden", 0.5, True),
        ("all but the centre box hidden", 0.5, False),
        ("borders hidden", 0.8, False),
    ],
)
def test_a_mask_hides_what_its_name_says_and_nothing_else(name, share, hides_inside):
    grey = picture()
    hidden = middle(share, grey) == hides_inside
    changed = apply(name, grey)
    np.testing.assert_allclose(changed[hidden], grey.mean(), atol=1e-6)
    np.testing.assert_array_equal(changed[~hidden], grey[~hidden])
    assert middle(share, grey).mean() == pytest.approx(share**2, rel=0.01)


def test_the_corners_are_hidden_and_nothing_else():
    grey = picture()
    hidden = np.zeros(grey.shape, dtype=bool)
    for rows in (slice(48), slice(-48, None)):
        for columns in (slice(40), slice(-40, None)):
            hidden[rows, columns] = True
    changed = apply("corners hidden", grey)
    np.testing.assert_allclose(changed[hidden], grey.mean(), atol=1e-6)
    np.testing.assert_array_equal(changed[~hidden], grey[~hidden])


def test_the_two_masks_of_the_centre_hide_every_pixel_between_them():
    assert set(HIDING) <= set(PERTURBATIONS)
    grey = picture()
    inside, outside = apply("centre box hidden", grey), apply("all but the centre box hidden", grey)
    np.testing.assert_allclose(inside + outside, grey + grey.mean(), atol=1e-6)


def test_reading_and_writing_are_inverse(tmp_path):
    every = np.arange(256, dtype=np.uint8).reshape(16, 16)
    Image.fromarray(every).save(tmp_path / "every.png")
    np.testing.assert_array_equal(np.asarray(to_picture(read_grey(tmp_path / "every.png"))), every)
    assert np.asarray(to_picture(np.array([[-1, 127.6 / 255, 2]], dtype=np.float32))).tolist() == [[0, 128, 255]]
    Image.fromarray(np.dstack([every] * 3)).save(tmp_path / "triple.png")
    np.testing.assert_array_equal(read_grey(tmp_path / "triple.png"), read_grey(tmp_path / "every.png"))
    Image.fromarray(every.astype(np.uint16) * 256).save(tmp_path / "deep.png")
    with pytest.raises(ValueError, match=r"deep.png.*I;16"):
        read_grey(tmp_path / "deep.png")


# --- the device's scores of them --------------------------------------------------------------------------------------


@pytest.fixture
def written(tmp_path):
    """Three images, from dark to bright, and their entries."""
    entries = []
    for number, by in enumerate((-0.2, 0, 0.15)):
        to_picture(picture() + np.float32(by)).save(tmp_path / f"{number}.jpeg", quality=95)
        entries.append(Entry(f"{number}.jpeg", str(number), number % 2, "made", "benchmark", "0" * 64))
    return entries, tmp_path


def test_the_control_scores_as_the_files_themselves(written):
    entries, folder = written
    found = score_perturbed(entries, within(folder), BRIGHTNESS, lambda _: ASSERTED, PERTURBATIONS)
    own = [analyze(folder / e.image, BRIGHTNESS, Intake.RESEARCH, ASSERTED).finding.score for e in entries]
    assert list(found) == list(PERTURBATIONS)
    assert found[UNCHANGED].tolist() == own


def test_a_release_that_measures_brightness_sees_each_change_as_it_is(written):
    entries, folder = written
    found = score_perturbed(entries, within(folder), BRIGHTNESS, lambda _: ASSERTED, PERTURBATIONS)
    before = found[UNCHANGED]
    np.testing.assert_allclose(found["brightness +0.15"] - before, 0.15, atol=0.005)
    for name in ("contrast x 0.7", "blur 0.01", "JPEG quality 20", "resolution x 0.25", "noise 0.02"):
        np.testing.assert_allclose(found[name], before, atol=0.005, err_msg=name)
    assert (found["gamma 1.4"] < before).all()
    assert (found["gamma 0.7"] > before).all()


def test_every_image_is_told_of_and_a_second_run_scores_the_same(written):
    entries, folder = written
    told = []
    once = score_perturbed(
        entries, within(folder), BRIGHTNESS, lambda _: ASSERTED, PERTURBATIONS, lambda *each: told.append(each)
    )
    again = score_perturbed(entries, within(folder), BRIGHTNESS, lambda _: ASSERTED, PERTURBATIONS)
    assert list(once) == list(again) == list(PERTURBATIONS)
    assert all(np.array_equal(once[name], again[name]) for name in once)
    total = len(entries) * len(PERTURBATIONS)
    assert told == [(number, total) for number in range(1, total + 1)]


def test_what_the_gate_refuses_has_no_score(written):
    _, folder = written
    faint = np.full((240, 200), 0.55, dtype=np.float32)
    faint[60:180, 50:150] = 0.5 + 0.05 * phantom(120, 100) / 255  # all that it shows is in the centre box
    to_picture(faint).save(folder / "1.png")
    changed = [Entry("1.png", "1", 1, "made", "benchmark", "0" * 64)]
    found = score_perturbed(changed, within(folder), BRIGHTNESS, lambda _: ASSERTED, PERTURBATIONS)
    assert np.isnan(found["centre box hidden"][0])
    assert not np.isnan(found["corners hidden"][0])


def test_every_unreadable_image_is_named(written):
    entries, folder = written
    (folder / "0.jpeg").write_bytes(b"")
    (folder / "2.jpeg").unlink()
    with pytest.raises(ValueError, match=r"0\.jpeg(.|\n)*2\.jpeg"):
        score_perturbed(entries, within(folder), BRIGHTNESS, lambda _: ASSERTED, PERTURBATIONS)


def test_a_fault_of_the_device_is_no_score(tmp_path):
    with pytest.raises(ValueError, match="the device failed"):
        score_file(tmp_path / "missing.png", BRIGHTNESS, ASSERTED)


# --- what the scores say ----------------------------------------------------------------------------------------------


def make_cases(n=120):
    labels = np.arange(n) % 2
    scores = np.clip(0.35 + 0.3 * labels + np.random.default_rng(2).normal(0, 0.15, n), 0, 1)
    return Cases(labels, scores, np.repeat(np.arange(n // 2), 2).astype(str), 0.5)


def test_flips_and_differences_are_counted_against_the_scores_of_the_study():
    cases = make_cases()
    lower = np.clip(cases.scores - 0.1, 0, 1)
    mirrored = 1 - cases.scores
    perturbed = {UNCHANGED: cases.scores.copy(), "brightness -0.15": lower, "centre box hidden": mirrored}
    changed, hidden = analyse_perturbations(cases, perturbed, SETTING)
    assert (changed.id, hidden.id, changed.role) == ("perturbations", "occlusion", Role.ROBUSTNESS)
    values = {(row.score, row.metric): row.value for each in (changed, hidden) for row in each.estimates}
    assert values[UNCHANGED, "auroc_difference"] == 0
    assert values[UNCHANGED, "sensitivity"] == values[AS_SCORED, "sensitivity"]
    assert values["centre box hidden", "auroc"] == pytest.approx(1 - values[AS_SCORED, "auroc"])
    assert values["centre box hidden", "auroc_difference"] == pytest.approx(1 - 2 * values[AS_SCORED, "auroc"])
    assert values["brightness -0.15", "sensitivity"] < values[AS_SCORED, "sensitivity"]
    assert values["brightness -0.15", "specificity"] > values[AS_SCORED, "specificity"]
    rows = {row[0]: row[1:] for row in changed.tables[0].rows}
    flips = int(((lower >= 0.5) != (cases.scores >= 0.5)).sum())
    assert rows[UNCHANGED] == (0, 0, 0.0, 0, 0.0)
    assert rows["brightness -0.15"][:4] == (0, flips, flips / 120, 0)
    assert rows["brightness -0.15"][4] == pytest.approx(0.1)
    before, after = cases.scores >= 0.5, mirrored >= 0.5
    (row,) = hidden.tables[0].rows
    assert row[1:5] == (0, int((before ^ after).sum()), (before ^ after).mean(), int((after & ~before).sum()))
    assert "no lung was segmented" in hidden.statement
    said = f"Most decisions flip under brightness -0.15: {flips}, 0 of them to flagged; sensitivity"
    assert said in changed.statement
    assert f"specificity {values[AS_SCORED, 'specificity']:.3f} as scored" in changed.statement
    assert {row[0]: row[1] for row in changed.tables[1].rows}["brightness -0.15"].startswith("-0.15 of the range")
    assert set(changed.figures[0].series[0].x) == {AS_SCORED, UNCHANGED, "brightness -0.15"}


def test_images_that_were_not_analysed_are_counted_and_left_out():
    cases = make_cases()
    some, none = cases.scores.copy(), np.full(120, np.nan)
    some[:20] = np.nan
    (found,) = analyse_perturbations(cases, {"noise 0.05": some, "gamma 0.7": none}, SETTING)
    rows = {row[0]: row[1:] for row in found.tables[0].rows}
    assert rows["noise 0.05"] == (20, 0, 0.0, 0, 0.0)
    assert rows["gamma 0.7"] == (120, *["no image"] * 4)
    assert "flip under" not in found.statement
    (area,) = [row for row in found.estimates if (row.score, row.metric) == ("noise 0.05", "auroc")]
    assert (area.n, area.patients) == (100, 50)


def test_scores_of_other_images_and_cases_without_a_threshold_are_refused():
    cases = make_cases()
    with pytest.raises(ValueError, match=r"gamma 0.7: \(3,\)"):
        analyse_perturbations(cases, {"gamma 0.7": np.zeros(3)}, SETTING)
    with pytest.raises(ValueError, match="threshold"):
        analyse_perturbations(
            Cases(cases.labels, cases.scores, cases.patients, None), {UNCHANGED: cases.scores}, SETTING
        )
