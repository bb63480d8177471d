"""The outline of a file, and what can be folded in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lark import Token
from lsprotocol.types import (
    DocumentSymbol,
    DocumentSymbolParams,
    FoldingRange,
    FoldingRangeKind,
    FoldingRangeParams,
    SymbolKind,
)

from netspec.diagnostics import Span
from netspec.language import syntax as s
from netspec.language.brackets import OPENS_WITH
from netspec.lsp.figures import shapes
from netspec.lsp.snapshot import Snapshot

_KINDS: dict[type, SymbolKind] = {
    s.Net: SymbolKind.Class, s.Block: SymbolKind.Function, s.Let: SymbolKind.Constant, s.Table: SymbolKind.Array,
    s.Input: SymbolKind.Interface, s.Output: SymbolKind.Event, s.Share: SymbolKind.Object, s.Bind: SymbolKind.Variable,
    s.Section: SymbolKind.Namespace,
}  # fmt: skip
_BRACKETS = tuple(OPENS_WITH.values())


def symbols(snapshot: Snapshot, params: DocumentSymbolParams) -> list[DocumentSymbol]:
    """What a file declares, what stands within nets, blocks and sections below them."""
    return list(_symbols(snapshot, snapshot.file.items))


def _symbols(snapshot: Snapshot, nodes: Iterable[s.Node]) -> Iterator[DocumentSymbol]:
    for node in nodes:
        if isinstance(node, s.Net | s.Block | s.Let | s.Table | s.Input | s.Output | s.Share | s.Bind | s.Section):
            inner: Iterable[s.Node] = ()
            if isinstance(node, s.Net | s.Block):
                inner = node.body.statements
            elif isinstance(node, s.Section):
                inner = node.settings
            yield _symbol(
                snapshot, node.name, node, node.name_span, _KINDS[type(node)], list(_symbols(snapshot, inner))
            )
        elif isinstance(node, s.Setting):
            name = f"{node.key} {node.target}" if node.target else node.key
            yield _symbol(snapshot, name, node, node.key_span, SymbolKind.Property, [])


def _symbol(
    snapshot: Snapshot, name: str, node: s.Node, at: Span, kind: SymbolKind, inner: list[DocumentSymbol]
) -> DocumentSymbol:
    passed = snapshot.trace.passed(node.pipe.stages[-1]) if isinstance(node, s.Bind | s.Output) else None
    detail = shapes(passed.shapes[0]) if passed is not None else None
    places = snapshot.places
    return DocumentSymbol(name, kind, places.range(node.span), places.range(at), detail=detail, children=inner)


def folds(snapshot: Snapshot, params: FoldingRangeParams) -> list[FoldingRange]:
    """Brackets and runs of comments that stand on several lines, told from the words alone."""
    found = [*_bracketed(snapshot), *_commented(snapshot)]
    return sorted(found, key=lambda fold: (fold.start_line, -fold.end_line))


def _bracketed(snapshot: Snapshot) -> Iterator[FoldingRange]:
    source, open_ = snapshot.source, list[Token]()
    for token in snapshot.found.tokens:
        if token.type in _BRACKETS:
            open_.append(token)
        elif token.type in OPENS_WITH and open_:
            first = source.place(open_.pop().start_pos or 0)[0]
            last = source.place(token.start_pos or 0)[0]
            if last - 1 > first:  # what closes stays in sight
                yield FoldingRange(first - 1, last - 2)


def _commented(snapshot: Snapshot) -> Iterator[FoldingRange]:
    """Comments that have lines of their own, two and more beside each other."""
    source = snapshot.source
    lines = [span.line for span in snapshot.found.comments if not source.line(span.line)[: span.column - 1].strip()]
    first = last = -1  # no comment, not one above the first line
    for line in [*lines, 0]:
        if line != last + 1:
            if last > first:
                yield FoldingRange(first - 1, last - 1, kind=FoldingRangeKind.Comment)
            first = line
        last = line
