"""What is wrong, and where: sources, spans, a problem, and faults that do not know their place yet."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from netspec.diagnostics.html import page_text


@dataclass(frozen=True, eq=False)
class Source:
    """The text of one file, with line ends already folded to ``\\n``.

    What may be anybody's file is not ``quoted``: places in it are named, and none of its lines is shown.
    """

    name: str
    text: str = field(repr=False)
    quoted: bool = True

    def _repr_html_(self) -> str:
        return page_text(self.text)

    @cached_property
    def _starts(self) -> array[int]:
        starts = array("q", [0])
        end = self.text.find("\n")
        while end >= 0:
            starts.append(end + 1)
            end = self.text.find("\n", end + 1)
        return starts

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1, columns in characters."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    @property
    def lines(self) -> int:
        """How many lines there are; the last one may be empty."""
        return len(self._starts)

    def start(self, number: int) -> int:
        """The offset at which a line begins, counted from 1."""
        return self._starts[number - 1]

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its end."""
        start = self._starts[number - 1]
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
        return self.text[start:end]


@dataclass(frozen=True, eq=False, slots=True)
class Span:
    """A stretch of a source: offsets, the end not included."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        """Line of the first character, from 1."""
        return self.source.place(self.start)[0]

    @property
    def column(self) -> int:
        """Column of the first character, from 1, in characters."""
        return self.source.place(self.start)[1]

    @property
    def text(self) -> str:
        """What the source says there."""
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of another of the same source."""
        return Span(self.source, self.start, other.end)


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: a code, a place, a headline that stands alone, a label for the place, and help to type."""

    code: str
    severity: str
    span: Span | None
    message: str
    label: str = ""
    also: tuple[tuple[Span, str], ...] = ()
    help: str = ""

    def _repr_html_(self) -> str:
        place = f"{self.span.source.name}:{self.span.line}:{self.span.column}: " if self.span else ""
        return page_text(f"{place}{self.severity}[{self.code}]: {self.message}{self.help and f' ({self.help})'}")


class Fault(Exception):
    """A fact that is wrong, without a place; who knows the place turns it into a Problem.

    ``at`` names the argument at fault; ``span`` is the place, where it is known all the same. One that stands for many
    has a line for ``each``. ``status`` is the exit status: 1, the input is at fault.
    """

    status = 1

    def __init__(
        self, code: str, message: str, *, at: str = "", label: str = "", help: str = "", span: Span | None = None,
        each: Sequence[str] = (),
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.code, self.message, self.at, self.label, self.help, self.span = code, message, at, label, help, span
        self.each = list(each) or [self.line]

    @property
    def line(self) -> str:
        """What is wrong and the help, in one line."""
        return f"{self.message} ({self.help.replace(chr(10), '; ')})" if self.help else self.message

    def _repr_html_(self) -> str:
        return self.problem()._repr_html_()

    def problem(self, span: Span | None = None) -> Problem:
        """The same as a problem, at ``span``."""
        return Problem(self.code, "error", span or self.span, self.message, self.label, (), self.help)


class Trouble(Fault):
    """A fault of usage or environment (missing file, device, dependency, full disk): exit status 2."""

    status = 2
