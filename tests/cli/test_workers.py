"""`netspec run --ray` before there is a cluster: what is asked of it, what it is refused, what it is told."""

from __future__ import annotations

import socket
import sys
import threading
from importlib import util
from io import BytesIO
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from netspec.cli.workers import Crew, in_blocks
from netspec.diagnostics import Trouble
from netspec.runtime import cluster
from netspec.runtime.cluster import Machine
from tests.cli.test_run import asked, folder

__all__ = ["folder"]
Captured = pytest.CaptureFixture[str]
pytestmark = pytest.mark.usefixtures("folder")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--workers", "2"], "--workers belongs to --ray, which is missing"),
        (["--ray-address", "127.0.0.1:1"], "--ray-address belongs to --ray"),
        (["--ray", "--untrusted"], "with --ray there are rows only"),
        (["--ray", "--map", "maps"], "with --ray there are rows only"),
        (["--ray", "--boxes", "boxes"], "with --ray there are rows only"),
        (["--ray", "--workers", "0"], "--workers"),
        (["--ray", "--parquet", "rows", "--csv", "-"], "no other form goes with it"),
        (["--ray", "--ray-address", "here"], "here is no address of a Ray cluster"),
        (["--ray", "--ray-address", "ray://here:10001"], "is no address of a Ray cluster"),
        (["--ray", "--ray-address", "127.0.0.1:1"], "no Ray cluster answers at 127.0.0.1:1: connection refused"),
        (["--ray", "--ray-address", "127.0.0.1:99999"], "no Ray cluster answers at 127.0.0.1:99999"),
    ],
)
def test_what_is_refused(words: list[str], told: str, capfd: Captured) -> None:
    status, _, err = asked(capfd, "a.png", *words)
    assert status == 2 and told in err and not Path("rows").exists()
    assert "ray._private" not in sys.modules  # Ray was not loaded for it


def test_what_is_no_picture_is_refused(capfd: Captured) -> None:
    np.save("x.npy", np.zeros((2, 1, 1, 2), "f4"))
    status, _, err = asked(capfd, "a.png", "x.npy", "--ray", "--ray-address", "127.0.0.1:1")
    assert status == 2 and "x.npy[0] is none" in err


def test_without_ray_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, capfd: Captured) -> None:
    for missing in ("ray", "pandas", "pyarrow"):
        monkeypatch.setattr(
            cluster, "find_spec", lambda name, no=missing: None if name == no else util.find_spec("json")
        )
        status, _, err = asked(capfd, "a.png", "--ray")
        assert status == 2 and 'pip install "netspec[ray]"' in err


def test_the_variable_of_ray_alone_asks_for_nothing(monkeypatch: pytest.MonkeyPatch, capfd: Captured) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    assert asked(capfd, "a.png")[0] == 0
    status, _, err = asked(capfd, "a.png", "--ray")
    assert status == 2 and "no Ray cluster answers at 127.0.0.1:1" in err


def test_an_address_where_something_else_listens(monkeypatch: pytest.MonkeyPatch, capfd: Captured) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 0.2)
    monkeypatch.setattr(cluster, "admission", None)  # it does not come to that
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        status, _, err = asked(capfd, "a.png", "--ray", "--ray-address", f"127.0.0.1:{port}")
    assert status == 2 and f"no Ray cluster answers at 127.0.0.1:{port}: timed out" in err


def test_where_nothing_is_left_no_cluster_is_asked(capfd: Captured) -> None:
    assert asked(capfd, "a.png", "c.png", "--parquet", "rows/")[0] == 0
    there = ("--ray", "--ray-address", "127.0.0.1:1", "--parquet", "rows")
    status, _, err = asked(capfd, "a.png", "c.png", *there)
    assert status == 0 and "2 had rows in rows already" in err and "nothing is left to do" in err
    assert asked(capfd, "a.png", "b.png", *there)[0] == 2


@pytest.mark.parametrize(
    ("count", "batch", "workers", "sizes"),
    [
        (71, 32, 2, [32, 32, 7]),
        (1000, 32, 2, [96] * 10 + [40]),
        (100_000, 32, 2, [512] * 195 + [160]),
        (100_000, 100, 1, [500] * 200),
        (5, 1, 8, [1] * 5),
        (2000, 700, 1, [700, 700, 600]),
    ],
)
def test_blocks_are_whole_batches_in_order(count: int, batch: int, workers: int, sizes: list[int]) -> None:
    names = [str(number) for number in range(count)]
    found = list(in_blocks(names, batch, workers))
    assert [len(block) for block in found] == sizes and [name for block in found for name in block] == names


def test_how_many_workers_there_are(capfd: Captured) -> None:
    machines = [Machine(8, 1), Machine(3, 0), Machine(4, 2)]
    told = lambda: capfd.readouterr().err  # noqa: E731
    assert Crew("h:1", None, 2).fitting(machines, "cpu") == 4 + 1 + 2
    assert "running on 7 workers of the Ray cluster at h:1" in told()
    assert Crew("h:1", None, 2).fitting(machines, "cuda") == 1 + 0 + 2
    assert Crew(None, 1, 4).fitting(machines, "cpu") == 1
    assert told().splitlines()[-1] == "running on 1 worker of Ray on this machine"
    assert Crew("h:1", 9, 2).fitting(machines, "cpu") == 9
    assert "it has 2 cores for 7 of them; the others start when there is more" in told()
    for threads, device, wanted in ((9, "cpu", "9 cores for"), (4, "tensorrt", "4 cores and a card for")):
        with pytest.raises(Trouble, match=f"no machine of the Ray cluster at h:1 has {wanted}"):
            Crew("h:1", 1, threads).fitting(machines[1:2], device)


@pytest.mark.parametrize(
    ("given", "home", "token"),
    [
        ({"RAY_AUTH_MODE": "disabled"}, True, {}),
        ({}, False, {}),
        ({}, True, {"RAY_AUTH_MODE": "token"}),
        ({"RAY_AUTH_TOKEN": "t"}, False, {"RAY_AUTH_MODE": "token"}),
    ],
)
def test_the_token_of_a_cluster(
    given: dict[str, str], home: bool, token: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home" / ".ray").mkdir(parents=True)
    if home:
        (tmp_path / "home" / ".ray" / "auth_token").write_text("t")
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert cluster.admission("h:1") == token
    own = cluster.admission(None)
    assert "RAY_AUTH_MODE" in given or (own["RAY_AUTH_MODE"] == "token" and len(own["RAY_AUTH_TOKEN"]) >= 32)


def test_of_rays_messages_the_first_sentence_is_told_once() -> None:
    told = list[str]()
    heed = cluster.heeding(told.append)
    for line in ("A worker died. Some causes: …", "A worker died. Others", "Task x failed. the task will be retried."):
        heed({"lines": [line], "pid": "raylet", "is_err": False}, ignore_prefix=False)
    assert told == ["Ray: A worker died"]


@pytest.mark.slow
def test_a_signal_stops_the_waiting_and_silence_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "SILENCE", 0.05)
    ended = threading.Event()
    monkeypatch.setattr(cluster, "_asked", lambda *_: None)
    monkeypatch.setattr(cluster, "_follow", lambda _, came: came.put(None if ended.wait(3) else b"too late"))
    told, asks = list[str](), iter([False] * 4 + [True])
    assert list(islice(cluster.answers(None, [], 1, lambda: next(asks), told.append), 1)) == []
    assert told and "no answer came" in told[0]
    ended.set()


class Cancelled(Exception):
    pass


@pytest.mark.parametrize(
    ("found", "status", "told"),
    [
        ((1, b"error[N112]: no"), 1, b"error[N112]: no"),
        (Cancelled("x"), 130, b""),
        (ModuleNotFoundError("No module named 'netspec'"), 2,
         b"error[N718]: Ray does not go on: No module named 'netspec' (install the same netspec on every machine)"),
    ],
)  # fmt: skip
def test_a_call_is_treated_as_a_process(
    found: object, status: int, told: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, asked_for = list[object](), list[object]()

    def get(call: object) -> object:
        if isinstance(found, Exception):
            raise found
        return found

    def remote(**options: object) -> object:
        asked_for.append(options)
        return lambda function: SimpleNamespace(remote=lambda *given: (function, given))

    errors = SimpleNamespace(TaskCancelledError=Cancelled, WorkerCrashedError=Cancelled)
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(
        remote=remote, get=get, exceptions=errors, wait=lambda calls, timeout: (calls, []) if done else ([], calls),
        cancel=lambda call, force: asked_for.append(force),
    ))  # fmt: skip
    said = BytesIO()
    call = cluster.Call(len, ["abc"], 3, said)
    assert asked_for == [{"num_cpus": 3, "max_retries": -1}] and call.call == (len, ("abc",))
    assert call.poll() is None and call.returncode is None
    call.send_signal(2)
    call.terminate()
    call.kill()
    assert asked_for[1:] == [False, False, True]
    done.append(True)
    assert call.poll() == call.wait() == call.returncode == status and said.getvalue() == told
