"""Text to tokens: words, numbers, strings, signs; table rows as one token each."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from zlib import crc32

from lark import Token

from netspec.diagnostics import Problems, Source, Span
from netspec.language.brackets import OPENS_WITH, Brackets
from netspec.language.characters import (
    invisible,
    misleads,
    report_escapes,
    report_invisible,
    report_misleading,
    report_stray,
)
from netspec.language.keywords import KEYWORDS
from netspec.language.lines import begins_statement, line_ends
from netspec.language.version import read_version, says_version

#: A name has so many characters at most, a file so many words, signs and comments.
LONGEST_NAME, MOST_TOKENS = 255, 250_000

_SYMBOLS = {
    "->": "ARROW", "==": "COMPARE", "!=": "COMPARE", "<=": "COMPARE", ">=": "COMPARE", "<": "COMPARE",
    ">": "COMPARE", "=": "ASSIGN", "**": "POW", "//": "PRODUCT", "*": "STAR", "/": "PRODUCT", "%": "PRODUCT",
    "+": "SIGN", "-": "SIGN", "|": "UNION", "&": "BOTH", "..": "DOTDOT", ".": "DOT", ",": "COMMA",
    ":": "COLON", "(": "LPAR", ")": "RPAR", "[": "LSQB", "]": "RSQB", "{": "LBRACE", "}": "RBRACE",
}  # fmt: skip
_TOKEN = re.compile(
    r"""(?P<blank>[^\S\n]+)
      | (?P<comment>\#[^\n]*)
      | (?P<line>\n(?:[^\S\n]*+\n)*+)
      | (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
      | (?P<name>[^\s\x00-\x40\x5b-\x5e\x60\x7b-\x7f][^\s\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]*)
      | (?P<string>"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+")
      | (?P<symbol>->|==|!=|<=|>=|\*\*|//|\.\.|[=<>*/%+\-|&.,:()\[\]{}])""",
    re.VERBOSE,
)
_ROW = re.compile(r"[^\s#{}](?:[^\n#{}]*[^\s#{}])?")
_CELL_BLANK = re.compile(r"[^\S\n]+|#[^\n]*|\n(?:[^\S\n]*+\n)*+")
_WORD = re.compile(r"[^\W\d]\w*")
_TIMES, _FACTOR = re.compile(r"x(?=[0-9(\s]|\Z)"), re.compile(r"\s*[0-9(\w]")
_OPERAND = re.compile(r"\s*(?:([0-9(])|(\w+))")
_OPERAND_ENDS = {"NUMBER", "NAME", "RPAR"}


@dataclass
class Tokens:
    """What the lexer found: the tokens a parser reads, and the comments a formatter keeps."""

    source: Source
    tokens: list[Token] = field(default_factory=list)
    comments: list[Span] = field(default_factory=list)
    unreadable: bool = False


def tokenize(source: Source, problems: Problems) -> Tokens:
    """Tokens of a whole file; what is no token is reported and left out.

    A file that does not begin as netspec's do may be anybody's: no error quotes it.
    """
    if not says_version(source.text):
        source = replace(source, quoted=False)
    return _Lexer(source, problems).run()


class _Lexer:
    def __init__(self, source: Source, problems: Problems) -> None:
        self.source, self.problems, self.text = source, problems, source.text
        self.raw: list[Token] = []
        self.found = Tokens(source)
        self.brackets = Brackets(source, problems, self.raw)
        self.statement = 0  # where in raw the present statement began
        self.assigned = False  # whether it has a `=` yet
        self.picture: Token | None = None  # the brace of the picture that is being read
        self.misleading = misleads(self.text)

    def run(self) -> Tokens:
        position = self._version()
        while position < len(self.text) and not self.found.unreadable:
            position = self._next(position)
            if len(self.raw) + len(self.found.comments) > MOST_TOKENS:
                self._too_much(position)
        if not self.found.unreadable:
            self.brackets.unclosed_at_end()
        self.found.tokens = list(line_ends(self.raw))
        return self.found

    def _too_much(self, position: int) -> None:
        self.problems.error(
            "N011", Span(self.source, position - 1, position),
            f"the file has more than {MOST_TOKENS:,} words, signs and comments", label="reading stops here",
            help="write what repeats once, with `block`, `(…) * n` or a list; or split the file with `use`",
        )  # fmt: skip
        self.found.unreadable = True

    def _version(self) -> int:
        """Where the text begins, behind its version."""
        said = read_version(self.source, self.problems)
        for comment in re.finditer(r"#[^\n]*", self.text[: said.start]):
            self.found.comments.append(Span(self.source, *comment.span()))
        if said.end is not None:
            self._add("VERSION", said.start, said.end)
        self.found.unreadable = said.foreign
        return said.go_on

    def _next(self, position: int) -> int:
        if self.picture is not None and self.brackets.inmost is self.picture:
            return self._cells(position)
        found = _TOKEN.match(self.text, position)
        if found is None:
            return self._stray(position)
        kind, end = found.lastgroup, found.end()
        if kind == "comment":
            self._comment(position, end)
        elif kind == "line":
            self._line(position, end)
        elif kind == "number":
            self._add("NUMBER", position, end)
            return self._after_number(end)
        elif kind == "name":
            return self._name(position, end)
        elif kind == "string":
            self._string(position, end)
        elif kind == "symbol":
            return self._symbol(position, end)
        return end

    def _comment(self, start: int, end: int) -> None:
        self.found.comments.append(Span(self.source, start, end))
        if self.misleading:
            report_misleading(self.source, self.problems, start, end, "comment")

    def _add(self, kind: str, start: int, end: int, value: str | None = None) -> None:
        self.raw.append(Token(kind, value or self.text[start:end], start_pos=start, end_pos=end))

    def _line(self, start: int, end: int) -> None:
        """A line end counts in braces and at the top, not inside ``( )`` and ``[ ]``."""
        if not self.brackets.braced:
            if not begins_statement(self.text, end, self.raw[self.statement : self.statement + 1]):
                return
            self.brackets.unclosed_in_line()
        if self.raw and self.raw[-1].type != "_NL":
            self._add("_NL", start, end, "\n")
        self._begin()

    def _begin(self) -> None:
        self.statement, self.assigned = len(self.raw), False

    def _after_number(self, end: int) -> int:
        """``3x1``: an x right behind a number and before another."""
        glued = _TIMES.match(self.text, end)
        if glued and _FACTOR.match(self.text, end + 1):
            self._add("X", end, end + 1)
            return end + 1
        word = _WORD.match(self.text, end)
        if word:
            rest = word[0][1:]
            size = word[0][0] == "x" and rest
            self.problems.error(
                "N004",
                Span(self.source, end, word.end()),
                f"`{self.text[self.raw[-1].start_pos : word.end()]}` is neither a number nor a name",
                label="runs into the number",
                help=f"next to a letter, the x of a size needs blanks: `{self.raw[-1]} x {rest}`" if size else "",
            )
            return word.end()
        return end

    def _name(self, start: int, end: int) -> int:
        text = self.text[start : min(end, start + LONGEST_NAME + 1)]
        if not text.isascii():
            for i, c in enumerate(text):
                if ord(c) > 127 and not ("a" + c).isidentifier():
                    end = start + i
                    break
                if ord(c) > 127 and invisible(c):
                    report_invisible(self.source, self.problems, start + i, text)
        if end == start:
            return self._stray(start)
        if end - start > LONGEST_NAME:
            self.problems.error(
                "N010",
                Span(self.source, start, end),
                f"this name has {end - start:,} characters, and {LONGEST_NAME} is the limit",
            )
            self._add("NAME", start, end, f"{text[:40]}…{crc32(self.text[start:end].encode('utf-8', 'replace')):08x}")
        else:
            self._word(start, end)
        return end

    def _word(self, start: int, end: int) -> None:
        text = unicodedata.normalize("NFC", self.text[start:end])
        before = self.raw[-1].type if self.raw else "_NL"
        if text == "x" and before in _OPERAND_ENDS and self._operand_follows(end):
            self._add("X", start, end)
        elif text[0] == "x" and text[1:].isdigit() and before in ("NUMBER", "RPAR"):
            self._add("X", start, start + 1)
            self._add("NUMBER", start + 1, end)
        elif text in KEYWORDS:
            self._add(text.upper(), start, end)
        elif text == "table" and before == "NAME" and len(self.raw) - self.statement == 1:
            self._add("TABLE", start, end)
        else:
            self._add("NAME", start, end, text)

    def _operand_follows(self, end: int) -> bool:
        following = _OPERAND.match(self.text, end)
        return bool(following and (following[1] or following[2] not in ("if", "else", "and", "or", "not", "for")))

    def _string(self, start: int, end: int) -> None:
        self._add("STRING", start, end)
        if self.misleading:
            report_misleading(self.source, self.problems, start, end, "string")
        if report_escapes(self.source, self.problems, start + 1, end - 1):
            self.raw[-1] = self.raw[-1].update(value='"?"')

    def _symbol(self, start: int, end: int) -> int:
        kind = _SYMBOLS[self.text[start:end]]
        if kind in OPENS_WITH and not self.brackets.close(kind):
            return self.brackets.closes_nothing(start)
        self._add(kind, start, end)
        self.assigned = self.assigned or kind == "ASSIGN"
        if kind in OPENS_WITH.values():
            if kind == "LBRACE":
                if self._opens_picture():
                    self.picture = self.raw[-1]
                else:
                    self._begin()
            self.found.unreadable = not self.brackets.opened(self.raw[-1])
        return end

    def _opens_picture(self) -> bool:
        """Whether the brace just added opens a table's picture: the statement says ``table`` and no ``=``."""
        return len(self.raw) - self.statement > 2 and self.raw[self.statement + 1].type == "TABLE" and not self.assigned

    def _cells(self, position: int) -> int:
        found = _CELL_BLANK.match(self.text, position)
        if found:
            if found[0].startswith("#"):
                self._comment(*found.span())
            elif found[0][0] == "\n" and self.raw[-1].type != "_NL":
                self._add("_NL", *found.span(), "\n")
            return found.end()
        row = _ROW.match(self.text, position)
        if row:
            self._add("ROW", *row.span())
            return row.end()
        return self._symbol(position, position + 1)

    def _stray(self, position: int) -> int:
        """Tell what begins no token: a string without an end, which ends with its line, or a strange character."""
        if self.text[position] != '"':
            return report_stray(self.source, self.problems, position)
        end = self.text.find("\n", position)
        end = len(self.text) if end < 0 else end
        self._add("STRING", position, end, '"?"')
        self.problems.error(
            "N004", Span(self.source, position, end), "this string is never closed", help='add a `"` at its end'
        )
        return end
