"""What is printed of others' text: the bytes that a terminal would obey never come out."""

from __future__ import annotations

import json

import numpy as np
import pytest

from netspec.diagnostics import printable, strict_json


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a cat", "a cat"), ("größe 卷積1 é", "größe 卷積1 é"), ("\x1b[31mred", "\\x1b[31mred"),
        ("a\x00b\x7f", "a\\x00b\\x7f"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"), ("\x9b31m", "\\x9b31m"), ("\u202eevil", "\\u202eevil"),
        ("a\u2028b", "a\\u2028b"), ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("\udc80", "\\udc80"), ("\U000e0041", "\\U000e0041"), ("\ufeffx", "\\ufeffx"), ("👩\u200d💻", "👩\u200d💻"),
        ("\u200b", "\\u200b"),
    ],
)  # fmt: skip
def test_hidden_characters_are_seen(text: str, seen: str) -> None:
    assert printable(text) == seen


def test_lines_may_be_kept() -> None:
    assert printable("a\nb\x1b", keep="\n") == "a\nb\\x1b"


@pytest.mark.parametrize(
    "text",
    ["plain", "größe", "\x1b[2J", "\x7f", "\x9b", "\u202e", "\u2028", "\ud800", "\U000e0041", '"\\', "👩\u200d💻"],
)
def test_json_reads_back_and_hides_nothing(text: str) -> None:
    told = strict_json({"a": [text], text: 1})
    assert json.loads(told) == {"a": [text], text: 1}
    assert printable(told) == told


def refuse(name: str) -> None:
    raise AssertionError(name)


def test_numbers_that_json_has_not_are_null() -> None:
    value = {
        "nan": float("nan"),
        "more": [float("inf"), (-float("inf"), 1.5)],
        "numpy": np.float32("nan"),
        "array": np.array([1, np.inf]),
        "int": np.int64(3),
    }
    told = json.loads(strict_json(value), parse_constant=refuse)
    assert told == {"nan": None, "more": [None, [None, 1.5]], "numpy": None, "array": [1.0, None], "int": 3}
    assert strict_json([1], indent=2) == "[\n  1\n]"
