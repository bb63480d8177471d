"""How large a deployed model becomes: by arithmetic, before a weight is drawn or a table spread."""

from __future__ import annotations

from math import prod

from netspec.diagnostics import Fault
from netspec.graph import Graph, Node
from netspec.ops.conv import Convolution, Local
from netspec.ops.dense import Dense
from netspec.ops.wiring import Connect
from netspec.passes.lower_tables import deployed_pattern
from netspec.shape import LARGEST_MODEL, numbers
from netspec.tables import KernelTable, Table


def deployed_bytes(graph: Graph) -> int:
    """Bytes of the weights that the model file of a graph holds, at most; training's heads are left out."""
    small = graph.deployed()
    return 4 * sum(_numbers(node, small) for node, fresh in small.fresh() if fresh)


def check_size(graph: Graph) -> None:
    """Fault N605 where one ONNX file could not hold the model."""
    count = deployed_bytes(graph)
    if count > LARGEST_MODEL:
        raise Fault("N605", f"the model has {count / 2**30:.1f} GiB of weights, but one ONNX file holds at most 2")


def _numbers(node: Node, graph: Graph) -> int:
    """Numbers of one node once its tables are lowered."""
    op, shapes = node.op, {local: weight.shape for local, weight in graph.local_weights(node).items()}
    if isinstance(op, Connect):
        return _matrix(op)
    if not isinstance(op, Convolution | Dense):
        return sum(map(prod, shapes.values()))
    positions = prod(numbers(node.shape)[1:]) if isinstance(op, Local) else 1
    taps = prod(op.window(graph.input_shapes(node)[0]).kernel) if isinstance(op, Convolution) else 1
    kernel, count = getattr(op, "kernel", None), prod(shapes["weight"])
    if isinstance(op.table, Table) and deployed_pattern(op, op.table).kind in ("spread", "fixed"):
        count = op.table.inputs * op.table.outputs * positions * taps
    elif isinstance(kernel, KernelTable):
        count = count // kernel.weights * taps
    return count + prod(shapes.get("bias", (0,)))


def _matrix(op: Connect) -> int:
    """What a wiring takes that is neither a selection nor zeros behind."""
    return 0 if op.picks else op.table.inputs * op.table.outputs
