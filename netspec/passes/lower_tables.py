"""Turn tables into what a runtime knows: plain, grouped or gathered layers, kernels spread out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from netspec.graph import Graph, Node
from netspec.ops import Operator
from netspec.ops.conv import Convolution, Local
from netspec.ops.dense import Dense
from netspec.ops.rearrange import Slice
from netspec.tables import KernelTable, Table
from netspec.tables.pattern import Pattern, is_thin, recognise, sparse, spread
from netspec.tables.spread import add_fixed, spread_cells, spread_taps
from netspec.weights import Array, Model


@dataclass(frozen=True)
class Choice:
    """How one layer with a table runs, and why."""

    layer: str
    table: str
    pattern: Pattern


def choices(graph: Graph) -> list[Choice]:
    """The choice for each layer with a table, in order (`netspec compile --explain`)."""
    found = []
    for node in graph.nodes:
        table, kernel = getattr(node.op, "table", None), getattr(node.op, "kernel", None)
        if isinstance(table, Table):
            found.append(Choice(node.name, table.name, deployed_pattern(node.op, table)))
        if isinstance(kernel, KernelTable):
            reason = f"{kernel.count} of {prod(kernel.size)} taps: its weights are spread over a whole kernel"
            found.append(Choice(node.name, kernel.name, Pattern("taps", reason)))
    return found


def deployed_pattern(op: Operator, table: Table) -> Pattern:
    """How the deployed graph runs a layer's table: as what the table is, where a runtime has such a layer.

    There is no grouped product of units, and none of a locally connected layer's gathered maps.
    """
    pattern = recognise(table, isinstance(op, Dense))
    if isinstance(op, Dense) and pattern.kind in ("fixed", "grouped", "depthwise") and is_thin(table):
        return sparse(table)
    grouped = pattern.kind in ("grouped", "depthwise")
    if (grouped and isinstance(op, Dense)) or (pattern.kind == "even" and isinstance(op, Local)):
        return spread(table)
    return pattern


def lower_tables(model: Model) -> Model:
    """Layers with tables become what a runtime knows.

    Rules:
    1. A kernel table's taps are spread over a whole kernel, zeros where no tap is.
    2. A full table is a plain layer, its weights in their order.
    3. Equal blocks that share nothing are groups; blocks of one input are depthwise.
    4. Where each output takes the same few inputs, at most a quarter of them, these are gathered and become groups.
    5. A large, thin table of units stays: it runs connection by connection.
    6. All else is spread over a dense kernel: zeros where there is no connection, ``=`` and numbers in the middle tap.
    7. Uses of one share are lowered alike, the weights once.
    """
    weights = dict(model.weights)
    done: dict[str, Node] = {}
    nodes: list[Node] = []
    for node in model.graph.nodes:
        if isinstance(node.op, Convolution | Dense):
            before = done.get(node.path)
            lowered = _lowered(node, model.graph, weights, before)
            done.setdefault(node.path, lowered[-1])
            nodes += lowered
        else:
            nodes.append(node)
    return Model(replace(model.graph, nodes=tuple(nodes)), weights)


def _lowered(node: Node, graph: Graph, weights: dict[str, Array], before: Node | None) -> list[Node]:
    """The nodes that stand for one; ``before`` is another use of the same weights, already lowered."""
    op, key = node.op, node.key("weight")
    assert isinstance(op, Convolution | Dense)
    positions = len(node.shape) - 1 if isinstance(op, Local) else 0
    kernel = getattr(op, "kernel", None)
    if isinstance(kernel, KernelTable):
        if before is None:
            weights[key] = spread_taps(kernel, weights[key])
        op = op.replaced(kernel=kernel.size)
    table = op.table
    if table is None:
        return [replace(node, op=op)]
    pattern = deployed_pattern(op, table)
    if pattern.kind == "sparse":
        return [node]
    fan_in = table.fan_in
    if pattern.kind in ("full", "grouped", "depthwise") and not isinstance(op, Dense):
        if before is None:
            weights[key] = _blocks(table, weights[key], table.inputs // pattern.groups, positions)
        return [replace(node, op=op.replaced(table=None, groups=pattern.groups))]
    if pattern.kind == "even":
        if before is None:
            weights[key] = _blocks(table, weights[key], fan_in, positions)
        gather = Slice(maps=table.cells.input.tolist())
        shape = (len(table.cells.input), *graph.shapes[node.inputs[0]][1:])
        gathered = Node(f"{node.name}/gather", f"{node.name}/gather", gather, node.inputs, shape, node.line)
        grouped = op.replaced(table=None, groups=table.outputs)
        return [gathered, replace(node, op=grouped, inputs=(gathered.name,))]
    if before is None:
        dense = spread_cells(table, weights[key], positions)
        add_fixed(table, dense, dense.shape[positions + 2 :], positions)
        weights[key] = dense
    return [replace(node, op=op.replaced(table=None))]


def _blocks(table: Table, weights: Array, fan_in: int, positions: int) -> Array:
    """Compact weights in cell order are already those of groups: (kernels, …) to (outputs, fan-in, …).

    A table without cells of its own has plain weights. Shapes would not tell: a kernel of one
    row is (outputs, 1, …) too.
    """
    if table.is_full:
        return weights
    at, taps = weights.shape[:positions], weights.shape[positions + 1 :]
    return weights.reshape(*at, table.outputs, fan_in, *taps)
