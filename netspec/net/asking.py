"""A net asked with the engine, without compiling it: what it answers to inputs that are prepared already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from netspec.engine.running.evaluate import values as computed

if TYPE_CHECKING:
    from netspec.net.net import Net
    from netspec.weights import Arrays


def values(net: Net, weights: Arrays, inputs: Sequence[Any]) -> dict[str, Any]:
    """Answers by output, maps first, of inputs (images, maps, height, width); free sizes are those of the inputs."""
    graph = net.graph
    given = {name: np.asarray(x, dtype=np.float32) for name, x in zip(graph.inputs, inputs, strict=True)}
    sizes = {
        dim.name: size
        for name, x in given.items()
        for dim, size in zip(graph.inputs[name], x.shape[1:], strict=True)
        if not isinstance(dim, int)
    }
    net = net.at(sizes) if sizes else net
    kept = {path: array for path, array in weights.items() if path in net.graph.weights}
    answers = computed(net.model(kept), {name: np.moveaxis(x, 1, -1) for name, x in given.items()})
    return {name: np.moveaxis(y, -1, 1) for name, y in answers.items()}
