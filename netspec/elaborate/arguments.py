"""The one seam where facts without a place get one: written arguments to an operator, a step, an optimiser, a block."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from netspec.diagnostics import Fault, Problem, Span, did_you_mean
from netspec.elaborate.expressions import Size, describe, evaluate, is_function, leaves
from netspec.elaborate.scope import AN_ITEM, Binding, Failed, Scope, Value
from netspec.language import syntax as s
from netspec.settings import Arguments, Word
from netspec.settings.arguments import past_single
from netspec.tables import Table

A = TypeVar("A", bound=Arguments)


def bind(kind: type[A], written: Sequence[s.Argument], scope: Scope, span: Span, known: dict[Any, Any] | None = None) -> A:
    """A frozen ``kind`` from the arguments as written; all that is wrong is reported, then Failed raised.

    ``span`` is the name that takes the arguments; in ``known`` what was made before is kept by its arguments.
    """
    spans: dict[str, Span] = {}
    values: dict[str, Any] = {}
    good = True
    for name, argument in named(kind.name, kind.positional(), kind.model_fields, written, scope):
        if name is None:
            good = False
            continue
        spans[name] = argument.span
        try:
            values[name] = value_of(argument.value, scope, kind.wanted(name).words)
        except Failed:
            good = False
    missing = [name for name, field in kind.model_fields.items() if field.is_required() and name not in spans]
    if missing and len(written) == len(spans):
        said = " and ".join(missing)
        scope.problems.error("N111", span, f"{kind.name} needs its {said}", help=f"write `{usage(kind)}`")
        good = False
    if not good:
        raise Failed
    key = (kind, *((name, type(value), value) for name, value in values.items()))
    again = known is not None and all(type(value) in (int, bool, str, Table, Size) for value in values.values())
    if again and known is not None and key in known:
        return known[key]  # type: ignore[no-any-return]
    try:
        made = kind(**values)
        if again and known is not None:
            known[key] = made
        return made
    except ValidationError as error:
        _report(kind, error, values, spans, scope, span)
        raise Failed from None


def named(
    who: str, order: Sequence[str], known: Collection[str], written: Sequence[s.Argument], scope: Scope
) -> list[tuple[str | None, s.Argument]]:
    """The name of each argument; of one that ``who`` does not take, or not there, None, and it is reported."""
    result: list[tuple[str | None, s.Argument]] = []
    taken: dict[str, Span] = {}
    takes = f"it takes {', '.join(known)}" if known else "it takes no arguments"
    first_named = next((place for place, argument in enumerate(written) if argument.name), len(written))
    for place, argument in enumerate(written):
        name: str | None
        if argument.name is not None:
            name = argument.name
            if name not in known:
                takes = f"it takes {', '.join(known)}" if known else "it takes no arguments"
                scope.problems.error("N110", argument.span, f"{who} takes no argument {name}", help=did_you_mean(name, known, takes))
                name = None
        elif place > first_named:
            scope.problems.error("N110", argument.span, "a named argument stands before this one", help="arguments without a name come first")
            name = None
        elif place >= len(order):
            takes = f"it takes {', '.join(known)}" if known else "it takes no arguments"
            scope.problems.error(
                "N110", argument.span,
                f"{who} takes {_count(len(order))} by position, and this is one more", help=takes,
            )  # fmt: skip
            name = None
        else:
            name = order[place]
        if name is not None and name in taken:
            scope.problems.error("N110", argument.span, f"{name} is given twice", help="keep one of them")
            name = None
        if name is not None:
            taken[name] = argument.span
        result.append((name, argument))
    return result


def parameters(name: str, wanted: tuple[s.Parameter, ...], stage: s.Call, outer: Scope, inner: Scope) -> None:
    """Bind a block's parameters: arguments are evaluated outside, defaults inside."""
    values: dict[str, Any] = {}
    names = [parameter.name for parameter in wanted]
    good = True
    for key, argument in named(f"block {name}", names, names, stage.arguments or (), outer):
        if key is None:
            good = False
            continue
        try:
            values[key] = evaluate(argument.value, outer)
        except Failed:
            good, values[key] = False, None
    for parameter in wanted:
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
    return "no argument" if number == 0 else "1 argument" if number == 1 else f"{number} arguments"


def usage(kind: type[Arguments]) -> str:
    """How it is written: ``conv(maps, kernel)``."""
    needed = [name for name in kind.positional() if kind.model_fields[name].is_required()]
    return f"{kind.name}({', '.join(needed)})" if needed else kind.name


def value_of(expression: s.Expression, scope: Scope, words: Sequence[str] = ()) -> Any:
    """The value of an argument, where some bare words stand for themselves."""
    if isinstance(expression, s.Name) and words:
        if expression.arguments is not None and not is_function(expression.name):
            return word(expression, scope)
        if expression.arguments is None and (expression.name in words or scope.find(expression.name) is None):
            if expression.name in words or not scope.is_broken():
                return expression.name
            raise Failed
    value = evaluate(expression, scope)
    if isinstance(value, list):  # each that takes it has it for itself
        scope.effort.spend(AN_ITEM * leaves(value), scope.problems, expression.span)
    return value


def word(expression: s.Name, scope: Scope) -> Word:
    """A word with arguments: ``gaussian(0.01)``."""
    arguments = expression.arguments or ()
    values = tuple(evaluate(a.value, scope) for a in arguments if a.name is None)
    named = {a.name: evaluate(a.value, scope) for a in arguments if a.name is not None}
    return Word(expression.name, values, named)


def _report(
    kind: type[Arguments],
    error: ValidationError,
    values: Mapping[str, Any],
    spans: Mapping[str, Span],
    scope: Scope,
    span: Span,
) -> None:
    for name in dict.fromkeys(str(e["loc"][0]) if e["loc"] else "" for e in error.errors(include_url=False)):
        if not name:  # a rule about several arguments together
            told = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
            scope.problems.error("N112", span, told)
            continue
        wanted, value = kind.wanted(name), values.get(name)
        given = f"`{value}`" if isinstance(value, str | Word) else describe(value)
        guess = did_you_mean(value if isinstance(value, str) else "", wanted.words) if wanted.words else ""
        scope.problems.error(
            "N112", spans.get(name, span), f"{name} of {kind.name} is {given}, and {wanted.told}{past_single(value)} is wanted", help=guess
        )


def place(fault: Fault, scope: Scope, written: Sequence[s.Argument], order: Sequence[str], span: Span,
          x: Value | None = None) -> Failed:  # fmt: skip
    """Report a Fault at the argument it names, or at the layer; ``x`` is what entered."""
    at = span
    for number, argument in enumerate(written):
        name = argument.name or (order[number] if number < len(order) else "")
        if fault.at and name == fault.at:
            at = argument.span
    also: tuple[tuple[Span, str], ...] = ()
    message, label = fault.message, fault.label
    if x is not None:
        message = message.replace("{x}", x.label)
        label = label.replace("{x}", x.label).replace("{from}", f" (from line {x.line})")
    if fault.code in ("N204", "N205"):
        also = _table_label(fault, scope, written)
    scope.problems.add(Problem(fault.code, "error", at, message, label, also, fault.help))
    return Failed()


def _table_label(fault: Fault, scope: Scope, written: Sequence[s.Argument]) -> tuple[tuple[Span, str], ...]:
    """The size in the head of the table that does not fit: ``6 input maps here``."""
    for argument in written:
        if isinstance(argument.value, s.Name) and argument.name == fault.at:
            binding = scope.find(argument.value.name)
            if binding is not None and binding.heads is not None:
                (inputs, outputs), table = binding.heads, binding.what
                size, what = (inputs, "input") if fault.code == "N204" else (outputs, "output")
                number = table.inputs if fault.code == "N204" else table.outputs
                return ((size, f"{number} {what} maps here"),)
    return ()
