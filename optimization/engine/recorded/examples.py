"""What a complete model makes of validation examples, as arrays: predictions, samples with what it looked at, noise."""

from typing import Any, NamedTuple

import keras
import numpy as np

from ..datasets import Modality, Splits
from ..examination import LATENCY_BATCHES, Examination
from ..explaining import grad_cam, integrated_gradients, layer_latencies, lstm_traces, saliency
from ..monitor import HealthMonitor
from ..probes import UnitLayer, unit_layers
from . import Arrays

MOST_EXAMPLES = 10_000
MOST_WORST, MOST_ISSUES = 12, 10
MAPPED_SAMPLES, MAPS = 3, 16


class Recorded(NamedTuple):
    """Arrays, and the plain values that go with them."""

    arrays: Arrays
    about: dict[str, Any]


def examples(
    model: keras.Model, splits: Splits, monitor: HealthMonitor, examined: Examination, probabilities: np.ndarray
) -> Recorded:
    """probabilities: of all validation examples."""
    parts = [
        _predictions(splits, examined, probabilities),
        _samples(model, splits, monitor.samples, probabilities),
        _progress(model, monitor),
        _cost(model, splits, examined),
    ]
    merged: dict[str, Any] = {}
    arrays: Arrays = {}
    for part in parts:
        arrays |= part.arrays
        merged |= part.about
    return Recorded(arrays, merged)


def _predictions(splits: Splits, examined: Examination, probabilities: np.ndarray) -> Recorded:
    labels = splits.y_val
    kept = np.sort(np.random.default_rng(0).permutation(len(labels))[:MOST_EXAMPLES])
    place = np.full(len(labels), -1)
    place[kept] = np.arange(len(kept))
    of_features = place[examined.feature_rows] >= 0
    wrong = kept[probabilities[kept].argmax(1) != labels[kept]]
    worst = wrong[np.argsort(probabilities[wrong, labels[wrong]], kind="stable")][:MOST_WORST]
    arrays = {
        "val_labels": labels[kept],
        "val_probabilities": probabilities[kept].astype(np.float32),
        "val_positions": kept.astype(np.int32),
        "features": examined.features[of_features].astype(np.float16),
        "feature_rows": place[examined.feature_rows][of_features].astype(np.int32),
        "worst_rows": place[worst].astype(np.int32),
        "noise_levels": np.asarray(examined.noise.levels, np.float32),
        "noise_accuracy": np.asarray(examined.noise.accuracies, np.float32),
        "noise_examples": np.asarray(examined.noise.examples),
    }
    if splits.modality is Modality.IMAGE:
        arrays["worst_images"] = _bytes(splits.x_val[worst])
        arrays["issue_images"] = _bytes(splits.x_val[examined.label_issues[:MOST_ISSUES]])
    issues = [
        {
            "position": int(row),
            "label": int(labels[row]),
            "given_probability": float(probabilities[row, labels[row]]),
            "suggested": int(probabilities[row].argmax()),
            **_words(splits, row),
        }
        for row in examined.label_issues[:MOST_ISSUES]
    ]
    return Recorded(
        arrays, {"worst": [{"position": int(row), **_words(splits, row)} for row in worst], "label_issues": issues}
    )


def _samples(model: keras.Model, splits: Splits, rows: np.ndarray, probabilities: np.ndarray) -> Recorded:
    shown, said = splits.x_val[rows], probabilities[rows].argmax(axis=1)
    arrays = {"sample_labels": splits.y_val[rows], "sample_probabilities": probabilities[rows].astype(np.float32)}
    about: dict[str, Any] = {
        "samples": [{"position": int(row), "label": int(splits.y_val[row]), **_words(splits, row)} for row in rows]
    }
    if splits.modality is Modality.IMAGE:
        arrays["sample_images"] = _bytes(shown)
        if cam := grad_cam(model, shown, said):
            arrays["grad_cam"], about["grad_cam_layer"] = cam.maps.astype(np.float16), cam.layer
        arrays["saliency"] = saliency(model, shown, said).astype(np.float16)
    elif attributed := integrated_gradients(model, shown, said):
        arrays["attribution"], arrays["attribution_total"] = attributed.words, attributed.totals
    maps, layers = _feature_maps(model, shown)
    return Recorded(arrays | maps | _gates(model, shown[0]), {**about, **layers})


def _feature_maps(model: keras.Model, shown: np.ndarray) -> tuple[Arrays, dict[str, Any]]:
    """Of each layer with maps the channels that vary most, of the first samples."""
    mapped = _mapped(model)
    layers = {"map_layers": [{"name": each.layer.name, "channels": each.output.shape[-1]} for each in mapped]}
    if not mapped:
        return {}, layers
    outputs = keras.Model(model.input, [each.output for each in mapped])(shown[:MAPPED_SAMPLES], training=False)
    arrays: Arrays = {}
    for k, output in enumerate(outputs if isinstance(outputs, list | tuple) else [outputs]):
        maps = np.asarray(output)
        strongest = np.sort(np.argsort(-maps.std(axis=(0, 1, 2)), kind="stable")[:MAPS])
        arrays[f"maps_{k}"] = maps[..., strongest].astype(np.float16)
    return arrays, layers


def _gates(model: keras.Model, text: np.ndarray) -> Arrays:
    """Of each LSTM the states and gates of the first sample, word by word."""
    if text.ndim != 1:
        return {}
    arrays: Arrays = {}
    traces = lstm_traces(model, text)
    for k, each in enumerate(_recurrent(model)):
        if trace := traces.get(each.layer.name):
            arrays[f"hidden_{k}"] = trace.states.astype(np.float16)
            arrays[f"gates_{k}"] = trace.gates.astype(np.float16)
    return arrays


def _progress(model: keras.Model, monitor: HealthMonitor) -> Recorded:
    """How the first sample's picture in each layer changed from moment to moment."""
    arrays: Arrays = {}
    layers = unit_layers(model)
    recurrent = _recurrent(model)
    for name, of in (("progression", _mapped(model)), ("hidden_progress", recurrent)):
        for k, each in enumerate(of):
            place = layers.index(each)
            pictures = [moment.layers[place].picture for moment in monitor.moments]
            if all(picture is not None for picture in pictures):
                arrays[f"{name}_{k}"] = np.asarray(pictures, np.float16)
    described = [_describe_recurrent(each) for each in recurrent]
    return Recorded(arrays, {"lstm_layers": described})


def _describe_recurrent(described: UnitLayer) -> dict[str, Any]:
    one_way = getattr(described.layer, "forward_layer", described.layer)
    units = getattr(one_way, "units", described.output.shape[-1])  # a layer of cells of one's own does not tell
    return {"name": described.layer.name, "units": units, "directions": 1 if one_way is described.layer else 2}


def _cost(model: keras.Model, splits: Splits, examined: Examination) -> Recorded:
    batch = np.resize(splits.x_val[: LATENCY_BATCHES[-1]], (LATENCY_BATCHES[-1], *splits.x_val.shape[1:]))
    seconds = [np.nan if taken is None else taken for taken in layer_latencies(model, batch)]
    latency = {str(size): measured._asdict() for size, measured in examined.latency.items()}
    return Recorded({"layer_latency_s": np.asarray(seconds, np.float32)}, {"latency": latency})


def _recurrent(model: keras.Model) -> list[UnitLayer]:
    return [each for each in unit_layers(model) if each.is_recurrent]


def _mapped(model: keras.Model) -> list[UnitLayer]:
    """The layers of units that answer at several places of a picture."""
    return [each for each in unit_layers(model) if len(each.output.shape) == 4]


def _bytes(pictures: np.ndarray) -> np.ndarray:
    return np.round(pictures * 255).astype(np.uint8)


def _words(splits: Splits, row: int) -> dict[str, Any]:
    """The words of a text as the model reads them, marks included; nothing for a picture."""
    if splits.modality is not Modality.TEXT:
        return {}
    return {"words": [_word(splits.vocabulary, int(word)) for word in splits.x_val[row]]}


def _word(vocabulary: tuple[str, ...], number: int) -> str:
    return vocabulary[number] if number < len(vocabulary) else f"#{number}"
