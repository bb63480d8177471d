"""An editor for tests: pygls' client, which starts the server and speaks to it over its standard streams."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

#: So many seconds a message may take before a test gives up.
PATIENCE = 30


class Editor:
    """One client and the server that it started; ``findings`` are the last ones that it was told, by URI."""

    def __init__(self) -> None:
        self.client = LanguageClient("tests", "1")
        self.findings: dict[str, lsp.PublishDiagnosticsParams] = {}
        self.told: list[lsp.PublishDiagnosticsParams] = []
        self.logged: list[str] = []
        self.settings: dict[str, Any] | None = {}
        self._news = asyncio.Event()
        self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(lambda params: self._published(params))
        self.client.feature(lsp.WINDOW_LOG_MESSAGE)(lambda params: self.logged.append(params.message))
        self.client.feature(lsp.WORKSPACE_CONFIGURATION)(lambda params: [self.settings])
        self.client.feature(lsp.CLIENT_REGISTER_CAPABILITY)(lambda params: None)

    async def start(self, encodings: list[str] | None = None, asked: bool = True, **more: Any) -> lsp.InitializeResult:
        """Start the server; ``asked`` is whether it may ask for the settings."""
        await self.client.start_io(sys.executable, "-m", "netspec", "lsp")
        capabilities = lsp.ClientCapabilities(
            general=lsp.GeneralClientCapabilities(position_encodings=encodings),
            workspace=lsp.WorkspaceClientCapabilities(
                configuration=asked,
                did_change_watched_files=lsp.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True),
            ),
        )
        result = await self.client.initialize_async(lsp.InitializeParams(capabilities=capabilities, **more))
        self.client.initialized(lsp.InitializedParams())
        return result

    async def stop(self) -> tuple[int | None, bytes]:
        """End the server as the protocol asks; its exit status, and all that it wrote to stderr."""
        await self.client.shutdown_async(None)
        self.client.exit(None)
        server = self.client._server
        assert server is not None and server.stderr is not None
        said = await server.stderr.read()
        await self.client.stop()
        return server.returncode, said

    # ---- documents

    def open(self, uri: str, text: str, version: int = 1) -> None:
        """Open a document."""
        self.client.text_document_did_open(
            lsp.DidOpenTextDocumentParams(lsp.TextDocumentItem(uri, "netspec", version, text))
        )

    def type(self, uri: str, version: int, *changes: tuple[tuple[int, int], tuple[int, int], str]) -> None:
        """Replace stretches, each from a line and a column to others."""
        self.client.text_document_did_change(
            lsp.DidChangeTextDocumentParams(
                lsp.VersionedTextDocumentIdentifier(version, uri),
                [
                    lsp.TextDocumentContentChangePartial(lsp.Range(lsp.Position(*start), lsp.Position(*end)), text)
                    for start, end, text in changes
                ],
            )
        )

    def rewrite(self, uri: str, version: int, text: str) -> None:
        """Replace all of a document."""
        self.client.text_document_did_change(
            lsp.DidChangeTextDocumentParams(
                lsp.VersionedTextDocumentIdentifier(version, uri), [lsp.TextDocumentContentChangeWholeDocument(text)]
            )
        )

    def close(self, uri: str) -> None:
        """Close a document."""
        self.client.text_document_did_close(lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(uri)))

    # ---- findings

    async def problems(self, uri: str, version: int | None) -> list[str]:
        """The findings in a version of a document, once they are told: code and place, from 1."""
        await self.until(lambda: uri in self.findings and self.findings[uri].version == version)
        return self.shown(uri)

    def shown(self, uri: str) -> list[str]:
        """The findings that the editor shows now."""
        return [
            f"{found.code} {found.range.start.line + 1}:{found.range.start.character + 1}"
            f"-{found.range.end.line + 1}:{found.range.end.character + 1}"
            for found in self.findings[uri].diagnostics
        ]

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for findings that make something true."""
        async with asyncio.timeout(PATIENCE):
            while not true():
                self._news.clear()
                await self._news.wait()

    def _published(self, params: lsp.PublishDiagnosticsParams) -> None:
        self.told.append(params)
        self.findings[params.uri] = params
        self._news.set()


def session(script: Callable[[Editor], Awaitable[None]], **how: Any) -> None:
    """Run a script with a server that ends well: status 0, nothing on stderr, no mistake of its own in the log."""

    async def run() -> None:
        editor = Editor()
        await editor.start(**how)
        await script(editor)
        status, said = await editor.stop()
        assert (status, said, editor.logged) == (0, b"", [])

    asyncio.run(run())


def uri(path: Path) -> str:
    """The URI of a file."""
    return path.as_uri()
