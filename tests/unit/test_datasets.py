"""Data sets: judged by what is in the files, fetched once and checked, split honestly."""

import dataclasses
import gzip
import hashlib
import re
import socket
import struct
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from optimization.engine.datasets import DATASETS, check_available, ensure, load_splits
from optimization.engine.errors import DatasetUnavailable

from .dataset_files import write_npz

pytestmark = pytest.mark.usefixtures("keras_home")


def pictures(examples, *, seed=0, classes=10):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (examples, 28, 28)).astype("uint8"), (np.arange(examples) % classes).astype("uint8")


def arrays(*, train=40, test=20, **changes):
    x_train, y_train = pictures(train)
    x_test, y_test = pictures(test, seed=1)
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test} | changes


def write_mnist(folder, name="mnist.npz", **content):
    return write_npz(folder, name, **(content or arrays()))


def write_idx(folder, content):
    folder.mkdir(parents=True)
    names = {"x_train": "train-images-idx3", "y_train": "train-labels-idx1"}
    names |= {"x_test": "t10k-images-idx3", "y_test": "t10k-labels-idx1"}
    for key, array in content.items():
        header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
        (folder / f"{names[key]}-ubyte.gz").write_bytes(gzip.compress(header + array.tobytes()))


class CountingHandler(SimpleHTTPRequestHandler):
    def do_GET(self):
        self.server.fetched.append(self.path)
        super().do_GET()

    def log_message(self, *args):
        pass


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A server that has mnist.npz, and the registry's entry pointing at it."""
    folder = tmp_path / "server"
    file = write_mnist(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *args: CountingHandler(*args, directory=str(folder)))
    server.fetched = []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}/mnist.npz"
    point_mnist_at(monkeypatch, url, hashlib.sha256(file.read_bytes()).hexdigest())
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def no_source(monkeypatch):
    """The source's address with nobody listening."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    point_mnist_at(monkeypatch, f"http://127.0.0.1:{port}/mnist.npz", "")


def point_mnist_at(monkeypatch, url, sha256):
    info = DATASETS["mnist"]
    file = dataclasses.replace(info.files[0], url=url, sha256=sha256)
    monkeypatch.setitem(DATASETS, "mnist", dataclasses.replace(info, files=(file,)))


def split(name, folder, *, share=0.2, holdout=0, seed=3):
    return load_splits(name, data_dir=str(folder), validation_split=share, holdout_split=holdout, split_seed=seed)


def test_naming_the_data_sets_loads_neither_numpy_nor_anything_heavier():
    script = "import sys, optimization.engine.datasets; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {"numpy", "tensorflow", "sklearn", "requests"}.isdisjoint(done.stdout.split())


def test_bundled_digits_are_always_complete():
    assert check_available("digits") == ensure("digits") == ""


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(DatasetUnavailable, match="digits, mnist, fashion_mnist"):
        check_available("letters")


def test_a_subset_says_how_much_of_the_whole_it_is(tmp_path):
    write_mnist(tmp_path / "data")
    assert check_available("mnist", str(tmp_path / "data")) == "subset 40/20 of 60,000/10,000"
    assert ensure("mnist", str(tmp_path / "data")) == "subset 40/20 of 60,000/10,000"


def test_the_environment_and_then_keras_cache_are_searched(tmp_path, monkeypatch, keras_home):
    write_mnist(keras_home / "datasets", **arrays(train=30))
    monkeypatch.setenv("TUNEWELL_DATA_DIR", str(tmp_path / "data"))
    assert check_available("mnist") == "subset 30/20 of 60,000/10,000"
    write_mnist(tmp_path / "data", **arrays(train=50))
    assert check_available("mnist") == "subset 50/20 of 60,000/10,000"


def test_fashion_mnist_is_read_from_the_original_files_or_an_npz(tmp_path):
    write_idx(tmp_path / "idx" / "fashion-mnist", arrays())
    write_mnist(tmp_path / "npz", "fashion_mnist.npz")
    original, repacked = split("fashion_mnist", tmp_path / "idx"), split("fashion_mnist", tmp_path / "npz")
    assert original.size == "subset 40/20 of 60,000/10,000"
    assert original.class_names[9] == "Ankle boot"
    assert np.array_equal(original.x_train, repacked.x_train)
    assert original.sha256 == repacked.sha256


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"x_train": np.zeros((40, 32, 32), "uint8")}, r"x_train must be uint8 \(examples, 28, 28\)"),
        ({"x_test": np.zeros((20, 28, 28), "float32")}, "x_test must be uint8"),
        ({"y_train": np.zeros(39, "uint8")}, "y_train must hold 40 whole numbers"),
        ({"y_train": np.arange(40, dtype="uint8")}, "labels from 0 to 9; got 0 to 39"),
        ({"y_train": np.array([0, 1] * 19 + [2, 0], "uint8")}, "at least 2 examples of each class it has; 2 has one"),
        ({"y_train": np.zeros(40, "uint8")}, "at least two classes"),
        ({"y_train": np.array([None] * 40, dtype=object)}, "Python objects"),
    ],
)
def test_an_unsuitable_file_is_named_with_what_is_wrong(tmp_path, changes, words):
    file = write_mnist(tmp_path / "data", **arrays(**changes))
    for look in (check_available, ensure):
        with pytest.raises(DatasetUnavailable, match=words) as refusal:
            look("mnist", str(tmp_path / "data"))
        assert str(file) in str(refusal.value)


def test_a_missing_array_is_named(tmp_path):
    content = arrays()
    del content["y_test"]
    write_mnist(tmp_path / "data", **content)
    with pytest.raises(DatasetUnavailable, match="no array y_test"):
        check_available("mnist", str(tmp_path / "data"))


def test_more_examples_than_the_data_set_has_is_another_data_set(tmp_path):
    write_mnist(tmp_path / "data", **arrays(test=10_001))
    with pytest.raises(DatasetUnavailable, match="MNIST handwritten digits has 10,000"):
        check_available("mnist", str(tmp_path / "data"))


def test_a_file_cut_short_is_refused(tmp_path):
    file = write_mnist(tmp_path / "data")
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(DatasetUnavailable, match=r"mnist\.npz is damaged"):
        check_available("mnist", str(tmp_path / "data"))


@pytest.mark.parametrize("name", ["train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz"])
def test_an_idx_file_whose_content_is_cut_short_is_refused(tmp_path, name):
    file = tmp_path / "fashion-mnist" / name
    write_idx(file.parent, arrays())
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes())[:-1]))
    with pytest.raises(DatasetUnavailable, match=f"{re.escape(name)} is damaged"):
        check_available("fashion_mnist", str(tmp_path))


def test_absent_files_and_no_source_say_which_file_to_put_where(tmp_path, no_source, keras_home):
    for look in (check_available, ensure):
        with pytest.raises(DatasetUnavailable) as refusal:
            look("mnist", str(tmp_path / "data"))
        problem = refusal.value.errors["dataset_name"]
        assert "Put mnist.npz" in problem
        assert str(tmp_path / "data") in problem
        assert str(keras_home / "datasets") in problem
        assert "127.0.0.1" in problem


def test_without_a_folder_the_message_names_the_variable(no_source):
    with pytest.raises(DatasetUnavailable, match="TUNEWELL_DATA_DIR"):
        check_available("mnist")


def test_what_can_be_fetched_counts_as_available_and_is_not_fetched_yet(source):
    assert check_available("mnist") == ""
    assert source.fetched == []


def test_a_source_that_lacks_the_file_does_not_count(source, monkeypatch):
    info = DATASETS["mnist"]
    point_mnist_at(monkeypatch, info.files[0].url + ".gone", "")
    with pytest.raises(DatasetUnavailable, match="answers 404"):
        check_available("mnist")


def test_a_download_lands_in_the_given_folder_with_a_bar_on_stderr(tmp_path, source, capsys):
    (tmp_path / "data").mkdir()
    assert ensure("mnist", str(tmp_path / "data"), progress=True) == "subset 40/20 of 60,000/10,000"
    assert [path.name for path in (tmp_path / "data").glob("[!.]*")] == ["mnist.npz"]
    output = capsys.readouterr()
    assert "mnist.npz: 100%" in output.err
    assert output.out == ""


def test_a_download_lands_in_keras_cache_where_no_folder_is_given(source, keras_home, capsys):
    ensure("mnist")
    assert (keras_home / "datasets" / "mnist.npz").is_file()
    assert capsys.readouterr().err == ""


def test_a_wrong_checksum_leaves_nothing_behind(source, monkeypatch, keras_home):
    point_mnist_at(monkeypatch, DATASETS["mnist"].files[0].url, "0" * 64)
    with pytest.raises(DatasetUnavailable, match="wrong checksum"):
        ensure("mnist")
    assert list((keras_home / "datasets").glob("[!.]*")) == []


def test_splits_hold_scaled_pictures_and_whole_labels(tmp_path):
    write_mnist(tmp_path / "data")
    splits = split("mnist", tmp_path / "data")
    assert (splits.x_train.dtype, splits.y_train.dtype) == (np.float32, np.int32)
    assert splits.x_train.shape[1:] == (28, 28, 1)
    assert 0 <= splits.x_train.min() < splits.x_train.max() <= 1
    assert np.array_equal(splits.x_test[..., 0], arrays()["x_test"].astype("float32") / 255)


def test_validation_comes_from_the_training_examples_alone_and_shares_none(tmp_path):
    write_mnist(tmp_path / "data", **arrays(train=100))
    splits = split("mnist", tmp_path / "data")
    train, val, test = ({image.tobytes() for image in x} for x in (splits.x_train, splits.x_val, splits.x_test))
    assert (len(train), len(val), len(test)) == (80, 20, 20)
    assert not train & val
    assert not val & test
    assert np.bincount(splits.y_val).tolist() == [2] * 10


def test_a_few_examples_of_each_class_are_enough(tmp_path):
    write_mnist(tmp_path / "data", **arrays(train=20, test=10))
    splits = split("mnist", tmp_path / "data", share=0.05)
    assert sorted(splits.y_train) == sorted(splits.y_val) == list(range(10))


def test_the_same_seed_makes_the_same_splits_and_another_seed_others():
    first, again, other = (split("digits", Path(), seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.x_val, again.x_val)
    assert not np.array_equal(first.y_val, other.y_val)


def test_digits_get_a_test_split_that_no_validation_share_touches():
    small, large = (split("digits", Path(), share=share) for share in (0.1, 0.4))
    assert len(small.x_test) == 359
    assert np.array_equal(small.x_test, large.x_test)
    assert len(small.x_train) + len(small.x_val) == 1797 - 359
    assert small.x_train.max() == 1


def test_a_set_that_was_never_fetched_is_said_to_be_missing(tmp_path):
    with pytest.raises(DatasetUnavailable, match=r"Put mnist\.npz"):
        split("mnist", tmp_path)
