"""What a net makes of a drawn digit: its answer, and the values of every layer as pictures."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netspec.data.batches import sources
from netspec.data.measured import measured
from netspec.data.sets import Pictures, read_set
from netspec.data.shipped import DEMO
from netspec.data.tested import averaged, views
from netspec.diagnostics import Fault
from netspec.engine.running.evaluate import values
from netspec.graph import Output
from netspec.net import Net
from netspec.net.sized import as_read
from netspec.passes.training_only import drop_training_only
from netspec.weights import Arrays, Model

Array = NDArray[Any]

#: MNIST's digits: pictures of 28 pixels, the digit fitted into 20 and put with its centre of mass in the middle.
SIDE, FITTED = 28, 20
#: So many maps and units of a layer are shown, each map at most so wide; and so many layers.
MOST_MAPS, MOST_UNITS, WIDEST, MOST_LAYERS = 64, 1024, 64, 200
#: A larger net would keep the page waiting.
MOST_PARAMETERS, MOST_MACS = 5 * 10**7, 5 * 10**9
#: Ends whose values are probabilities, or their logarithms; and the one whose smallest value wins.
_SOFTMAX, _LOGARITHMS, _DISTANCES = "softmax", "log_softmax", "rbf"
_NO_LABELS = np.zeros(1, np.int64)


@dataclass(frozen=True)
class Answered:
    """A net's answer to a digit: the classes, best first, each with its number, and the pictures of the layers."""

    classes: list[tuple[str, float]]
    probable: bool
    layers: list[dict[str, Any]]


def digit(pixels: bytes) -> Array:
    """A drawing as MNIST's digits are; one of 28 pixels a side is one already. Raises Fault where it is no square."""
    side = isqrt(len(pixels))
    if side * side != len(pixels) or not side:
        raise Fault("N703", "the drawing is no square")
    drawn = np.frombuffer(pixels, np.uint8).reshape(side, side)
    rows, columns = np.nonzero(drawn.any(axis=1))[0], np.nonzero(drawn.any(axis=0))[0]
    if side == SIDE or not len(rows):
        return np.zeros((SIDE, SIDE), np.uint8) if side != SIDE else drawn
    cut = Image.fromarray(drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    scale = FITTED / max(cut.size)
    width, height = (max(round(length * scale), 1) for length in cut.size)
    small = np.asarray(cut.resize((width, height), Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR))
    return _centred(small)


def _centred(small: Array) -> Array:
    """Put with its centre of mass in the middle, as far as it does not leave the picture."""
    places = [np.arange(length) @ small.sum(axis=1 - axis, dtype=float) / small.sum(dtype=float)
              for axis, length in enumerate(small.shape)]  # fmt: skip
    top, left = (
        min(max(round((SIDE - 1) / 2 - place), 0), SIDE - length)
        for place, length in zip(places, small.shape, strict=True)
    )
    whole = np.zeros((SIDE, SIDE), np.uint8)
    whole[top : top + small.shape[0], left : left + small.shape[1]] = small
    return whole


def answered(net: Net, weights: Arrays, data: Any, picture: Array) -> Answered:
    """The net's answer and the values of its layers, prepared as its spec says. Raises Fault where it cannot."""
    shapes, images = net.input_shapes(), picture[None, :, :, None]
    ready = {name: views(images, data, shapes[name]) for name in sources(Pictures(images, _NO_LABELS), shapes)}
    model = drop_training_only(Model(as_read(net, ready).graph, weights))
    cost = model.graph.costs()
    if cost is None or cost.macs > MOST_MACS:
        raise _too_large(f"takes more than {MOST_MACS:,} multiply-accumulates")
    shown = model.graph.nodes[:MOST_LAYERS]
    (answer, *_) = model.graph.outputs
    asked = dict.fromkeys([*(node.name for node in shown), answer.value])
    whole = replace(model, graph=replace(model.graph, outputs=tuple(Output(name, name) for name in asked)))
    found = {name: np.nan_to_num(array) for name, array in values(whole, ready, workers=1).items()}  # JSON has no nan
    layers = [_layer(name, array[0]) for name, array in ready.items()]
    layers += [_layer(node.name, found[node.name][0]) for node in shown]
    end = next((node.op.name for node in model.graph.nodes if node.name == answer.value), "")
    numbers = averaged(found[answer.value], 1, end)[0].reshape(-1)
    return Answered(_ranked(numbers, end, data.classes), end in (_SOFTMAX, _LOGARITHMS), layers)


def check_size(net: Net) -> None:
    """Fault N209 where its weights alone would take too long to make."""
    if net.parameters > MOST_PARAMETERS:
        raise _too_large(f"has {net.parameters:,} parameters, more than {MOST_PARAMETERS:,}")


def _too_large(what: str) -> Fault:
    return Fault("N209", f"this net {what}: it is too large to answer while somebody draws")


def as_trained(net: Net) -> Any:
    """The net's data settings, with what training on the shipped digits would measure of them."""
    return measured(net.data, read_set(DEMO, "train"), net.input_shapes())


def _ranked(numbers: Array, end: str, classes: list[str] | None) -> list[tuple[str, float]]:
    numbers = np.exp(numbers) if end == _LOGARITHMS else numbers
    order = np.argsort(numbers if end == _DISTANCES else -numbers, kind="stable")[:10]
    return [(classes[i] if classes and i < len(classes) else str(i), float(numbers[i])) for i in order.tolist()]


def _layer(name: str, value: Array) -> dict[str, Any]:
    """A layer's values, 0 for the lowest and 255 for the highest, map after map; units are one row."""
    if value.ndim == 1:
        maps = value[None, None, :MOST_UNITS]
    elif value.ndim == 2:
        maps = np.moveaxis(value, -1, 0)[None, :MOST_MAPS, : WIDEST * WIDEST]
    else:
        flat = value.reshape(-1, *value.shape[-2:]) if value.ndim > 3 else value
        step = max(1, -(-max(flat.shape[:2]) // WIDEST))
        maps = np.moveaxis(flat[::step, ::step, :MOST_MAPS], -1, 0)
    low, high = float(maps.min()), float(maps.max())
    grey = np.rint((maps - low) * (255 / (high - low or 1))).astype(np.uint8)
    count, height, width = grey.shape
    return {
        "name": name, "maps": count, "height": height, "width": width, "of": int(value.shape[-1]),
        "low": low, "high": high, "pixels": base64.b64encode(grey.tobytes()).decode(),
    }  # fmt: skip
