"""Names of classes: one a line, each once, and nothing hidden in them (language.md sections 6 and 7)."""

from __future__ import annotations

import pytest

from netspec.elaborate.labels import hidden_in, read_labels


@pytest.mark.parametrize(
    ("text", "labels", "wrong"),
    [
        ("cat\ndog\n", ["cat", "dog"], []), ("cat\ndog", ["cat", "dog"], []),
        (" cat \n\tdog\n\n\n", ["cat", "dog"], []), ("a b\nc", ["a b", "c"], []), ("", [], [(1, "there is no class")]),
        ("\n \n", [], [(1, "there is no class")]),
        ("cat\n\ndog", ["cat", "", "dog"], [(2, "the line is empty where a class is expected")]),
        ("cat\ndog\ncat\n", ["cat", "dog", "cat"], [(3, "the class stands on line 1 already")]),
        ("a\x07b", ["a\x07b"], [(1, "the name of a class has the control character U+0007 in it")]),
        ("\n\na", [
            "", "", "a",
        ], [(1, "the line is empty where a class is expected"), (2, "the line is empty where a class is expected")]),
    ],
)  # fmt: skip
def test_lines(text: str, labels: list[str], wrong: list[tuple[int, str]]) -> None:
    assert read_labels(text) == (labels, wrong)


@pytest.mark.parametrize(
    ("count", "last"),
    [(10, "the class stands on line 1 already"), (11, "and 1 faults more"), (25, "and 15 faults more")],
)
def test_of_many_faults_ten_are_told(count: int, last: str) -> None:
    _, wrong = read_labels("a\n" * (count + 1))
    assert len(wrong) == min(count, 11)
    assert wrong[-1] == (min(count, 11) + 1, last)


@pytest.mark.slow
def test_a_million_classes_at_most() -> None:
    assert read_labels("\n".join(map(str, range(1_000_000))))[1] == []
    assert read_labels("\n".join(map(str, range(1_000_001)))) == (
        [],
        [(1_000_001, "1,000,001 classes are past the limit of 1,000,000")],
    )


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("cat", ""), ("貓 é", ""), ("a\x00", "the control character U+0000"), ("a\x7f", "the control character U+007F"),
        ("\u2028", "the control character U+2028"), ("a\u202e\x00", "the direction character U+202E"),
        ("\u2066", "the direction character U+2066"), ("\u061c", "the direction character U+061C"), ("\u200b", ""),
    ],
)  # fmt: skip
def test_what_is_hidden_in_a_name(name: str, wanted: str) -> None:
    assert hidden_in(name) == wanted
