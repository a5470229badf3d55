"""What each data set is, as data. How a family is read stands in its own module."""

import dataclasses
from enum import StrEnum

DIGITS = tuple(str(digit) for digit in range(10))


ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


class Modality(StrEnum):
    """What an example is; it decides which kind of network is searched."""

    IMAGE = "image"
    TEXT = "text"


@dataclasses.dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """One file that can be fetched. path: where it lies in a data folder; the checksum must match."""

    path: str
    url: str
    sha256: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class DatasetInfo:
    """One data set.

    classes: names for people, by label. shape: of one example (height, width, channels); None for text, whose
    length is a hyperparameter. train_size, test_size: of the complete set; test_size 0 means that a test split is
    taken from the training examples. source, licence, citation: for people. loader: module beside this one that
    reads the family; empty where `register` was given the family. files: what is fetched when nothing is here.
    """

    name: str
    title: str
    modality: Modality
    classes: tuple[str, ...]
    shape: tuple[int, int, int] | None
    train_size: int
    test_size: int
    source: str
    licence: str
    citation: str = ""
    loader: str = ""
    needs_download: bool = True
    files: tuple[RemoteFile, ...] = ()


def _fashion_file(name: str, sha256: str) -> RemoteFile:
    return RemoteFile(path=f"fashion-mnist/{name}", url=f"{ORIGIN}{name}", sha256=sha256)


DATASETS: dict[str, DatasetInfo] = {
    info.name: info
    for info in (
        DatasetInfo(
            name="digits",
            title="Digits (8×8)",
            modality=Modality.IMAGE,
            classes=DIGITS,
            shape=(8, 8, 1),
            train_size=1797,
            test_size=0,
            source="scikit-learn's copy of the UCI optical recognition of handwritten digits test set",
            licence="CC BY 4.0",
            loader="bundled",
            needs_download=False,
        ),
        DatasetInfo(
            name="mnist",
            title="MNIST handwritten digits",
            modality=Modality.IMAGE,
            classes=DIGITS,
            shape=(28, 28, 1),
            train_size=60_000,
            test_size=10_000,
            source="Y. LeCun, C. Cortes, C. Burges",
            licence="CC BY-SA 3.0",
            loader="grey_images",
            files=(
                RemoteFile(
                    path="mnist.npz",
                    url=f"{ORIGIN}mnist.npz",
                    sha256="731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
                ),
            ),
        ),
        DatasetInfo(
            name="fashion_mnist",
            title="Fashion-MNIST clothes",
            modality=Modality.IMAGE,
            classes=(
                "T-shirt/top",
                "Trouser",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ),
            shape=(28, 28, 1),
            train_size=60_000,
            test_size=10_000,
            source="Zalando Research",
            licence="MIT",
            loader="grey_images",
            files=(
                _fashion_file(
                    "train-images-idx3-ubyte.gz",
                    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                ),
                _fashion_file(
                    "train-labels-idx1-ubyte.gz",
                    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                ),
                _fashion_file(
                    "t10k-images-idx3-ubyte.gz",
                    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                ),
                _fashion_file(
                    "t10k-labels-idx1-ubyte.gz",
                    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                ),
            ),
        ),
    )
}
