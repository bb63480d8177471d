"""`netspec play` as it is started: its address, its socket over the wire, its end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from netspec.cli import main
from netspec.play.server import LONGEST_MESSAGE
from tests.play.pages import SMALL

ADDRESS = re.compile(r"http://(127\.0\.0\.1:(\d+))/\?token=([\w-]{20,})\n")


class Started:
    """A server that was started, and the page's way to it."""

    def __init__(self, *words: str) -> None:
        command = [sys.executable, "-m", "netspec", "play", *words]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        found = ADDRESS.fullmatch(self.process.stdout.readline())
        assert found is not None
        self.address, self.host, self.port, self.token = found[0].strip(), found[1], found[2], found[3]

    def socket(self) -> ClientConnection:
        cookie = f"netspec-play-{self.port}={self.token}"
        return connect(f"ws://{self.host}/socket", origin=f"http://{self.host}", additional_headers={"cookie": cookie},
                       compression=None)  # fmt: skip

    def end(self, number: int) -> tuple[int, str, float]:
        """Its exit status, what it wrote to stderr, and the seconds that the end took."""
        began = time.monotonic()
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=30)
        return self.process.returncode, said, time.monotonic() - began


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "small.net"
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.fixture
def started(spec: Path) -> Iterator[Started]:
    found = Started(str(spec), "--set", "units=10")
    yield found
    found.process.kill()
    found.process.communicate()


def hear(socket: ClientConnection, kind: str) -> Any:
    while True:
        message = json.loads(socket.recv(30))
        if message["type"] == kind:
            return message


def say(socket: ClientConnection, content: str | bytes) -> None:
    """Say something, and hear all that is told until the socket is closed."""
    socket.send(content)
    while True:
        socket.recv(30)


def children(pid: int) -> set[int]:
    return {int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


@pytest.mark.slow
def test_it_serves_ends_what_is_no_message_and_itself_with_all_that_runs(started: Started) -> None:
    answer = httpx2.get(started.address, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "server" not in answer.headers
    for content, code in ((b"binary", 1003), ("x" * (LONGEST_MESSAGE + 1), None), ("{}", 1008)):
        with started.socket() as socket, pytest.raises(ConnectionClosed) as closed:
            say(socket, content)
        ended = closed.value.rcvd  # who sends too much may be cut off before it listens
        assert code is None or (ended is not None and ended.code == code)
    with started.socket() as socket:
        assert hear(socket, "hello")["parameters"] == {"units": "10"}
        socket.send(json.dumps({"type": "train", "epochs": 1000}))
        hear(socket, "step")
        benches = children(started.process.pid)
        assert benches
        status, said, seconds = started.end(signal.SIGINT)
    first, *more = said.splitlines()
    assert (status, first) == (130, "open this address in a browser on this machine; Ctrl-C ends it")
    assert more in ([], ["interrupted"])  # a busy machine is not waited for
    assert seconds < 10  # 2 where the machine is not busy
    deadline = time.monotonic() + 5
    while any(os.path.exists(f"/proc/{pid}") for pid in benches) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(os.path.exists(f"/proc/{pid}") for pid in benches)


@pytest.mark.slow
def test_it_ends_in_time_also_while_a_large_net_is_read(started: Started) -> None:
    with started.socket() as socket:
        hear(socket, "net")
        text = "netspec 1\nnet A {\n input i: 8 x 8 x 8\n output y = i -> (conv(8, 1)) * 99000 -> relu\n}\n"
        socket.send(json.dumps({"type": "text", "text": text, "version": 1}))
        time.sleep(1)
        status, _, seconds = started.end(signal.SIGINT)
    assert status == 130
    assert seconds < 10  # 2 where the machine is not busy


@pytest.mark.slow
def test_nobody_else_can_connect_and_a_taken_port_is_told(started: Started, spec: Path) -> None:
    with Path("/proc/net/tcp").open() as table:
        listening = [line.split()[1] for line in table if line.split()[3] == "0A"]
    assert [one[:8] for one in listening if int(one[9:], 16) == int(started.port)] == ["0100007F"]
    command = [sys.executable, "-m", "netspec", "play", str(spec), "--port", started.port]
    second = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert second.returncode == 2
    assert f"--port {started.port} cannot be listened on" in second.stderr
    assert started.end(signal.SIGTERM)[0] == 143


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n", b"\x93NUMPY"])
def test_what_is_no_spec_is_told_as_what_it_is(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.net").write_bytes(content)
    assert main(["play", str(tmp_path / "x.net")]) == 1
    assert ", and a spec is wanted" in capsys.readouterr().err


@pytest.mark.slow
def test_without_a_spec_it_is_the_shipped_one_which_cannot_be_saved() -> None:
    started = Started()
    with started.socket() as socket:
        hello = hear(socket, "hello")
        assert "net LeNet5" in hello["text"]
        socket.send(json.dumps({"type": "save", "text": "", "over": True}))
        assert "shipped" in hear(socket, "unsaved")["text"]
    assert started.end(signal.SIGINT)[0] == 130
