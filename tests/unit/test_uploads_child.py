"""Uploads converted in a process of their own."""

from pathlib import Path

import pytest

from optimization.engine.datasets import UploadRefused, find_dataset
from optimization.engine.datasets.uploads import child
from optimization.engine.errors import ConfigError
from tests.uploads import csv_text, good_images, text_file, zip_file


def test_a_child_converts_what_it_is_given(tmp_path: Path) -> None:
    path = zip_file(tmp_path / "tmp123.upload", good_images())
    name, report = child.add_upload_apart(path, title="--help", source_name="--pets.zip", limit_s=60)
    assert report.counts == {"cat": 6, "dog": 6}
    assert (find_dataset(name).title, find_dataset(name).source) == ("--help", "uploaded: --pets.zip")


def test_what_the_child_refuses_is_refused_here(tmp_path: Path) -> None:
    path = text_file(tmp_path / "t.csv", "text,label\n")
    with pytest.raises(UploadRefused, match="holds no text with a label"):
        child.add_upload_apart(path, title="", source_name="t.csv", limit_s=60)
    with pytest.raises(ConfigError, match="title: must be text"):
        child.add_upload_apart(path, title="x" * 201, source_name="t.csv", limit_s=60)


def test_a_child_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    path = text_file(tmp_path / "t.csv", csv_text())
    with pytest.raises(UploadRefused, match=r"took longer than 0\.01 s"):
        child.add_upload_apart(path, title="", source_name="t.csv", limit_s=0.01)


def test_a_child_that_breaks_off_is_a_refusal(tmp_path: Path, upload_dir: Path) -> None:
    """A file where the folder of uploads should be, say."""
    upload_dir.touch()
    path = text_file(tmp_path / "t.csv", csv_text())
    with pytest.raises(UploadRefused, match="broke off"):
        child.add_upload_apart(path, title="", source_name="t.csv", limit_s=60)
