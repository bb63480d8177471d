"""Who is let in: only a page of this server, of somebody who knows the token, under this server's own name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from netspec.language import LARGEST
from netspec.play.server import LONGEST_MESSAGE
from tests.play.pages import HOST, ORIGIN, OWN, PORT, SMALL, SOCKET, TOKEN, served

COOKIE = f"netspec-play-{PORT}"
HOSTS = [
    "evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:1", f"127.0.0.1.:{PORT}", f"0.0.0.0:{PORT}",
    f"[::1]:{PORT}", f"localhost.evil.example:{PORT}", "",
]  # fmt: skip
ORIGINS = [
    None, "null", "https://evil.example", "http://127.0.0.1", f"https://{HOST}", f"http://localhost:{PORT}",
    f"http://{HOST}/", f"{ORIGIN}.evil.example",
]  # fmt: skip
PATHS = [
    "/../pyproject.toml", "/%2e%2e/pyproject.toml", "/..%2fpyproject.toml", "/assets/play.js", "/play.js/",
    "//etc/passwd", "/small.net", "/play.js%00", "/index.html",
]  # fmt: skip
MALFORMED = [
    b"bytes",
    "",
    "no json",
    "[]",
    "7",
    "[" * 100_000,
    '{"type": "nothing"}',
    '{"type": 7}',
    '{"type": ["save"]}',
    '{"type": "text"}',
    '{"type": "text", "text": 7, "version": 1}',
    '{"type": "text", "text": "", "version": true}',
    '{"type": "save", "text": ""}',
    '{"type": "digit", "pixels": "xy", "id": 1}',
    '{"type": "digit", "pixels": "%s", "id": 1}' % ("00" * 300_000),
    '{"type": "train", "epochs": 0}',
    '{"type": "train", "epochs": 1e99}',
    '{"type": "sample", "label": 10, "number": 0}',
    '{"type": "ask", "what": "__class__", "line": 0, "character": 0, "id": 1}',
    '{"type": "ask", "what": "hover", "line": -1, "character": 0, "id": 1}',
    '{"type": "parameters", "values": {"units": 3}}',
    '{"type": "parameters", "values": {"units": "%s"}}' % ("9" * 20_000),
    '{"type": "open", "names": [[]]}',
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    path = tmp_path_factory.mktemp("play") / "small.net"
    path.write_text(SMALL, encoding="utf-8")
    with served(path) as (client, _):
        yield client


@pytest.fixture
def client(server: TestClient) -> TestClient:
    server.cookies.clear()
    return server


def test_the_token_becomes_a_cookie_and_leaves_the_address(client: TestClient) -> None:
    answer = client.get(f"/?token={TOKEN}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert answer.headers["set-cookie"] == f"{COOKIE}={TOKEN}; HttpOnly; Path=/; SameSite=strict"
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("query", ["", "?token=", "?token=A-token", "?token=a-token2", "?token=%F0%9F%98%80",
                                   "?token=a-token&token=a-token", "?Token=a-token", "?token=%ED%A0%80"])  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/play.js", "/socket"])
def test_without_the_token_nothing_is_told(client: TestClient, path: str, query: str) -> None:
    answer = client.get(path + query, follow_redirects=False)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert "conv" not in answer.text


def test_the_token_is_taken_for_the_page_alone(client: TestClient) -> None:
    assert client.get(f"/play.js?token={TOKEN}", follow_redirects=False).status_code == 403
    assert client.post(f"/?token={TOKEN}", follow_redirects=False).status_code == 403


@pytest.mark.parametrize("cookie", [f"{COOKIE}=b-token", f"netspec-play-1={TOKEN}", f"{COOKIE}=", TOKEN, "\x01=\x02;;",
                                    f"{COOKIE}=é"])  # fmt: skip
def test_a_wrong_cookie_opens_nothing(client: TestClient, cookie: str) -> None:
    headers = {b"cookie": cookie.encode()}
    assert client.get("/", headers=headers).status_code == 403
    assert refusal(client, {b"origin": ORIGIN.encode(), **headers})


@pytest.mark.parametrize("host", HOSTS)
def test_a_foreign_name_of_the_host_is_refused(client: TestClient, host: str) -> None:
    answer = client.get(f"/?token={TOKEN}", headers={"host": host}, follow_redirects=False)
    assert answer.status_code == 421
    assert "set-cookie" not in answer.headers
    client.get(f"/?token={TOKEN}")
    assert client.get("/", headers={"host": host}).status_code == 421
    assert refusal(client, {"host": host, "origin": f"http://{host}"})


def test_its_other_name_is_its_own(client: TestClient) -> None:
    name = {"host": f"localhost:{PORT}"}
    assert client.get(f"/?token={TOKEN}", headers=name, follow_redirects=False).status_code == 303


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_socket_from_another_page_is_refused(client: TestClient, origin: str | None) -> None:
    client.get(f"/?token={TOKEN}")
    assert refusal(client, {} if origin is None else {"origin": origin})
    if origin is not None:
        assert client.get("/", headers={"origin": origin}).status_code == 403


def refusal(client: TestClient, headers: dict[Any, Any]) -> bool:
    """Whether a socket is not even opened."""
    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect(SOCKET, headers=headers):
        pytest.fail("it was opened")
    return refused.value.code == 1008


def test_every_answer_says_that_nothing_comes_from_elsewhere(client: TestClient) -> None:
    client.get(f"/?token={TOKEN}")
    nonces = set()
    for path in ("/", "/", "/play.js", "/play.css", "/icon.svg"):
        answer = client.get(path)
        rules = dict(rule.strip().split(" ", 1) for rule in answer.headers["content-security-policy"].split(";"))
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == "'self'"
        assert rules["connect-src"] == f"'self' ws://{HOST}"
        assert (rules["frame-ancestors"], rules["base-uri"], rules["form-action"]) == ("'none'",) * 3
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        if path == "/":
            nonces.add(rules["style-src"])
            (nonce,) = (part[7:-1] for part in rules["style-src"].split() if "nonce" in part)
            assert f'content="{nonce}"' in answer.text
    assert len(nonces) == 2  # one for each page


def test_the_page_asks_for_nothing_but_its_own_parts(client: TestClient) -> None:
    client.get(f"/?token={TOKEN}")
    page = client.get("/").text
    assert "http:" not in page and "https:" not in page and "//" not in page.replace("<!doctype html>", "")
    style = client.get("/play.css").text
    assert "url(" not in style and "@import" not in style


@pytest.mark.parametrize("path", PATHS)
def test_there_are_no_other_files(client: TestClient, path: str) -> None:
    client.get(f"/?token={TOKEN}")
    answer = client.get(path, follow_redirects=False)
    assert answer.status_code in (307, 404)
    assert "conv" not in answer.text and "build-system" not in answer.text


@pytest.mark.slow
@pytest.mark.parametrize("message", MALFORMED, ids=lambda message: message[:60])
def test_what_is_no_message_ends_the_socket(client: TestClient, message: str | bytes) -> None:
    client.get(f"/?token={TOKEN}")
    with client.websocket_connect(SOCKET, headers=OWN) as socket:
        socket.receive_json()
        socket.send_bytes(message) if isinstance(message, bytes) else socket.send_text(message)
        socket.send_bytes(b"")  # ends it where that did not
        with pytest.raises(WebSocketDisconnect) as ended:
            listen(socket)
        assert ended.value.code == (1003 if isinstance(message, bytes) else 1008)
    with client.websocket_connect(SOCKET, headers=OWN) as socket:  # and the server goes on
        assert socket.receive_json()["type"] == "hello"


def test_a_text_may_be_as_large_as_a_spec_may() -> None:
    assert len(json.dumps("\1" * LARGEST)) < LONGEST_MESSAGE  # each character escaped


def listen(socket: WebSocketTestSession) -> None:
    """Hear all that is told until the socket is closed."""
    while True:
        socket.receive_json()
