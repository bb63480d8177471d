"""Every pool with every window, stride, pad, rounding and size, in memory full of NaN, against the rule written out in
float64."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest

from tests.engine.kernels.bound import Array, Bound
from tests.engine.kernels.cases import Case, case

Axis = tuple[int, int, Any, bool, int]  # window, stride, pad, ceil, size


def windows(axis: Axis) -> list[range]:
    """The cells of the map that each window sees (docs/language.md, Sizes)."""
    k, s, pad, ceil, size = axis
    before, behind = ((k - 1) // 2, k - 1 - (k - 1) // 2) if pad == "same" else (pad, pad)
    room = size + before + behind - k
    places = (-(-room // s) if ceil else room // s) + 1 if room >= 0 else 0
    if ceil and (places - 1) * s >= size + before:
        places -= 1
    return [range(max(i * s - before, 0), min(i * s - before + k, size)) for i in range(places)]


def pooled(
    name: str, x: Array, dy: Array, axes: list[Axis], p: float, gain: Array, bias: Array
) -> tuple[Array, dict[str, Array]]:
    """The result and all gradients, window by window."""
    y, found = np.zeros_like(dy), {"x0": np.zeros_like(x), "weight": np.zeros_like(gain), "bias": np.zeros_like(bias)}
    sets = [windows(axis) for axis in axes]
    for place in product(*(range(len(found_)) for found_ in sets)):
        cells = np.ix_(range(len(x)), *(along[i] for along, i in zip(sets, place, strict=True)), range(x.shape[-1]))
        seen, at = x[cells].reshape(len(x), -1, x.shape[-1]), (slice(None), *place)
        d = dy[at][:, None]
        if name == "maxpool":
            y[at] = seen.max(axis=1)
            back = (seen == y[at][:, None]) * d
        elif name == "lppool":
            y[at] = (np.abs(seen) ** p).sum(axis=1) ** (1 / p)
            back = d * y[at][:, None] ** (1 - p) * np.abs(seen) ** (p - 1) * np.sign(seen)
        else:
            mean = seen.mean(axis=1)
            y[at] = mean * gain + bias
            back = np.broadcast_to(d * gain / seen.shape[1], seen.shape)
            found["weight"] += (d[:, 0] * mean).sum(axis=0)
            found["bias"] += d[:, 0].sum(axis=0)
        found["x0"][cells] += back.reshape(found["x0"][cells].shape)
    return y, found


def check(name: str, axes: list[Axis], maps: int = 2, p: float = 2.0) -> None:
    """One pool of one shape, forward and backward."""
    k, s, pad, ceil, size = zip(*axes, strict=True)
    told: dict[str, Any] = (
        {"size": k}
        if name == "subsample"
        else {"size": k, "stride": s, "pad": "same" if "same" in pad else pad, "ceil": ceil[0]}
    )
    told |= {"p": p} if name == "lppool" else {}
    bound = Bound(case(name, (maps, *size), **told))
    m = bound.memory(bound.point)
    y = bound.forward(m)
    dy = np.random.default_rng(3).standard_normal(y.shape)
    gain, bias = (bound.point.get(key, np.full(maps, start)) for key, start in (("weight", 1.0), ("bias", 0.0)))
    wanted, slopes = pooled(name, bound.point["x0"], dy, axes, p, gain, bias)
    np.testing.assert_allclose(y, wanted, rtol=1e-12, atol=1e-12, err_msg=f"{name} {axes}")
    for key, found in bound.gradients(m, dy).items():
        np.testing.assert_allclose(found, slopes[key], rtol=1e-10, atol=1e-11, err_msg=f"{name} {axes}: {key}")


def lines(k: int, s: int) -> Iterator[Axis]:
    """All axes of a window and stride that the language takes."""
    for pad, ceil, size in product([*range(k), "same"], (False, True), range(1, 10)):
        if windows((k, s, pad, ceil, size)):
            yield k, s, pad, ceil, size


@pytest.mark.parametrize("stride", range(1, 6))
@pytest.mark.parametrize("window", range(1, 5))
@pytest.mark.parametrize("name", ["maxpool", "avgpool", "lppool"])
def test_one_axis(name: str, window: int, stride: int) -> None:
    for axis in lines(window, stride):
        check(name, [axis], p=3.0 if stride == 2 else 2.0)


@pytest.mark.parametrize("maps", [2, 20])  # few are summed by products, many by passes
@pytest.mark.parametrize("name", ["maxpool", "avgpool", "lppool"])
def test_two_axes(name: str, maps: int) -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        k, s = rng.integers(1, 5, 2), rng.integers(1, 6, 2)
        if rng.random() < 0.3:
            s = k
        pad = ["same"] * 2 if rng.random() < 0.3 else [int(rng.integers(0, n)) for n in k]
        ceil, sizes = bool(rng.random() < 0.5), rng.integers(1, 10, 2)
        axes: list[Axis] = [(int(k[i]), int(s[i]), pad[i], ceil, int(sizes[i])) for i in range(2)]
        if all(windows(axis) for axis in axes):
            check(name, axes, maps)


@pytest.mark.parametrize("name", ["avgpool", "lppool", "maxpool"])
def test_windows_side_by_side_with_pads(name: str) -> None:
    """The stride is the window and the size divides by it, so that the last cells lie in no window: avgpool(3, pad: 1)
    on 3 cells."""
    for k, pad, count in product((2, 3, 4), (1, "same"), (1, 2, 3)):
        check(name, [(k, k, pad, False, k * count)])
        check(name, [(k, k, pad, False, k * count), (3, 3, pad, False, 6)])


@pytest.mark.parametrize("sizes", [(6,), (7,), (4, 6), (5, 7), (4, 5, 6)])
def test_subsample(sizes: tuple[int, ...]) -> None:
    for k in product((1, 2, 3), repeat=len(sizes)):
        check("subsample", [(n, n, 0, False, size) for n, size in zip(k, sizes, strict=True)])


@pytest.mark.parametrize("sizes", [(1,), (7,), (4, 6), (3, 4, 5)])
@pytest.mark.parametrize("name", ["global_avgpool", "global_maxpool"])
def test_over_all_positions(name: str, sizes: tuple[int, ...]) -> None:
    bound = Bound(case(name, (3, *sizes)))
    m = bound.memory(bound.point)
    y = bound.forward(m)
    x = bound.point["x0"].reshape(bound.n, -1, 3)
    dy = np.random.default_rng(3).standard_normal(y.shape)
    (dx,) = bound.gradients(m, dy).values()
    back = (
        (x == x.max(axis=1, keepdims=True)) * dy[:, None]
        if name == "global_maxpool"
        else np.broadcast_to(dy[:, None] / x.shape[1], x.shape)
    )
    np.testing.assert_allclose(y, x.max(axis=1) if name == "global_maxpool" else x.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(dx.reshape(x.shape), back, rtol=1e-12)


@pytest.mark.parametrize("p", [1.5, 2.0, 3.0, 16.0])
def test_lppool_of_zeros_and_of_large_numbers_has_a_finite_gradient(p: float) -> None:
    """A window of zeros, as relu leaves many: its gradient is 0 and never 0 times infinity."""
    bound = Bound(case("lppool", (2, 4), size=2, p=p))
    bound.point["x0"][0] = 0
    bound.point["x0"][1] *= 1e4
    m = bound.memory(bound.point)
    bound.forward(m)
    dx = bound.gradients(m, np.full(m.y.shape, 1e6))["x0"]
    assert not dx[0].any() and np.isfinite(dx).all() and dx[1].any()


@pytest.mark.parametrize("scale", [1e-30, 1e-20, 1e-3, 1e4])
@pytest.mark.parametrize("p", [2.0, 3.0])
def test_lppool_in_single_precision_hands_back_no_more_than_it_gets(p: float, scale: float) -> None:
    """|dx| is at most |dy| a window, whatever the numbers: cubes of 1e-20 are zeros in single precision."""
    bound = Bound(case("lppool", (2, 4), size=2, p=p), dtype=np.float32)
    bound.point["x0"] *= np.float32(scale)
    m = bound.memory(bound.point)
    bound.forward(m)
    dx = bound.gradients(m, np.ones_like(m.y))["x0"]
    assert np.isfinite(dx).all()
    assert np.abs(dx).max() <= 1


def test_cases_are_what_the_language_takes() -> None:
    assert windows((2, 2, 0, True, 5)) == [range(2), range(2, 4), range(4, 5)]
    assert windows((2, 3, 1, True, 3)) == [range(1), range(2, 3)]  # none starts in the padding behind
    assert isinstance(case("avgpool", (2, 3), size=3), Case)
