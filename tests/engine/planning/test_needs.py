"""The memory that a training takes: counted by hand for a small net, and in what it grows with."""

from __future__ import annotations

from itertools import pairwise
from math import prod

import pytest

from netspec.engine.planning import make
from netspec.engine.planning.needs import CALL, OWN, PACKED, training_bytes
from netspec.engine.planning.ways import Ways
from tests.engine.nets import graph

TWO = "input x: 4", "output y = x -> dense(300) -> dense(200)"
PICTURES = "input x: 2 x 64 x 64", "output y = x -> conv(8, 3) -> norm -> tanh -> conv(8, 3) -> dense(2)"


def test_two_layers_by_hand() -> None:
    plan = make.plan(graph(*TWO), 64, True, {"y": "mse"})
    weights = 4 * 300 + 300 + 300 * 200 + 200
    calls = 2 + 1 + 2
    inputs = 64 * 4 * 4
    packed = 64 * 300 * 4 // 2
    work = 2 * 2**13 * 4
    kept = 4 * (
        weights + 2 * weights + weights
    )  # themselves, two numbers each of the optimiser's, one part's gradients
    assert (plan.batch_bytes, plan.parts) == (inputs, 1)
    assert training_bytes(plan, 2, 1) - plan.local_bytes == pytest.approx(
        OWN + CALL * calls + inputs + packed + work + kept, abs=64 * len(plan.buffers)
    )


def test_a_number_more_for_each_weight_is_four_bytes_more() -> None:
    plan = make.plan(graph(*TWO), 8, True, {"y": "mse"})
    assert training_bytes(plan, 3, 1) - training_bytes(plan, 2, 1) == 4 * (5 * 300 + 301 * 200)


def test_a_worker_more_has_memory_of_its_own_but_none_without_a_part() -> None:
    plan = make.plan(graph(*PICTURES), 64, True, {"y": "mse"}, ways=Ways(2**18))
    taken = [training_bytes(plan, 1, workers) for workers in range(1, plan.parts + 3)]
    more = taken[1] - taken[0]
    assert plan.parts == 4
    assert 0.5 * plan.local_bytes < more < plan.local_bytes + PACKED + 2 * 2**17 * 4
    assert taken[0] < taken[1] < taken[2] < taken[3] == taken[4] == taken[5]


def test_what_blas_packs_is_bounded() -> None:
    wide = graph("input x: 16", "output y = x -> dense(65536)")
    plan = make.plan(wide, 256, True, {"y": "mse"})
    assert plan.chunks == (((0, 256),),)
    assert PACKED < 256 * 65536 * 4 // 2
    rest = training_bytes(plan, 0, 1) - PACKED
    assert rest > plan.batch_bytes + plan.local_bytes + 2 * 17 * 65536 * 4


@pytest.mark.parametrize("lines", [TWO, PICTURES], ids=["units", "pictures"])
def test_more_examples_take_more(lines: tuple[str, ...]) -> None:
    taken = [training_bytes(make.plan(graph(*lines), batch, True, {"y": "mse"}), 1, 2) for batch in (1, 8, 64, 512)]
    assert taken == sorted(taken) and len(set(taken)) == 4


def test_each_part_sums_the_gradients_of_all_weights() -> None:
    plan = make.plan(
        graph("input x: 16 x 8 x 1", "output y = x -> dense(4096)"), 64, True, {"y": "mse"}, ways=Ways(2**14)
    )
    weights = 129 * 4096
    assert plan.parts == 2
    held = plan.local_bytes + plan.batch_bytes + 2 * 2**17 * 4
    assert training_bytes(plan, 1, 1) == pytest.approx(OWN + held + 4 * weights * (1 + 1 + 2), rel=0.02)


def test_gradients_that_are_collected_in_another_shape_are_counted() -> None:
    # a 3 x 3 kernel of 32 -> 32 maps is collected as 6 x 3 x 32 x 32 numbers, once a part
    plan = make.plan(graph("input x: 32 x 8 x 8", "output y = x -> conv(32, 3, pad: 1)"), 4, True, {"y": "mse"})
    trained, extras = 32 * 32 * 9 + 32, 18 * 32 * 32
    ready = sum(prod(shape) for kernel in plan.kernels.values() for shape in kernel.prepared().values())
    assert [prod(shape) for shape in plan.kernels["y/conv"].extras().values()] == [extras]
    held = plan.local_bytes + plan.batch_bytes + 2 * 2**13 * 4 + plan.largest(0) * 32 * 64 * 4 // 2
    kept = 4 * (trained + ready + plan.parts * (trained + extras))
    assert training_bytes(plan, 0, 1) == pytest.approx(OWN + held + kept, abs=20 * CALL)


def test_pages_that_no_chunk_reaches_are_not_counted() -> None:
    # the first layer in four chunks; what follows the norm in two, which two of four workers run
    layers = "conv(4, 3) -> maxpool(2) -> norm -> (conv(4, 3, pad: 1) -> tanh) * 12 -> dense(2)"
    net = graph("input x: 2 x 64 x 64", f"output y = x -> {layers}")
    plan = make.plan(net, 64, True, {"y": "mse"}, ways=Ways(2**22))
    assert [len(found) for found in plan.chunks] == [4, 2, 4]
    taken = [training_bytes(plan, 1, workers) for workers in (1, 2, 3, 4)]
    more = [after - before for before, after in pairwise(taken)]
    assert more[0] - more[1] > 4 * (32 * 31 * 31 * 4) * 4  # some results of the layers behind the norm, at the least
    assert more[1] == more[2]
