"""Signals end every command with their own status; a training saves first, and a second signal ends at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fixtures import prepared
from tests.processes import members

pytestmark = pytest.mark.slow

STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
#: Seconds that a busy machine may take where a quiet one takes two.
SOON = 20
LONG = ("train", "tiny.net", "--data", "digits", "--epochs", "1000000", "-o", "run")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(tmp_path_factory.mktemp("signals"))


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """Start a command in a process group of its own; what is left of the group is killed, and nothing may be left."""
    begun: list[subprocess.Popen[str]] = []

    def begin(*arguments: str, before: str = "") -> subprocess.Popen[str]:
        heard = "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_DFL)"  # under nohup it would be ignored
        run = "import runpy; runpy.run_module('netspec', run_name='__main__')"
        code = f"{heard}\n{before}\nsys.argv[1:] = {list(arguments)!r}; {run}"
        begun.append(
            subprocess.Popen(
                [sys.executable, "-c", code],
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                process_group=0,
            )
        )
        return begun[-1]

    yield begin
    for child in begun:
        left = members(child.pid)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        child.communicate()
        assert not left


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def ends(child: subprocess.Popen[str], status: int, seconds: float = SOON) -> str:
    _, said = child.communicate(timeout=seconds)
    assert child.returncode == status, said
    assert "Traceback" not in said
    until(lambda: not members(child.pid), 5)
    return said


@pytest.mark.parametrize(
    ("number", "threads", "whole"),
    [(signal.SIGINT, "1", False), (signal.SIGINT, "3", True), (signal.SIGTERM, "2", True), (signal.SIGHUP, "2", True)],
)
def test_the_first_signal_saves(start: Start, folder: Path, number: signal.Signals, threads: str, whole: bool) -> None:
    run = f"run-{number.name}-{threads}-{whole}"
    child = start(*LONG[:-1], run, "--threads", threads)
    until((folder / run / "state.safetensors").exists)
    (os.killpg if whole else os.kill)(child.pid, number)
    said = ends(child, STATUS[number])
    assert f"--resume {run}" in said
    if number != signal.SIGTERM:
        return
    again = start(*LONG[:4], "--resume", run, "--epochs", "1000000", "--threads", "1")
    until(lambda: "steps per epoch" in (again.stderr.readline() if again.stderr else ""))
    os.kill(again.pid, signal.SIGTERM)
    ends(again, 143)


def test_signals_that_were_ignored_before(start: Start, folder: Path) -> None:
    # a script's job in the background is born with SIGINT ignored, and minds it all the same; `nohup` is obeyed
    child = start(
        *LONG[:-1],
        "ignored",
        "--threads",
        "1",
        before="import signal; [signal.signal(n, signal.SIG_IGN) for n in (signal.SIGINT, signal.SIGHUP)]",
    )
    until((folder / "ignored" / "state.safetensors").exists)
    os.kill(child.pid, signal.SIGHUP)
    time.sleep(0.5)
    assert child.poll() is None
    os.kill(child.pid, signal.SIGINT)
    ends(child, 130)


#: Where a command is kept from going on, and what it then does there for ever.
HELD = {
    "reading": "import netspec.data.sets as m; m.read_part = hold",
    "planning": "import netspec.engine.planning.make as m; m.plan = hold",
    "the first step": "import netspec.engine.running.runner as m; m.Runner.step = hold",
    "writing the model": "import netspec.net.compiling as m; m.write = hold",
}
HOLD = (
    "import os, time; os.environ['X'] = ''\n"
    "def hold(*a, **k):\n    open('held', 'w').close()\n    {}\n"
)  # fmt: skip
#: A wait that handlers of Python end, and a call into a library that they do not.
WAYS = {"python": "time.sleep(1000)", "library": "import ctypes; [ctypes.CDLL(None).usleep(10**8) for _ in range(9)]"}


@pytest.mark.parametrize(
    ("place", "way"),
    [("reading", "python"), ("planning", "library"), ("the first step", "library"), ("writing the model", "python")],
)
def test_the_second_signal_ends_at_once(start: Start, folder: Path, place: str, way: str) -> None:
    (folder / "held").unlink(missing_ok=True)
    before = f"exec({HOLD.format(WAYS[way])!r}); exec({HELD[place]!r})"
    run = f"twice-{place.replace(' ', '-')}-{way}"
    child = start(*LONG[:-1], run, "--threads", "3", before=before)
    until((folder / "held").exists)
    time.sleep(0.1)
    os.kill(child.pid, signal.SIGINT)
    time.sleep(0.1)
    if child.poll() is None:
        os.kill(child.pid, signal.SIGINT)
    ends(child, 130)
    assert not list(folder.glob(f"{run}/.*netspec-tmp"))


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        (("check", "tiny.net"), signal.SIGINT),
        (("compile", "tiny.net", "-o", "x.onnx"), signal.SIGTERM),
        (("profile", "tiny.net"), signal.SIGHUP),
    ],
)
def test_other_commands_end_with_the_status_of_the_signal(
    start: Start, folder: Path, number: signal.Signals, arguments: tuple[str, ...]
) -> None:
    (folder / "held").unlink(missing_ok=True)
    place = {"compile": "netspec.files.os.fsync", "profile": "netspec.net.sound", "check": "netspec.net.read"}[
        arguments[0]
    ]
    module, _, name = place.rpartition(".")
    module = "os" if module.endswith("os") else module
    child = start(
        *arguments,
        before=f"exec({HOLD.format(WAYS['python'])!r}); import {module} as m; import netspec.files; m.{name} = hold",
    )
    until((folder / "held").exists)
    os.kill(child.pid, number)
    ends(child, STATUS[number])
    assert not list(folder.glob(".*netspec-tmp"))


@pytest.mark.parametrize(("number", "which"), [(signal.SIGKILL, 0), (signal.SIGSTOP, -1)])
def test_a_killed_or_stopped_worker_is_told(start: Start, folder: Path, number: signal.Signals, which: int) -> None:
    run = f"worker-{number.name}"
    child = start(*LONG[:-1], run, "--threads", "4")
    until(lambda: len(members(child.pid)) == 4)
    workers = sorted(set(members(child.pid)) - {child.pid})
    assert len(workers) == 3  # and nothing else
    os.kill(workers[which], number)
    assert "N710" in ends(child, 2)
