"""What operators say to ONNX, run by onnxruntime: numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.interop.export import export, serialize
from netspec.passes import DEPLOY, run
from netspec.weights import Model
from tests.agreement import LEVELS, by_onnxruntime
from tests.ops.test_shapes import graph_of


def answered(
    x: str, layer: str, numbers: object, weights: dict[str, object] | None = None, more: str = ""
) -> np.ndarray:
    """What the deployed model answers to one input of these numbers; weights by the end of their names."""
    graph = graph_of(x, layer, more)
    arrays = {
        path: np.broadcast_to(np.asarray((weights or {})[path.rpartition(".")[2]], np.float32), weight.shape).copy()
        for path, weight in graph.weights.items()
    }
    content = serialize(export(run(Model(graph, arrays), DEPLOY), {}))
    entering = np.asarray(numbers, np.float32).reshape(1, *(int(n) for n in x.split(" x ")))
    return np.asarray(by_onnxruntime(content, {"x": entering}, LEVELS[0])["y"][0])


ROWS: list[tuple[str, str, object, object]] = [
    ("4", "relu", [-1, 0, 1, 9], [0, 0, 1, 9]),
    ("4", "relu(max: 6)", [-1, 0, 1, 9], [0, 0, 1, 6]),
    ("2", "leaky_relu", [-1, 2], [-0.01, 2]),
    ("2", "elu(alpha: 2)", [-1, 2], [round(2 * (np.exp(-1) - 1), 4), 2]),
    ("2", "tanh(scale: 2, slope: 0.5)", [1, -1], [round(2 * np.tanh(0.5), 4), round(-2 * np.tanh(0.5), 4)]),
    ("3", "hard_sigmoid", [-3, 1.5, 4], [0, 0.75, 1]),
    ("3", "hard_swish", [-3, 1.5, 4], [0, 1.125, 4]),
    ("2", "silu", [0, 1], [0, 0.7311]),
    ("2", "gelu", [0, 1], [0, 0.8413]),
    ("3", "square", [-2, 0, 3], [4, 0, 9]),
    ("3", "abs", [-2, 0, 3], [2, 0, 3]),
    ("2", "softsign", [-1, 3], [-0.5, 0.75]),
    ("2", "softmax", [0, 0], [0.5, 0.5]),
    ("2 x 2", "softmax", [0, 1, 0, 1], [[0.5, 0.5], [0.5, 0.5]]),
    ("2", "log_softmax", [0, 0], [-0.6931, -0.6931]),
    ("2", "scale(-3)", [1, 2], [-3, -6]),
    ("2", "shift(-3)", [1, 2], [-2, -1]),
    # of 4 maps in 2 groups, the i·2 + j-th comes to j·2 + i
    ("4 x 1", "shuffle(2)", [0, 1, 2, 3], [[0], [2], [1], [3]]),
    ("6 x 1", "shuffle(2)", [0, 1, 2, 3, 4, 5], [[0], [3], [1], [4], [2], [5]]),
    ("1 x 5", "crop(2)", [0, 1, 2, 3, 4], [[1, 2]]),
    ("1 x 4", "crop(2)", [0, 1, 2, 3], [[1, 2]]),
    ("1 x 2 x 2", "pad(0 x 1)", [1, 2, 3, 4], [[[0, 1, 2, 0], [0, 3, 4, 0]]]),
    ("3", "slice(maps: [2, 0, 2])", [5, 6, 7], [7, 5, 7]),
    ("1 x 2", "upsample(2)", [1, 3], [[1, 1, 3, 3]]),
    ("1 x 2", "upsample(2, mode: linear)", [0, 4], [[0, 1, 3, 4]]),
    ("2 x 2", "reshape(4 x 1)", [1, 2, 3, 4], [[1], [2], [3], [4]]),
    ("2 x 2", "flatten", [1, 2, 3, 4], [1, 2, 3, 4]),
    ("1 x 5", "maxpool(2)", [-5, -4, -3, -2, -1], [[-4, -2]]),
    ("1 x 5", "maxpool(2, ceil: true)", [-5, -4, -3, -2, -1], [[-4, -2, -1]]),
    ("1 x 3", "avgpool(2, stride: 1, pad: 1)", [4, 2, 6], [[4, 3, 4, 6]]),
    ("1 x 4", "lppool(2)", [3, 4, -6, 8], [[5, 10]]),
    ("1 x 4", "lppool(2, p: 1)", [3, 4, -6, 8], [[7, 14]]),
    ("2 x 2", "global_avgpool", [1, 2, 3, 5], [1.5, 4]),
    ("2 x 2", "global_maxpool", [-1, -2, 3, 5], [-1, 5]),
    ("2", "[identity, scale(2)] -> concat", [1, 2], [1, 2, 2, 4]),
    ("2", "[identity, scale(2), scale(4)] -> add", [1, 2], [7, 14]),
    ("2", "[identity, scale(2), scale(4)] -> subtract", [1, 2], [-5, -10]),
    ("2", "[identity, scale(2)] -> multiply", [1, 2], [2, 8]),
    ("2 x 2", "[identity, global_maxpool] -> multiply", [1, 2, 3, 4], [[2, 4], [12, 16]]),
    # each map's square over 3 maps: x / (1 + 3/3 · Σ x²)
    ("3 x 1", "lrn(size: 3, alpha: 3, beta: 1)", [1, 2, 0], [[round(1 / 6, 4)], [round(2 / 6, 4)], [0]]),
    # an even size has its further map behind
    ("3 x 1", "lrn(size: 2, alpha: 2, beta: 1)", [1, 2, 1], [[round(1 / 6, 4)], [round(2 / 6, 4)], [0.5]]),
    ("2 x 4", "connect(m, stride: 3)", [1, 2, 3, 4, 5, 6, 7, 8], [[1, 4], [2.5, 4], [0, 0]]),
    ("2 x 4", "connect(p, stride: 2)", [1, 2, 3, 4, 5, 6, 7, 8], [[1, 3], [5, 7], [0, 0]]),
    ("2", "connect(m)", [1, 4], [1, 2, 0]),
    ("2 x 2", "connect(p)", [1, 2, 3, 4], [[1, 2], [3, 4], [0, 0]]),
    ("2", "connect(p)", [1, 4], [1, 4, 0]),
    ("2", "connect(s)", [1, 4], [4, 1]),
    ("2", "connect(e)", [1, 4], [1, 4]),
]
TABLES = """residual table m: 2 -> 3 {
= . .
. 0.5 .
}
residual table p: 2 -> 3 = identity
residual table e: 2 -> 2 = identity
residual table s: 2 -> 2 {
. =
= .
}
sparse table t: 3 -> 2 {
X .
X X
. X
}
residual table f: 3 -> 2 {
= a
a .
2 X
}
kernel table k: 1 x 3 {
a . a
}"""


@pytest.mark.parametrize(("x", "layer", "numbers", "answer"), ROWS, ids=[f"{row[0]} {row[1]}" for row in ROWS])
def test_layers_without_weights(x: str, layer: str, numbers: object, answer: object) -> None:
    np.testing.assert_allclose(answered(x, layer, numbers, more=TABLES), np.asarray(answer), atol=1e-4)


WEIGHTED: list[tuple[str, str, object, dict[str, object], object]] = [
    ("2", "dense(2)", [1, 2], {"weight": [[1, 10], [100, 1000]], "bias": [5, 6]}, [26, 2106]),
    ("2 x 1", "dense(1, bias: false)", [1, 2], {"weight": [[1, 10]]}, [21]),
    ("3", "dense(2, table: t)", [1, 2, 3], {"weight": [1, 10, 100, 1000], "bias": [0, 1]}, [21, 3201]),
    ("3", "dense(2, table: f)", [1, 2, 3], {"weight": [10, 100], "bias": 0}, [27, 310]),
    ("2", "rbf(2)", [1, 2], {"weight": [[1, 2], [3, 5]]}, [0, 13]),
    ("2", "rbf(1, width: 2)", [1, 2], {"weight": [[1, 4]]}, [round(np.exp(-0.5), 4)]),
    ("1 x 4", "conv(1, 2, bias: false)", [1, 2, 3, 4], {"weight": [[[1, 10]]]}, [[21, 32, 43]]),
    ("1 x 4", "conv(1, 2, pad: same)", [1, 2, 3, 4], {"weight": [[[1, 10]]], "bias": 0.5},
     [[21.5, 32.5, 43.5, 4.5]]),
    ("1 x 5", "conv(1, 3, pad: same, dilation: 2)", [1, 2, 3, 4, 5], {"weight": [[[1, 0, 10]]], "bias": 0},
     [[30, 40, 51, 2, 3]]),
    ("2 x 2", "conv(2, 1, groups: 2)", [1, 2, 3, 4], {"weight": [[[1]], [[10]]], "bias": 0}, [[1, 2], [30, 40]]),
    ("1 x 1 x 4", "conv(1, k)", [1, 2, 3, 4], {"weight": 10, "bias": 0}, [[[40, 60]]]),
    ("1 x 2", "deconv(1, 2, dilation: 2)", [1, 2], {"weight": [[[1, 10]]], "bias": 0}, [[1, 2, 10, 20]]),
    ("1 x 4", "local(1, 2, stride: 2)", [1, 2, 3, 4], {"weight": [[[[1, 10]]], [[[100, 1000]]]], "bias": 0},
     [[21, 4300]]),
    ("1 x 2", "deconv(1, 2, stride: 2)", [1, 2], {"weight": [[[1, 10]]], "bias": 0}, [[1, 10, 2, 20]]),
    ("1 x 2", "deconv(1, 3, stride: 2, pad: same)", [1, 2], {"weight": [[[1, 10, 100]]], "bias": 0},
     [[10, 102, 20, 200]]),
    ("1 x 2", "deconv(1, 1, stride: 2, pad: same)", [1, 2], {"weight": [[[10]]], "bias": 0}, [[10, 0, 20, 0]]),
    ("2 x 1", "deconv(2, 1)", [1, 2], {"weight": [[[1], [10]], [[100], [1000]]], "bias": 0}, [[21], [2100]]),
    ("4 x 1", "deconv(2, 1, groups: 2)", [1, 2, 3, 4], {"weight": [[[1], [10]], [[100], [1000]]], "bias": 0},
     [[21], [4300]]),
    ("1 x 3", "local(1, 2)", [1, 2, 3], {"weight": [[[[1, 10]]], [[[100, 1000]]]], "bias": [[5, 6]]}, [[26, 3206]]),
    ("2 x 2", "local(2, 1, groups: 2)", [1, 2, 3, 4], {"weight": [[[[1]], [[10]]], [[[100]], [[1000]]]], "bias": 0},
     [[1, 200], [30, 4000]]),
    ("1 x 4", "subsample(2)", [1, 3, 5, 9], {"weight": 10, "bias": 0.5}, [[20.5, 70.5]]),
    ("2", "prelu", [-2, -3], {"weight": [0.5, 0.1]}, [-1, -0.3]),
    ("2", "relu -> norm(epsilon: 0.01)", [3, 4],
     {"weight": [1, 2], "bias": [0, 7], "running_mean": [1, 1], "running_var": 0.24}, [4, 19]),
    ("2", "relu -> norm(epsilon: 0.01, affine: false)", [3, 4], {"running_mean": [1, 1], "running_var": 0.24},
     [4, 6]),
    ("2", "layer_norm(epsilon: 3)", [1, 3], {"weight": [1, 10], "bias": [0, 7]}, [-0.5, 12]),
    ("4", "group_norm(2, epsilon: 3, affine: false)", [1, 3, 5, 3], {}, [-0.5, 0.5, 0.5, -0.5]),
    ("2 x 2", "group_norm(2, epsilon: 3)", [1, 3, 5, 3], {"weight": [1, 10], "bias": 0}, [[-0.5, 0.5], [5, -5]]),
]  # fmt: skip


@pytest.mark.parametrize(("x", "layer", "numbers", "weights", "answer"), WEIGHTED, ids=str)
def test_layers_with_weights(x: str, layer: str, numbers: object, weights: dict[str, object], answer: object) -> None:
    np.testing.assert_allclose(answered(x, layer, numbers, weights, TABLES), np.asarray(answer), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("layer", "weights", "answer"),
    [
        ("dense(2, table: t)", {"weight": [1, 10, 100, 1000], "bias": [0, 1]}, [[21, 3201], [54, 6501]]),
        ("dense(2, table: f)", {"weight": [10, 100], "bias": [0, 0]}, [[27, 310], [66, 640]]),
    ],
)
def test_a_table_of_units_by_its_connections(layer: str, weights: dict[str, object], answer: object) -> None:
    """As a large, thin one is deployed: no other pass has touched it. A batch of two."""
    graph = graph_of("3", layer, TABLES)
    arrays = {path: np.asarray(weights[path.rpartition(".")[2]], np.float32) for path in graph.weights}
    x = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
    found = by_onnxruntime(serialize(export(Model(graph, arrays), {})), {"x": x}, LEVELS[0])["y"]
    np.testing.assert_allclose(found, answer, rtol=1e-5)
