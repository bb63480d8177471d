"""Connection tables and kernel tables as they are written: drawn, or made by generators."""

from __future__ import annotations

from netspec.diagnostics import Span
from netspec.language.syntax.expressions import Argument, Expression
from netspec.language.syntax.node import Node


class Row(Node):
    """A line of a picture, its cells still in one text."""

    text: str


class Picture(Node):
    """The rows of a table drawn in braces."""

    rows: tuple[Row, ...]


class Generate(Node):
    """A generator or another table: ``band(65)``, ``c3``."""

    name: str
    name_span: Span
    arguments: tuple[Argument, ...]


class Combined(Node):
    """``T | U`` or ``T & U``, flat."""

    sign: str
    parts: tuple[Made, ...]


Made = Generate | Combined


class Table(Node):
    """A connection table, or with ``outputs`` None a kernel table whose ``inputs`` is the kernel's size."""

    kind: str
    kind_span: Span
    name: str
    name_span: Span
    inputs: Expression
    outputs: Expression | None
    body: Picture | Made | None
