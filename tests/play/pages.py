"""A page for tests: a client that has the cookie, and says and hears what the real page does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient, WebSocketTestSession

from netspec.play.desk import Desk
from netspec.play.server import application
from netspec.play.spec_file import SpecFile

PORT, TOKEN = 8777, "a-token"
HOST = f"127.0.0.1:{PORT}"
ORIGIN = f"http://{HOST}"
OWN = {"origin": ORIGIN}
SOCKET = f"ws://{HOST}/socket"

#: What can become of a save, of a training, of a question: where one is waited for, another is a fault.
ENDS = ({"saved", "unsaved", "changed"}, {"trained", "failed", "ended"}, {"answer", "failed", "ended"})

SMALL = """netspec 1

net Small(units = 10, gate = true) {
    input image: 1 x 28 x 28
    sparse table t: 2 -> 2 {
        X .
        X X
    }
    c = image -> conv(2, 5, stride: 4) -> relu
    output y = c -> conv(2, 3, table: t) -> dense(units) -> softmax
}
train {
    optimizer: adam(rate: 0.005)
    batch: 200
    epochs: 1
}
data { prepare: scale(1 / 255) }
"""


@contextmanager
def served(path: Path, **how: Any) -> Iterator[tuple[TestClient, Desk]]:
    """A server of a spec, and a client that knows nothing yet."""
    spec = SpecFile(path, how.pop("fixed", ""))
    spec.read()
    desk = Desk(spec, how.pop("parameters", {}), **how)
    with TestClient(application(desk, PORT, TOKEN), base_url=ORIGIN) as client:
        yield client, desk
        assert client.portal is not None
        client.portal.call(desk.end)


class Page:
    """What a page is told, the newest of each kind; it has been told ``hello``."""

    def __init__(self, socket: WebSocketTestSession) -> None:
        self.socket = socket
        self.hello = self.hear("hello")

    def tell(self, **message: Any) -> None:
        """Say something."""
        self.socket.send_json(message)

    def hear(self, kind: str, **wanted: Any) -> Any:
        """The next message of a kind in which all that is wanted stands; others are passed over, but another end."""
        while True:
            message = self.socket.receive_json()
            for ends in ENDS:
                assert not {kind, message["type"]} <= ends or kind == message["type"], message["type"]
            if message["type"] == kind and all(message[name] == value for name, value in wanted.items()):
                return message

    def type(self, text: str, version: int) -> Any:
        """Write a text, and hear what it is."""
        self.tell(type="text", text=text, version=version)
        return self.hear("net", version=version)


@contextmanager
def opened(client: TestClient) -> Iterator[Page]:
    """A page as a browser opens it: the address with the token, and then the socket."""
    client.get(f"/?token={TOKEN}")
    with client.websocket_connect(SOCKET, headers=OWN) as socket:
        yield Page(socket)
