"""The findings of one run together, and the error that carries them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from netspec.diagnostics.html import page_text
from netspec.diagnostics.problem import Problem, Span
from netspec.diagnostics.render import render
from netspec.diagnostics.shortened import WORD, shortened

#: So many findings are kept of one file; a file with more is not read on.
MOST_KEPT = 10_000


class TooMany(Exception):
    """One finding more than are kept: who reads the file stops here, and what was found stands."""


@dataclass(slots=True, repr=False)
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

    def __repr__(self) -> str:
        return render(self) or "no problems"

    def _repr_html_(self) -> str:
        """For notebooks: what the command line prints."""
        return page_text(repr(self))

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


class SpecError(Exception):
    """A spec with errors; ``problems`` has them all, warnings too."""

    def __init__(self, problems: Problems) -> None:
        errors = problems.errors
        first = errors[0]
        place = f"{first.span.source.name}:{first.span.line}:{first.span.column}: " if first.span else ""
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{place}{first.code} {first.message}{more}")
        self.problems = problems

    def _repr_html_(self) -> str:
        return self.problems._repr_html_()

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: the mistakes are in the spec, not in the program."""
        return render(self.problems, colour=True).splitlines()
