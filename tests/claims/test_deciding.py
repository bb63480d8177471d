"""When a sentence holds: with every seed, and by more than chance."""

from __future__ import annotations

from math import sqrt

import pytest

from netspec.claims.claim import Verdict
from netspec.claims.deciding import as_good, better, decided, error, ordered, rising, spread, together

HOLDS, FAILS, OPEN = Verdict.HOLDS, Verdict.FAILS, Verdict.OPEN


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [([True, True], HOLDS), ([False, False], FAILS), ([True, False], OPEN), ([False, True, True], OPEN), ([], OPEN)],
)
def test_every_seed_must_agree(outcomes: list[bool], verdict: Verdict) -> None:
    assert decided(outcomes) is verdict


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [([HOLDS, HOLDS], HOLDS), ([HOLDS, OPEN], OPEN), ([OPEN, FAILS], FAILS), ([HOLDS, FAILS], FAILS)],
)
def test_a_sentence_of_parts_is_as_its_worst(parts: list[Verdict], verdict: Verdict) -> None:
    assert together(parts) is verdict


def test_the_error_is_that_of_a_share_of_so_many() -> None:
    assert error([0.9, 0.9], 1000) == pytest.approx(sqrt(0.9 * 0.1 / 2000))
    assert error([0.8, 1.0], 50) == pytest.approx(sqrt(0.9 * 0.1 / 100))


# Of 1,000 each and two seeds, two errors of a difference about 0.9 are 2 · sqrt(2 · 0.09 / 2,000) = 0.019.
@pytest.mark.parametrize(
    ("ours", "verdict"),
    [
        ([0.925, 0.925], HOLDS),
        ([0.915, 0.915], OPEN),
        ([0.87, 0.87], FAILS),
        ([0.885, 0.885], OPEN),
        ([0.96, 0.895], OPEN),
    ],
)
def test_better_is_more_than_two_errors_and_with_every_seed(ours: list[float], verdict: Verdict) -> None:
    assert better(ours, [0.9, 0.9], 1000) is verdict


@pytest.mark.parametrize(
    ("ours", "count", "verdict"),
    [(0.95, 1000, HOLDS), (0.885, 1000, HOLDS), (0.87, 1000, FAILS), (0.895, 100_000, HOLDS), (0.888, 100_000, FAILS)],
)
def test_as_good_may_be_less_by_chance_or_by_one_in_a_hundred(ours: float, count: int, verdict: Verdict) -> None:
    assert as_good([ours, ours], [0.9, 0.9], count) is verdict


def test_where_one_seed_alone_is_worse_nothing_is_decided() -> None:
    assert as_good([0.9, 0.7], [0.9, 0.9], 1000) is OPEN
    assert as_good([0.98, 0.85], [0.9, 0.9], 1000) is HOLDS
    assert as_good([0.92, 0.875], [0.9, 0.9], 1000) is HOLDS  # on the mean it is as good


def test_an_order_is_looked_at_seed_by_seed() -> None:
    assert ordered({"a": [1, 2], "b": [2, 3], "c": [4, 4]}, ("a", "b", "c")) is HOLDS
    assert ordered({"a": [1, 3], "b": [2, 3], "c": [4, 4]}, ("a", "b", "c")) is OPEN
    assert ordered({"a": [1, 3], "b": [2, 4], "c": [4, 5]}, ("c", "b", "a")) is FAILS


def test_names_rise_by_their_medians() -> None:
    assert rising({"far": [1, 9, 9], "near": [2, 2, 50], "middle": [3, 3, 3]}) == ["near", "middle", "far"]


def test_a_spread_has_median_and_range() -> None:
    assert spread([0.5, 0.25, 0.75]) == "50.0% (25.0% to 75.0%)"
    assert spread([3, 3], "g") == "3"
