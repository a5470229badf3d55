"""What each data set is, as data. How a family is read stands in its own module."""

import dataclasses
from enum import StrEnum

from . import class_names

KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
TORONTO = "https://www.cs.toronto.edu/~kriz/"
BOCHUM = "https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370/"
"""Where the publishers of GTSRB keep it since their own server was given up."""


class Modality(StrEnum):
    """What an example is; it decides which kind of network is searched."""

    IMAGE = "image"
    TEXT = "text"


@dataclasses.dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """One file that can be fetched. path: where it lies in a data folder.

    sha256: in hex. md5: where that is all that is known of the file. What is fetched must match the one given.
    """

    path: str
    url: str
    sha256: str = ""
    md5: str = ""


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


def _keras_file(path: str, sha256: str) -> RemoteFile:
    return RemoteFile(path=path, url=f"{KERAS}{path.rpartition('/')[2]}", sha256=sha256)


_ENTRIES = (
    DatasetInfo(
        name="digits",
        title="Digits (8×8)",
        modality=Modality.IMAGE,
        classes=class_names.DIGITS,
        shape=(8, 8, 1),
        train_size=1797,
        test_size=0,
        source="scikit-learn's copy of the UCI optical recognition of handwritten digits test set",
        licence="CC BY 4.0",
        citation="E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits. UCI Machine Learning "
        "Repository, 1998",
        loader="bundled",
        needs_download=False,
    ),
    DatasetInfo(
        name="mnist",
        title="MNIST handwritten digits",
        modality=Modality.IMAGE,
        classes=class_names.DIGITS,
        shape=(28, 28, 1),
        train_size=60_000,
        test_size=10_000,
        source="Y. LeCun, C. Cortes, C. Burges",
        licence="CC BY-SA 3.0",
        citation="Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document "
        "recognition. Proceedings of the IEEE 86, 1998",
        loader="grey_images",
        files=(_keras_file("mnist.npz", "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"),),
    ),
    DatasetInfo(
        name="fashion_mnist",
        title="Fashion-MNIST clothes",
        modality=Modality.IMAGE,
        classes=class_names.CLOTHES,
        shape=(28, 28, 1),
        train_size=60_000,
        test_size=10_000,
        source="Zalando Research",
        licence="MIT",
        citation="H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine "
        "Learning Algorithms. arXiv:1708.07747, 2017",
        loader="grey_images",
        files=(
            _keras_file(
                "fashion-mnist/train-images-idx3-ubyte.gz",
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            _keras_file(
                "fashion-mnist/train-labels-idx1-ubyte.gz",
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            _keras_file(
                "fashion-mnist/t10k-images-idx3-ubyte.gz",
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            _keras_file(
                "fashion-mnist/t10k-labels-idx1-ubyte.gz",
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        ),
    ),
    DatasetInfo(
        name="cifar10",
        title="CIFAR-10 photographs",
        modality=Modality.IMAGE,
        classes=class_names.CIFAR10,
        shape=(32, 32, 3),
        train_size=50_000,
        test_size=10_000,
        source="A. Krizhevsky, University of Toronto",
        licence="none stated; the publisher asks to be cited",
        citation="A. Krizhevsky: Learning Multiple Layers of Features from Tiny Images. University of Toronto, 2009",
        loader="cifar",
        files=(
            RemoteFile(
                path="cifar-10-python.tar.gz",
                url=f"{TORONTO}cifar-10-python.tar.gz",
                sha256="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            ),
        ),
    ),
    DatasetInfo(
        name="cifar100",
        title="CIFAR-100 photographs",
        modality=Modality.IMAGE,
        classes=class_names.CIFAR100,
        shape=(32, 32, 3),
        train_size=50_000,
        test_size=10_000,
        source="A. Krizhevsky, University of Toronto",
        licence="none stated; the publisher asks to be cited",
        citation="A. Krizhevsky: Learning Multiple Layers of Features from Tiny Images. University of Toronto, 2009",
        loader="cifar",
        files=(
            RemoteFile(
                path="cifar-100-python.tar.gz",
                url=f"{TORONTO}cifar-100-python.tar.gz",
                sha256="85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
            ),
        ),
    ),
    DatasetInfo(
        name="gtsrb",
        title="GTSRB German traffic signs",
        modality=Modality.IMAGE,
        classes=class_names.TRAFFIC_SIGNS,
        shape=(32, 32, 3),
        train_size=39_209,
        test_size=12_630,
        source="Institut für Neuroinformatik, Ruhr-Universität Bochum",
        licence="none stated; the publisher asks to be cited",
        citation="J. Stallkamp, M. Schlipsing, J. Salmen, C. Igel: Man vs. computer: Benchmarking machine learning "
        "algorithms for traffic sign recognition. Neural Networks 32, 2012",
        loader="traffic_signs",
        files=(
            RemoteFile(
                path="gtsrb/GTSRB_Final_Training_Images.zip",
                url=f"{BOCHUM}GTSRB_Final_Training_Images.zip",
                md5="f33fd80ac59bff73c82d25ab499e03a3",
            ),
            RemoteFile(
                path="gtsrb/GTSRB_Final_Test_Images.zip",
                url=f"{BOCHUM}GTSRB_Final_Test_Images.zip",
                md5="c7e4e6327067d32654124b0fe9e82185",
            ),
            RemoteFile(
                path="gtsrb/GTSRB_Final_Test_GT.zip",
                url=f"{BOCHUM}GTSRB_Final_Test_GT.zip",
                md5="fe31e9c9270bbcd7b84b7f21a9d9d9e5",
            ),
        ),
    ),
    DatasetInfo(
        name="imdb",
        title="IMDb film reviews",
        modality=Modality.TEXT,
        classes=class_names.REVIEWS,
        shape=None,
        train_size=25_000,
        test_size=25_000,
        source="A. Maas and others, Stanford University; reviews by users of IMDb",
        licence="none stated; the publisher asks to be cited",
        citation="A. Maas, R. Daly, P. Pham, D. Huang, A. Ng, C. Potts: Learning Word Vectors for Sentiment "
        "Analysis. ACL, 2011",
        loader="word_numbers",
        files=(
            _keras_file("imdb.npz", "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"),
            _keras_file("imdb_word_index.json", "027313fe9a320280f3bf0fac5baf58c4a683cf39a7ed9c3d3d3912bde4284cf6"),
        ),
    ),
    DatasetInfo(
        name="reuters",
        title="Reuters newswires",
        modality=Modality.TEXT,
        classes=class_names.NEWS_TOPICS,
        shape=None,
        train_size=8_982,
        test_size=2_246,
        source="Reuters-21578, Reuters Ltd. and Carnegie Group, Inc.",
        licence="for research purposes only",
        citation="D. Lewis: Reuters-21578 text categorization collection. 1997",
        loader="word_numbers",
        files=(
            _keras_file("reuters.npz", "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"),
            _keras_file("reuters_word_index.json", "9b56000edc4b34a32e89fd5a23b2605594682c74efcf7d8f4e2a5514b771e633"),
        ),
    ),
    DatasetInfo(
        name="toy_reviews",
        title="Toy reviews",
        modality=Modality.TEXT,
        classes=class_names.REVIEWS,
        shape=None,
        train_size=2_400,
        test_size=600,
        source="made by Tunewell from a few sentence patterns",
        licence="the same as Tunewell's",
        loader="toy_reviews",
        needs_download=False,
    ),
)

DATASETS: dict[str, DatasetInfo] = {info.name: info for info in _ENTRIES}
