"""How many pictures a second a training sees, fed by us and by Keras."""

from collections.abc import Callable, Iterator

import keras

from optimization.engine.feeding import batches, training_data

from .loop import SEED
from .table import Row, seconds

BATCH, EPOCHS, TURNS = 32, 20, 3


def rows() -> Iterator[Row]:
    """The two take turns; the best turn of each counts, since whatever else the machine does only costs time."""
    data = training_data("digits", None, 0.2, 0.1, SEED)
    x, y = data.splits.x_train, data.splits.y_train
    model = _tiny(x.shape[1:])

    def ours() -> None:
        model.fit(batches(data, BATCH, SEED), epochs=EPOCHS, verbose=0)

    def peer() -> None:
        model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, verbose=0)

    for train in (ours, peer):
        train()  # the steps are compiled
    turns = [(_rate(ours, len(y)), _rate(peer, len(y))) for _ in range(TURNS)]
    yield Row(
        what=f"digits through a training with batches of {BATCH}",
        against="Keras' fit with arrays",
        ours=max(turn[0] for turn in turns),
        peer=max(turn[1] for turn in turns),
        unit="pictures/s",
        better="more",
    )


def _rate(train: Callable[[], None], examples: int) -> float:
    return examples * EPOCHS / seconds(train)


def _tiny(shape: tuple[int, ...]) -> keras.Model:
    """A model that takes little time itself."""
    model = keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", jit_compile=False)
    return model
