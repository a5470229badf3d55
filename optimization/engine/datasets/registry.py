"""What each data set is, as data. How a family is read stands in its own module."""

import dataclasses

DIGITS = tuple(str(digit) for digit in range(10))


@dataclasses.dataclass(frozen=True, kw_only=True)
class DatasetInfo:
    """One registered data set.

    shape: of one example (height, width, channels). train_size, test_size: of the complete set; test_size 0
    means that a test split is taken from the training examples. source, licence: for people.
    loader: module beside this one that reads the family.
    """

    name: str
    title: str
    modality: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    train_size: int
    test_size: int
    source: str
    licence: str
    loader: str
    needs_download: bool = True


DATASETS: dict[str, DatasetInfo] = {
    info.name: info
    for info in (
        DatasetInfo(
            name="digits",
            title="Digits (8×8)",
            modality="image",
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
            modality="image",
            classes=DIGITS,
            shape=(28, 28, 1),
            train_size=60_000,
            test_size=10_000,
            source="Y. LeCun, C. Cortes, C. Burges",
            licence="CC BY-SA 3.0",
            loader="grey_images",
        ),
        DatasetInfo(
            name="fashion_mnist",
            title="Fashion-MNIST clothes",
            modality="image",
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
        ),
    )
}
