"""What values are called in errors, and how much they hold."""

from __future__ import annotations

from typing import Any

import pytest

from netspec.elaborate.scope import Value
from netspec.elaborate.values import Items, Size, describe, leaves, short


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (True, "true"), (False, "false"), (3, "3"), (2.5, "2.5"), (1 / 3, "0.333333333333"), (1e300, "1e+300"),
        ("cat", '"cat"'), ("x" * 50, f'"{"x" * 40}"'), (Size((3, 1)), "the size 3 x 1"), ([1, 2], "[1, 2]"),
        ([1, [True, "a"]], '[1, [true, "a"]]'), ([], "[]"), ([0] * 6, "[0, 0, 0, 0, 0, 0]"), ([0] * 7, "a list of 7"),
        ([[0] * 6] * 3, "a list of 3"), ((1, 2), "several values"), (Value("y/relu", (3,), "y", 4), "the value y"),
        (10**20, "a number of more than 20 digits"), (-(10**20), "a number of more than 20 digits"),
        (10**20 - 1, "99999999999999999999"),
    ],
)  # fmt: skip
def test_a_value_in_words(value: Any, wanted: str) -> None:
    assert describe(value) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (3, 1), ([], 1), ([1, 2], 3), ([[1], [2, 3]], 6), ("x" * 15, 1), ("x" * 16, 2), ("x" * 160, 11),
        (["x" * 16, 1], 4), (Items.of([1, Items.of([2])]), 4), (Items.of([[1, 2]]), 4),
    ],
)  # fmt: skip
def test_how_much_a_value_holds(value: Any, wanted: int) -> None:
    assert leaves(value) == wanted


def test_a_list_knows_how_deep_it_is() -> None:
    assert Items.of([]).depth == 1
    assert Items.of([1]).depth == 1
    assert Items.of([Items.of([]), Items.of([Items.of([])])]).depth == 3


def test_a_number_in_short() -> None:
    assert (short(12), short(0.1 + 0.2), short(10**25)) == ("12", "0.3", "a number of more than 20 digits")
