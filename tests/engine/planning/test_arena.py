"""Buffers in memory: those that live at one time lie apart, and no more is taken than must be, where that can be
told."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from netspec.engine.planning.arena import ALIGNMENT, Interval, arrange


def drawn(seed: int, count: int = 40) -> list[Interval]:
    rng = np.random.default_rng(seed)
    births = rng.integers(0, 30, count)
    return [
        Interval(str(i), int(rng.integers(1, 999)), int(a), int(a + rng.integers(0, 12))) for i, a in enumerate(births)
    ]


def apart(a: Interval, b: Interval, offsets: dict[str, int]) -> bool:
    return offsets[a.name] + a.size <= offsets[b.name] or offsets[b.name] + b.size <= offsets[a.name]


@pytest.mark.parametrize("seed", range(50))
def test_no_two_living_buffers_overlap(seed: int) -> None:
    intervals = drawn(seed)
    offsets, top = arrange(intervals)
    for i, a in enumerate(intervals):
        assert offsets[a.name] >= 0 and offsets[a.name] + a.size <= top
        assert offsets[a.name] % ALIGNMENT == 0
        for b in intervals[i + 1 :]:
            if a.first <= b.last and b.first <= a.last:
                assert apart(a, b, offsets)


@pytest.mark.parametrize("seed", range(20))
def test_as_much_is_taken_as_lives_at_one_time_or_little_more(seed: int) -> None:
    intervals = drawn(seed)
    _, top = arrange(intervals)
    size = {i.name: -(-i.size // ALIGNMENT) * ALIGNMENT for i in intervals}
    most = max(sum(size[i.name] for i in intervals if i.first <= t <= i.last) for t in range(45))
    assert most <= top <= 1.6 * most


def test_a_buffer_that_ends_when_another_begins_still_lives() -> None:
    intervals = [Interval("a", 64, 0, 3), Interval("b", 64, 3, 5), Interval("c", 64, 4, 4)]
    offsets, top = arrange(intervals)
    assert offsets == {"a": 0, "b": 64, "c": 0} and top == 128


@pytest.mark.parametrize(("size", "taken"), [(1, 64), (64, 64), (65, 128), (128, 128)])
def test_sizes_are_rounded_up_to_cache_lines(size: int, taken: int) -> None:
    assert arrange([Interval("a", size, 0, 1), Interval("b", 64, 0, 1)])[1] == taken + 64


def test_the_smallest_hole_that_takes_it() -> None:
    # at 2 holes of 192 (from a) and 64 (from c) are free, with b and d alive between and behind them
    lines = [
        ("a", 192, 0, 1),
        ("b", 128, 0, 9),
        ("c", 64, 0, 1),
        ("d", 32, 0, 9),
        ("small", 64, 2, 9),
        ("large", 192, 3, 9),
    ]
    offsets, top = arrange([Interval(*line) for line in lines])
    assert offsets == {"a": 0, "b": 192, "c": 320, "d": 384, "small": 320, "large": 0} and top == 448


def test_holes_beside_each_other_are_one() -> None:
    for order in permutations(range(3)):  # whichever ends first
        lines = [Interval(f"x{i}", 64, 0, 1 + order[i]) for i in range(3)]
        wide = Interval("wide", 192, 5, 6)
        keeps = Interval("keeps", 64, 0, 9)
        offsets, top = arrange([*lines, keeps, wide])
        assert top == 256 and apart(keeps, wide, offsets)


def test_a_hole_at_the_top_grows() -> None:
    offsets, top = arrange([Interval("a", 128, 0, 9), Interval("b", 64, 0, 1), Interval("c", 256, 2, 9)])
    assert (offsets["c"], top) == (128, 384)


def test_nothing_takes_nothing() -> None:
    assert arrange([]) == ({}, 0)


def test_what_repeats_lies_where_it_lay() -> None:
    # a net repeats its blocks: a second one, when nothing of the first lives, has its memory
    first = [Interval("a", 64, 0, 2), Interval("b", 128, 1, 3)]
    second = [Interval("c", 64, 10, 12), Interval("d", 128, 11, 13)]
    offsets, top = arrange([*second, *first])
    assert top == arrange(first)[1] == 192
    assert {offsets["c"], offsets["d"]} <= {0, 64, 128}
