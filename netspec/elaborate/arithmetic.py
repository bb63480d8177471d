"""Arithmetic on numbers of one kind, bounded before it is done."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from netspec.diagnostics import Span
from netspec.elaborate.scope import Scope, fail

#: Whole numbers stay below this.
LARGEST = 2**63


def literal(text: str, span: Span, scope: Scope) -> int | float:
    """A number as it is written."""
    if text.isdigit():
        return whole_if_it_is(int(text) if len(text) < 30 else LARGEST, span, scope)
    return whole_if_it_is(float(text), span, scope)


def whole_if_it_is(value: int | float, span: Span, scope: Scope) -> int | float:
    """There is one kind of number: 64/2 is the whole number 32. Past the bounds it is an error."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise fail(scope, "N106", span, "this number is too large")
        if value.is_integer() and abs(value) < LARGEST:
            return int(value)
        return value
    if abs(value) >= LARGEST:
        raise fail(scope, "N106", span, "whole numbers must be below 2 ** 63")
    return value


def power(base: int | float, exponent: int | float, span: Span, scope: Scope) -> int | float:
    """``base ** exponent``; its size is estimated first, so that none that is too large is ever worked out."""
    if base == 0 and exponent < 0:
        raise fail(scope, "N106", span, "division by zero")
    if base < 0 and not isinstance(exponent, int):
        raise fail(scope, "N106", span, "a root of a negative number is no number")
    if base != 0 and exponent * math.log2(abs(base)) > 1023:
        raise fail(scope, "N106", span, "this number is too large")
    if isinstance(base, int) and isinstance(exponent, int) and exponent >= 0 and abs(base) > 1:
        return whole_if_it_is(base**exponent if exponent * math.log2(abs(base)) < 64 else LARGEST, span, scope)
    return whole_if_it_is(float(base) ** exponent, span, scope)


def combine(sign: str, a: int | float, b: int | float, span: Span, scope: Scope) -> int | float:
    """Two numbers with one of ``+ - * / // %`` between them."""
    if sign in ("/", "//", "%") and b == 0:
        raise fail(scope, "N106", span, "division by zero")
    exact = sign == "/" and isinstance(a, int) and isinstance(b, int) and a % b == 0
    return whole_if_it_is(_ARITHMETIC["//" if exact else sign](a, b), span, scope)


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
#: Comparisons of two numbers.
ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
