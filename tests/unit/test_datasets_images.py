"""CIFAR and GTSRB: the publisher's files and repacked ones, judged without unpickling."""

import dataclasses
import os
import pickle

import numpy as np
import pytest

from optimization.engine.datasets import DATASETS, check_available, ensure, load_splits
from optimization.engine.errors import DatasetUnavailable

from .dataset_files import (
    cifar10_files,
    cifar100_files,
    sign_files,
    write_folder,
    write_npz,
    write_sign_archives,
    write_tar,
)

pytestmark = pytest.mark.usefixtures("keras_home")


def split(name, folder, *, holdout=0.1):
    return load_splits(name, data_dir=str(folder), validation_split=0.25, holdout_split=holdout, split_seed=3)


def same_images(first, second):
    return all(np.array_equal(getattr(first, key), getattr(second, key)) for key in ("x_train", "x_test", "y_val"))


class Attack:
    """A pickle that would run a command."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)


def coloured(train=60, test=20, **changes):
    rng = np.random.default_rng(0)
    arrays = {}
    for key, examples in (("train", train), ("test", test)):
        arrays[f"x_{key}"] = rng.integers(0, 256, (examples, 32, 32, 3)).astype("uint8")
        arrays[f"y_{key}"] = (np.arange(examples) % 10).astype("uint8").reshape(-1, 1)
    return arrays | changes


def test_the_subset_of_cifar10_says_what_it_has_of_each_split(tmp_path):
    write_npz(tmp_path, "cifar10.npz", **coloured())
    assert check_available("cifar10", str(tmp_path)) == "subset 60/20 of 50,000/10,000"
    splits = split("cifar10", tmp_path)
    assert splits.x_train.shape[1:] == (32, 32, 3)
    assert splits.y_test.shape == (20,)
    assert splits.class_names[9] == "truck"


@pytest.mark.parametrize(("name", "files"), [("cifar10", cifar10_files()), ("cifar100", cifar100_files())])
def test_pickles_are_read_from_keras_folder_and_from_the_archive_alike(tmp_path, name, files):
    inner = {"cifar10": "cifar-10-batches-py", "cifar100": "cifar-100-python"}[name]
    write_folder(tmp_path / "keras layout" / f"{inner}-target" / inner, files)
    write_tar(tmp_path / "archive" / f"{name[:5]}-{name[5:]}-python.tar.gz", inner, files)
    kept, packed = split(name, tmp_path / "keras layout"), split(name, tmp_path / "archive")
    assert same_images(kept, packed)
    assert kept.sha256 == packed.sha256
    assert (len(kept.y_train) + len(kept.y_val) + len(kept.y_holdout)) == {"cifar10": 100, "cifar100": 300}[name]


def test_colours_of_a_pickle_end_up_in_the_last_axis(tmp_path):
    files = cifar10_files()
    write_folder(tmp_path / "cifar-10-batches-py", files)
    planes = pickle.loads(files["test_batch"], encoding="bytes")[b"data"].reshape(-1, 3, 32, 32)
    assert np.array_equal(split("cifar10", tmp_path).x_test[..., 2], planes[:, 2].astype("float32") / 255)


def test_a_pickle_that_would_run_something_is_judged_unopened_and_refused_when_it_is_read(tmp_path):
    victim = tmp_path / "made by the pickle"
    poisoned = {b"data": np.zeros((200, 3072), "uint8"), b"fine_labels": list(range(100)) * 2, b"x": Attack(victim)}
    write_folder(tmp_path / "cifar-100-python", cifar100_files() | {"train": pickle.dumps(poisoned, 4)})
    assert check_available("cifar100", str(tmp_path)) == "subset 200/100 of 50,000/10,000"
    with pytest.raises(DatasetUnavailable, match=r"cifar-100-python is damaged .* was not unpacked"):
        split("cifar100", tmp_path)
    assert not victim.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"train": pickle.dumps({b"data": np.zeros((4, 3072), "uint8")}, 4)}, "must hold data and fine_labels"),
        ({"train": b"\x80\x02}q\x00"}, "cut short|exhausted|Ran out"),
        ({"train": cifar100_files()["train"][:-2000]}, "truncated"),
    ],
)
def test_a_damaged_batch_is_told(tmp_path, changes, words):
    write_folder(tmp_path / "cifar-100-python", cifar100_files() | changes)
    with pytest.raises(DatasetUnavailable, match=words):
        split("cifar100", tmp_path)


def test_an_archive_without_a_batch_or_cut_short_is_refused_before_a_job_starts(tmp_path):
    files = cifar10_files()
    del files["data_batch_4"]
    archive = write_tar(tmp_path / "cifar-10-python.tar.gz", "cifar-10-batches-py", files)
    with pytest.raises(DatasetUnavailable, match="holds no data_batch_4"):
        check_available("cifar10", str(tmp_path))
    archive.write_bytes(archive.read_bytes()[:-5000])
    with pytest.raises(DatasetUnavailable, match=r"cifar-10-python\.tar\.gz is damaged"):
        check_available("cifar10", str(tmp_path))


def test_every_class_has_one_name():
    sizes = {name: len(info.classes) for name, info in DATASETS.items() if name in ("cifar100", "gtsrb", "reuters")}
    assert sizes == {"cifar100": 100, "gtsrb": 43, "reuters": 46}
    assert all(len(set(info.classes)) == len(info.classes) for info in DATASETS.values())


def signs(tmp_path, **sizes):
    return write_folder(tmp_path / "data" / "gtsrb", sign_files(**sizes)).parent


def test_signs_of_any_size_become_one_size_with_their_aspect_kept(tmp_path):
    splits = split("gtsrb", signs(tmp_path), holdout=0)
    assert splits.x_train.shape[1:] == (32, 32, 3)
    wide, high = (splits.x_train[splits.y_train == label][0] for label in (0, 1))
    assert not wide[:8].any()
    assert not wide[-7:].any()
    assert wide[16].all(axis=0)[0]
    assert not high[:, :7].any()
    assert high[:, 16, 0].all()


def test_packed_and_unpacked_signs_are_the_same(tmp_path):
    files = sign_files()
    write_folder(tmp_path / "folder" / "gtsrb", files)
    write_sign_archives(tmp_path / "archives" / "gtsrb", files)
    unpacked, packed = split("gtsrb", tmp_path / "folder"), split("gtsrb", tmp_path / "archives")
    assert same_images(unpacked, packed)
    assert check_available("gtsrb", str(tmp_path / "archives")) == "subset 24/4 of 39,209/12,630"


def test_no_track_lies_in_two_splits(tmp_path):
    splits = split("gtsrb", signs(tmp_path, tracks=9, frames=4))
    tracks = [  # red is 100 + class and green the track, in the middle of every image
        {tuple(np.rint(image[16, 16, :2] * 255).astype(int)) for image in x}
        for x in (splits.x_train, splits.x_val, splits.x_holdout)
    ]
    assert [len(found) > 0 for found in tracks] == [True] * 3
    assert not tracks[0] & tracks[1]
    assert not (tracks[0] | tracks[1]) & tracks[2]
    assert len(set().union(*tracks)) == 18


def test_signs_are_decoded_once_and_again_when_a_file_changes(tmp_path):
    folder = signs(tmp_path)
    first = split("gtsrb", folder)
    (kept,) = (folder / "gtsrb" / ".decoded").glob("gtsrb-*")
    (folder / "gtsrb" / "GTSRB" / "Final_Test" / "Images" / "00000.ppm").write_bytes(b"P6 1 1 255 abc")
    assert not np.array_equal(split("gtsrb", folder).x_test, first.x_test)
    assert not kept.exists()


def test_a_folder_that_cannot_be_written_is_decoded_all_the_same(tmp_path):
    folder = signs(tmp_path)
    (folder / "gtsrb" / ".decoded").write_text("no folder can be made here")
    assert len(split("gtsrb", folder).x_test) == 4


def test_signs_without_tracks_are_refused_since_near_copies_would_be_split(tmp_path):
    write_npz(tmp_path, "gtsrb.npz", **coloured())
    with pytest.raises(DatasetUnavailable, match="no array train_track"):
        check_available("gtsrb", str(tmp_path))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("GT-final_test.csv", b"Filename;ClassId\n00009.ppm;1\n", "test images are missing, 00009.ppm"),
        ("GT-final_test.csv", b"Filename;ClassId\n00000.ppm;43\n", "class 43 is not one of 43"),
        ("GTSRB/Final_Training/Images/00000/00000_00000.ppm", b"P6 5000 5000 255 ", "5000×5000"),
        ("GTSRB/Final_Training/Images/00000/00000_00000.ppm", b"GIF89a", "cannot identify"),
    ],
)
def test_a_wrong_file_among_the_signs_is_told(tmp_path, name, content, words):
    folder = signs(tmp_path)
    (folder / "gtsrb" / name).write_bytes(content)
    with pytest.raises(DatasetUnavailable, match=words):
        split("gtsrb", folder)


def test_absent_signs_say_which_files_to_put_where(tmp_path, monkeypatch):
    monkeypatch.setitem(DATASETS, "gtsrb", unreachable(DATASETS["gtsrb"]))
    with pytest.raises(DatasetUnavailable, match=r"Put gtsrb\.npz .*train_track.* or gtsrb/GTSRB_Final"):
        ensure("gtsrb", str(tmp_path))


def unreachable(info):
    """Nobody listens at port 9 of this machine."""
    files = tuple(dataclasses.replace(file, url="http://127.0.0.1:9/nothing") for file in info.files)
    return dataclasses.replace(info, files=files)
