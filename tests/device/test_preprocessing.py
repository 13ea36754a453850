"""One definition of the model's input: nothing collapses, and every door leads to the same values."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from device import dicom, read_release
from device.preprocessing import preprocess
from device.research import decode as decode_picture
from device.types import Geometry
from verification.steps.radiographs import radiograph, read_published, save

GEOMETRY = read_release("paediatric-reference").geometry
PUBLISHED = Path(__file__).parents[1] / "data" / "kermany_val"
NAMES = ("NORMAL2-IM-1427-0001.jpeg", "person1946_bacteria_4874.jpeg")


def test_a_gradient_along_the_rows_alone_survives():
    shown = np.repeat(np.linspace(0, 1, 1500, dtype=np.float32)[:, np.newaxis], 900, axis=1)
    model_input = preprocess(shown, GEOMETRY)[:, :, 0]
    assert (np.diff(model_input, axis=0) > 0).all()
    np.testing.assert_allclose(model_input, model_input[:, :1].repeat(GEOMETRY.columns, axis=1), atol=1e-6)


def test_a_gradient_along_the_columns_alone_survives():
    shown = np.repeat(np.linspace(0, 1, 1500, dtype=np.float32)[np.newaxis, :], 900, axis=0)
    model_input = preprocess(shown, GEOMETRY)[:, :, 0]
    assert (np.diff(model_input, axis=1) > 0).all()
    np.testing.assert_allclose(model_input, model_input[:1, :].repeat(GEOMETRY.rows, axis=0), atol=1e-6)


@pytest.mark.parametrize("place", [(0, 0), (701, 350), (1023, 767)])
def test_every_pixel_of_a_reduced_image_contributes_where_it_lies(place):
    shown = np.zeros((1024, 768), np.float32)
    shown[place] = 1
    model_input = preprocess(shown, GEOMETRY)[:, :, 0]
    row, column = np.unravel_index(model_input.argmax(), model_input.shape)
    assert model_input.max() > 0
    assert abs(row - place[0] * GEOMETRY.rows / 1024) <= 1
    assert abs(column - place[1] * GEOMETRY.columns / 768) <= 1


def test_an_image_of_the_input_size_is_handed_on_unchanged():
    shown = np.random.default_rng(0).random((GEOMETRY.rows, GEOMETRY.columns), dtype=np.float32)
    np.testing.assert_array_equal(preprocess(shown, GEOMETRY)[:, :, 0], shown)


@pytest.mark.parametrize(
    ("shown", "geometry", "word"),
    [
        (np.zeros((8, 8), np.uint8), GEOMETRY, "uint8"),
        (np.zeros((8, 8, 1), np.float32), GEOMETRY, "3-D"),
        (np.zeros((8, 8), np.float32), Geometry(4, 4, "nearest", keeps_aspect=False), "nearest"),
        (np.zeros((8, 8), np.float32), Geometry(4, 4, GEOMETRY.resampling, keeps_aspect=True), "aspect"),
    ],
)
def test_what_it_does_not_define_is_a_programmers_mistake(shown, geometry, word):
    with pytest.raises(ValueError, match=word):
        preprocess(shown, geometry)


@pytest.mark.parametrize("name", NAMES)
def test_research_and_clinical_intake_give_the_same_input_to_the_last_bit(name, tmp_path):
    wrapped = save(radiograph(read_published(name)), tmp_path / "wrapped.dcm")
    picture = preprocess(decode_picture(PUBLISHED / name), GEOMETRY)
    with dicom.open_regular(wrapped) as file:
        decoded = dicom.decode(dicom.read_header(file, wrapped))
    np.testing.assert_array_equal(preprocess(decoded, GEOMETRY), picture)


@pytest.mark.training
@pytest.mark.parametrize("name", NAMES)
def test_trainings_loader_gives_the_same_input_to_the_last_bit(name, tmp_path):
    loaded = tmp_path / "loaded.npy"
    program = (
        "import sys, numpy; from pathlib import Path; from device import read_release;"
        "from device.training.data import read_input;"
        "numpy.save(sys.argv[2], read_input(Path(sys.argv[1]), read_release('paediatric-reference').geometry))"
    )
    subprocess.run([sys.executable, "-c", program, PUBLISHED / name, loaded], check=True, capture_output=True)
    np.testing.assert_array_equal(np.load(loaded), preprocess(decode_picture(PUBLISHED / name), GEOMETRY))
