"""How the server begins and ends, when all is well and when it is not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from netspec.cli import main

SERVER = [sys.executable, "-m", "netspec", "lsp"]


def message(**content: object) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **content}).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


INITIALIZE = message(id=1, method="initialize", params={"capabilities": {}, "processId": None, "rootUri": None})
SHUTDOWN, EXIT = message(id=2, method="shutdown"), message(method="exit")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (INITIALIZE + SHUTDOWN + EXIT, 0),
        (INITIALIZE + EXIT, 1),  # as the protocol has it
        (INITIALIZE, 1),  # the editor is gone
        (b"", 1),
        (
            INITIALIZE
            + message(method="$/cancelRequest", params={"id": 7})
            + message(method="$/none")
            + SHUTDOWN
            + EXIT,
            0,
        ),
        (b"GET / HTTP/1.1\r\n\r\n", 1),
        (b"Content-Length: 9\r\n\r\n{ no json" + INITIALIZE + SHUTDOWN + EXIT, 0),
    ],
)
def test_it_ends_with_its_editor_and_is_silent(sent: bytes, status: int) -> None:
    done = subprocess.run(SERVER, input=sent, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (status, b"")


PLACE = {"textDocument": {"uri": "untitled:a"}, "position": {"line": -1, "character": 0}}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (message(id=9, method="textDocument/hover", params=PLACE) + SHUTDOWN, -32602),  # invalid params
        (message(id=9, method="textDocument/hover") + SHUTDOWN, -32602),
        (message(id=9, method="textDocument/rename", params={"textDocument": 3}) + SHUTDOWN, -32602),
        (SHUTDOWN + message(id=9, method="textDocument/hover", params=PLACE), -32602),
        (SHUTDOWN + message(id=9, method="textDocument/foldingRange", params=PLACE), -32600),  # invalid request
    ],
)
def test_a_request_that_cannot_be_read_or_comes_too_late_is_answered(sent: bytes, code: int) -> None:
    done = subprocess.run(SERVER, input=INITIALIZE + sent + EXIT, capture_output=True, timeout=60)
    bodies = [json.loads(part.partition(b"Content-Length")[0]) for part in done.stdout.split(b"\r\n\r\n")[1:]]
    assert [body["error"]["code"] for body in bodies if body.get("id") == 9] == [code]
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it(number: signal.Signals, status: int) -> None:
    with subprocess.Popen(SERVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdin and server.stdout
        server.stdin.write(INITIALIZE)
        server.stdin.flush()
        assert server.stdout.readline().startswith(b"Content-Length")
        server.send_signal(number)
        assert server.wait(60) == status


def test_nobody_is_left_waiting_at_a_terminal() -> None:
    master, terminal = os.openpty()
    done = subprocess.run(SERVER, stdin=terminal, capture_output=True, timeout=60)
    os.close(master)
    os.close(terminal)
    assert done.returncode == 2
    assert b"started by an editor" in done.stderr


def test_without_its_package_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["lsp"]) == 2
    assert 'pip install "netspec[lsp]"' in capsys.readouterr().err
