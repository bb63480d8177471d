"""Places and edits as the protocol has them, whatever characters there are."""

from __future__ import annotations

import pytest
from lsprotocol.types import Position, Range

from netspec.diagnostics import Source
from netspec.lsp.positions import Places, edited

#: A text, an edit from a place to another, its new text, and what comes of it, in UTF-16.
EDITS = [
    ("ab\ncd", ((0, 1), (1, 1)), "X", "aXd"),
    ("ab\r\ncd\ref\n", ((2, 0), (2, 1)), "X", "ab\r\ncd\rXf\n"),
    ("ab\r\ncd", ((0, 9), (1, 0)), "-", "ab-cd"),  # behind the end of a line is its end
    ("a🙂b", ((0, 3), (0, 4)), "X", "a🙂X"),
    ("a🙂b", ((0, 2), (0, 3)), "X", "aXb"),  # from within a character: from before it
    ("a\x0cb\u2028c\x85d\x0be\n卷", ((0, 8), (0, 9)), "X", "a\x0cb\u2028c\x85d\x0bX\n卷"),  # none of these ends a line
    ("a\x0cb\u2028c\n卷", ((1, 0), (1, 1)), "X", "a\x0cb\u2028c\nX"),
    ("a", ((7, 7), (9, 9)), "X", "aX"),
    ("", ((0, 0), (0, 0)), "X", "X"),
    ("\ufeffab", ((0, 1), (0, 2)), "X", "\ufeffXb"),
    ("ab", ((0, 2), (0, 1)), "X", "abX"),  # backwards: nothing goes
]


@pytest.mark.parametrize(("text", "places", "new", "result"), EDITS)
def test_an_edit(text: str, places: tuple[tuple[int, int], tuple[int, int]], new: str, result: str) -> None:
    first, last = places
    assert edited(text, Range(Position(*first), Position(*last)), new, "utf-16") == result


@pytest.mark.parametrize(("encoding", "columns"), [("utf-8", [0, 1, 4, 8, 9]), ("utf-16", [0, 1, 2, 4, 5]),
                                                   ("utf-32", [0, 1, 2, 3, 4])])  # fmt: skip
def test_places_there_and_back(encoding: str, columns: list[int]) -> None:
    places = Places(Source("a", "\na卷🙂b\n"), encoding)
    assert [places.position(1 + at).character for at in range(5)] == columns
    assert [places.offset(Position(1, column)) for column in columns] == [1, 2, 3, 4, 5]
    assert places.offset(Position(1, 99)) == 5
    assert places.offset(Position(2, 0)) == 6
    assert places.offset(Position(99, 0)) == 6
    marked = Places(Source("a", "ab\nc"), encoding, marked=True)
    mark = 3 if encoding == "utf-8" else 1
    assert marked.position(1) == Position(0, 1 + mark)
    assert [marked.offset(Position(0, column)) for column in (0, mark, mark + 1)] == [0, 0, 1]
    assert marked.position(3) == Position(1, 0)
