"""What is said of words, brackets and signs that are wrong: the code, what is underlined, message, label and help."""

from __future__ import annotations

import pytest

from netspec.diagnostics import Problems, Source
from netspec.language import parse

AS_IN_JSON = 'write `\\\\` for a backslash; `\\"`, `\\n`, `\\t` and `\\u2028` are as in JSON'
OTHER_LETTERS = "write both with the same letters, or rename one of them"
#: What is written; the code and what is underlined; the message; the label; the help.
FOUND = [
    ("a\u200b", "N003 \u200b", "an invisible character, ZERO WIDTH SPACE (U+200B), stands outside a string", "",
    "delete it"),
    ("\u200b\u200b", "N003 \u200b\u200b", "an invisible character, ZERO WIDTH SPACE (U+200B), stands outside a string",
    "", "delete it"),
    ("\x00", "N003 \x00", "an invisible character, a control character (U+0000), stands outside a string", "",
    "delete it"),
    ("let a\ufe0fb = 3", "N003 \ufe0f",
    "an invisible character, VARIATION SELECTOR-16 (U+FE0F), stands in the name `ab`", "", "delete it"),
    ("let a\u034fb = 3", "N003 \u034f",
    "an invisible character, COMBINING GRAPHEME JOINER (U+034F), stands in the name `ab`", "", "delete it"),
    ("let k = 3;", "N004 ;", "`;` is not part of the language", "", "a statement ends with its line: break it here"),
    ("let k = 3!!", "N004 !!", "`!` is not part of the language", "", ""),
    ("let k = 3 × 1", "N004 ×", "`×` is not part of the language", "", "write `x`"),
    ("let k = 3 − 1", "N004 −", "`−` is not part of the language", "", "write `-`"),
    ("let k = 3 ≤ 1", "N004 ≤", "`≤` is not part of the language", "", "write `<=`"),
    ("block b() { a → b }", "N004 →", "`→` is not part of the language", "", "write `->`"),
    ("let k = 'a", "N004 '", "`'` is not part of the language", "", 'write strings in double quotes: `"…"`'),
    ("let k = “a", "N004 “", "`“` is not part of the language", "", 'write `"`'),
    ('let k = "ab', 'N004 "ab', "this string is never closed", "", 'add a `"` at its end'),
    ('let k = "ab\nlet j = 3', 'N004 "ab', "this string is never closed", "", 'add a `"` at its end'),
    (r'let k = "a\qb"', r"N004 \q", r"`\q` is not an escape", "", AS_IN_JSON),
    (r'let k = "\u12"', r"N004 \u1", r"`\u1` is not an escape", "", AS_IN_JSON),
    ("let k = 3abc", "N004 abc", "`3abc` is neither a number nor a name", "runs into the number", ""),
    ("let k = 3xH", "N004 xH", "`3xH` is neither a number nor a name", "runs into the number",
     "next to a letter, the x of a size needs blanks: `3 x H`"),
    ("let k = 3x", "N004 x", "`3x` is neither a number nor a name", "runs into the number", ""),
    ("let k = [1", "N005 [", "`[` is never closed", "opened here", "add the `]`"),
    ("let k = (1", "N005 (", "`(` is never closed", "opened here", "add the `)`"),
    ("block b() { relu", "N005 {", "`{` is never closed", "opened here", "add the `}`"),
    ("let k = 3)", "N006 )", "`)` closes nothing", "", "delete it, or add the opening bracket"),
    ("let k = 3]]]", "N006 ]]]", "`]` closes nothing", "", "delete it, or add the opening bracket"),
    ("block b() { relu }}", "N006 }", "`}` closes nothing", "", "delete it, or add the opening bracket"),
    ("let k = " + "(" * 101 + "1" + ")" * 101, "N007 (", "brackets are nested deeper than 100", "",
    "give a name to an inner part"),
    ("let k = " + "1 if a else " * 101 + "1", "N007 " + "1 if a else " * 101 + "1",
     "operators are nested deeper than 100", "", "give a name to an inner part"),
    ("let k = 3 # \u202e", "N009 \u202e",
    "RIGHT-TO-LEFT OVERRIDE (U+202E) in a comment makes the text look different from what is read",
     "", "delete it"),
    ('let k = "\u202e"', "N009 \u202e",
    "RIGHT-TO-LEFT OVERRIDE (U+202E) in a string makes the text look different from what is read",
     "", "delete it, or write `\\u202e`"),
    ("# \x85", "N009 \x85", "NEXT LINE (U+0085) in a comment makes the text look different from what is read", "",
    "delete it"),
    ("let " + "a" * 1256 + " = 3", "N010 " + "a" * 1256, "this name has 1,256 characters, and 255 is the limit", "",
    ""),
    ("let data = 3\nlet d\u0430ta = 3", "N012 d\u0430ta",
    "d\u0430ta looks like data on line 2, but is a different name",
     "with CYRILLIC SMALL LETTER A (U+0430)", OTHER_LETTERS),
    ("let d\u0430ta = 3\nlet data = 3", "N012 data", "data looks like d\u0430ta on line 2, but is a different name",
     "with CYRILLIC SMALL LETTER A (U+0430)", OTHER_LETTERS),
    ("let l\u0435t = 3", "N012 l\u0435t", "l\u0435t looks like let, but is a different name",
     "with CYRILLIC SMALL LETTER IE (U+0435)", OTHER_LETTERS),
    ("a table c: 1 {\n a\n \u0430\n}", "N012 \u0430", "\u0430 looks like a on line 2, but is a different name",
     "with CYRILLIC SMALL LETTER A (U+0430)", OTHER_LETTERS),
]  # fmt: skip


@pytest.mark.parametrize(("text", "found", "message", "label", "help"), FOUND)
def test_what_is_said(text: str, found: str, message: str, label: str, help: str) -> None:
    problems = Problems(None)
    parse(Source("a.net", f"netspec 1\n{text}"), problems)
    (problem,) = problems
    assert problem.span is not None
    assert f"{problem.code} {problem.span.text}" == found
    assert (problem.message, problem.label, problem.help) == (message, label, help)
    assert problem.severity == ("warning" if problem.code == "N012" else "error")


@pytest.mark.parametrize(
    ("text", "covered", "message", "label", "help"),
    [
        ("let k = 3", "let k = 3", "the file does not state its language version", "before this line",
         "add this line at the top: `netspec 1`"),
        ("Netspec 1", "Netspec 1", "the language version is not written like this", "",
         "write `netspec 1`, on a line of its own"),
        ("[net]\nbatch = 3", "[net]", "this is a configuration of Darknet, not a netspec file", "",
         "other programs have files like it, some called .net; a netspec file begins with `netspec 1`"),
        ("netspec 12345678901234", "12345678901234",
         "this file is in version 123456789012 of the language, and this netspec reads version 1", "not supported",
         "install a newer netspec, or write `netspec 1`"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_version(text: str, covered: str, message: str, label: str, help: str) -> None:
    problems = Problems(None)
    parse(Source("a.net", text), problems)
    (problem,) = problems
    assert problem.span is not None
    assert problem.span.text == covered
    assert (problem.message, problem.label, problem.help) == (message, label, help)


@pytest.mark.slow
def test_a_file_of_too_many_words() -> None:
    problems = Problems(None)
    parse(Source("a.net", "netspec 1\n" + "a " * 250_000), problems)
    (problem,) = problems
    assert problem.span is not None
    assert (problem.code, problem.label) == ("N011", "reading stops here")
    assert problem.message == "the file has more than 250,000 words, signs and comments"
    assert problem.help.startswith("write what repeats once")
    assert problem.span.start > 499_000
