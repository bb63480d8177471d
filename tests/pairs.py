"""Chains of operators with inputs of their own, many in one net, so that onnxruntime's optimiser merges them."""

from __future__ import annotations

import random
from functools import cache

from netspec.diagnostics import Fault
from netspec.graph import Graph, Node, Output
from netspec.ops import Operator
from netspec.shape import Shape
from tests.agreement import sound

#: Operators on 16 maps (onnxruntime's own layout takes 8 or 16 at a time), with arguments that change their export.
MAPS = (
    "conv(16, 3, pad: 1)", "conv(8, 1, bias: false)", "conv(16, 3, pad: same, groups: 16)", "conv(16, 2, stride: 2)",
        "conv(8, 2, dilation: 2)", "conv(16, 3, pad: 1, table: ring)",
    "deconv(16, 3, stride: 2, pad: same)", "deconv(8, 2)", "local(8, 2)",
    "maxpool(2)", "maxpool(3, stride: 1, pad: 1)", "maxpool(2, pad: 1, ceil: true)", "avgpool(2)",
        "avgpool(3, stride: 2, pad: 1)", "avgpool(3, stride: 2, ceil: true)",
    "lppool(2)", "lppool(3, stride: 2, pad: 1, p: 3)", "subsample(2)", "global_avgpool", "global_maxpool",
        "group_norm(4)", "lrn(size: 3, alpha: 0.5)", "upsample(2)",
    "upsample(2, mode: linear)", "pad(1)", "pad(0x2)", "pad(0)", "crop(3, 2)", "shuffle(4)", "connect(thin)",
        "connect(wide, stride: 2)", "connect(mixed)",
)  # fmt: skip
ANY = (
    "dense(16)", "rbf(16, width: 20)", "norm", "norm(affine: false)", "layer_norm", "slice(maps: 3..10)", "flatten",
        "scale(-1.5)", "shift(0.7)", "dropout(0.4)",
    "relu", "relu(max: 0.7)", "leaky_relu(0.2)", "prelu", "elu(0.7)", "selu", "gelu", "silu", "hard_swish", "sigmoid",
        "hard_sigmoid",
    "tanh", "tanh(scale: 1.7159, slope: 2/3)", "softplus", "softsign", "abs", "square", "softmax", "log_softmax",
)  # fmt: skip
JOINS = (
    "[identity, identity] -> add",
    "[identity, identity] -> subtract",
    "[identity, identity] -> multiply",
    "[identity, identity] -> concat",
)
_TABLES = """
    sparse table ring: 16 -> 16 = band(3)
    residual table thin: 16 -> 8 = identity
    residual table wide: 16 -> 24 = identity
    residual table mixed: 16 -> 2 {
        = -0.5
        . 2
        = .
        . .
        . .
        . .
        . .
        . .
        . .
        . .
        . .
        . .
        . .
        . .
        . .
        0.3 =
    }
"""
WRITTEN = (*MAPS, *ANY, *JOINS)


@cache
def operators() -> dict[str, Operator]:
    """The operator of each line, as a spec makes it."""
    lines = "\n".join(f"output y{i} = x -> {text}" for i, text in enumerate(WRITTEN))
    graph = sound(f"netspec 1\nnet A {{\ninput x: 16 x 6 x 5\n{_TABLES}{lines}\n}}\n")
    made = {node.name: node.op for node in graph.nodes}
    return {text: made[graph.outputs[i].value] for i, text in enumerate(WRITTEN)}


class Chains:
    """A net that grows by chains; one that shapes forbid is left out."""

    def __init__(self) -> None:
        self.inputs: dict[str, Shape] = {}
        self.nodes: list[Node] = []
        self.outputs: list[Output] = []
        self.texts: dict[str, str] = {}

    def add(self, first: Shape, texts: tuple[str, ...]) -> bool:
        """One more chain on a value of a shape; whether it can be."""
        number = len(self.outputs)
        value, shape = f"x{number}", first
        inputs: dict[str, Shape] = {value: first}
        nodes: list[Node] = []
        for step, text in enumerate(texts):
            op = operators()[text]
            values, shapes = [value], [shape]
            if op.joins:
                values, shapes = [value, f"x{number}_{step}"], [shape, shape]
                inputs[values[1]] = shape
            try:
                shape = op.shape(shapes)
            except Fault:
                return False
            value = f"y{number}/{op.name}_{step}"
            nodes.append(Node(value, value, op, tuple(values), shape))
        self.inputs |= inputs
        self.nodes += nodes
        self.outputs.append(Output(f"y{number}", value))
        self.texts[f"y{number}"] = " -> ".join(texts)
        return True

    def graph(self) -> Graph:
        """The net so far."""
        return Graph("Chains", self.inputs, tuple(self.nodes), tuple(self.outputs))


def drawn(draw: random.Random, count: int) -> Chains:
    """Chains of two to five operators on values of one to three axes."""
    chains = Chains()
    while len(chains.outputs) < count:
        sizes = draw.choice([(6, 5), (6, 5), (7, 8), (1, 9), (9,), (4, 5, 3), ()])
        chains.add((16, *sizes), tuple(draw.choice(WRITTEN) for _ in range(draw.randint(2, 5))))
    return chains
