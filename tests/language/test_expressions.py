"""Expressions as section 2 of the contract has them: what binds tighter, from which side, and what `x` is."""

from __future__ import annotations

import pytest

from tests.language.written import expression, findings

LOOSEST_FIRST = [
    ("a if c else b", "(if c a b)"),
    ("a if c else b if d else e", "(if c a (if d b e))"),
    ("1..n if c else 2..n", "(if c (.. 1 n) (.. 2 n))"),
    ("1..n + 2", "(.. 1 (+ n 2))"),
    ("a or b..c or d", "(.. (or a b) (or c d))"),
    ("a or b and c", "(or a (and b c))"),
    ("a and b or c and d", "(or (and a b) (and c d))"),
    ("not a and b", "(and (not a) b)"),
    ("not a == b", "(not (== a b))"),
    ("not not a", "(not (not a))"),
    ("not not not a", "(not a)"),
    ("a + 1 < b", "(< (+ a 1) b)"),
    ("1 - 2 - 3", "(- (- 1 2) 3)"),
    ("1 - 2 + 3", "(+ (- 1 2) 3)"),
    ("1 + 2 * 3", "(+ 1 (* 2 3))"),
    ("7 // 2 % 2 / 5 * 3", "(* (/ (% (// 7 2) 2) 5) 3)"),
    ("-2 * 3", "(* (- 2) 3)"),
    ("-2 ** 2", "(- (** 2 2))"),
    ("2 ** -3", "(** 2 (- 3))"),
    ("2 ** 3 ** 4", "(** 2 (** 3 4))"),
    ("2 ** 3 x 4", "(** 2 (x 3 4))"),
    ("a x b ** 2", "(** (x a b) 2)"),
    ("a.b x c[0]", "(x (. a b) (at c 0))"),
    ("f(a) x 3", "(x f(a) 3)"),
    ("a.b.c", "(. (. a b) c)"),
    ("a[0][1].b", "(. (at (at a 0) 1) b)"),
    ("[1, 2][0]", "(at [1 2] 0)"),
]
FORMS = [
    ("3", "3"),
    ("0.5", "0.5"),
    ("1e-4", "1e-4"),
    ("1.5E+3", "1.5E+3"),
    ("true", "true"),
    ("false", "false"),
    ('"a b"', '"a b"'),
    (r'"\"\\\n\tA\/"', '""\\\n\tA/"'),
    (r'"\ud83d\ude00"', '"\U0001f600"'),
    ('"# no comment"', '"# no comment"'),
    ("[]", "[]"),
    ("[1,]", "[1]"),
    ("[[0, 1], [2]]", "[[0 1] [2]]"),
    ("in.maps", "(. in maps)"),
    ("in[0].maps", "(. (at in 0) maps)"),
    ("max(a, b,)", "max(a, b)"),
    ("now()", "now()"),
    ("gaussian(σ: 0.1)", "gaussian(σ: 0.1)"),
    ("f(1, a: 2 x 3)", "f(1, a: (x 2 3))"),
    ("((3))", "3"),
    ("0..5", "(.. 0 5)"),
    ("0 .. 5", "(.. 0 5)"),
    ("0.5..1.5", "(.. 0.5 1.5)"),
]
#: Signs are counted: an even number of minuses is a plus.
SIGNS = [
    ("-3", "(- 3)"),
    ("+3", "(+ 3)"),
    ("- -3", "(+ 3)"),
    ("--3", "(+ 3)"),
    ("---3", "(- 3)"),
    ("-+3", "(- 3)"),
    ("+-+3", "(- 3)"),
    ("1--3", "(- 1 (- 3))"),
    ("1 - - -3", "(- 1 (+ 3))"),
]
#: `x` makes a size between two of a number, a name or a parenthesis; anywhere else it is a name.
SIZES = [
    ("3x1", "(x 3 1)"),
    ("3 x1", "(x 3 1)"),
    ("3x 1", "(x 3 1)"),
    ("0x3", "(x 0 3)"),
    ("3 x H x W", "(x 3 H W)"),
    ("(2 * k) x k", "(x (* 2 k) k)"),
    ("k x (2 * k)", "(x k (* 2 k))"),
    ("(a)x3", "(x a 3)"),
    ("3x(a)", "(x 3 a)"),
    ("3x1x2", "(x 3 1 2)"),
    ("HxW", "HxW"),
    ("x", "x"),
    ("x x x", "(x x x)"),
    ("3 x x x 2", "(x 3 x 2)"),
    ("x + 1", "(+ x 1)"),
    ("x.maps", "(. x maps)"),
    ("x[0]", "(at x 0)"),
    ("x1", "x1"),
    ("a if x else b", "(if x a b)"),
    ("[x, x]", "[x x]"),
    ("max(x)", "max(x)"),
    ("not x", "(not x)"),
    ("3 x\n", None),
    ("3 x # 4", None),
    ("3 x + 4", None),
    ("a x if c else b", None),
    ("a x3", None),
    ("3xa", None),
    ("3 x -1", None),
]


@pytest.mark.parametrize(("text", "tree"), LOOSEST_FIRST + FORMS + SIGNS)
def test_an_expression(text: str, tree: str) -> None:
    assert expression(text) == tree


@pytest.mark.parametrize(("text", "tree"), SIZES)
def test_a_size(text: str, tree: str | None) -> None:
    if tree is None:
        assert findings(f"netspec 1\nlet k = {text}\n")
    else:
        assert expression(text) == tree


@pytest.mark.parametrize(
    "text",
    ["a < b < c", "1..2..3", "1 +", "* 2", "a b", "3 4", "f(a: 1, b", "[1 2]", "a.1", "1.", ".5", "()", "a[]", "f(,)"],
)
def test_what_is_no_expression(text: str) -> None:
    assert findings(f"netspec 1\nlet k = {text}\n")
