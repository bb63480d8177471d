"""Whole nets: the gradient of every weight, over chunks, parts and barriers; the same bits with any threads."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from itertools import chain, repeat

import numpy as np
import pytest

from netspec.diagnostics import Trouble
from netspec.elaborate import Elaborated
from netspec.engine.running.runner import Runner
from netspec.engine.running.threads import Pool, pool
from netspec.engine.training.optimiser import Optimiser
from netspec.settings.train import Sgd
from tests.engine.nets import meaning, runner

MIXED = """netspec 1
net Mixed(n = 2) {
    input image: 3 x 8 x 10
    residual table skip: 6 -> 8 = identity
    share twin = conv(6, 3, pad: 1) -> norm -> tanh
    block layer(g) { in -> [identity, norm -> tanh -> conv(g, 3, pad: 1)] -> concat }
    a = image -> conv(6, 3, pad: 1) -> norm -> tanh
    b = a -> twin -> twin
    c = b -> residual(shortcut: auto) { conv(8, 3, stride: 2, pad: 1) -> norm -> tanh -> conv(8, 3,
        pad: 1) -> norm } -> tanh
    d = b -> residual(shortcut: skip) { conv(8, 3, stride: 2, pad: 1) -> norm }
    e = [c, d] -> add -> (layer(4)) * n -> avgpool(2)
    gate = e -> global_avgpool -> dense(4) -> tanh -> dense(e.maps) -> sigmoid
    output y = [e, gate] -> multiply -> dense(5) -> softmax
    output z (train, weight: 0.3) = c -> global_avgpool -> dense(5) -> softmax
}
"""
LOCAL = """netspec 1
net Local {
    input image: 3 x 8 x 10
    output y = image -> conv(6, 3) -> tanh -> dense(5) -> softmax
}
"""
TWO_LOSSES = """netspec 1
net Two {
    input a: 6
    input b: 6
    share same = dense(4) -> sigmoid
    left = a -> same
    right = b -> same
    output near = [left, right] -> subtract -> square -> dense(1)
    output kind = [left, right] -> concat -> dense(3, init: gaussian(0.1)) -> sigmoid
}
train {
    loss near: mae
    loss kind: binary_cross_entropy
}
"""
TABLES = """netspec 1
net Tables {
    input x: 4 x 6 x 6
    shared table ring: 4 -> 4 {
        a b . .
        . a b .
        . . a b
        b . . a
    }
    kernel table cross: 3 x 3 {
        . X .
        k X k
        . X .
    }
    output y = x -> conv(4, cross, table: ring, pad: 1) -> subsample(2) -> tanh(scale: 1.7159, slope: 2 / 3)
        -> local(3, 2) -> lrn -> deconv(2, 3, stride: 2) -> layer_norm -> dense(3) -> log_softmax
}
train { label_smoothing: 0.1 }
"""


@pytest.mark.slow
@pytest.mark.parametrize("text", [MIXED, TWO_LOSSES, TABLES], ids=["mixed", "two losses", "tables"])
def test_gradient_of_every_weight(text: str) -> None:
    with pool(1) as workers:
        bound = runner(meaning(text), workers, 3)
        bound.step()
        gradient, store, eps = bound.gradient.copy(), bound.store, 1e-6
        start, rng = store.flat.copy(), np.random.default_rng(2)
        for path, slot in store.slots.items():
            step = np.zeros(store.size)
            step[slot.stretch] = rng.standard_normal(np.prod(slot.shape))
            values = []
            for sign in (1, -1):
                store.flat[:] = start + sign * eps * step
                values.append(bound.step()[0])
            store.flat[:] = start
            numeric = (values[0] - values[1]) / (2 * eps)
            assert gradient @ step == pytest.approx(numeric, rel=1e-5, abs=1e-7), path


@pytest.mark.parametrize("text", [MIXED, TWO_LOSSES, TABLES, LOCAL], ids=["mixed", "two losses", "tables", "local"])
def test_a_step_begins_with_no_gradient(text: str) -> None:
    with pool(1) as workers:
        bound = runner(meaning(text), workers, 7)
        bound.step()
        first = bound.gradient.copy()
        for stretch in bound.arrays.zeroed:
            bound.gradients[:, stretch] = 1
        bound.step()
    assert np.array_equal(bound.gradient, first)


def test_zeros_are_put_only_where_gradients_are_added() -> None:
    # of 6 x 4 and 4 x 3 weights, 4 and 3 biases; a layer that is used twice adds to what its other use has put there
    once, twice = (
        meaning(f"netspec 1\nnet A {{\n input x: 6\n share s = dense(6)\n output y = x -> {way} }}\n")
        for way in ("dense(4) -> dense(3)", "s -> s -> dense(3)")
    )
    with pool(1) as workers:
        zeroed = [
            sum(stretch.stop - stretch.start for stretch in runner(spec, workers, 2).arrays.zeroed)
            for spec in (once, twice)
        ]
    assert zeroed == [4 + 3, 6 * 6 + 6 + 3]


@pytest.mark.parametrize("offset", [0, 1e4])
@pytest.mark.parametrize("text", [MIXED, TABLES], ids=["mixed", "tables"])
def test_equal_bits_with_any_threads(text: str, offset: float) -> None:
    text = text.replace("a = image -> conv", f"a = image -> shift({offset}) -> norm -> shift({offset}) -> conv")
    found = []
    for threads in (1, 2, 4):
        with pool(threads) as workers:
            bound = runner(meaning(text), workers, 7, np.float32)
            for _ in range(3):
                bound.step()
            found.append(bound.gradient.tobytes())
    assert len(set(found)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("text", [MIXED, TABLES], ids=["mixed", "tables"])
def test_equal_bits_with_processes(text: str) -> None:
    found = []
    for count in (0, 2, 5):
        with pool(count or 1) as workers:
            bound = runner(meaning(text), workers, 7, np.float32, bool(count))
            try:
                assert (0 if bound.crew is None else len(bound.crew.children) + 1) == count
                for _ in range(3):
                    loss = bound.step()
                found.append(
                    (
                        loss,
                        bound.gradient.tobytes(),
                        bound.store.weights()["a/norm.running_mean"].tobytes() if text == MIXED else b"",
                    )
                )
            finally:
                bound.close()
    assert found[0] == found[1] == found[2]


class Ways:
    """A pace that is set beforehand: whether each step is run alone."""

    def __init__(self, ways: Iterable[bool]) -> None:
        self.ways = iter(ways)

    @property
    def alone(self) -> bool:
        return next(self.ways)

    def took(self, seconds: float) -> None:
        pass


@pytest.mark.slow
@pytest.mark.parametrize("text", [MIXED, TABLES, LOCAL], ids=["mixed", "tables", "local"])
def test_equal_bits_whoever_runs_a_step(text: str) -> None:
    found = []
    for ways in ("....", "ALLL", "L.L.", "..LL"):
        with pool(3) as workers:
            bound = trained(meaning(text), workers)
            bound.pace = Ways(way != "." for way in ways)  # type: ignore[assignment]
            try:
                losses = [bound.step() for _ in ways]
                assert isinstance(bound.optimiser, Optimiser)
                state = [array.tobytes() for array in bound.optimiser.state.values()]
                found.append((losses, bound.gradient.tobytes(), bound.store.flat.tobytes(), state))
            finally:
                bound.close()
    assert all(other == found[0] for other in found)


def trained(spec: Elaborated, workers: Pool) -> Runner:
    """A runner with three processes and momentum, whose gradients are always clipped."""
    bound = runner(spec, workers, 7, np.float32)
    optimiser = Optimiser(Sgd(rate=0.1, momentum=0.9), bound.store, clip=1e-3)
    made_again = Runner(bound.plan, bound.store, workers, optimiser=optimiser, processes=True)
    made_again.arrays.batch[:] = bound.arrays.batch
    for name, target in bound.targets.items():
        made_again.targets[name][...] = target
    return made_again


@pytest.mark.parametrize("alone", [False, True], ids=["by all", "by one"])
def test_a_dead_worker_process_is_told(alone: bool) -> None:
    with pool(2) as workers:
        bound = runner(meaning(MIXED), workers, 7, np.float32, processes=True)
        bound.pace = Ways(chain([False], repeat(alone)))  # type: ignore[assignment]
        bound.step()
        assert bound.crew is not None
        os.kill(bound.crew.children[0], signal.SIGKILL)
        with pytest.raises(Trouble, match="worker process ended"):
            [bound.step() for _ in range(10_000)]  # who runs alone looks after the others now and then
        bound.close()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("image", [0, -1])
def test_the_first_layer_that_is_not_finite_is_named(threads: int, image: int) -> None:
    with pool(threads) as workers:
        bound = runner(meaning(LOCAL), workers, 8, np.float32)
        assert bound.plan.buffers["y/conv"].local  # each worker has its own
        bound.value("image")[image] = np.inf
        bound.step()
        assert bound.first_not_finite() == "y/conv"


def test_crews_beside_each_other_end_in_any_order() -> None:
    with pool(2) as workers:
        first, second = (runner(meaning(MIXED), workers, 7, np.float32, processes=True) for _ in range(2))
        ends = [bound.crew.children[0] for bound in (first, second) if bound.crew is not None]
        first.step()
        second.step()
        first.close()  # would wait for ever if the second's child had kept the first's pipe
        second.step()
        second.close()
    for child in ends:
        with pytest.raises(ChildProcessError):
            os.waitpid(child, 0)
