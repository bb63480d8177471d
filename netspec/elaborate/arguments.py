"""The one seam where facts without a place get one: written arguments to an operator, a step, an optimiser, a block."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import zip_longest
from typing import Any, TypeVar

from netspec.diagnostics import Fault, Problem, Span, did_you_mean
from netspec.elaborate.expressions import evaluate
from netspec.elaborate.functions import FUNCTIONS
from netspec.elaborate.scope import AN_ITEM, Binding, Failed, Scope, Value, fail
from netspec.elaborate.values import Size, describe, leaves
from netspec.language import syntax as s
from netspec.settings import Arguments, Word
from netspec.settings.arguments import Refused, past_single
from netspec.tables import Table

A = TypeVar("A", bound=Arguments)
#: Types whose equal values make equal layers, so that one layer does for all of them.
_HASHABLE = frozenset((int, bool, str, Table, Size))


def bind(
    kind: type[A], written: Sequence[s.Argument], scope: Scope, span: Span, known: dict[Any, Any] | None = None
) -> A:
    """A frozen ``kind`` from the arguments as written; all that is wrong is reported, then Failed raised.

    ``span`` is the name that takes the arguments; ``known`` keeps each result under its arguments, to be used again.
    """
    spans: dict[str, Span] = {}
    values: dict[str, Any] = {}
    good = True
    fields = kind.fields()
    for name, argument in named(kind.name, kind.positional(), fields, written, scope):
        if name is None:
            good = False
            continue
        spans[name] = argument.span
        try:
            values[name] = value_of(argument.value, scope, fields[name].takes.words)
        except Failed:
            good = False
    missing = [name for name, field in fields.items() if field.required and name not in spans]
    if missing and len(written) == len(spans):
        names = " and ".join(missing)
        scope.problems.error("N111", span, f"{kind.name} needs its {names}", help=f"write `{usage(kind)}`")
        good = False
    if not good:
        raise Failed
    key = (kind, *((name, type(value), value) for name, value in values.items()))
    reusable = known is not None and _HASHABLE.issuperset(map(type, values.values()))
    if reusable and known is not None and key in known:
        same: A = known[key]
        return same
    try:
        result = kind(**values)
        if reusable and known is not None:
            known[key] = result
        return result
    except Refused as refused:
        _report(kind, refused, values, spans, scope, span)
        raise Failed from None


def named(
    who: str, order: Sequence[str], known: Collection[str], written: Sequence[s.Argument], scope: Scope
) -> list[tuple[str | None, s.Argument]]:
    """The name of each argument; of one that ``who`` does not take, or not there, None, and it is reported."""
    result: list[tuple[str | None, s.Argument]] = []
    taken: dict[str, Span] = {}
    after_named = False
    for position, argument in enumerate(written):
        name: str | None
        if argument.name is not None:
            name, after_named = argument.name, True
            if name not in known:
                takes = f"it takes {', '.join(known)}" if known else "it takes no arguments"
                scope.problems.error(
                    "N110", argument.span, f"{who} takes no argument {name}", help=did_you_mean(name, known, takes)
                )
                name = None
        elif after_named:
            scope.problems.error(
                "N110",
                argument.span,
                "a positional argument follows a named one",
                help="put the arguments without a name first",
            )
            name = None
        elif position >= len(order):
            takes = f"it takes {', '.join(known)}" if known else "it takes no arguments"
            scope.problems.error(
                "N110", argument.span,
                f"{who} takes {_count(len(order))}, and this is one too many", help=takes,
            )  # fmt: skip
            name = None
        else:
            name = order[position]
        if name is not None and name in taken:
            scope.problems.error("N110", argument.span, f"{name} is given twice", help="keep one of them")
            name = None
        if name is not None:
            taken[name] = argument.span
        result.append((name, argument))
    return result


def parameters(name: str, declared: tuple[s.Parameter, ...], stage: s.Call, outer: Scope, inner: Scope) -> None:
    """Bind a block's parameters: arguments are evaluated outside, defaults inside."""
    values: dict[str, Any] = {}
    names = [parameter.name for parameter in declared]
    good = True
    for key, argument in named(f"block {name}", names, names, stage.arguments or (), outer):
        if key is None:
            good = False
            continue
        try:
            values[key] = evaluate(argument.value, outer)
        except Failed:
            good, values[key] = False, None
    for parameter in declared:
        if parameter.name in values:
            inner.bind(parameter.name, Binding("constant", parameter.span, values[parameter.name]), parameter.span)
        elif parameter.default is not None:
            value = evaluate(parameter.default, inner)
            inner.bind(parameter.name, Binding("constant", parameter.span, value), parameter.span)
        elif good:
            outer.problems.error("N111", stage.span, f"block {name} needs its {parameter.name}",
                                 help=f"write `{name}({', '.join(names)})`")  # fmt: skip
            good = False
    if not good:
        raise Failed


def _count(number: int) -> str:
    return f"{number or 'no'} positional argument{'' if number == 1 else 's'}"


def usage(kind: type[Arguments]) -> str:
    """How it is written: ``conv(maps, kernel)``."""
    needed = [name for name in kind.positional() if kind.fields()[name].required]
    return f"{kind.name}({', '.join(needed)})" if needed else kind.name


def value_of(expression: s.Expression, scope: Scope, words: Sequence[str] = ()) -> Any:
    """The value of an argument, where some bare words stand for themselves."""
    if isinstance(expression, s.Name) and words:
        if expression.arguments is not None and expression.name not in FUNCTIONS:
            return word(expression, scope)
        if expression.arguments is None and (expression.name in words or scope.find(expression.name) is None):
            if expression.name in words or not scope.is_broken():
                return expression.name
            raise Failed
    value = evaluate(expression, scope)
    if isinstance(value, list):  # each that takes it has it for itself
        scope.effort.spend(AN_ITEM * leaves(value), scope.problems, expression.span)
    return value


def single(node: s.Setting, scope: Scope) -> s.Expression:
    """The one value of a setting."""
    if len(node.values) > 1:
        raise fail(scope, "N502", node.values[1].span, f"{node.key} takes one value, and an arrow makes it several")
    return node.values[0]


def word(expression: s.Name, scope: Scope) -> Word:
    """A word with arguments: ``gaussian(0.01)``."""
    arguments = expression.arguments or ()
    values = tuple(evaluate(a.value, scope) for a in arguments if a.name is None)
    named = {a.name: evaluate(a.value, scope) for a in arguments if a.name is not None}
    return Word(expression.name, values, named)


def _report(
    kind: type[Arguments],
    refused: Refused,
    values: Mapping[str, Any],
    spans: Mapping[str, Span],
    scope: Scope,
    span: Span,
) -> None:
    for name, reason in refused.reasons.items():
        if not name:  # a rule about several arguments together
            scope.problems.error("N112", span, reason)
            continue
        takes, value = kind.fields()[name].takes, values.get(name)
        given = f"`{value}`" if isinstance(value, str | Word) else describe(value)
        guess = did_you_mean(value if isinstance(value, str) else "", takes.words) if takes.words else ""
        scope.problems.error(
            "N112",
            spans.get(name, span),
            f"{name} of {kind.name} must be {takes.text}{past_single(value)}, not {given}",
            help=guess,
        )


def report_fault(
    fault: Fault,
    scope: Scope,
    written: Sequence[s.Argument],
    order: Sequence[str],
    span: Span,
    entering: Value | None = None,
) -> Failed:
    """Report a Fault at the argument it names, or at the layer, whose span this is; ``entering`` is its first value."""
    names = [argument.name or name for argument, name in zip_longest(written, order) if argument is not None]
    at_fault = next((argument for argument, name in zip(written, names) if fault.at and name == fault.at), None)
    message, label = fault.message, fault.label
    if entering is not None:
        message = message.replace("{x}", entering.label)
        label = label.replace("{x}", entering.label).replace("{from}", f" (from line {entering.line})")
    also: tuple[tuple[Span, str], ...] = ()
    if at_fault is not None and fault.code in ("N204", "N205"):
        also = _table_label(fault.code, at_fault.value, scope)
    position = span if at_fault is None else at_fault.span
    scope.problems.add(Problem(fault.code, "error", position, message, label, also, fault.help))
    return Failed()


def _table_label(code: str, expression: s.Expression, scope: Scope) -> tuple[tuple[Span, str], ...]:
    """The size in the head of the table that does not fit: ``6 input maps here``."""
    binding = scope.find(expression.name) if isinstance(expression, s.Name) else None
    if binding is None or binding.heads is None:
        return ()
    (inputs, outputs), table = binding.heads, binding.what
    if code == "N204":
        return ((inputs, f"{table.inputs} input maps here"),)
    return ((outputs, f"{table.outputs} output maps here"),)
