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
from netspec.weights import Array, Arrays, Model

#: Names of free sizes, by how many axes there are.
AXES = {1: ("W",), 2: ("H", "W"), 3: ("D", "H", "W")}


def dense_to_conv(model: Model) -> Model:
    """Rules: ``dense`` over maps becomes a ``conv`` with a kernel of their size, ``dense`` over units one of 1 × 1, ``flatten``
    before them goes; the weights are the same numbers in another shape (Long, Shelhamer, Darrell 2015, section 3.1).

    The inputs keep their maps and get free sizes. Fault N606 where a layer cannot be turned.
    """
    graph = convolutional(model.graph)
    return Model(graph, reshaped(graph, model.weights))


def convolutional(graph: Graph) -> Graph:
    """The graph alone. Fault N606 where a layer has no form as a convolution."""
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
        raise Fault("N606", f"{node.name} has no form as a convolution", help="the net must end in dense layers, activations and pools")
    if not isinstance(op, Dense):
        return None
    kernel = _flattened(graph, node) or (1,) * rank
    common = {name: getattr(op, name) for name in ("table", "init", "bias", "rate", "decay", "frozen")}
    if op.table is not None and max(kernel) > 1:
        raise Fault("N606", f"{node.name} has a table over flattened maps: it has no form as a convolution")
    return replace(node, op=Conv(maps=op.units, kernel=kernel).model_copy(update=common))


def _flattened(graph: Graph, node: Node) -> tuple[int, ...]:
    """Sizes of the maps that a dense layer reads, before any flatten."""
    value = node.inputs[0]
    made = {n.name: n for n in graph.nodes}
    while value in made and isinstance(made[value].op, Flatten):
        value = made[value].inputs[0]
    return numbers(graph.shapes[value])[1:]
