"""A net asked with the engine, without compiling it: what it answers to inputs, prepared already or as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netspec.data.batches import sources
from netspec.data.handed import Reader
from netspec.data.images import Reading, read_image
from netspec.data.sets import Part, Pictures
from netspec.data.tested import averaged, views
from netspec.engine.running.evaluate import values as computed
from netspec.net.sized import as_read
from netspec.settings import Data

if TYPE_CHECKING:
    from netspec.net.net import Net
    from netspec.weights import Arrays

#: Examples that are asked about at a time.
SLICE = 64


def values(net: Net, weights: Arrays, inputs: Sequence[Any]) -> dict[str, Any]:
    """Answers by output, maps first, of inputs (images, maps, height, width); free sizes are those of the inputs."""
    given = {name: np.asarray(x, dtype=np.float32) for name, x in zip(net.graph.inputs, inputs, strict=True)}
    ready = {name: np.moveaxis(x, 1, -1) for name, x in given.items()}
    answers = computed(as_read(net, ready).model(_kept(net, weights)), ready)
    return {name: np.moveaxis(y, -1, 1) for name, y in answers.items()}


def predicted(net: Net, weights: Arrays, data: Data, x: Any, workers: int | None) -> Any:
    """Answers to examples that are prepared here as in training; an array for the only output, else by output."""
    shapes, part = net.input_shapes(), _part(net, data, x)
    found: dict[str, list[Any]] = {}
    for at in range(0, len(part), SLICE):
        rows = slice(at, min(at + SLICE, len(part)))
        ready = {name: views(images[rows], data, shapes[name]) for name, images in sources(part, shapes).items()}
        most = max(map(len, ready.values()))
        ready = {name: np.repeat(array, most // len(array), axis=0) for name, array in ready.items()}
        model = as_read(net, ready).model(_kept(net, weights))
        ends = {node.name: node.op.name for node in model.graph.nodes}
        answers = computed(model, ready, workers=workers)
        for output in model.graph.outputs:
            mean = averaged(answers[output.name], rows.stop - at, ends.get(output.value, ""))
            found.setdefault(output.name, []).append(np.moveaxis(mean, -1, 1))
    whole = {name: np.concatenate(parts) for name, parts in found.items()}
    return next(iter(whole.values())) if len(whole) == 1 else whole


def _part(net: Net, data: Data, x: Any) -> Part:
    """What is asked about: arrays as `fit` takes them, or paths of pictures."""
    paths = [x] if isinstance(x, str | Path) else x if isinstance(x, list) else []
    if paths and all(isinstance(path, str | Path) for path in paths):
        pictures = [read_image(path, Reading.of(data)) for path in paths]
        same = len({picture.shape for picture in pictures}) == 1
        return Pictures(np.stack(pictures) if same else pictures, np.zeros(len(pictures), np.int64))
    return Reader(net.input_shapes(), (), data).part(x if isinstance(x, Mapping) else (x, {}), "given", None)


def _kept(net: Net, weights: Arrays) -> dict[str, Any]:
    return {path: array for path, array in weights.items() if path in net.graph.weights}
