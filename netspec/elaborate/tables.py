"""Table declarations to tables: pictures, lists, generators and their unions."""

from __future__ import annotations

import inspect
from dataclasses import replace
from math import prod
from typing import Any

from netspec.diagnostics import Fault, Span, did_you_mean
from netspec.elaborate.arguments import named, report_fault
from netspec.elaborate.expressions import evaluate, whole
from netspec.elaborate.scope import A_CELL, A_CHARACTER, AN_ITEM, Binding, Failed, Scope, fail
from netspec.elaborate.values import Size, describe, leaves
from netspec.language import syntax as s
from netspec.tables import KernelTable, Table
from netspec.tables.generators import GENERATORS
from netspec.tables.joins import MOST_LAID_OUT, intersection, laid_out, transpose, union
from netspec.tables.picture import read_kernel, read_table

#: The kinds of tables, and what is drawn in each.
KINDS = {
    "sparse": "`X`: a connection with a weight of its own; `.`: none",
    "shared": "`X` and `.`, and names: cells of one name share one weight",
    "residual": "`X`, `.`, names, `=`: passes the map on; numbers: passes it on, times that",
    "dense": "every connection, each with a weight of its own",
    "kernel": "the taps of a kernel: `X`, `.`, and names of those that share a weight",
}
_ALLOWED = {"sparse": (False, False), "dense": (False, False), "shared": (True, False), "residual": (True, True)}
#: The most inputs or outputs of a table, and taps of a kernel.
MOST_MAPS, MOST_TAPS = 2**31, 2**20


def declare(node: s.Table, scope: Scope) -> None:
    """Bind the table; one that failed is bound as unknown, so that its users are silent."""
    binding = Binding("unknown", node.name_span)
    try:
        table = _table(node, scope)
        heads = None if node.outputs is None else (node.inputs.span, node.outputs.span)
        binding = Binding("constant", node.name_span, table, heads=heads)
    except Failed:
        pass
    scope.bind(node.name, binding, node.name_span)


def _table(node: s.Table, scope: Scope) -> Table | KernelTable:
    if node.kind not in KINDS:
        raise fail(scope, "N200", node.kind_span, f"there is no {node.kind} table",
                   help=did_you_mean(node.kind, KINDS, f"kinds: {', '.join(KINDS)}"))  # fmt: skip
    if node.kind == "kernel":
        return _kernel(node, scope)
    if node.outputs is None:
        raise fail(
            scope,
            "N200",
            node.inputs.span,
            f"a {node.kind} table has inputs and outputs",
            help=f"write `{node.kind} table {node.name}: 6 -> 16`",
        )
    inputs, outputs = (_maps(size, scope) for size in (node.inputs, node.outputs))
    if isinstance(node.body, s.Picture):
        table = _drawn(node, node.body, inputs, outputs, scope)
    elif node.body is not None:
        table = _generated(node.body, node.kind, inputs, outputs, scope)
    elif node.kind == "dense":
        table = _generate("full", (), node.kind, inputs, outputs, scope, node.name_span)
    else:
        raise fail(scope, "N200", node.span, f"a {node.kind} table needs a picture or a generator",
                   help="draw it in `{ }`, or write `= groups(2)`; only a dense table can do without")  # fmt: skip
    _check_kind(node, table, scope)
    return replace(table, name=node.name, kind=node.kind)


def _maps(size: s.Expression, scope: Scope) -> int:
    number = whole(size, scope, 1)
    if number >= MOST_MAPS:
        raise fail(scope, "N209", size.span, f"a table of {number:,} maps is past the limit of {MOST_MAPS - 1:,}")
    return number


def _kernel(node: s.Table, scope: Scope) -> KernelTable:
    if node.outputs is not None:
        raise fail(
            scope,
            "N200",
            node.outputs.span,
            "a kernel table has a size, not inputs and outputs",
            help="write `kernel table name: 5 x 5 { … }`",
        )
    value = evaluate(node.inputs, scope)
    size = tuple(value) if isinstance(value, Size) else (value,)
    if not all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in size) or len(size) > 3:
        raise fail(scope, "N105", node.inputs.span, f"this must be the size of a kernel, not {describe(value)}")
    rows = node.body.rows if isinstance(node.body, s.Picture) else ()
    if not rows:
        raise fail(scope, "N200", node.span, "a kernel table needs a picture", help="draw it in `{ }`: `X` and `.`")
    if prod(size) > MOST_TAPS:
        raise fail(
            scope, "N209", node.inputs.span, f"a kernel of {prod(size):,} taps is past the limit of {MOST_TAPS:,}"
        )
    scope.effort.spend(A_CHARACTER * sum(len(row.text) for row in rows), scope.problems, node.span)
    kernel = read_kernel(size, [row.text for row in rows], _Report(node, rows, scope))
    if kernel is None:
        raise Failed
    return replace(kernel, name=node.name)


class _Report:
    """Turns rows and columns of a picture into spans."""

    def __init__(self, node: s.Table, rows: tuple[s.Row, ...], scope: Scope) -> None:
        self.node, self.rows, self.scope = node, rows, scope

    def __call__(self, row: int, start: int, end: int, code: str, message: str, help: str) -> None:
        span = self.rows[row].span if self.rows else self.node.name_span
        if end >= 0:
            span = Span(span.source, span.start + start, span.start + end)
        head = self.node.inputs.span.to((self.node.outputs or self.node.inputs).span)
        also = ((head, "the size it should have"),) if code == "N206" else ()
        self.scope.problems.error(code, span, f"table {self.node.name}: {message}", also=also, help=help)


def _drawn(node: s.Table, picture: s.Picture, inputs: int, outputs: int, scope: Scope) -> Table:
    if not picture.rows:
        raise fail(
            scope,
            "N206",
            picture.span,
            f"table {node.name} is drawn with no row",
            help="a row for each input, a cell for each output",
        )
    known: Table | None = scope.effort.drawn.get((id(picture), inputs, outputs))
    if known is not None:
        return known
    rows = [row.text for row in picture.rows]
    scope.effort.spend(A_CHARACTER * sum(map(len, rows)), scope.problems, picture.span)
    table = read_table(node.kind, inputs, outputs, rows, _Report(node, picture.rows, scope))
    if table is None:
        raise Failed
    scope.effort.drawn[id(picture), inputs, outputs] = table
    return table


def _generated(node: s.Made, kind: str, inputs: int, outputs: int, scope: Scope) -> Table:
    if isinstance(node, s.Generate):
        return _generate(node.name, node.arguments, kind, inputs, outputs, scope, node.span)
    join = union if node.sign == "|" else intersection
    result, *others = [_generated(part, kind, inputs, outputs, scope) for part in node.parts]
    try:
        for other in others:
            _lay_out(node.sign, (result, other), scope, node.span)
            result = join(result, other)
    except Fault as fault:
        raise report_fault(fault, scope, (), (), node.span) from None
    return result


def _generate(
    name: str, arguments: tuple[s.Argument, ...], kind: str, inputs: int, outputs: int, scope: Scope, span: Span
) -> Table:
    binding = scope.find(name)
    if binding is not None and binding.kind == "unknown" and not arguments:
        raise Failed
    if binding is not None and isinstance(binding.what, Table) and not arguments:
        return _fitting(binding.what, inputs, outputs, scope, span)
    if name == "transpose":
        if len(arguments) != 1:
            raise fail(scope, "N208", span, "transpose takes one table", help="write `transpose(T)`")
        value = arguments[0].value
        if isinstance(value, s.Name) and (
            value.arguments is not None or (value.name in GENERATORS and scope.find(value.name) is None)
        ):
            return _transposed(
                _generate(value.name, value.arguments or (), kind, outputs, inputs, scope, value.span), scope, span
            )
        table = evaluate(value, scope)
        if not isinstance(table, Table):
            raise fail(scope, "N208", arguments[0].span, f"transpose takes a table, not {describe(table)}")
        return _fitting(_transposed(table, scope, span), inputs, outputs, scope, span)
    if name not in GENERATORS:
        known = [*GENERATORS, "transpose", *(n for n in scope.known("constant"))]
        raise fail(scope, "N208", span, f"there is no table or generator {name}",
                   help=did_you_mean(name, known, f"generators: {', '.join(GENERATORS)}, transpose"))  # fmt: skip
    parameters = list(inspect.signature(GENERATORS[name]).parameters)[3:]
    given: dict[str, Any] = {}
    for key, argument in named(name, parameters, parameters, arguments, scope):
        if key is None:
            raise Failed
        given[key] = evaluate(argument.value, scope)
        if key != "lists" and (not isinstance(given[key], int) or isinstance(given[key], bool)):
            raise fail(
                scope, "N208", argument.span, f"{key} of {name} must be a whole number, not {describe(given[key])}"
            )
    scope.effort.spend(AN_ITEM * leaves(given.get("lists", 0)), scope.problems, span)
    try:
        return GENERATORS[name](kind, inputs, outputs, **given)
    except TypeError:
        raise fail(
            scope, "N208", span, f"{name} needs an argument", help=f"write `{name}({', '.join(parameters)})`"
        ) from None
    except Fault as fault:
        raise report_fault(fault, scope, arguments, parameters, span) from None


def _transposed(table: Table, scope: Scope, span: Span) -> Table:
    _lay_out("transpose", (table,), scope, span)
    return transpose(table)


def _lay_out(what: str, tables: tuple[Table, ...], scope: Scope, span: Span) -> None:
    """Report, and raise Failed, where joining or transposing tables would lay out too many cells one by one."""
    count, units = laid_out(what, *tables)
    if count > MOST_LAID_OUT:
        doing = "transposing it" if what == "transpose" else f"`{what}`"
        raise fail(
            scope,
            "N209",
            span,
            f"{doing} lays out {count:,} connections, and the limit for that is {MOST_LAID_OUT:,}",
            help="" if what == "transpose" else "join smaller tables; one generator alone may be larger",
        )
    scope.effort.spend(A_CELL * units, scope.problems, span)


def _fitting(table: Table, inputs: int, outputs: int, scope: Scope, span: Span) -> Table:
    if (table.inputs, table.outputs) != (inputs, outputs):
        raise fail(
            scope, "N208", span,
            f"this table wires {table.inputs} -> {table.outputs}, and {inputs} -> {outputs} is declared",
            help=f"write `{table.inputs} -> {table.outputs}`",
        )  # fmt: skip
    return table


def _check_kind(node: s.Table, table: Table, scope: Scope) -> None:
    """A generated table may hold only the cells of its kind."""
    named, constant = _ALLOWED[node.kind]
    if table.is_full:
        return
    if not constant and table.trained != table.connections:
        raise fail(
            scope,
            "N207",
            node.name_span,
            f"table {node.name} is {node.kind}, and has `=` or numbers",
            help="declare a `residual table`",
        )
    if not named and table.weights != table.trained:
        raise fail(
            scope,
            "N207",
            node.name_span,
            f"table {node.name} is {node.kind}, and has cells that share a weight",
            help="declare a `shared table`",
        )
    if node.kind == "dense" and table.connections != table.inputs * table.outputs:
        raise fail(
            scope,
            "N207",
            node.name_span,
            f"table {node.name} is dense, and has empty cells",
            help="declare a `sparse table`",
        )
