"""`clearway train report`: a run's folder read as far as it is there, and its page."""

import base64
import csv
import io
import json
import re

import msgspec
import numpy as np
import pytest
import yaml
from PIL import Image
from sklearn.metrics import average_precision_score, roc_auc_score

from device import main
from verification.evaluation.training_run import RunError, draw_thumbnail, read_run
from verification.evidence import Gap, TrainingRun
from verification.steps.radiographs import phantom, radiograph, save

RECIPE = {
    "name": "tiny",
    "version": "1.2.0",
    "release": {"title": "Triage of tiny chests"},
    "data": {"dataset": "tiny", "manifest": "manifest.csv"},
    "epochs": 6,
}
GROUP = {"kind": "whole", "source": "A", "view": "PA", "label": 1, "images": 30, "patients": 20}
RECORD = {
    "python": "3.11.7",
    "machine": "x86_64",
    "packages": {"keras": "3.15.1"},
    "processor": {"name": "A processor", "vectors": "avx"},
    "TF_ENABLE_ONEDNN_OPTS": "unset",
    "manifest_sha256": "ab" * 32,
    "data": {"training": {"images": 30, "patients": 20, "groups": [GROUP]}},
}
HISTORY = "epoch,training_loss,tuning_loss,tuning_auroc,tuning_average_precision\n"
HISTORY += "1,0.7,0.6,0.7,0.6\n2,0.6,0.4,0.8,0.7\n3,0.5,0.5,0.9,0.8\n"
COLUMNS = ("image", "patient", "label", "kind", "source", "view", "score")


def write_rows(run, rows):
    with (run / "tuning.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([COLUMNS, *rows])


def write_run(run, rows, **recipe):
    """A run that has ended; its images are in `images` beside it."""
    (run / "release").mkdir(parents=True)
    (run / "recipe.yaml").write_text(yaml.safe_dump(RECIPE | recipe))
    (run / "run.json").write_text(json.dumps(RECORD))
    (run / "history.csv").write_text(HISTORY)
    (run / "release" / "release.yaml").write_text("operating_point: {threshold: 0.5}\n")
    write_rows(run, rows)
    return run


@pytest.fixture(scope="module")
def rows():
    """Tuning images of two sources with both labels, of one with negative and of one with positive ones alone."""
    dice = np.random.default_rng(4)
    made = []
    for number in range(120):
        source = "ABCD"[number % 4]
        label = {"C": 0, "D": 1}.get(source, int(dice.random() < 0.4))
        score = round(float(dice.beta(3 + label, 4)), 2)  # some are alike
        made.append((f"{number}.png", f"p{number}", label, "whole", source, ("AP", "PA")[number // 2 % 2], score))
    return made


@pytest.fixture
def run(tmp_path, rows):
    return write_run(tmp_path / "run", rows)


def test_each_group_is_ranked_as_sklearn_ranks_it_and_one_of_one_label_not_at_all(run, rows):
    lines = {line[:2]: line[2:] for line in read_run(run, None, None, 3).scores.by_group.rows}
    assert set(lines) == {("all", ""), *(("Source", one) for one in "ABCD"), ("Projection", "AP"), ("Projection", "PA")}
    for (attribute, group), (images, positives, auroc, precision) in lines.items():
        held = [row for row in rows if attribute == "all" or row[4 if attribute == "Source" else 5] == group]
        labels, scores = [row[2] for row in held], [row[6] for row in held]
        assert (images, positives) == (len(held), sum(labels))
        if group in ("C", "D"):
            assert (auroc, precision) == (None, None)
        else:
            assert auroc == pytest.approx(roc_auc_score(labels, scores))
            assert precision == pytest.approx(average_precision_score(labels, scores))


def test_the_operating_point_and_the_curve_beside_it_say_what_is_flagged(run, rows):
    scores = read_run(run, None, None, 3).scores
    positive, negative = ([row[6] for row in rows if row[2] == label] for label in (1, 0))
    assert scores.sensitivity == pytest.approx(np.mean(np.array(positive) >= 0.5))
    assert scores.specificity == pytest.approx(np.mean(np.array(negative) < 0.5))
    curves = {series.name: dict(zip(series.x, series.y, strict=True)) for series in scores.figures[0].series}
    for threshold in {row[6] for row in rows} - {max(row[6] for row in rows)}:  # there it falls to nothing
        assert curves["sensitivity"][threshold] == pytest.approx(np.mean(np.array(positive) >= threshold))
        assert curves["specificity"][threshold] == pytest.approx(np.mean(np.array(negative) < threshold))
    assert curves["operating point"] == {0.5: 1.0}


def test_each_histogram_holds_every_image_of_its_group(run, rows):
    drawn = {figure.title: figure for figure in read_run(run, None, None, 3).scores.figures[1:]}
    assert set(drawn) == {
        "Scores by label", "Scores of the negative images by source", "Scores of the positive images by source",
    }  # fmt: skip
    for figure in drawn.values():
        assert [sum(series.y) for series in figure.series] == pytest.approx([100] * len(figure.series), abs=0.01)
    names = [series.name for series in drawn["Scores of the positive images by source"].series]
    assert names == [f"{one} ({sum(row[2] for row in rows if row[4] == one)})" for one in "ABD"]


def test_the_worst_are_the_highest_of_the_negative_and_the_lowest_of_the_positive(run, rows):
    scores = read_run(run, None, None, 5).scores
    negative, positive = (sorted(row[6] for row in rows if row[2] == label) for label in (0, 1))
    assert [one.score for one in scores.alarming] == negative[::-1][:5]
    assert [one.score for one in scores.missed] == positive[:5]
    assert {one.label for one in scores.alarming} == {0}
    assert isinstance(scores.pictures, Gap)


@pytest.mark.parametrize(
    ("stopping", "exported"),
    [(None, 3), ({"rule": "best_tuning_loss", "patience": 2}, 2), ({"rule": "best_tuning_auroc"}, 3)],
)
def test_the_exported_epoch_follows_from_the_rule_of_the_recipe(tmp_path, rows, stopping, exported):
    found = read_run(write_run(tmp_path / "run", rows, stopping=stopping), None, None, 3)
    assert (found.epochs, found.planned, found.exported) == (3, 6, exported)
    assert (found.lowest_loss, found.highest_auroc) == (2, 3)
    marks = [series for series in found.curves[0].series if series.name == "exported"]
    assert [mark.x for mark in marks] == [(exported,)]


def test_a_run_in_training_is_shown_as_far_as_it_is_there(run):
    (run / "release" / "release.yaml").unlink()
    (run / "tuning.csv").unlink()
    (run / "history.csv").write_text("epoch,training_loss,tuning_loss,tuning_auroc\n1,0.7,0.6,0.7\n")
    found = read_run(run, None, None, 3)
    assert (found.epochs, found.exported, found.lowest_loss) == (1, None, 1)
    assert [series.name for series in found.curves[1].series] == ["AUROC"]  # it was begun before AP was measured
    assert "no tuning.csv" in found.scores.reason
    (run / "history.csv").unlink()
    (run / "run.json").write_text(json.dumps({"python": "3.11.7"}))
    found = read_run(run, None, None, 3)
    assert (found.epochs, found.curves, found.lowest_loss) == (0, (), None)
    assert isinstance(found.data, Gap)
    assert main(["train", "report", str(run)]) == 0


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("recipe.yaml", None, "holds no recipe.yaml; name the folder of a run"),
        ("recipe.yaml", "a: [", "recipe.yaml: cannot be read"),
        ("recipe.yaml", "name: x", "recipe.yaml: not a recipe: no 'version'"),
        ("run.json", "{", "run.json: cannot be read"),
        ("history.csv", "epoch,training_loss\n1,2\n", "history.csv:1: no column tuning_loss, tuning_auroc"),
        ("history.csv", HISTORY + "4,0.5\n", "history.csv:5: expected 5 values"),
        ("history.csv", HISTORY + "4,0.5,x,0.5,0.5\n", "history.csv: column tuning_loss: could not convert"),
        ("tuning.csv", "image,label,score\na,1,0.5\n", "tuning.csv:1: no column patient, kind, source, view"),
        ("tuning.csv", ",".join(COLUMNS) + "\na,p,2,whole,,,0.5\n", "tuning.csv: expected labels 0 or 1"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(run, capsys, file, content, words):
    if content is None:
        (run / file).unlink()
    else:
        (run / file).write_text(content)
    assert main(["train", "report", str(run)]) == 2
    assert words in capsys.readouterr().err
    assert not (run / "report.html").exists()


# --- pictures and page ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [
    lambda path, pixels: Image.fromarray(pixels).save(path.with_suffix(".png")),
    lambda path, pixels: Image.fromarray(pixels.astype(np.uint16) * 257).save(path.with_suffix(".png")),
    lambda path, pixels: save(radiograph(pixels), path.with_suffix(".dcm")),
    lambda path, pixels: save(radiograph(255 - pixels, PhotometricInterpretation="MONOCHROME1",
                                         PresentationLUTShape="INVERSE"), path.with_suffix(".dcm")),
])  # fmt: skip
def test_a_picture_is_small_grey_and_shows_what_the_file_does(tmp_path, write):
    pixels = phantom(400, 360)
    write(tmp_path / "image", pixels)
    (path,) = tmp_path.iterdir()
    with Image.open(io.BytesIO(draw_thumbnail(path))) as picture:
        assert (picture.format, picture.mode, max(picture.size)) == ("JPEG", "L", 180)
        small = np.asarray(Image.fromarray(pixels).resize(picture.size, Image.Resampling.BOX), dtype=float)
        assert np.corrcoef(np.asarray(picture, dtype=float).ravel(), small.ravel())[0, 1] > 0.98


def test_of_what_is_no_image_there_is_no_picture(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no image")
    assert draw_thumbnail(tmp_path / "a.png") is None
    assert draw_thumbnail(tmp_path / "none.png") is None


def test_the_page_needs_nothing_else_and_shows_the_worst_images(run, tmp_path, monkeypatch, capsys):
    images = tmp_path / "shared" / "tiny"
    images.mkdir(parents=True)
    for number in range(120):
        Image.fromarray(phantom(90, 80)).save(images / f"{number}.png")
    found = read_run(run, images, None, 4)
    (images / found.scores.missed[0].image).unlink()
    monkeypatch.setenv("CLEARWAY_DATA", str(tmp_path / "shared"))
    page = tmp_path / "pages" / "tiny.html"
    assert main(["train", "report", str(run), "--output", str(page), "--worst", "4"]) == 0
    assert capsys.readouterr().out.splitlines() == [str(page)]
    text = page.read_text()
    assert not re.findall(r"(?:src|href)=\"(?!data:|#)|url\(\"?(?!\"?data:)", text)
    pictures = re.findall(r'<img alt="([^"]+)" src="data:image/jpeg;base64,([^"]+)"', text)
    shown = [*found.scores.alarming, *found.scores.missed[1:]]
    assert [name for name, _ in pictures] == [one.image for one in shown]
    assert [base64.b64decode(content) for _, content in pictures] == [one.picture for one in shown]
    assert text.count("no picture") == 1
    for words in ("tiny 1.2.0", "3 of 6", "the last epoch is exported", "Scores by label", "undefined", "A processor"):
        assert words in text
    assert msgspec.json.decode(page.with_suffix(".json").read_bytes(), type=TrainingRun).scores.images == 120


def test_without_images_the_page_says_so_and_lists_their_names(run, monkeypatch, capsys):
    monkeypatch.delenv("CLEARWAY_DATA", raising=False)
    assert main(["train", "report", str(run)]) == 0
    text = (run / "report.html").read_text()
    assert "no folder of images" in text
    assert "<img" not in text
    for one in read_run(run, None, None, 12).scores.missed:
        assert f">{one.image}<" in text
    capsys.readouterr()
    assert main(["train", "report", str(run), "--data", str(run / "none")]) == 2
    assert "none: no such folder; the images of tiny are expected there" in capsys.readouterr().err


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="holds no recipe"):
        read_run(tmp_path, None, None, 3)


def test_a_file_of_something_else_makes_no_page(tmp_path, capsys):
    (tmp_path / "report.json").write_text("{}")
    assert main(["submission", "training", str(tmp_path / "report.json")]) == 2
    assert "name a file that `clearway train report` made" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [tmp_path / "report.json"]
