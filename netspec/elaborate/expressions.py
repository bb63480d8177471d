"""Expressions to values: numbers, booleans, strings, lists, sizes, tables; bounded before they are computed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from netspec.diagnostics import Span, did_you_mean
from netspec.elaborate.scope import AN_EXPRESSION, AN_ITEM, Failed, Scope, Value
from netspec.language import syntax as s
from netspec.shape import Free, show
from netspec.tables import KernelTable, Table

#: Whole numbers stay below this; ranges have at most so many items, lists with all that they hold so many, so deep.
LARGEST = 2**63
LONGEST = 100_000
MOST_LEAVES, DEEPEST_LIST = 1_000_000, 100

_AXES = {"length": {2: 1}, "height": {3: 1, 4: 2}, "width": {3: 2, 4: 3}, "depth": {4: 1}}
_TABLE = ("inputs", "outputs", "connections", "fan_in", "weights")


class Size(tuple[int, ...]):
    """A size, ``3 x 1``: a tuple that errors and files write with an x."""

    def __str__(self) -> str:
        return show(self)


class Items(list[Any]):
    """A list that knows how much it holds, its lists' items with it; lists can share lists, and be far larger than they look."""

    leaves = 1
    depth = 1

    @staticmethod
    def of(values: list[Any]) -> Items:
        """A list with its figures."""
        made = Items(values)
        made.leaves = 1 + sum(map(leaves, values))
        made.depth = 1 + max((value.depth for value in values if isinstance(value, Items)), default=0)
        return made


def leaves(value: Any) -> int:
    """How much a value holds: 1 for what is no list, more for a long string."""
    if isinstance(value, Items):
        return value.leaves
    if isinstance(value, list):
        return 1 + sum(map(leaves, value))
    return 1 + len(value) // 16 if isinstance(value, str) else 1


def evaluate(expression: s.Expression, scope: Scope) -> Any:
    """The value of an expression. What is wrong is reported, and Failed raised."""
    scope.effort.spend(AN_EXPRESSION, scope.problems, expression.span)
    while isinstance(expression, s.IfElse):
        chosen = boolean(expression.condition, scope)
        expression = expression.then if chosen else expression.otherwise
    return _EVALUATE[type(expression)](expression, scope)


def fail(scope: Scope, code: str, span: Span, message: str, label: str = "", help: str = "") -> Failed:
    """Report, and give the exception to raise."""
    scope.problems.error(code, span, message, label=label, help=help)
    return Failed()


def boolean(expression: s.Expression, scope: Scope) -> bool:
    """A condition: true or false and nothing else."""
    value = evaluate(expression, scope)
    if not isinstance(value, bool):
        raise fail(scope, "N105", expression.span, f"a condition is true or false, and this is {describe(value)}")
    return value


def number(expression: s.Expression, scope: Scope) -> int | float:
    """A number, not a boolean."""
    value = evaluate(expression, scope)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise fail(scope, "N105", expression.span, f"a number is wanted here, and this is {describe(value)}")
    return value


def whole(expression: s.Expression, scope: Scope, least: int = 0) -> int:
    """A whole number of at least ``least``."""
    value = number(expression, scope)
    if not isinstance(value, int) or value < least:
        raise fail(
            scope, "N105", expression.span,
            f"a whole number of at least {least} is wanted here, and this is {describe(value)}",
        )  # fmt: skip
    return value


def describe(value: Any) -> str:
    """A value in the words of an error."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value[:40]}"'
    if isinstance(value, Size):
        return f"the size {value}"
    if isinstance(value, list):
        return f"a list of {len(value)}" if len(value) > 6 or leaves(value) > 20 else "[" + ", ".join(map(describe, value)) + "]"
    if isinstance(value, Table):
        return f"the table {value.name}"
    if isinstance(value, KernelTable):
        return f"the kernel table {value.name}"
    if isinstance(value, Value):
        return f"the value {value.label}"
    if isinstance(value, tuple):
        return "several values"
    return short(value)


def short(value: Any) -> str:
    """A number, cut where it is long."""
    if isinstance(value, int) and abs(value) >= 10**20:
        return "a number of more than 20 digits"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _whole_if_it_is(value: int | float, span: Span, scope: Scope) -> int | float:
    """There is one kind of number: 64/2 is the whole number 32. Past the bounds it is an error."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise fail(scope, "N106", span, "this number is too large")
        if value.is_integer() and abs(value) < LARGEST:
            return int(value)
        return value
    if abs(value) >= LARGEST:
        raise fail(scope, "N106", span, "whole numbers stay below 2 ** 63, and this does not")
    return value


def _number(node: s.Number, scope: Scope) -> int | float:
    text = node.text
    if text.isdigit():
        return _whole_if_it_is(int(text) if len(text) < 30 else LARGEST, node.span, scope)
    return _whole_if_it_is(float(text), node.span, scope)


def _name(node: s.Name, scope: Scope) -> Any:
    if node.arguments is not None:
        return _function(node, scope)
    binding = scope.find(node.name)
    if binding is None:
        raise unknown(node.name, node.span, scope)
    if binding.kind == "unknown":
        raise Failed
    if binding.kind == "value":
        return binding.what[0] if len(binding.what) == 1 else binding.what
    if binding.kind != "constant":
        raise fail(scope, "N105", node.span, f"{node.name} is a {binding.kind}, not a number")
    return binding.what


def unknown(name: str, span: Span, scope: Scope, more: tuple[str, ...] = ()) -> Failed:
    """Report a name that stands for nothing here."""
    if scope.is_broken() or name in ("?",):
        return Failed()
    line = scope.bound_later(name)
    if line is not None:
        return fail(scope, "N101", span, f"{name} is not bound yet", help=f"it is bound on line {line}: move that line above this one")
    if scope.is_hidden(name):
        return fail(
            scope, "N102", span, f"{name} is a value outside of the block",
            help="a block sees no values around it: they come in through `in`, or by `[a, b] -> block`",
        )  # fmt: skip
    known = [*scope.known("constant", "value"), *more]
    return fail(scope, "N101", span, f"there is no {name} here", help=did_you_mean(name, known))


def _function(node: s.Name, scope: Scope) -> Any:
    assert node.arguments is not None
    if node.name not in _FUNCTIONS:
        raise fail(scope, "N107", node.span, f"there is no function {node.name}",
                   help=did_you_mean(node.name, _FUNCTIONS, f"functions: {', '.join(_FUNCTIONS)}"))  # fmt: skip
    if any(argument.name for argument in node.arguments):
        raise fail(scope, "N107", node.span, f"{node.name} takes no named arguments")
    values = [evaluate(argument.value, scope) for argument in node.arguments]
    if len(values) == 1 and isinstance(values[0], list) and node.name in ("min", "max", "sum", "len"):
        values = values[0] if node.name != "len" else values
    least, most = {"min": (1, None), "max": (1, None), "sum": (0, None), "len": (1, 1)}.get(node.name, (1, 1))
    if len(values) < least or (most is not None and len(values) > most):
        raise fail(scope, "N107", node.span, f"{node.name} takes {'one value' if most else 'at least one value'}, and gets {len(values)}")
    if node.name == "len":
        if not isinstance(values[0], list | str):
            raise fail(scope, "N105", node.span, f"len takes a list, and this is {describe(values[0])}")
        return len(values[0])
    if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        wrong = next(v for v in values if isinstance(v, bool) or not isinstance(v, int | float))
        raise fail(scope, "N105", node.span, f"{node.name} takes numbers, and this is {describe(wrong)}")
    try:
        return _whole_if_it_is(_FUNCTIONS[node.name](values), node.span, scope)
    except ValueError:
        raise fail(scope, "N106", node.span, f"{node.name} of {short(values[0])} is no number") from None


_FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "min": min, "max": max, "sum": sum, "len": len, "abs": lambda v: abs(v[0]), "round": lambda v: math.floor(v[0] + 0.5),
    "floor": lambda v: math.floor(v[0]), "ceil": lambda v: math.ceil(v[0]), "sqrt": lambda v: math.sqrt(v[0]),
    "log2": lambda v: math.log2(v[0]),
}  # fmt: skip


def _input(node: s.InValue, scope: Scope) -> Any:
    values = incoming(scope)
    if values is None:
        raise fail(scope, "N104", node.span, "`in` is the input of a block or of a residual, and here is neither")
    if not values:  # a block that is only looked over: nothing enters it
        raise Failed
    return values[0] if len(values) == 1 else values


def incoming(scope: Scope) -> tuple[Value, ...] | None:
    """What enters the innermost braces of a block or residual."""
    return next((around.input for around in scope.chain() if around.input is not None), None)


def _list(node: s.ListOf, scope: Scope) -> list[Any]:
    made = Items.of([evaluate(item, scope) for item in node.items])
    scope.effort.spend(AN_ITEM * len(made), scope.problems, node.span)
    if made.leaves > MOST_LEAVES:
        raise fail(scope, "N116", node.span, f"a list of {made.leaves:,} items, those of its lists counted, is past the limit of {MOST_LEAVES:,}")
    if made.depth > DEEPEST_LIST:
        raise fail(scope, "N116", node.span, f"lists in lists deeper than {DEEPEST_LIST}", help="put the items into one list")
    return made


def _item(node: s.Item, scope: Scope) -> Any:
    values = evaluate(node.value, scope)
    if isinstance(values, Value):
        values = (values,)
    if not isinstance(values, list | tuple):
        raise fail(scope, "N105", node.value.span, f"only lists have items, and this is {describe(values)}")
    index = number(node.index, scope)
    if not isinstance(index, int) or not 0 <= index < len(values):
        raise fail(scope, "N105", node.index.span, f"there is no item {short(index)}: items count 0 to {len(values) - 1}")
    return values[index]


def _attribute(node: s.Attribute, scope: Scope) -> Any:
    value = evaluate(node.value, scope)
    if isinstance(value, Table):
        if node.name not in _TABLE:
            raise fail(scope, "N107", node.span, f"a table has no {node.name}", help=did_you_mean(node.name, _TABLE, ", ".join(_TABLE)))
        return getattr(value, node.name)
    if not isinstance(value, Value):
        raise fail(scope, "N105", node.value.span, f"only values and tables have sizes, and this is {describe(value)}")
    axis = 0 if node.name in ("maps", "units") else _AXES.get(node.name, {}).get(len(value.shape))
    if axis is None or (node.name == "units" and len(value.shape) > 1):
        names = {1: ["units"], 2: ["maps", "length"], 3: ["maps", "height", "width"]}
        has = names.get(len(value.shape), ["maps", "depth", "height", "width"])
        raise fail(
            scope, "N107", node.span, f"{value.label}, {show(value.shape)}, has no {node.name}",
            help=did_you_mean(node.name, has, f"it has {', '.join(has)}"),
        )  # fmt: skip
    size = value.shape[axis]
    if isinstance(size, Free):
        raise fail(scope, "N109", node.span, f"the {node.name} of {value.label} is free: {size} is not known while the net is built")
    return size


def _size(node: s.Size, scope: Scope) -> Size:
    return Size(whole(part, scope) for part in node.parts)


def _power(node: s.Power, scope: Scope) -> int | float:
    base, exponent = number(node.base, scope), number(node.exponent, scope)
    if base == 0 and exponent < 0:
        raise fail(scope, "N106", node.span, "division by zero")
    if base < 0 and not isinstance(exponent, int):
        raise fail(scope, "N106", node.span, "a root of a negative number is no number")
    if abs(base) > 1 and exponent * math.log2(abs(base)) > 1023:
        raise fail(scope, "N106", node.span, "this number is too large")
    if isinstance(base, int) and isinstance(exponent, int) and exponent >= 0 and abs(base) > 1:
        return _whole_if_it_is(base**exponent if exponent * math.log2(abs(base)) < 64 else LARGEST, node.span, scope)
    return _whole_if_it_is(float(base) ** exponent, node.span, scope)


def _signed(node: s.Signed, scope: Scope) -> int | float:
    value = number(node.value, scope)
    return -value if node.sign == "-" else value


def _not(node: s.Not, scope: Scope) -> bool:
    return not boolean(node.value, scope)


def _range(node: s.Range, scope: Scope) -> list[int]:
    first, last = (number(end, scope) for end in (node.first, node.last))
    if not isinstance(first, int) or not isinstance(last, int):
        raise fail(scope, "N105", node.span, "the ends of a range are whole numbers")
    if last - first >= LONGEST:
        raise fail(scope, "N106", node.span, f"a range of {short(last - first + 1)} items is past the limit of {LONGEST:,}")
    made = Items(range(first, last + 1))
    made.leaves = 1 + len(made)
    scope.effort.spend(AN_ITEM * len(made), scope.problems, node.span)
    return made


def _chain(node: s.Chain, scope: Scope) -> Any:
    sign = node.rest[0][0]
    if sign in ("and", "or"):
        for part in (node.first, *(part for _, part in node.rest)):
            if boolean(part, scope) == (sign == "or"):
                return sign == "or"
        return sign == "and"
    if sign in _COMPARE:
        return _compare(node, scope)
    value: int | float = number(node.first, scope)
    for sign, part in node.rest:
        value = _whole_if_it_is(_arithmetic(sign, value, number(part, scope), node, scope), node.span, scope)
    return value


def _arithmetic(sign: str, a: int | float, b: int | float, node: s.Chain, scope: Scope) -> int | float:
    if sign in ("/", "//", "%") and b == 0:
        raise fail(scope, "N106", node.span, "division by zero")
    try:
        if sign == "/":
            return a // b if isinstance(a, int) and isinstance(b, int) and a % b == 0 else a / b
        value: int | float = _ARITHMETIC[sign](a, b)
        return value
    except OverflowError:
        raise fail(scope, "N106", node.span, "this number is too large") from None


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
}  # fmt: skip
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip


def _compare(node: s.Chain, scope: Scope) -> bool:
    sign, right = node.rest[0]
    a, b = evaluate(node.first, scope), evaluate(right, scope)
    if sign in ("==", "!="):
        scope.effort.spend(min(leaves(a), leaves(b)), scope.problems, node.span)
        equal = type(a) is type(b) and a == b if isinstance(a, bool) or isinstance(b, bool) else a == b
        return equal == (sign == "==")
    for value, part in ((a, node.first), (b, right)):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise fail(scope, "N105", part.span, f"`{sign}` compares numbers, and this is {describe(value)}")
    return _COMPARE[sign](a, b)


_EVALUATE: dict[type, Callable[[Any, Scope], Any]] = {
    s.Number: _number, s.String: lambda node, _: node.value, s.Boolean: lambda node, _: node.value, s.Name: _name,
    s.InValue: _input, s.ListOf: _list, s.Item: _item, s.Attribute: _attribute, s.Size: _size, s.Power: _power,
    s.Signed: _signed, s.Not: _not, s.Range: _range, s.Chain: _chain,
}  # fmt: skip


def is_function(name: str) -> bool:
    """Whether a name with parentheses is a function of expressions."""
    return name in _FUNCTIONS
