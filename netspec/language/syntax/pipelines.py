"""Pipelines as they are written: stages between arrows, and what repeats or chooses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.diagnostics import Span
from netspec.language.syntax.expressions import Argument, Expression
from netspec.language.syntax.node import Node

if TYPE_CHECKING:  # a stage may have a body of statements, and statements have pipelines
    from netspec.language.syntax.statements import Body


class Call(Node):
    """A stage by name: a layer, block, share or value, with arguments, and a body for ``residual``."""

    name: str
    name_span: Span
    arguments: tuple[Argument, ...] | None = None
    body: Body | None = None


class In(Node):
    """``in`` or ``in[i]`` as a stage."""

    index: Expression | None = None


class Many(Node):
    """``[p, q, r]``: several values side by side."""

    pipes: tuple[Pipe, ...]


class Times(Node):
    """``* n`` behind a group."""

    count: Expression


class Each(Node):
    """``for name in list`` behind a group."""

    name: str
    name_span: Span
    items: Expression


class Choice(Node):
    """``p if condition else q``, chosen when the net is built."""

    pipe: Pipe
    condition: Expression
    otherwise: Pipe | Choice


class Group(Node):
    """``(p)``, ``(p) * n``, ``(p) for x in list``, ``(p if c else q)``."""

    inner: Pipe | Choice
    repeat: Times | Each | None = None


Stage = Call | In | Many | Group


class Pipe(Node):
    """Stages with arrows between them."""

    stages: tuple[Stage, ...]
