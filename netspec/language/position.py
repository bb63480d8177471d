"""A token that cannot stand where it is, as messages look at it: what is around it, and what could stand there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lark import Token

from netspec.language.statements import Statements

#: So far back an open bracket is looked for.
_FAR = 2_000
_NOTHING = Token("_NL", "")


@dataclass(frozen=True)
class Position:
    """A token that cannot stand where it is, those around it, and what could."""

    statements: Statements
    index: int
    expected: set[str]

    @property
    def tokens(self) -> list[Token]:
        """All tokens of the file."""
        return self.statements.tokens

    @cached_property
    def token(self) -> Token:
        """The token itself."""
        return self.tokens[self.index]

    @cached_property
    def kind(self) -> str:
        """Its kind."""
        return self.token.type

    @cached_property
    def after(self) -> Token:
        """The token behind it."""
        return self.back(-1)

    @cached_property
    def head(self) -> Token:
        """The first token of the statement."""
        return self.tokens[self.statements.start(self.index, self.statements.depths[self.index])]

    @cached_property
    def inside(self) -> str:
        """The bracket around it: of a ``group``, of ``arguments``, of a ``list``; empty where none is open."""
        depth = 0
        for index in range(self.index - 1, max(self.index - _FAR, -1), -1):
            kind = self.tokens[index].type
            if kind in ("LBRACE", "_NL"):
                return ""
            depth += {"RPAR": 1, "RSQB": 1, "LPAR": -1, "LSQB": -1}.get(kind, 0)
            if depth < 0:
                if kind == "LSQB":
                    return "list"
                return "arguments" if index and self.tokens[index - 1].type == "NAME" else "group"
        return ""

    def tokens_behind_head(self) -> list[Token]:
        """The second and third token of the statement: a setting has its colon there."""
        start = self.statements.start(self.index, self.statements.depths[self.index])
        return self.tokens[start + 1 : start + 3]

    def back(self, count: int) -> Token:
        """The token so many before."""
        index = self.index - count
        return self.tokens[index] if 0 <= index < len(self.tokens) else _NOTHING
