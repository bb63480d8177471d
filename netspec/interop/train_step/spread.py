"""Weights of tables as a runtime reads them: made in the graph from the compact ones, at every step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from netspec.graph import Graph
from netspec.interop.gradients.moving import scattered
from netspec.interop.gradients.tape import Own, Tape
from netspec.weights import Model


@dataclass(frozen=True)
class Spread:
    """A weight as a runtime reads it: ``fixed`` plus, where ``index`` is not below 0, that number of the compact one.

    Both have the shape of the result.
    """

    index: Any
    fixed: Any


def lowered(graph: Graph, lower: Callable[[Model], Model]) -> tuple[Graph, dict[str, Spread]]:
    """The graph after a pass that only moves weights, and by path how it moves those that it changes.

    The pass is run on numbered weights and on zeros: what differs says where each number goes.
    """
    shapes = {path: weight.shape for path, weight in graph.weights.items()}
    numbered = {path: np.arange(1.0, prod(shape) + 1).reshape(shape) for path, shape in shapes.items()}
    after = lower(Model(graph, numbered))
    zeros = lower(Model(graph, {path: np.zeros(shape) for path, shape in shapes.items()}))
    found = {}
    for path, array in after.weights.items():
        if array is numbered.get(path):
            continue
        fixed = np.asarray(zeros.weights[path])
        index = np.rint(np.asarray(array) - fixed).astype(np.int64) - 1
        if index.shape != shapes[path] or (index.reshape(-1) != np.arange(index.size)).any():
            found[path] = Spread(index, fixed)
    return after.graph, found


def spread(tape: Tape, path: str, how: Spread) -> str:
    """Write the weight as a runtime reads it; the name of its value.

    Whole rows are gathered where rows stay together: kernels of maps, say.
    """
    shape, numbers = how.index.shape, prod(n or 0 for n in tape.sizes[path])
    row = _row(how.index, numbers)
    rows = tape("Reshape", path, tape.ints([numbers // row, row]))
    tape.sizes[rows] = (numbers // row, row)
    first = how.index.reshape(-1, row)[:, 0]
    which = np.where(first < 0, -1, first // row)
    found = tape("Reshape", tape.gathered(rows, which), tape.ints(shape))

    def rule(d: str) -> list[str]:
        flat = tape("Reshape", d, tape.ints([len(which), row]))
        tape.sizes[flat] = (len(which), row)
        return [tape.like(scattered(tape, flat, which, numbers // row), path)]

    tape.own[found] = Own((path,), rule)
    if how.fixed.any():
        found = tape("Add", found, tape.floats(how.fixed))
    tape.sizes[found] = shape
    return found


def _row(index: Any, numbers: int) -> int:
    """How many numbers stay together: the last axes along which the index counts up by one, or is nothing."""
    for axis in range(index.ndim):
        row: int = prod(index.shape[axis:])
        rows = index.reshape(-1, row)
        first = rows[:, :1]
        together = np.where(first < 0, -1, first + np.arange(row))
        if numbers % row == 0 and (rows == together).all() and (first[first >= 0] % row == 0).all():
            return row
    return 1


def weights_of(tape: Tape, spreads: Mapping[str, Spread], paths: Mapping[str, str]) -> dict[str, str]:
    """By local name the value of each weight of a node; what is spread is written once, for all its uses."""
    found = {}
    for local, path in paths.items():
        key = f"{path}/spread"
        if path in spreads and key not in tape.named:
            tape.named[key] = spread(tape, path, spreads[path])
        found[local] = tape.named.get(key, path)
    return found
