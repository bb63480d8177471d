"""What is wrong, and where: sources, spans, problems, and faults that do not know their place yet."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from netspec.diagnostics.shortened import WORD, shortened


@dataclass(frozen=True, eq=False)
class Source:
    """The text of one file, with line ends already folded to ``\\n``.

    What may be anybody's file is not ``quoted``: places in it are named, and none of its lines is shown.
    """

    name: str
    text: str
    quoted: bool = True

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


#: So many findings are kept of one file; a file with more is not read on.
MOST_KEPT = 10_000


class TooMany(Exception):
    """One finding more than are kept: who reads the file stops here, and what was found stands."""


@dataclass(slots=True)
class Problems:
    """The findings of one run, collected in any order and read in the order of the file.

    Past ``most`` of them, unless that is None, ``add`` raises TooMany and ``cut`` is true.
    """

    most: int | None = MOST_KEPT
    cut: bool = False
    _all: dict[tuple[object, ...], Problem] = field(default_factory=dict)

    def error(
        self,
        code: str,
        span: Span | None,
        message: str,
        *,
        label: str = "",
        also: tuple[tuple[Span, str], ...] = (),
        help: str = "",
    ) -> None:
        """Add an error; the same finding at the same place is kept once."""
        self.add(Problem(code, "error", span, message, label, also, help))

    def warning(self, code: str, span: Span | None, message: str, *, label: str = "", help: str = "") -> None:
        """Add a warning: worth saying, nothing stops."""
        self.add(Problem(code, "warning", span, message, label, (), help))

    def add(self, problem: Problem) -> None:
        """Add a finished problem, its texts shortened. Raises TooMany where there are as many as are kept."""
        if problem.span is not None and max(len(problem.message), len(problem.label), len(problem.help)) > WORD:
            problem = replace(
                problem,
                message=shortened(problem.message),
                label=shortened(problem.label),
                help=shortened(problem.help),
            )
        key = _identity(problem)
        if key in self._all:
            return
        if self.most is not None and len(self._all) >= self.most:
            self.cut = True
            raise TooMany
        self._all[key] = problem

    def __iter__(self) -> Iterator[Problem]:
        return iter(sorted(self._all.values(), key=_order))

    def __len__(self) -> int:
        return len(self._all)

    @property
    def failed(self) -> bool:
        """Whether there is an error."""
        return any(problem.severity == "error" for problem in self._all.values())

    @property
    def errors(self) -> list[Problem]:
        """The errors, in the order of the file."""
        return [problem for problem in self if problem.severity == "error"]


def _identity(problem: Problem) -> tuple[object, ...]:
    span = problem.span
    return problem.code, span and (span.source.name, span.start, span.end), problem.message


def _order(problem: Problem) -> tuple[str, int, str]:
    span = problem.span
    return ("", -1, problem.code) if span is None else (span.source.name, span.start, problem.code)


class Fault(Exception):
    """A fact that is wrong, without a place; who knows the place turns it into a Problem.

    ``at`` names the argument at fault; ``span`` is the place, where it is known all the same. ``status`` is the exit
    status: 1, the input is at fault.
    """

    status = 1

    def __init__(
        self, code: str, message: str, *, at: str = "", label: str = "", help: str = "", span: Span | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.at, self.label, self.help, self.span = code, message, at, label, help, span

    @property
    def line(self) -> str:
        """What is wrong and the help, in one line."""
        return f"{self.message} ({self.help})" if self.help else self.message

    def problem(self, span: Span | None = None) -> Problem:
        """The same as a problem, at ``span``."""
        return Problem(self.code, "error", span or self.span, self.message, self.label, (), self.help)


class Trouble(Fault):
    """A fault of usage or environment (missing file, device, dependency, full disk): exit status 2."""

    status = 2


class SpecError(Exception):
    """A spec with errors; ``problems`` has them all, warnings too."""

    def __init__(self, problems: Problems) -> None:
        errors = problems.errors
        first = errors[0]
        place = f"{first.span.source.name}:{first.span.line}:{first.span.column}: " if first.span else ""
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{place}{first.code} {first.message}{more}")
        self.problems = problems
