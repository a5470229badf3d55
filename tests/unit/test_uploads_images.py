"""ZIPs of images from outside: each is refused with its reason, or accepted with a report of what was skipped."""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from optimization.engine.datasets import find_dataset, load_splits
from optimization.engine.datasets.uploads import UploadRefused, UploadReport, add_upload, limits
from optimization.engine.datasets.uploads.archive import Archive, Unusable
from optimization.engine.datasets.uploads.images import common_size, decode, fit
from optimization.engine.datasets.uploads.report import Findings
from tests.uploads import encoded, good_images, image_bytes, zip_file

GOOD = good_images()


def member(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def png_that_claims(width: int, height: int) -> bytes:
    """A small file whose header promises a huge image."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def moving_picture() -> bytes:
    frames = [Image.new("L", (12, 10), shade) for shade in (0, 255)]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


def encrypted(path: Path) -> Path:
    """A ZIP whose members say that they need a password."""
    content = bytearray(zip_file(path, GOOD).read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for start in positions(mark, content):
            content[start + flags] |= 1
    path.write_bytes(content)
    return path


def positions(mark: bytes, content: bytes | bytearray) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(mark), content)]


def empty(path: Path) -> Path:
    path.touch()
    return path


def cut_short(path: Path) -> Path:
    content = zip_file(path, GOOD).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


def many_entries(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(limits.MAX_ENTRIES + 1):
            archive.writestr(f"a/{number}", b"")
    return path


def in_zip64_format(path: Path) -> Path:
    content = zip_file(path, GOOD).read_bytes()
    end = content.rfind(b"PK\x05\x06")
    path.write_bytes(content[:end] + b"PK\x06\x07" + bytes(16) + content[end:])
    return path


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "an empty file": (empty, "The file is empty"),
    "an empty ZIP": (lambda path: zip_file(path, {}), "no folder with images in it"),
    "a ZIP that is cut short": (cut_short, "cut short"),
    "a ZIP that needs a password": (encrypted, "protected by a password"),
    "a ZIP in the format for huge ones": (in_zip64_format, "ZIP64"),
    "too many entries": (many_entries, "at most 60,000 are allowed"),
    "a name that climbs out": (lambda path: zip_file(path, GOOD | {"../cat/9.png": image_bytes(9)}), "../cat/9.png"),
    "a name that climbs out with backslashes": (
        lambda path: zip_file(path, GOOD | {"cat\\..\\..\\9.png": image_bytes(9)}),
        "point outside",
    ),
    "an absolute name": (lambda path: zip_file(path, GOOD | {"/etc/cat/9.png": image_bytes(9)}), "point outside"),
    "a name with a drive": (lambda path: zip_file(path, GOOD | {"C:/cat/9.png": image_bytes(9)}), "point outside"),
    "a name with a control character": (
        lambda path: zip_file(path, GOOD | {"cat/\x1b[2J9.png": image_bytes(9)}),
        "control characters: cat/\N{REPLACEMENT CHARACTER}[2J9.png",
    ),
    "one class": (lambda path: zip_file(path, good_images(("cat",))), "only one class, cat"),
    "one class in a folder": (
        lambda path: zip_file(path, {f"pets/{name}": data for name, data in good_images(("cat",)).items()}),
        "only one class, cat",
    ),
    "ten classes with one image each": (
        lambda path: zip_file(path, good_images(tuple("abcdefghij"), each=1)),
        "Each class needs at least 5 different images; a has 1, b has 1, c has 1, d has 1, e has 1 and 5 more",
    ),
    "a class with too few": (
        lambda path: zip_file(path, GOOD | {"owl/1.png": image_bytes(1000)}),
        "at least 5 different images; owl has 1",
    ),
    "a class of damaged images": (
        lambda path: zip_file(path, GOOD | {f"owl/{n}.png": b"nothing" for n in range(6)}),
        "owl has 0",
    ),
    "a class of one image six times": (
        lambda path: zip_file(path, GOOD | {f"owl/{n}.png": image_bytes(1000) for n in range(6)}),
        "owl has 1. Left out 5: the same image again in its class (owl/1.png, ",
    ),
    "too many classes": (
        lambda path: zip_file(path, {f"{n}/1.png": image_bytes(n, size=(2, 2)) for n in range(501)}),
        "There are 501 classes; at most 500",
    ),
    "images without folders": (
        lambda path: zip_file(path, {f"{n}.png": image_bytes(n) for n in range(9)}),
        "no folder with images in it",
    ),
    "a class with a name beyond use": (
        lambda path: zip_file(path, GOOD | {f"{'x' * 101}/1.png": image_bytes(9)}),
        "in a folder whose name is longer than 100 characters",
    ),
    "folders that are splits": (lambda path: zip_file(path, good_images(("train", "test"))), "which are no classes"),
    "an Excel workbook": (lambda path: zip_file(path, {"xl/workbook.xml": b"<workbook/>"}), "Excel workbook"),
    "archives in the archive": (
        lambda path: zip_file(path, {"cat/more.zip": b"PK", "dog/more.tar.gz": b"x"}),
        "Left out 2: an archive inside the archive (cat/more.zip, dog/more.tar.gz)",
    ),
}


@pytest.mark.parametrize(("make", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_a_hostile_zip_is_refused_with_its_reason(
    make: Callable[[Path], Path], reason: str, tmp_path: Path, upload_dir: Path
) -> None:
    with pytest.raises(UploadRefused) as refused:
        add_upload(make(tmp_path / "sent.zip"))
    assert reason in refused.value.errors["file"]
    assert not upload_dir.exists()


SKIPPED: dict[str, tuple[str | zipfile.ZipInfo, bytes, str]] = {
    "an image of 100 megapixels": ("cat/big.png", png_that_claims(10_000, 10_000), "larger than 40 megapixels"),
    "an image of 49 megapixels, which Pillow would take": ("cat/b.png", png_that_claims(7000, 7000), "40 megapixels"),
    "an image that Pillow calls a bomb": ("cat/bomb.png", png_that_claims(60_000, 60_000), "40 megapixels"),
    "an image cut short": ("cat/half.png", image_bytes(7, size=(60, 60))[:3000], "damaged or cut short"),
    "a text called an image": ("cat/text.png", b"hello", "no image that can be read here"),
    "a page called an image": ("cat/page.jpg", b"<html><script>alert(1)</script>", "no image"),
    "an empty file": ("cat/empty.png", b"", "no image"),
    "a moving picture": ("cat/moves.gif", moving_picture(), "a moving picture"),
    "another kind of file": ("cat/notes.txt", b"notes", "no image"),
    "an image of a kind not read here": ("cat/a.png", encoded(Image.new("L", (9, 9)), "TIFF"), "no image"),
    "a link": (member("cat/link.png", stat.S_IFLNK | 0o777), b"/etc/passwd", "a link or a special file"),
    "a nested archive": ("cat/more.zip", b"PK\x03\x04", "an archive inside the archive"),
    "an image at the top": ("top.png", image_bytes(8), "not in the folder of a class"),
    "an image larger than allowed": ("cat/large.bmp", bytes(limits.MAX_IMAGE_BYTES + 1), "larger than 20 MB"),
    "the same image again": ("cat/again.png", GOOD["cat/0.png"], "the same image again in its class"),
}


def accepted(tmp_path: Path, members: dict[str | zipfile.ZipInfo, bytes]) -> tuple[str, UploadReport]:
    return add_upload(zip_file(tmp_path / "sent.zip", members), title="pets")


@pytest.mark.parametrize(("name", "content", "reason"), SKIPPED.values(), ids=SKIPPED.keys())
def test_what_cannot_be_used_is_skipped_and_reported(
    name: str | zipfile.ZipInfo, content: bytes, reason: str, tmp_path: Path
) -> None:
    _, report = accepted(tmp_path, {**GOOD, name: content})
    called = name if isinstance(name, str) else name.filename
    assert [(group.count, group.examples) for group in report.skipped] == [(1, (called,))]
    assert reason in report.skipped[0].reason
    assert report.counts == {"cat": 6, "dog": 6}


def test_an_image_under_two_classes_is_in_neither(tmp_path: Path) -> None:
    _, report = accepted(tmp_path, {**GOOD, "dog/copy.png": GOOD["cat/0.png"]})
    assert report.counts == {"cat": 5, "dog": 6}
    assert report.skipped[0].reason.startswith("the same image under two classes")
    assert set(report.skipped[0].examples) == {"cat/0.png", "dog/copy.png"}


def test_files_of_the_system_are_passed_over_quietly(tmp_path: Path) -> None:
    litter = dict.fromkeys(("__MACOSX/cat/._0.png", "cat/.DS_Store", ".git/config", "dog/Thumbs.db"), b"x")
    _, report = accepted(tmp_path, GOOD | litter)
    assert report.skipped == ()


def test_a_member_that_lies_about_its_size_is_skipped(tmp_path: Path) -> None:
    """The list of entries says 10 bytes where there are more."""
    path = zip_file(tmp_path / "sent.zip", GOOD)
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.find(b"PK\x01\x02") + 24, 10)
    path.write_bytes(bytes(content))
    _, report = add_upload(path)
    assert [(group.reason, group.examples) for group in report.skipped] == [("damaged or cut short", ("cat/0.png",))]


def test_a_zip_bomb_is_left_before_it_has_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RATIO_COUNTS_FROM_BYTES", 10**6)
    bomb = {f"cat/{n}.bmp": bytes(3 * 10**5) for n in range(9)}
    with pytest.raises(UploadRefused, match="more than 100 times its size"):
        add_upload(zip_file(tmp_path / "bomb.zip", GOOD | bomb))


def test_the_sum_of_what_is_unpacked_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_UNPACKED_BYTES", 3000)
    with pytest.raises(UploadRefused, match="unpacks to more than"):
        add_upload(zip_file(tmp_path / "sent.zip", GOOD))


def test_more_images_than_allowed_are_not_even_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_IMAGES", 11)
    with pytest.raises(UploadRefused, match="There are 12 images; at most 11 are allowed"):
        accepted(tmp_path, GOOD)


def test_reading_stops_at_the_limit_whatever_was_said_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Archive(zip_file(tmp_path / "sent.zip", GOOD)) as archive:
        entry = archive.entries(Findings())[0]
        monkeypatch.setattr(limits, "MAX_IMAGE_BYTES", 10)
        with pytest.raises(Unusable, match="larger than 20 MB"):
            archive.read(entry)


def test_a_file_larger_than_allowed_is_not_even_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_UPLOAD_BYTES", 100)
    with pytest.raises(UploadRefused, match=r"at most 0\.0001 MB are allowed"):
        add_upload(zip_file(tmp_path / "sent.zip", GOOD))


@pytest.mark.parametrize("outer", ["", "pets/", "pets/photos/"])
def test_outer_folders_that_hold_everything_do_not_matter(outer: str, tmp_path: Path) -> None:
    members = {f"{outer}{name}": content for name, content in GOOD.items()}
    _, report = accepted(tmp_path, members | {f"{outer}README.md": b"pets"})
    assert report.counts == {"cat": 6, "dog": 6}


def test_folders_inside_a_class_belong_to_it(tmp_path: Path) -> None:
    _, report = accepted(tmp_path, {**GOOD, "cat/young/9.png": image_bytes(9)})
    assert report.counts == {"cat": 7, "dog": 6}


def test_a_class_may_have_any_letters(tmp_path: Path) -> None:
    """Some programs write UTF-8 names without marking them so."""
    path = zip_file(tmp_path / "sent.zip", good_images(("Kätzchen", "<b>狗")))
    unmarked = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        for start in positions(mark, unmarked):
            unmarked[start + flags] &= ~0x08
    path.write_bytes(unmarked)
    name, _ = add_upload(path)
    assert find_dataset(name).classes == ("<b>狗", "Kätzchen")


def test_images_of_every_kind_come_out_as_bytes_of_one_size(tmp_path: Path) -> None:
    kinds = {
        "cat/palette.gif": image_bytes(21, mode="P", kind="GIF"),
        "cat/print.jpg": image_bytes(22, mode="CMYK", kind="JPEG"),
        "cat/clear.png": image_bytes(23, mode="RGBA"),
        "cat/clear_grey.png": image_bytes(24, mode="LA"),
        "cat/two.png": image_bytes(25, mode="1"),
        "cat/deep.png": encoded(Image.fromarray(np.full((10, 12), 40_000, np.uint16))),
        "cat/web.webp": image_bytes(26, kind="WEBP"),
        "cat/plain.ppm": image_bytes(27, kind="PPM"),
        "cat/plain.bmp": image_bytes(28, kind="BMP"),
    }
    name, report = accepted(tmp_path, GOOD | kinds)
    assert (report.counts["cat"], report.skipped) == (15, ())
    assert find_dataset(name).shape == (10, 12, 3)


def test_sixteen_bits_are_scaled_and_not_cut_off() -> None:
    _, pixels = decode(encoded(Image.fromarray(np.full((10, 12), 32_768, np.uint16))))
    assert (pixels.dtype, pixels.shape, set(pixels.flat)) == (np.uint8, (10, 12), {128})


def test_what_is_transparent_becomes_white() -> None:
    _, pixels = decode(encoded(Image.new("RGBA", (4, 4), (255, 0, 0, 0))))
    assert set(pixels.flat) == {255}


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_photo_is_turned_as_the_camera_says(mode: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    dark_left = Image.new(mode, (20, 10), "white")
    dark_left.paste("black", (0, 0, 10, 10))
    size, pixels = decode(encoded(dark_left, "PNG", exif=exif))
    assert (size, pixels.shape[:2]) == ((10, 20), (20, 10))
    assert (pixels[:9].max(), pixels[11:].min()) == (0, 255)


def test_grey_images_keep_one_channel_also_when_stored_in_colour(tmp_path: Path) -> None:
    grey = {name: encoded(Image.open(io.BytesIO(data)).convert("L").convert("RGB")) for name, data in GOOD.items()}
    name, _ = accepted(tmp_path, grey)
    assert find_dataset(name).shape == (10, 12, 1)


@pytest.mark.parametrize(
    ("sizes", "common"),
    [
        ([(28, 28)], (28, 28)),
        ([(4000, 3000)] * 3 + [(10, 10)], (64, 48)),
        ([(30, 20), (32, 24), (34, 90)], (32, 24)),
        ([(2, 2)], (8, 8)),
        ([(10_000, 10)], (64, 8)),
    ],
)
def test_the_common_size_is_the_median_within_limits(sizes: list[tuple[int, int]], common: tuple[int, int]) -> None:
    assert common_size(sizes) == common


def test_an_image_is_fitted_whole_into_the_middle() -> None:
    target = np.zeros((10, 20, 3), np.uint8)
    fit(np.full((5, 5, 3), 200, np.uint8), target)
    assert (target[:, 5:15] == 200).all()
    assert not target[:, :5].any()
    assert not target[:, 15:].any()


@pytest.mark.parametrize("seed", range(5))
def test_pixels_and_classes_come_back_as_they_were_sent(seed: int, tmp_path: Path) -> None:
    """Lossless images of one size within the limits are not changed at all."""
    random = np.random.default_rng(seed)
    size = (int(random.integers(8, 65)), int(random.integers(8, 65)))
    classes = tuple(f"class {n}" for n in range(random.integers(2, 6)))
    members = good_images(classes, each=int(random.integers(5, 9)), size=size)
    name, report = accepted(tmp_path, members)
    splits = load_splits(name, data_dir=None, validation_split=0.2, holdout_split=0.1, split_seed=seed)
    parts = [(getattr(splits, f"x_{p}"), getattr(splits, f"y_{p}")) for p in ("train", "val", "test", "holdout")]
    found = {
        (splits.class_names[label], np.rint(image * 255).astype(np.uint8).tobytes())
        for x, y in parts
        for image, label in zip(x, y, strict=True)
    }
    sent = {(n.split("/")[0], np.asarray(Image.open(io.BytesIO(data))).tobytes()) for n, data in members.items()}
    assert found == sent
    assert report.used == sum(len(y) for _, y in parts) == len(members)
