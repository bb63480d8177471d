"""What a net is in figures: a row for each layer, sums, the tables, and what remains of it when it is deployed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from netspec.graph import Graph, Node
from netspec.shape import is_free, numbers, show
from netspec.tables import KernelTable, Table


@dataclass(frozen=True)
class Layer:
    """A row of the summary; costs and units are None where they depend on a free size.

    ``units`` are the values of layers with kernels or centres: the neurons that papers count.
    """

    name: str
    kind: str
    shape: str
    units: int | None
    parameters: int
    connections: int | None
    macs: int | None
    line: int


def layers(graph: Graph) -> list[Layer]:
    """A row for each layer, in order; the parameters of shared weights stand at their first use."""
    return [_layer(graph, node, first) for node, first in graph.fresh()]


def summary(graph: Graph, tables: Mapping[str, Table | KernelTable]) -> dict[str, Any]:
    """What `netspec show --json` prints."""
    rows = layers(graph)
    found: dict[str, Any] = {
        "net": graph.name,
        "units": _sum([row.units for row in rows]),
        "parameters": graph.parameters(),
        "connections": _sum([row.connections for row in rows]),
        "macs": _sum([row.macs for row in rows]),
        "inputs": {name: show(shape) for name, shape in graph.inputs.items()},
        "outputs": _outputs(graph),
        "layers": [vars(row) for row in rows],
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
        line=node.line,
    )


def _units(graph: Graph, node: Node) -> int | None:
    weight = graph.local_weights(node).get("weight")
    if weight is None or weight.role not in ("kernel", "fixed"):
        return 0
    return None if is_free(node.shape) else prod(numbers(node.shape))


def _table(table: Table | KernelTable) -> dict[str, Any]:
    if isinstance(table, KernelTable):
        return {"size": show(table.size), "taps": table.count, "weights": table.weights}
    return {name: getattr(table, name) for name in ("inputs", "outputs", "connections", "fan_in", "weights")}
