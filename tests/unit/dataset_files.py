"""Small files in the layouts of real data sets."""

import csv
import io
import json
import pickle
import struct
import tarfile
import zipfile

import numpy as np
from PIL import Image


def write_npz(folder, name, **arrays):
    folder.mkdir(exist_ok=True, parents=True)
    np.savez_compressed(folder / name, **arrays)
    return folder / name


class Python2Pickler(pickle._Pickler):
    """Writes bytes as Python 2 wrote its strings, which is how the publisher's CIFAR files are made."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_bytes(self, content):
        self.write(b"T" + struct.pack("<i", len(content)) + content)
        self.memoize(content)

    dispatch[bytes] = save_bytes


def cifar_batch(examples, *, classes, labels, seed=0):
    """One pickle: planes of red, green and blue for each image."""
    data = np.random.default_rng(seed).integers(0, 256, (examples, 3072)).astype("uint8")
    batch = {b"data": data, labels: [number % classes for number in range(examples)], b"batch_label": b"small"}
    output = io.BytesIO()
    Python2Pickler(output, 2).dump(batch)
    return output.getvalue()


def cifar100_files(*, train=300, test=100):
    return {
        "train": cifar_batch(train, classes=100, labels=b"fine_labels"),
        "test": cifar_batch(test, classes=100, labels=b"fine_labels", seed=1),
        "meta": pickle.dumps({b"fine_label_names": []}, 2),
    }


def cifar10_files(*, each=20, test=10):
    batches = {
        f"data_batch_{number}": cifar_batch(each, classes=10, labels=b"labels", seed=number) for number in range(1, 6)
    }
    return batches | {"test_batch": cifar_batch(test, classes=10, labels=b"labels", seed=9)}


def write_folder(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def write_tar(path, folder, files):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def ppm(width, height, colour):
    output = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(output, "PPM")
    return output.getvalue()


def sign_files(*, classes=2, tracks=4, frames=3, test=4):
    """The publisher's files of GTSRB by name: images of different sizes, wide ones of class 0, high ones of class 1."""
    files = {}
    for label in range(classes):
        for track in range(tracks):
            for frame in range(frames):
                size = (60, 30 + frame) if label % 2 == 0 else (20 + frame, 40)
                name = f"GTSRB/Final_Training/Images/{label:05}/{track:05}_{frame:05}.ppm"
                files[name] = ppm(*size, (100 + label, track, frame))
        files[f"GTSRB/Final_Training/Images/{label:05}/GT-{label:05}.csv"] = b"Filename;Width\n"
    table = io.StringIO()
    rows = csv.writer(table, delimiter=";", lineterminator="\n")
    rows.writerow(["Filename", "Width", "Height", "ClassId"])
    for number in range(test):
        files[f"GTSRB/Final_Test/Images/{number:05}.ppm"] = ppm(40, 40, (7, 7, number))
        rows.writerow([f"{number:05}.ppm", 40, 40, number % classes])
    return files | {"GT-final_test.csv": table.getvalue().encode()}


def write_sign_archives(folder, files):
    """The three ZIP files that the publisher offers."""
    folder.mkdir(parents=True, exist_ok=True)
    belongs = {
        "GTSRB_Final_Training_Images.zip": "Final_Training",
        "GTSRB_Final_Test_Images.zip": "Final_Test",
        "GTSRB_Final_Test_GT.zip": "GT-final",
    }
    for archive, mark in belongs.items():
        with zipfile.ZipFile(folder / archive, "w") as output:
            for name, content in files.items():
                if mark in name:
                    output.writestr(name, content)


def lists(*texts):
    """An array of Python lists, as Keras' text data sets have them."""
    array = np.empty(len(texts), object)
    array[:] = [list(text) for text in texts]
    return array


def numbered_texts(examples, *, highest=20, longest=12, seed=0):
    rng = np.random.default_rng(seed)
    return lists(*(rng.integers(1, highest + 1, rng.integers(1, longest)).tolist() for _ in range(examples)))


def write_word_index(folder, name, words):
    (folder / f"{name}_word_index.json").write_text(json.dumps({word: at for at, word in enumerate(words, start=1)}))
