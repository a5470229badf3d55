"""What the default model of each data set reaches on the real files, in a few epochs and without a search."""

from pathlib import Path

import pytest

from tools.results import DEFAULT_MODELS, DefaultModel, in_words, measure

pytestmark = pytest.mark.alone


@pytest.mark.parametrize("model", DEFAULT_MODELS, ids=lambda model: model.dataset_name)
def test_the_default_model_is_good(model: DefaultModel, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with capfd.disabled():  # its progress bar shows that something happens
        result = measure(model.run, tmp_path)
        print(model.dataset_name, in_words(result), sep=": ")
    assert result["state"] == "completed"
    assert result["test_accuracy"] >= model.at_least
