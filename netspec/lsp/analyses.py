"""When documents are analysed: soon after the last key, the newest version, one at a time, beside the messages."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from netspec.elaborate import Trace
from netspec.lsp.documents import Document
from netspec.lsp.findings import Found, findings
from netspec.lsp.snapshot import Snapshot, Surroundings, analysed

T = TypeVar("T")

#: Seconds that pass without a key before a document is analysed for its findings; who asks for more does not wait.
PAUSE = 0.03

#: Analysed before any other, so that no document waits, and none is thought slow, for what is loaded once.
FIRST = Document(
    "untitled:",
    0,
    "netspec 1\nnet First {\n input x: 1 x 4 x 4\n sparse table t: 1 -> 2 { X X }\n"
    " output y = x -> conv(2, 3, table: t) -> rleu\n}\n",
    None,
)


@dataclass
class _Entry:
    """A document, what is known of its present version, and the analysis of it that runs.

    ``serial`` counts what would change the answer: versions, and changes of what the document uses.
    """

    document: Document
    serial: int = 0
    snapshot: Snapshot | None = None
    of: int = -1
    trace: Trace | None = None
    running: asyncio.Future[Snapshot | None] | None = None
    found: dict[str, Found] = field(default_factory=dict)


class Analyses:
    """The open documents and their analyses. All is called in the loop's thread; the work is done in one other.

    ``publish`` is told of a document's findings whenever they may have changed, ``report`` of a mistake of our own.
    """

    def __init__(self, publish: Callable[[str, Found], None], report: Callable[[Exception], None]) -> None:
        self._publish, self._report = publish, report
        self._entries: dict[str, _Entry] = {}
        self._worker = ThreadPoolExecutor(1, "analysis")
        self._worker.submit(analysed, FIRST, Surroundings())
        self._tasks: set[asyncio.Task[None]] = set()
        self.around = Surroundings()

    # ---- what the editor tells

    def add(self, document: Document) -> None:
        """A document is open: its text counts in place of its file."""
        self._entries[document.uri] = _Entry(document)
        self._surround()
        self.look_again()

    def change(self, document: Document) -> None:
        """A document has a new version."""
        entry = self._entries[document.uri]
        entry.document = document
        self._surround()
        self._touch(document.uri)
        for uri, other in self._entries.items():
            if uri != document.uri and other.snapshot is not None and document.real in other.snapshot.files:
                self._touch(uri)

    def close(self, uri: str) -> None:
        """A document is closed: its file counts again."""
        entry = self._entries.pop(uri, None)
        if entry is None:
            return
        self._stop(entry)
        self._surround()
        for other in {uri, *entry.found}:
            self._tell(other)
        self.look_again()

    def configure(self, parameters: Mapping[str, Any], root: Path | None) -> None:
        """The editor's settings changed."""
        self.around = replace(self.around, parameters=parameters, root=root)
        for uri in self._entries:
            self._touch(uri)

    def look_again(self) -> None:
        """Files may have come, gone or changed: what uses some is analysed again, and what has not been, for once."""
        for uri, entry in self._entries.items():
            if entry.snapshot is None or entry.snapshot.uses_files:
                self._touch(uri)

    def document(self, uri: str) -> Document | None:
        """The present version of an open document."""
        entry = self._entries.get(uri)
        return None if entry is None else entry.document

    # ---- what is asked

    async def snapshot(self, uri: str) -> Snapshot | None:
        """The analysis of a document's newest version, also where that changes meanwhile; None once it is closed."""
        while (entry := self._entries.get(uri)) is not None:
            if entry.of == entry.serial:
                return entry.snapshot
            if entry.running is None:
                entry.running = asyncio.ensure_future(self._analyse(entry))
            await asyncio.shield(entry.running)
        return None

    async def work(self, task: Callable[[], T]) -> T:
        """Do something in the thread that analyses: the parser's machine is one, and answers walk over large files."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, task)

    def end(self) -> None:
        """Stop what runs; nothing new begins."""
        for entry in self._entries.values():
            self._stop(entry)
        self._worker.shutdown(wait=False, cancel_futures=True)

    # ---- within

    async def _analyse(self, entry: _Entry) -> Snapshot | None:
        serial, document, around = entry.serial, entry.document, self.around
        trace = entry.trace = Trace()
        snapshot = None
        try:
            snapshot = await self.work(lambda: None if trace.stopped else analysed(document, around, trace))
        except Exception as error:  # the next version may fare better
            self._report(error)
        finally:
            entry.running = None
        if not trace.stopped:
            entry.snapshot, entry.of = snapshot, serial
        return snapshot

    def _surround(self) -> None:
        documents = {entry.document.real: entry.document for entry in self._entries.values()}
        self.around = replace(
            self.around, unsaved={real: document for real, document in documents.items() if real is not None}
        )

    def _touch(self, uri: str) -> None:
        """What is known of a document may be old: analyse it again, soon."""
        entry = self._entries[uri]
        entry.serial += 1
        self._stop(entry)
        task = asyncio.get_running_loop().create_task(self._soon(uri, entry.serial))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    def _stop(entry: _Entry) -> None:
        if entry.trace is not None and entry.running is not None:
            entry.trace.stop()

    async def _soon(self, uri: str, serial: int) -> None:
        await asyncio.sleep(PAUSE)
        entry = self._entries.get(uri)
        if entry is None or entry.serial != serial:
            return  # a newer one comes
        snapshot = await self.snapshot(uri)
        if snapshot is None or entry.serial != serial:
            return
        found = await self.work(lambda: findings(snapshot))
        if self._entries.get(uri) is not entry or entry.serial != serial:
            return
        gone, entry.found = entry.found, found
        for other in {*gone, *found}:
            self._tell(other)
        await self.work(gc.collect)

    def _tell(self, uri: str) -> None:
        """What all that read a document found in it, each finding once; of an open one, in its present version."""
        entry = self._entries.get(uri)
        version = None if entry is None else entry.document.version
        parts = [other.found[uri] for other in self._entries.values() if uri in other.found]
        total = Found(version)
        known = set()
        for part in parts:
            for diagnostic in part.diagnostics if part.version == version else ():
                key = diagnostic.code, diagnostic.message, repr(diagnostic.range)
                if key not in known:
                    known.add(key)
                    total.diagnostics.append(diagnostic)
        self._publish(uri, total)
