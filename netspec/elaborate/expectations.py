"""``expect``: what the paper says of a statement or of the net, held against what the spec really is."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from netspec.diagnostics import did_you_mean
from netspec.elaborate.expressions import boolean, evaluate
from netspec.elaborate.scope import AN_EXPRESSION, Binding, Failed, Scope, Share, fail
from netspec.elaborate.site import Expected
from netspec.elaborate.trace import Asked
from netspec.elaborate.values import Size, describe
from netspec.graph import Graph, Node
from netspec.language import syntax as s
from netspec.shape import Free, Shape, show

#: What can be said of a statement or of the net.
FIGURES = {
    "shape": "the shape of its value",
    "parameters": "how many numbers are trained",
    "connections": "uses of a weight or a bias at a position (LeCun's count)",
    "macs": "products of a kernel's weight and a value, for one example",
}


def check(
    expected: Expected,
    ranges: dict[tuple[int, str], tuple[int, int, Binding]],
    nodes: list[Node],
    graph: Graph,
    undecided: Collection[str] = (),
) -> None:
    """Report each figure that differs from what the graph has.

    ``ranges`` says which of ``nodes`` each statement built; of ``undecided`` layers, whose bias may go yet, only the
    shape is known.
    """
    node, scope = expected.node, expected.scope
    named = [argument for argument in node.arguments if _known(argument, scope)]
    try:
        if node.condition is not None and not boolean(node.condition, scope):
            _tell(expected, None, None)
            return
        layers, shape = _target(node, scope, ranges, nodes, graph)
        _tell(expected, layers, shape)
    except Failed:
        return
    scope.effort.spend(2 * AN_EXPRESSION * len(layers), scope.problems, node.span)
    for argument in named:
        if argument.name == "shape" or not any(layer.name in undecided for layer in layers):
            with suppress(Failed):
                _figure(argument, node, layers, shape, scope, graph)


def _tell(expected: Expected, layers: list[Node] | None, shape: Shape | None) -> None:
    if expected.scope.trace is not None:
        expected.scope.trace.ask(expected.node, Asked(layers, shape))


def _known(argument: s.Argument, scope: Scope) -> bool:
    name = argument.name or ""
    if name not in FIGURES:
        message = f"expect has no figure {name}" if name else "expect takes figures by name"
        help = did_you_mean(name, FIGURES, f"it takes {', '.join(FIGURES)}")
        scope.problems.error("N402", argument.span, message, help=help)
    return name in FIGURES


def _target(
    node: s.Expect,
    scope: Scope,
    ranges: dict[tuple[int, str], tuple[int, int, Binding]],
    nodes: list[Node],
    graph: Graph,
) -> tuple[list[Node], Shape | None]:
    if node.target == "net":
        deployed = graph.deployed()
        shape = deployed.shapes[deployed.outputs[0].value] if len(deployed.outputs) == 1 else None
        return list(deployed.nodes), shape
    binding = scope.find(node.target)
    if binding is None or binding.kind == "unknown":  # reported where it stands
        raise Failed
    current = {layer.name: layer for layer in graph.nodes}
    if binding.kind == "share":
        share: Share = binding.what
        return [layer for layer in graph.nodes if layer.path in share.nodes], share.shape
    key = next(((id(around), node.target) for around in scope.chain() if (id(around), node.target) in ranges), None)
    if binding.kind != "value":
        raise fail(
            scope,
            "N402",
            node.target_span,
            f"{node.target} is a {binding.kind}: expect takes a named value, a share or the net",
        )
    value = binding.what[0]
    if key is None:  # an input: it has a shape and nothing else
        return [], value.shape
    first, last, _ = ranges[key]
    return [current[layer.name] for layer in nodes[first:last]], value.shape if len(binding.what) == 1 else None


def _figure(
    argument: s.Argument, node: s.Expect, layers: list[Node], shape: Shape | None, scope: Scope, graph: Graph
) -> None:
    name = argument.name or ""
    if name == "shape":
        _compare_shapes(argument, node, shape, scope)
        return
    required = evaluate(argument.value, scope)
    if isinstance(required, bool) or not isinstance(required, int):
        raise fail(scope, "N402", argument.span, f"{name} must be a whole number, not {describe(required)}")
    found: int | None = graph.parameters(layers)
    if name != "parameters":
        cost = graph.costs(layers)
        found = None if cost is None else cost.connections if name == "connections" else cost.macs
    if found is None:
        raise fail(
            scope,
            "N402",
            argument.span,
            f"the {name} of {node.target} depend on a free size",
            help="give the net's input numbers for its sizes",
        )
    if found != required:
        scope.problems.error(
            "N401", argument.span, f"{node.target} has {found:,} {name}, and {required:,} are expected",
            label=f"{found:,} here", help=_breakdown(layers, name, graph),
        )  # fmt: skip


def _breakdown(layers: list[Node], name: str, graph: Graph) -> str:
    """Where the figure comes from, layer by layer, for a short statement."""
    terms = []
    seen: set[str] = set()
    for layer in layers:
        number = graph.node_parameters(layer) if layer.path not in seen else 0
        seen.add(layer.path)
        if name != "parameters":
            cost = graph.cost(layer)
            number = 0 if cost is None else cost.connections if name == "connections" else cost.macs
        if number:
            terms.append(f"{layer.name} {number:,}")
    return "it is " + " + ".join(terms) if 0 < len(terms) <= 6 else ""


def _compare_shapes(argument: s.Argument, node: s.Expect, shape: Shape | None, scope: Scope) -> None:
    if shape is None:
        raise fail(scope, "N402", argument.span, f"{node.target} is not one value, and has no shape")
    parts = argument.value.parts if isinstance(argument.value, s.Size) else (argument.value,)
    dims: list[int | Free] = []
    for part in parts:
        if isinstance(part, s.Name) and part.arguments is None and scope.find(part.name) is None:
            dims.append(Free(part.name))
            continue
        value = evaluate(part, scope)
        if isinstance(value, Size):
            dims += value
        elif isinstance(value, int) and not isinstance(value, bool):
            dims.append(value)
        else:
            raise fail(scope, "N402", part.span, f"this must be a size, not {describe(value)}")
    if tuple(dims) != shape:
        scope.problems.error(
            "N401",
            argument.span,
            f"{node.target} is {show(shape)}, and {show(dims)} is expected",
            label=f"{show(shape)} here",
        )
