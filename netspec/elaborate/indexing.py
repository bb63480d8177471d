"""Parts of a value: an item of a list, a size of a value, a figure of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netspec.diagnostics import did_you_mean
from netspec.elaborate.scope import Scope, Value, fail
from netspec.elaborate.values import describe, short
from netspec.language import syntax as s
from netspec.shape import Free, show
from netspec.tables import Table

#: Where each size stands in a shape, by the number of its axes.
_AXES = {"length": {2: 1}, "height": {3: 1, 4: 2}, "width": {3: 2, 4: 3}, "depth": {4: 1}}
_TABLE = ("inputs", "outputs", "connections", "fan_in", "weights")


def item(values: Sequence[Any], index: int | float, node: s.Item, scope: Scope) -> Any:
    """``list[index]``, counted from 0."""
    if not isinstance(index, int) or not 0 <= index < len(values):
        raise fail(
            scope, "N105", node.index.span, f"there is no item {short(index)}: items count 0 to {len(values) - 1}"
        )
    return values[index]


def attribute(value: Any, node: s.Attribute, scope: Scope) -> Any:
    """``c3.connections`` of a table, or a size of a value: ``x.maps``."""
    if isinstance(value, Table):
        if node.name not in _TABLE:
            raise fail(
                scope,
                "N107",
                node.span,
                f"a table has no {node.name}",
                help=did_you_mean(node.name, _TABLE, ", ".join(_TABLE)),
            )
        return getattr(value, node.name)
    if not isinstance(value, Value):
        raise fail(scope, "N105", node.value.span, f"only values and tables have sizes, not {describe(value)}")
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
        raise fail(
            scope,
            "N109",
            node.span,
            f"the {node.name} of {value.label} is the free size {size}, unknown until the net runs",
        )
    return size
