"""Weights by path, bound to a graph: how they start, and whether a set of them fits."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.diagnostics import Fault
from netspec.graph import Graph, Node
from netspec.ops import Init, Weight
from netspec.ops.dense import Rbf
from netspec.shape import show

Array = NDArray[Any]
Arrays = Mapping[str, Array]


@dataclass(frozen=True)
class Model:
    """A graph and the weights that belong to it."""

    graph: Graph
    weights: Arrays = field(repr=False)

    def _repr_html_(self) -> str:
        return self.graph._repr_html_()

    def check(self) -> Model:
        """Itself, after the graph derived every shape again and the weights were held against it."""
        self.graph.check()
        fit(self.graph, self.weights)
        return self


def initial(graph: Graph, seed: int) -> dict[str, Array]:
    """Fresh weights, float32, each drawn from a stream of its own: (seed, path) says all.

    he: N(0, 2/fan-in); lecun: N(0, 1/fan-in); xavier: U(±√(6/(fan-in + fan-out))).
    """
    arrays: dict[str, Array] = {}
    for node in graph.nodes:
        for local, weight in graph.local_weights(node).items():
            path = node.key(local)
            if path not in arrays:
                arrays[path] = _codes(node, weight) if weight.role == "fixed" else _drawn(weight, seed, path)
    return arrays


def _codes(node: Node, weight: Weight) -> Array:
    """The codes of an rbf layer: X is 1 and . is -1."""
    assert isinstance(node.op, Rbf) and node.op.codes is not None
    codes = np.full(weight.shape, -1, dtype=np.float32)
    cells = node.op.codes.cells
    codes[cells.output, cells.input] = 1
    return codes


def _drawn(weight: Weight, seed: int, path: str) -> Array:
    rng = np.random.Generator(np.random.Philox(key=[seed % 2**64, zlib.crc32(path.encode())]))
    start: Init = weight.start
    if start.kind == "constant":
        return np.full(weight.shape, start.value, dtype=np.float32)
    if start.kind == "uniform":
        return rng.uniform(-start.value, start.value, weight.shape).astype(np.float32)
    if start.kind == "gaussian":
        return (rng.standard_normal(weight.shape, dtype=np.float32) * np.float32(start.value)).astype(np.float32)
    fan_in = np.maximum(np.asarray(weight.fan_in, dtype=np.float32), 1)
    fan_in = fan_in.reshape(fan_in.shape + (1,) * (len(weight.shape) - fan_in.ndim)) if fan_in.ndim else fan_in
    if start.kind == "xavier":
        return (rng.uniform(-1, 1, weight.shape) * np.sqrt(6 / (fan_in + weight.fan_out))).astype(np.float32)
    scale = sqrt(2 if start.kind == "he" else 1) / np.sqrt(fan_in)
    return (rng.standard_normal(weight.shape, dtype=np.float32) * scale).astype(np.float32)


def fit(graph: Graph, arrays: Arrays) -> None:
    """Fault that lists everything, unless names and shapes are just those of the graph, every number finite."""
    expected = graph.weights
    wrong = [f"{path} is missing ({show(w.shape)})" for path, w in expected.items() if path not in arrays]
    wrong += [f"{path} belongs to no layer" for path in arrays if path not in expected]
    for path, weight in expected.items():
        if path in arrays and tuple(arrays[path].shape) != weight.shape:
            wrong.append(f"{path} is {show(arrays[path].shape)}, and the net has {show(weight.shape)}")
    if wrong:
        more = f"\n… and {len(wrong) - 20} more" if len(wrong) > 20 else ""
        raise Fault("N701", f"the weights do not fit net {graph.name}: {wrong[0]}",
                    help="\n".join(wrong[:20]) + more if len(wrong) > 1 else "")  # fmt: skip
    for path, array in arrays.items():
        if not np.isfinite(array).all():
            raise Fault("N701", f"the weights {path} hold a number that is not finite")


def count(arrays: Arrays) -> int:
    """How many numbers."""
    return sum(prod(array.shape) for array in arrays.values())
