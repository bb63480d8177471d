"""What is done to a gradient before a rule has it: clipping, multiples of the rate and of the decay, stretches for
workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.engine.planning import make
from netspec.engine.running.parameters import Parameters
from netspec.engine.training.optimiser import Optimiser
from netspec.net import load
from netspec.settings.train import Sgd
from netspec.weights import initial


def stepped(
    folder: Path, rule: Any, gradients: list[list[float]], clip: float | None = None, layer: str = "dense(1)"
) -> list[float]:
    """Weights 1 and -2 and bias 0.5 after steps with the gradients given."""
    path = folder / "a.net"
    path.write_text(f"netspec 1\nnet A {{\n input x: 2\n output y = x -> {layer}\n}}\n")
    graph = load(path).graph
    plan = make.plan(graph, 1, True, {"y": "mse"}, np.float64)
    store = Parameters(
        graph, plan.kernels, {"y/dense.weight": np.array([[1.0, -2.0]]), "y/dense.bias": np.array([0.5])}, np.float64
    )
    optimiser = Optimiser(rule, store, clip)
    for gradient in gradients:
        optimiser.steps += 1
        flat = np.array(gradient)
        for index in range(len(optimiser.stretches)):
            optimiser.measure(index, flat)
        optimiser.apply(flat, 0, 1)
    return [*store.views["y/dense.weight"].reshape(-1), *store.views["y/dense.bias"]]


G = [[0.5, -1.0, 2.0], [1.0, 0.0, -1.0]]


def test_sgd_with_momentum_decays_kernels_only(tmp_path: Path) -> None:
    # v = g + 0.1 w: 0.6, -1.2, 2.0; w - 0.1 v: 0.94, -1.88, 0.3; v = 0.5 v + g + 0.1 w: 1.394, -0.788, 0.0
    assert stepped(tmp_path, Sgd(rate=0.1, momentum=0.5, decay=0.1), G) == pytest.approx(
        [0.94 - 0.1394, -1.88 + 0.0788, 0.3]
    )


def test_nesterov_looks_ahead(tmp_path: Path) -> None:
    # g + 0.5 v with v = g: 1.5 g in the first step
    assert stepped(tmp_path, Sgd(rate=0.1, momentum=0.5, nesterov=True), G[:1]) == pytest.approx(
        [1 - 0.075, -2 + 0.15, 0.5 - 0.3]
    )


def test_rates_and_decays_of_a_layer(tmp_path: Path) -> None:
    found = stepped(tmp_path, Sgd(rate=0.1, decay=0.1), G[:1], layer="dense(1, rate: [2, 3], decay: [0, 1])")
    assert found == pytest.approx([1 - 0.2 * 0.5, -2 + 0.2, 0.5 - 0.3 * (2.0 + 0.1 * 0.5)])


# ---- clipping: the gradient is 3, 4, 12, so 13 long


def moved(folder: Path, clip: float | None, gradient: list[float]) -> list[float]:
    """What a plain step of rate 1 took off the weights."""
    after = stepped(folder, Sgd(rate=1.0), [gradient], clip)
    return [before - now for before, now in zip([1.0, -2.0, 0.5], after, strict=True)]


@pytest.mark.parametrize(
    ("clip", "share"),
    [(None, 1.0), (26.0, 1.0), (13.0, 1.0), (13.0 - 1e-9, (13.0 - 1e-9) / 13.0), (6.5, 0.5), (1.3, 0.1)],
    ids=["none", "far above", "exactly at the bound", "just below", "half", "a tenth"],
)
def test_a_gradient_longer_than_clip_is_shortened_to_it(clip: float | None, share: float, tmp_path: Path) -> None:
    assert moved(tmp_path, clip, [3.0, 4.0, 12.0]) == pytest.approx([3 * share, 4 * share, 12 * share], rel=1e-12)


def test_a_gradient_at_the_bound_keeps_its_bits(tmp_path: Path) -> None:
    assert moved(tmp_path, 13.0, [3.0, 4.0, 12.0]) == [3.0, 4.0, 12.0]


def test_a_gradient_of_zeros_is_not_clipped(tmp_path: Path) -> None:
    assert moved(tmp_path, 1e-3, [0.0, 0.0, 0.0]) == [0.0, 0.0, 0.0]


# ---- whether a step may be taken


def optimiser(folder: Path, text: str, clip: float | None = None, dtype: type = np.float64) -> Optimiser:
    """Of a net whose body is given, its lines parted by semicolons."""
    path = folder / "a.net"
    path.write_text("netspec 1\nnet A {\n" + text.replace("; ", "\n") + "\n}\n")
    graph = load(path).graph
    plan = make.plan(graph, 1, True, {"y": "mse"}, dtype)
    return Optimiser(Sgd(rate=0.5), Parameters(graph, plan.kernels, initial(graph, 1), dtype), clip)


@pytest.mark.parametrize(
    ("loss", "number", "finite"),
    [
        (1.0, 1.0, True),
        (np.nan, 1.0, False),
        (np.inf, 1.0, False),
        (1.0, np.nan, False),
        (1.0, -np.inf, False),
        (1.0, 1e200, False),
    ],
    ids=["all well", "loss NaN", "loss infinite", "gradient NaN", "gradient infinite", "its square overflows"],
)
def test_only_finite_numbers_are_a_step(loss: float, number: float, finite: bool, tmp_path: Path) -> None:
    found = optimiser(tmp_path, "input x: 2; output y = x -> dense(1)")
    with np.errstate(over="ignore"):
        for index in range(len(found.stretches)):
            found.measure(index, np.array([1.0, 2.0, number]))
    assert found.finite(loss) is finite


# ---- stretches


def test_weights_with_one_rate_and_one_decay_lie_in_one_stretch(tmp_path: Path) -> None:
    text = "input x: 2; output y = x -> dense(3) -> dense(2, rate: [2, 2], decay: 1) -> dense(1, rate: 2, decay: 1)"
    found = optimiser(tmp_path, text)
    told = [(each.start, each.end, each.rate, each.decay) for each in found.stretches]
    # 6 + 3 numbers of the first layer, whose bias does not decay; 6 + 2 + 2 + 1 of the others
    assert told == [(0, 6, 1.0, 1.0), (6, 9, 1.0, 0.0), (9, 20, 2.0, 1.0)]


@pytest.mark.parametrize("units", [100, 3000])
def test_stretches_cover_every_weight_once(units: int, tmp_path: Path) -> None:
    found = optimiser(tmp_path, f"input x: 100; output y = x -> dense({units}) -> dense(1)")
    assert [each.start for each in found.stretches[1:]] == [each.end for each in found.stretches[:-1]]
    assert (found.stretches[0].start, found.stretches[-1].end) == (0, found.store.size)
    assert all(0 < each.end - each.start <= found.length for each in found.stretches)


def test_no_stretch_reaches_into_gradients_that_are_collected_later(tmp_path: Path) -> None:
    picture = "kernel table cross: 3 x 3 {; . X .; X X X; . X .; }"
    layers = "conv(3, cross, bias: false) -> conv(2, 3, bias: false) -> dense(1, bias: false)"
    found = optimiser(tmp_path, f"input x: 4 x 6 x 6; {picture}; output y = x -> {layers}")
    direct = found.store.direct
    assert 0 < direct < found.store.size
    assert all(each.end <= direct or each.start >= direct for each in found.stretches)


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_any_number_of_workers_takes_the_same_step(workers: int, tmp_path: Path) -> None:
    text = "input x: 100; output y = x -> dense(300) -> dense(1)"
    found = [optimiser(tmp_path, text, 0.5, np.float32) for _ in range(2)]
    gradient = np.random.default_rng(0).standard_normal(found[0].store.size).astype(np.float32)
    assert len(found[0].stretches) > workers
    for each, count in zip(found, (1, workers), strict=True):
        flat = gradient.copy()
        each.steps = 1
        for index in range(len(each.stretches)):
            each.measure(index, flat)
        for worker in range(count):
            each.apply(flat, worker, count)
    assert found[0].store.flat.tobytes() == found[1].store.flat.tobytes()
    length = float(np.linalg.norm(gradient.astype(np.float64)))
    wanted = (
        initial(found[0].store.graph, 1)["y/dense.bias"]
        - 0.5 * (0.5 / length) * gradient[found[0].store.slots["y/dense.bias"].stretch]
    )
    assert found[1].store.views["y/dense.bias"] == pytest.approx(wanted, rel=1e-5)


def test_the_multiple_is_of_the_rate(tmp_path: Path) -> None:
    found = optimiser(tmp_path, "input x: 1; output y = x -> dense(1, bias: false)")
    before = found.store.flat.copy()
    found.steps, found.multiple = 1, 0.25
    found.measure(0, np.array([2.0]))
    found.apply(np.array([2.0]), 0, 1)
    assert before - found.store.flat == pytest.approx([0.5 * 0.25 * 2])
