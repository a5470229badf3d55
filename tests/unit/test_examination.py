"""What is measured of a complete model beside its health."""

import warnings

import numpy as np

from optimization.engine.examination import _label_issues


def test_looking_for_wrong_labels_says_nothing_of_rare_classes():
    labels = np.array([0] * 20 + [1] * 20 + [2])
    probabilities = np.full((41, 3), 0.05)
    probabilities[np.arange(41), labels] = 0.9
    probabilities[3] = [0.02, 0.96, 0.02]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert _label_issues(probabilities, labels).tolist() == [3]
