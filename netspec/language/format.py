"""The canonical form of a spec: its own tokens and comments, with one way to indent and to put blanks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from lark import Token

from netspec.diagnostics import Problems, Source, SpecError, TooMany
from netspec.language.lexer import tokenize
from netspec.language.parser import parse_tokens

_INDENT = "    "
_OPENS = ("LPAR", "LSQB", "LBRACE")
_CLOSES = ("RPAR", "RSQB", "RBRACE")
_OPERANDS = ("NUMBER", "NAME", "STRING", "RPAR", "RSQB", "TRUE", "FALSE", "IN")


def format_text(text: str, name: str = "-") -> str:
    """The same spec in canonical form, comments kept.

    Four blanks a level, one blank around operators, at most one empty line, table columns aligned; line
    ends stay where the author put them. Raises SpecError where the text does not parse.
    """
    problems = Problems()
    source = Source(name, text)
    with suppress(TooMany):
        found = tokenize(source, problems)
        parse_tokens(found, problems)
    if problems.errors:
        raise SpecError(problems)
    comments = [Token("COMMENT", span.text, start_pos=span.start, end_pos=span.end) for span in found.comments]
    visible = [token for token in found.tokens if token.type != "_NL"]
    pieces = sorted([*visible, *comments], key=lambda piece: piece.start_pos or 0)
    rows = list(_rows(source, pieces))
    return "\n".join(_layout(rows)) + "\n" if rows else ""


@dataclass
class _Line:
    """The pieces of one source line, and whether an empty line stood above it."""

    pieces: list[Token]
    apart: bool


def _rows(source: Source, pieces: list[Token]) -> Iterator[_Line]:
    line: _Line | None = None
    last = 0
    for piece in pieces:
        number = source.place(piece.start_pos or 0)[0]
        if line is not None and number == last:
            line.pieces.append(piece)
        else:
            if line is not None:
                yield line
            line = _Line([piece], line is not None and number > last + 1)
        last = source.place(max((piece.end_pos or 1) - 1, 0))[0]
    if line is not None:
        yield line


def _layout(rows: list[_Line]) -> Iterator[str]:
    levels: list[int] = []  # the indentation inside each open bracket
    widths = _cell_widths(rows)
    after_open = True
    for number, row in enumerate(rows):
        first = row.pieces[0].type
        closing = _leading_closes(row.pieces)
        inside = levels[-1] if levels else 0
        if closing:
            indent = levels[-closing] - 1 if closing <= len(levels) else 0
        elif first == "ARROW":
            indent = inside + 1
        else:
            indent = inside
        if row.apart and not after_open and first != "RBRACE":
            yield ""
        yield (_INDENT * max(indent, 0) + _text(row.pieces, widths.get(number))).rstrip()
        _nest(row.pieces, levels, indent)
        code = [piece for piece in row.pieces if piece.type != "COMMENT"]
        after_open = bool(code) and code[-1].type == "LBRACE"


def _leading_closes(pieces: list[Token]) -> int:
    count = 0
    while count < len(pieces) and pieces[count].type in _CLOSES:
        count += 1
    return count


def _nest(pieces: list[Token], levels: list[int], indent: int) -> None:
    """Brackets opened on one line share one level of indentation."""
    for piece in pieces:
        if piece.type in _OPENS:
            levels.append(indent + 1)
        elif piece.type in _CLOSES and levels:
            levels.pop()


def _cell_widths(rows: list[_Line]) -> dict[int, list[int]]:
    """For each line that is a row of a picture, the widths of its picture's columns."""
    result: dict[int, list[int]] = {}
    picture: list[int] = []
    for number, row in enumerate([*rows, _Line([Token("_NL", "")], False)]):
        if row.pieces[0].type == "ROW":
            picture.append(number)
            continue
        if row.pieces[0].type == "COMMENT" and picture:
            continue
        cells = [rows[n].pieces[0].split() for n in picture]
        widths = [max(len(line[i]) for line in cells if i < len(line)) for i in range(max(map(len, cells), default=0))]
        result.update(dict.fromkeys(picture, widths))
        picture = []
    return result


def _text(pieces: list[Token], widths: list[int] | None) -> str:
    text = ""
    for i, piece in enumerate(pieces):
        before = pieces[i - 1] if i else None
        if piece.type == "COMMENT":
            text += ("  " if before is not None else "") + str(piece)
        elif piece.type == "ROW":
            cells = str(piece).split()
            drawn = " ".join(c.ljust(widths[k]) if widths else c for k, c in enumerate(cells)).rstrip()
            text += (" " if before is not None else "") + drawn
        elif before is None:
            text += _written(piece)
        else:
            text += (" " if _blank(pieces, i) else "") + _written(piece)
    return text


def _written(piece: Token) -> str:
    return " ".join(str(piece).split()) if piece.type == "VERSION" else str(piece)


def _blank(pieces: list[Token], i: int) -> bool:
    """Whether a blank stands before piece ``i``."""
    left, right = pieces[i - 1].type, pieces[i].type
    if right in ("COMMA", "COLON", "RPAR", "RSQB", "DOT", "DOTDOT") or left in ("LPAR", "LSQB", "DOT", "DOTDOT"):
        return False
    if "X" in (left, right):
        return _blank_around_x(pieces, i if right == "X" else i - 1)
    if right in ("LPAR", "LSQB"):
        listed = left == "IN" and i > 2 and pieces[i - 3].type == "FOR"  # `for x in [1, 2]`
        tight = left in ("NAME", "RSQB", "NET") or (left in ("IN", "RPAR") and right == "LSQB" and not listed)
        return not tight or _output(pieces, i)
    if left == "SIGN":
        return not _unary(pieces, i - 1)
    return True


def _blank_around_x(pieces: list[Token], x: int) -> bool:
    """``3x1`` stays as tight as it was written between two numbers; all else gets blanks."""
    tight = pieces[x - 1].type == "NUMBER" and pieces[x - 1].end_pos == pieces[x].start_pos
    plain = x + 1 < len(pieces) and pieces[x + 1].type == "NUMBER" and pieces[x].end_pos == pieces[x + 1].start_pos
    return not (tight and plain)


def _output(pieces: list[Token], i: int) -> bool:
    """``output name (train)``: the one call that has a blank before its parenthesis."""
    return i > 1 and pieces[i - 2].type == "OUTPUT"


def _unary(pieces: list[Token], i: int) -> bool:
    return i == 0 or pieces[i - 1].type not in _OPERANDS
