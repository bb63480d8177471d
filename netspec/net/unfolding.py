"""Norms that compiling folded into the layers before them, made again from the model and from what it answers."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netspec.graph import Graph, Node, Output
from netspec.ops.norm import Norm

if TYPE_CHECKING:
    from netspec.weights import Arrays


def unfolded(graph: Graph, fresh: Arrays, found: Arrays, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The weights of a model with those of the norms that it has no more, as some examples measure them.

    A folded layer's result y has, over ``inputs`` (prepared, channels last), the mean m and the variance v of each map.
    A norm with the statistics m and v, the gain √(v + ε) and the bias m changes nothing, neither in use nor, as far as
    a batch is like these examples, in training. ``fresh`` stands in for what the model lacks.
    """
    from netspec import passes
    from netspec.engine.running.evaluate import values
    from netspec.weights import Model

    model = passes.run(Model(graph, fresh), passes.DEPLOY)
    left = {node.name for node in model.graph.nodes}
    gone = [
        node
        for node in graph.nodes
        if isinstance(node.op, Norm)
        and node.name not in left
        and node.inputs[0] in left
        and node.key("running_mean") not in found
    ]
    if not gone:
        return dict(found)
    measured = tuple(Output(node.inputs[0], node.inputs[0]) for node in gone)
    cut = replace(model.graph, outputs=measured).deployed()
    arrays = {
        path: found[path] if path in found and found[path].shape == array.shape else array
        for path, array in model.weights.items()
        if path in cut.weights
    }
    read = {name: array for name, array in inputs.items() if name in cut.inputs}
    answers = values(Model(cut, arrays), read)
    before = {node.name: node for node in graph.nodes}
    weights = dict(found)
    for node in gone:
        _made_again(graph, node, before[node.inputs[0]], answers[node.inputs[0]], weights)
    return weights


def _made_again(graph: Graph, norm: Node, layer: Node, answer: Any, weights: dict[str, Any]) -> None:
    """The norm's weights, and the layer's bias where it has none of its own."""
    import numpy as np

    op, path = norm.op, layer.key("bias")
    assert isinstance(op, Norm)
    flat = answer.reshape(-1, answer.shape[-1]).astype(np.float64)
    mean, variance = flat.mean(0), flat.var(0)
    moved = np.zeros_like(mean)
    if path not in graph.weights and path in weights and weights[path].shape == mean.shape:
        moved = weights.pop(path).astype(np.float64)
    if op.affine:
        made = {
            "weight": np.sqrt(variance + op.epsilon), "bias": mean, "running_mean": mean - moved,
            "running_var": variance,
        }  # fmt: skip
    else:  # its deviation and mean are 1 and 0 already
        made = {"running_mean": -moved, "running_var": np.full_like(mean, 1 - op.epsilon)}
    weights.update({norm.key(name): array.astype(np.float32) for name, array in made.items()})
