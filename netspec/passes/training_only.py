"""Cut out what a deployed net has no use for."""

from __future__ import annotations

from dataclasses import replace

from netspec.ops.training import TRAINING_ONLY
from netspec.weights import Model


def drop_training_only(model: Model) -> Model:
    """What is left of a net once it is trained.

    Rules:
    1. Auxiliary heads go with all that only they need.
    2. Dropout is passed by.
    3. Weights that nothing reads any more go.
    """
    graph = model.graph.deployed().bypass(lambda node: isinstance(node.op, TRAINING_ONLY))
    kept = {path: array for path, array in model.weights.items() if path in graph.weights}
    return replace(model, graph=graph, weights=kept)
