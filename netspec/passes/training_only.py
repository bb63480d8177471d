"""Cut out what a deployed net has no use for."""

from __future__ import annotations

from dataclasses import replace

from netspec.ops.training import TRAINING_ONLY
from netspec.weights import Model


def drop_training_only(model: Model) -> Model:
    """Rules: auxiliary heads go with all that only they need; dropout is passed by."""
    graph = model.graph.deployed().bypass(lambda node: isinstance(node.op, TRAINING_ONLY))
    kept = {path: array for path, array in model.weights.items() if path in graph.weights}
    return replace(model, graph=graph, weights=kept)
