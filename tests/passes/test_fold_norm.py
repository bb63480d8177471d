"""Each numbered rule of `fold_norm`, in numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.diagnostics import Fault
from netspec.passes.fold_norm import fold_norm
from netspec.weights import Arrays, Model
from tests.agreement import by_engine, differences, inputs_for, sound, weights_for, written


def folded(body: str, weights: Arrays | None = None, x: str = "2") -> Model:
    """The net after the pass; weights by the end of their names, random ones where none are said."""
    graph = sound(f"netspec 1\nnet A {{\ninput x: {x}\n{body}\n}}\n")
    arrays = weights_for(graph)
    for end, value in (weights or {}).items():
        (path,) = (path for path in arrays if path.endswith(end))
        arrays[path] = np.array(value, dtype=np.float32).reshape(arrays[path].shape)
    return fold_norm(Model(graph, arrays))


def kinds(model: Model) -> list[str]:
    return [node.op.name for node in model.graph.nodes]


#: √(0.21 + 0.04) is a half, so that everything is doubled.
STATISTICS = {"running_mean": 4, "running_var": 0.21}


@pytest.mark.parametrize(
    ("layer", "norm", "gains", "weight", "bias"),
    [
        ("dense(1, bias: true)", "norm(epsilon: 0.04)", {"norm.weight": 3, "norm.bias": 7}, [12, 18], (1 - 4) * 6 + 7),
        ("dense(1, bias: true)", "norm(epsilon: 0.04, affine: false)", {}, [4, 6], (1 - 4) * 2),
        ("dense(1)", "norm(epsilon: 0.04)", {"norm.weight": 3, "norm.bias": 7}, [12, 18], -4 * 6 + 7),
    ],
)
def test_1_the_layer_takes_gain_shift_and_statistics(
    layer: str, norm: str, gains: Arrays, weight: list[float], bias: float
) -> None:
    own = {"dense.weight": [2, 3]} | ({"dense.bias": 1} if "bias: true" in layer else {})
    model = folded(f"output y = x -> {layer} -> {norm}", own | gains | STATISTICS)
    assert kinds(model) == ["dense"]
    assert sorted(model.weights) == ["y/dense.bias", "y/dense.weight"]
    np.testing.assert_allclose(model.weights["y/dense.weight"].reshape(-1), weight, rtol=1e-6)
    np.testing.assert_allclose(model.weights["y/dense.bias"], [bias], rtol=1e-6)


@pytest.mark.parametrize(
    "layer",
    ["conv(3, 2)", "conv(4, 2, groups: 2)", "deconv(3, 2)", "local(3, 2)", "conv(3, 1 x 2)", "conv(3, 2, table: t)"],
)
def test_1_each_map_of_each_layer_takes_its_own(layer: str) -> None:
    body = f"dense table t: 2 -> 3\noutput y = x -> {layer} -> norm(epsilon: 0.04)"
    graph = sound(f"netspec 1\nnet A {{\ninput x: 2 x 3 x 4\n{body}\n}}\n")
    model, inputs = Model(graph, weights_for(graph)), inputs_for(graph)
    result = fold_norm(model)
    assert len(result.graph.nodes) == 1
    right = by_engine(written(graph, weights_for(graph)), inputs)
    assert not list(differences(right, by_engine(result, inputs), "folded"))


@pytest.mark.parametrize(
    "body",
    [
        "a = x -> dense(2)\nb = a -> norm\noutput y = [a, b] -> add",
        "output a = x -> dense(2)\noutput y = a -> norm",
    ],
)
def test_2_it_stays_where_something_else_reads_the_layer(body: str) -> None:
    assert "norm" in kinds(folded(body))


@pytest.mark.parametrize(
    "body",
    [
        "share S = dense(2)\na = x -> S -> norm\nb = x -> S -> norm\noutput y = [a, b] -> add",
        "share S = norm\na = x -> dense(2) -> S\nb = x -> dense(2) -> S\noutput y = [a, b] -> add",
    ],
)
def test_3_it_stays_where_either_is_shared(body: str) -> None:
    assert kinds(folded(body)).count("norm") == 2


@pytest.mark.parametrize("before", ["dense(2, table: t)", "dense(2) -> relu"])
def test_4_it_stays_behind_a_table_and_behind_other_layers(before: str) -> None:
    assert kinds(folded(f"sparse table t: 2 -> 2 = identity\noutput y = x -> {before} -> norm"))[-1] == "norm"


@pytest.mark.parametrize("variance", [-0.25, -0.3, -1])
@pytest.mark.parametrize("before", ["dense(2)", "dense(2) -> relu"])
def test_5_nothing_to_divide_by_is_a_fault(before: str, variance: float) -> None:
    with pytest.raises(Fault) as raised:
        folded(f"output y = x -> {before} -> norm(epsilon: 0.25)", {"running_var": [1, variance]})
    assert raised.value.code == "N609"
    assert "y/norm.running_var" in raised.value.message


def test_5_a_little_to_divide_by_is_enough() -> None:
    model = folded(
        "output y = x -> dense(1) -> norm(epsilon: 0.25)",
        {"dense.weight": [3, 4], "running_var": -0.1875, "norm.weight": 1},
    )
    np.testing.assert_allclose(model.weights["y/dense.weight"].reshape(-1), [12, 16], rtol=1e-6)


def test_6_numbers_past_single_precision_are_a_fault() -> None:
    with pytest.raises(Fault) as raised:
        folded("output y = x -> dense(1) -> norm", {"dense.weight": [1e38, 1], "running_var": 0})
    assert raised.value.code == "N609"
