"""The server: what an editor says goes to the analyses, what it asks is answered from the newest one."""

from __future__ import annotations

import asyncio
import gc
import inspect
import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls.exceptions import FeatureRequestError
from pygls.lsp.server import LanguageServer

from netspec import __version__
from netspec.lsp.analyses import Analyses
from netspec.lsp.answers import ANSWERS, Answer
from netspec.lsp.documents import Document
from netspec.lsp.findings import Found
from netspec.lsp.lenses import training
from netspec.lsp.protocol import Protocol

#: Seconds without a key before what takes long is begun, and the stack of the threads that walk over deep nets.
IDLE, STACK = 0.5, 64 * 2**20


class _Pygls(LanguageServer):
    """What goes wrong here is told to the editor's log, and to nobody's screen."""

    def report_server_error(self, error: Exception, source: object = None) -> None:
        """A mistake of our own, or a message that is none; who asked for something is answered with it."""
        if source is FeatureRequestError:
            return
        message = f"an error inside netspec {__version__}: {type(error).__name__}: {error}"
        self.window_log_message(lsp.LogMessageParams(lsp.MessageType.Error, message))


def _plain(method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A method as a function, to which pygls can tie its notes."""
    if inspect.iscoroutinefunction(method):

        async def waits(params: Any) -> Any:
            return await method(params)

        return waits
    return lambda params: method(params)


class Server:
    """A language server for one editor."""

    def __init__(self) -> None:
        self.pygls = _Pygls("netspec", __version__, protocol_cls=Protocol, max_workers=2)
        self.analyses = Analyses(self._publish, self.pygls.report_server_error)
        self.done = False
        for name, handler in self._notifications().items():
            self.pygls.feature(name)(_plain(handler))
        for name, (answer, options) in ANSWERS.items():
            self.pygls.feature(name, options)(self._answering(answer))
        self.pygls.feature(lsp.CODE_LENS_RESOLVE)(_plain(self._resolved))
        self._planner = ThreadPoolExecutor(1, "planning")

    def run(self) -> int:
        """Serve on the standard streams until the editor ends it; 0 where it said so before."""
        logging.getLogger("pygls").addHandler(logging.NullHandler())
        logging.getLogger("pygls").propagate = False
        threading.stack_size(STACK)
        gc.freeze()
        gc.disable()  # the analyses collect, behind the findings and not between a key and them
        with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing but messages may go to the editor
            self.pygls.start_io(sys.stdin.buffer, out)
        self.analyses.end()
        self._planner.shutdown(wait=False, cancel_futures=True)
        return 0 if self.done else 1

    def _answering(self, answer: Answer) -> Callable[[Any], Any]:
        """A request's handler: what is asked of a place that is no longer there has no answer."""

        async def handler(params: Any) -> Any:
            document = self.analyses.document(params.text_document.uri)
            snapshot = await self.analyses.snapshot(params.text_document.uri)
            if snapshot is None or document is None:
                return None
            if hasattr(params, "position") and snapshot.document != document:
                return None
            return await self.analyses.work(lambda: answer(snapshot, params))

        return handler

    async def _resolved(self, lens: lsp.CodeLens) -> lsp.CodeLens:
        """The memory of training, planned beside the analyses, once nobody has typed for a moment."""
        asked: Mapping[str, Any] = lens.data if isinstance(lens.data, Mapping) else {}
        await asyncio.sleep(IDLE)
        snapshot = await self.analyses.snapshot(str(asked.get("uri")))
        if snapshot is None or snapshot.document.version != asked.get("version"):
            return lens
        return await asyncio.get_running_loop().run_in_executor(self._planner, training, snapshot, lens.range)

    # ---- what the editor tells

    def _notifications(self) -> Mapping[str, Any]:
        return {
            lsp.INITIALIZE: self._initialize,
            lsp.INITIALIZED: self._initialized,
            lsp.SHUTDOWN: self._shutdown,
            lsp.TEXT_DOCUMENT_DID_OPEN: self._opened,
            lsp.TEXT_DOCUMENT_DID_CHANGE: self._changed,
            lsp.TEXT_DOCUMENT_DID_CLOSE: self._closed,
            lsp.TEXT_DOCUMENT_DID_SAVE: self._saved,
            lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES: self._saved,
            lsp.WORKSPACE_DID_CHANGE_CONFIGURATION: self._configured,
        }

    def _initialize(self, params: lsp.InitializeParams) -> None:
        encoding = self.pygls.workspace.position_encoding
        text = params.capabilities.text_document
        item = text and text.completion and text.completion.completion_item
        self.analyses.around = replace(
            self.analyses.around,
            encoding=str(getattr(encoding, "value", encoding)),
            snippets=bool(item and item.snippet_support),
        )
        self._configure(params.initialization_options)

    async def _initialized(self, params: lsp.InitializedParams) -> None:
        capabilities = self.pygls.client_capabilities.workspace
        watches = capabilities and capabilities.did_change_watched_files
        if watches and watches.dynamic_registration:
            watched = lsp.DidChangeWatchedFilesRegistrationOptions([lsp.FileSystemWatcher("**/*.{net,txt}")])
            registration = lsp.Registration("files", lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, watched)
            await self.pygls.client_register_capability_async(lsp.RegistrationParams([registration]))
        await self._ask_for_settings()

    def _shutdown(self, params: None) -> None:
        self.done = True

    def _opened(self, params: lsp.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        self.analyses.add(Document.opened(item.uri, item.version, item.text))

    def _changed(self, params: lsp.DidChangeTextDocumentParams) -> None:
        document = self.analyses.document(params.text_document.uri)
        if document is not None:
            encoding = self.analyses.around.encoding
            self.analyses.change(document.changed(params.content_changes, params.text_document.version, encoding))

    def _closed(self, params: lsp.DidCloseTextDocumentParams) -> None:
        self.analyses.close(params.text_document.uri)

    def _saved(self, params: object) -> None:
        self.analyses.look_again()

    async def _configured(self, params: lsp.DidChangeConfigurationParams) -> None:
        if not await self._ask_for_settings() and isinstance(params.settings, Mapping):
            self._configure(params.settings)

    async def _ask_for_settings(self) -> bool:
        """Ask the editor for its settings; False where it cannot be asked."""
        capabilities = self.pygls.client_capabilities.workspace
        if not (capabilities and capabilities.configuration):
            return False
        asked = lsp.ConfigurationParams([lsp.ConfigurationItem(section="netspec")])
        found = await self.pygls.workspace_configuration_async(asked)
        if found and found[0] is not None:  # an editor that knows of none may have told them at first
            self._configure(found[0])
        return True

    def _configure(self, settings: object) -> None:
        given: Mapping[str, Any] = settings if isinstance(settings, Mapping) else {}
        given = inner if isinstance(inner := given.get("netspec"), Mapping) else given
        parameters, root = given.get("parameters"), given.get("root")
        self.analyses.configure(
            dict(parameters) if isinstance(parameters, Mapping) else {},
            Path(root) if isinstance(root, str) and root else None,
        )

    # ---- what the editor is told

    def _publish(self, uri: str, found: Found) -> None:
        params = lsp.PublishDiagnosticsParams(uri, found.diagnostics, found.version)
        self.pygls.text_document_publish_diagnostics(params)
