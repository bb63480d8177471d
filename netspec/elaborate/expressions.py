"""Expressions to values: numbers, booleans, strings, lists, sizes, tables; bounded before they are computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netspec.diagnostics import Span, did_you_mean
from netspec.elaborate.arithmetic import ORDER, combine, literal, power
from netspec.elaborate.functions import apply, check_name
from netspec.elaborate.indexing import attribute, item
from netspec.elaborate.scope import AN_EXPRESSION, AN_ITEM, Failed, Scope, Value, fail
from netspec.elaborate.values import Items, Size, describe, leaves, short
from netspec.language import syntax as s

#: A range has at most so many items; a list holds, its lists with it, at most so many, and so deep.
LONGEST = 100_000
MOST_LEAVES, DEEPEST_LIST = 1_000_000, 100


def evaluate(expression: s.Expression, scope: Scope) -> Any:
    """The value of an expression. What is wrong is reported, and Failed raised."""
    scope.effort.spend(AN_EXPRESSION, scope.problems, expression.span)
    while isinstance(expression, s.IfElse):
        chosen = boolean(expression.condition, scope)
        expression = expression.then if chosen else expression.otherwise
    return _EVALUATE[type(expression)](expression, scope)


def boolean(expression: s.Expression, scope: Scope) -> bool:
    """A condition: true or false and nothing else."""
    value = evaluate(expression, scope)
    if not isinstance(value, bool):
        raise fail(scope, "N105", expression.span, f"a condition must be true or false, not {describe(value)}")
    return value


def number(expression: s.Expression, scope: Scope) -> int | float:
    """A number, not a boolean."""
    value = evaluate(expression, scope)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise fail(scope, "N105", expression.span, f"this must be a number, not {describe(value)}")
    return value


def whole(expression: s.Expression, scope: Scope, least: int = 0) -> int:
    """A whole number of at least ``least``."""
    value = number(expression, scope)
    if not isinstance(value, int) or value < least:
        raise fail(
            scope, "N105", expression.span,
            f"this must be a whole number of at least {least}, not {describe(value)}",
        )  # fmt: skip
    return value


def _number(node: s.Number, scope: Scope) -> int | float:
    return literal(node.text, node.span, scope)


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
        return fail(
            scope,
            "N101",
            span,
            f"{name} is used above the line that binds it",
            help=f"move line {line}, which binds it, above this one",
        )
    if scope.is_hidden(name):
        return fail(
            scope, "N102", span, f"{name} is a value outside the block",
            help="a block cannot see the values around it: pass them in, `[a, b] -> block`, as `in[0]` and `in[1]`",
        )  # fmt: skip
    known = [*scope.known("constant", "value"), *more]
    return fail(scope, "N101", span, f"nothing is named {name}", help=did_you_mean(name, known))


def _function(node: s.Name, scope: Scope) -> Any:
    assert node.arguments is not None
    failure = check_name(node.name, node.span, scope)
    if failure is not None:
        raise failure
    if any(argument.name for argument in node.arguments):
        raise fail(scope, "N107", node.span, f"{node.name} takes no named arguments")
    return apply(node.name, [evaluate(argument.value, scope) for argument in node.arguments], node.span, scope)


def _input(node: s.InValue, scope: Scope) -> Any:
    values = incoming(scope)
    if values is None:
        raise fail(scope, "N104", node.span, "`in` is the input of a block or residual, and this is inside neither")
    if not values:  # a block that is only looked over: nothing enters it
        raise Failed
    return values[0] if len(values) == 1 else values


def incoming(scope: Scope) -> tuple[Value, ...] | None:
    """What enters the innermost braces of a block or residual."""
    return next((around.input for around in scope.chain() if around.input is not None), None)


def _list(node: s.ListOf, scope: Scope) -> list[Any]:
    result = Items.of([evaluate(item, scope) for item in node.items])
    scope.effort.spend(AN_ITEM * len(result), scope.problems, node.span)
    if result.leaves > MOST_LEAVES:
        raise fail(
            scope,
            "N116",
            node.span,
            f"a list of {result.leaves:,} items, with those of the lists in it, is past the limit of {MOST_LEAVES:,}",
        )
    if result.depth > DEEPEST_LIST:
        raise fail(
            scope, "N116", node.span, f"lists are nested deeper than {DEEPEST_LIST}", help="put the items into one list"
        )
    return result


def _item(node: s.Item, scope: Scope) -> Any:
    values = evaluate(node.value, scope)
    if isinstance(values, Value):
        values = (values,)
    if not isinstance(values, list | tuple):
        raise fail(scope, "N105", node.value.span, f"only lists have items, not {describe(values)}")
    return item(values, number(node.index, scope), node, scope)


def _attribute(node: s.Attribute, scope: Scope) -> Any:
    return attribute(evaluate(node.value, scope), node, scope)


def _size(node: s.Size, scope: Scope) -> Size:
    return Size(whole(part, scope) for part in node.parts)


def _power(node: s.Power, scope: Scope) -> int | float:
    return power(number(node.base, scope), number(node.exponent, scope), node.span, scope)


def _signed(node: s.Signed, scope: Scope) -> int | float:
    value = number(node.value, scope)
    return -value if node.sign == "-" else value


def _not(node: s.Not, scope: Scope) -> bool:
    return not boolean(node.value, scope)


def _range(node: s.Range, scope: Scope) -> list[int]:
    first, last = (number(end, scope) for end in (node.first, node.last))
    if not isinstance(first, int) or not isinstance(last, int):
        raise fail(scope, "N105", node.span, "the ends of a range must be whole numbers")
    if last - first >= LONGEST:
        raise fail(
            scope, "N106", node.span, f"a range of {short(last - first + 1)} items is past the limit of {LONGEST:,}"
        )
    result = Items(range(first, last + 1))
    result.leaves = 1 + len(result)
    scope.effort.spend(AN_ITEM * len(result), scope.problems, node.span)
    return result


def _chain(node: s.Chain, scope: Scope) -> Any:
    sign = node.rest[0][0]
    if sign in ("and", "or"):
        for part in (node.first, *(part for _, part in node.rest)):
            if boolean(part, scope) == (sign == "or"):
                return sign == "or"
        return sign == "and"
    if sign in ("==", "!=", *ORDER):
        return _compare(node, scope)
    value: int | float = number(node.first, scope)
    for sign, part in node.rest:
        value = combine(sign, value, number(part, scope), node.span, scope)
    return value


def _compare(node: s.Chain, scope: Scope) -> bool:
    sign, right = node.rest[0]
    a, b = evaluate(node.first, scope), evaluate(right, scope)
    if sign in ("==", "!="):
        scope.effort.spend(AN_ITEM * min(leaves(a), leaves(b)), scope.problems, node.span)
        return _equal(a, b) == (sign == "==")
    for value, part in ((a, node.first), (b, right)):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise fail(scope, "N105", part.span, f"`{sign}` compares numbers, not {describe(value)}")
    return ORDER[sign](a, b)


def _equal(a: Any, b: Any) -> bool:
    """Whether two values are the same; true is not 1, in lists neither."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    return bool(a == b)


_EVALUATE: dict[type, Callable[[Any, Scope], Any]] = {
    s.Number: _number, s.String: lambda node, _: node.value, s.Boolean: lambda node, _: node.value, s.Name: _name,
    s.InValue: _input, s.ListOf: _list, s.Item: _item, s.Attribute: _attribute, s.Size: _size, s.Power: _power,
    s.Signed: _signed, s.Not: _not, s.Range: _range, s.Chain: _chain,
}  # fmt: skip
