"""Dense layers as convolutions: the same numbers, in the engine and in ONNX, and a map for larger pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from netspec.diagnostics import Fault
from netspec.graph import Graph
from netspec.net import load
from netspec.passes import convolutional, reshaped
from netspec.shape import Free
from tests.agreement import sound, weights_for

SPECS = Path(__file__).parents[2] / "specs"
HEAD = "netspec 1\nnet A {\n input x: 2 x 6 x 6\n output y = x -> conv(3, 3) -> "


def test_same_numbers_and_a_map_of_answers(tmp_path: Path) -> None:
    net = load(SPECS / "lenet5.net")
    weights, rng = net.initial(), np.random.default_rng(0)
    wide = net.to_convolutional()
    turned = wide.reshaped(weights)
    small = rng.standard_normal((3, 1, 32, 32), dtype=np.float32)
    np.testing.assert_allclose(
        wide.values(turned, small)["digit"][:, :, 0, 0], net.values(weights, small)["digit"], rtol=1e-4, atol=1e-6
    )
    large = rng.standard_normal((1, 1, 40, 44), dtype=np.float32)
    answers = wide.values(turned, large)["digit"]
    assert answers.shape == (1, 10, 3, 4)
    np.testing.assert_allclose(
        answers[..., 2, 3], net.values(weights, large[..., 8:, 12:])["digit"], rtol=1e-4, atol=1e-6
    )
    wide.compile(tmp_path / "wide.onnx", turned)
    session = onnxruntime.InferenceSession(tmp_path / "wide.onnx", providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"image": large})[0], answers, rtol=1e-4, atol=1e-6)


def turned(body: str, x: str = "2 x 4 x 5") -> tuple[Graph, Graph]:
    """The net, and what becomes of it."""
    graph = sound(f"netspec 1\nnet A {{\ninput x: {x}\n{body}\n}}\n")
    return graph, convolutional(graph)


def test_1_dense_over_maps_and_over_units() -> None:
    _, wide = turned("output y = x -> dense(3, bias: false, init: xavier, rate: 2, decay: 0, frozen: true) -> dense(7)")
    first, second = (node.op for node in wide.nodes)
    assert (first.name, first.maps, first.kernel) == ("conv", 3, (4, 5))
    assert (second.name, second.maps, second.kernel) == ("conv", 7, (1, 1))
    assert (first.bias, first.init.kind, first.rate, first.decay, first.frozen) == (
        False,
        "xavier",
        (2, 2),
        (0, 0),
        True,
    )
    _, wide = turned("output y = x -> dense(3)", "2 x 7")
    assert wide.nodes[0].op.kernel == (7,)


def test_1_a_table_of_units_is_one_of_maps() -> None:
    _, wide = turned("sparse table t: 40 -> 3 = band(2)\noutput y = x -> dense(40) -> dense(3, table: t)")
    assert (wide.nodes[1].op.table.name, wide.nodes[1].op.kernel) == ("t", (1, 1))


def test_2_flatten_goes() -> None:
    _, wide = turned("a = x -> relu -> flatten\noutput y = a -> relu -> flatten -> dense(3)")
    assert [node.op.name for node in wide.nodes] == ["relu", "relu", "conv"]


def test_3_weights_are_the_same_numbers() -> None:
    graph, wide = turned("output y = x -> flatten -> dense(3)")
    weights = weights_for(graph)
    result = reshaped(wide, weights)
    assert result["y/dense.weight"].shape == (3, 2, 4, 5)
    for path, array in result.items():
        np.testing.assert_array_equal(array.reshape(-1), weights[path].reshape(-1))
    assert list(reshaped(wide, weights | {"gone": weights["y/dense.bias"]})) == list(weights)


@pytest.mark.parametrize(
    ("x", "sizes"), [("2 x 4", ("W",)), ("2 x 4 x 5", ("H", "W")), ("2 x 3 x 4 x 5", ("D", "H", "W"))]
)
def test_4_inputs_keep_their_maps_and_get_free_sizes(x: str, sizes: tuple[str, ...]) -> None:
    _, wide = turned("output y = x -> dense(3)", x)
    assert wide.inputs == {"x": (2, *map(Free, sizes))}


def test_5_behind_a_pool_over_all_positions_nothing_changes() -> None:
    _, wide = turned("a = x -> conv(4, 1) -> global_avgpool -> dense(3)\noutput y = a -> flatten -> dense(2)")
    assert [node.op.name for node in wide.nodes] == ["conv", "global_avgpool", "dense", "flatten", "dense"]


@pytest.mark.parametrize(
    ("body", "x", "message"),
    [
        ("output y = x -> dense(3)", "4", "net A reads units: it has no picture to slide over"),
        ("output y = x -> rbf(3)", "2 x 4 x 5", "y/rbf has no form as a convolution"),
        ("output y = x -> reshape(4 x 2 x 5)", "2 x 4 x 5", "y/reshape has no form as a convolution"),
        (
            "sparse table t: 40 -> 3 = band(2)\noutput y = x -> dense(3, table: t)",
            "2 x 4 x 5",
            "y/dense has a table over flattened maps: it has no form as a convolution",
        ),
    ],
)
def test_6_what_has_no_form_is_a_fault(body: str, x: str, message: str) -> None:
    with pytest.raises(Fault) as raised:
        turned(body, x)
    assert (raised.value.code, raised.value.message) == ("N606", message)
    assert raised.value.help == (
        "the net must end in dense layers, activations and pools" if "reshape" in body or "rbf" in body else ""
    )


@pytest.mark.parametrize(
    "tail", ["flatten -> dense(4) -> dense(2)", "global_avgpool -> dense(2)", "dense(4) -> norm -> relu -> dense(2)"]
)
def test_flatten_goes_and_the_numbers_stay(tail: str, tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(f"{HEAD}{tail}\n}}\n")
    net = load(tmp_path / "a.net")
    weights, x = net.initial(), np.random.default_rng(0).standard_normal((2, 2, 6, 6), dtype=np.float32)
    wide = net.to_convolutional()
    found = wide.values(wide.reshaped(weights), x)["y"].reshape(2, 2)
    np.testing.assert_allclose(found, net.values(weights, x)["y"], rtol=1e-4, atol=1e-6)


def test_features_of_a_named_value_and_of_a_layer() -> None:
    net = load(SPECS / "lenet5.net")
    x = np.zeros((2, 1, 32, 32), dtype=np.float32)
    assert net.features("C5").values(net.initial(), x)["C5"].shape == (2, 120, 1, 1)
    assert net.features("S2/subsample").values(net.initial(), x)["S2/subsample"].shape == (2, 6, 14, 14)
    with pytest.raises(Fault, match="no value C9"):
        net.features("C9")
