"""Problems as text: the full form of language.md section 7, one line each, or JSON."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.diagnostics.excerpt import excerpt
from netspec.diagnostics.printable import printable, strict_json
from netspec.diagnostics.problem import Problem, Span
from netspec.diagnostics.shortened import shortened

_COLOURS = {"error": "1;31", "warning": "1;33", "place": "1;34", "bold": "1", "help": "1;36"}


#: So many findings are told and the rest counted; columns of an excerpt where no terminal says how many.
MOST_TOLD, WIDTH = 50, 120


def render(
    problems: Iterable[Problem],
    form: str = "full",
    colour: bool = False,
    most: int | None = MOST_TOLD,
    width: int = WIDTH,
) -> str:
    """Problems in one of the forms ``full``, ``concise`` and ``json``; empty where there are none.

    No more than ``most`` are shown, errors before warnings, and the rest is counted: in a line at the end, or as JSON
    in the field ``more`` of the last.
    """
    shown, rest = _choose(list(problems), most)
    if form == "json":
        records = [_record(problem) for problem in shown]
        if rest:
            records[-1]["more"] = len(rest)
        return strict_json(records, indent=2)
    lines = [_concise(problem, colour) if form == "concise" else _full(problem, colour, width) for problem in shown]
    if rest:
        lines.append(_counted(rest, getattr(problems, "cut", False)))
    return ("\n" if form == "concise" else "\n\n").join(lines)


def _choose(problems: list[Problem], most: int | None) -> tuple[list[Problem], list[Problem]]:
    """Those that are shown, in the order of the file, and the rest."""
    if most is None or len(problems) <= most:
        return problems, []
    urgent = sorted(range(len(problems)), key=lambda i: (problems[i].severity != "error", i))
    chosen = set(urgent[:most])
    return [problems[i] for i in sorted(chosen)], [problems[i] for i in urgent[most:]]


def _counted(rest: list[Problem], cut: bool) -> str:
    errors = sum(problem.severity == "error" for problem in rest)
    parts = [
        f"{count:,} more {word}{'s' if count > 1 else ''}"
        for count, word in ((errors, "error"), (len(rest) - errors, "warning"))
        if count
    ]
    stopped = ", and with that many the file was not read to its end" if cut else ""
    return f"… and {' and '.join(parts)}{stopped} (`netspec check --all` lists all)"


def _record(problem: Problem) -> dict[str, object]:
    return {
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
        "label": problem.label,
        "help": problem.help,
        **_where(problem.span),
        "also": [{"label": label, **_where(span)} for span, label in problem.also],
    }


def _where(span: Span | None) -> dict[str, object]:
    if span is None:
        return {"file": None, "line": None, "column": None, "end_line": None, "end_column": None}
    end_line, end_column = span.source.place(span.end)
    return {
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        "end_line": end_line,
        "end_column": end_column,
    }


def _concise(problem: Problem, colour: bool) -> str:
    place = _place(problem.span) + ": " if problem.span else ""
    head = _paint(f"{problem.severity}[{problem.code}]", problem.severity, colour)
    return f"{place}{head}: {printable(problem.message)}"


def _place(span: Span) -> str:
    return f"{printable(span.source.name)}:{span.line}:{span.column}"


def _full(problem: Problem, colour: bool, width: int) -> str:
    head = _paint(f"{problem.severity}[{problem.code}]", problem.severity, colour)
    lines = [f"{head}{_paint(': ' + printable(problem.message), 'bold', colour)}"]
    digits = 1
    if problem.span is not None:
        marks = [(problem.span, "^", problem.label), *((span, "-", shortened(label)) for span, label in problem.also)]
        digits = max(len(str(span.line)) for span, _, _ in marks)
        lines += _excerpts(problem.span, marks, digits, problem.severity, colour, width)
    for row in problem.help.splitlines():
        lines.append(f"{' ' * (digits + 1)}= {_paint('help', 'help', colour)}: {printable(row)}")
    return "\n".join(lines)


def _excerpts(
    main: Span, marks: list[tuple[Span, str, str]], digits: int, severity: str, colour: bool, width: int
) -> Iterable[str]:
    bar = _paint("|", "place", colour)
    yield f"{' ' * digits}{_paint('-->', 'place', colour)} {_place(main)}"
    if main.source.quoted:
        yield f"{' ' * (digits + 1)}{bar}"
    own = [mark for mark in marks if mark[0].source is main.source and main.source.quoted]
    line, shown = 0, None
    for span, sign, label in sorted(own, key=lambda mark: (mark[0].line, mark[0].start)):
        begin = span.column - 1
        if span.line != line or shown is None or not shown.holds(begin):
            line, shown = span.line, excerpt(span.source.line(span.line), begin, max(width - digits - 3, 20))
            yield f"{_paint(str(line).rjust(digits), 'place', colour)} {bar} {shown.text}".rstrip()
        under = sign * max(shown.columns(begin, begin + span.end - span.start), 1)
        marked = _paint(f"{under} {printable(label)}".rstrip(), severity if sign == "^" else "place", colour)
        yield f"{' ' * (digits + 1)}{bar} {' ' * shown.columns(0, begin)}{marked}"
    for span, sign, label in marks:
        if span.source is not main.source or (sign == "-" and not main.source.quoted):
            yield f"{' ' * digits}{_paint(':::', 'place', colour)} {_place(span)}: {printable(label)}"


def _paint(text: str, style: str, colour: bool) -> str:
    return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if colour else text
