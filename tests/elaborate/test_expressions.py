"""Expressions, from language.md section 2: a text and its value, or the code of its error."""

from __future__ import annotations

import math
from typing import Any

import pytest

from netspec.diagnostics import Problems, Source
from netspec.elaborate.expressions import evaluate
from netspec.elaborate.scope import Failed, Scope
from netspec.language import parse
from netspec.language import syntax as s


def value(text: str) -> Any:
    """What `let v = text` gives: a value, or the codes of what is wrong with it."""
    problems = Problems()
    file = parse(Source("a.net", f"netspec 1\nlet v = {text}\n"), problems)
    if not problems.errors:
        item = file.items[0]
        assert isinstance(item, s.Let)
        try:
            return evaluate(item.value, Scope(problems))
        except Failed:
            pass
    return "!" + " ".join(problem.code for problem in problems.errors)


VALUES: list[tuple[str, Any]] = [
    ("3", 3), ("0.5", 0.5), ("1e-4", 1e-4), ("64/2", 32), ("65/2", 32.5), ("7 // 2", 3), ("-7 // 2", -4), ("7 % 3", 1), ("-7 % 3", 2),
    ("1 - 2 - 3", -4), ("64 / 4 / 2", 8), ("2 + 3 * 4", 14), ("(2 + 3) * 4", 20), ("2 ** 3 ** 2", 512), ("-2 ** 2", -4), ("2 ** -1", 0.5),
    ("- -3", 3), ("--3", 3), ("---3", -3), ("2 * -3", -6), ("4 ** 0.5", 2),
    ("true", True), ("not true", False), ("not not true", True), ("true or false and false", True), ("not 1 == 2", True),
    ("1 < 2", True), ("2 <= 2", True), ("2 < 2", False), ("2 > 2", False), ("2 >= 2", True), ("2 >= 3", False), ("1 != 2", True),
    ('"a" == "a"', True), ('"a" == "b"', False), ("true == true", True), ("true == false", False), ("1 == true", False), ("0 != false", True),
    ("[1, 2] == [1, 2]", True), ("[1, 2] == [2, 1]", False),
    ("1 if true else 2", 1), ("1 if false else 2", 2), ("1 if false else 2 if false else 3", 3), ("1 if 2 > 1 else 1 / 0", 1),
    ("[1, 2, 3]", [1, 2, 3]), ("[1, 2, 3,]", [1, 2, 3]), ("[]", []), ("[4, 5, 6][0]", 4), ("[4, 5, 6][2]", 6), ("[[1, 2], [3]][0][1]", 2),
    ("0..3", [0, 1, 2, 3]), ("2..2", [2]), ("3..2", []), ("1 + 1..2 * 2", [2, 3, 4]), ("(1..3)[1]", 2),
    ("3x1", (3, 1)), ("3 x 1 x 2", (3, 1, 2)), ("(2 * 3) x 4", (6, 4)), ("0x3", (0, 3)),
    ("min(3, 1, 2)", 1), ("max(3, 1, 2)", 3), ("min([3, 1, 2])", 1), ("max(1..4)", 4), ("sum([1, 2, 3])", 6), ("sum(1..100)", 5050), ("sum([])", 0),
    ("len([1, 2])", 2), ("len([])", 0), ("abs(-3)", 3), ("abs(3)", 3), ("sqrt(16)", 4), ("sqrt(2)", math.sqrt(2)), ("log2(8)", 3),
    ("round(2.5)", 3), ("round(3.5)", 4), ("round(-2.5)", -2), ("round(2.4)", 2), ("floor(-1.5)", -2), ("ceil(-1.5)", -1), ("floor(1.5)", 1), ("ceil(1.5)", 2),
    (r'"a\n\"\\\t\u2028"', 'a\n"\\\t\u2028'),
    ("9223372036854775807", 2**63 - 1), ("2 ** 62", 2**62), ("1e15", 10**15),
]  # fmt: skip

WRONG = [
    ("[1, 2][2]", "!N105"), ("[1, 2][-1]", "!N105"), ("[1, 2][0.5]", "!N105"), ("[][0]", "!N105"), ("5[0]", "!N105"), ("1 / 0", "!N106"), ("1 // 0", "!N106"),
    ("1 % 0", "!N106"), ("0 ** -1", "!N106"), ("(-8) ** 0.5", "!N106"), ("sqrt(-1)", "!N106"), ("log2(0)", "!N106"),
    ("9223372036854775808", "!N106"), ("2 ** 63", "!N106"), ("9223372036854775807 + 1", "!N106"), ("1e999", "!N106"), ("2 ** 10 ** 10", "!N106"),
    ("9 ** 9 ** 9", "!N106"), ("1e300 * 1e300", "!N106"), ("0..10 ** 12", "!N106"), ("0.5..2", "!N105"),
    ("1 + true", "!N105"), ('1 + "a"', "!N105"), ("-true", "!N105"), ("not 1", "!N105"), ("1 and true", "!N105"), ('"a" < "b"', "!N105"), ("1 if 2 else 3", "!N105"),
    ("min()", "!N107"), ("sqrt(1, 2)", "!N107"), ("len(3)", "!N105"), ("sum(true)", "!N105"), ("sin(1)", "!N107"), ("nothing", "!N101"), ("3.maps", "!N105"),
    ("2.5 x 3", "!N105"), ("1 == 1 == 1", "!N008"), ("1 +", "!N008"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), VALUES)
def test_values(text: str, wanted: Any) -> None:
    found = value(text)
    assert found == wanted
    assert type(found) is type(wanted) or (isinstance(wanted, tuple | list) and isinstance(found, type(wanted)))


@pytest.mark.parametrize(("text", "wanted"), WRONG)
def test_errors(text: str, wanted: str) -> None:
    assert value(text) == wanted
