"""What a net is in figures: a row for each layer, sums, the tables, and what remains of it when it is deployed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import prod
from typing import Any

from netspec.diagnostics.html import Told
from netspec.graph import Graph, Node
from netspec.shape import Shape, is_free, numbers, show
from netspec.tables import KernelTable, Table

#: Bytes of a value.
FLOAT = 4
#: What is summed over the rows of a block and of the net.
COSTS = ("units", "parameters", "connections", "macs", "activations")


@dataclass(frozen=True)
class Layer(Told):
    """A row of the summary; costs and units are None where they depend on a free size.

    ``units`` are the values of layers with kernels or centres: the neurons that papers count. ``activations`` are the
    bytes of what the layer gives for one example, as float32. All is counted as the paper counts, layer by layer; what
    training takes is less, where values share their memory, and more, with gradients (``Net.training_bytes``).
    """

    name: str
    kind: str
    shape: str
    units: int | None
    parameters: int
    connections: int | None
    macs: int | None
    activations: int | None
    line: int


def layers(graph: Graph) -> list[Layer]:
    """A row for each layer, in order; the parameters of shared weights stand at their first use."""
    return [_layer(graph, node, first) for node, first in graph.fresh()]


def folded(graph: Graph, rows: Sequence[Layer], depth: int) -> list[Layer]:
    """A row for all layers whose names agree in their first ``depth`` places, with their sums and the last one's shape.

    It stands where the first of them does.
    """
    groups: dict[str, list[Layer]] = {}
    for row in rows:
        groups.setdefault("/".join(graph.places(row.name)[:depth]), []).append(row)
    return [_together(name, group) for name, group in groups.items()]


def _together(name: str, rows: Sequence[Layer]) -> Layer:
    costs: dict[str, Any] = {cost: _sum([getattr(row, cost) for row in rows]) for cost in COSTS}
    kind = rows[0].kind if len(rows) == 1 else f"{len(rows):,} layers"
    return replace(rows[0], name=name, kind=kind, shape=rows[-1].shape, **costs)


def summary(graph: Graph, tables: Mapping[str, Table | KernelTable], depth: int | None = None) -> dict[str, Any]:
    """What `netspec show --json` prints; with ``depth`` the layers are ``folded``."""
    rows = layers(graph)
    found: dict[str, Any] = {
        "net": graph.name,
        **{cost: _sum([getattr(row, cost) for row in rows]) for cost in COSTS},
        "inputs": {name: show(shape) for name, shape in graph.inputs.items()},
        "outputs": _outputs(graph),
        "layers": [asdict(row) for row in (folded(graph, rows, depth) if depth else rows)],
        "tables": {name: _table(table) for name, table in tables.items()},
    }
    if any(output.train for output in graph.outputs):
        small = graph.deployed()
        total = small.costs()
        found["deployed"] = {
            "parameters": small.parameters(),
            "macs": None if total is None else total.macs,
            "outputs": _outputs(small),
        }
    return found


def _sum(costs: Sequence[int | None]) -> int | None:
    """The whole cost; None where that of one layer is not known."""
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None


def _outputs(graph: Graph) -> dict[str, str]:
    return {output.name: show(graph.shapes[output.value]) for output in graph.outputs}


def _layer(graph: Graph, node: Node, first: bool) -> Layer:
    cost = graph.cost(node)
    return Layer(
        name=node.name,
        kind=node.op.name,
        shape=show(node.shape),
        units=_units(graph, node),
        parameters=graph.node_parameters(node) if first else 0,
        connections=None if cost is None else cost.connections,
        macs=None if cost is None else cost.macs,
        activations=_bytes(node.shape),
        line=node.line,
    )


def _units(graph: Graph, node: Node) -> int | None:
    weight = graph.local_weights(node).get("weight")
    if weight is None or weight.role not in ("kernel", "fixed"):
        return 0
    return None if is_free(node.shape) else prod(numbers(node.shape))


def _bytes(shape: Shape) -> int | None:
    return None if is_free(shape) else FLOAT * prod(numbers(shape))


def _table(table: Table | KernelTable) -> dict[str, Any]:
    if isinstance(table, KernelTable):
        return {"size": show(table.size), "taps": table.count, "weights": table.weights}
    return {name: getattr(table, name) for name in ("inputs", "outputs", "connections", "fan_in", "weights")}
