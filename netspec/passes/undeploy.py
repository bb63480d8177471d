"""Weights as a deployed model has them, back in the shapes in which the net is trained."""

from __future__ import annotations

import numpy as np

from netspec.graph import Graph, Node
from netspec.ops.conv import Local
from netspec.ops.norm import Norm
from netspec.passes.lower_tables import lower_tables
from netspec.tables import KernelTable, Table
from netspec.weights import Array, Arrays, Model


def undeploy(graph: Graph, deployed: Arrays) -> tuple[dict[str, Array], list[str]]:
    """The compact weights of ``graph`` out of those that ``lower_tables`` made of them, and what does not fit.

    What lies where the net's table has no cell, differs where cells share a weight, or is nothing but zeros where it
    has a kernel, is of another table. Weights that the net does not have stay as they are.
    """
    weights, wrong = dict(deployed), list[str]()
    tabled = {node.key("weight"): node for node in graph.nodes if _table(node.op) is not None}
    shapes = {path: graph.weights[path].shape for path in tabled if path in deployed}
    if not shapes:
        return weights, wrong
    some = Graph(graph.name, graph.inputs, tuple(n for n in graph.nodes if n.key("weight") in shapes), ())
    numbered = {path: np.arange(1.0, 1 + np.prod(shape)).reshape(shape) for path, shape in shapes.items()}
    spread = lower_tables(Model(some, numbered)).weights
    still = lower_tables(Model(some, {path: np.zeros(shape) for path, shape in shapes.items()})).weights
    for path, shape in shapes.items():
        there = (spread[path] - still[path]).astype(np.int64).reshape(-1)
        found, fixed = deployed[path].reshape(-1), still[path].reshape(-1).astype(np.float32)
        if found.size != there.size:
            continue  # its shape is told with all others
        compact = np.zeros(int(np.prod(shape)) + 1, np.float32)
        compact[there] = found
        compact[0] = 0
        whole = np.array_equal(np.where(there > 0, compact[there], fixed), found)
        weights[path] = compact[1:].reshape(shape)
        if not whole or not _each_used(tabled[path], weights[path]):
            wrong.append(f"{path} is of another table")
    return weights, wrong


def folded(graph: Graph, deployed: Arrays) -> list[str]:
    """The norms that a model has no more, as the layers before them took them in."""
    return [node.name for node in graph.nodes if isinstance(node.op, Norm) and node.key("running_mean") not in deployed]


def _each_used(node: Node, compact: Array) -> bool:
    """Whether no kernel, of a kernel table no tap's weights, are zeros throughout: training leaves none so."""
    if isinstance(getattr(node.op, "kernel", None), KernelTable):
        axis = compact.ndim - 1
    else:
        axis = len(node.shape) - 1 if isinstance(node.op, Local) else 0
    return bool(compact.any(axis=tuple(n for n in range(compact.ndim) if n != axis)).all())


def _table(op: object) -> Table | KernelTable | None:
    table, kernel = getattr(op, "table", None), getattr(op, "kernel", None)
    if isinstance(kernel, KernelTable):
        return kernel
    return table if isinstance(table, Table) and not table.is_full else None
