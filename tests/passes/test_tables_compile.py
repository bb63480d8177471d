"""What `check` accepts compiles: every kind of table on every layer."""

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
from netspec.weights import Model
from tests.agreement import disagreements, graph_of, sound, weights_for

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
