"""Places as editors count them, a line and units of UTF-16 unless something else was agreed on, to offsets and back."""

from __future__ import annotations

import re
from collections.abc import Callable

from lsprotocol.types import Position, PositionEncodingKind, Range

from netspec.diagnostics import Source, Span

_LINE_END = re.compile("\r\n|\n|\r")
BOM = "\ufeff"


def _in_utf16(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _in_utf8(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


_UNITS: dict[str, Callable[[str], int]] = {
    PositionEncodingKind.Utf8.value: _in_utf8,
    PositionEncodingKind.Utf16.value: _in_utf16,
    PositionEncodingKind.Utf32.value: len,
}


def units_of(encoding: str) -> Callable[[str], int]:
    """How long a text is in the units of an encoding of positions."""
    return _UNITS.get(encoding, _in_utf16)


class Places:
    """The places of a text as the editor has it, and of its source, whose line ends are folded and which has no mark.

    Lines are the same in both; only on the first one a byte order mark moves the columns.
    """

    def __init__(self, source: Source, encoding: str, marked: bool = False) -> None:
        self.source, self._units = source, units_of(encoding)
        self._mark = self._units(BOM) if marked else 0
        self._plain = self._units is len or source.text.isascii()
        self._last = (0, 0, 0)  # a line, how many of its characters were counted, and their units

    def position(self, offset: int) -> Position:
        """The place of an offset of the source."""
        line, column = self.source.place(min(max(offset, 0), len(self.source.text)))
        return Position(line - 1, self._before(line, column - 1) + (self._mark if line == 1 else 0))

    def _before(self, line: int, count: int) -> int:
        """The units of so many characters of a line, counted on from those that were asked for before."""
        if self._plain:
            return count
        known, counted, units = self._last
        if known != line or counted > count:
            counted = units = 0
        start = self.source.start(line)
        units += self._units(self.source.text[start + counted : start + count])
        self._last = line, count, units
        return units

    def range(self, span: Span) -> Range:
        """The place of a stretch of the source."""
        return Range(self.position(span.start), self.position(span.end))

    def units(self, text: str) -> int:
        """How long a piece of a line is."""
        return self._units(text)

    def offset(self, place: Position) -> int:
        """The offset of a place; behind the end of a line or of the text it is that end."""
        if place.line >= self.source.lines:
            return len(self.source.text)
        start = self.source.start(place.line + 1)
        text = self.source.line(place.line + 1)
        return start + within(text, place.character - (self._mark if place.line == 0 else 0), self._units)


def within(line: str, character: int, units: Callable[[str], int]) -> int:
    """How many characters of a line so many units are; a place inside a character is that before it."""
    if character <= 0:
        return 0
    if line.isascii() or units is len:
        return min(character, len(line))
    at = 0
    for index, c in enumerate(line):
        at += units(c)
        if at > character:
            return index
    return len(line)


def edited(text: str, change: Range, new: str, encoding: str) -> str:
    """A text with a stretch of it replaced, lines counted as the protocol does."""
    units = units_of(encoding)
    starts = [0, *(end.end() for end in _LINE_END.finditer(text))]

    def offset(place: Position) -> int:
        if place.line >= len(starts):
            return len(text)
        start = starts[place.line]
        end = _LINE_END.search(text, start)
        return start + within(text[start : end.start() if end else len(text)], place.character, units)

    first, last = offset(change.start), offset(change.end)
    return text[:first] + new + text[max(first, last) :]
