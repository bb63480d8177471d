"""R34: one process trains, stops, goes on, runs and scores for an hour;
its memory stays what it was, and no child is left."""

from __future__ import annotations

import gc
import os
import random
import signal
from pathlib import Path

import numpy as np

from netspec.cli import main
from netspec.engine.training.events import Progress
from netspec.net import load
from tests.fuzz import tiny
from tests.fuzz.frame import Harness

#: Rounds before the process has all that it ever needs, and MB that it may grow by afterwards.
WARM, GROWTH = 30, 12
_rounds: list[float] = []


def _case(draw: random.Random, folder: Path) -> None:
    tiny.prepare(folder)
    run = folder / "a"
    steps = draw.randrange(1, 12)
    if draw.random() < 0.3:
        _killed(folder, run, steps)
    else:
        _left(draw, folder, run, steps)
    state = run / "state.safetensors"
    for _ in load(folder / "s.net").train(
        folder / "d", out=run, epochs=4, workers=draw.choice((1, 2)), **({"resume": run} if state.exists() else {})
    ):
        pass
    tiny.same_end(run)
    assert main(["eval", str(run / "model.onnx"), "--data", "d", "--device", "cpu"]) == 0
    load(folder / "s.net").values(load(folder / "s.net").initial(), np.zeros((3, 1, 4, 4), np.float32))
    _flat()


def _left(draw: random.Random, folder: Path, run: Path, steps: int) -> None:
    """Closed, asked to stop or forgotten in the middle."""
    asked: list[int] = []
    events = load(folder / "s.net").train(
        folder / "d", out=run, epochs=4, workers=draw.choice((1, 2)), stop=lambda: bool(asked)
    )
    way = draw.choice(("close", "stop", "forget"))
    for event in events:
        steps -= isinstance(event, Progress)
        if steps <= 0:
            if way != "stop":
                break
            asked.append(1)
    if way == "close":
        events.close()  # type: ignore[attr-defined]
    del events


def _killed(folder: Path, run: Path, steps: int) -> None:
    child = os.fork()
    if not child:
        try:
            for event in load(folder / "s.net").train(folder / "d", out=run, epochs=4, workers=2):
                steps -= isinstance(event, Progress)
                if steps <= 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def _flat() -> None:
    """No child is left, and after a while the memory grows no more."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    assert not children, children
    gc.collect()  # the command line lets garbage lie, since a command is short
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    _rounds.append(pages * os.sysconf("SC_PAGESIZE") / 1e6)
    if len(_rounds) > WARM:
        assert _rounds[-1] < _rounds[WARM - 1] + GROWTH, (
            f"{_rounds[WARM - 1]:.0f} MB after {WARM} rounds, {_rounds[-1]:.0f} after {len(_rounds)}"
        )


SOAK = Harness("soak", "R34", _case, short=5, long=12_000, seconds=20, portion=12_000)
