"""Layers that move, cut, repeat and join numbers, by hand: which number goes where, and its gradient the same way
back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.engine.kernels.bound import Bound
from tests.engine.kernels.cases import case, drawn

Array = np.ndarray[Any, np.dtype[Any]]


def ran(name: str, shape: tuple[int, ...], x: Any, **arguments: Any) -> tuple[Array, Bound, Any]:
    """The result on one image, given and told maps first."""
    bound = Bound(case(name, shape, **arguments), n=1)
    bound.point["x0"] = np.moveaxis(np.asarray(x, dtype=float).reshape(1, *shape), 1, -1).copy()
    m = bound.memory(bound.point)
    y = bound.forward(m)
    return np.moveaxis(y, -1, 1)[0], bound, m


def back(bound: Bound, m: Any, dy: Any) -> Array:
    """The input's gradient, maps first."""
    given = np.moveaxis(np.asarray(dy, dtype=float)[None], 1, -1).copy()
    return np.moveaxis(bound.gradients(m, given)["x0"], -1, 1)[0]


def test_shuffle_turns_groups() -> None:
    """Zhang, Zhou, Lin, Sun 2018: (groups, n/groups) turned: a1 a2 a3 b1 b2 b3 to a1 b1 a2 b2 a3 b3."""
    y, bound, m = ran("shuffle", (6, 1), [1, 2, 3, 4, 5, 6], groups=2)
    assert y.reshape(-1).tolist() == [1, 4, 2, 5, 3, 6]
    assert back(bound, m, y).reshape(-1).tolist() == [1, 2, 3, 4, 5, 6]


def test_flatten_is_maps_first() -> None:
    y, bound, m = ran("flatten", (2, 2, 3), range(12))
    assert y.tolist() == list(range(12))
    assert back(bound, m, y).reshape(-1).tolist() == list(range(12))


def test_reshape_keeps_the_order_of_maps_rows_and_columns() -> None:
    y, _, _ = ran("reshape", (2, 2, 3), range(12), size=(3, 4))
    assert y.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]


def test_upsample_repeats() -> None:
    y, bound, m = ran("upsample", (1, 2, 2), [1, 2, 3, 4], factor=(2, 3))
    assert y[0].tolist() == [[1, 1, 1, 2, 2, 2]] * 2 + [[3, 3, 3, 4, 4, 4]] * 2
    assert back(bound, m, np.ones((1, 4, 6))).reshape(-1).tolist() == [6, 6, 6, 6]


def test_upsample_by_a_line_between_pixel_centres() -> None:
    """Two pixels of 0 and 4 as four: at −¼ (held), ¼, ¾, 1¼ (held)."""
    y, bound, m = ran("upsample", (1, 2), [0, 4], factor=2, mode="linear")
    assert y[0].tolist() == [0, 1, 3, 4]
    assert back(bound, m, [[1, 10, 100, 1000]]).tolist() == [[1 + 7.5 + 25, 2.5 + 75 + 1000]]


def test_pad_and_crop() -> None:
    y, bound, m = ran("pad", (1, 1, 2), [5, 6], size=(1, 2))
    assert y[0].tolist() == [[0] * 6, [0, 0, 5, 6, 0, 0], [0] * 6]
    assert back(bound, m, np.arange(18).reshape(1, 3, 6))[0].tolist() == [[8, 9]]
    y, bound, m = ran("crop", (1, 5), [1, 2, 3, 4, 5], height=3)
    assert y.tolist() == [[2, 3, 4]]
    assert back(bound, m, [[7, 8, 9]]).tolist() == [[0, 7, 8, 9, 0]]


def test_a_map_that_is_taken_twice_gets_both_gradients() -> None:
    y, bound, m = ran("slice", (3, 1), [1, 2, 3], maps=[2, 0, 2])
    assert y.reshape(-1).tolist() == [3, 1, 3]
    assert back(bound, m, [[1], [10], [100]]).reshape(-1).tolist() == [10, 0, 101]


def test_neighbouring_maps_are_one_run() -> None:
    y, bound, m = ran("slice", (4, 1), [1, 2, 3, 4], maps=[1, 2])
    assert y.reshape(-1).tolist() == [2, 3]
    assert back(bound, m, [[5], [6]]).reshape(-1).tolist() == [0, 5, 6, 0]


def test_connect_passes_maps_on_times_a_number() -> None:
    """Neighbours with one number go together, those with another apart."""
    table = drawn("residual", 3, 4, "= . . .", ". = . 0.5", ". . 2 =")
    y, bound, m = ran("connect", (3,), [1, 10, 100], table=table)
    assert y.tolist() == [1, 10, 200, 105]
    assert back(bound, m, [1, 2, 3, 4]).tolist() == [1, 4, 10]


def test_connect_with_a_stride_reads_every_second_cell() -> None:
    table = drawn("residual", 1, 2, "= .")
    y, bound, m = ran("connect", (1, 5), [1, 2, 3, 4, 5], table=table, stride=2)
    assert y.tolist() == [[1, 3, 5], [0, 0, 0]]
    assert back(bound, m, [[7, 8, 9], [1, 1, 1]]).tolist() == [[7, 0, 8, 0, 9]]


def test_scale_and_shift() -> None:
    y, bound, m = ran("scale", (2,), [1, -2], factor=-1.5)
    assert y.tolist() == [-1.5, 3]
    assert back(bound, m, [2, 4]).tolist() == [-3, -6]
    y, bound, m = ran("shift", (2,), [1, -2], amount=2.5)
    assert y.tolist() == [3.5, 0.5]
    assert back(bound, m, [2, 4]).tolist() == [2, 4]


@pytest.mark.parametrize(
    ("name", "result", "gradients"),
    [
        ("add", [111, 222], [[1, 2], [1, 2], [3]]),
        ("subtract", [-109, -218], [[1, 2], [-1, -2], [-3]]),
        ("multiply", [1000, 4000], [[1000, 4000], [100, 400], [10 + 2 * 40]]),
    ],
)
def test_joins_stretch_units_over_positions(name: str, result: list[float], gradients: list[list[float]]) -> None:
    """One map of two positions, another, and one unit; the gradient of what stretched is the sum along it."""
    bound = Bound(case(name, (1, 2), (1, 2), (1,)), n=1)
    last = 100 if name == "multiply" else 0
    values = [[1, 2], [10, 20], [100]] if last else [[1, 2], [110, 220], [0]]
    for i, value in enumerate(values):
        bound.point[f"x{i}"] = np.array(value, dtype=float).reshape(bound.point[f"x{i}"].shape)
    m = bound.memory(bound.point)
    assert bound.forward(m).reshape(-1).tolist() == result
    found = bound.gradients(m, np.array([1.0, 2.0]).reshape(m.y.shape))
    assert [found[f"x{i}"].reshape(-1).tolist() for i in range(3)] == gradients


def test_concat_lays_maps_side_by_side() -> None:
    bound = Bound(case("concat", (1, 2), (2, 2)), n=1)
    bound.point["x0"], bound.point["x1"] = np.array([[[1.0], [2]]]), np.array([[[3.0, 4], [5, 6]]])
    m = bound.memory(bound.point)
    assert bound.forward(m)[0].tolist() == [[1, 3, 4], [2, 5, 6]]
    found = bound.gradients(m, m.y.copy())
    assert found["x0"][0].tolist() == [[1], [2]]
    assert found["x1"][0].tolist() == [[3, 4], [5, 6]]


def test_dropout_keeps_a_share_and_makes_up_for_the_rest() -> None:
    """Kept numbers are divided by what is kept of all; the gradient goes where the number went; a step draws anew."""
    bound = Bound(case("dropout", (10000,), share=0.3), n=1)
    bound.point["x0"][:] = 7.0
    m = bound.memory(bound.point)
    y = bound.forward(m).copy()
    assert set(np.unique(y)) == {0.0, 7.0 / 0.7}
    assert np.mean(y == 0) == pytest.approx(0.3, abs=0.02)  # four deviations
    np.testing.assert_array_equal(bound.gradients(m, np.full_like(y, 7.0))["x0"], y)
    m.clock.step += 1
    assert (bound.forward(m) != y).any()
    m.clock.step -= 1
    np.testing.assert_array_equal(bound.forward(m), y)
    m.key, m.first = 1, 0
    assert (bound.forward(m) != y).any()
    m.key, m.first = 0, 5
    assert (bound.forward(m) != y).any()
