"""Nodes: one use of a layer at its place, with its shape and weights worked out and held against the limits."""

from __future__ import annotations

from math import prod
from typing import Any

from netspec.diagnostics import Fault, Span
from netspec.elaborate.arguments import report_fault
from netspec.elaborate.limits import DEEPEST
from netspec.elaborate.scope import Scope, Value, fail
from netspec.elaborate.site import Site, Values
from netspec.graph import Node
from netspec.language import syntax as s
from netspec.ops import Operator, Weight
from netspec.shape import MOST_ELEMENTS, Free, Shape, elements, show
from netspec.tables import Table


def add_node(
    op: Operator,
    entering: Values,
    site: Site,
    span: Span,
    written: tuple[s.Argument, ...] = (),
    name: Span | None = None,
) -> Value:
    """A node for the operator at this place; its value."""
    build, xs = site.build, [value.shape for value in entering]
    path = site.place.layer(op.name)
    key = id(op), *xs
    if key not in build.figures:
        try:
            shape, weights = op.shape(xs), op.weights(xs)
        except Fault as fault:
            raise report_fault(fault, site.scope, written, op.positional(), name or span, entering[0]) from None
        _bounded(shape, weights, site.scope, name or span)
        build.known.setdefault(id(op), op)  # it is known by its address: it must stay
        build.figures[key] = shape, weights, _trained_table(op)
    shape, weights, table = build.figures[key]
    node_name = path
    if site.share is not None:
        node_name = _shared_name(op, path, weights, site, name or span)
    line = span.line
    build.nodes.append(Node(node_name, path, op, tuple([value.name for value in entering]), shape, line))
    build.step(span)
    if table is not None:
        _warn_unfed(table, site, span)
    return Value(node_name, shape, f"the value of {op.name}", line)


def _bounded(shape: Shape, weights: dict[str, Weight], scope: Scope, span: Span) -> None:
    """Report a value or a weight that is too large, or a free size that no picture could meet."""
    for what, size in (("value", elements(shape)), *(("weight", prod(w.shape)) for w in weights.values())):
        if size is not None and size >= MOST_ELEMENTS:
            raise fail(scope, "N219", span, f"a {what} of {size:,} numbers is past the limit of 2 ** 31 - 1",
                       label=show(shape) if what == "value" else "")  # fmt: skip
    for dim in shape:
        if isinstance(dim, Free) and (dim.times >= MOST_ELEMENTS * dim.over or max(dim.over, abs(dim.plus)) >= 2**63):
            raise fail(
                scope, "N219", span, "this free size is past the limit of 2 ** 31 - 1 whatever number it stands for"
            )
        if isinstance(dim, Free) and dim.depth > DEEPEST:
            raise fail(
                scope,
                "N219",
                span,
                f"this free size is rounded more than {DEEPEST} times over",
                help="give the input numbers",
            )


def _shared_name(op: Operator, path: str, weights: dict[str, Any], site: Site, span: Span) -> str:
    share = site.share
    assert share is not None
    shapes = {local: w.shape for local, w in weights.items()}
    known = share.weights.setdefault(path, (op, shapes))
    if known != (op, shapes):
        needed, given = _list_shapes(shapes) or "other layers", _list_shapes(known[1]) or "others"
        raise fail(
            site.scope, "N308", span,
            f"share {share.syntax.name} has one set of weights, and they do not fit what enters here",
            label=f"{path} would need {needed}, and has {given}",
            help="give every use the same number of maps, or use a block, which has weights of its own each time",
        )  # fmt: skip
    share.nodes[path] = uses = share.nodes.get(path, 0) + 1
    return path if uses == 1 else f"{path}#{uses}"


def _list_shapes(shapes: dict[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{local} {show(shape)}" for local, shape in shapes.items())


def _trained_table(op: Operator) -> Table | None:
    """The table of a layer with weights, where it leaves connections out."""
    table = op.arguments()["table"] if "table" in type(op).fields() and op.name != "connect" else None
    return table if isinstance(table, Table) and not table.is_full else None


def _warn_unfed(table: Table, site: Site, span: Span) -> None:
    """Warn of an output map of a trained layer that its table connects to nothing."""
    unfed = table.unfed
    key = (table.name, span.start)
    if unfed and key not in site.build.warned:
        site.build.warned.add(key)
        which = ", ".join(map(str, unfed[:5])) + ("" if len(unfed) < 6 else ", …")
        plural = "s" if len(unfed) > 1 else ""
        site.build.problems.warning(
            "N220", span, f"table {table.name} connects output map{plural} {which} to nothing",
            help="only a bias can reach it",
        )  # fmt: skip
