"""What one server holds: the spec, its text as it is in the page, its analysis, and the bench where nets are run."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from netspec.files import reason
from netspec.lsp.analyses import Analyses
from netspec.lsp.documents import Document, uri_of
from netspec.lsp.findings import Found
from netspec.lsp.snapshot import Snapshot
from netspec.net import setting
from netspec.play.bench import Bench
from netspec.play.spec_file import SpecFile
from netspec.play.told import Told, told

Tell = Callable[[Told], Awaitable[None]]


class Desk:
    """One spec and the page that works on it: the newest page that came; the one before it is told to stop.

    The text outlives the page, which may be loaded again; ``session`` tells one server from another. Whatever the page
    asks of a text is worked out in one thread, the newest version first; one that nobody wants is not read to its end.
    """

    def __init__(
        self, spec: SpecFile, parameters: Mapping[str, str], root: Path | None = None, weights: Path | None = None
    ) -> None:
        self.spec, self.parameters, self.root = spec, dict(parameters), root
        self._values: dict[str, Any] = {}
        self.session = secrets.token_hex(8)
        self.text, self.version = spec.saved, 0
        self.opened: frozenset[str] = frozenset()
        self.uri = uri_of(spec.path)
        self.page: Tell | None = None
        self.analyses = Analyses(self._found, self._mistake)
        self.bench = Bench(self._from_bench, weights)
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, page: Tell) -> None:
        """A page opened: it is the one that is told of all from now on."""
        before, self.page = self.page, page
        if before is not None:
            self.bench.drop()
            await before({"type": "elsewhere"})
        if self.analyses.document(self.uri) is None:
            await self.set(self.parameters)
            self.analyses.add(Document(self.uri, self.version, self.text, self.spec.path))
        else:
            self._again()

    def leave(self, page: Tell) -> None:
        """A page is gone, and what it had running ends."""
        if self.page == page:
            self.page = None
            self.bench.drop()

    async def end(self) -> None:
        """Nothing runs any more."""
        self.analyses.end()
        await self.bench.end()

    # ---- what the page changes

    def write(self, text: str, version: int) -> None:
        """The text is this now."""
        self.text, self.version = text, version
        self.analyses.change(Document(self.uri, version, text, self.spec.path))

    async def set(self, parameters: Mapping[str, str]) -> None:
        """The net is read with these parameters now, written as for ``--set``."""
        self.parameters = dict(parameters)
        self._values = await self.analyses.work(lambda: {name: setting(text) for name, text in parameters.items()})
        self.analyses.configure(self._values, self.root)

    def unfold(self, names: frozenset[str]) -> None:
        """These blocks are drawn where they stand now."""
        self.opened = names
        self._again()

    # ---- what the page is told

    async def ask(self, answer: Callable[[Snapshot], Any]) -> Any:
        """What is worked out of the newest version; None once there is no document."""
        snapshot = await self.analyses.snapshot(self.uri)
        return None if snapshot is None else await self.analyses.work(lambda: answer(snapshot))

    async def tell(self, message: Told) -> None:
        """Tell the page, if there is one."""
        if self.page is not None:
            await self.page(message)

    def given(self) -> Told:
        """What the bench builds the net of."""
        root = None if self.root is None else str(self.root)
        return {"text": self.text, "path": str(self.spec.path), "root": root, "parameters": self._values}

    def _found(self, uri: str, found: Found) -> None:
        if uri == self.uri:
            self._again()

    def _again(self) -> None:
        task = asyncio.get_running_loop().create_task(self._show())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _show(self) -> None:
        snapshot = await self.analyses.snapshot(self.uri)
        if snapshot is None or snapshot.document.version != self.version:
            return  # a newer one comes
        opened = self.opened
        try:
            found = await self.analyses.work(lambda: told(snapshot, opened))
        except Exception as error:  # the next version may fare better
            self._mistake(error)
            return
        if snapshot.document.version == self.version:
            await self.tell({"type": "net", "version": self.version, **found})

    async def _from_bench(self, message: Told) -> None:
        await self.tell(message)

    def _mistake(self, error: Exception) -> None:
        text = f"an error inside netspec: {type(error).__name__}: {reason(error)}"
        task = asyncio.get_running_loop().create_task(self.tell({"type": "note", "text": text}))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
