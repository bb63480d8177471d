"""pygls' protocol, but for the texts of documents, which ``documents.py`` keeps, and for requests that it drops.

pygls parts lines as Python does, at form feeds and Unicode's separators too, where the protocol knows line feeds and
carriage returns only: behind such a character its text and the editor's would no longer be the same. A request that it
cannot read, or that comes behind the end, it leaves without an answer, and whoever asked would wait for ever.
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
from pygls.exceptions import JsonRpcException, JsonRpcInvalidRequest
from pygls.protocol import LanguageServerProtocol, lsp_method

Handling = Generator[Any, Any, None]


class Protocol(LanguageServerProtocol):
    """Hands what happens to a document to the handlers that are registered, and does nothing else with it."""

    def structure_message(self, data: dict[str, Any]) -> Any:
        """A message read; a request that is none is answered with what is wrong. Raises JsonRpcException."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            self._refuse(data.get("id"), data.get("method"), error)
            raise

    def handle_message(self, message: Any) -> None:
        """Handle a message; behind the end a request is refused."""
        if self._shutdown:
            error = JsonRpcInvalidRequest("the server is shut down")
            self._refuse(getattr(message, "id", None), getattr(message, "method", None), error)
        super().handle_message(message)

    def _refuse(self, number: Any, method: object, error: JsonRpcException) -> None:
        if number is not None and method is not None:
            self._send_response(number, error=error.to_response_error())

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
