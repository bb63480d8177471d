"""The columns of a table that an input or output of the net is made of: ``columns x: ["a", "b"]``."""

from __future__ import annotations

from collections import Counter
from math import prod

from netspec.diagnostics import did_you_mean
from netspec.elaborate.arguments import single
from netspec.elaborate.expressions import evaluate
from netspec.elaborate.scope import Scope, fail
from netspec.elaborate.values import describe
from netspec.graph import Graph
from netspec.language import syntax as s
from netspec.settings import Data


def read_columns(node: s.Setting, scope: Scope) -> list[str]:
    """A column's name, or a list of such; a pattern (`pixel*`) stands for all that it meets."""
    expression = single(node, scope)
    value = evaluate(expression, scope)
    names = [value] if isinstance(value, str) else list(value) if isinstance(value, list | tuple) else []
    if not names or not all(isinstance(name, str) and name for name in names):
        what = "an empty list" if value in ([], ()) else describe(value)
        raise fail(
            scope,
            "N112",
            expression.span,
            f"columns must be a column's name, or a list of them, not {what}",
            help='write `columns x: ["height", "weight"]`',
        )
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise fail(scope, "N112", expression.span, f'the column "{twice[:80]}" is named twice')
    return names


def check_columns(data: Data, section: s.Section, graph: Graph, scope: Scope) -> None:
    """N506 where a line is for no input or output of the net, N508 where it names too few columns or too many."""
    for node in section.settings:
        if isinstance(node, s.Setting) and node.key == "columns" and (node.target or "") in data.columns:
            _check(node, data.columns[node.target or ""], graph, scope)


def _check(node: s.Setting, names: list[str], graph: Graph, scope: Scope) -> None:
    shapes = {name: ("input", shape) for name, shape in graph.inputs.items()}
    shapes |= {out.name: ("output", graph.shapes[out.value]) for out in graph.outputs}
    target = node.target or (next(iter(graph.inputs)) if len(graph.inputs) == 1 else None)
    if target is None:
        scope.problems.error(
            "N506",
            node.key_span,
            f"the net reads {', '.join(graph.inputs)}, and this line does not say which",
            help=f"write a line for each: `columns {next(iter(graph.inputs))}: …`",
        )
    elif target not in shapes:
        help = did_you_mean(target, shapes, f"inputs and outputs: {', '.join(shapes)}")
        scope.problems.error("N506", node.target_span, f"there is no input or output {target}", help=help)
    else:
        kind, shape = shapes[target]
        free = not all(isinstance(size, int) for size in shape) or any("*" in n or "?" in n or "[" in n for n in names)
        units = 0 if free else prod(size for size in shape if isinstance(size, int))
        if not free and len(names) != units and not (kind == "output" and len(names) == 1):
            scope.problems.error(
                "N508",
                node.values[0].span,
                f"{len(names)} column{'s' * (len(names) > 1)} for {kind} {target}, which has {units:,} "
                f"number{'s' * (units > 1)}",
                help="name one for each, or a pattern: `pixel*`",
            )
