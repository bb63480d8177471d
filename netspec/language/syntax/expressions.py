"""Expressions as they are written: numbers, names, lists, operators."""

from __future__ import annotations

from netspec.diagnostics import Span
from netspec.language.syntax.node import Node


class Number(Node):
    """``3``, ``0.5``, ``1e-4``; the text, so that nothing is lost or computed here."""

    text: str


class String(Node):
    """A string, its escapes already read."""

    value: str


class Boolean(Node):
    """``true`` or ``false``."""

    value: bool


class Argument(Node):
    """``value`` or ``name: value``; the span covers both."""

    name: str | None
    name_span: Span | None
    value: Expression


class Name(Node):
    """A name, or with ``arguments`` a function or a word that takes some: ``max(a, b)``, ``gaussian(0.01)``."""

    name: str
    arguments: tuple[Argument, ...] | None = None


class InValue(Node):
    """``in`` within an expression, as in ``in.maps``."""


class ListOf(Node):
    """``[a, b, c]``."""

    items: tuple[Expression, ...]


class Attribute(Node):
    """``value.name``."""

    value: Expression
    name: str
    name_span: Span


class Item(Node):
    """``value[index]``."""

    value: Expression
    index: Expression


class Size(Node):
    """``a x b x c``."""

    parts: tuple[Expression, ...]


class Power(Node):
    """``base ** exponent``."""

    base: Expression
    exponent: Expression


class Signed(Node):
    """``-a`` or ``+a``."""

    sign: str
    value: Expression


class Chain(Node):
    """Operators of one rank from left to right, flat: ``a + b - c``; ``and`` and ``or`` too."""

    first: Expression
    rest: tuple[tuple[str, Expression], ...]


class Not(Node):
    """``not a``."""

    value: Expression


class Range(Node):
    """``first..last``, both ends count."""

    first: Expression
    last: Expression


class IfElse(Node):
    """``a if condition else b``."""

    then: Expression
    condition: Expression
    otherwise: Expression


Expression = (
    Number | String | Boolean | Name | InValue | ListOf | Attribute | Item | Size | Power | Signed | Chain | Not
    | Range | IfElse
)  # fmt: skip
