"""Mistakes that people make often: where each is, what is said, and help that can be followed."""

from __future__ import annotations

import pytest

from netspec.diagnostics import Problem, Problems, Source
from netspec.language import parse

NET = "net A {{\n {}\n}}"
#: What is written; the place; the message; the help.
COMMON = [
    ("let k = .5", "2:9", "a number must have a digit before its point", "write `0.5`"),
    ("let k = [1, .25]", "2:13", "a number must have a digit before its point", "write `0.25`"),
    ("let k = 5.", "2:11", "a number must have a digit after its point", "write `5.0`, or `5`"),
    (
        "let for = 3",
        "2:5",
        "`for` is a word of the language and cannot name anything",
        "choose another name, such as `for_1`",
    ),
    (
        "block b(if) { relu }",
        "2:9",
        "`if` is a word of the language and cannot name anything",
        "choose another name, such as `if_1`",
    ),
    (NET.format("a = b ->"), "3:8", "nothing follows the arrow", "write a layer after `->`, or delete the arrow"),
    ("block b() { relu -> }", "2:18", "nothing follows the arrow", "write a layer after `->`, or delete the arrow"),
    (NET.format("a = -> b"), "3:6", "an arrow needs a value on its left", "begin with a value: `image -> …`"),
    (NET.format("a = b - > c"), "3:8", "an arrow is written `->`", "type `-` and `>` with no blank between them"),
    (NET.format("a = b => c"), "3:8", "an arrow is written `->`", "type `-` and `>` with no blank between them"),
    ("block b() { (relu) * 2 + 1 }", "2:24", "a count of several terms must stand in parentheses", "write `* (2 + 1)`"),
    (
        "block b() { (relu) * n - 1 -> relu }",
        "2:24",
        "a count of several terms must stand in parentheses",
        "write `* (n - 1)`",
    ),
    ("block b() { (relu) * 2 * 3 }", "2:24", "a count of several terms must stand in parentheses", "write `* (2 * 3)`"),
    (
        "block b() { (relu) * 2 // 3 }",
        "2:24",
        "a count of several terms must stand in parentheses",
        "write `* (2 // 3)`",
    ),
    ("block b() { relu * 3 }", "2:18", "what is repeated must stand in parentheses", "write `(…) * n`"),
    ("block b() { conv(3, 3) * 3 }", "2:24", "what is repeated must stand in parentheses", "write `(…) * n`"),
    ("block b() { in * 3 }", "2:16", "what is repeated must stand in parentheses", "write `(…) * n`"),
    (
        "block b() { relu for i in [1] }",
        "2:18",
        "`for` needs a pipeline in parentheses before it",
        "write `(…) for name in list`",
    ),
    (
        "block b() { relu if c else tanh }",
        "2:18",
        "a choice must stand in parentheses",
        "write `(… if condition else …)`",
    ),
    (
        "block b() { x -> (a) if b else c }",
        "2:22",
        "a choice must stand in parentheses",
        "write `(… if condition else …)`",
    ),
    ("block b() { conv(maps = 3) }", "2:23", "an argument is written with a colon, not `=`", "write `maps: 3`"),
    (NET.format("input x = 3"), "3:10", "a size is written with a colon, not `=`", "write `x: 3`"),
    ("train {\n batch = 3\n}", "3:8", "a setting is written with a colon, not `=`", "write `batch: 3`"),
    (NET.format("output y: x"), "3:10", "a value is bound with `=`, not `:`", "write `y = …`"),
    ("let k: 3", "2:6", "a value is bound with `=`, not `:`", "write `k = …`"),
    ("let k = 1 < 2 < 3", "2:15", "comparisons do not chain", "write `a < b and b < c`"),
    (
        NET.format("y = (a, b) -> concat"),
        "3:8",
        "several values stand in square brackets",
        "write `[a, b] -> …`",
    ),
    (NET.format("y = a, b -> add"), "3:7", "several values stand in square brackets", "write `[a, b] -> …`"),
    (NET.format("y = (x -> relu, a)"), "3:16", "several values stand in square brackets", "write `[…, a] -> …`"),
    (NET.format("output y = a + b"), "3:15", "values are joined by a layer", "write `[a, b] -> add`"),
    (NET.format("y = a - b -> relu"), "3:8", "values are joined by a layer", "write `[a, b] -> subtract`"),
    ("param k = 3", "2:7", "`param` begins no statement", "write `let k = …`"),
    (NET.format("tensor y = a"), "3:9", "`tensor` begins no statement", "write `y = …`"),
    ("blok b() { relu }", "2:6", "`blok` begins no statement", "did you mean `block b`?"),
    ("net A { tru b -> relu }", "2:13", "an `=` is missing", "write `tru = b -> …`"),
    ("net A { -> b }", "2:9", "an arrow needs a value on its left", "begin with a value: `image -> …`"),
    ("lte k = 3", "2:5", "`lte` begins no statement", "did you mean `let k`?"),
    ("net A { inptu x: 3 }", "2:15", "`inptu` begins no statement", "did you mean `input x`?"),
    ("net A { a b -> relu }", "2:11", "an `=` is missing", "write `a = b -> …`"),
    ("sparse tabel c: 2 -> 2", "2:8", "`tabel` cannot stand here", "did you mean `table`?"),
    (NET.format("sparse tabel c: 2 -> 2"), "3:9", "`tabel` cannot stand here", "did you mean `table`?"),
    ("use a.net", "2:5", "a path stands in double quotes", 'write `use "file.net"`'),
    ("block b() { relu } let k = 3", "2:20", "nothing can follow `}` on its line", "break the line before `let`"),
    ("let k = 3 let j = 4", "2:11", "a new statement must begin on a new line", "break the line before `let`"),
    ("net A { a = b c = d }", "2:15", "a new statement must begin on a new line", "break the line before `c`"),
    (
        "train {\n batch: 3 seed: 4\n}",
        "3:11",
        "a new statement must begin on a new line",
        "break the line before `seed`",
    ),
    ("block b()\n{ relu }", "2:10", "the body is missing", "open it on this line: `{`"),
    ("train\n{\n}", "2:6", "the body is missing", "open it on this line: `{`"),
    ("net A { x relu }", "2:11", "an arrow is missing before `relu`", "write `x -> relu`"),
    ("net A { [x] relu }", "2:13", "an arrow is missing before `relu`", "write `-> relu`"),
    ("net A { (x relu) }", "2:12", "an arrow is missing before `relu`", "write `x -> relu`"),
    ("train {\n schedule: warmup(3) cosine\n}", "3:22", "an arrow is missing before `cosine`", "write `-> cosine`"),
    ("data {\n prepare: invert mirror\n}", "3:18", "an arrow is missing before `mirror`", "write `invert -> mirror`"),
    ("data {\n augment: invert mirror\n}", "3:18", "an arrow is missing before `mirror`", "write `invert -> mirror`"),
    ("let k = max(1 2)", "2:15", "a comma is missing before `2`", "write `1, 2`"),
    ('let k = [1 "a"]', "2:12", 'a comma is missing before `"a"`', 'write `1, "a"`'),
    ("block b(p q) { }", "2:11", "a comma is missing before `q`", "write `p, q`"),
    ("block b() { [a b] -> add }", "2:16", "a comma is missing before `b`", "write `a, b`"),
    (
        NET.format("input x: 3 4"),
        "3:13",
        "only one value can stand here, and `4` is a second",
        "write an x between sizes: `3 x 4`",
    ),
    (NET.format("input x: 3 x"), "3:13", "nothing follows the `x` of a size", "write the size after it: `3 x 3`"),
    ("let k = 3 x", "2:11", "nothing follows the `x` of a size", "write the size after it: `3 x 3`"),
    (
        "let k = 3 4",
        "2:11",
        "only one value can stand here, and `4` is a second",
        "write an operator between them, `3 * 4`, or a list, `[3, 4]`",
    ),
    (
        "let k = 3 y",
        "2:11",
        "only one value can stand here, and `y` is a second",
        "write an operator between them, `3 * y`, or a list, `[3, y]`",
    ),
    ('let k = a "b"', "2:11", 'only one value can stand here, and `"b"` is a second', 'write a list: `[a, "b"]`'),
    (
        "let k = (3) 4",
        "2:13",
        "only one value can stand here, and `4` is a second",
        "delete it, or break the line before it",
    ),
    (
        "let k = 3 (4)",
        "2:11",
        "only one value can stand here, and `(` is a second",
        "delete it, or break the line before it",
    ),
    (
        "train {\n batch: 3 4\n}",
        "3:11",
        "only one value can stand here, and `4` is a second",
        "delete it, or break the line before it",
    ),
    (
        "train {\n loss: mse mae\n}",
        "3:12",
        "only one value can stand here, and `mae` is a second",
        "delete it, or break the line before it",
    ),
    (NET.format("train { batch: 3 }"), "3:15", "`train` belongs outside the net", "move it out of the braces"),
    (NET.format("data { batch: 3 }"), "3:14", "`data` belongs outside the net", "move it out of the braces"),
    ('net A { use "a" }', "2:9", "`use` belongs outside all braces", "move it out of them"),
    ("net A { net B { } }", "2:9", "`net` belongs outside all braces", "move it out of them"),
    ("input x: 3", "2:1", "`input` belongs in a net", "move it between the braces of `net Name { … }`"),
    ("output x = 3", "2:1", "`output` belongs in a net", "move it between the braces of `net Name { … }`"),
    ("expect a(b: 3)", "2:1", "`expect` belongs in a net", "move it between the braces of `net Name { … }`"),
    ("a = b -> c", "2:3", "`a` belongs in a net", "move it between the braces of `net Name { … }`"),
]
#: Where no mistake is known by name: what cannot stand there, and what could, where that is little.
OTHERS = [
    ("let k = a, b", "2:10", "`,` cannot stand here", "expected the end of the line"),
    ("let = 3", "2:5", "`=` cannot stand here", "expected a name"),
    ("let k 3", "2:7", "`3` cannot stand here", "expected `=`"),
    ("let k = a.5", "2:11", "`5` cannot stand here", "expected a name"),
    ("let k = (1 2)", "2:12", "`2` cannot stand here", "expected `)`"),
    ("let k = 1 +", "2:12", "the end of the file cannot stand here", "expected a number, a string, a name or `(`"),
    (
        "let k = 1 +\nlet j = 3",
        "2:12",
        "the end of the line cannot stand here",
        "expected a number, a string, a name or `(`",
    ),
    ("let k = a if b", "2:15", "the end of the file cannot stand here", "expected `else`"),
    ("net A", "2:6", "the end of the file cannot stand here", "expected `{` or `(`"),
    ("block b() { a = in = 3 }", "2:20", "`=` cannot stand here", "expected the end of the line or `->`"),
    ("net A { expect (3) }", "2:16", "`(` cannot stand here", "expected a name"),
    ("a table c 3", "2:11", "`3` cannot stand here", "expected `:`"),
    ("net A 3 { }", "2:7", "`3` cannot stand here", "expected `{` or `(`"),
    ("block b() { (a) for i [1] }", "2:23", "`[` cannot stand here", "expected `in`"),
    ("train { batch: }", "2:16", "`}` cannot stand here", "expected a number, a string, a name or `(`"),
    ("}\nlet k = 3,", "3:10", "`,` cannot stand here", "expected the end of the line"),
]


def last(text: str) -> Problem:
    problems = Problems(None)
    parse(Source("a.net", f"netspec 1\n{text}"), problems)
    return list(problems)[-1]


@pytest.mark.parametrize(("text", "place", "message", "help"), COMMON)
def test_a_common_mistake(text: str, place: str, message: str, help: str) -> None:
    problem = last(text)
    assert problem.code == "N008"
    assert problem.span is not None
    assert f"{problem.span.line}:{problem.span.column}" == place
    assert (problem.message, problem.label, problem.help) == (message, "", help)


@pytest.mark.parametrize(("text", "place", "message", "label"), OTHERS)
def test_any_other_mistake(text: str, place: str, message: str, label: str) -> None:
    problem = last(text)
    assert problem.code == "N008"
    assert problem.span is not None
    assert f"{problem.span.line}:{problem.span.column}" == place
    assert (problem.message, problem.label, problem.help) == (message, label, "")


def test_what_is_underlined() -> None:
    for text, covered in (
        (NET.format("a = b ->"), "->"),
        ("let k 345", "345"),
        ("let k = 1 +\n", "\n"),
        ("let = 3", "="),
    ):
        problem = last(text)
        assert problem.span is not None
        assert problem.span.text == covered


def test_a_bracket_far_back_is_not_looked_for() -> None:
    """A mistake behind thousands of words costs no more than one behind a few; only the advice is plainer."""
    near, far = (last(f"let k = [{'1, ' * count}1 2]") for count in (10, 5000))
    assert near.message == far.message == "a comma is missing before `2`"
