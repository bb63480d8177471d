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
from tests.elaborate.reading import read


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
    ("3", 3), ("0.5", 0.5), ("1e-4", 1e-4), ("64/2", 32), ("65/2", 32.5), ("9007199254740993 / 1", 9007199254740993),
    ("7 // 2", 3), ("-7 // 2", -4), ("7 % 3", 1),
    ("-7 % 3", 2), ("1 - 2 - 3", -4), ("64 / 4 / 2", 8), ("2 + 3 * 4", 14), ("(2 + 3) * 4", 20), ("2 ** 3 ** 2", 512),
    ("-2 ** 2", -4), ("2 ** -1", 0.5), ("- -3", 3), ("--3", 3), ("---3", -3), ("2 * -3", -6), ("4 ** 0.5", 2),
    ("true", True), ("not true", False), ("not not true", True), ("true or false and false", True),
    ("true and true", True), ("true and false", False), ("false and true", False), ("false or false", False),
    ("false or true", True), ("true and true and false", False), ("false or false or true", True),
    ("false and 1", False), ("true or 1", True), ("not 1 == 2", True), ("1 < 2", True), ("2 <= 2", True),
    ("2 < 2", False), ("2 > 2", False), ("2 >= 2", True), ("2 >= 3", False), ("1 != 2", True), ('"a" == "a"', True),
    ('"a" == "b"', False), ("true == true", True), ("true == false", False), ("1 == true", False),
    ("0 != false", True), ("[1, 2] == [1, 2]", True), ("[1, 2] == [2, 1]", False), ("[1] == [true]", False),
    ("[true] == [true]", True), ("[1, 2] != [1]", True), ("[[1], 2] == [[true], 2]", False),
    ('[["a"]] == [["a"]]', True), ("3 == 3.0", True), ('3 == "3"', False), ("(3x1) == (3x1)", True),
    ("[] == []", True), ("[1] == 1", False), ("0 ** 0", 1), ("0.5 ** -3", 8), ("0.5 ** -1023", 2.0**1023),
    ("2 ** -2000", 0), ("(-1) ** 3", -1), ("(-2) ** -1", -0.5), ("2 ** 0.5", 2**0.5), ("1 ** 1e300", 1),
    ("(-0.5) ** 2", 0.25), ("0 ** 5", 0), ("-7 % 2.5", 0.5), ("7 // 0.5", 14), ("(3x1)[0]", 3),
    ("3 if 1 == 1.0 else 4", 3), ("not 3 > 2", False), ("min(1, 2.5)", 1), ("round(0.49999999999999994)", 0),
    ("round(4503599627370497.5)", 4503599627370498), ("1 if true else 2", 1), ("1 if false else 2", 2),
    ("1 if false else 2 if false else 3", 3), ("1 if 2 > 1 else 1 / 0", 1), ("[1, 2, 3]", [1, 2, 3]),
    ("[1, 2, 3,]", [1, 2, 3]), ("[]", []), ("[4, 5, 6][0]", 4), ("[4, 5, 6][2]", 6), ("[[1, 2], [3]][0][1]", 2),
    ("0..3", [0, 1, 2, 3]), ("2..2", [2]), ("3..2", []), ("1 + 1..2 * 2", [2, 3, 4]), ("(1..3)[1]", 2),
    ("3x1", (3, 1)), ("3 x 1 x 2", (3, 1, 2)), ("(2 * 3) x 4", (6, 4)), ("0x3", (0, 3)), ("min(3, 1, 2)", 1),
    ("max(3, 1, 2)", 3), ("min([3, 1, 2])", 1), ("max(1..4)", 4), ("sum([1, 2, 3])", 6), ("sum(1..100)", 5050),
    ("sum([])", 0), ("len([1, 2])", 2), ("len([])", 0), ("len(0..99999)", 100000), ("abs(-3)", 3), ("abs(3)", 3),
    ("sqrt(16)", 4), ("sqrt(2)", math.sqrt(2)), ("log2(8)", 3), ("round(2.5)", 3), ("round(3.5)", 4),
    ("round(-2.5)", -2), ("round(2.4)", 2), ("floor(-1.5)", -2), ("ceil(-1.5)", -1), ("floor(1.5)", 1),
    ("ceil(1.5)", 2), (r'"a\n\"\\\t\u2028"', 'a\n"\\\t\u2028'), ("9223372036854775807", 2**63 - 1), ("2 ** 62", 2**62),
    ("1e15", 10**15),
]  # fmt: skip

WRONG = [
    ("[1, 2][2]", "!N105"), ("[1, 2][-1]", "!N105"), ("[1, 2][0.5]", "!N105"), ("[][0]", "!N105"), ("5[0]", "!N105"),
    ("1 / 0", "!N106"), ("1 // 0", "!N106"), ("1 % 0", "!N106"), ("0 ** -1", "!N106"), ("(-8) ** 0.5", "!N106"),
    ("sqrt(-1)", "!N106"), ("log2(0)", "!N106"), ("9223372036854775808", "!N106"), ("2 ** 63", "!N106"),
    ("9223372036854775807 + 1", "!N106"), ("1e999", "!N106"), ("2 ** 10 ** 10", "!N106"), ("9 ** 9 ** 9", "!N106"),
    ("0.5 ** -2000", "!N106"), ("(-0.5) ** -2001", "!N106"), ("1.5 ** 1e300", "!N106"), ("1e-320 ** -2", "!N106"),
    ("0 ** -0.5", "!N106"), ("(-8) ** 0.5", "!N106"), ("2 ** 64", "!N106"), ("(-2) ** 63", "!N106"),
    ("max([])", "!N107"), ("floor(1e300)", "!N106"), ("sum([9223372036854775807, 1])", "!N106"), ("log2(-1)", "!N106"),
    ("[1, 2][1e18]", "!N105"), ("(1..3)[0..1]", "!N105"), ('"a"[0]', "!N105"), ("1 < true", "!N105"),
    ("true > 1", "!N105"), ("1 or true", "!N105"), ("true and 1", "!N105"), ("2 x true", "!N105"),
    ("1..true", "!N105"), ("1e308 * 10", "!N106"), ("1e300 * 1e300", "!N106"), ("0..10 ** 12", "!N106"),
    ("0..100000", "!N106"), ("1..100001", "!N106"), ("0.5..2", "!N105"), ("1 + true", "!N105"), ('1 + "a"', "!N105"),
    ("-true", "!N105"), ("not 1", "!N105"), ("1 and true", "!N105"), ('"a" < "b"', "!N105"),
    ("1 if 2 else 3", "!N105"), ("min()", "!N107"), ("max()", "!N107"), ("min(a: 1)", "!N107"), ("len()", "!N107"),
    ("abs()", "!N107"), ("sqrt(1, 2)", "!N107"), ("len(3)", "!N105"), ("sum(true)", "!N105"), ("sin(1)", "!N107"),
    ("nothing", "!N101"), ("3.maps", "!N105"), ("2.5 x 3", "!N105"), ("1 == 1 == 1", "!N008"), ("1 +", "!N008"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), VALUES)
def test_values(text: str, wanted: Any) -> None:
    found = value(text)
    assert found == wanted
    assert type(found) is type(wanted) or (isinstance(wanted, tuple | list) and isinstance(found, type(wanted)))


@pytest.mark.parametrize(("text", "wanted"), WRONG)
def test_errors(text: str, wanted: str) -> None:
    assert value(text) == wanted


MESSAGES = [
    ("[1, 2][2]", "there is no item 2: items count 0 to 1", ""),
    ("[1, 2][-1]", "there is no item -1: items count 0 to 1", ""), ("5[0]", "only lists have items, not 5", ""),
    ("exp_(1)", "there is no function exp_", "functions: min, max, sum, len, abs, round, floor, ceil, sqrt, log2"),
    ("squrt(4)", "there is no function squrt", "did you mean `sqrt`?"),
    ("sqrt(1, 2)", "sqrt takes one value, and gets 2", ""), ("min()", "min takes at least one value, and gets 0", ""),
    ("sqrt(-1)", "sqrt of -1 is no number", ""), ("log2(0)", "log2 of 0 is no number", ""),
    ("len(3)", "len takes a list, not 3", ""), ("sum([1, true])", "sum takes numbers, not true", ""),
    ("min(a: 1)", "min takes no named arguments", ""), ('"a" < 1', '`<` compares numbers, not "a"', ""),
    ("1 / 0", "division by zero", ""), ("0 ** -1", "division by zero", ""),
    ("(-8) ** 0.5", "a root of a negative number is no number", ""), ("1e999", "this number is too large", ""),
    ("2 ** 63", "whole numbers must be below 2 ** 63", ""),
    ("0..100000", "a range of 100001 items is past the limit of 100,000", ""),
    ("0..10 ** 12", "a range of 1000000000001 items is past the limit of 100,000", ""),
    ("0.5..2", "the ends of a range must be whole numbers", ""),
    ("1 if 2 else 3", "a condition must be true or false, not 2", ""),
    ("1 + true", "this must be a number, not true", ""),
    ("2.5 x 3", "this must be a whole number of at least 0, not 2.5", ""), ("nothing", "nothing is named nothing", ""),
    ("3.maps", "only values and tables have sizes, not 3", ""),
    ("[1, 2] + 1", "this must be a number, not [1, 2]", ""),
    ("not (3x1)", "a condition must be true or false, not the size 3 x 1", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "help"), MESSAGES)
def test_messages_say_what_is_required_and_what_was_given(text: str, message: str, help: str) -> None:
    problem = read(f"let v = {text}").problems[0]
    assert (problem.message, problem.help) == (message, help)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1 + [2][7] * 3", "7"), ("1 + (2 / 0)", "2 / 0"), ('"a" < 1', '"a"'), ("1 < true", "true"),
        ("[1, nothing, 3]", "nothing"), ("min(1, 2 ** 99)", "2 ** 99"), ("3 x 2.5", "2.5"), ("5[0]", "5"),
        ("min(1, true)", "min(1, true)"), ("not 3", "3"), ("1 if 2 else 3", "2"), ("(1..3)[9]", "9"), ("3.maps", "3"),
        ("0..2.5", "0..2.5"),
    ],
)  # fmt: skip
def test_the_part_that_is_wrong_is_underlined(text: str, place: str) -> None:
    span = read(f"let v = {text}").problems[0].span
    assert span is not None
    assert span.text == place
