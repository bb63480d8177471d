"""The parts of a syntax of one kind, wherever they stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from netspec.language import syntax as s

N = TypeVar("N", bound=s.Node)


def parts(node: s.Node, kind: type[N]) -> Iterator[N]:
    """Those of a kind, in no order; those within others of the kind among them."""
    stack: list[object] = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, kind):
            yield part
        if isinstance(part, s.Node):
            stack += [getattr(part, name) for name in part.fields]
        elif isinstance(part, tuple):
            stack += part
