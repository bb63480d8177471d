"""What is wrong with a document and with the files that it uses, as the editor shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lsprotocol.types import (
    Diagnostic,
    DiagnosticRelatedInformation,
    DiagnosticSeverity,
    DiagnosticTag,
    Location,
    Position,
    Range,
)

from netspec.diagnostics import Problem, Span
from netspec.lsp.locating import Locator
from netspec.lsp.snapshot import Snapshot

#: Findings of what nothing uses: editors show it pale.
_UNUSED = ("N312",)
_SEVERITY = {"error": DiagnosticSeverity.Error, "warning": DiagnosticSeverity.Warning}


@dataclass
class Found:
    """The findings of one document, and its version that was read; None where its file was."""

    version: int | None
    diagnostics: list[Diagnostic] = field(default_factory=list)


def findings(snapshot: Snapshot) -> dict[str, Found]:
    """The findings of a document and of what it uses, by URI; none is said of a document that was read, too."""
    mine = snapshot.document
    found = {mine.uri: Found(mine.version)}
    for real in snapshot.files:
        other = snapshot.around.unsaved.get(real)
        if other is not None and other.uri != mine.uri:
            found[other.uri] = Found(other.version)
    locate = Locator(snapshot)
    for problem in snapshot.problems:
        uri = mine.uri if problem.span is None else locate(problem.span).uri
        found.setdefault(uri, Found(None)).diagnostics.append(_diagnostic(problem, locate))
    return found


def diagnostics_of(snapshot: Snapshot, problem: Problem) -> list[Diagnostic]:
    """A finding of the document itself."""
    return [_diagnostic(problem, Locator(snapshot))]


def shown(span: Span) -> Span:
    """What is underlined of a stretch: its first line, as the command line does."""
    end = span.source.text.find("\n", span.start, span.end)
    return span if end < 0 else Span(span.source, span.start, max(end, span.start + 1))


def _diagnostic(problem: Problem, locate: Callable[[Span], Location]) -> Diagnostic:
    lines = [problem.message]
    lines += [problem.label] if problem.label and not problem.also else []
    lines += [f"help: {problem.help}"] if problem.help else []
    return Diagnostic(
        range=locate(shown(problem.span)).range if problem.span else Range(Position(0, 0), Position(0, 0)),
        message="\n".join(lines),
        severity=_SEVERITY[problem.severity],
        code=problem.code,
        source="netspec",
        tags=[DiagnosticTag.Unnecessary] if problem.code in _UNUSED else None,
        related_information=[DiagnosticRelatedInformation(locate(shown(span)), text) for span, text in problem.also]
        or None,
    )
