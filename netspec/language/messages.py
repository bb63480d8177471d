"""What to say where the grammar cannot go on: common mistakes first, else what was found and expected."""

from __future__ import annotations

from collections.abc import Callable

from netspec.diagnostics import Problems, Source, Span, nearest
from netspec.language.keywords import KEYWORDS
from netspec.language.position import Position
from netspec.language.statements import Statements

_TOKEN_NAMES = {
    "_NL": "the end of the line", "$END": "the end of the file", "NUMBER": "a number", "STRING": "a string",
    "NAME": "a name", "RPAR": "`)`", "RSQB": "`]`", "RBRACE": "`}`", "LBRACE": "`{`", "LPAR": "`(`", "ARROW": "`->`",
    "ASSIGN": "`=`", "COLON": "`:`", "ELSE": "`else`", "IN": "`in`", "TABLE": "`table`", "COMMA": "`,`",
    "ROW": "a row of cells",
}  # fmt: skip
#: What follows a parenthesis, met where none closed.
_BEHIND = {
    "FOR": ("`for` needs a pipeline in parentheses before it", "write `(…) for name in list`"),
    "STAR": ("what is repeated must stand in parentheses", "write `(…) * n`"),
    "IF": ("a choice must stand in parentheses", "write `(… if condition else …)`"),
}
#: Settings whose values are several with arrows between them.
_CHAINED = {"prepare", "augment", "schedule"}
_CLOSED = ("RPAR", "RSQB", "RBRACE")
_BEGINS = KEYWORDS & {"net", "block", "use", "let", "input", "output", "share", "expect"}
#: What signs between numbers would be between values of the net.
_JOINS = {"+": "add", "-": "subtract"}
#: A message and its help.
Message = tuple[str, str]


def unexpected(problems: Problems, source: Source, statements: Statements, index: int, expected: set[str]) -> None:
    """Report the token at ``index``, which none of ``expected`` is."""
    position = Position(statements, index, expected)
    token, before = position.token, position.back(1)
    start, end = token.start_pos or 0, token.end_pos or 0
    if token.type in ("_NL", "$END") and index:  # underline the end of what is there
        start, end = before.end_pos or 0, (before.end_pos or 0) + 1
    message, help = next((found for mistake in _MISTAKES if (found := mistake(position)) is not None), ("", ""))
    if before.type == "ARROW" and token.type in ("_NL", "$END", "RBRACE"):  # the arrow itself is at fault
        start, end = before.start_pos or 0, before.end_pos or 0
    label = ""
    if not message:
        ends = {"RBRACE", "$END"} if "_NL" in position.expected else {"_NL"}
        names = [_TOKEN_NAMES[kind] for kind in _TOKEN_NAMES if kind in position.expected and kind not in ends]
        name = _TOKEN_NAMES[token.type] if token.type in ("_NL", "$END") else f"`{token}`"
        message = f"{name} cannot stand here"
        label = f"expected {_listing(names[:4])}" if names and len(names) <= 5 else ""
    problems.error("N008", Span(source, start, end), message, label=label, help=help)


# ---- mistakes that people make often


def _points(position: Position) -> Message | None:
    """Numbers without a digit on one side of the point: ``.5`` and ``5.``."""
    if (
        position.kind == "DOT"
        and position.after.type == "NUMBER"
        and position.after.start_pos == position.token.end_pos
        and position.back(1).type not in ("NUMBER", "DOT")
    ):
        return "a number must have a digit before its point", f"write `0.{position.after}`"
    if (
        position.back(1).type == "DOT"
        and position.back(2).type == "NUMBER"
        and position.back(2).end_pos == position.back(1).start_pos
        and position.kind != "NUMBER"
    ):
        return "a number must have a digit after its point", f"write `{position.back(2)}.0`, or `{position.back(2)}`"
    return None


def _misplaced(position: Position) -> Message | None:
    """A statement in the wrong braces."""
    depth = position.statements.depths[position.index]
    begins = position.back(1).type in ("_NL", "LBRACE", "VERSION")
    if depth == 0 and (
        (begins and position.kind in ("INPUT", "OUTPUT", "SHARE", "EXPECT"))
        or (position.back(1).type == "NAME" and position.kind == "ASSIGN")
    ):
        return (
            f"`{position.token if begins else position.back(1)}` belongs in a net",
            "move it between the braces of `net Name { … }`",
        )
    if depth and begins and position.kind in ("USE", "NET"):
        return f"`{position.token}` belongs outside all braces", "move it out of them"
    if (
        depth > 1
        and position.kind == "COLON"
        and position.back(2).type == "LBRACE"
        and str(position.back(3)) in ("train", "data")
    ):
        return f"`{position.back(3)}` belongs outside the net", "move it out of the braces"
    return None


def _reserved(position: Position) -> Message | None:
    """A word of the language as a name."""
    if (
        str(position.token) in KEYWORDS
        and position.kind == str(position.token).upper()
        and "NAME" in position.expected
        and position.back(1).type != "ARROW"
    ):
        return (
            f"`{position.token}` is a word of the language and cannot name anything",
            f"choose another name, such as `{position.token}_1`",
        )
    return None


def _arrows(position: Position) -> Message | None:
    """An arrow without one of its ends, or written otherwise."""
    if position.kind in ("_NL", "$END", "RBRACE") and position.back(1).type == "ARROW":
        return "nothing follows the arrow", "write a layer after `->`, or delete the arrow"
    if position.kind == "ARROW" and position.back(1).type in ("LBRACE", "ASSIGN"):
        return "an arrow needs a value on its left", "begin with a value: `image -> …`"
    if str(position.after) == ">" and str(position.token) in ("-", "=") and "ARROW" in position.expected:
        return "an arrow is written `->`", "type `-` and `>` with no blank between them"
    return None


def _parentheses(position: Position) -> Message | None:
    """What stands behind a parenthesis, or in one."""
    counted = (position.back(3).type, position.back(2).type) == ("RPAR", "STAR")
    if counted and position.kind in ("SIGN", "PRODUCT", "STAR") and position.after.type != "ARROW":
        return (
            "a count of several terms must stand in parentheses",
            f"write `* ({position.back(1)} {position.token} {position.after})`",
        )
    stands = position.back(1).type in ("NAME", "RPAR", "RSQB", "RBRACE", "IN")
    return _BEHIND[position.kind] if position.kind in _BEHIND and stands and position.inside in ("", "group") else None


def _joined(position: Position) -> Message | None:
    """Values that are to be joined, without the brackets of several: `y = (a, b) -> concat`, and `y = a + b`."""
    before, after = position.back(1), position.after
    bound = position.head.type != "LET" and any(token.type == "ASSIGN" for token in position.tokens_behind_head())
    if not bound or position.inside not in ("", "group") or (before.type, after.type) != ("NAME", "NAME"):
        return None
    first = before if position.back(2).type in ("LPAR", "ASSIGN") else "…"
    if position.kind == "COMMA":
        return "several values stand in square brackets", f"write `[{first}, {after}] -> …`"
    if str(position.token) in _JOINS:
        return "values are joined by a layer", f"write `[{first}, {after}] -> {_JOINS[str(position.token)]}`"
    return None


def _signs(position: Position) -> Message | None:
    """Signs for one another."""
    before = position.back(1)
    if position.kind == "ASSIGN" and before.type == "NAME" and "COLON" in position.expected:
        what = "an argument" if position.inside else "a size" if position.back(2).type == "INPUT" else "a setting"
        return f"{what} is written with a colon, not `=`", f"write `{before}: {position.after}`"
    if position.kind == "COLON" and before.type == "NAME" and "ASSIGN" in position.expected:
        return "a value is bound with `=`, not `:`", f"write `{before} = …`"
    if position.kind == "COMPARE" and "COMPARE" not in position.expected and "AND" in position.expected:
        return "comparisons do not chain", "write `a < b and b < c`"
    return None


def _beginnings(position: Position) -> Message | None:
    """How statements begin."""
    before = position.back(1)
    if position.kind == "NAME" and "TABLE" in position.expected and nearest(str(position.token), ("table",)):
        return f"`{position.token}` cannot stand here", "did you mean `table`?"
    if (
        position.kind == "NAME"
        and before.type == "NAME"
        and position.index > 1
        and position.back(2).type in ("_NL", "LBRACE")
    ):
        guess = nearest(str(before), KEYWORDS - {"in", "for", "if", "or", "and", "not", "else", "true", "false"})
        if guess:
            return f"`{before}` begins no statement", f"did you mean `{guess} {position.token}`?"
        if position.after.type == "ARROW":
            return "an `=` is missing", f"write `{before} = {position.token} -> …`"
        if position.after.type == "ASSIGN":
            let = "" if position.statements.depths[position.index] else "let "
            return f"`{before}` begins no statement", f"write `{let}{position.token} = …`"
    if before.type == "USE":
        return "a path stands in double quotes", 'write `use "file.net"`'
    return None


def _lines(position: Position) -> Message | None:
    """Where lines end."""
    before = position.back(1)
    if before.type == "RBRACE" and position.expected == {"_NL"}:
        return "nothing can follow `}` on its line", f"break the line before `{position.token}`"
    begins = position.kind.lower() in _BEGINS or (
        position.kind == "NAME" and position.after.type in ("COLON", "ASSIGN")
    )
    if begins and not position.inside and before.type not in ("_NL", "LBRACE", "ARROW", "ASSIGN", "COLON"):
        return "a new statement must begin on a new line", f"break the line before `{position.token}`"
    if (
        position.kind == "_NL"
        and "RBRACE" not in position.expected
        and "LBRACE" in position.expected
        and "ARROW" not in position.expected
    ):
        return "the body is missing", "open it on this line: `{`"
    return None


def _missing(position: Position) -> Message | None:
    """An arrow or a comma between two things."""
    before = position.back(1)
    if position.kind not in ("NUMBER", "NAME", "STRING", "LSQB", "LPAR", "IN"):
        return None
    setting = (
        before.type != "_NL"
        and position.head.type == "NAME"
        and any(token.type == "COLON" for token in (position.tokens_behind_head()))
    )
    chained = not setting or str(position.head) in _CHAINED
    if (
        position.kind not in ("NUMBER", "STRING")
        and "ARROW" in position.expected
        and position.inside in ("", "group")
        and chained
    ):
        return (
            f"an arrow is missing before `{position.token}`",
            f"write `{'' if before.type in _CLOSED else f'{before} '}-> {position.token}`",
        )
    if "_NL" in position.expected and not position.inside and (setting or position.head.type in ("LET", "INPUT")):
        return _second(position, setting)
    if (
        position.kind in ("NUMBER", "NAME", "STRING", "LSQB")
        and "COMMA" in position.expected
        and before.type not in ("COMMA", "LPAR")
    ):
        return f"a comma is missing before `{position.token}`", f"write `{before}, {position.token}`"
    return None


def _second(position: Position, setting: bool) -> Message:
    """A second value where the statement has one."""
    before = position.back(1)
    message = f"only one value can stand here, and `{position.token}` is a second"
    if str(position.token) == "x":
        return "nothing follows the `x` of a size", f"write the size after it: `{before} x 3`"
    if position.head.type == "INPUT":
        return message, f"write an x between sizes: `{before} x {position.token}`"
    if setting or before.type in _CLOSED or position.kind == "LPAR":
        return message, "delete it, or break the line before it"
    if "STRING" in (before.type, position.kind):
        return message, f"write a list: `[{before}, {position.token}]`"
    return (
        message,
        f"write an operator between them, `{before} * {position.token}`, or a list, `[{before}, {position.token}]`",
    )


_MISTAKES: tuple[Callable[[Position], Message | None], ...] = (
    _points, _misplaced, _reserved, _arrows, _parentheses, _joined, _signs, _beginnings, _lines, _missing,
)  # fmt: skip


def _listing(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
