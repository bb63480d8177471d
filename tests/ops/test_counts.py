"""Arrays, fan-ins, parameters, connections and products of layers: the papers' own figures, or arithmetic by hand."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
import pytest

from netspec.ops import Init
from tests.agreement import sound


@dataclass(frozen=True)
class Row:
    """A layer on an input; of its kernel the shape, fan-in and fan-out; then figures of the whole layer."""

    layer: str
    x: str
    kernel: tuple[int, ...]
    fan_in: int | list[int]
    fan_out: int
    parameters: int
    connections: int
    macs: int
    tables: str = ""


WIRED = "sparse table t: 3 -> 2 {\nX X\nX .\n. .\n}\n"
SHARED = "shared table t: 3 -> 2 {\na b\na .\n. a\n}\n"
MIXED = "residual table t: 3 -> 2 {\n= X\n0.5 .\n. X\n}\n"
CROSS = "kernel table k: 3 x 3 {\n. X .\nX X X\n. X .\n}\n"
MIRROR = "kernel table k: 3 x 3 {\n. b .\na X a\n. b .\n}\n"
ROWS = [
    # LeCun et al. 1998, section II.B: C1 156 and 122,304; C5 48,120; F6 10,164
    Row("conv(6, 5)", "1 x 32 x 32", (6, 1, 5, 5), 25, 150, 156, 122_304, 117_600),
    Row("conv(120, 5)", "16 x 5 x 5", (120, 16, 5, 5), 400, 3000, 48_120, 48_120, 48_000),
    Row("dense(84)", "120", (84, 120), 120, 84, 10_164, 10_164, 10_080),
    # a group of 2 inputs and 4 outputs: each kernel feeds 4 of the 8 maps
    Row("conv(8, 3, groups: 2)", "4 x 7 x 7", (8, 2, 3, 3), 18, 36, 152, 3800, 3600),
    Row("conv(8, 3, groups: 2, bias: false)", "4 x 7 x 7", (8, 2, 3, 3), 18, 36, 144, 3600, 3600),
    Row("conv(4, 3, groups: 4)", "4 x 6 x 6", (4, 1, 3, 3), 9, 9, 40, 640, 576),
    Row("conv(2, 3)", "4 x 10", (2, 4, 3), 12, 6, 26, 208, 192),
    Row("conv(2, 3 x 2 x 1)", "1 x 4 x 4 x 4", (2, 1, 3, 2, 1), 6, 12, 14, 2 * 24 * 7, 2 * 24 * 6),
    Row("conv(2, 3, stride: 2, pad: 1, dilation: 2)", "1 x 7 x 8", (2, 1, 3, 3), 9, 18, 20, 180, 162),
    Row("deconv(3, 2, stride: 2)", "2 x 4 x 4", (3, 2, 2, 2), 8, 12, 27, 576, 384),
    Row("local(2, 3)", "1 x 5 x 5", (3, 3, 2, 1, 3, 3), 9, 18, 180, 180, 162),
    # of a table only the kernels that exist; output 0 takes two inputs, output 1 one
    Row("conv(2, 3, table: t)", "3 x 5 x 5", (3, 3, 3), [18, 18, 9], 18, 29, 261, 243, WIRED),
    Row("dense(2, table: t)", "3", (3,), [2, 2, 1], 2, 5, 5, 3, WIRED),
    Row("conv(2, 1, table: t)", "3 x 2 x 2", (2, 1, 1), [2, 2], 2, 4, 24, 16, SHARED),
    Row("conv(2, 1, table: t)", "3 x 2 x 2", (2, 1, 1), [2, 2], 2, 4, 16, 8, MIXED),
    Row("conv(2, k)", "3 x 3 x 3", (2, 3, 5), 15, 10, 32, 32, 30, CROSS),
    # a letter at two taps is one weight, used twice
    Row("conv(2, k)", "3 x 3 x 3", (2, 3, 3), 15, 10, 20, 32, 30, MIRROR),
    Row("deconv(2, k, bias: false)", "1 x 2 x 2", (2, 1, 3), 5, 10, 6, 40, 40, MIRROR),
    # a cell that passes a number on is no product, and no connection of the count
    Row("dense(2, table: t)", "3", (2,), [2, 2], 2, 4, 4, 2, MIXED),
    Row("local(2, 1, table: t)", "3 x 1 x 2", (1, 2, 2, 1, 1), 2, 2, 8, 8, 4, MIXED),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.x} -> {row.layer}")
def test_what_a_layer_with_kernels_has_and_costs(row: Row) -> None:
    graph = sound(f"netspec 1\n{row.tables}net A {{\ninput x: {row.x}\noutput y = x -> {row.layer}\n}}\n")
    (node,) = graph.nodes
    kernel = graph.local_weights(node)["weight"]
    assert kernel.shape == row.kernel
    assert np.asarray(kernel.fan_in).tolist() == row.fan_in
    assert kernel.fan_out == row.fan_out
    assert graph.parameters() == row.parameters
    cost = graph.cost(node)
    assert cost is not None
    assert (cost.connections, cost.macs) == (row.connections, row.macs)


#: A layer without kernels on 3 maps of 4 x 4: arrays by name, parameters, connections.
OTHERS = [
    ("relu", {}, 0, 0),
    ("prelu", {"weight": (3,)}, 3, 48),
    ("norm", {"weight": (3,), "bias": (3,), "running_mean": (3,), "running_var": (3,)}, 6, 96),
    ("norm(affine: false)", {"running_mean": (3,), "running_var": (3,)}, 0, 0),
    ("layer_norm", {"weight": (3,), "bias": (3,)}, 6, 96),
    ("group_norm(3)", {"weight": (3,), "bias": (3,)}, 6, 96),
    # 2 x 2 cells and a bias a unit, of 12 units (S2 of LeNet-5 has 5 * 1,176 = 5,880)
    ("subsample(2)", {"weight": (3,), "bias": (3,)}, 6, 60),
]


@pytest.mark.parametrize(("layer", "arrays", "parameters", "connections"), OTHERS, ids=[row[0] for row in OTHERS])
def test_what_a_layer_without_kernels_has(
    layer: str, arrays: dict[str, tuple[int, ...]], parameters: int, connections: int
) -> None:
    graph = sound(f"netspec 1\nnet A {{\ninput x: 3 x 4 x 4\noutput y = x -> {layer}\n}}\n")
    (node,) = graph.nodes
    assert {name: weight.shape for name, weight in graph.local_weights(node).items()} == arrays
    cost = graph.cost(node)
    assert graph.parameters() == parameters
    assert cost is not None
    assert cost.connections == connections
    assert cost.macs == 0
    assert all(weight.trained == ("running" not in name) for name, weight in graph.local_weights(node).items())
    assert prod(node.shape) > 0


HE, ZERO, ONE = Init("he"), Init("constant", 0.0), Init("constant", 1.0)


@pytest.mark.parametrize(
    ("layer", "starts"),
    [
        ("conv(2, 1)", {"weight": ("kernel", HE), "bias": ("bias", ZERO)}),
        ("local(2, 1)", {"weight": ("kernel", HE), "bias": ("bias", ZERO)}),
        ("dense(2, init: xavier)", {"weight": ("kernel", Init("xavier")), "bias": ("bias", ZERO)}),
        ("rbf(2)", {"weight": ("kernel", Init("gaussian", 1.0))}),
        ("prelu", {"weight": ("gain", Init("constant", 0.25))}),
        ("subsample(2)", {"weight": ("gain", ONE), "bias": ("gain", ZERO)}),
        (
            "relu -> norm",
            {
                "weight": ("gain", ONE),
                "bias": ("gain", ZERO),
                "running_mean": ("state", ZERO),
                "running_var": ("state", ONE),
            },
        ),
    ],
)
def test_what_arrays_are_and_how_they_begin(layer: str, starts: dict[str, tuple[str, Init]]) -> None:
    graph = sound(f"netspec 1\nnet A {{\ninput x: 3 x 4 x 4\noutput y = x -> {layer}\n}}\n")
    weights = graph.local_weights(graph.nodes[-1])
    assert {name: (weight.role, weight.start) for name, weight in weights.items()} == starts
