"""Statements, declarations, sections and whole files as they are written."""

from __future__ import annotations

from netspec.diagnostics import Span
from netspec.language.syntax.expressions import Argument, Expression
from netspec.language.syntax.node import Node
from netspec.language.syntax.pipelines import Pipe
from netspec.language.syntax.tables import Table


class Parameter(Node):
    """``name`` or ``name = default``."""

    name: str
    name_span: Span
    default: Expression | None


class Let(Node):
    """``let name = expression``."""

    name: str
    name_span: Span
    value: Expression


class Use(Node):
    """``use "file.net"``."""

    path: str
    path_span: Span


class Input(Node):
    """``input name: sizes``."""

    name: str
    name_span: Span
    shape: Expression


class Output(Node):
    """``output name (train, weight: w) = pipeline``."""

    name: str
    name_span: Span
    arguments: tuple[Argument, ...]
    pipe: Pipe


class Share(Node):
    """``share name = pipeline``."""

    name: str
    name_span: Span
    pipe: Pipe


class Bind(Node):
    """``name = pipeline``."""

    name: str
    name_span: Span
    pipe: Pipe


class Bare(Node):
    """A pipeline that names nothing: the value of a block or a residual body."""

    pipe: Pipe


class Expect(Node):
    """``expect name(figures) if condition``; the name ``net`` means the whole net."""

    target: str
    target_span: Span
    arguments: tuple[Argument, ...]
    condition: Expression | None


class Broken(Node):
    """A statement that did not parse, already reported; ``name`` is what it would have bound."""

    name: str | None


class Body(Node):
    """Statements in braces."""

    statements: tuple[Statement, ...]


class Block(Node):
    """``block name(parameters) { … }``."""

    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    body: Body


class Net(Node):
    """``net Name(parameters) { … }``."""

    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    body: Body


class Setting(Node):
    """``key: value`` or ``key output: a -> b`` in ``train`` and ``data``."""

    key: str
    key_span: Span
    target: str | None
    target_span: Span | None
    values: tuple[Expression, ...]


class Section(Node):
    """``train { … }`` or ``data { … }``."""

    name: str
    name_span: Span
    settings: tuple[Setting | Broken, ...]


Statement = Block | Let | Table | Input | Output | Share | Bind | Bare | Expect | Broken
Declaration = Net | Block | Use | Let | Table | Section | Broken


class File(Node):
    """A whole file."""

    items: tuple[Declaration, ...]
