"""What the locked threshold gives on the images that it was chosen on."""

import numpy as np

from verification.analyses.thresholds import chosen_table
from verification.estimation.tuning import Tuning


def test_sensitivity_and_specificity_are_of_their_own_images_and_the_threshold_itself_is_flagged():
    labels, scores = np.array([1, 1, 1, 1, 0, 0]), np.array([0.5, 0.9, 0.7, 0.1, 0.5, 0.2])
    tuning = Tuning(tuple("abcdef"), labels, scores, np.arange(6))
    assert chosen_table(tuning, 0.5).rows == (("sensitivity", 3, 4, 0.75), ("specificity", 1, 2, 0.5))


def test_without_images_of_a_kind_its_measure_is_undefined():
    tuning = Tuning(("a",), np.array([1]), np.array([0.9]), np.array([0]))
    assert chosen_table(tuning, 0.5).rows[1] == ("specificity", 0, 0, "undefined: no such image")
