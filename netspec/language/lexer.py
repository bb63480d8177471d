"""Text to tokens: words, numbers, brackets; which line ends count; table rows as one token each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from zlib import crc32

from lark import Token

from netspec.diagnostics import Problems, Source, Span
from netspec.language.version import read_version

#: Words that name nothing else (language.md section 2).
KEYWORDS = frozenset(
    ["net", "block", "use", "let", "input", "output", "share", "expect", "in", "for", "if", "else", "and", "or", "not", "true", "false"]
)
#: Brackets may stand this deep in one another; a name has so many characters at most, a file so many words, signs and comments.
DEEPEST, LONGEST_NAME, MOST_TOKENS = 100, 255, 250_000

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
_BEGINS = re.compile(r"[^\S\n]*(?:([^\W\d]\w*)\b[^\S\n]*(=(?!=)|[^\W\d]\w*[^\S\n]*[:=(]|net\b|table[^\S\n]+\w+[^\S\n]*:)?|(\}))")
_WORD = re.compile(r"[^\W\d]\w*")
_TIMES, _FACTOR = re.compile(r"x(?=[0-9(\s]|\Z)"), re.compile(r"\s*[0-9(\w]")
_OPERAND = re.compile(r"\s*(?:([0-9(])|(\w+))")
#: Characters that show a line in another order than it is read, or end it where it goes on: what is seen is not what is meant.
_MISLEADING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\x85]")
_CLOSES = {"RPAR": "LPAR", "RSQB": "LSQB", "RBRACE": "LBRACE"}
_OPERAND_ENDS = {"NUMBER", "NAME", "RPAR"}
_TYPED_FOR = {"→": "->", "⟶": "->", "×": "x", "“": '"', "”": '"', "‘": '"', "’": '"', "–": "-", "—": "-",
              "−": "-", "≤": "<=", "≥": ">=", "≠": "!=", "，": ",", "：": ":", "（": "(", "）": ")"}  # fmt: skip


_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|u[dD][89abAB]..\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u?.))')

@dataclass
class Tokens:
    """What the lexer found: the tokens a parser reads, and the comments a formatter keeps."""

    source: Source
    tokens: list[Token] = field(default_factory=list)
    comments: list[Span] = field(default_factory=list)
    unreadable: bool = False


def tokenize(source: Source, problems: Problems) -> Tokens:
    """Tokens of a whole file; what is no token is reported and left out."""
    return _Lexer(source, problems).run()


class _Lexer:
    def __init__(self, source: Source, problems: Problems) -> None:
        self.source, self.problems, self.text = source, problems, source.text
        self.raw: list[Token] = []
        self.found = Tokens(source)
        self.open: list[Token] = []  # the brackets not closed yet
        self.statement = 0  # where in raw the present statement began
        self.assigned = False  # whether it has a `=` yet
        self.picture: Token | None = None  # the brace of the picture that is being read
        self.misleading = bool(_MISLEADING.search(self.text))

    def run(self) -> Tokens:
        position = self._version()
        while position < len(self.text) and not self.found.unreadable:
            position = self._next(position)
            if len(self.raw) + len(self.found.comments) > MOST_TOKENS:
                self._too_much(position)
        if not self.found.unreadable:
            for bracket in reversed(self.open):
                self._unclosed(bracket)
        self.found.tokens = list(_line_ends(self.raw))
        return self.found

    def _too_much(self, position: int) -> None:
        self.problems.error(
            "N011", Span(self.source, position - 1, position), f"the file has more than {MOST_TOKENS:,} words, signs and comments",
            label="reading stops here", help="say what repeats once, with `block`, `(…) * n` or a list; or part the file with `use`",
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
        if self.picture is not None and self.open and self.open[-1] is self.picture:
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
            self._misled(start, end, "comment")

    def _misled(self, start: int, end: int, what: str) -> None:
        """Tell the first misleading character of a comment or string."""
        found = _MISLEADING.search(self.text, start, end)
        if found:
            name = unicodedata.name(found[0], "NEXT LINE")
            self.problems.error(
                "N009", Span(self.source, *found.span()), f"{name} (U+{ord(found[0]):04X}) in a {what} shows the text otherwise than it is read",
                help="delete it" + ("" if what == "comment" else f", or write `\\u{ord(found[0]):04x}`"),
            )  # fmt: skip

    def _add(self, kind: str, start: int, end: int, value: str | None = None) -> None:
        self.raw.append(Token(kind, value or self.text[start:end], start_pos=start, end_pos=end))

    def _line(self, start: int, end: int) -> None:
        """A line end counts in braces and at the top, not inside ``( )`` and ``[ ]``."""
        if self.open and self.open[-1].type != "LBRACE":
            if not self._statement_begins(end):
                return
            while self.open and self.open[-1].type != "LBRACE":
                self._unclosed(self.open.pop())
        if self.raw and self.raw[-1].type != "_NL":
            self._add("_NL", start, end, "\n")
        self._begin()

    def _begin(self) -> None:
        self.statement, self.assigned = len(self.raw), False

    def _statement_begins(self, position: int) -> bool:
        """Whether, in an open bracket, the next line can only be a new statement: the bracket was forgotten."""
        line = _BEGINS.match(self.text, position)
        if line is None:
            return False
        if line[3] or (line[2] or "").startswith("table"):
            return True
        head = self.raw[self.statement : self.statement + 3]
        if line[2] == "=" and not (head and head[0].type in ("NET", "BLOCK", "OUTPUT")):
            return True
        return line[1] in KEYWORDS - {"in", "for", "if", "else", "and", "or", "not", "true", "false", "net"} and bool(line[2])

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
                if ord(c) > 127 and _invisible(c):
                    self._invisible(start + i, text)
        if end == start:
            return self._stray(start)
        if end - start > LONGEST_NAME:
            self.problems.error("N010", Span(self.source, start, end), f"a name of {end - start:,} characters: names have {LONGEST_NAME} at most")
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
            self._misled(start, end, "string")
        for found in _ESCAPE.finditer(self.text, start + 1, end - 1):
            if found[1]:
                self.problems.error(
                    "N004", Span(self.source, *found.span()), f"`{found[0]}` stands for no character",
                    help='in a string `\\\\` is a backslash; `\\"`, `\\n`, `\\t` and `\\u2028` are as in JSON',
                )  # fmt: skip
                self.raw[-1] = self.raw[-1].update(value='"?"')

    def _symbol(self, start: int, end: int) -> int:
        kind = _SYMBOLS[self.text[start:end]]
        if kind in _CLOSES and not self._close(kind):
            return self._closes_nothing(start)
        self._add(kind, start, end)
        self.assigned = self.assigned or kind == "ASSIGN"
        if kind in _CLOSES.values():
            self.open.append(self.raw[-1])
            if kind == "LBRACE":
                if self._opens_picture():
                    self.picture = self.raw[-1]
                else:
                    self._begin()
            if len(self.open) > DEEPEST:
                self.problems.error(
                    "N007",
                    Span(self.source, start, end),
                    f"brackets are nested deeper than {DEEPEST}",
                    help="give a name to an inner part",
                )
                self.found.unreadable = True
        return end

    def _close(self, kind: str) -> bool:
        wanted = _CLOSES[kind]
        while self.open and self.open[-1].type != wanted and any(b.type == wanted for b in self.open):
            if kind != "RBRACE" and any(b.type == "LBRACE" for b in self.open[self._last(wanted) :]):
                break
            self._unclosed(self.open.pop())
        if self.open and self.open[-1].type == wanted:
            self.open.pop()
            return True
        return False

    def _closes_nothing(self, start: int) -> int:
        """Tell a bracket too many, with those like it behind it; where they end."""
        end = self._run_of(start)
        self.problems.error(
            "N006",
            Span(self.source, start, end),
            f"`{self.text[start]}` closes nothing",
            help="take it away, or add the opening bracket",
        )
        return end

    def _run_of(self, position: int) -> int:
        """Where a run of one sign ends: it is one mistake."""
        found = re.compile(re.escape(self.text[position]) + "++").match(self.text, position)
        return found.end() if found else position + 1

    def _last(self, kind: str) -> int:
        return max(i for i, bracket in enumerate(self.open) if bracket.type == kind)

    def _unclosed(self, bracket: Token) -> None:
        start = bracket.start_pos or 0
        self.problems.error(
            "N005",
            Span(self.source, start, start + 1),
            f"`{bracket}` is never closed",
            label="opened here",
            help=f"add the `{dict(zip('([{', ')]}', strict=True))[str(bracket)]}`",
        )
        if bracket.type != "LBRACE":
            at = self.raw[-1].end_pos or 0
            self.raw.append(Token("UNCLOSED", "", start_pos=at, end_pos=at))  # what it would have meant nobody knows
        else:
            at = len(self.text)
            self.raw.append(Token("RBRACE", "}", start_pos=at, end_pos=at))

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
        c = self.text[position]
        end = position + 1
        if c != '"':
            end = self._run_of(position)
        if c == '"':
            end = self.text.find("\n", position)
            end = len(self.text) if end < 0 else end
            message, help = "this string is never closed", 'add a `"` at its end'
            self._add("STRING", position, end, '"?"')
        elif _invisible(c):
            self._invisible(position, "", end)
            return end
        else:
            message, help = f"`{c}` is no part of the language", ""
            if c in _TYPED_FOR:
                help = f"write `{_TYPED_FOR[c]}`"
            elif c == "'":
                help = 'strings stand in double quotes: `"…"`'
        self.problems.error("N004", Span(self.source, position, end), message, help=help)
        return end

    def _invisible(self, position: int, name: str, end: int | None = None) -> None:
        c = self.text[position]
        seen = name.replace(c, "")
        self.problems.error(
            "N003",
            Span(self.source, position, end or position + 1),
            f"an invisible character, {unicodedata.name(c, 'a control character')} (U+{ord(c):04X}), "
            + (f"stands in the name `{seen}`" if seen else "stands outside a string"),
            help="delete it",
        )


def _invisible(c: str) -> bool:
    """Format and control characters, fillers and variation selectors: they change a name and nobody sees them."""
    return (
        unicodedata.category(c) in ("Cf", "Cc", "Zl", "Zp")
        or c in "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u3164\uffa0"
        or 0xFE00 <= ord(c) <= 0xFE0F
        or 0xE0000 <= ord(c) <= 0xE0FFF
    )


def _line_ends(raw: list[Token]) -> Iterator[Token]:
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
