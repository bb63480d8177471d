"""One page: its messages, each held to its form, and what is done about them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lsprotocol import types as lsp
from lsprotocol.converters import get_converter
from starlette.websockets import WebSocket, WebSocketDisconnect

from netspec.data.sets import read_set
from netspec.data.shipped import DEMO
from netspec.diagnostics import Fault
from netspec.language import LARGEST
from netspec.lsp.completion import completion
from netspec.lsp.formatting import formatted
from netspec.lsp.hover import hover
from netspec.lsp.snapshot import Snapshot
from netspec.play.desk import Desk
from netspec.play.spec_file import Changed

#: Codes with which a socket is closed: what came was no text; was no message.
NO_TEXT, NO_MESSAGE = 1003, 1008
#: The most parameters and blocks that a message may name, how long each may be, and the pixels of a drawing.
MOST_NAMES, LONGEST_NAME, MOST_PIXELS, MOST_EPOCHS = 1_000, 10_000, 512 * 512, 1_000


class Malformed(Exception):
    """A message that no page of ours sends."""


class Session:
    """A page's socket, from its first message to its last."""

    def __init__(self, desk: Desk, socket: WebSocket) -> None:
        self.desk, self.socket = desk, socket
        self._converter = get_converter()
        self._do: Mapping[str, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "text": self._text, "parameters": self._parameters, "open": self._open, "save": self._save,
            "reread": self._reread, "ask": self._ask, "digit": self._digit, "sample": self._sample,
            "train": self._train, "stop": self._stop,
        }  # fmt: skip

    async def serve(self) -> None:
        """Take messages until the page is gone; one that is malformed ends it."""
        await self.socket.accept()
        try:
            await self.tell(self._hello())
            await self.desk.take(self.tell)
            while True:
                await self._take(await self.socket.receive())
        except WebSocketDisconnect:
            pass
        except Malformed as wrong:
            await self._close(NO_MESSAGE, str(wrong))
        finally:
            self.desk.leave(self.tell)

    async def tell(self, message: dict[str, Any]) -> None:
        """Send a message; a page that is gone hears nothing."""
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await self.socket.send_text(json.dumps(message, allow_nan=False))

    async def _take(self, event: Mapping[str, Any]) -> None:
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
        content = event.get("text")
        if content is None:
            await self._close(NO_TEXT, "no text")
            raise WebSocketDisconnect
        try:
            message = json.loads(content)
        except (ValueError, RecursionError):
            raise Malformed("no JSON") from None
        do = self._do.get(_field(message, "type", str)) if isinstance(message, dict) else None
        if do is None:
            raise Malformed("no message of this page")
        await do(message)

    async def _close(self, code: int, why: str) -> None:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await self.socket.close(code, why)

    def _hello(self) -> dict[str, Any]:
        desk, spec = self.desk, self.desk.spec
        return {
            "type": "hello", "key": spec.key, "name": spec.path.name, "path": str(spec.path), "fixed": spec.fixed,
            "text": desk.text, "saved": spec.saved, "version": desk.version, "session": desk.session,
            "opened": sorted(desk.opened), "parameters": desk.parameters,
            "weights": None if desk.bench.weights is None else str(desk.bench.weights),
        }  # fmt: skip

    # ---- the text and its file

    async def _text(self, message: dict[str, Any]) -> None:
        text = _field(message, "text", str)
        version = _field(message, "version", int)
        if len(text) > LARGEST:
            raise Malformed("the text is larger than a spec may be")
        self.desk.write(text, version)

    async def _save(self, message: dict[str, Any]) -> None:
        text, over = _field(message, "text", str), _field(message, "over", bool)
        try:
            self.desk.spec.save(text, over)
        except Changed:
            await self.tell({"type": "changed"})
        except Fault as fault:
            await self.tell({"type": "unsaved", "text": fault.message})
        except UnicodeEncodeError:
            await self.tell({"type": "unsaved", "text": "the text has half of a pair of characters, and is no Unicode"})
        else:
            await self.tell({"type": "saved", "text": text})

    async def _reread(self, message: dict[str, Any]) -> None:
        try:
            await self.tell({"type": "file", "text": self.desk.spec.read()})
        except Fault as fault:
            await self.tell({"type": "unsaved", "text": fault.message})

    async def _parameters(self, message: dict[str, Any]) -> None:
        values = _field(message, "values", dict)
        if len(values) > MOST_NAMES or not all(isinstance(text, str) for text in values.values()):
            raise Malformed("parameters are texts by name")
        if any(len(text) > LONGEST_NAME for text in values.values()):
            raise Malformed("a parameter is too long")
        await self.desk.set(values)

    async def _open(self, message: dict[str, Any]) -> None:
        names = _field(message, "names", list)
        if len(names) > MOST_NAMES or not all(isinstance(name, str) for name in names):
            raise Malformed("blocks are named by texts")
        self.desk.unfold(frozenset(names))

    # ---- what is asked of the text

    async def _ask(self, message: dict[str, Any]) -> None:
        ask = _ASKED.get(_field(message, "what", str))
        line, character = _field(message, "line", int), _field(message, "character", int)
        if ask is None or min(line, character) < 0 or max(line, character) > LARGEST:
            raise Malformed("nothing that can be asked")
        uri = lsp.TextDocumentIdentifier(self.desk.uri)
        answer = await self.desk.ask(lambda snapshot: ask(snapshot, uri, lsp.Position(line, character)))
        number = _field(message, "id", int)
        await self.tell({"type": "answered", "id": number, "answer": self._converter.unstructure(answer)})

    # ---- the bench

    async def _digit(self, message: dict[str, Any]) -> None:
        pixels = _field(message, "pixels", str)
        try:
            size = len(bytes.fromhex(pixels))
        except ValueError:
            raise Malformed("pixels are bytes in hexadecimal") from None
        if size > MOST_PIXELS:
            raise Malformed("the drawing is too large")
        number = _field(message, "id", int)
        await self.desk.bench.tell({"do": "ask", "id": number, "pixels": pixels, **self.desk.given()})

    async def _sample(self, message: dict[str, Any]) -> None:
        """A digit of the shipped test set of a class."""
        label, number = _field(message, "label", int), _field(message, "number", int)
        digits = read_set(DEMO, "test")
        (places,) = (digits.labels == label).nonzero()
        if not len(places):
            raise Malformed("there is no such digit")
        picture = digits.images[int(places[number % len(places)])]
        await self.tell({"type": "sample", "pixels": picture.tobytes().hex()})

    async def _train(self, message: dict[str, Any]) -> None:
        epochs = _field(message, "epochs", int)
        if not 0 < epochs <= MOST_EPOCHS:
            raise Malformed("that many epochs are not trained here")
        await self.desk.bench.tell({"do": "train", "epochs": epochs, **self.desk.given()})

    async def _stop(self, message: dict[str, Any]) -> None:
        await self.desk.bench.tell({"do": "stop"})


def _field(message: dict[str, Any], name: str, kind: type) -> Any:
    """A part of a message. Raises Malformed where it is not there, or is another kind of value."""
    value = message.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise Malformed(f"a message has no {name}")
    return value


def _format(snapshot: Snapshot, uri: lsp.TextDocumentIdentifier, at: lsp.Position) -> Any:
    return formatted(snapshot, lsp.DocumentFormattingParams(uri, lsp.FormattingOptions(4, True)))


_ASKED: Mapping[str, Callable[[Snapshot, lsp.TextDocumentIdentifier, lsp.Position], Any]] = {
    "completion": lambda snapshot, uri, at: completion(snapshot, lsp.CompletionParams(uri, at)),
    "hover": lambda snapshot, uri, at: hover(snapshot, lsp.HoverParams(uri, at)),
    "format": _format,
}
