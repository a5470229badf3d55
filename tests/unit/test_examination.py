"""What is measured of a complete model beside its health, and how it is kept."""

import warnings

import numpy as np
import pytest

from optimization.engine.examination import _label_issues
from optimization.engine.recorded import write_arrays


def test_looking_for_wrong_labels_says_nothing_of_rare_classes():
    labels = np.array([0] * 20 + [1] * 20 + [2])
    probabilities = np.full((41, 3), 0.05)
    probabilities[np.arange(41), labels] = 0.9
    probabilities[3] = [0.02, 0.96, 0.02]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert _label_issues(probabilities, labels).tolist() == [3]


def test_arrays_that_cannot_be_written_whole_are_not_written(tmp_path):
    with pytest.raises(TypeError):
        write_arrays(tmp_path, {}, {"whole": np.zeros(9), "torn": np.array([(n for n in ())], dtype=object)})
    assert list(tmp_path.iterdir()) == []
