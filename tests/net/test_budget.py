"""The largest batch that fits, against a search of all, and in few plans."""

from __future__ import annotations

import random

import pytest

from netspec.net.budget import largest


@pytest.mark.parametrize("seed", range(300))
def test_it_is_the_largest(seed: int) -> None:
    draw = random.Random(seed)
    most, fixed, slope, step = draw.randint(1, 500), draw.randint(0, 1000), draw.randint(0, 50), draw.randint(1, 40)
    tried: list[int] = []

    def bytes_of(batch: int) -> int:
        tried.append(batch)
        return fixed + slope * batch + 700 * (batch // step) * draw_steps

    draw_steps = draw.randint(0, 1)
    memory = draw.randint(0, 30_000)
    found = largest(bytes_of, memory, most)
    assert found == max((n for n in range(1, most + 1) if fixed + slope * n + 700 * (n // step) * draw_steps <= memory), default=0)
    assert len(tried) == len(set(tried)) and len(tried) <= 30
    assert all(1 <= batch <= most for batch in tried)


def test_a_straight_line_is_met_in_few_steps() -> None:
    tried: list[int] = []

    def bytes_of(batch: int) -> int:
        tried.append(batch)
        return 5_000_000 + 113_000_000 * batch

    assert largest(bytes_of, 8_000_000_000, 2**20) == 70
    assert len(tried) <= 7
