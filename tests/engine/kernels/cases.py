"""A row an operator, or several: what gradients and onnxruntime are tried on. Sizes are unequal on purpose.

A row is words only. netspec makes the operator and its tables when a test asks, so that a fault planted in a generator,
or a mutant of one, is there when the test looks at it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
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


@dataclass(frozen=True)
class Made:
    """A table that is made when a row is tried, and its name in the row's label."""

    name: str
    make: Callable[[], Table | KernelTable]


def picture(kind: str, inputs: int, outputs: int, *rows: str) -> Made:
    """A table as it is drawn in a spec."""
    return Made("table", partial(drawn, kind, inputs, outputs, *rows))


def generated(generator: Callable[..., Table], *arguments: Any) -> Made:
    """A table as a generator lays it out."""
    return Made(generator.__name__, partial(generator, *arguments))


SPARSE = picture("sparse", 3, 4, "X . X .", ". X X .", "X . X X")
SHARED = picture("shared", 3, 4, "a . X b", ". a b .", "b . a X")
MIXED = picture("residual", 3, 4, "= . X 0.5", ". a = .", "X . a -2")
PASSES = picture("residual", 3, 5, "= . . 0.3 .", ". = . 0.6 .", ". . = 0.1 .")
CODES = picture("sparse", 6, 4, "X . X .", ". X X .", "X . X X", "X X . .", ". . X X", "X . . X")
CROSS = Made("cross", partial(KernelTable, "cross", (3, 3), (-1, 0, -1, 1, 2, 3, -1, 4, -1)))
MIRROR = Made("mirror", partial(KernelTable, "mirror", (1, 3), (0, 1, 0), ((0, "b"),)))


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


@dataclass(frozen=True)
class Row:
    """A case that is still to be made: the layer's name, the shapes that enter, its arguments."""

    name: str
    shapes: tuple[Shape, ...]
    arguments: dict[str, Any]

    def __str__(self) -> str:
        told = ", ".join(f"{name}={getattr(value, 'name', value) or name}" for name, value in self.arguments.items())
        return f"{self.name}({told}) {' '.join('x'.join(map(str, shape)) for shape in self.shapes)}"

    def case(self) -> Case:
        """The operator, made now."""
        made = {name: value.make() if isinstance(value, Made) else value for name, value in self.arguments.items()}
        return Case(OPERATORS[self.name](**made), self.shapes, str(self))


def row(name: str, *shapes: Shape, **arguments: Any) -> Row:
    """A row of the list."""
    return Row(name, shapes, arguments)


def case(name: str, *shapes: Shape, **arguments: Any) -> Case:
    """A case of its own, made now."""
    return row(name, *shapes, **arguments).case()


MAPS: Shape = (3, 5, 4)
CASES = [
    row("conv", MAPS, maps=4, kernel=3),
    row("conv", MAPS, maps=4, kernel=1),
    row("conv", MAPS, maps=4, kernel=1, stride=2, bias=False),
    row("conv", MAPS, maps=2, kernel=(3, 2), stride=(2, 1), pad=(1, 0), dilation=(1, 2)),
    row("conv", MAPS, maps=4, kernel=(2, 4), pad="same", stride=2),
    row("conv", (4, 5, 4), maps=6, kernel=3, groups=2, pad=1),
    row("conv", (4, 5, 4), maps=8, kernel=3, groups=4, pad=1, stride=2),
    row("conv", (3, 7), maps=4, kernel=3, stride=2, pad=1),
    row("conv", (2, 3, 4, 5), maps=3, kernel=(2, 3, 2), pad=1),
    row("conv", MAPS, maps=4, kernel=3, table=SPARSE),
    row("conv", MAPS, maps=4, kernel=3, table=SHARED, pad=1),
    row("conv", MAPS, maps=4, kernel=3, table=MIXED, pad="same"),
    row("conv", (4, 5, 4), maps=6, kernel=2, table=generated(groups, "sparse", 4, 6, 2)),
    row("conv", (3, 5, 4), maps=6, kernel=2, table=generated(depthwise, "sparse", 3, 6, 2)),
    row("conv", (8, 5, 4), maps=5, kernel=2, table=generated(random, "sparse", 8, 5, 2, 1)),
    row("conv", MAPS, maps=4, kernel=CROSS, pad=1),
    row("conv", MAPS, maps=4, kernel=MIRROR, table=SPARSE),
    row("deconv", MAPS, maps=4, kernel=3, stride=2, pad=1),
    row("deconv", MAPS, maps=2, kernel=2, stride=2, bias=False),
    row("deconv", MAPS, maps=2, kernel=3, stride=2, pad="same", dilation=(1, 2)),
    row("deconv", MAPS, maps=2, kernel=2, stride=3, pad="same"),
    row("deconv", (4, 3, 4), maps=6, kernel=3, groups=2),
    row("deconv", (3, 6), maps=2, kernel=3, stride=2),
    row("deconv", MAPS, maps=4, kernel=3, table=SPARSE),
    row("local", MAPS, maps=4, kernel=3),
    row("local", (4, 5, 4), maps=6, kernel=2, stride=2, groups=2, pad=1),
    row("local", (2, 7), maps=3, kernel=3),
    row("local", MAPS, maps=4, kernel=3, table=SHARED, pad="same"),
    row("dense", (6,), units=4),
    row("dense", MAPS, units=4, bias=False),
    row("dense", (3,), units=4, table=SPARSE),
    row("dense", (3,), units=4, table=MIXED),
    row("dense", (1200,), units=1000, table=generated(band, "sparse", 1200, 1000, 5)),
    row("rbf", (6,), units=4),
    row("rbf", (6,), units=4, codes=CODES),
    row("rbf", (2, 3, 1), units=4, width=2.0),
    row("maxpool", MAPS, size=2),
    row("maxpool", MAPS, size=3, stride=2, pad=1, ceil=True),
    row("maxpool", (2, 7), size=3, stride=2),
    row("maxpool", (2, 4, 5, 4), size=2),
    row("maxpool", (2, 8, 9), size=2, stride=3),
    row("maxpool", (3, 7, 8), size=(1, 3), stride=(2, 1), pad=(0, 1)),
    row("maxpool", (2, 6, 7), size=(4, 5), stride=(2, 3), pad=2),
    row("maxpool", (2, 5, 4, 6), size=3, stride=2, pad=1, ceil=True),
    row("avgpool", MAPS, size=2, stride=1),
    row("avgpool", (2, 8, 9), size=2, stride=3),
    row("avgpool", (2, 6, 7), size=(4, 5), stride=(2, 3), pad=2),
    row("avgpool", (2, 9), size=3, stride=2, pad=1),
    row("avgpool", (2, 4, 5, 4), size=2),
    row("avgpool", MAPS, size=(3, 2), stride=2, pad=1, ceil=True),
    row("lppool", MAPS, size=2),
    row("lppool", MAPS, size=(3, 2), stride=1, p=3.0),
    row("subsample", MAPS, size=2),
    row("subsample", (2, 7), size=3),
    row("global_avgpool", MAPS),
    row("global_maxpool", MAPS),
    row("norm", MAPS),
    row("norm", (5,), momentum=0.8, epsilon=1e-3),
    row("norm", MAPS, affine=False),
    row("norm", MAPS, frozen=True),
    row("layer_norm", MAPS),
    row("layer_norm", (5,)),
    row("group_norm", (6, 5, 4), groups=3),
    row("group_norm", (6, 5, 4), groups=2, affine=False),
    row("lrn", (7, 5, 4), size=5, alpha=0.5, beta=0.75, bias=2.0),
    row("lrn", (3, 6), size=2, alpha=0.5),
    row("relu", MAPS),
    row("relu", MAPS, max=0.7),
    row("leaky_relu", MAPS, slope=0.2),
    row("prelu", MAPS),
    row("prelu", (5,)),
    row("elu", MAPS, alpha=0.7),
    row("selu", MAPS),
    row("gelu", MAPS),
    row("silu", MAPS),
    row("hard_swish", MAPS),
    row("sigmoid", MAPS),
    row("hard_sigmoid", MAPS),
    row("tanh", MAPS),
    row("tanh", MAPS, scale=1.7159, slope=2 / 3),
    row("softplus", MAPS),
    row("softsign", MAPS),
    row("abs", MAPS),
    row("square", MAPS),
    row("softmax", (5,)),
    row("softmax", MAPS),
    row("log_softmax", (5,)),
    row("log_softmax", MAPS),
    row("dropout", MAPS, share=0.4),
    row("flatten", MAPS),
    row("reshape", MAPS, size=(2, 6, 5)),
    row("shuffle", (6, 5, 4), groups=3),
    row("upsample", MAPS, factor=2),
    row("upsample", MAPS, factor=(2, 3), mode="linear"),
    row("upsample", (2, 5), factor=3, mode="linear"),
    row("pad", MAPS, size=(1, 2)),
    row("crop", MAPS, height=2, width=3),
    row("slice", MAPS, maps=[1, 2]),
    row("slice", MAPS, maps=[2, 0, 2]),
    row("connect", MAPS, table=PASSES, stride=2),
    row("connect", MAPS, table=generated(identity, "residual", 3, 5)),
    row("connect", (3,), table=PASSES),
    row("scale", MAPS, factor=-1.5),
    row("shift", MAPS, amount=2.5),
    row("concat", (3, 5, 4), (2, 5, 4)),
    row("concat", (3,), (2,)),
    row("add", MAPS, MAPS, MAPS),
    row("add", MAPS, (3,)),
    row("subtract", MAPS, MAPS, (3, 1, 4)),
    row("multiply", MAPS, (3,)),
    row("multiply", MAPS, MAPS, (1, 5, 4)),
]


def random_weights(graph: Graph, seed: int = 0) -> dict[str, Any]:
    """Weights with nothing special about them: no zeros, no ones, variances above 0."""
    rng = np.random.default_rng(seed)
    made = {}
    for path, weight in graph.weights.items():
        array = rng.standard_normal(weight.shape)
        made[path] = (
            np.abs(array) + 0.5 if path.endswith("running_var") else np.sign(array) if weight.role == "fixed" else array
        )
    return made
