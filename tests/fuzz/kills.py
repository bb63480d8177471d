"""R16: kill -9 at random moments of a training; it goes on to the bits of the unbroken run,
and no file is ever half."""

from __future__ import annotations

import os
import random
import signal
import time
from functools import cache
from pathlib import Path

from netspec.files import TEMPORARY
from tests.fuzz import tiny
from tests.fuzz.frame import Harness


@cache
def _seconds() -> float:
    """How long a whole run takes here."""
    tiny.unbroken()
    tiny.unbroken.cache_clear()
    began = time.perf_counter()
    tiny.unbroken()
    return time.perf_counter() - began


def _case(draw: random.Random, folder: Path) -> None:
    tiny.prepare(folder)
    run = folder / "a"
    moments = [draw.random() * _seconds() * 1.2 for _ in range(draw.choice((1, 1, 2, 3)))]
    for moment in moments:
        child = os.fork()
        if not child:
            _go(folder, run)
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        tiny.intact(run)
    tiny.train(folder, out=run, **_how(run))
    tiny.same_end(run)
    assert not any(path.name.endswith(TEMPORARY) for path in run.iterdir())


def _how(run: Path) -> dict[str, Path]:
    return {"resume": run} if (run / "state.safetensors").exists() else {}


def _go(folder: Path, run: Path) -> None:
    """In a child: train to the end, if it is let to."""
    try:
        tiny.train(folder, out=run, **_how(run))
    finally:
        os._exit(0)


KILLS = Harness("kills", "R16", _case, short=12, long=1_000, seconds=20)
