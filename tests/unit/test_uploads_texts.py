"""CSVs of texts from outside: each is refused with its reason, or accepted with a report of what was skipped."""

import codecs
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from optimization.engine.datasets import TextShape, find_dataset, load_splits
from optimization.engine.datasets.family import RawTexts
from optimization.engine.datasets.finding import family_of
from optimization.engine.datasets.folders import search_folders
from optimization.engine.datasets.uploads import UploadRefused, add_upload, limits
from optimization.engine.errors import ConfigError, DatasetUnavailable
from tests.uploads import csv_text, text_file

GOOD = csv_text()

REFUSED: dict[str, tuple[str | bytes, str]] = {
    "an empty file": ("", "The file is empty"),
    "a header alone": ("text,label\n", "holds no text with a label"),
    "no header": ("hello,good\nbye,bad\n", "must name the columns text and label, as in text,label; it is: hello,good"),
    "no label column": ("text,class\na,b\n", "must name the columns text and label"),
    "a column twice": ("text,label,text\na,b,c\n", "names the column text twice"),
    "one label": (csv_text(labels=("good",)), "only one class, good"),
    "a label with one text": (f"{GOOD}hm,odd\n", "at least 5 different texts; odd has 1"),
    "thousands of labels": (
        "text,label\n" + "".join(f"t{n},l{n}\n" for n in range(3000)),
        "There are 3,000 classes; at most 500 are allowed. The column label must hold the class of each text.",
    ),
    "empty texts alone": ("text,label\n ,a\n,b\n", "Left out 2: empty text (line 2, line 3)"),
    "a quote that is never closed": (f'{GOOD}"never closed,good\n' + "more,bad\n" * 2000, "a quote"),
    "a cell of millions of characters": (f"{GOOD}{'x' * 1_000_001},good\n", "a quote"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "The file is no ZIP, so it was read as a CSV"),
    "noise": (bytes(range(256)) * 40, "must name the columns"),
    "UTF-16 that is cut short": (codecs.BOM_UTF16_LE + GOOD.encode("utf-16-le")[:-1], "UTF-16, but is damaged"),
    "UTF-8 that is none": (codecs.BOM_UTF8 + "text,label\nñ,a\n".encode("latin-1"), "but is damaged"),
}


def sent(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "reviews.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def texts_of(name: str) -> dict[str, list[str]]:
    """The texts kept, by class."""
    info = find_dataset(name)
    raw = family_of(info).read(info, search_folders(None))
    assert isinstance(raw, RawTexts)
    pairs = list(zip(raw.x_train, raw.y_train, strict=True))
    return {label: [str(text) for text, n in pairs if n == number] for number, label in enumerate(info.classes)}


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_a_csv_that_cannot_be_learned_is_refused_with_its_reason(
    content: str | bytes, reason: str, tmp_path: Path, upload_dir: Path
) -> None:
    with pytest.raises(UploadRefused) as refused:
        add_upload(sent(tmp_path, content))
    assert reason in refused.value.errors["file"]
    assert not upload_dir.exists()


SKIPPED = {
    "an empty text": ("  ,good", "empty text"),
    "an empty label": ("hello,  ", "empty label"),
    "NUL characters": ("he\0llo,good", "NUL characters in it"),
    "too many cells": ("hello, you,good", "more cells than the first line: a text with a separator in it needs quotes"),
    "too few cells": ("hello", "fewer cells than the first line"),
    "a label beyond use": (f"hello,{'x' * 101}", "a label of more than 100 characters"),
    "the same text again": ("text number 0 is good,good", "the same text again in its class"),
}


@pytest.mark.parametrize(("line", "reason"), SKIPPED.values(), ids=SKIPPED.keys())
def test_lines_that_cannot_be_used_are_skipped_and_reported(line: str, reason: str, tmp_path: Path) -> None:
    _, report = add_upload(sent(tmp_path, f"{GOOD}{line}\n"))
    assert [(group.reason, group.count, group.examples) for group in report.skipped] == [(reason, 1, ("line 14",))]
    assert report.counts == {"bad": 6, "good": 6}


def test_a_text_under_two_labels_is_in_neither(tmp_path: Path) -> None:
    _, report = add_upload(sent(tmp_path, f"{GOOD}text number 0 is good,bad\n"))
    assert report.counts == {"bad": 6, "good": 5}
    assert report.skipped[0].reason.startswith("the same text under two classes")


def test_a_text_beyond_all_length_is_cut(tmp_path: Path) -> None:
    name, report = add_upload(sent(tmp_path, f"{GOOD}{'long ' * 10_000},good\n"))
    assert len(texts_of(name)["good"][-1]) == limits.MAX_TEXT_CHARACTERS
    assert "1 texts were cut after 20,000 characters." in report.notes


def test_more_texts_than_allowed_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_TEXTS", 11)
    with pytest.raises(UploadRefused, match="more than 11 texts"):
        add_upload(sent(tmp_path, GOOD))


ENCODINGS: dict[str, tuple[Callable[[str], bytes], str]] = {
    "UTF-8": (str.encode, "UTF-8"),
    "UTF-8 with a mark": (lambda text: text.encode("utf-8-sig"), "UTF-8 with a byte order mark"),
    "Latin-1": (lambda text: text.encode("latin-1"), "Latin-1 (Windows-1252)"),
    "UTF-16": (lambda text: text.encode("utf-16"), "UTF-16"),
    "UTF-16, the other way round": (lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"), "UTF-16"),
    "UTF-16 without a mark": (lambda text: text.encode("utf-16-le"), "UTF-16 without a byte order mark"),
    "UTF-32": (lambda text: text.encode("utf-32"), "UTF-32"),
}


@pytest.mark.parametrize(("encode", "called"), ENCODINGS.values(), ids=ENCODINGS.keys())
def test_every_usual_encoding_is_read_and_named(encode: Callable[[str], bytes], called: str, tmp_path: Path) -> None:
    name, report = add_upload(sent(tmp_path, encode(f"{GOOD}größer als ein café,good\n")))
    assert f"The file was read as {called}." in report.notes
    assert "größer als ein café" in texts_of(name)["good"]


@pytest.mark.parametrize(("separator", "called"), [(",", "commas"), (";", "semicolons"), ("\t", "tabs")])
def test_every_usual_separator_is_found_and_named(separator: str, called: str, tmp_path: Path) -> None:
    _, report = add_upload(sent(tmp_path, csv_text(separator=separator)))
    assert f"Its cells are separated by {called}." in report.notes
    assert report.used == 12


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_lines_may_end_as_on_any_system(line_end: str, tmp_path: Path) -> None:
    _, report = add_upload(sent(tmp_path, GOOD.replace("\n", line_end)))
    assert (report.used, report.skipped) == (12, ())


def test_columns_may_stand_in_any_order_among_others(tmp_path: Path) -> None:
    lines = [f"{n},l{n % 2},2020,text {n}" for n in range(12)]
    name, report = add_upload(sent(tmp_path, "\n".join(["id, Label ,year,TEXT", *lines])))
    assert texts_of(name)["l0"][:2] == ["text 0", "text 2"]
    assert "Other columns were not used: id, year." in report.notes


def test_quoted_texts_keep_their_lines_and_separators(tmp_path: Path) -> None:
    name, _ = add_upload(sent(tmp_path, f'{GOOD}"one, ""two""\nthree",good\n'))
    assert 'one, "two"\nthree' in texts_of(name)["good"]


@pytest.mark.parametrize("seed", range(5))
def test_texts_and_labels_come_back_as_they_were_sent(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    letters = list("abc ,;\"'\nß狗\N{GRINNING FACE}")
    texts = {f"{n} " + "".join(random.choice(letters, 30)) + "." for n in range(40)}
    rows = [(text, f"class {int(text.split()[0]) % 3}") for text in sorted(texts)]
    quoted = "".join('"{}",{}\n'.format(text.replace('"', '""'), label) for text, label in rows)
    name, report = add_upload(text_file(tmp_path / "t.csv", f"text,label\n{quoted}", "utf-16"))
    kept = texts_of(name)
    assert sorted((text, label) for label, texts in kept.items() for text in texts) == rows
    assert report.used == len(rows)


def test_an_upload_is_split_like_any_data_set(tmp_path: Path) -> None:
    name, _ = add_upload(text_file(tmp_path / "t.csv", csv_text(each=20)))
    shape = TextShape(vocab_size=50, sequence_length=6)
    splits = load_splits(name, data_dir=None, validation_split=0.2, holdout_split=0.1, split_seed=1, text=shape)
    sizes = [len(part) for part in (splits.x_train, splits.x_val, splits.x_test, splits.x_holdout)]
    assert sum(sizes) == 40
    assert splits.x_train.shape[1] == 6
    assert set(splits.y_holdout) == {0, 1}


def test_the_same_content_is_kept_once_for_each_title(tmp_path: Path, upload_dir: Path) -> None:
    path = text_file(tmp_path / "t.csv", GOOD)
    again = text_file(tmp_path / "u.csv", GOOD, "utf-16")
    names = {add_upload(path, title="one").name, add_upload(again, title="one").name}
    assert len(names) == 1
    assert add_upload(path, title="two").name not in names
    assert len(list(upload_dir.iterdir())) == 2


def test_what_was_sent_is_written_down_beside_the_data(tmp_path: Path, upload_dir: Path) -> None:
    path = text_file(tmp_path / "t.csv", GOOD)
    name, report = add_upload(path, title="Reviews")
    info = json.loads((upload_dir / name / "info.json").read_text())
    assert sorted(file.name for file in (upload_dir / name).iterdir()) == ["data.npz", "info.json"]
    assert (info["title"], info["source"]["name"], info["report"]) == ("Reviews", "t.csv", report.to_dict())
    assert len(info["source"]["sha256"]) == len(info["sha256"]) == 64
    assert find_dataset(name).title == "Reviews"


def test_uploads_beside_the_data_are_found_without_a_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TUNEWELL_UPLOAD_DIR")
    name, _ = add_upload(text_file(tmp_path / "t.csv", GOOD), data_dir=str(tmp_path))
    assert (tmp_path / "uploads" / name / "info.json").is_file()
    assert find_dataset(name, str(tmp_path)).train_size == 12
    with pytest.raises(DatasetUnavailable, match="is not here"):
        find_dataset(name, str(tmp_path / "elsewhere"))


@pytest.mark.parametrize("damage", ["cut short", "changed", "exchanged"])
def test_a_kept_set_that_was_damaged_is_not_used(damage: str, tmp_path: Path, upload_dir: Path) -> None:
    name, _ = add_upload(text_file(tmp_path / "t.csv", GOOD))
    data = upload_dir / name / "data.npz"
    with np.load(data) as arrays:
        kept = dict(arrays)
    content = data.read_bytes()
    if damage == "exchanged":
        np.savez(data, **kept | {"y": 1 - kept["y"]})
    else:
        data.write_bytes(content[:-9] if damage == "cut short" else content.replace(b"0 is good", b"0 is evil"))
    with pytest.raises(DatasetUnavailable, match="is damaged"):
        load_splits(name, data_dir=None, validation_split=0.2, holdout_split=0.1, split_seed=1, text=TextShape(50, 6))


def test_a_title_beyond_use_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="title: must be text of at most 200"):
        add_upload(text_file(tmp_path / "t.csv", GOOD), title="x" * 201)


def test_a_folder_is_no_upload(tmp_path: Path) -> None:
    with pytest.raises(UploadRefused, match=r"is no file\. Pack the folder into a ZIP"):
        add_upload(tmp_path)


def test_the_limits_stand_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "DATASETS.md").read_text(encoding="utf-8")
    most, unpacked = limits.MAX_RATIO, limits.MAX_UNPACKED_BYTES / 1e9
    for limit in (
        f"| file | {limits.MAX_UPLOAD_BYTES / 1e6:g} MB |",
        f"| classes | {limits.MIN_CLASSES} to {limits.MAX_CLASSES}, names of at most {limits.MAX_CLASS_NAME} ",
        f"| different examples of each class | at least {limits.MIN_PER_CLASS} |",
        f"| files in a ZIP | {limits.MAX_ENTRIES:,}, of which {limits.MAX_IMAGES:,} images |",
        f"| {unpacked:g} GB in all; beyond {limits.RATIO_COUNTS_FROM_BYTES / 1e6:g} MB at most {most} times its size |",
        f"| one image | {limits.MAX_IMAGE_BYTES / 1e6:g} MB, {limits.MAX_IMAGE_PIXELS / 1e6:g} megapixels |",
        f"| texts | {limits.MAX_TEXTS:,}, each cut after {limits.MAX_TEXT_CHARACTERS:,} characters |",
    ):
        assert limit in page
