"""R20: signals at random moments to the process, its group or a worker:
it ends in time with their status, and what is kept goes on."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from pathlib import Path

from netspec.files import TEMPORARY
from tests.fuzz import tiny
from tests.fuzz.frame import Harness
from tests.processes import members

#: Seconds that a training has to end, on a machine that has much else to do.
SOON = 30
NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _case(draw: random.Random, folder: Path) -> None:
    tiny.prepare(folder)
    run = folder / "a"
    for _ in range(draw.choice((1, 2))):
        _broken(draw, folder, run)
        assert not [path.name for path in run.glob("*") if path.name.endswith(TEMPORARY)]
    tiny.train(folder, out=run, **({"resume": run} if (run / "state.safetensors").exists() else {}))
    tiny.same_end(run)


def _broken(draw: random.Random, folder: Path, run: Path) -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _go(draw, folder, run, writing)
    os.close(writing)
    os.read(reading, 1)  # it hears signals from here on
    os.close(reading)
    time.sleep(draw.random() * 0.6)
    number, target = draw.choice(NUMBERS), draw.choice(("process", "group", "worker", "twice"))
    workers = [pid for pid in members(child) if pid != child]
    wanted = {0, 128 + number}
    if target == "worker" and workers:
        _kill(draw.choice(workers), draw.choice((signal.SIGKILL, signal.SIGSTOP)))
        wanted = {0, 2}
    elif target == "group":
        os.killpg(child, number)
    else:
        _kill(child, number)
    if target == "twice":
        time.sleep(draw.random() * 0.1)
        _kill(child, draw.choice(NUMBERS))
        wanted = {0, *(128 + one for one in NUMBERS)}  # of two that come at once either may be taken for the first
    status = _ended(child)
    assert status in wanted, (status, target, number)
    left = members(child)
    for pid in left:
        _kill(pid, signal.SIGKILL)
    assert not left, target


def _go(draw: random.Random, folder: Path, run: Path, writing: int) -> None:
    """In a child: the command line, in a group of its own."""
    status = 99
    try:
        os.setpgid(0, 0)
        from netspec.cli import main, signals

        for number in NUMBERS:
            signal.signal(number, lambda number, frame: os._exit(128 + number))
        os.chdir(folder)
        resume = ["--resume", str(run)] if (run / "state.safetensors").exists() else ["-o", str(run)]
        os.write(writing, b"r")
        status = main(["train", "s.net", "--data", "d", *resume, "--threads", str(draw.choice((1, 2, 3)))])
        signals.last()
    finally:
        os._exit(status)


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _ended(child: int) -> int:
    """The exit status; a finding where it does not end."""
    end = time.monotonic() + SOON
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    for pid in members(child):
        _kill(pid, signal.SIGKILL)
    os.waitpid(child, 0)
    raise AssertionError(f"still there after {SOON} s")


SIGNALS = Harness("signals", "R20", _case, short=10, long=1_000, seconds=20)
