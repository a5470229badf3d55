"""Texts: Keras' data sets, made-up reviews, and a user's own; as numbers that a model reads."""

import os
from pathlib import Path

import numpy as np
import pytest

from optimization.engine.datasets import (
    DatasetInfo,
    Modality,
    RawTexts,
    Sizes,
    TextShape,
    check_available,
    find_dataset,
    load_splits,
    name_problem,
    register,
)
from optimization.engine.datasets.registry import DATASETS
from optimization.engine.errors import DatasetUnavailable

from .dataset_files import lists, numbered_texts, write_npz, write_word_index

pytestmark = pytest.mark.usefixtures("keras_home")

WORDS = [f"word{number}" for number in range(1, 21)]


def imdb(train=40, test=20, **changes):
    arrays = {"x_train": numbered_texts(train), "y_train": np.arange(train) % 2}
    return arrays | {"x_test": numbered_texts(test, seed=1), "y_test": np.arange(test) % 2} | changes


def split(name, folder, *, vocab_size=15, sequence_length=8, holdout=0.1, seed=3):
    return load_splits(
        name,
        data_dir=str(folder),
        validation_split=0.25,
        holdout_split=holdout,
        split_seed=seed,
        text=TextShape(vocab_size, sequence_length),
    )


def as_words(splits, ids):
    return [splits.vocabulary[at] for at in ids]


def test_ids_are_those_that_keras_makes(tmp_path):
    from keras.utils import pad_sequences

    arrays = imdb()
    write_npz(tmp_path, "imdb.npz", **arrays)
    xs = [[1] + [number + 3 for number in text] for text in arrays["x_test"]]
    order = np.arange(len(xs))
    np.random.RandomState(113).shuffle(order)
    expected = pad_sequences([[at if at < 15 else 2 for at in xs[position]] for position in order], 8)
    splits = split("imdb", tmp_path)
    assert np.array_equal(splits.x_test, expected)
    assert np.array_equal(splits.y_test, arrays["y_test"][order])
    assert splits.x_train.dtype == np.int32


def test_the_words_come_from_keras_file_and_are_numbers_without_it(tmp_path, caplog):
    write_npz(tmp_path, "imdb.npz", **imdb(x_test=lists([1, 2, 20], [12]), y_test=np.array([0, 1])))
    assert set(split("imdb", tmp_path, seed=4).vocabulary[4:]) == {f"#{number}" for number in range(1, 12)}
    assert "the words of imdb are shown as numbers" in caplog.text
    write_word_index(tmp_path, "imdb", WORDS)
    splits = split("imdb", tmp_path, seed=5)
    assert splits.vocabulary == ("[PAD]", "[START]", "[UNKNOWN]", "[UNUSED]", *WORDS[:11])
    first, second = sorted(splits.x_test.tolist(), key=len)
    assert {tuple(as_words(splits, first)[-4:]), tuple(as_words(splits, second)[-4:])} == {
        ("[START]", "word1", "word2", "[UNKNOWN]"),
        ("[PAD]", "[PAD]", "[START]", "[UNKNOWN]"),
    }


def test_reuters_gets_keras_test_split_from_one_file(tmp_path):
    write_npz(tmp_path, "reuters.npz", x=numbered_texts(100), y=np.arange(100) % 46 // 23)
    assert check_available("reuters", str(tmp_path)) == "subset 79/21 of 8,982/2,246"
    splits = split("reuters", tmp_path)
    order = np.arange(100)
    np.random.RandomState(113).shuffle(order)
    assert np.array_equal(splits.y_test, (order[79:] % 46 // 23))
    assert splits.class_names[3] == "earnings"


class Attack:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)


def test_pickled_texts_are_judged_unopened_and_build_lists_only(tmp_path):
    victim = tmp_path / "made by the pickle"
    texts = numbered_texts(40)
    texts[7] = [3, Attack(victim)]
    write_npz(tmp_path, "imdb.npz", **imdb(x_train=texts))
    assert check_available("imdb", str(tmp_path)) == "subset 40/20 of 25,000/25,000"
    with pytest.raises(DatasetUnavailable, match="was not unpacked"):
        split("imdb", tmp_path)
    assert not victim.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"y_train": np.arange(39) % 2}, "y_train must hold 40 whole numbers"),
        ({"y_train": np.arange(40)}, "labels from 0 to 1"),
        ({"x_train": np.arange(40)}, "one list of word numbers for each text"),
        ({"x_train": lists(*[[1, -4]] * 40)}, "word numbers from 1 to 1,000,000; got -4"),
        ({"x_train": lists(*[["a", "b"]] * 40)}, "whole numbers"),
        ({"x_train": np.array([{1: 2}] * 40, object)}, "must hold lists of word numbers"),
    ],
)
def test_unsuitable_texts_are_named_with_what_is_wrong(tmp_path, changes, words):
    write_npz(tmp_path, "imdb.npz", **imdb(**changes))
    with pytest.raises(DatasetUnavailable, match=words):
        split("imdb", tmp_path)


def test_a_word_file_with_gaps_is_told(tmp_path):
    write_npz(tmp_path, "imdb.npz", **imdb())
    (tmp_path / "imdb_word_index.json").write_text('{"a": 1, "b": 3}')
    with pytest.raises(DatasetUnavailable, match=r"imdb_word_index\.json .* without a gap"):
        split("imdb", tmp_path)


def test_toy_reviews_are_always_here_the_same_and_balanced():
    assert check_available("toy_reviews") == ""
    splits = split("toy_reviews", "", vocab_size=500, sequence_length=40)
    assert (len(splits.y_train), len(splits.y_val), len(splits.y_holdout), len(splits.y_test)) == (1560, 600, 240, 600)
    assert {y.mean() for y in (splits.y_train, splits.y_val, splits.y_holdout, splits.y_test)} == {0.5}
    rows = [row.tobytes() for x in (splits.x_train, splits.x_val, splits.x_holdout, splits.x_test) for row in x]
    assert len(set(rows)) == len(rows)


def test_no_single_word_gives_a_toy_review_away():
    splits = split("toy_reviews", "", vocab_size=500, sequence_length=40)
    best = 0
    for number in range(4, len(splits.vocabulary)):
        with_word = splits.y_train[(splits.x_train == number).any(axis=1)].mean()
        best = max(best, with_word, 1 - with_word)
    assert best < 0.8


def test_texts_are_read_once_for_all_shapes(tmp_path):
    write_npz(tmp_path, "imdb.npz", **imdb())
    first = split("imdb", tmp_path, sequence_length=5)
    (tmp_path / "imdb.npz").unlink()
    assert split("imdb", tmp_path, sequence_length=5) is first
    assert split("imdb", tmp_path, sequence_length=6).x_test.shape == (20, 6)


def own_texts(texts, labels, **changes):
    class Family:
        def sizes(self, info, folders):
            return Sizes(len(texts), 0)

        def read(self, info, folders):
            return RawTexts(texts, np.array(labels))

        def wanted(self, info):
            return "nothing"

    values = {
        "name": "own_texts",
        "title": "Own texts",
        "modality": Modality.TEXT,
        "classes": ("bad", "good"),
        "shape": None,
        "train_size": len(texts),
        "test_size": 0,
        "source": "mine",
        "licence": "mine",
        "needs_download": False,
    }
    return DatasetInfo(**(values | changes)), Family()


@pytest.fixture
def registered(monkeypatch):
    """Registers, and forgets when the test is over."""
    monkeypatch.setattr("optimization.engine.datasets.finding.DATASETS", dict(DATASETS))
    monkeypatch.setattr("optimization.engine.datasets.finding._own_families", {})
    return register


def test_a_vocabulary_is_made_of_training_examples_alone(registered):
    texts = [f"Common, isn't it? only{number}" for number in range(50)]
    registered(*own_texts(texts, [number % 2 for number in range(50)]))
    splits = split("own_texts", "", vocab_size=1000)
    trained = {word for word in splits.vocabulary if word.startswith("only")}
    assert splits.vocabulary[4:7] == ("common", "isn't", "it")
    assert len(trained) == len(splits.y_train)
    assert (splits.x_train != 2).all()
    for unseen in (splits.x_val, splits.x_test, splits.x_holdout):
        assert (unseen[:, -1] == 2).all()
        assert (unseen[:, -2] == 6).all()


def test_registering_again_replaces_what_was_read_before(registered):
    labels = [number % 2 for number in range(20)]
    registered(*own_texts(["old words"] * 20, labels))
    assert "old" in split("own_texts", "").vocabulary
    registered(*own_texts(["new words"] * 20, labels))
    assert "new" in split("own_texts", "").vocabulary


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "Own-Texts"}, "must be of a-z, 0-9 and _"),
        ({"name": "upload_0123456789abcdef"}, "must be of a-z"),
        ({"name": "mnist"}, "belongs to a data set that comes with Tunewell"),
        ({"classes": ("all",)}, "at least two classes"),
    ],
)
def test_a_data_set_of_ones_own_needs_a_name_and_classes(registered, changes, words):
    with pytest.raises(ValueError, match=words):
        registered(*own_texts(["a"] * 9, [0] * 9, **changes))


def test_images_of_a_family_of_texts_are_refused_in_words(registered):
    info, family = own_texts(["a"] * 9, [0] * 9, modality=Modality.IMAGE, shape=(2, 2, 1))
    registered(info, family)
    with pytest.raises(TypeError, match="registered as images"):
        split("own_texts", "")


def test_texts_need_to_be_told_how_long_they_are(registered):
    with pytest.raises(ValueError, match="TextShape"):
        load_splits("toy_reviews", data_dir=None, validation_split=0.2, holdout_split=0, split_seed=1)


def test_an_upload_that_is_gone_is_said_to_be_gone(tmp_path):
    assert name_problem("upload_0123456789abcdef") == ""
    with pytest.raises(DatasetUnavailable, match="not here"):
        find_dataset("upload_0123456789abcdef", str(tmp_path))
    assert "digits" in name_problem("upload_x")


def test_the_documented_example_of_ones_own_data_set_works(registered):
    documented = (Path(__file__).parents[2] / "docs" / "DATASETS.md").read_text()
    exec(documented.split("```python\n")[1].split("```")[0], {})
    splits = load_splits("stripes", data_dir=None, validation_split=0.2, holdout_split=0.1, split_seed=1)
    assert splits.x_train.shape == (224, 16, 16, 1)
    assert check_available("stripes") == ""
