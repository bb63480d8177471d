"""Which line ends count, and where a line can only begin a statement."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lark import Token

from netspec.language.keywords import KEYWORDS

_BEGINS = re.compile(
    r"[^\S\n]*(?:([^\W\d]\w*)\b[^\S\n]*(=(?!=)|[^\W\d]\w*[^\S\n]*[:=(]|net\b|table[^\S\n]+\w+[^\S\n]*:)?|(\}))"
)
_STATEMENTS = KEYWORDS - {"in", "for", "if", "else", "and", "or", "not", "true", "false", "net"}


def begins_statement(text: str, position: int, head: list[Token]) -> bool:
    """Whether the line at ``position`` can only be a new statement, though a bracket is open: it was forgotten.

    ``head`` are the first tokens of the present statement: in a ``net``, ``block`` or ``output`` parentheses
    hold ``name = value`` themselves, so there a line of that form is no proof.
    """
    line = _BEGINS.match(text, position)
    if line is None:
        return False
    if line[3] or (line[2] or "").startswith("table"):
        return True
    if line[2] == "=" and not (head and head[0].type in ("NET", "BLOCK", "OUTPUT")):
        return True
    return line[1] in _STATEMENTS and bool(line[2])


def line_ends(raw: list[Token]) -> Iterator[Token]:
    """Keep one line end between two statements: none behind ``{``, before ``}``, or before a ``->`` that goes on."""
    waiting: Token | None = None
    last = "_NL"
    for token in raw:
        if token.type == "_NL":
            waiting = waiting or token
            continue
        if waiting is not None and last not in ("_NL", "LBRACE") and token.type not in ("RBRACE", "ARROW"):
            yield waiting
        waiting, last = None, token.type
        yield token
