"""What a profile tells: every layer once, with the arithmetic and the bytes that its shapes say."""

from __future__ import annotations

import pytest

from netspec.engine.measuring.profile import profile
from netspec.engine.planning import make
from netspec.engine.planning.needs import training_bytes
from netspec.settings import Train
from netspec.settings.train import Adam
from tests.engine.nets import graph

NET = graph("input x: 2 x 6 x 6", "output y = x -> conv(4, 3) -> norm -> tanh -> dense(5) -> softmax")
TRAIN = Train(loss={"y": "cross_entropy"}, optimizer=Adam())


def test_lines_are_the_layers_and_what_they_must_do() -> None:
    found = profile(NET, TRAIN, 8, 1, 2)
    assert (found.batch, found.workers) == (8, 1)
    lines = {line.layer: line for line in found.lines}
    assert list(lines) == [node.name for node in NET.nodes]
    assert [line.kind for line in found.lines] == ["conv", "norm", "tanh", "dense", "softmax"]
    # products: 4 maps of 4 x 4 from 2 x 3 x 3, forward and for its kernel alone, as nothing before it is trained
    assert lines["y/conv"].flops == 2 * 8 * (4 * 16 * 18) * 2
    # and 64 units to 5, forward, for the kernel, and for what enters
    assert lines["y/dense"].flops == 2 * 8 * (64 * 5) * 3
    assert lines["y/tanh"].flops == lines["y/norm"].flops == 0
    # values both ways, of four bytes, once more where a gradient goes on; weights three times
    assert lines["y/conv"].bytes == 4 * (8 * (64 + 72) * 2 + 3 * (4 * 18))
    assert lines["y/tanh"].bytes == 4 * (8 * (64 + 64) * 3)
    assert lines["y/dense"].bytes == 4 * (8 * (64 + 5) * 3 + 3 * (64 * 5 + 5))


def test_times_are_of_the_layers_that_run() -> None:
    found = profile(NET, TRAIN, 8, 1, 2)
    for line in found.lines:
        # the last layer is worked out together with the loss
        assert (line.forward > 0 and line.backward > 0) == (line.kind != "softmax")
    assert found.step > 0


@pytest.mark.parametrize("workers", [1, 2])
def test_memory_is_what_a_training_takes(workers: int) -> None:
    plan = make.plan(NET, 8, True, TRAIN.loss)
    assert profile(NET, TRAIN, 8, workers, 1).bytes == training_bytes(plan, 2, workers)


def test_activations_made_again_count_as_backward() -> None:
    found = profile(NET, TRAIN, 8, 1, 1, recompute=True)
    assert all(line.backward > 0 for line in found.lines if line.kind in ("norm", "tanh"))
    assert found.bytes != profile(NET, TRAIN, 8, 1, 1).bytes
