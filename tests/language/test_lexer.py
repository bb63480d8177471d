"""Text to tokens: words, numbers, strings, signs, line ends, rows of pictures, and what is no token."""

from __future__ import annotations

import pytest

from netspec.diagnostics import Problems, Source
from netspec.language import lexer
from netspec.language.lexer import LONGEST_NAME, Tokens, tokenize
from tests.language.written import findings


def read(text: str) -> tuple[Tokens, list[str]]:
    problems = Problems(None)
    found = tokenize(Source("a.net", f"netspec 1\n{text}"), problems)
    return found, [problem.code for problem in problems]


def kinds(text: str) -> str:
    """The tokens behind the version: their kinds, `;` for a line end."""
    found, codes = read(text)
    assert not codes
    return " ".join(";" if token.type == "_NL" else token.type for token in found.tokens[2:])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3", "NUMBER"),
        ("0.5 1e-4 1.5E+10 2e3", "NUMBER NUMBER NUMBER NUMBER"),
        ("1.", "NUMBER DOT"),
        (".5", "DOT NUMBER"),
        ("1..5", "NUMBER DOTDOT NUMBER"),
        ("a.b", "NAME DOT NAME"),
        ('"a" "b\\"c" "" "#"', "STRING STRING STRING STRING"),
        ("a -> - > => <= >= == != < =",
        "NAME ARROW SIGN COMPARE ASSIGN COMPARE COMPARE COMPARE COMPARE COMPARE COMPARE ASSIGN"),
        ("** * // / % + - | & , :", "POW STAR PRODUCT PRODUCT PRODUCT SIGN SIGN UNION BOTH COMMA COLON"),
        ("a-b a->b", "NAME SIGN NAME NAME ARROW NAME"),
        ("net block use let input output share expect", "NET BLOCK USE LET INPUT OUTPUT SHARE EXPECT"),
        ("in for if else and or not true false", "IN FOR IF ELSE AND OR NOT TRUE FALSE"),
        ("Net NET nets _net", "NAME NAME NAME NAME"),
        ("größe 卷積1 _a", "NAME NAME NAME"),
        ("a#b\nc # d", "NAME ; NAME"),
        ("3x1", "NUMBER X NUMBER"),
        ("3x 1", "NUMBER X NUMBER"),
        ("3x\n1", "NUMBER X ; NUMBER"),
        ("3x(1)", "NUMBER X LPAR NUMBER RPAR"),
        ("3 x\n4", "NUMBER X ; NUMBER"),
        ("a x", "NAME NAME"),
        ("a x + 1", "NAME NAME SIGN NUMBER"),
        ("a x b", "NAME X NAME"),
        ("a x _b", "NAME X NAME"),
        ("a x if b", "NAME NAME IF NAME"),
        ("a x else b", "NAME NAME ELSE NAME"),
        ("a x and b", "NAME NAME AND NAME"),
        ("a x or b", "NAME NAME OR NAME"),
        ("a x not b", "NAME NAME NOT NAME"),
        ("a x for b", "NAME NAME FOR NAME"),
        ("a x iffy", "NAME X NAME"),
        ("a x in", "NAME X IN"),
        ("(a) x 1", "LPAR NAME RPAR X NUMBER"),
        ("(a)x1", "LPAR NAME RPAR X NUMBER"),
        ("3 x1", "NUMBER X NUMBER"),
        ("a x1", "NAME NAME"),
        ("3 x1a", "NUMBER NAME"),
        ("[a] x 1", "LSQB NAME RSQB NAME NUMBER"),
        ('"a" x 1', "STRING NAME NUMBER"),
        ("in x 1", "IN NAME NUMBER"),
        ("x x x", "NAME X NAME"),
        ("sparse table c", "NAME TABLE NAME"),
        ("a = table", "NAME ASSIGN NAME"),
        ("table = 3", "NAME ASSIGN NUMBER"),
        ("let table = 3", "LET NAME ASSIGN NUMBER"),
        ("a b table", "NAME NAME NAME"),
        ("a\n\n# b\n  \nc\n", "NAME ; NAME"),
        ("(a\n\nb)", "LPAR NAME NAME RPAR"),
        ("[a\nb]", "LSQB NAME NAME RSQB"),
        ("a\n -> b", "NAME ARROW NAME"),
        ("a # c\n\n# d\n\n -> b", "NAME ARROW NAME"),
        ("a {\n\nb\n\n}\nc", "NAME LBRACE NAME RBRACE ; NAME"),
        ("a {b\nc}", "NAME LBRACE NAME ; NAME RBRACE"),
        ("f({a\nb})", "NAME LPAR LBRACE NAME ; NAME RBRACE RPAR"),
        ("sparse table c: 2 -> 2 { X . }", "NAME TABLE NAME COLON NUMBER ARROW NUMBER LBRACE ROW RBRACE"),
        ("a table c: 1 {\n# d\n X # e\n\n .\n}\nx", "NAME TABLE NAME COLON NUMBER LBRACE ROW ; ROW RBRACE ; NAME"),
        ("a table c: 1 = b { X }", "NAME TABLE NAME COLON NUMBER ASSIGN NAME LBRACE NAME RBRACE"),
        ("a table c: 1 { 0: 0 1 -> }", "NAME TABLE NAME COLON NUMBER LBRACE ROW RBRACE"),
        ("block b() { a table c: 1 { X }\n c }",
        "BLOCK NAME LPAR RPAR LBRACE NAME TABLE NAME COLON NUMBER LBRACE ROW RBRACE ; NAME RBRACE"),
    ],
)  # fmt: skip
def test_tokens(text: str, found: str) -> None:
    assert kinds(text) == found


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("3a", ["N004"]),
        ("3x", ["N004"]),
        ("3xa", ["N004"]),
        ("3e", ["N004"]),
        ("a $ b", ["N004"]),
        ("a $$$ b", ["N004"]),
        ("a $ $ b", ["N004", "N004"]),
        ("a ! b", ["N004"]),
        ("'a'", ["N004", "N004"]),
        ('"a', ["N004"]),
        ('"a\nlet b = "c"', ["N004"]),
        ('"a\\', ["N004"]),
        (r'"\q"', ["N004"]),
        (r'"\q \w \n"', ["N004", "N004"]),
        (r'"\ud800"', ["N004"]),
        (r'"\ud83d\ude00"', []),
        (r'"\udc00\ude00"', ["N004", "N004"]),
        (r'"\u12"', ["N004"]),
        ("a\u200bb", ["N003"]),
        ("\u200b", ["N003"]),
        ("\u200b\u200b\u200b", ["N003"]),
        ("a\u0000", ["N003"]),
        ("a\ufe0fb", ["N003"]),
        ("卷·", []),
        ("a → b", ["N004"]),
    ],
)
def test_what_is_no_token_is_reported_and_left_out(text: str, codes: list[str]) -> None:
    assert read(text)[1] == codes


def test_a_token_knows_its_place() -> None:
    found, _ = read('let größe = [3x1, "ä"]\n# c\nx')
    for token in found.tokens:
        if token.type not in ("_NL", "VERSION"):
            assert found.source.text[token.start_pos : token.end_pos] == str(token)
    (comment,) = found.comments
    assert comment.text == "# c"


def test_names_are_compared_in_nfc_and_keep_their_place() -> None:
    found, codes = read("e\u0301t \u00e9t")
    first, second = found.tokens[2:]
    assert not codes
    assert str(first) == str(second) == "\u00e9t"
    assert (first.start_pos, first.end_pos, second.start_pos) == (10, 13, 14)


def test_comments_above_the_version_are_kept_too() -> None:
    found = tokenize(Source("a.net", "# a\n\n # b\nnetspec 1 # c\n# d"), Problems())
    assert [comment.text for comment in found.comments] == ["# a", "# b", "# c", "# d"]
    assert [str(token) for token in found.tokens] == ["netspec 1"]


def test_names_have_a_longest_length() -> None:
    assert LONGEST_NAME == 255
    assert read("a" * 255)[1] == []
    assert read("a" * 256)[1] == ["N010"]
    names = [str(read("a" * count + last)[0].tokens[2]) for count, last in ((255, "b"), (255, "c"), (300, "b"))]
    assert len(set(names)) == 3  # long names that differ behind what is kept stay different
    assert all(len(name) < 60 for name in names)


@pytest.mark.parametrize(
    ("text", "read_on"), [("a b c", True), ("a b c d", False), ("a b # c", True), ("a b # c\n# d", False)]
)
def test_a_file_has_so_many_words_signs_and_comments(text: str, read_on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexer, "MOST_TOKENS", 5)  # the version, a line end, and three more
    found, codes = read(text)
    assert found.unreadable is not read_on
    assert codes == ([] if read_on else ["N011"])


def test_what_misleads_is_looked_for_in_comments_strings_and_pictures() -> None:
    for text in ("# \u202e", 'let a = "\u202e"', "a table c: 1 {\n X # \u202e\n}", "(a # \u202e\n)"):
        assert "N009" in read(text)[1], text


def test_one_misleading_character_a_comment_is_said() -> None:
    assert read("# \u202e \u202e\n# \u200f")[1] == ["N009", "N009"]


def test_reading_stops_where_brackets_are_too_deep() -> None:
    assert findings("netspec 1\nlet a = " + "[" * 100 + "]" * 100) == []
    assert findings("netspec 1\nlet a = " + "[" * 101 + "]" * 101 + "\nlet = 3") == ["N007 2:109"]
