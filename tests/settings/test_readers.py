"""What each reader takes and how it keeps it; what it refuses. Strict: no value is read as one of another kind."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan

import pytest

from netspec.settings.readers import (
    Reader,
    either,
    instance,
    list_of,
    named,
    number,
    one_of,
    optional,
    sizes,
    tuple_of,
    whole,
)  # fmt: skip

#: A reader is made when it is tried, so that a change of what makes it is noticed.
Made = Callable[[], Reader]
TAKEN: list[tuple[Made, object, object]] = [
    (lambda: whole(1), 1, 1),
    (lambda: whole(0), 0, 0),
    (lambda: whole(0), 2**70, 2**70),
    (lambda: number(0, 2), 0, 0.0),
    (lambda: number(0, 2), 2, 2.0),
    (lambda: number(), 1.5, 1.5),
    (lambda: number(), -inf, -inf),
    (lambda: instance(bool), False, False),
    (lambda: one_of("a", "b"), "b", "b"),
    (lambda: optional(whole(1)), None, None),
    (lambda: optional(whole(1)), 3, 3),
    (lambda: either(whole(5), one_of("same")), "same", "same"),
    (lambda: either(number(), list_of(number())), [1, 2], [1.0, 2.0]),
    (lambda: list_of(whole(0)), [], []),
    (lambda: list_of(whole(0), at_least=1), [0], [0]),
    (lambda: tuple_of(whole(0)), (0, 4), (0, 4)),
    (lambda: sizes(1), 3, 3),
    (lambda: sizes(1), (3, 1), (3, 1)),
    (lambda: named(instance(str), whole(1)), {"a": 1}, {"a": 1}),
]
REFUSED: list[tuple[Made, object]] = [
    (lambda: whole(1), 0),
    (lambda: whole(0), -1),
    (lambda: whole(0), True),
    (lambda: whole(0), 3.0),
    (lambda: whole(0), "3"),
    (lambda: number(0, 2), -0.001),
    (lambda: number(0, 2), 2.001),
    (lambda: number(), nan),
    (lambda: number(), False),
    (lambda: number(), "1"),
    (lambda: number(), 10**400),
    (lambda: instance(bool), 0),
    (lambda: one_of("a", "b"), "c"),
    (lambda: one_of("a"), ["a"]),
    (lambda: optional(whole(1)), 0),
    (lambda: either(whole(5), one_of("same")), 4),
    (lambda: one_of("a", "b"), 3),
    (lambda: list_of(whole(0)), [0, -1]),
    (lambda: list_of(whole(0)), (0,)),
    (lambda: list_of(whole(0), at_least=1), []),
    (lambda: tuple_of(whole(0)), [0]),
    (lambda: tuple_of(whole(0)), (0, -1)),
    (lambda: sizes(1), (3, 0)),
    (lambda: named(instance(str), whole(1)), {"a": 0}),
    (lambda: named(instance(str), whole(1)), {1: 1}),
    (lambda: named(instance(str), whole(1)), [("a", 1)]),
]


def refuses(reader: Reader, value: object) -> bool:
    try:
        reader(value)
    except ValueError:
        return True
    return False


@pytest.mark.parametrize(("reader", "value", "kept"), TAKEN)
def test_a_value_that_is_taken(reader: Made, value: object, kept: object) -> None:
    found = reader()(value)
    assert found == kept
    assert type(found) is type(kept)


@pytest.mark.parametrize(("reader", "value"), REFUSED)
def test_a_value_that_is_refused(reader: Made, value: object) -> None:
    assert refuses(reader(), value)
