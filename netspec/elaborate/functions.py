"""The functions of expressions: ``min max sum len abs round floor ceil sqrt log2``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from netspec.diagnostics import Span, did_you_mean
from netspec.elaborate.arithmetic import whole_if_it_is
from netspec.elaborate.scope import Failed, Scope, fail
from netspec.elaborate.values import describe, short

#: Of a list of numbers.
_OF_MANY: dict[str, Callable[[list[Any]], Any]] = {"min": min, "max": max, "sum": sum}
#: Of one value. A half is rounded up, -2.5 to -2; adding 0.5 first would lose digits of what is near a half, or large.
_OF_ONE: dict[str, Callable[[Any], Any]] = {
    "len": len,
    "abs": abs,
    "round": lambda number: math.floor(number) + (number - math.floor(number) >= 0.5),
    "floor": math.floor,
    "ceil": math.ceil,
    "sqrt": math.sqrt,
    "log2": math.log2,
}
#: The functions, and what each gives.
FUNCTIONS = {
    "min": "the least of some numbers, or of a list",
    "max": "the greatest of some numbers, or of a list",
    "sum": "the sum of some numbers, or of a list",
    "len": "how many items a list has, or characters a string",
    "abs": "a number without its sign",
    "round": "the nearest whole number; a half is rounded up",
    "floor": "the next whole number below",
    "ceil": "the next whole number above",
    "sqrt": "the square root",
    "log2": "the logarithm to the base 2",
}


def check_name(name: str, span: Span, scope: Scope) -> Failed | None:
    """The failure, reported, where no function has the name."""
    if name in FUNCTIONS:
        return None
    help = did_you_mean(name, FUNCTIONS, f"functions: {', '.join(FUNCTIONS)}")
    return fail(scope, "N107", span, f"there is no function {name}", help=help)


def apply(name: str, values: list[Any], span: Span, scope: Scope) -> int | float:
    """A function of some values; those of many numbers take a list of them too."""
    if name in _OF_MANY and len(values) == 1 and isinstance(values[0], list):
        values = values[0]
    _check_count(name, len(values), span, scope)
    if name == "len":
        if not isinstance(values[0], list | str):
            raise fail(scope, "N105", span, f"len takes a list, not {describe(values[0])}")
        return len(values[0])
    wrong = [value for value in values if isinstance(value, bool) or not isinstance(value, int | float)]
    if wrong:
        raise fail(scope, "N105", span, f"{name} takes numbers, not {describe(wrong[0])}")
    try:
        found = _OF_MANY[name](values) if name in _OF_MANY else _OF_ONE[name](values[0])
    except ValueError:
        raise fail(scope, "N106", span, f"{name} of {short(values[0])} is no number") from None
    return whole_if_it_is(found, span, scope)


def _check_count(name: str, count: int, span: Span, scope: Scope) -> None:
    if name in _OF_ONE and count != 1:
        raise fail(scope, "N107", span, f"{name} takes one value, and gets {count}")
    if name in ("min", "max") and count == 0:
        raise fail(scope, "N107", span, f"{name} takes at least one value, and gets 0")
