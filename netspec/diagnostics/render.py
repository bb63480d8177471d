"""Problems as text: the full form of language.md section 7, one line each, or JSON."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from netspec.diagnostics.printable import strict_json
from netspec.diagnostics.problem import Problem, Span

_COLOURS = {"error": "1;31", "warning": "1;33", "place": "1;34", "bold": "1", "help": "1;36"}


def render(problems: Iterable[Problem], form: str = "full", colour: bool = False) -> str:
    """All problems in one of the forms ``full``, ``concise`` and ``json``; empty where there are none."""
    if form == "json":
        return strict_json([_record(problem) for problem in problems], indent=2)
    one = _concise if form == "concise" else _full
    return ("\n" if form == "concise" else "\n\n").join(one(problem, colour) for problem in problems)


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
    return f"{place}{_paint(f'{problem.severity}[{problem.code}]', problem.severity, colour)}: {problem.message}"


def _place(span: Span) -> str:
    return f"{span.source.name}:{span.line}:{span.column}"


def _full(problem: Problem, colour: bool) -> str:
    head = _paint(f"{problem.severity}[{problem.code}]", problem.severity, colour)
    lines = [f"{head}{_paint(': ' + problem.message, 'bold', colour)}"]
    width = 1
    if problem.span is not None:
        marks = [(problem.span, "^", problem.label), *((span, "-", label) for span, label in problem.also)]
        width = max(len(str(span.line)) for span, _, _ in marks)
        lines += _excerpts(problem.span, marks, width, problem.severity, colour)
    for row in problem.help.splitlines():
        lines.append(f"{' ' * (width + 1)}= {_paint('help', 'help', colour)}: {row}")
    return "\n".join(lines)


def _excerpts(
    main: Span, marks: list[tuple[Span, str, str]], width: int, severity: str, colour: bool
) -> Iterable[str]:
    bar = _paint("|", "place", colour)
    yield f"{' ' * width}{_paint('-->', 'place', colour)} {_place(main)}"
    yield f"{' ' * (width + 1)}{bar}"
    here = [mark for mark in marks if mark[0].source is main.source]
    shown = 0
    for span, sign, label in sorted(here, key=lambda mark: (mark[0].line, mark[0].start)):
        text = span.source.line(span.line).expandtabs(1)
        if span.line != shown:
            yield f"{_paint(str(span.line).rjust(width), 'place', colour)} {bar} {text}".rstrip()
        shown = span.line
        yield _underline(span, text, sign, label, width, severity if sign == "^" else "place", colour)
    for span, _, label in marks:
        if span.source is not main.source:
            yield f"{' ' * width}{_paint(':::', 'place', colour)} {_place(span)}: {label}"


def _underline(span: Span, text: str, sign: str, label: str, width: int, style: str, colour: bool) -> str:
    begin = span.column - 1
    length = min(span.end - span.start, max(len(text) - begin, 1))
    under = sign * max(_columns(text[begin : begin + length]), 1)
    told = _paint(f"{under} {label}".rstrip(), style, colour)
    return f"{' ' * (width + 1)}{_paint('|', 'place', colour)} {' ' * _columns(text[:begin])}{told}"


def _columns(text: str) -> int:
    """How many terminal columns a text takes: wide characters two, combining ones none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def _paint(text: str, style: str, colour: bool) -> str:
    return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if colour else text
