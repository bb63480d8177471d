"""Spans of any file to places in the editor's documents."""

from __future__ import annotations

from lsprotocol.types import Location

from netspec.diagnostics import Source, Span
from netspec.lsp.documents import Document, uri_of
from netspec.lsp.positions import BOM, Places
from netspec.lsp.snapshot import Snapshot


class Locator:
    """The places of spans, as one document sees its own and those of other files, open or not."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.known: dict[int, tuple[Source, str, Places]] = {}

    def __call__(self, span: Span) -> Location:
        """The place of a span."""
        _, uri, places = self.known.get(id(span.source)) or self._new(span.source)
        return Location(uri, places.range(span))

    def _new(self, source: Source) -> tuple[Source, str, Places]:
        document = self._document(source.name)
        marked = document is not None and document.text.startswith(BOM)
        uri = uri_of(source.name) if document is None else document.uri
        self.known[id(source)] = source, uri, Places(source, self.snapshot.around.encoding, marked)
        return self.known[id(source)]

    def _document(self, name: str) -> Document | None:
        return self.snapshot.document if name == self.snapshot.source.name else self.snapshot.open_at(name)
