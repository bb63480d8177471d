"""What lies under the taps of a window: patches and views of a value, and what is summed back into it."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from netspec.engine.kernel import Array, Run


def patches(xp: Array, window: Any, places: tuple[int, ...]) -> Array:
    """(n, padded…, maps) seen as (n, places…, taps…, maps)."""
    n, *_, maps = xp.shape
    steps = xp.strides[1:-1]
    return as_strided(
        xp,
        (n, *places, *window.kernel, maps),
        (
            xp.strides[0],
            *(s * t for s, t in zip(steps, window.stride, strict=True)),
            *(s * d for s, d in zip(steps, window.dilation, strict=True)),
            xp.strides[-1],
        ),
    )


def tap_views(xp: Array, window: Any, places: tuple[int, ...]) -> list[Array]:
    """For each tap what lies under it: views (n, places…, maps) of the padded array."""
    views = []
    for tap in product(*map(range, window.kernel)):
        cut = tuple(
            slice(t * d, t * d + (m - 1) * s + 1, s)
            for t, d, m, s in zip(tap, window.dilation, places, window.stride, strict=True)
        )
        views.append(xp[(slice(None), *cut)])
    return views


def inner(xp: Array, window: Any, sizes: tuple[int, ...]) -> tuple[Array, tuple[slice, ...]]:
    """The part of a padded array that is the value itself, and which part of the value it holds."""
    starts = [p[0] for p in window.pads]
    kept = [min(n, size - a) for n, size, a in zip(sizes, xp.shape[1:-1], starts, strict=True)]
    view = xp[(slice(None), *(slice(a, a + n) for a, n in zip(starts, kept, strict=True)))]
    return view, (slice(None), *(slice(0, n) for n in kept))


def extent(window: Any, places: tuple[int, ...]) -> tuple[int, ...]:
    """What the windows cover of the padded value."""
    return tuple((m - 1) * s + r for m, s, r in zip(places, window.stride, window.reach, strict=True))


def reached(size: int, places: int, stride: int, offset: int) -> tuple[slice, slice]:
    """Of the windows along an axis, those whose tap at an offset lies on the map; and the cells that it takes there."""
    first, end = max(0, -(offset // stride)), min(places, (size - 1 - offset) // stride + 1)
    return slice(first, end), slice(first * stride + offset, max(0, (end - 1) * stride + offset + 1), stride)


def split_maps(view: Array, g: int) -> Array:
    """The last axis as (g, rest): a view whatever the strides."""
    return view.reshape(*view.shape[:-1], g, view.shape[-1] // g)


def add_taps(whole: Array, dx: Array, targets: list[Array], sources: list[Array], kernel: Any) -> Run:
    """The call that sums sources into the views of a padded value, and puts what lies within into ``dx``."""
    part = inner(whole, kernel.window, kernel.sizes) if whole is not dx else None

    def run() -> None:
        whole.fill(0)
        for target, source in zip(targets, sources, strict=True):
            np.add(target, source, out=target)
        if part is not None:
            dx.fill(0)
            np.copyto(dx[part[1]], part[0])

    return run
