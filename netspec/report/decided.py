"""What netspec decided where a file says nothing: of layers, of training, of preparation."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.graph import Graph
from netspec.ops.norm import Affine
from netspec.settings import Arguments, Data, Train

#: Settings that a net is not trained well without knowing.
NEEDED = ("optimizer", "schedule", "batch", "epochs", "seed")
#: So many layers are named one by one.
MOST_NAMES = 3


def decided(graph: Graph, train: Train, data: Data) -> Iterator[str]:
    """A line each; layers with the same line together."""
    found: dict[str, list[str]] = {}
    for node in graph.nodes:
        lines = list(node.op.decided(graph.input_shapes(node)))
        if getattr(node.op, "bias", None) is False and any(
            isinstance(user.op, Affine) for user in graph.users[node.name]
        ):
            lines.append("no bias: the norm behind has one")
        for text in lines:
            found.setdefault(text, []).append(node.name)
    for text, names in found.items():
        yield f"{_several(names)}: {text}"
    for output, loss in train.loss.items():
        yield f"train: the loss of {output} is {loss}"
    for name in NEEDED:
        if name not in train.given:
            yield f"train: {name} is {_written(getattr(train, name))}"
    if any(weight.role == "kernel" for weight in graph.weights.values()) and train.optimizer.arguments().get("decay"):
        yield "train: decay reaches kernels, not biases and gains"
    for step in data.prepare:
        if step.name == "resize":
            yield f"data: resize filters {step.arguments()['filter']}, with antialiasing, as Pillow does"


def _several(names: list[str]) -> str:
    return (
        ", ".join(names) if len(names) <= MOST_NAMES else f"{names[0]}, {names[1]}, … {names[-1]} ({len(names)} layers)"
    )


def _written(value: object) -> str:
    return (
        " -> ".join(map(_written, value))
        if isinstance(value, tuple)
        else f"{value}"
        if not isinstance(value, Arguments)
        else str(value)
    )
