"""``expect``: what the paper says of a statement or of the net, held against what the spec really is."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from netspec.diagnostics import did_you_mean
from netspec.elaborate.expressions import Size, boolean, describe, evaluate, fail, unknown
from netspec.elaborate.pipelines import Site
from netspec.elaborate.scope import AN_EXPRESSION, Binding, Failed, Scope, Share
from netspec.graph import Graph, Node
from netspec.language import syntax as s
from netspec.shape import Free, Shape, show

FIGURES = ("shape", "parameters", "connections", "macs")


@dataclass(frozen=True)
class Expected:
    """An ``expect`` line and the names around it."""

    node: s.Expect
    scope: Scope


def remember(expected: list[Expected], site: Site) -> None:
    """Keep the lines until the graph is finished."""
    site.build.expected += expected


def check(
    expected: Expected, made: dict[tuple[int, str], tuple[int, int, Binding]], nodes: list[Node], graph: Graph, undecided: Collection[str] = ()
) -> None:
    """Report each figure that differs; of ``undecided`` layers only the shape is known."""
    node, scope = expected.node, expected.scope
    named = [argument for argument in node.arguments if _known(argument, scope)]
    try:
        if node.condition is not None and not boolean(node.condition, scope):
            return
        layers, shape = _target(node, scope, made, nodes, graph)
    except Failed:
        return
    scope.effort.spend(2 * AN_EXPRESSION * len(layers), scope.problems, node.span)
    for argument in named:
        if argument.name == "shape" or not any(layer.name in undecided for layer in layers):
            with suppress(Failed):
                _figure(argument, node, layers, shape, scope, graph)


def _known(argument: s.Argument, scope: Scope) -> bool:
    name = argument.name or ""
    if name not in FIGURES:
        scope.problems.error("N402", argument.span, f"expect knows no figure {name}" if name else "expect takes figures by name",
                             help=did_you_mean(name, FIGURES, f"it takes {', '.join(FIGURES)}"))  # fmt: skip
    return name in FIGURES


def _target(
    node: s.Expect, scope: Scope, made: dict[tuple[int, str], tuple[int, int, Binding]], nodes: list[Node], graph: Graph
) -> tuple[list[Node], Shape | None]:
    if node.target == "net":
        deployed = graph.deployed()
        shape = deployed.shapes[deployed.outputs[0].value] if len(deployed.outputs) == 1 else None
        return list(deployed.nodes), shape
    binding = scope.find(node.target)
    if binding is None:
        raise unknown(node.target, node.target_span, scope)
    if binding.kind == "unknown":
        raise Failed
    current = {layer.name: layer for layer in graph.nodes}
    if binding.kind == "share":
        share: Share = binding.what
        return [layer for layer in graph.nodes if layer.path in share.nodes], share.shape
    key = next(((id(around), node.target) for around in scope.chain() if (id(around), node.target) in made), None)
    if binding.kind != "value":
        raise fail(scope, "N402", node.target_span, f"{node.target} is a {binding.kind}, and expect speaks of a statement, a share or the net")
    value = binding.what[0]
    if key is None:  # an input: it has a shape and nothing else
        return [], value.shape
    first, last, _ = made[key]
    return [current[layer.name] for layer in nodes[first:last]], value.shape if len(binding.what) == 1 else None


def _figure(
    argument: s.Argument, node: s.Expect, layers: list[Node], shape: Shape | None, scope: Scope, graph: Graph
) -> None:
    name = argument.name or ""
    if name == "shape":
        _compare_shapes(argument, node, shape, scope)
        return
    wanted = evaluate(argument.value, scope)
    if isinstance(wanted, bool) or not isinstance(wanted, int):
        raise fail(scope, "N402", argument.span, f"{name} is a whole number, and this is {describe(wanted)}")
    found: int | None = graph.parameters(layers)
    if name != "parameters":
        cost = graph.costs(layers)
        found = None if cost is None else cost.connections if name == "connections" else cost.macs
    if found is None:
        raise fail(scope, "N402", argument.span, f"the {name} of {node.target} depend on a free size", help="expect them of a net whose input has numbers")
    if found != wanted:
        scope.problems.error(
            "N401", argument.span, f"{node.target} has {found:,} {name}, and {wanted:,} are expected",
            label=f"{found:,} here", help=_breakdown(layers, name, graph),
        )  # fmt: skip


def _breakdown(layers: list[Node], name: str, graph: Graph) -> str:
    """Where the figure comes from, layer by layer, for a short statement."""
    told = []
    seen: set[str] = set()
    for layer in layers:
        number = graph.node_parameters(layer) if layer.path not in seen else 0
        seen.add(layer.path)
        if name != "parameters":
            cost = graph.cost(layer)
            number = 0 if cost is None else cost.connections if name == "connections" else cost.macs
        if number:
            told.append(f"{layer.name} {number:,}")
    return "it is " + " + ".join(told) if 0 < len(told) <= 6 else ""


def _compare_shapes(argument: s.Argument, node: s.Expect, shape: Shape | None, scope: Scope) -> None:
    if shape is None:
        raise fail(scope, "N402", argument.span, f"{node.target} has no single value whose shape could be expected")
    parts = argument.value.parts if isinstance(argument.value, s.Size) else (argument.value,)
    wanted: list[int | Free] = []
    for part in parts:
        if isinstance(part, s.Name) and part.arguments is None and scope.find(part.name) is None:
            wanted.append(Free(part.name))
            continue
        value = evaluate(part, scope)
        if isinstance(value, Size):
            wanted += value
        elif isinstance(value, int) and not isinstance(value, bool):
            wanted.append(value)
        else:
            raise fail(scope, "N402", part.span, f"a size is wanted here, and this is {describe(value)}")
    if tuple(wanted) != shape:
        scope.problems.error(
            "N401", argument.span, f"{node.target} is {show(shape)}, and {show(wanted)} is expected", label=f"{show(shape)} here"
        )
