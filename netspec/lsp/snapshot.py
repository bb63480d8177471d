"""One version of a document, analysed: all that answers are worked out from, and nothing that changes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from time import thread_time
from typing import Any

from netspec.diagnostics import Fault, Problems, Source, Span, TooMany
from netspec.elaborate import Elaborated, Trace, elaborate, source_of
from netspec.language import syntax as s
from netspec.language.lexer import Tokens, tokenize
from netspec.language.parser import parse_tokens
from netspec.lsp.documents import Document
from netspec.lsp.library import Shelf
from netspec.lsp.names import Names
from netspec.lsp.parameters import for_net, read_parameters
from netspec.lsp.positions import BOM, Places
from netspec.report.receptive import Field, fields


@dataclass(frozen=True)
class Surroundings:
    """What an analysis depends on besides the document.

    ``unsaved`` are the documents that are open, by the real paths of their files; ``parameters`` and ``root`` are the
    editor's settings; ``snippets`` is whether what it inserts may have places to go on at.
    """

    unsaved: Mapping[str, Document] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    root: Path | None = None
    encoding: str = "utf-16"
    snippets: bool = False


@dataclass(frozen=True)
class Snapshot:
    """A document, its tokens and syntax, what is wrong with it, what it means and what was found where.

    ``seconds`` of processor are what that took: what is asked may need more analyses, where they are quick.
    """

    document: Document
    around: Surroundings
    found: Tokens
    file: s.File
    problems: Problems
    meaning: Elaborated | None
    trace: Trace
    parameters: Mapping[str, Any]
    seconds: float = 0.0

    @property
    def source(self) -> Source:
        """The text, line ends folded."""
        return self.found.source

    @cached_property
    def places(self) -> Places:
        """The places of the text as the editor counts them."""
        return Places(self.source, self.around.encoding, self.document.text.startswith(BOM))

    @cached_property
    def shelf(self) -> Shelf:
        """The files that it uses, by their names."""
        unsaved = {real: other.text for real, other in self.around.unsaved.items()}
        return Shelf(self.document.path, self.around.root, unsaved)

    @cached_property
    def names(self) -> Names:
        """What is named in it, and where each name is meant."""
        return self.shelf.resolve(self.file)

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """What each value sees of the input; empty where the net has none."""
        graph = self.trace.graph
        return fields(graph) if graph is not None and graph.inputs else {}

    @cached_property
    def files(self) -> frozenset[str]:
        """The real paths of the files that it uses, class names among them."""
        return frozenset(map(os.path.realpath, self.meaning.files)) if self.meaning else frozenset()

    @property
    def uses_files(self) -> bool:
        """Whether it would be another if some file were."""
        uses = any(isinstance(item, s.Use) for item in self.file.items)
        return uses or bool(self.files) or any(problem.code == "N603" for problem in self.problems)

    def open_at(self, name: str) -> Document | None:
        """The open document whose file a source is named after."""
        return self.around.unsaved.get(os.path.realpath(name))


def analysed(document: Document, around: Surroundings, trace: Trace | None = None) -> Snapshot:
    """All that is known of a version of a document. Raises nothing for what a text may be."""
    started, problems, trace = thread_time(), Problems(), trace or Trace()
    name = str(document.path or document.uri)
    try:
        source = source_of(document.text, name)
    except Fault as fault:
        problems.add(fault.problem())
        found = Tokens(Source(name, ""))
        return Snapshot(document, around, found, s.File(_nothing(found), ()), problems, None, trace, {})
    found, file = _parsed(source, problems)
    said = read_parameters(found.comments, problems)
    parameters = for_net(file, said, around.parameters)
    unsaved = {real: other.text for real, other in around.unsaved.items()}
    meaning = elaborate(file, problems, parameters, document.path, around.root, unsaved=unsaved, trace=trace)
    return Snapshot(document, around, found, file, problems, meaning, trace, parameters, thread_time() - started)


def _parsed(source: Source, problems: Problems) -> tuple[Tokens, s.File]:
    found = Tokens(source)
    try:
        found = tokenize(source, problems)
        return found, parse_tokens(found, problems)
    except TooMany:
        return found, s.File(_nothing(found), ())


def _nothing(found: Tokens) -> Span:
    return Span(found.source, 0, 0)
