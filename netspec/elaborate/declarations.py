"""Names that braces bind: blocks ahead of their line, all others on it, and none that a layer has."""

from __future__ import annotations

from netspec.diagnostics import Span
from netspec.elaborate.scope import Binding, Scope
from netspec.language import syntax as s
from netspec.ops import OPERATORS

#: Words that stand where a layer does, but are none, and what they mean.
SPECIAL = {
    "identity": "The value as it came.",
    "residual": "The value of its body plus the shortcut of what enters (He et al. 2016).",
}


def declare_ahead(statements: tuple[s.Statement | s.Declaration, ...], scope: Scope) -> None:
    """Blocks may be used above their line; all other names only below, and an error says so."""
    taken = {
        *OPERATORS,
        *SPECIAL,
        *(getattr(statement, "name", "") for statement in statements if not isinstance(statement, s.Broken)),
    }
    for statement in statements:
        if isinstance(statement, s.Block):
            if allowed_name(statement.name, statement.name_span, scope, "block"):
                scope.bind(statement.name, Binding("block", statement.name_span, statement, scope), statement.name_span)
        elif isinstance(statement, s.Broken):
            if statement.name and statement.name not in taken:
                scope.names.setdefault(statement.name, Binding("unknown", statement.span))
            if not statement.name or "\n" in statement.span.text:  # it may have bound any name
                scope.broken = True
        elif not isinstance(statement, s.Bare | s.Expect | s.Use | s.Section | s.Net):
            scope.later.setdefault(statement.name, statement.name_span.line)


def allowed_name(name: str, span: Span, scope: Scope, what: str) -> bool:
    """Values, shares and blocks cannot take the name of a layer."""
    if name not in OPERATORS and name not in SPECIAL:
        return True
    scope.problems.error(
        "N108",
        span,
        f"{name} is a layer: a {what} cannot take its name",
        help=f"choose another name, such as `{name}_1`",
    )
    scope.names.setdefault(name, Binding("unknown", span))  # what uses it is silent
    return False
