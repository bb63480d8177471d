"""A layer in a figure, as a file would write it."""

from __future__ import annotations

from netspec.ops import Operator
from netspec.ops.operator import COMMON


def layer_text(op: Operator) -> str:
    """A layer as a file would write it, without how it learns."""
    first, fields = op.positional(), type(op).fields()
    given = []
    for name in [*first, *(n for n in fields if n not in first and n not in COMMON)]:
        value, default = getattr(op, name), fields[name].default
        if isinstance(value, tuple) and value and len(set(value)) == 1:
            value = value[0]
        if value != default:
            alone = len(first) == 1 and default is not None  # dropout(0.5), but relu(max: 6)
            size = first[0] == "height"  # crop(56, 56)
            given.append(_told(value) if fields[name].required or alone or size else f"{name}: {_told(value)}")
    return f"{op.name}({', '.join(given)})" if given else op.name


def _told(value: object) -> str:
    """The value of an argument, as a file would write it."""
    if isinstance(value, tuple):
        return " × ".join(map(_told, value))
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.4g}" if isinstance(value, float) else str(value)
