"""Whether a release looks at the lungs: where they are, what hides them, and what is made of the scores then."""

import numpy as np
import pytest

from verification.analyses.lungs import analyse_lungs
from verification.estimation.estimates import Cases, Digests, Setting
from verification.protocol import lungs, lungs_table
from verification.protocol.changes import LOOKING, LUNGS_HIDDEN, SURROUNDINGS_FADED
from verification.protocol.images import read_grey
from verification.protocol.plan import Lungs, Subgroup
from verification.protocol.scores import Scored
from verification.steps.radiographs import PUBLISHED, phantom

SETTING = Setting(200, 1, "a reference", Digests("release", "dataset"))
UNSCORED = "surroundings of the lungs hidden"
AIMS = Lungs(surroundings_hidden=0.02, lungs_hidden=0.6, moved=0.03)


class Planned:
    """What of a plan the analysis reads."""

    lungs = AIMS
    subgroups: tuple[Subgroup, ...] = (
        Subgroup(name="PA", by="view_position", values=("PA",)),
        Subgroup(name="AP", by="view_position", values=("AP",)),
        Subgroup(name="women", by="sex", values=("F",)),
    )


# --- where they are ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(PUBLISHED.glob("*.jpeg"))[::3], ids=lambda path: path.stem)
def test_lungs_are_found_on_both_sides_and_neither_at_the_edges_nor_below(path):
    grey = read_grey(path)
    found = lungs.find_lungs(grey)
    assert found.shape == grey.shape
    rows, columns = found.shape
    right, left = found[:, : columns // 2], found[:, columns // 2 :]
    assert 0.15 < found.mean() < 0.55
    assert 0.3 < right.sum() / found.sum() < 0.7
    assert left[rows // 4 : rows // 2].mean() > 0.2
    assert found[: rows // 40].mean() < 0.1
    assert found[-rows // 20 :].mean() < 0.1


def test_neither_brightness_nor_contrast_nor_size_matters():
    grey = read_grey(sorted(PUBLISHED.glob("*.jpeg"))[0])
    found = lungs.find_lungs(grey)
    assert (lungs.find_lungs(0.2 + 0.5 * grey) == found).mean() > 0.999
    assert (lungs.find_lungs(np.repeat(grey, 2, 0))[::2] == found).mean() > 0.98


def test_another_table_is_refused(tmp_path, monkeypatch):
    other = tmp_path / "lungs.npz"
    other.write_bytes(lungs.TABLE.read_bytes() + b"\n")
    monkeypatch.setattr(lungs, "TABLE", other)
    lungs.read_table.cache_clear()
    with pytest.raises(ValueError, match="restore the file from git"):
        lungs.find_lungs(phantom(64, 64) / np.float32(255))
    monkeypatch.undo()
    lungs.read_table.cache_clear()


def test_the_table_is_made_of_pairs_and_finds_what_they_show(tmp_path):
    """Bright squares on a dark ground, somewhere; a pair shows which pixels they are."""
    dice = np.random.default_rng(1)
    ranks, shares = [], []
    for _ in range(300):
        row, column = dice.integers(2, 18, 2)
        picture = 0.1 * dice.random((32, 32), dtype=np.float32)
        picture[row : row + 12, column : column + 12] += 0.8
        ranks.append(lungs.rank(picture))
        shares.append((picture > 0.5).ravel().astype(np.float64))
    made = lungs_table.fit(np.array(ranks[:250]), np.array(shares[:250]))
    overlap, covered = lungs_table.measure(made, np.array(ranks[250:]), np.array(shares[250:]))
    assert overlap > 0.9
    assert covered > 0.95


# --- what hides them --------------------------------------------------------------------------------------------------


def test_the_lungs_are_hidden_or_all_else_faded_and_nothing_but_that():
    grey = read_grey(sorted(PUBLISHED.glob("*.jpeg"))[0])
    inside = lungs.find_lungs(grey)
    alone = LOOKING[SURROUNDINGS_FADED].apply(grey, "one.png")
    without = LOOKING[LUNGS_HIDDEN].apply(grey, "one.png")
    assert (alone[inside] == grey[inside]).all()
    np.testing.assert_allclose(alone[~inside], 0.9 * grey.mean() + 0.1 * grey[~inside], atol=1e-6)
    assert (without[~inside] == grey[~inside]).all()
    assert np.unique(without[inside]).size == 1
    assert without[inside][0] == pytest.approx(grey.mean(), abs=1e-6)


def test_a_shift_moves_down_and_to_the_right():
    grey = np.zeros((100, 200), np.float32)
    grey[40, 80] = 1
    moved = LOOKING["shift 0.05"].apply(grey, "one.png")
    assert np.argwhere(moved > 0.5).tolist() == [[45, 90]]


# --- what is made of the scores ---------------------------------------------------------------------------------------


def rows_of(scores, labels):
    return [
        Scored(f"{n}", f"p{n}", int(label), score) for n, (label, score) in enumerate(zip(labels, scores, strict=True))
    ]


def analyse(changed, scores=None):
    """Twelve images, of each projection six, of each six three with the finding."""
    labels = np.array([1, 1, 1, 0, 0, 0] * 2)
    scores = [0.9, 0.8, 0.7, 0.3, 0.2, 0.1] * 2 if scores is None else scores
    rows = rows_of(scores, labels)
    there = [row for row in rows if row.score is not None]
    cases = Cases(
        np.array([row.label for row in there]), np.array([row.score for row in there]),
        np.array([row.patient for row in there]), 0.5,
    )  # fmt: skip
    as_scored = np.array([np.nan if score is None else score for score in scores])
    held = {name: changed.get(name, as_scored) for name in LOOKING}
    known = {"view_position": np.array(["PA"] * 6 + ["AP"] * 6), "sex": np.array(["F"] * 12)}
    return analyse_lungs(rows, held, known, Planned, cases, SETTING)


def aims(analysis):
    return {(row[0], row[1]): row[4:] for row in analysis.tables[0].rows}


def test_a_release_that_looks_at_lungs_is_within_every_aim():
    found = aims(analyse({LUNGS_HIDDEN: np.full(12, 0.4)}))
    assert set(found) == {
        (UNSCORED, "all"), (LUNGS_HIDDEN, "PA"), (LUNGS_HIDDEN, "AP"), ("shift 0.05", "all"), ("centre 0.9", "all"),
        ("rotation 5 degrees", "all"), ("JPEG quality 50", "all"),
    }  # fmt: skip
    assert found.pop((UNSCORED, "all")) == ("not judged", 0.02, "–")
    assert {row[-1] for row in found.values()} == {"within"}
    assert found[LUNGS_HIDDEN, "PA"] == (0.5, 0.6, "within")


def test_one_that_looks_elsewhere_is_beyond_them_and_the_projection_says_where():
    elsewhere = np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.1] + [0.4] * 6)
    flagged = np.array([0.9, 0.8, 0.7, 0.6, 0.2, 0.1] * 2)
    found = aims(analyse({LUNGS_HIDDEN: elsewhere, "centre 0.9": flagged}))
    assert found[LUNGS_HIDDEN, "PA"] == (1.0, 0.6, "not within")
    assert found[LUNGS_HIDDEN, "AP"] == (0.5, 0.6, "within")
    assert found["centre 0.9", "all"] == (pytest.approx(1 / 3), 0.03, "not within")


def test_faded_surroundings_are_no_aim_of_the_plan_and_stand_with_what_they_do_at_the_threshold():
    faded = np.array([np.nan, 0.8, 0.7, 0.6, 0.2, 0.1, 0.9, 0.8, 0.7, 0.3, 0.2, 0.1])
    analysis = analyse({SURROUNDINGS_FADED: faded})
    assert not [row for row in aims(analysis) if row[0] == SURROUNDINGS_FADED]
    table = analysis.tables[1]
    assert table.title.endswith("which is no aim of the plan")
    assert table.rows[0] == ("all", "11 of 12", pytest.approx(0), 1.0, pytest.approx(5 / 6))
    assert table.rows[1] == ("PA", "5 of 6", pytest.approx(0), 1.0, pytest.approx(2 / 3))


def test_an_inverted_order_with_the_lungs_hidden_is_no_chance_either():
    scores = np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.1] * 2)
    assert aims(analyse({LUNGS_HIDDEN: 1 - scores}))[LUNGS_HIDDEN, "PA"] == (1.0, 0.6, "not within")


def test_what_is_refused_then_is_compared_with_itself_before_or_not_judged():
    few = np.array([np.nan, 0.8, np.nan, 0.4, np.nan, np.nan] * 2)
    half = np.array([np.nan, 0.8, 0.7, 0.6, 0.2, 0.1] * 2)
    analysis = analyse({"rotation 5 degrees": few, "shift 0.05": half})
    found = {(row[0], row[1]): row[2:] for row in analysis.tables[0].rows}
    assert found["rotation 5 degrees", "all"] == ("4 of 12", "specificity, change", "not judged", 0.03, "–")
    assert found["shift 0.05", "all"] == ("10 of 12", "specificity, change", pytest.approx(1 / 3), 0.03, "not within")
    missed = analyse({"centre 0.9": np.array([0.9, 0.8, 0.7, np.nan, np.nan, 0.1] * 2)})
    assert aims(missed)["centre 0.9", "all"] == (0.0, 0.03, "within")  # the one that is left stays as it was


def test_images_that_are_not_analysed_are_left_out_with_their_numbers():
    scores = [None, 0.8, 0.7, 0.3, 0.2, 0.1] * 2
    hidden = np.array([np.nan, 0.4, np.nan, 0.4, 0.4, 0.4] * 2)
    analysis = analyse({LUNGS_HIDDEN: hidden}, scores)
    found = {(row.subgroup, row.score, row.metric): row for row in analysis.estimates}
    assert analysis.images == 10
    assert found["all", "as scored", "auroc"].n == 10
    assert found["all", LUNGS_HIDDEN, "auroc"].n == found["all", LUNGS_HIDDEN, "auroc_difference"].n == 8
    assert found["all", LUNGS_HIDDEN, "auroc_difference"].value == pytest.approx(-0.5)


def test_of_one_projection_all_images_are_judged():
    class One(Planned):
        subgroups = ()

    rows = rows_of([0.9, 0.8, 0.2, 0.1], [1, 1, 0, 0])
    cases = Cases(np.array([1, 1, 0, 0]), np.array([0.9, 0.8, 0.2, 0.1]), np.array(list("abcd")), 0.5)
    held = dict.fromkeys(LOOKING, cases.scores)
    table = analyse_lungs(rows, held, {}, One, cases, SETTING).tables[0]
    assert [row[-1] for row in table.rows if row[0] == LUNGS_HIDDEN] == ["not within"]
    assert {row[1] for row in table.rows} == {"all"}
