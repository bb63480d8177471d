"""What to say where the grammar cannot go on: common mistakes first, else what was found and expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from lark import Token

from netspec.diagnostics import Problems, Source, Span, nearest
from netspec.language.lexer import KEYWORDS
from netspec.language.statements import Statements

_SAID = {
    "_NL": "the end of the line", "$END": "the end of the file", "NUMBER": "a number", "STRING": "a string",
    "NAME": "a name", "RPAR": "`)`", "RSQB": "`]`", "RBRACE": "`}`", "LBRACE": "`{`", "LPAR": "`(`", "ARROW": "`->`",
    "ASSIGN": "`=`", "COLON": "`:`", "ELSE": "`else`", "IN": "`in`", "TABLE": "`table`", "COMMA": "`,`",
    "ROW": "a row of cells",
}  # fmt: skip
#: What follows a parenthesis, met where none closed.
_BEHIND = {
    "FOR": ("`for` follows a parenthesis", "write `(…) for name in list`"),
    "STAR": ("what is repeated stands in parentheses", "write `(…) * n`"),
    "IF": ("a choice stands in parentheses", "write `(… if condition else …)`"),
}
#: Settings whose values are several with arrows between them.
_CHAINED = {"prepare", "augment", "schedule"}
_CLOSED = ("RPAR", "RSQB", "RBRACE")
_BEGINS = KEYWORDS & {"net", "block", "use", "let", "input", "output", "share", "expect"}
#: So far back an open bracket is looked for.
_FAR = 2_000
_NOTHING = Token("_NL", "")
#: A message and its help.
Told = tuple[str, str]


@dataclass(frozen=True)
class At:
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
        """The bracket around it: of a ``group``, of ``arguments``, of a ``list``; empty where the statement has none open."""
        depth = 0
        for at in range(self.index - 1, max(self.index - _FAR, -1), -1):
            kind = self.tokens[at].type
            if kind in ("LBRACE", "_NL"):
                return ""
            depth += {"RPAR": 1, "RSQB": 1, "LPAR": -1, "LSQB": -1}.get(kind, 0)
            if depth < 0:
                return "list" if kind == "LSQB" else "arguments" if at and self.tokens[at - 1].type == "NAME" else "group"
        return ""

    def tokens_behind_head(self) -> list[Token]:
        """The second and third token of the statement: a setting has its colon there."""
        start = self.statements.start(self.index, self.statements.depths[self.index])
        return self.tokens[start + 1 : start + 3]

    def back(self, count: int) -> Token:
        """The token so many before."""
        place = self.index - count
        return self.tokens[place] if 0 <= place < len(self.tokens) else _NOTHING


def unexpected(problems: Problems, source: Source, statements: Statements, index: int, expected: set[str]) -> None:
    """Report the token at ``index``, which none of ``expected`` is."""
    at = At(statements, index, expected)
    token, before = at.token, at.back(1)
    start, end = token.start_pos or 0, token.end_pos or 0
    if token.type in ("_NL", "$END") and index:  # underline the end of what is there
        start, end = before.end_pos or 0, (before.end_pos or 0) + 1
    message, help = next((told for mistake in _MISTAKES if (told := mistake(at)) is not None), ("", ""))
    if before.type == "ARROW" and message.startswith("the arrow"):
        start, end = before.start_pos or 0, before.end_pos or 0
    label = ""
    if not message:
        ends = {"RBRACE", "$END"} if "_NL" in expected else {"_NL"}
        wanted = [_SAID[kind] for kind in _SAID if kind in expected and kind not in ends]
        found = _SAID.get(token.type) if token.type in ("_NL", "$END") else f"`{token}`"
        message = f"{found} cannot stand here"
        label = f"expected {_listing(wanted[:4])}" if wanted and len(wanted) <= 5 else ""
    problems.error("N008", Span(source, start, end), message, label=label, help=help)


# ---- mistakes that people make often


def _points(at: At) -> Told | None:
    """Numbers without a digit on one side of the point: ``.5`` and ``5.``."""
    if at.kind == "DOT" and at.after.type == "NUMBER" and at.after.start_pos == at.token.end_pos and at.back(1).type not in ("NUMBER", "DOT"):
        return "a number has a digit before its point", f"write `0.{at.after}`"
    if at.back(1).type == "DOT" and at.back(2).type == "NUMBER" and at.back(2).end_pos == at.back(1).start_pos and at.kind != "NUMBER":
        return "a number has a digit behind its point", f"write `{at.back(2)}.0`, or `{at.back(2)}`"
    return None


def _misplaced(at: At) -> Told | None:
    """A statement in the wrong braces."""
    depth = at.statements.depths[at.index]
    begins = at.back(1).type in ("_NL", "LBRACE", "VERSION")
    if depth == 0 and ((begins and at.kind in ("INPUT", "OUTPUT", "SHARE", "EXPECT")) or (at.back(1).type == "NAME" and at.kind == "ASSIGN")):
        return f"`{at.token if begins else at.back(1)}` stands in a net", "put it between the braces of `net Name { … }`"
    if depth and begins and at.kind in ("USE", "NET"):
        return f"`{at.token}` stands in the file, not between braces", "move it out of them"
    if depth > 1 and at.kind == "COLON" and at.back(2).type == "LBRACE" and str(at.back(3)) in ("train", "data"):
        return f"`{at.back(3)}` stands in the file, not in the net", "move it out of the braces"
    return None


def _reserved(at: At) -> Told | None:
    """A word of the language as a name."""
    if str(at.token) in KEYWORDS and at.kind == str(at.token).upper() and "NAME" in at.expected and at.back(1).type != "ARROW":
        return f"`{at.token}` is a word of the language and cannot name anything", f"another name, such as `{at.token}_1`"
    return None


def _arrows(at: At) -> Told | None:
    """An arrow without one of its ends, or written otherwise."""
    if at.kind in ("_NL", "$END", "RBRACE") and at.back(1).type == "ARROW":
        return "the arrow leads nowhere", "write a layer behind `->`, or take the arrow away"
    if at.kind == "ARROW" and at.back(1).type in ("_NL", "LBRACE", "ASSIGN"):
        return "an arrow needs a value on its left", "begin with a value: `image -> …`"
    if str(at.after) == ">" and str(at.token) in ("-", "=") and "ARROW" in at.expected:
        return "an arrow is written `->`", "minus and greater-than, with no blank between"
    return None


def _parentheses(at: At) -> Told | None:
    """What stands behind a parenthesis, or in one."""
    counted = (at.back(3).type, at.back(2).type) == ("RPAR", "STAR")
    if counted and at.kind in ("SIGN", "PRODUCT", "STAR") and at.after.type != "ARROW":
        return "a count that is longer than a power stands in parentheses", f"write `* ({at.back(1)} {at.token} {at.after})`"
    stands = at.back(1).type in ("NAME", "RPAR", "RSQB", "RBRACE", "IN")
    return _BEHIND[at.kind] if at.kind in _BEHIND and stands and at.inside in ("", "group") else None


def _signs(at: At) -> Told | None:
    """Signs for one another."""
    before = at.back(1)
    if at.kind == "ASSIGN" and before.type == "NAME" and "COLON" in at.expected:
        what = "an argument" if at.inside else "a size" if at.back(2).type == "INPUT" else "a setting"
        return f"{what} is written with a colon, not `=`", f"write `{before}: {at.after}`"
    if at.kind == "COLON" and before.type == "NAME" and "ASSIGN" in at.expected:
        return "a value is bound with `=`, not `:`", f"write `{before} = …`"
    if at.kind == "COMPARE" and "COMPARE" not in at.expected and "AND" in at.expected:
        return "comparisons do not chain", "write `a < b and b < c`"
    return None


def _beginnings(at: At) -> Told | None:
    """How statements begin."""
    before = at.back(1)
    if at.kind == "NAME" and before.type == "NAME" and at.index > 1 and at.back(2).type in ("_NL", "LBRACE"):
        guess = nearest(str(before), KEYWORDS - {"in", "for", "if", "or", "and", "not", "else", "true", "false"})
        if guess:
            return f"`{before}` begins no statement", f"did you mean `{guess} {at.token}`?"
        if at.after.type == "ARROW":
            return "an `=` is missing", f"write `{before} = {at.token} -> …`"
    if at.kind == "NAME" and "TABLE" in at.expected and nearest(str(at.token), ("table",)):
        return f"`{at.token}` cannot stand here", "did you mean `table`?"
    return None


def _lines(at: At) -> Told | None:
    """Where lines end."""
    before = at.back(1)
    if before.type == "RBRACE" and at.expected == {"_NL"}:
        return "a line ends behind `}`", f"break it before `{at.token}`"
    begins = at.kind.lower() in _BEGINS or (at.kind == "NAME" and at.after.type in ("COLON", "ASSIGN"))
    if begins and not at.inside and before.type not in ("_NL", "LBRACE", "ARROW", "ASSIGN", "COLON"):
        return "a line ends before the next statement", f"break it before `{at.token}`"
    if at.kind == "_NL" and "RBRACE" not in at.expected and "LBRACE" in at.expected and "ARROW" not in at.expected:
        return "the body is missing", "open it on this line: `{`"
    return None


def _missing(at: At) -> Told | None:
    """An arrow or a comma between two things."""
    before = at.back(1)
    if at.kind not in ("NUMBER", "NAME", "STRING", "LSQB", "LPAR", "IN"):
        return None
    setting = before.type != "_NL" and at.head.type == "NAME" and any(token.type == "COLON" for token in (at.tokens_behind_head()))
    chained = not setting or str(at.head) in _CHAINED
    if at.kind not in ("NUMBER", "STRING") and "ARROW" in at.expected and at.inside in ("", "group") and chained:
        return f"an arrow is missing before `{at.token}`", f"write `{'' if before.type in _CLOSED else f'{before} '}-> {at.token}`"
    if "_NL" in at.expected and not at.inside and (setting or at.head.type in ("LET", "INPUT")):
        return _second(at, setting)
    if at.kind in ("NUMBER", "NAME", "STRING", "LSQB") and "COMMA" in at.expected and before.type not in ("COMMA", "LPAR"):
        return f"a comma is missing before `{at.token}`", f"write `{before}, {at.token}`"
    return None


def _second(at: At, setting: bool) -> Told:
    """A second value where the statement has one."""
    before = at.back(1)
    told = f"one value stands here, and `{at.token}` is a second"
    if at.head.type == "INPUT":
        return told, f"sizes have an x between them: `{before} x {at.token}`"
    if setting or before.type in _CLOSED or at.kind in ("LSQB", "LPAR"):
        return told, "take it away, or break the line before it"
    return told, f"write an operator between them, `{before} * {at.token}`, or a list, `[{before}, {at.token}]`"


_MISTAKES: tuple[Callable[[At], Told | None], ...] = (
    _points, _misplaced, _reserved, _arrows, _parentheses, _signs, _beginnings, _lines, _missing,
)  # fmt: skip


def _listing(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
