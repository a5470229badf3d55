"""Accuracy on the real files."""

from pathlib import Path

import pytest

from tools.results import FASHION_MNIST, in_words, measure

pytestmark = pytest.mark.alone


def test_four_short_trials_find_a_good_model(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with capfd.disabled():  # its progress bar shows that something happens
        result = measure(FASHION_MNIST, tmp_path)
        print(in_words(result))
    assert result["state"] == "completed"
    assert result["dataset_size"] == ""  # all 60,000 images, no subset
    assert result["test_accuracy"] >= 0.89
