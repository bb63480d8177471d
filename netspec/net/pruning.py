"""A trained layer's connections, cut to those that matter: a table read from a trained net.

By magnitude after LeCun, Denker, Solla 1990 and Han, Pool, Tran, Dally 2015 (Learning both weights and connections for
efficient neural networks, whose steps train on in between); here a connection is a map that feeds a map.
"""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from netspec.diagnostics import Fault, SpecError
from netspec.graph import Graph, Node, Output
from netspec.language.format import format_text
from netspec.net.sparse_source import Site, site, with_figures, with_table

if TYPE_CHECKING:
    from netspec.net.net import Net
    from netspec.tables import Table

Array = NDArray[Any]
#: Examples that go through the layer at a time.
SLICE = 64


@dataclass(frozen=True)
class Layer:
    """The layer of a statement in a net: its connections as (output, input) pairs, and the kernel of each."""

    node: Node
    place: Site
    pairs: Array
    kernels: Array

    @property
    def sizes(self) -> tuple[int, int]:
        """Inputs and outputs of its table."""
        table = _table(self.node)
        if table is not None:
            return table.inputs, table.outputs
        return int(self.pairs[:, 1].max()) + 1, int(self.pairs[:, 0].max()) + 1


def layer_of(net: Net, statement: str, weights: Mapping[str, Array]) -> Layer:
    """The layer that a table could be cut from.

    Raises Fault N101 where there is no such statement, N728 where its layer has no connections of their own.
    """
    place = site(net.source, statement)
    nodes = [node for node in net.graph.nodes if node.name == f"{statement}/{place.call.name}"]
    if len(nodes) != 1:
        raise Fault("N728", f"{statement} is used in several places, and they have one table")
    node, table = nodes[0], _table(nodes[0])
    groups = getattr(node.op, "groups", 1)
    if groups != 1:
        raise Fault("N728", f"{node.name} has groups, which a table says too",
                    help=f"write them as one: `sparse table halves: … = groups({groups})`")  # fmt: skip
    if table is not None and table.weights != table.connections:
        raise Fault("N728", f"table {table.name} of {node.name} shares weights, or has fixed ones",
                    help="only connections with weights of their own can be cut")  # fmt: skip
    weight = weights[node.key("weight")]
    at, compact = _axis(node), _compact(node)
    rest = weight.shape[at + (2 if compact is None else 1) :]
    kernels = np.moveaxis(weight.reshape(*weight.shape[:at], -1, *rest), at, 0)  # one for each connection
    if compact is not None:
        cells = compact.cells
        return Layer(node, place, np.stack([cells.output, cells.input], axis=1), kernels[cells.weight])
    outputs, inputs = weight.shape[at : at + 2]
    return Layer(node, place, np.stack(np.divmod(np.arange(outputs * inputs), inputs), axis=1), kernels)


def chosen(layer: Layer, strengths: Array, count: int) -> list[list[int]]:
    """The inputs of each output: the ``count`` strongest connections, of which each output keeps at least one."""
    outputs = layer.sizes[1]
    order = np.argsort(-strengths, kind="stable")
    first = {int(layer.pairs[k, 0]): int(k) for k in order[::-1]}  # the strongest of each output
    kept = list(first.values())
    there = set(kept)
    kept += [k for k in order.tolist() if k not in there][: max(count - len(kept), 0)]
    feeds: list[list[int]] = [[] for _ in range(outputs)]
    for k in kept:
        feeds[int(layer.pairs[k, 0])].append(int(layer.pairs[k, 1]))
    return [sorted(taken) for taken in feeds]


def magnitudes(layer: Layer) -> Array:
    """The norm of each connection's kernel."""
    found: Array = np.sqrt(np.square(layer.kernels.astype(np.float64)).reshape(len(layer.kernels), -1).sum(axis=1))
    return found


def correlations(net: Net, weights: Mapping[str, Array], layer: Layer, examples: Mapping[str, Array]) -> Array:
    """Of each connection the absolute correlation of what it brings with what its output sums up.

    Over all ``examples``, the net's prepared inputs, channels last, and all places; the bias is left out.
    """
    node, (inputs, outputs) = layer.node, layer.sizes
    before = node.inputs[0]
    own = {path: array for path, array in weights.items() if path.startswith(f"{node.path}.")}
    own |= {path: np.zeros_like(array) for path, array in own.items() if path.endswith(".bias")}
    alone = Graph(net.graph.name, {before: net.graph.shapes[before]}, (node,), (Output("sum", node.name),))
    sums = _Sums(outputs, inputs)
    for at in range(0, len(next(iter(examples.values()))), SLICE):
        given = {name: array[at : at + SLICE] for name, array in examples.items()}
        x = _reaching(net, weights, before, given)
        whole = _computed(alone, own, before, x)
        for i in range(inputs):
            sums.add(i, _computed(alone, own, before, _only(x, i, inputs)), whole)
    return sums.correlations()[layer.pairs[:, 0], layer.pairs[:, 1]]


class _Sums:
    """What correlations are made of, for each output and input: over parts that come and the sums they belong to."""

    def __init__(self, outputs: int, inputs: int) -> None:
        self.count = np.zeros((1, inputs))
        self.c, self.z, self.cc, self.zz, self.cz = (np.zeros((outputs, inputs)) for _ in range(5))

    def add(self, i: int, c: Array, z: Array) -> None:
        """A part and the sum, (places, outputs), of one input."""
        self.count[:, i] += len(c)
        for total, of in ((self.c, c), (self.z, z), (self.cc, c * c), (self.zz, z * z), (self.cz, c * z)):
            total[:, i] += of.sum(axis=0)

    def correlations(self) -> Array:
        """Absolute ones; 0 where something never changes."""
        c, z, cc, zz, cz = (total / self.count for total in (self.c, self.z, self.cc, self.zz, self.cz))
        with np.errstate(all="ignore"):
            found: Array = np.nan_to_num(np.abs(cz - c * z) / np.sqrt((cc - c * c) * (zz - z * z)), posinf=0.0)
        return found


def _only(x: Array, i: int, inputs: int) -> Array:
    """A layer's input with all but one map zero, or all but one unit of those that it flattens, maps first."""
    first = np.moveaxis(x, -1, 1)
    flat = first.reshape(len(x), inputs, -1)
    kept = np.zeros_like(flat)
    kept[:, i] = flat[:, i]
    return np.moveaxis(kept.reshape(first.shape), 1, -1)


def _reaching(net: Net, weights: Mapping[str, Array], value: str, given: Mapping[str, Array]) -> Array:
    """A value inside the net, channels last."""
    from netspec.engine.running.evaluate import values

    if value in given:
        return given[value]
    part = net.features(value)
    used = {path: array for path, array in weights.items() if path in part.graph.weights}
    return next(iter(values(part.model(used), {name: given[name] for name in part.graph.inputs}).values()))


def _computed(alone: Graph, weights: Mapping[str, Array], value: str, x: Array) -> Array:
    """What a layer makes of its input, a row for each example and place, in double precision."""
    from netspec.engine.running.evaluate import values
    from netspec.weights import Model

    found = values(Model(alone, weights), {value: x})["sum"]
    return found.reshape(-1, found.shape[-1]).astype(np.float64)


def carried(old: Layer, new: Layer, net: Net, weights: Mapping[str, Array]) -> dict[str, Array]:
    """The weights of the net whose layer was cut: each connection that is left has the kernel that it had."""
    kernel_of = {tuple(pair): kernel for pair, kernel in zip(old.pairs.tolist(), old.kernels, strict=True)}
    node = new.node
    shape = net.graph.local_weights(node)["weight"].shape
    kept = np.stack([kernel_of[tuple(pair)] for pair in new.pairs.tolist()])
    compact = _compact(node)
    if compact is not None:
        kept = kept[np.argsort(compact.cells.weight)]
    return {**weights, node.key("weight"): np.ascontiguousarray(np.moveaxis(kept, 0, _axis(node))).reshape(shape)}


def cut(net: Net, weights: Mapping[str, Array], statement: str, feeds: list[list[int]]) -> tuple[Net, dict[str, Array]]:
    """The net with these connections alone, its source formatted, and its weights."""
    from netspec.net.reading import loads

    old = layer_of(net, statement, weights)
    text = format_text(with_table(net.source, old.place, old.sizes[0], feeds), net.source.name)
    root = None if net.path is None else net.path.parent
    try:
        small = loads(text, root=root)
    except SpecError as error:
        small = loads(with_figures(text, error), root=root)
    small = replace(small, path=net.path)  # what it uses lies where it lay
    blank = {path: np.zeros(weight.shape, np.float32) for path, weight in small.graph.weights.items()}
    return small, carried(old, layer_of(small, statement, blank), small, weights)


def _axis(node: Node) -> int:
    """The axis of a layer's weights along which its kernels lie: behind the positions of a `local`."""
    return len(node.shape) - 1 if node.op.name == "local" else 0


def _compact(node: Node) -> Table | None:
    """The table of whose connections alone a layer has weights; None where it has a whole kernel."""
    table = _table(node)
    return None if table is None or table.is_full else table


def _table(node: Node) -> Table | None:
    return cast("Table | None", getattr(node.op, "table", None))
