"""What to say where the grammar cannot go on: common mistakes first, else what was found and expected."""

from __future__ import annotations

from lark import Token

from netspec.diagnostics import Problems, Source, Span, nearest
from netspec.language.lexer import KEYWORDS

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
_BEGINS = KEYWORDS & {"net", "block", "use", "let", "input", "output", "share", "expect"}


def unexpected(problems: Problems, source: Source, tokens: list[Token], index: int, expected: set[str]) -> None:
    """Report the token at ``index``, which none of ``expected`` is."""
    token = tokens[index]
    before = tokens[index - 1] if index else None
    start, end = token.start_pos or 0, token.end_pos or 0
    if token.type in ("_NL", "$END") and before is not None:  # underline the end of what is there
        start, end = before.end_pos or 0, (before.end_pos or 0) + 1
    message, help = _mistake(tokens, index, expected)
    if before is not None and before.type == "ARROW" and message.startswith("the arrow"):
        start, end = before.start_pos or 0, before.end_pos or 0
    if not message:
        wanted = [_SAID[kind] for kind in _SAID if kind in expected and kind != "_NL"]
        found = _SAID.get(token.type) if token.type in ("_NL", "$END") else f"`{token}`"
        message = f"{found} cannot stand here"
        label = f"expected {_listing(wanted[:4])}" if wanted and len(wanted) <= 5 else ""
        problems.error("N008", Span(source, start, end), message, label=label, help=help)
    else:
        problems.error("N008", Span(source, start, end), message, help=help)


def _mistake(tokens: list[Token], index: int, expected: set[str]) -> tuple[str, str]:
    """Message and help for a mistake that people make often, or two empty texts."""
    token, kind = tokens[index], tokens[index].type
    before = tokens[index - 1] if index else Token("_NL", "")
    after = tokens[index + 1] if index + 1 < len(tokens) else Token("_NL", "")
    misplaced = _misplaced(tokens, index)
    if misplaced[0]:
        return misplaced
    if str(token) in KEYWORDS and kind == str(token).upper() and "NAME" in expected and before.type != "ARROW":
        return f"`{token}` is a word of the language and cannot name anything", f"another name, such as `{token}_1`"
    if kind in ("_NL", "$END", "RBRACE") and before.type == "ARROW":
        return "the arrow leads nowhere", "write a layer behind `->`, or take the arrow away"
    if kind == "ARROW" and before.type in ("_NL", "LBRACE", "ASSIGN"):
        return "an arrow needs a value on its left", "begin with a value: `image -> …`"
    if kind in ("SIGN", "PRODUCT", "STAR") and index > 2 and [t.type for t in tokens[index - 3 : index - 1]] == ["RPAR", "STAR"] and after.type != "ARROW":
        return "a count that is longer than a power stands in parentheses", f"write `* ({before} {token} {after})`"
    if kind in _BEHIND and _innermost(tokens, index) in ("", "group"):
        return _BEHIND[kind]
    if str(after) == ">" and str(token) in ("-", "=") and "ARROW" in expected:
        return "an arrow is written `->`", "minus and greater-than, with no blank between"
    if kind == "ASSIGN" and before.type == "NAME" and "COLON" in expected:
        what = "an argument" if _innermost(tokens, index) else "a size" if tokens[index - 2].type == "INPUT" else "a setting"
        return f"{what} is written with a colon, not `=`", f"write `{before}: {after}`"
    if kind == "COLON" and before.type == "NAME" and "ASSIGN" in expected:
        return "a value is bound with `=`, not `:`", f"write `{before} = …`"
    if kind == "NAME" and before.type == "NAME" and index > 1 and tokens[index - 2].type in ("_NL", "LBRACE"):
        guess = nearest(str(before), KEYWORDS - {"in", "for", "if", "or", "and", "not", "else", "true", "false"})
        if guess:
            return f"`{before}` begins no statement", f"did you mean `{guess} {token}`?"
        if after.type == "ARROW":
            return "an `=` is missing", f"write `{before} = {token} -> …`"
    if kind == "NAME" and "TABLE" in expected and nearest(str(token), ("table",)):
        return f"`{token}` cannot stand here", "did you mean `table`?"
    if before.type == "RBRACE" and expected == {"_NL"}:
        return "a line ends behind `}`", f"break it before `{token}`"
    begins = kind.lower() in _BEGINS or (kind == "NAME" and after.type in ("COLON", "ASSIGN"))
    if begins and not _innermost(tokens, index) and before.type not in ("_NL", "LBRACE", "ARROW", "ASSIGN", "COLON"):
        return "a line ends before the next statement", f"break it before `{token}`"
    if kind in ("NAME", "LSQB", "LPAR") and "ARROW" in expected and _innermost(tokens, index) in ("", "group"):
        return f"an arrow is missing before `{token}`", f"write `{before} -> {token}`"
    if kind in ("NUMBER", "NAME", "STRING", "LSQB") and "COMMA" in expected and before.type not in ("COMMA", "LPAR"):
        return f"a comma is missing before `{token}`", f"write `{before}, {token}`"
    if kind == "COMPARE" and expected.isdisjoint({"COMPARE"}) and "AND" in expected:
        return "comparisons do not chain", "write `a < b and b < c`"
    if kind == "_NL" and "RBRACE" not in expected and "LBRACE" in expected and "ARROW" not in expected:
        return "the body is missing", "open it on this line: `{`"
    return "", ""


def _misplaced(tokens: list[Token], index: int) -> tuple[str, str]:
    """Message and help for a statement that stands in the wrong braces, or two empty texts."""
    token, before = tokens[index], [str(token) for token in tokens[max(index - 3, 0) : index]]
    named = bool(index) and tokens[index - 1].type == "NAME"
    depth = sum({"LBRACE": 1, "RBRACE": -1}.get(token.type, 0) for token in tokens[:index])
    begins = not index or tokens[index - 1].type in ("_NL", "LBRACE", "VERSION")
    if depth == 0 and ((begins and token.type in ("INPUT", "OUTPUT", "SHARE", "EXPECT")) or (named and token.type == "ASSIGN")):
        return f"`{token if begins else before[-1]}` stands in a net", "put it between the braces of `net Name { … }`"
    if depth and begins and token.type in ("USE", "NET"):
        return f"`{token}` stands in the file, not between braces", "move it out of them"
    if token.type == "COLON" and depth > 1 and before[0] in ("train", "data") and before[1] == "{":
        return f"`{before[0]}` stands in the file, not in the net", "move it out of the braces"
    return "", ""


def _innermost(tokens: list[Token], index: int) -> str:
    """The bracket around a token: of a ``group``, of ``arguments``, of a ``list``; empty where a statement has none open."""
    depth = 0
    for at in range(index - 1, -1, -1):
        kind = tokens[at].type
        if kind in ("LBRACE", "_NL"):
            return ""
        depth += {"RPAR": 1, "RSQB": 1, "LPAR": -1, "LSQB": -1}.get(kind, 0)
        if depth < 0:
            return "list" if kind == "LSQB" else "arguments" if at and tokens[at - 1].type == "NAME" else "group"
    return ""


def _listing(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
