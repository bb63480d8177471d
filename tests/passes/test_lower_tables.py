"""Each numbered rule of `lower_tables`; and what `check` accepts compiles: every kind of table on every layer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest

from netspec import passes
from netspec.diagnostics import Fault
from netspec.graph import Graph
from netspec.net import load
from netspec.ops import Operator
from netspec.passes.lower_tables import Choice, choices, lower_tables
from netspec.tables.pattern import Pattern
from netspec.weights import Model
from tests.agreement import disagreements, graph_of, sound, weights_for


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


TABLES = {
    "full": "sparse table t: 4 -> 4 = full",
    "drawn full": "sparse table t: 2 -> 2 {\nX X\nX X\n}",
    "dense": "dense table t: 4 -> 6",
    "identity": "sparse table t: 4 -> 4 = identity",
    "more outputs": "sparse table t: 3 -> 5 = identity",
    "fewer outputs": "sparse table t: 5 -> 3 = identity",
    "passes on": "residual table t: 4 -> 4 = identity",
    "passes some on": "residual table t: 3 -> 5 = identity",
    "groups": "sparse table t: 4 -> 6 = groups(2)",
    "one group": "sparse table t: 4 -> 6 = groups(1)",
    "depthwise": "sparse table t: 4 -> 4 = depthwise(1)",
    "depthwise twice": "sparse table t: 3 -> 6 = depthwise(2)",
    "depthwise of one": "sparse table t: 1 -> 3 = depthwise(3)",
    "one cell": "sparse table t: 1 -> 1 {\nX\n}",
    "one passed on": "residual table t: 1 -> 1 {\n=\n}",
    "band of one": "sparse table t: 4 -> 4 = band(1)",
    "band of two": "sparse table t: 8 -> 4 = band(2)",
    "band of three": "sparse table t: 4 -> 5 = band(3)",
    "random one": "sparse table t: 8 -> 3 = random(fan_in: 1, seed: 3)",
    "random two": "sparse table t: 8 -> 8 = random(fan_in: 2, seed: 3)",
    "random three": "sparse table t: 12 -> 3 = random(fan_in: 3, seed: 1)",
    "rows of one": "sparse table t: 3 -> 3 = rows([[0], [2], [1]])",
    "rows, one empty": "sparse table t: 3 -> 3 = rows([[0, 1], [], [1, 2]])",
    "rows of two": "sparse table t: 8 -> 2 = rows([[5, 1], [1, 7]])",
    "list": "sparse table t: 4 -> 3 {\n0: 3\n1: 0\n2: 1\n}",
    "transposed": "sparse table u: 3 -> 4 = rows([[0], [1], [2], [0]])\nsparse table t: 4 -> 3 = transpose(u)",
    "transposed rows": "sparse table u: 2 -> 8 = rows([[0], [1], [0], [1], [0], [1], [0], [1]])\n"
    "sparse table t: 8 -> 2 = transpose(u)",
    "union": "sparse table u: 4 -> 4 = identity\nsparse table t: 4 -> 4 = u | band(2)",
    "union with full": "sparse table u: 4 -> 4 = full\nsparse table t: 4 -> 4 = u | identity",
    "cut to one": "sparse table u: 4 -> 4 = full\nsparse table t: 4 -> 4 = u & identity",
    "cut to all": "sparse table u: 4 -> 4 = full\nsparse table t: 4 -> 4 = u & full",
    "shared": "shared table t: 4 -> 4 {\na b . .\n. a b .\n. . a b\nb . . a\n}",
    "one name": "shared table t: 3 -> 3 {\na . .\n. a .\n. . a\n}",
    "names used once": "shared table t: 3 -> 3 {\na . .\n. b .\n. . c\n}",
    "one name everywhere": "shared table t: 2 -> 2 {\na a\na a\n}",
    "shared and transposed": "shared table u: 2 -> 3 {\na b c\nc . X\n}\nshared table t: 3 -> 2 = transpose(u)",
    "mixed": "residual table t: 3 -> 3 {\n= . X\na 0.5 .\n. a -2\n}",
    "grey": "residual table t: 3 -> 1 {\n0.299\n0.587\n0.114\n}",
    "residual, trained": "residual table t: 3 -> 3 {\nX . .\n. X .\n. . X\n}",
    "passed on and trained": "residual table t: 4 -> 4 = identity | full",
    "nothing": "sparse table t: 3 -> 2 {\n. .\n. .\n. .\n}",
}
TAPS = {
    "cross": "table cross: 3 x 3 {\n. X .\nX X X\n. X .\n}",
    "mirror": "table mirror: 1 x 3 {\nb X b\n}",
    "point": "table point: 1 x 1 {\nX\n}",
}
KERNELS = {1: ("1", "2", "3"), 2: ("1", "2", "3", "1x3", "3x1", "cross", "mirror", "point"), 3: ("1", "1x1x3", "2")}
MORE = ("", "stride: 2", "pad: same", "pad: 1", "dilation: 2", "stride: 2, pad: same", "bias: false")
SIZES = {1: "6", 2: "5 x 6", 3: "3 x 4 x 5"}


def specs(table: str) -> list[str]:
    """A spec for each layer and kernel on the table, the other arguments drawn by their name."""
    text = TABLES[table]
    inputs, outputs = re.findall(r" t: (\d+) -> (\d+)", text)[-1]
    made = []
    for layer in ("conv", "deconv", "local"):
        for rank, kernels in KERNELS.items():
            for kernel in kernels:
                more = MORE[crc32(f"{table} {layer} {rank} {kernel}".encode()) % len(MORE)]
                call = f"{layer}({outputs}, {kernel}, table: t{more and ', '}{more})"
                after = " -> norm" if crc32(call.encode()) % 4 == 0 else ""
                made.append(
                    f"input x: {inputs} x {SIZES[rank]}\n{TAPS.get(kernel, '')}\n{text}\noutput y = x -> {call}{after}"
                )
    calls = (f"dense({outputs}, table: t)", f"dense({outputs}, table: t) -> norm", f"rbf({outputs}, codes: t)")
    made += [f"input x: {inputs}\n{text}\noutput y = x -> {call}" for call in calls]
    made += [f"input x: {inputs} x 4 x 3\n{text}\noutput y = x -> connect(t, stride: {stride})" for stride in (1, 2)]
    return [f"netspec 1\nnet A {{\n{body}\n}}\n" for body in made]


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_what_is_accepted_compiles_to_the_same_numbers(table: str) -> None:
    tried = 0
    for text in specs(table):
        graph = graph_of(text)
        if graph is not None:  # an even kernel without a middle, a connect with weights
            tried += 1
            assert not disagreements(graph), text
            assert passes.deployed_bytes(graph.bypass(lambda node: node.op.name == "norm")) == _bytes(graph), text
    assert tried >= 10


def _bytes(graph: Graph) -> int:
    """Bytes of the deployed net's weights, a bias that a folded norm gave not counted."""
    whole = graph.bypass(lambda node: node.op.name == "norm")
    model = passes.run(Model(whole, weights_for(whole)), passes.DEPLOY)
    connects: list[Any] = [node.op for node in model.graph.nodes if node.op.name == "connect"]
    matrices = [op.table.inputs * op.table.outputs for op in connects if not op.picks]
    return 4 * (sum(array.size for array in model.weights.values()) + sum(matrices))


@pytest.mark.parametrize("layer", ["conv(30000, 1, table: t)", "dense(30000, table: t)", "connect(t)"])
def test_what_no_file_holds_is_told_before_it_is_made(layer: str, tmp_path: Path) -> None:
    table = (
        "residual table t: 20000 -> 30000 = identity | groups(10000)"
        if "connect" not in layer
        else "residual table t: 20000 -> 30000 = transpose(u)"
    )
    shape = "20000" if "dense" in layer else "20000 x 1"
    (tmp_path / "a.net").write_text(
        f"netspec 1\nnet A {{\ninput x: {shape}\nresidual table u: 30000 -> 20000 = identity\n{table}\n"
        f"output y = x -> {layer} -> relu\n}}\n"
    )
    net = load(tmp_path / "a.net")
    if "dense" in layer or "connect" in layer:  # by its connections; one input an output
        assert passes.deployed_bytes(net.graph) < 2**22
        return
    with pytest.raises(Fault, match="GiB") as told:
        net.compile(tmp_path / "a.onnx")
    assert told.value.code == "N605"


@pytest.mark.parametrize(
    "table",
    ["sparse table t: 1200 -> 1000 = band(5)", "sparse table t: 1200 -> 1000 = random(fan_in: 3, seed: 2)",
     "residual table t: 1200 -> 1000 = identity",
     "residual table t: 1200 -> 1000 = identity | band(3)", "residual table t: 1200 -> 1000 = band(3) | identity"],
)  # fmt: skip
def test_a_large_table_runs_by_its_connections(table: str) -> None:
    assert not disagreements(
        sound(
            f"netspec 1\nnet A {{\ninput x: 1200\n{table}\nshare s = dense(1000, table: t)\n"
            "output y = x -> s -> norm\noutput z = x -> relu -> s\n}\n"
        )
    )


@pytest.mark.parametrize("kernel", ["1", "1x3", "3x1", "3"])
@pytest.mark.parametrize("table", ["identity", "depthwise", "random one", "shared", "mixed"])
def test_a_share_on_a_table_is_spread_once(table: str, kernel: str) -> None:
    text = TABLES[table]
    inputs, outputs = re.findall(r" t: (\d+) -> (\d+)", text)[-1]
    body = (
        f"input a: {inputs} x 5 x 6\ninput b: {inputs} x 5 x 6\n{text}\nshare s = conv({outputs}, {kernel}, table: t)"
    )
    assert not disagreements(sound(f"netspec 1\nnet A {{\n{body}\noutput y = [a -> s, b -> s] -> add\n}}\n"))


def test_training_on_such_tables_ends_with_its_model(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        np.savez(
            tmp_path / f"{part}.npz", x=rng.standard_normal((16, 2, 4, 6)).astype(np.float32), y=rng.integers(0, 2, 16)
        )
    layers = "conv(2, 1, table: t) -> relu -> conv(2, 1x3, table: u) -> relu -> dense(2) -> softmax"
    tables = "sparse table t: 2 -> 2 = identity\nsparse table u: 2 -> 2 = depthwise(1)"
    (tmp_path / "a.net").write_text(
        f"netspec 1\nnet A {{\ninput x: 2 x 4 x 6\n{tables}\noutput y = x -> {layers}\n}}\n"
        "train {\nepochs: 1\nbatch: 16\n}\n"
    )
    list(load(tmp_path / "a.net").train(tmp_path, out=tmp_path / "run", workers=1))
    assert (tmp_path / "run" / "model.onnx").is_file()
