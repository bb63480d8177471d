"""A row an operator, or several: what gradients and onnxruntime are tried on. Sizes are unequal on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from netspec.graph import Graph, Node, Output
from netspec.ops import OPERATORS, Operator
from netspec.shape import Shape
from netspec.tables import KernelTable, Table
from netspec.tables.generators import band, depthwise, groups, identity, random
from netspec.tables.picture import read_table


def drawn(kind: str, inputs: int, outputs: int, *rows: str) -> Table:
    """A table from its picture."""
    table = read_table(kind, inputs, outputs, rows, lambda *told: (_ for _ in ()).throw(AssertionError(told)))
    assert table is not None
    return table


SPARSE = drawn("sparse", 3, 4, "X . X .", ". X X .", "X . X X")
SHARED = drawn("shared", 3, 4, "a . X b", ". a b .", "b . a X")
MIXED = drawn("residual", 3, 4, "= . X 0.5", ". a = .", "X . a -2")
PASSES = drawn("residual", 3, 5, "= . . 0.3 .", ". = . 0.6 .", ". . = 0.1 .")
CODES = drawn("sparse", 6, 4, "X . X .", ". X X .", "X . X X", "X X . .", ". . X X", "X . . X")
CROSS = KernelTable("cross", (3, 3), (-1, 0, -1, 1, 2, 3, -1, 4, -1))
MIRROR = KernelTable("mirror", (1, 3), (0, 1, 0), ((0, "b"),))


@dataclass(frozen=True)
class Case:
    """An operator, and the shapes that enter it (maps first)."""

    op: Operator
    shapes: tuple[Shape, ...]
    label: str

    def __str__(self) -> str:
        return self.label

    def graph(self) -> Graph:
        """The operator as a net of its own."""
        inputs = {f"x{i}": shape for i, shape in enumerate(self.shapes)}
        node = Node("y/op", "y/op", self.op, tuple(inputs), self.op.shape(self.shapes))
        return Graph("Case", inputs, (node,), (Output("y", "y/op"),))


def case(name: str, *shapes: Shape, **arguments: Any) -> Case:
    """A row: the layer's name, the shapes that enter, its arguments."""
    told = ", ".join(f"{k}={getattr(v, 'name', v) or k}" for k, v in arguments.items())
    sizes = " ".join("x".join(map(str, shape)) for shape in shapes)
    return Case(OPERATORS[name](**arguments), shapes, f"{name}({told}) {sizes}")


MAPS: Shape = (3, 5, 4)
CASES = [
    case("conv", MAPS, maps=4, kernel=3),
    case("conv", MAPS, maps=4, kernel=1),
    case("conv", MAPS, maps=4, kernel=1, stride=2, bias=False),
    case("conv", MAPS, maps=2, kernel=(3, 2), stride=(2, 1), pad=(1, 0), dilation=(1, 2)),
    case("conv", MAPS, maps=4, kernel=(2, 4), pad="same", stride=2),
    case("conv", (4, 5, 4), maps=6, kernel=3, groups=2, pad=1),
    case("conv", (4, 5, 4), maps=8, kernel=3, groups=4, pad=1, stride=2),
    case("conv", (3, 7), maps=4, kernel=3, stride=2, pad=1),
    case("conv", (2, 3, 4, 5), maps=3, kernel=(2, 3, 2), pad=1),
    case("conv", MAPS, maps=4, kernel=3, table=SPARSE),
    case("conv", MAPS, maps=4, kernel=3, table=SHARED, pad=1),
    case("conv", MAPS, maps=4, kernel=3, table=MIXED, pad="same"),
    case("conv", (4, 5, 4), maps=6, kernel=2, table=groups("sparse", 4, 6, 2)),
    case("conv", (3, 5, 4), maps=6, kernel=2, table=depthwise("sparse", 3, 6, 2)),
    case("conv", (8, 5, 4), maps=5, kernel=2, table=random("sparse", 8, 5, 2, 1)),
    case("conv", MAPS, maps=4, kernel=CROSS, pad=1),
    case("conv", MAPS, maps=4, kernel=MIRROR, table=SPARSE),
    case("deconv", MAPS, maps=4, kernel=3, stride=2, pad=1),
    case("deconv", MAPS, maps=2, kernel=2, stride=2, bias=False),
    case("deconv", MAPS, maps=2, kernel=3, stride=2, pad="same", dilation=(1, 2)),
    case("deconv", MAPS, maps=2, kernel=2, stride=3, pad="same"),
    case("deconv", (4, 3, 4), maps=6, kernel=3, groups=2),
    case("deconv", (3, 6), maps=2, kernel=3, stride=2),
    case("deconv", MAPS, maps=4, kernel=3, table=SPARSE),
    case("local", MAPS, maps=4, kernel=3),
    case("local", (4, 5, 4), maps=6, kernel=2, stride=2, groups=2, pad=1),
    case("local", (2, 7), maps=3, kernel=3),
    case("local", MAPS, maps=4, kernel=3, table=SHARED, pad="same"),
    case("dense", (6,), units=4),
    case("dense", MAPS, units=4, bias=False),
    case("dense", (3,), units=4, table=SPARSE),
    case("dense", (3,), units=4, table=MIXED),
    case("dense", (1200,), units=1000, table=band("sparse", 1200, 1000, 5)),
    case("rbf", (6,), units=4),
    case("rbf", (6,), units=4, codes=CODES),
    case("rbf", (2, 3, 1), units=4, width=2.0),
    case("maxpool", MAPS, size=2),
    case("maxpool", MAPS, size=3, stride=2, pad=1, ceil=True),
    case("maxpool", (2, 7), size=3, stride=2),
    case("maxpool", (2, 4, 5, 4), size=2),
    case("maxpool", (2, 8, 9), size=2, stride=3), case("maxpool", (3, 7, 8), size=(1, 3), stride=(2, 1), pad=(0, 1)),
    case("maxpool", (2, 6, 7), size=(4, 5), stride=(2, 3), pad=2), case("maxpool", (2, 5, 4, 6), size=3, stride=2, pad=1, ceil=True),
    case("avgpool", MAPS, size=2, stride=1), case("avgpool", (2, 8, 9), size=2, stride=3), case("avgpool", (2, 6, 7), size=(4, 5), stride=(2, 3), pad=2),
    case("avgpool", (2, 9), size=3, stride=2, pad=1), case("avgpool", (2, 4, 5, 4), size=2),
    case("avgpool", MAPS, size=(3, 2), stride=2, pad=1, ceil=True),
    case("lppool", MAPS, size=2),
    case("lppool", MAPS, size=(3, 2), stride=1, p=3.0),
    case("subsample", MAPS, size=2),
    case("subsample", (2, 7), size=3),
    case("global_avgpool", MAPS),
    case("global_maxpool", MAPS),
    case("norm", MAPS),
    case("norm", (5,), momentum=0.8, epsilon=1e-3),
    case("norm", MAPS, affine=False),
    case("layer_norm", MAPS),
    case("layer_norm", (5,)),
    case("group_norm", (6, 5, 4), groups=3),
    case("group_norm", (6, 5, 4), groups=2, affine=False),
    case("lrn", (7, 5, 4), size=5, alpha=0.5, beta=0.75, bias=2.0),
    case("lrn", (3, 6), size=2, alpha=0.5),
    case("relu", MAPS),
    case("relu", MAPS, max=0.7),
    case("leaky_relu", MAPS, slope=0.2),
    case("prelu", MAPS),
    case("prelu", (5,)),
    case("elu", MAPS, alpha=0.7),
    case("selu", MAPS),
    case("gelu", MAPS),
    case("silu", MAPS),
    case("hard_swish", MAPS),
    case("sigmoid", MAPS),
    case("hard_sigmoid", MAPS),
    case("tanh", MAPS),
    case("tanh", MAPS, scale=1.7159, slope=2 / 3),
    case("softplus", MAPS),
    case("softsign", MAPS),
    case("abs", MAPS),
    case("square", MAPS),
    case("softmax", (5,)),
    case("softmax", MAPS),
    case("log_softmax", (5,)),
    case("log_softmax", MAPS),
    case("dropout", MAPS, share=0.4),
    case("flatten", MAPS),
    case("reshape", MAPS, size=(2, 6, 5)),
    case("shuffle", (6, 5, 4), groups=3),
    case("upsample", MAPS, factor=2),
    case("upsample", MAPS, factor=(2, 3), mode="linear"),
    case("upsample", (2, 5), factor=3, mode="linear"),
    case("pad", MAPS, size=(1, 2)),
    case("crop", MAPS, height=2, width=3),
    case("slice", MAPS, maps=[1, 2]),
    case("slice", MAPS, maps=[2, 0, 2]),
    case("connect", MAPS, table=PASSES, stride=2),
    case("connect", MAPS, table=identity("residual", 3, 5)),
    case("connect", (3,), table=PASSES),
    case("scale", MAPS, factor=-1.5),
    case("shift", MAPS, amount=2.5),
    case("concat", (3, 5, 4), (2, 5, 4)),
    case("concat", (3,), (2,)),
    case("add", MAPS, MAPS, MAPS),
    case("add", MAPS, (3,)),
    case("subtract", MAPS, MAPS, (3, 1, 4)),
    case("multiply", MAPS, (3,)),
    case("multiply", MAPS, MAPS, (1, 5, 4)),
]


def random_weights(graph: Graph, seed: int = 0) -> dict[str, Any]:
    """Weights with nothing special about them: no zeros, no ones, variances above 0."""
    rng = np.random.default_rng(seed)
    made = {}
    for path, weight in graph.weights.items():
        array = rng.standard_normal(weight.shape)
        made[path] = np.abs(array) + 0.5 if path.endswith("running_var") else np.sign(array) if weight.role == "fixed" else array
    return made
