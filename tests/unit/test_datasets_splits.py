"""Splits: disjoint, stratified, fixed by the seed, whole groups, and none touched by the labels of the test split."""

import itertools

import numpy as np
import pytest

from optimization.engine.datasets import DatasetInfo, Modality, RawArrays, Sizes, check_available, load_splits, register
from optimization.engine.datasets.registry import DATASETS
from optimization.engine.datasets.stratify import take_share
from optimization.engine.errors import DatasetUnavailable
from optimization.engine.trial import TrialSpec
from tests.factories import trial_spec

PARTS = ("train", "val", "test", "holdout")
SEEDS = range(20)


def random_labels(seed):
    """Some hundred labels of a few classes, of very different sizes."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(rng.integers(2, 8)) * 2)
    labels = rng.choice(len(shares), rng.integers(100, 600), p=shares)
    return np.concatenate([labels, np.repeat(np.arange(len(shares)), 4)])


@pytest.fixture
def own(monkeypatch):
    """Registers what is given as the data set "numbered", for this test alone; None: its files are not here."""
    monkeypatch.setattr("optimization.engine.datasets.finding.DATASETS", dict(DATASETS))
    monkeypatch.setattr("optimization.engine.datasets.finding._own_families", {})
    return lambda raw: register(numbered(0 if raw is None else len(raw.y_train)), Own(raw))


@pytest.fixture
def load(own):
    """Splits of images whose pixels are the example's number: (splits, positions of each part)."""

    def load(y, *, seed=1, groups=None, y_test=None, validation=0.2, holdout=0.1):
        images = np.arange(len(y), dtype="float32").reshape(-1, 1, 1)
        x_test = None if y_test is None else np.arange(len(y_test), dtype="float32").reshape(-1, 1, 1) + len(y)
        own(RawArrays(images, y, x_test, y_test, 1, groups))
        splits = load_splits(
            "numbered", data_dir=None, validation_split=validation, holdout_split=holdout, split_seed=seed
        )
        return splits, {part: getattr(splits, f"x_{part}").reshape(-1).astype(int) for part in PARTS}

    return load


class Own:
    def __init__(self, raw):
        self._raw = raw

    def sizes(self, info, folders):
        return None if self._raw is None else Sizes(*self._raw.sizes)

    def read(self, info, folders):
        return self._raw

    def wanted(self, info):
        return "nothing"


def numbered(examples):
    return DatasetInfo(
        name="numbered",
        title="Numbered images",
        modality=Modality.IMAGE,
        classes=tuple("abcdefghijklmnopqrstuvwxyz"),
        shape=(1, 1, 1),
        train_size=examples,
        test_size=0,
        source="mine",
        licence="mine",
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_every_example_lies_in_one_split_with_its_label(load, seed):
    y = random_labels(seed)
    splits, parts = load(y, seed=seed)
    assert sorted(np.concatenate(list(parts.values()))) == list(range(len(y)))
    for part, positions in parts.items():
        assert np.array_equal(getattr(splits, f"y_{part}"), y[positions])


@pytest.mark.parametrize("seed", SEEDS)
def test_every_class_gives_the_same_share(seed):
    y = random_labels(seed)
    left, taken = take_share(y, 0.23, seed=(seed, 0))
    counts = np.bincount(y)
    assert len(taken) == pytest.approx(0.23 * len(y), abs=len(counts))
    assert (np.abs(np.bincount(y[taken], minlength=len(counts)) - 0.23 * counts) <= 1).all()
    assert np.bincount(y[taken], minlength=len(counts)).min() >= 1
    assert np.bincount(y[left], minlength=len(counts)).min() >= 1


@pytest.mark.parametrize("seed", SEEDS)
def test_the_seed_and_nothing_else_decides(load, seed):
    y = random_labels(seed)
    first, again, other = (load(y, seed=at)[1] for at in (seed, seed, seed + 1))
    assert all(np.array_equal(first[part], again[part]) for part in PARTS)
    assert not np.array_equal(np.sort(first["val"]), np.sort(other["val"]))


@pytest.mark.parametrize("seed", SEEDS)
def test_no_group_lies_in_two_splits(load, seed):
    y = np.sort(random_labels(seed))
    rng = np.random.default_rng(seed)
    groups = y * 1000 + rng.integers(0, 12, len(y))
    splits, parts = load(y, groups=groups, seed=seed)
    for first, second in itertools.combinations(parts.values(), 2):
        assert not set(groups[first]) & set(groups[second])
    large = np.bincount(y) > 100
    shares = np.bincount(splits.y_val, minlength=len(large))[large] / np.bincount(y)[large]
    assert ((shares > 0.05) & (shares < 0.3)).all()


def test_a_group_of_several_classes_stays_together(load):
    y = np.tile([0, 0, 1], 40)
    groups = np.arange(120) // 6
    _, parts = load(y, groups=groups)
    for first, second in itertools.combinations(parts.values(), 2):
        assert not set(groups[first]) & set(groups[second])


@pytest.mark.parametrize("seed", SEEDS[:5])
def test_other_test_labels_change_no_other_split(load, seed):
    y = random_labels(seed)
    y_test = np.arange(50) % 2
    first, _ = load(y, y_test=y_test, seed=seed)
    second, _ = load(y, y_test=1 - y_test, seed=seed)
    for part in ("train", "val", "holdout"):
        assert np.array_equal(getattr(first, f"x_{part}"), getattr(second, f"x_{part}"))
        assert np.array_equal(getattr(first, f"y_{part}"), getattr(second, f"y_{part}"))
    assert np.array_equal(first.x_test, second.x_test)
    assert not np.array_equal(first.y_test, second.y_test)


def test_neither_share_touches_the_test_split_nor_validation_the_holdout(load):
    y = random_labels(0)
    _, small = load(y, validation=0.1, holdout=0.1)
    _, large = load(y, validation=0.4, holdout=0.1)
    _, none = load(y, validation=0.1, holdout=0)
    assert np.array_equal(small["test"], large["test"])
    assert np.array_equal(small["test"], none["test"])
    assert np.array_equal(small["holdout"], large["holdout"])
    assert len(none["holdout"]) == 0


def test_shares_are_of_the_training_examples(load):
    y = np.arange(1000) % 5
    _, parts = load(y, y_test=np.arange(50) % 5, validation=0.2, holdout=0.1)
    assert [len(parts[part]) for part in PARTS] == [700, 200, 50, 100]


def test_a_class_of_two_is_trained_and_validated_and_not_held_out(load):
    y = np.array([0] * 30 + [1] * 2)
    splits, _ = load(y, y_test=np.array([0, 1]))
    assert [(getattr(splits, f"y_{part}") == 1).sum() for part in PARTS] == [1, 1, 1, 0]


def test_a_specification_from_before_there_was_a_holdout_takes_none():
    written = trial_spec(1, holdout_split=0.1).to_dict()
    del written["holdout_split"]
    assert TrialSpec.from_dict(written).holdout_split == 0


IMAGES, LABELS = np.zeros((40, 1, 1), "uint8"), np.arange(40) % 2


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (RawArrays(np.zeros((40, 2, 2), "uint8"), LABELS), r"of shape \(2, 2\), not \(1, 1, 1\)"),
        (RawArrays(IMAGES, LABELS + 25), "whole numbers from 0 to 25; got int64 25 to 26"),
        (RawArrays(IMAGES, LABELS - 1), "whole numbers from 0 to 25; got int64 -1 to 0"),
        (RawArrays(IMAGES, LABELS / 2), "whole numbers from 0 to 25; got float64"),
        (RawArrays(IMAGES, LABELS[:39]), "x_train has 40 examples, y_train 39 labels"),
        (RawArrays(IMAGES, LABELS, IMAGES), "x_test has 40 examples, y_test 0 labels"),
        (RawArrays(IMAGES, LABELS, groups=LABELS[:3]), "groups has 3 values for 40 examples"),
        (RawArrays(IMAGES[:0], LABELS[:0]), "x_train is empty"),
    ],
)
def test_examples_of_ones_own_that_do_not_fit_are_refused_and_never_reshaped(own, raw, problem):
    own(raw)
    with pytest.raises(DatasetUnavailable, match=f"numbered does not hold what it is registered with: .*{problem}"):
        load_splits("numbered", data_dir=None, validation_split=0.2, holdout_split=0.1, split_seed=1)


def test_a_data_set_of_ones_own_that_is_not_here_says_what_it_wants(own):
    own(None)
    with pytest.raises(DatasetUnavailable, match="there is nothing to fetch them from"):
        check_available("numbered")
