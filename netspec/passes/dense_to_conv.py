"""Dense layers as convolutions, so that a net reads pictures of any size and answers with a map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from netspec.diagnostics import Fault
from netspec.graph import Graph, Node
from netspec.ops.conv import Conv
from netspec.ops.dense import Dense, Rbf
from netspec.ops.pool import GlobalPool
from netspec.ops.rearrange import Flatten, Reshape
from netspec.shape import Free, Shape, numbers
from netspec.weights import Array, Arrays

#: Names of free sizes, by how many axes there are.
AXES = {1: ("W",), 2: ("H", "W"), 3: ("D", "H", "W")}


def convolutional(graph: Graph) -> Graph:
    """Dense layers as convolutions (Long, Shelhamer, Darrell 2015, section 3.1); `reshaped` brings the weights along.

    Rules:
    1. ``dense`` over maps becomes a ``conv`` with a kernel of their size, ``dense`` over units one of 1 × 1.
    2. ``flatten`` before them goes.
    3. The weights are the same numbers in another shape.
    4. The inputs keep their maps and get free sizes.
    5. What comes after a pool over all positions stays as it is.
    6. A net that reads units, or a layer that has no form as a convolution, is Fault N606.
    """
    rank = max(len(shape) for shape in graph.inputs.values()) - 1
    if rank < 1:
        raise Fault("N606", f"net {graph.name} reads units: it has no picture to slide over")
    slides = _sliding(graph)
    changed = graph.bypass(lambda node: isinstance(node.op, Flatten) and slides.issuperset(node.inputs))
    changed = changed.replace(lambda node: _turned(node, graph, rank) if slides.issuperset(node.inputs) else None)
    free: Mapping[str, Shape] = {
        name: (shape[0], *map(Free, AXES[len(shape) - 1])) for name, shape in graph.inputs.items()
    }
    return replace(changed, inputs=free).sized({})


def reshaped(graph: Graph, weights: Arrays) -> dict[str, Array]:
    """The numbers of the net that a convolutional one came from, in its shapes."""
    return {path: array.reshape(graph.weights[path].shape) for path, array in weights.items() if path in graph.weights}


def _sliding(graph: Graph) -> set[str]:
    """Values with a place in the picture: all but what comes after a pool over the whole of it."""
    found = {name for name, shape in graph.inputs.items() if len(shape) > 1}
    for node in graph.nodes:
        if found.issuperset(node.inputs) and not isinstance(node.op, GlobalPool):
            found.add(node.name)
    return found


def _turned(node: Node, graph: Graph, rank: int) -> Node | None:
    op = node.op
    if isinstance(op, Rbf | Reshape):
        raise Fault(
            "N606",
            f"{node.name} has no form as a convolution",
            help="the net must end in dense layers, activations and pools",
        )
    if not isinstance(op, Dense):
        return None
    kernel = _flattened(graph, node) or (1,) * rank
    common = {name: getattr(op, name) for name in ("table", "init", "bias", "rate", "decay", "frozen")}
    if op.table is not None and max(kernel) > 1:
        raise Fault("N606", f"{node.name} has a table over flattened maps: it has no form as a convolution")
    return replace(node, op=Conv(maps=op.units, kernel=kernel).replaced(**common))


def _flattened(graph: Graph, node: Node) -> tuple[int, ...]:
    """Sizes of the maps that a dense layer reads, before any flatten."""
    value = node.inputs[0]
    makers = {n.name: n for n in graph.nodes}
    while value in makers and isinstance(makers[value].op, Flatten):
        value = makers[value].inputs[0]
    return numbers(graph.shapes[value])[1:]
