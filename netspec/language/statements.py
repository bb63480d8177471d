"""Where statements begin among the tokens of a file, and how deep in braces; asked at every mistake."""

from __future__ import annotations

from array import array
from bisect import bisect_right

from lark import Token


class Statements:
    """The tokens of a file; ``depths`` has for each the braces that are open before it."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.depths = array("i", [0])
        self._starts: dict[int, array[int]] = {0: array("i", [0])}
        depth = 0
        for index, token in enumerate(tokens):
            if token.type in ("_NL", "LBRACE", "RBRACE"):
                depth += {"LBRACE": 1, "RBRACE": -1}.get(token.type, 0)
                if token.type != "RBRACE":
                    self._starts.setdefault(depth, array("i")).append(index + 1)
            self.depths.append(depth)

    def start(self, index: int, depth: int) -> int:
        """Where the statement began, in so many braces, that goes on at a token."""
        starts = self._starts.get(depth, ())
        count = bisect_right(starts, index)
        return starts[count - 1] if count else 0
