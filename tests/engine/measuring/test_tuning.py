"""However a layer is run, it is the same layer: results and gradients of every method against those by patches,
float64."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netspec.engine.kernel import sizes_of
from netspec.engine.kernels import METHODS, convolution, possible, shape_key
from netspec.engine.kernels.conv import winograd
from netspec.engine.kernels.dense import choose as dense
from netspec.engine.measuring.profile import fill
from netspec.engine.measuring.tuning import trials
from netspec.engine.planning import make
from netspec.engine.planning.ways import Ways
from netspec.engine.running.parameters import Parameters
from netspec.engine.running.runner import Runner
from netspec.engine.running.threads import pool
from netspec.net import Net, load
from netspec.weights import initial

TABLES = {
    "random": "sparse table t: 6 -> 9 = random(fan_in: 2, seed: 3)",
    "shared": "shared table t: 6 -> 9 {\n"
    " a b . X . . a . .\n . a b . . . . . X\n . . a b . X . . .\n X . . a b . . . .\n"
    " . . . . a b . X .\n b . . . . a . . .\n }",
    "fixed": "residual table t: 6 -> 9 {\n"
    " = X . 0.5 . . . . .\n . = X . . . . . .\n . . = X . . . 2 .\n X . . = X . . . .\n"
    " . . . . = X . . X\n . X . . . = . . .\n }",
    "one": "sparse table t: 6 -> 9 = rows([[0], [], [], [5], [], [], [2], [], []])",
    "empty": "sparse table t: 6 -> 9 = rows([[], [], [], [], [], [], [], [], []])",
}
CONVS = {
    "plain": ("6 x 8 x 12", "conv(20, 3, pad: 1)"), "padded": ("17 x 9 x 5", "conv(16, 3, pad: 2)"),
    "few": ("2 x 8 x 12", "conv(4, 5)"),
    "same": ("4 x 8 x 6", "conv(3, 4, pad: same)"), "whole": ("3 x 4 x 5", "conv(7, 4x5)"),
    "one": ("6 x 4 x 3", "conv(4, 1)"),
    "five": ("3 x 9 x 6", "conv(4, 5, pad: 2)"), "seven": ("3 x 5 x 9", "conv(4, 7, pad: 3)"),
    "line": ("3 x 9", "conv(4, 3, pad: 1)"),
    "wide": ("3 x 5 x 9", "conv(4, 1x7, pad: same)"), "high": ("3 x 9 x 2", "conv(4, 3x1)"),
    "solid": ("3 x 5 x 4 x 6", "conv(4, 3x3x2, pad: 1)"),
    "groups": ("6 x 7 x 6", "conv(4, 3, groups: 2, pad: 1)"),
    "depthwise": ("6 x 7 x 6", "conv(6, 3, groups: 6, pad: 1)"),
    "depthwise, more": ("6 x 7 x 6", "conv(12, 5, groups: 6, pad: 2)"), "flat": ("3 x 9 x 6 x 5", "conv(4, 3x1x3)"),
    "depthwise, strides": ("4 x 9 x 11", "conv(8, 3, groups: 4, pad: 1, stride: 2)"),
    "depthwise, uneven": ("4 x 9 x 16", "conv(4, 3x4, groups: 4, pad: 2, stride: 1x3, dilation: 1x2)"),
    "depthwise, one": ("4 x 5 x 6", "conv(8, 1, groups: 4)"),
    "depthwise, line": ("4 x 16", "conv(4, 5, groups: 4, stride: 2, dilation: 2)"),
    "depthwise, beyond": ("3 x 8 x 7", "conv(3, 2x3, groups: 3, pad: 4, stride: 3x4)"),
    "depthwise, solid": ("4 x 5 x 4 x 6", "conv(4, 3, groups: 4, pad: 1)"),
    "strides": ("3 x 9 x 8", "conv(4, 2, stride: 3)"),
    "halves": ("3 x 11 x 8", "conv(4, 3, stride: 2, pad: 1)"),
    "quarters": ("3 x 23 x 18", "conv(4, 7x11, stride: 2x4, pad: 3)"),
    "halves, groups": ("4 x 9 x 12", "conv(6, 5, stride: 2x1, groups: 2, pad: 2)"),
    "halves, rest": ("2 x 12 x 16", "conv(4, 3, stride: 4x3)"),
    "halves, solid": ("2 x 6 x 7 x 5", "conv(3, 3, stride: 1x2x2, pad: 1)"),
    "halves, line": ("2 x 25", "conv(3, 9, stride: 4, pad: 2)"),
    **{f"table {name}": ("6 x 7 x 5", "conv(9, 3, pad: 1, table: t)") for name in TABLES},
    **{f"table {name}, uneven": ("6 x 7 x 5", "conv(9, 1x3, table: t)") for name in TABLES},
}  # fmt: skip


def net(folder: Path, shape: str, layer: str, name: str = "") -> Net:
    path, first = (
        folder / "a.net",
        "subsample(1)" if " x " in shape else "prelu",
    )  # what is trained there tells of the layer's dx
    table = TABLES.get(name.removeprefix("table ").removesuffix(", uneven"), "")
    path.write_text(
        f"netspec 1\nnet A {{\n input x: {shape}\n {table}\n output y = x -> {first} -> {layer}\n}}\n"
        "train { loss: mse }\n"
    )
    return load(path)


def result(found: Net, methods: dict[str, str], dtype: type = np.float64) -> tuple[str, dict[str, np.ndarray]]:
    """The method that ran, the answer, and all gradients of a step over uneven chunks."""
    graph = found.graph
    plan = make.plan(graph, 5, True, {"y": "mse"}, dtype, Ways(2000, methods))
    store = Parameters(graph, plan.kernels, initial(graph, 3), dtype)
    with pool(1) as threads:
        runner = Runner(plan, store, threads)
        fill(runner)
        loss = runner.step()[0]
    layer = next(node for node in graph.nodes if node.op.name in ("conv", "dense"))
    return plan.kernels[layer.name].method, {"loss": np.array(loss)} | store.trained(runner.gradient)


@pytest.mark.parametrize("name", CONVS)
def test_every_method_is_the_same_convolution(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        winograd, "STRIP", 1
    )  # strips of one row of tiles; test_..._in_single_precision has one for all
    monkeypatch.setattr(winograd, "HEAVY", 0)
    found = net(tmp_path, *CONVS[name], name)
    node = next(node for node in found.graph.nodes if node.op.name == "conv")
    plain = convolution(node.op, *sizes_of(found.graph, node))
    assert plain is not None
    _, wanted = result(found, {shape_key(plain): "patches"})
    for method in possible(plain):
        ran, values = result(found, {shape_key(plain): method})
        assert ran == method
        for path, array in wanted.items():
            np.testing.assert_allclose(values[path], array, rtol=1e-6, atol=1e-9, err_msg=f"{method}: {path}")


@pytest.mark.parametrize(
    "layer",
    [
        "conv(16, 3, pad: 1)",
        "conv(16, 5, pad: 2)",
        "conv(16, 7, pad: 3)",
        "conv(16, 3x7, groups: 4)",
        "conv(16, 5, stride: 2, pad: 2)",
    ],
)
def test_every_method_is_right_in_single_precision(layer: str, tmp_path: Path) -> None:
    found = net(tmp_path, "16 x 14 x 13", layer)
    node = next(node for node in found.graph.nodes if node.op.name == "conv")
    plain = convolution(node.op, *sizes_of(found.graph, node))
    assert plain is not None and "winograd" in possible(plain)
    _, wanted = result(found, {shape_key(plain): "patches"})
    for method in possible(plain):
        _, values = result(found, {shape_key(plain): method}, np.float32)
        for path, array in wanted.items():
            assert np.abs(values[path] - array).max() <= 2e-5 * np.abs(array).max(), f"{method}: {path}"


def test_all_methods_are_tried() -> None:
    assert set(METHODS) == {
        "patches",
        "tiles of 2",
        "tiles of 4",
        "winograd",
        "winograd by rows",
        "regions",
        "patches of rows",
        "blocks of a table",
    }


@pytest.mark.parametrize("name", TABLES)
def test_blocks_of_units_are_the_same_layer(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = net(tmp_path, "6", "dense(9, table: t)", name)
    _, wanted = result(found, {})
    monkeypatch.setattr(dense, "LARGE", 0)
    monkeypatch.setattr(dense, "cost", lambda found: 0)
    _, values = result(found, {})
    for path, array in wanted.items():
        np.testing.assert_allclose(values[path], array, rtol=1e-6, atol=1e-9, err_msg=path)


def test_a_nearly_empty_table_trains_in_a_twentieth_of_the_dense_layers_memory(tmp_path: Path) -> None:
    path, taken = tmp_path / "wide.net", []
    for table in ("", ", table: t"):
        path.write_text(
            "netspec 1\nnet Wide {\n input x: 512 x 6 x 6\n sparse table t: 512 -> 512 = random(fan_in: 5, seed: 1)\n"
            f" output y = x -> conv(512, 3, pad: 1{table})\n}}\n"
        )
        plan = make.plan(load(path).graph, 4, True, {"y": "mse"})
        kernel = next(iter(plan.kernels.values()))
        trained = plan.graph.parameters()
        made = sum(
            int(np.prod(shape))
            for sizes in (kernel.extras(), kernel.prepared(), kernel.adding())
            for shape in sizes.values()
        )
        taken.append(
            trained * (2 + plan.parts) + made
        )  # weights, momentum, partial gradients, and what is made of them
    assert taken[1] <= taken[0] / 20


@pytest.mark.slow
def test_tuning_tells_the_time_of_each_method(tmp_path: Path) -> None:
    (trial,) = trials(net(tmp_path, *CONVS["plain"]).graph)
    assert trial.usual == "winograd by rows" and set(trial.seconds) == {
        "patches",
        "tiles of 2",
        "tiles of 4",
        "winograd",
        "winograd by rows",
        "patches of rows",
    }
    assert trial.best in trial.seconds
