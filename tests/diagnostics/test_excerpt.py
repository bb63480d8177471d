"""What a terminal shows of a line: as much as fits, the caret under its character, nothing raw that is not seen."""

from __future__ import annotations

import unicodedata

import pytest

from netspec.diagnostics import Problems, Source, Span, render


def shown(line: str, start: int, end: int, width: int = 120) -> tuple[str, str]:
    """The line as printed and the underline below it, without the gutter."""
    problems = Problems()
    problems.error("N101", Span(Source("a.net", line), start, end), "message")
    text, under = render(problems, width=width).splitlines()[3:5]
    return text.removeprefix("1 | "), under.removeprefix("  | ")


def columns(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


@pytest.mark.parametrize(("line", "at", "before"), [
    ("abc ?", 4, 4), ("卷積 ?", 3, 5), ("e\u0301e\u0301 ?", 5, 3), ("\t?", 1, 1),
    ("\x1b[31m?", 5, 8), ("\u202e?", 1, 6),
    ("ｘ ?", 2, 3), ("😀?", 1, 2), ("\u00a0?", 1, 1),
])  # fmt: skip
def test_the_caret_stands_under_its_character(line: str, at: int, before: int) -> None:
    text, under = shown(line, at, at + 1)
    assert under == " " * before + "^" and text.endswith("?")
    assert not {c for c in text if unicodedata.category(c) in ("Cc", "Cf")}


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("at", [0, 1, 30, 60, 100, 500, 998, 999])
@pytest.mark.parametrize("fill", ["a", "卷", "\u202e", "e\u0301"])
def test_a_long_line_is_cut_around_the_caret(fill: str, at: int, width: int) -> None:
    line = (fill * 1000)[:at] + "?" + (fill * 1000)[: 999 - at]
    text, under = shown(line, at, at + 1, width)
    assert columns(text) + 4 <= width and len(text) <= 2 * width + 2 and under.endswith("^")
    assert columns(text[: text.index("?")]) == len(under) - 1
    if at > 200:
        assert text.startswith("…")
    if at < 800:
        assert text.endswith("…")


def test_a_line_that_fits_is_shown_whole() -> None:
    assert shown("a" * 116, 100, 110)[0] == "a" * 116
    assert shown("a" * 117, 0, 1)[0].endswith("…")


def test_an_underline_ends_with_what_is_shown() -> None:
    text, under = shown("a" * 5000, 0, 5000, 80)
    assert len(text) <= 76 and len(under) <= len(text)
