"""A line of a source as a terminal shows it: cut to a width around a place, hidden characters written out.

Underlines count columns, not characters.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from netspec.diagnostics.printable import printable


class Excerpt(NamedTuple):
    """The stretch of a line that is shown: its first character, each one's text and columns, and what is cut off."""

    first: int
    cells: list[tuple[str, int]]
    before: bool
    behind: bool

    @property
    def text(self) -> str:
        """What is printed."""
        return ("…" if self.before else "") + "".join(shown for shown, _ in self.cells) + ("…" if self.behind else "")

    def holds(self, at: int) -> bool:
        """Whether a character of the line is shown, or the place behind the last."""
        return self.first <= at <= self.first + len(self.cells) - (1 if self.behind else 0)

    def columns(self, start: int, end: int) -> int:
        """How many columns stand between two characters of the line, as far as they are shown."""
        low, high = max(start - self.first, 0), max(end - self.first, 0)
        return sum(columns for _, columns in self.cells[low:high]) + (1 if self.before and start < self.first else 0)


def excerpt(line: str, at: int, width: int) -> Excerpt:
    """The line, or as much of it around the character ``at`` as fits into ``width`` columns."""
    start = max(at - 2 * width, 0)
    cells = [_cell(c) for c in line[start : at + 2 * width]]
    place = at - start
    if start == 0 and len(line) <= at + 2 * width and sum(columns for _, columns in cells) <= width:
        return Excerpt(0, cells, False, False)
    first = _back(cells, place, width * 2 // 3)
    if first or start:
        first = _back(cells, place, width // 3)
    room, last = width - 2, first
    while last < len(cells) and last - first < 2 * width and room >= cells[last][1]:
        room -= cells[last][1]
        last += 1
    return Excerpt(start + first, cells[first:last], start + first > 0, start + last < len(line))


def _back(cells: list[tuple[str, int]], place: int, room: int) -> int:
    """The first cell from which it is no more than ``room`` columns to ``place``."""
    first = min(place, len(cells))
    while first > 0 and room >= cells[first - 1][1] and place - first < 2 * room + 2:
        first -= 1
        room -= cells[first][1]
    return first


def _cell(c: str) -> tuple[str, int]:
    """How a character is shown, and in how many columns: wide ones two, combining ones none."""
    if " " <= c <= "~":
        return c, 1
    if c == "\t":
        return " ", 1
    shown = printable(c)
    if shown != c:
        return shown, len(shown)
    if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me", "Cf"):
        return c, 0
    return c, 2 if unicodedata.east_asian_width(c) in "WF" else 1
