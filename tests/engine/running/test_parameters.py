"""Where weights lie: each once, in files' form on the way in and out, with its multiples of the rate and the decay."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.engine.planning import make
from netspec.engine.running.parameters import Parameters
from netspec.graph import Graph
from netspec.weights import initial
from tests.engine.nets import graph

CROSS = "kernel table cross: 3 x 3 {\n . X .\n X X X\n . X .\n}"
MIXED = graph(
    "input x: 4 x 8 x 8", CROSS, "share twin = conv(4, 3, pad: 1)",
    "a = x -> conv(4, cross, pad: 1) -> norm -> relu -> twin -> twin",
    "output y = a -> conv(6, 1, frozen: true) -> prelu -> dense(3)",
)  # fmt: skip


def store(net: Graph, dtype: type = np.float32) -> tuple[Parameters, dict[str, np.ndarray]]:
    plan, weights = make.plan(net, 2, True, {"y": "mse"}), initial(net, 0)
    weights = {
        path: np.arange(array.size, dtype=np.float32).reshape(array.shape) + k
        for k, (path, array) in enumerate(weights.items())
    }
    return Parameters(net, plan.kernels, weights, dtype), weights


def test_weights_come_out_as_they_went_in() -> None:
    found, weights = store(MIXED)
    out = found.weights()
    assert list(out) and set(out) == set(weights)
    for path, array in weights.items():
        assert out[path].dtype == np.float32 and np.array_equal(out[path], array), path


def test_each_trained_number_lies_in_one_place() -> None:
    found, weights = store(MIXED)
    trained = {path for path in weights if "running" not in path and not path.startswith("y/conv")}
    assert set(found.slots) == trained
    used = np.zeros(found.size, np.int64)
    for slot in found.slots.values():
        used[slot.stretch] += 1
    assert (used == 1).all() and found.size == sum(weights[path].size for path in trained) == len(found.flat)


def test_what_is_collected_in_another_shape_comes_last() -> None:
    found, _ = store(MIXED)
    late = [path for path, slot in found.slots.items() if slot.start >= found.direct]
    assert set(late) == set(found.extras) and "a/conv.weight" in late
    ends = [start + int(np.prod(shape)) for start, shape in found.extras.values()]
    assert min(start for start, _ in found.extras.values()) == found.size and max(ends) == found.gradient_size


def test_a_step_of_the_flat_array_is_a_step_of_the_views() -> None:
    found, weights = store(MIXED)
    found.flat += 1
    out = found.weights()
    for path in weights:
        assert np.array_equal(out[path], weights[path] + (path in found.slots)), path


def test_another_flat_array_gives_its_own_weights() -> None:
    found, weights = store(MIXED)
    out = found.weights(np.zeros_like(found.flat))
    assert all(
        not out[path].any() if path in found.slots else np.array_equal(out[path], weights[path]) for path in weights
    )


def test_a_number_for_each_weight_goes_out_and_in() -> None:
    found, _ = store(MIXED)
    flat = np.random.default_rng(0).standard_normal(found.size).astype(np.float32)
    again = np.zeros_like(flat)
    found.fill(again, found.trained(flat))
    assert np.array_equal(again, flat)


def test_a_shared_layer_has_one_set_of_weights() -> None:
    found, _ = store(MIXED)
    assert [path for path in found.views if path.startswith("twin")] == ["twin/conv.weight", "twin/conv.bias"]


@pytest.mark.parametrize(
    ("layer", "weight", "bias"),
    [
        ("dense(2)", (1, 1), (1, 0)),
        ("dense(2, rate: 3)", (3, 1), (3, 0)),
        ("dense(2, rate: [3, 4])", (3, 1), (4, 0)),
        ("dense(2, decay: 2)", (1, 2), (1, 2)),
        ("dense(2, decay: [0, 5])", (1, 0), (1, 5)),
    ],
)
def test_decay_reaches_kernels_and_biases_only_where_it_is_said(
    layer: str, weight: tuple[float, float], bias: tuple[float, float]
) -> None:
    found, _ = store(graph("input x: 4", f"output y = x -> {layer}"))
    slots = found.slots
    assert (slots["y/dense.weight"].rate, slots["y/dense.weight"].decay) == weight
    assert (slots["y/dense.bias"].rate, slots["y/dense.bias"].decay) == bias


def test_gains_and_slopes_do_not_decay() -> None:
    found, _ = store(graph("input x: 4", "output y = x -> dense(3) -> norm -> prelu"))
    decays = {path: slot.decay for path, slot in found.slots.items()}
    assert len(decays) == 4 and {path for path, decay in decays.items() if decay} == {"y/dense.weight"}


def test_a_weight_that_is_missing_or_does_not_fit_is_an_error() -> None:
    found, _ = store(MIXED)
    arrays = found.trained(found.flat)
    arrays.pop("y/dense.bias")
    with pytest.raises(KeyError):
        found.fill(np.zeros_like(found.flat), arrays)
    arrays["y/dense.bias"] = np.zeros(4, np.float32)
    with pytest.raises(ValueError, match="broadcast"):
        found.fill(np.zeros_like(found.flat), arrays)
