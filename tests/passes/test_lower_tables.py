"""Each numbered rule of `lower_tables`."""

from __future__ import annotations

import re

import numpy as np
import pytest

from netspec import passes
from netspec.ops import Operator
from netspec.passes.lower_tables import Choice, choices, lower_tables
from netspec.tables.pattern import Pattern
from netspec.weights import Model
from tests.agreement import disagreements, sound, weights_for


def lowered(layer: str, x: str, table: str, first: int = 1) -> tuple[list[Operator], list[object]]:
    """The layers of a net of one, with the numbers from ``first`` on as weights, and the first layer's new weights."""
    graph = sound(f"netspec 1\nnet A {{\ninput x: {x}\n{table}\noutput y = x -> {layer}\n}}\n")
    arrays = {
        path: np.arange(first, first + np.prod(weight.shape), dtype=np.float32).reshape(weight.shape)
        for path, weight in graph.weights.items()
    }
    model = lower_tables(Model(graph, arrays)).check()
    return [node.op for node in model.graph.nodes], next(iter(model.weights.values())).tolist()


def test_1_taps_are_spread_over_a_whole_kernel() -> None:
    (op,), weight = lowered("conv(1, t, bias: false)", "1 x 4 x 4", "kernel table t: 2 x 3 {\nb . X\nX b .\n}")
    assert weight == [[[[1, 0, 2], [3, 1, 0]]]]
    assert op.kernel == (2, 3)


def test_1_taps_and_cells_are_spread_together() -> None:
    tables = "kernel table k: 1 x 3 {\nb X b\n}\nresidual table t: 2 -> 2 {\nX =\n. X\n}"
    (op,), weight = lowered("conv(2, k, table: t, bias: false)", "2 x 4 x 4", tables)
    # two kernels of two weights: 1 2 and 3 4; `=` is 1 in the middle
    assert weight == [[[[1, 2, 1]], [[0, 0, 0]]], [[[0, 1, 0]], [[3, 4, 3]]]]
    assert (op.kernel, op.table, op.groups) == ((1, 3), None, 1)


@pytest.mark.parametrize("table", ["full", "{\nX X X\nX X X\n}", "groups(1)"])
def test_2_a_full_table_is_a_plain_layer(table: str) -> None:
    text = f"sparse table t: 2 -> 3 {'' if table[0] == '{' else '= '}{table}"
    (op,), weight = lowered("conv(3, 1 x 2, table: t)", "2 x 4 x 4", text)
    assert weight == [[[[1, 2]], [[3, 4]]], [[[5, 6]], [[7, 8]]], [[[9, 10]], [[11, 12]]]]
    assert (op.table, op.groups) == (None, 1)
    (op,), weight = lowered("dense(3, table: t)", "2", text)
    assert (weight, op.table) == ([[1, 2], [3, 4], [5, 6]], None)


@pytest.mark.parametrize(("table", "groups"), [("4 -> 4 = groups(2)", 2), ("4 -> 4 = depthwise(1)", 4)])
def test_3_equal_blocks_are_groups(table: str, groups: int) -> None:
    (op,), weight = lowered("conv(4, 1, table: t)", "4 x 3 x 3", f"sparse table t: {table}")
    numbers = np.arange(1, 1 + 16 // groups).reshape(4, 4 // groups, 1, 1)
    assert weight == numbers.tolist()
    assert (op.table, op.groups) == (None, groups)
    (op,), weight = lowered("local(4, 1, table: t)", "4 x 1 x 2", f"sparse table t: {table}")
    numbers = np.arange(1, 1 + 32 // groups).reshape(1, 2, 4, 4 // groups, 1, 1)
    assert weight == numbers.tolist()
    assert (op.table, op.groups) == (None, groups)


def test_3_units_have_no_groups() -> None:
    (op,), weight = lowered("dense(2, table: t)", "4", "sparse table t: 4 -> 2 = groups(2)")
    assert (weight, op.table) == ([[1, 2, 0, 0], [0, 0, 3, 4]], None)


EVEN = "sparse table t: 8 -> 2 = rows([[5, 1], [1, 7]])"


def test_4_few_inputs_an_output_are_gathered() -> None:
    (gather, op), weight = lowered("conv(2, 1, table: t)", "8 x 3 x 3", EVEN)
    assert (gather.name, gather.maps) == ("slice", [1, 5, 1, 7])
    assert (op.table, op.groups, weight) == (None, 2, [[[[1]], [[2]]], [[[3]], [[4]]]])


@pytest.mark.parametrize("layer", ["local(2, 1, table: t)", "dense(2, table: t)"])
def test_4_units_and_places_of_their_own_are_not_gathered(layer: str) -> None:
    (op,), weight = lowered(layer, "8" if "dense" in layer else "8 x 1 x 1", EVEN)
    assert np.reshape(weight, (2, 8)).tolist() == [[0, 1, 0, 0, 0, 2, 0, 0], [0, 3, 0, 0, 0, 0, 0, 4]]
    assert op.table is None


@pytest.mark.parametrize(
    "table",
    [
        "sparse table t: 1024 -> 1024 = identity",
        "sparse table t: 1024 -> 1024 = groups(16)",
        "residual table t: 1024 -> 1024 = identity",
        "sparse table t: 1024 -> 1024 = random(fan_in: 3)",
    ],
)
def test_5_a_large_thin_table_of_units_stays(table: str) -> None:
    body = f"input x: 1024\n{table}\noutput y = x -> dense(1024, table: t)"
    graph = sound(f"netspec 1\nnet A {{\n{body}\n}}\n")
    weights = weights_for(graph)
    model = lower_tables(Model(graph, weights)).check()
    assert model.graph.nodes[0].op.table is graph.nodes[0].op.table
    np.testing.assert_array_equal(model.weights["y/dense.weight"], weights["y/dense.weight"])
    assert passes.deployed_bytes(graph) == 4 * (weights["y/dense.weight"].size + 1024)
    assert [choice.pattern.kind for choice in choices(graph)] == ["sparse"]
    assert not disagreements(graph)


def test_6_all_else_is_spread_over_a_dense_kernel() -> None:
    (op,), weight = lowered("conv(2, 1 x 3, table: t)", "2 x 3 x 3", "residual table t: 2 -> 2 {\na 0.5\na X\n}")
    assert weight == [[[[1, 2, 3]], [[1, 2, 3]]], [[[0, 0.5, 0]], [[4, 5, 6]]]]
    assert (op.table, op.groups) == (None, 1)
    (op,), weight = lowered("local(1, 1, table: t)", "2 x 1 x 2", "residual table t: 2 -> 1 {\n-2\nX\n}")
    assert np.reshape(weight, (2, 2)).tolist() == [[-2, 1], [-2, 2]]
    (op,), weight = lowered("dense(2, table: t)", "2", "residual table t: 2 -> 2 = identity")
    assert (weight, op.table) == ([[1, 0], [0, 1]], None)


@pytest.mark.parametrize(
    "table", ["residual table t: 2 -> 2 {\n= X\nX .\n}", "sparse table t: 8 -> 2 = groups(2)", EVEN]
)
def test_7_uses_of_one_share_are_lowered_alike(table: str) -> None:
    inputs = re.findall(r"t: (\d+)", table)[0]
    body = f"input a: {inputs} x 3 x 3\ninput b: {inputs} x 3 x 3\n{table}\nshare s = conv(2, 1, table: t)"
    graph = sound(f"netspec 1\nnet A {{\n{body}\noutput y = [a -> s, b -> s] -> add\n}}\n")
    model = lower_tables(Model(graph, weights_for(graph))).check()
    ops = [node.op for node in model.graph.nodes]
    assert len(ops) == 3 + 2 * (table == EVEN)
    assert ops[: len(ops) // 2] == ops[len(ops) // 2 : -1]
    assert not disagreements(graph)


def test_what_is_said_of_a_table_is_what_is_done_with_it() -> None:
    """`netspec compile --explain`: a line for each table, also where a runtime has no such layer."""
    tables = f"{EVEN}\nsparse table g: 2 -> 2 = identity\nkernel table k: 1 x 3 {{\nX . b\n}}"
    layers = "conv(2, k, table: t) -> local(2, 1, table: g) -> conv(8, 1) -> local(2, 1, table: t)"
    spec = f"netspec 1\nnet A {{\ninput x: 8 x 1 x 3\n{tables}\noutput y = x -> {layers}\n}}\n"
    own = "of 16 connections: its compact weights are spread over a dense kernel"
    assert choices(sound(spec)) == [
        Choice("y/conv", "t", Pattern("even", "each output takes 2 of 8 inputs: gathered, then grouped", 2)),
        Choice("y/conv", "k", Pattern("taps", "2 of 3 taps: its weights are spread over a whole kernel")),
        Choice("y/local", "g", Pattern("depthwise", "each of 2 inputs feeds outputs of its own", 2)),
        Choice("y/local_2", "t", Pattern("spread", f"4 {own}")),
    ]
    body = "input x: 4\nsparse table g: 4 -> 4 = groups(2)\noutput y = x -> dense(4, table: g)"
    units = sound(f"netspec 1\nnet A {{\n{body}\n}}\n")
    assert choices(units) == [Choice("y/dense", "g", Pattern("spread", f"8 {own}"))]
