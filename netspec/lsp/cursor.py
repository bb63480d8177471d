"""What stands before a place in a text that is being written, told from its words: half a line has no syntax yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lark import Token

from netspec.language.brackets import OPENS_WITH
from netspec.lsp.snapshot import Snapshot

_OPENS = frozenset(OPENS_WITH.values())
_BEFORE_STAGE = frozenset(["ARROW", "LPAR", "LSQB", "COMMA", "ELSE"])
_WORDS = frozenset(["NAME", "VERSION"])


@dataclass
class Open:
    """A bracket that is open: what it holds, the name before it, and the words in it at its own level.

    ``holds`` is file, body, section, picture, stages (in braces of a pipeline, or a list of it), arguments or values.
    """

    holds: str
    name: Token | None = None
    words: list[Token] = field(default_factory=list)
    statement: list[Token] = field(default_factory=list)  # of braces: the statement that is being written

    def given(self) -> list[list[Token]]:
        """The words between commas."""
        parts: list[list[Token]] = [[]]
        for word in self.words:
            if word.type == "COMMA":
                parts.append([])
            else:
                parts[-1].append(word)
        return parts


@dataclass
class Cursor:
    """A place: the word that is being written from ``start`` on, and the brackets around it, the innermost last.

    ``head`` are the words of the statement, those in brackets within it left out.
    """

    start: int
    typed: str
    around: list[Open]
    head: list[Token]

    @property
    def inmost(self) -> Open:
        """The innermost bracket."""
        return self.around[-1]

    @property
    def last(self) -> Token | None:
        """The word before."""
        words = self.inmost.statement if self.inmost.holds in ("file", "body", "section") else self.inmost.words
        return words[-1] if words else None

    def wants(self) -> str:
        """What could be written: a declaration, statement, stage, argument, value, setting, word of one, or table."""
        holds, last = self.inmost.holds, self.last
        kind = "" if last is None else last.type
        if kind == "DOT":
            return "size"
        if holds in ("file", "body", "section"):
            return self._in_braces(holds, kind)
        if holds == "stages":
            return (
                "stage" if not kind or kind in _BEFORE_STAGE else "value" if kind in ("IF", "AND", "OR", "NOT") else ""
            )
        if holds == "arguments":
            return "argument" if not kind or kind == "COMMA" else "" if kind in ("NAME", "NUMBER", "RPAR") else "value"
        return "" if holds == "picture" else "made" if holds == "tables" else "value"

    def _in_braces(self, holds: str, kind: str) -> str:
        types = [token.type for token in self.inmost.statement]
        if not types:
            return {"file": "declaration", "body": "statement", "section": "setting"}[holds]
        if holds == "section":
            return "word" if kind in ("COLON", "ARROW") else "value"
        if types[0] == "EXPECT":
            return "expected" if kind == "EXPECT" else "value" if kind in ("IF", "AND", "OR", "NOT", "COMPARE") else ""
        if "TABLE" in types[1:2]:
            return "made" if kind in ("ASSIGN", "UNION", "BOTH") else "value" if kind in ("COLON", "ARROW") else ""
        if types[0] in ("LET", "INPUT", "USE", "NET", "BLOCK"):
            return "value" if "ASSIGN" in types or "COLON" in types else ""
        if kind in ("ARROW", "ASSIGN"):
            return "stage"
        return "first table" if types == ["NAME"] else ""


def cursor(snapshot: Snapshot, offset: int) -> Cursor | None:
    """What stands before an offset; None within a comment or a string."""
    if any(span.start < offset <= span.end for span in snapshot.found.comments):
        return None
    around, start, typed, end = [Open("file")], offset, "", 0
    for token in snapshot.found.tokens:
        first, last = token.start_pos or 0, token.end_pos or 0
        if first >= offset or first == last:
            if first >= offset:
                break
            continue
        if last >= offset and (token.type in _WORDS or str(token).isidentifier()):
            start, typed = first, snapshot.source.text[first:offset]
            break
        if token.type != "_NL" and (last > offset or (last == offset and token.type == "STRING")):
            return None
        _take(around, token)
        end = last
    if "\n" in snapshot.source.text[end:start]:  # the end of a line that only blanks follow is no word
        around[-1].statement.clear()
    braces = next(one for one in reversed(around) if one.holds in ("file", "body", "section", "picture"))
    return Cursor(start, typed, around, braces.statement)


def _take(around: list[Open], token: Token) -> None:
    inmost = around[-1]
    if token.type in OPENS_WITH:
        while len(around) > 1:
            closed = around.pop()
            if (closed.holds in ("body", "section", "picture")) == (token.type == "RBRACE"):
                break
        _add(around[-1], token)
    elif token.type == "_NL":
        if inmost.holds in ("file", "body", "section"):
            inmost.statement.clear()
    elif token.type in _OPENS:
        opened = _opened(inmost, token)
        _add(inmost, token)
        around.append(opened)
    else:
        _add(inmost, token)


def _add(inmost: Open, token: Token) -> None:
    (inmost.statement if inmost.holds in ("file", "body", "section") else inmost.words).append(token)


def _opened(inmost: Open, token: Token) -> Open:
    """What an opening bracket holds, by what stands before it."""
    braces = inmost.holds in ("file", "body", "section")
    words: Sequence[Token] = inmost.statement if braces else inmost.words
    before = words[-1] if words else None
    if token.type == "LBRACE":
        if inmost.holds == "file" and [word.type for word in words] == ["NAME"]:
            return Open("section", before)
        return Open("picture" if any(word.type == "TABLE" for word in words[1:2]) else "body")
    if token.type == "LPAR" and before is not None and before.type == "NAME":
        return Open("arguments", before)
    if inmost.holds == "stages":
        return Open("stages" if before is None or before.type in _BEFORE_STAGE else "values")
    if inmost.holds == "body" and (not words or (before is not None and before.type in ("ARROW", "ASSIGN"))):
        types = [word.type for word in words]
        if "TABLE" in types[1:2]:
            return Open("tables")
        return Open("values" if types[:1] in (["LET"], ["INPUT"]) else "stages")
    return Open("values")
