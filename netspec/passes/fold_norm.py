"""Fold batch normalisation into the layer before it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from netspec.diagnostics import Fault
from netspec.graph import Graph, Node
from netspec.ops.conv import Convolution, Local
from netspec.ops.dense import Dense
from netspec.ops.norm import Norm
from netspec.shape import numbers
from netspec.weights import Array, Model


def fold_norm(model: Model) -> Model:
    """The layer before a norm takes it in (Ioffe, Szegedy 2015, section 3.1).

    Rules:
    1. ``conv, deconv, local, dense -> norm`` becomes the layer alone: W ← W·g/√(v + ε), b ← (b − m)·g/√(v + ε) + β,
       where g is 1 and β is 0 without ``affine``, and b is 0 where the layer has none.
    2. It stays where anything else reads the layer, an output too.
    3. It stays where either is shared with another place.
    4. It stays behind a table that is not full, and behind any other layer.
    5. Statistics that leave nothing to divide by are Fault N609, folded or not.
    6. Results past single precision are Fault N609.
    """
    graph, weights = model.graph, dict(model.weights)
    folded: dict[str, Node] = {}
    gone: set[str] = set()
    uses: dict[str, int] = {}
    for node in graph.nodes:
        uses[node.path] = uses.get(node.path, 0) + 1
    for node in graph.nodes:
        if isinstance(node.op, Norm):
            _check(node, weights)
        if not isinstance(node.op, Norm) or uses[node.path] > 1:
            continue
        before = _layer_before(graph, node)
        if before is None or uses[before.path] > 1:
            continue
        folded[before.name] = _fold(before, node, weights)
        gone.add(node.name)
    graph = graph.replace(lambda node: folded.get(node.name)).bypass(lambda node: node.name in gone)
    return Model(graph, {path: array for path, array in weights.items() if path in graph.weights})


def _check(norm: Node, weights: dict[str, Array]) -> None:
    """Fault N609 where statistics, which may come from any file, leave nothing to divide by."""
    assert isinstance(norm.op, Norm)
    path = norm.key("running_var")
    least = float(weights[path].min())
    if least + norm.op.epsilon <= 0:
        raise Fault(
            "N609",
            f"the weights {path} hold the variance {least:g}, but a variance is at least 0",
            help="check the file: it may be damaged, or hold other numbers",
        )


def _layer_before(graph: Graph, norm: Node) -> Node | None:
    value = norm.inputs[0]
    before = next((node for node in graph.nodes if node.name == value), None) if value not in graph.inputs else None
    if before is None or len(graph.users[value]) > 1 or any(out.value == value for out in graph.outputs):
        return None
    plain = isinstance(before.op, Convolution | Dense) and (before.op.table is None or before.op.table.is_full)
    return before if plain else None


def _fold(before: Node, norm: Node, weights: dict[str, Array]) -> Node:
    op = norm.op
    assert isinstance(op, Norm) and isinstance(before.op, Convolution | Dense)
    mean, variance = (weights[norm.key(k)].astype(np.float64) for k in ("running_mean", "running_var"))
    gain, shift = 1 / np.sqrt(variance + op.epsilon), np.zeros_like(mean)
    if op.affine:
        gain, shift = gain * weights[norm.key("weight")], weights[norm.key("bias")].astype(np.float64)
    kernel = weights[before.key("weight")]
    axis = kernel.ndim - 2 - len(before.shape[1:]) if isinstance(before.op, Local) else 0
    column = (1,) * axis + (-1,) + (1,) * (kernel.ndim - axis - 1)
    weights[before.key("weight")] = _single(kernel * gain.reshape(column), norm)
    bias = weights.get(
        before.key("bias"), np.zeros(numbers(before.shape) if isinstance(before.op, Local) else mean.shape)
    )
    row = (-1,) + (1,) * (bias.ndim - 1)
    moved = (bias - mean.reshape(row)) * gain.reshape(row) + shift.reshape(row)
    weights[before.key("bias")] = _single(moved, norm)
    return replace(before, op=before.op.replaced(bias=True))


def _single(array: Array, norm: Node) -> Array:
    """In single precision; Fault N609 where it does not hold the numbers."""
    with np.errstate(over="ignore"):
        result = array.astype(np.float32)
    if not np.isfinite(result).all():
        raise Fault(
            "N609",
            f"folding {norm.name} into the layer before it gives numbers past single precision: "
            "its running_var is too small, or its weight too large",
            help="look at both with `netspec weights list`",
        )
    return result
