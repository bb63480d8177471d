"""The server: a page, its parts, and a socket, on this machine's own address and behind a guard."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from netspec.files import read_regular
from netspec.language import LARGEST
from netspec.play.desk import Desk
from netspec.play.guard import LOOPBACK, Guard, headers
from netspec.play.session import Session

#: Where it is looked for a free port unless one is asked for: the browser keeps unsaved work by address and port.
FIRST_PORT, TRIED, BACKLOG = 8777, 20, 16
#: A message from a page, in bytes: a spec of the largest size, each of its characters escaped.
LONGEST_MESSAGE = 6 * LARGEST + 1024
#: The stack of the threads that walk over deep nets.
STACK = 64 * 2**20
_ASSETS = Path(__file__).parent / "assets"
_KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def application(desk: Desk, port: int, token: str) -> ASGIApp:
    """The pages and the socket of a desk, behind their guard."""
    assets = {name: read_regular(_ASSETS / name, 2**24) for name in ("index.html", "play.js", "play.css", "icon.svg")}

    def page(request: Request) -> Response:
        nonce = secrets.token_urlsafe(16)
        content = assets["index.html"].replace(b"{nonce}", nonce.encode())
        return Response(content, media_type="text/html", headers=headers(nonce, request.headers["host"]))

    def asset(name: str) -> Callable[[Request], Response]:
        kind = _KINDS[Path(name).suffix]
        return lambda request: Response(assets[name], media_type=kind, headers=headers("", request.headers["host"]))

    async def talk(page: WebSocket) -> None:
        await Session(desk, page).serve()

    routes: list[Any] = [Route("/", page), WebSocketRoute("/socket", talk)]
    routes += [Route(f"/{name}", asset(name)) for name in assets if name != "index.html"]
    return Guard(Starlette(routes=routes), port, token)


def listening(port: int | None) -> socket.socket:
    """A socket on the loopback address: at a port, or the first that is free. Raises OSError where it is taken."""
    for number in (port,) if port is not None else (*range(FIRST_PORT, FIRST_PORT + TRIED), 0):
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((LOOPBACK, number))
            found.listen(BACKLOG)
            return found
        except OSError as error:
            found.close()
            taken = error
    raise taken


def serve(desk: Callable[[], Desk], door: socket.socket, tell: Callable[[str], None], stop: Callable[[], bool]) -> None:
    """Serve the page of a desk until ``stop``; ``tell`` gets the address, with the token that opens it."""
    threading.stack_size(STACK)
    asyncio.run(_serve(desk, door, tell, stop))


class _Server(uvicorn.Server):
    """Signals are the command's, not the server's own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


async def _serve(
    desk: Callable[[], Desk], door: socket.socket, tell: Callable[[str], None], stop: Callable[[], bool]
) -> None:
    mine, port, token = desk(), door.getsockname()[1], secrets.token_urlsafe(24)
    config = uvicorn.Config(
        application(mine, port, token), log_config=None, access_log=False, lifespan="off", http="h11", loop="asyncio",
        ws="websockets-sansio", ws_max_size=LONGEST_MESSAGE, ws_per_message_deflate=False, server_header=False,
        proxy_headers=False, timeout_graceful_shutdown=1, limit_concurrency=64,
    )  # fmt: skip
    server = _Server(config)

    async def until_asked() -> None:
        while not stop():
            await asyncio.sleep(0.05)
        server.should_exit = True

    ending = asyncio.create_task(until_asked())
    tell(f"http://{LOOPBACK}:{port}/?token={token}")
    try:
        await server.serve([door])
    finally:
        ending.cancel()
        await mine.end()
