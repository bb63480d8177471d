"""The process in which the page's net is trained and asked, seen from the server: it can be ended at any moment."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

#: An answer of the process: the pictures of all layers are the longest.
LONGEST = 2**26
#: What the process runs, as Python imports it, whatever lies in the working folder.
_CHILD = "import sys; sys.path.insert(0, sys.argv[1]); from netspec.play.child import main; main()"


class Bench:
    """Starts the process when it is needed first; what it tells goes to ``hear``.

    ``weights`` are a file or a run to begin with. The process ends when its standard input does: with this one, too.
    """

    def __init__(self, hear: Callable[[dict[str, Any]], Awaitable[None]], weights: Path | None = None) -> None:
        self.hear, self.weights = hear, weights
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._waiting: set[asyncio.Task[None]] = set()

    async def tell(self, message: dict[str, Any]) -> None:
        """Ask the process for something."""
        if self._process is None or self._process.returncode is not None:
            await self._start()
        assert self._process is not None and self._process.stdin is not None
        with contextlib.suppress(ConnectionError):  # it has ended, and the listener says so
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            await self._process.stdin.drain()

    def drop(self) -> None:
        """Kill the process, whatever it does; nothing more is heard of it."""
        process, self._process = self._process, None
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.cancel()
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            waiting = asyncio.get_running_loop().create_task(_over(process))
            self._waiting.add(waiting)
            waiting.add_done_callback(self._waiting.discard)

    async def end(self) -> None:
        """Kill the process, and wait until all that were killed are gone."""
        self.drop()
        await asyncio.gather(*self._waiting)

    async def _start(self) -> None:
        weights = "" if self.weights is None else str(self.weights)
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-c", _CHILD, str(Path(__file__).parents[2]), weights,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            limit=LONGEST, start_new_session=True,
        )  # fmt: skip
        self._listening = asyncio.create_task(self._listen(process))

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            await self.hear(json.loads(line))
        status = await process.wait()
        await self.hear({"type": "ended", "text": f"the process that runs the net ended (status {status})"})


async def _over(process: asyncio.subprocess.Process) -> None:
    await process.communicate()
