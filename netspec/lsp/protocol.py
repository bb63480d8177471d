"""pygls' protocol, but for the texts of documents, which ``documents.py`` keeps.

pygls parts lines as Python does, at form feeds and Unicode's separators too, where the protocol knows line feeds and
carriage returns only: behind such a character its text and the editor's would no longer be the same.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from lsprotocol.types import (
    TEXT_DOCUMENT_DID_CHANGE,
    TEXT_DOCUMENT_DID_CLOSE,
    TEXT_DOCUMENT_DID_OPEN,
    DidChangeTextDocumentParams,
    DidCloseTextDocumentParams,
    DidOpenTextDocumentParams,
)
from pygls.protocol import LanguageServerProtocol, lsp_method

Handling = Generator[Any, Any, None]


class Protocol(LanguageServerProtocol):
    """Hands what happens to a document to the handlers that are registered, and does nothing else with it."""

    @lsp_method(TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: DidOpenTextDocumentParams) -> Handling:
        """A document is open."""
        yield self.fm.features[TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: DidChangeTextDocumentParams) -> Handling:
        """A document has a new version."""
        yield self.fm.features[TEXT_DOCUMENT_DID_CHANGE], (params,), None

    @lsp_method(TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: DidCloseTextDocumentParams) -> Handling:
        """A document is closed."""
        yield self.fm.features[TEXT_DOCUMENT_DID_CLOSE], (params,), None
