"""A training from Python that ends in the middle, however it does: no process is left, and what was kept goes on."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.diagnostics import Fault, Trouble
from netspec.engine.running.runner import Runner
from netspec.engine.training.events import Epoch, Progress
from netspec.net import load
from netspec.net.judging import Judge
from tests.fixtures import prepared
from tests.processes import children


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(tmp_path_factory.mktemp("endings"))


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    before = children(), np.geterr()
    yield
    gc.collect()
    assert (children(), np.geterr()) == before


def events(folder: Path, **more: Any) -> Iterator[Any]:
    return load(folder / "tiny.net").train(folder / "digits", batch=8, **({"workers": 3, "epochs": 1000} | more))


@pytest.mark.slow
def test_closed_in_the_middle(folder: Path) -> None:
    running = events(folder)
    for _ in range(5):
        next(running)
    assert len(children()) >= 2
    running.close()  # type: ignore[attr-defined]


@pytest.mark.slow
def test_forgotten_in_the_middle(folder: Path) -> None:
    running = events(folder)
    for _ in range(5):
        next(running)
    del running
    gc.collect()


@pytest.mark.slow
def test_two_side_by_side_end_in_any_order(folder: Path) -> None:
    first, second = events(folder), events(folder, workers=2)
    for _ in range(4):
        next(first), next(second)
    first.close()  # type: ignore[attr-defined]
    for _ in range(4):
        next(second)
    second.close()  # type: ignore[attr-defined]


@pytest.mark.slow
def test_ended_by_another_thread(folder: Path) -> None:
    running = events(folder)
    next(running)
    thread = threading.Thread(target=running.close)  # type: ignore[attr-defined]
    thread.start()
    thread.join()


def interrupted(timer: threading.Timer, running: Iterator[Any]) -> Iterator[Any]:
    timer.start()
    yield from running


@pytest.mark.slow
@pytest.mark.parametrize("moment", [0.002, 0.05, 0.2])
def test_interrupted(folder: Path, moment: float) -> None:
    timer = threading.Timer(moment, lambda: os.kill(os.getpid(), signal.SIGINT))
    running = events(folder)
    next(running)
    with pytest.raises(KeyboardInterrupt):
        list(interrupted(timer, running))
    timer.join()


def failing(call: Callable[..., Any], at: int, error: Exception) -> Callable[..., Any]:
    calls = iter(range(1000))

    def wrapped(*given: Any, **named: Any) -> Any:
        if next(calls) == at:
            raise error
        return call(*given, **named)

    return wrapped


@pytest.mark.slow
@pytest.mark.parametrize("place", ["shared", "rank", "step", "reading", "scoring", "thread"])
def test_memory_that_runs_out_is_told(folder: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if place == "shared":
        monkeypatch.setattr("netspec.engine.running.arrays.shared", failing(lambda *a: np.zeros(*a), 3, MemoryError()))
    elif place == "rank":  # in a worker
        share = Runner._share
        monkeypatch.setattr(
            Runner,
            "_share",
            lambda self, rank, wait: failing(share, 0 if rank == 1 else -1, MemoryError())(self, rank, wait),
        )
    elif place == "step":
        monkeypatch.setattr(Runner, "step", failing(Runner.step, 2, MemoryError()))
    elif place == "reading":
        monkeypatch.setattr("netspec.data.batches.Batches.__init__", failing(lambda *a: None, 0, MemoryError()))
    elif place == "scoring":
        monkeypatch.setattr("netspec.engine.running.evaluate.values", failing(lambda *a: None, 0, MemoryError()))
    else:
        monkeypatch.setattr(
            threading.Thread, "start", failing(threading.Thread.start, 0, RuntimeError("can't start new thread"))
        )
    with pytest.raises(Trouble, match="memory ran out") as caught:
        list(events(folder, epochs=1 if place == "scoring" else 1000))  # weights are scored at the end
    assert (caught.value.code, caught.value.status) == ("N712", 2)


def asked_while_judging(monkeypatch: pytest.MonkeyPatch, calls: int) -> list[int]:
    """Ask training to stop in the n-th scoring of weights."""
    asked: list[int] = []
    scores, left = Judge.scores, iter(range(calls - 1))

    def judged(self: Judge, *given: Any) -> Any:
        if next(left, None) is None:
            asked.append(1)
        return scores(self, *given)

    monkeypatch.setattr(Judge, "scores", judged)
    return asked


@pytest.mark.slow
def test_asked_to_stop_while_it_is_tested(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # the last epoch is kept; its test comes when the run goes on
    asked = asked_while_judging(monkeypatch, 1)
    broken = list(events(folder, out=tmp_path / "broken", epochs=2, stop=lambda: bool(asked)))
    assert asked and [event.test_loss for event in broken if isinstance(event, Epoch)] == [None, None]
    monkeypatch.undo()
    rest = list(events(folder, out=tmp_path / "broken", resume=tmp_path / "broken", epochs=2))
    assert not any(isinstance(event, Epoch | Progress) for event in rest)
    list(events(folder, out=tmp_path / "whole", epochs=2, workers=1))
    lines = {}
    for name in ("broken", "whole"):
        for file in ("model.onnx", "weights.safetensors"):
            assert (tmp_path / name / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()
        lines[name] = json.loads((tmp_path / name / "log.jsonl").read_text().splitlines()[-1])
    assert lines["broken"]["test_loss"] is not None
    assert lines["broken"] | {"seconds": 0} == lines["whole"] | {"seconds": 0}


@pytest.mark.slow
def test_asked_to_stop_while_an_epoch_is_validated(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the state that is left is that of before; the epoch ends when the run goes on, with the bits of an unbroken one
    spec = folder / "held.net"
    spec.write_text((folder / "tiny.net").read_text().replace("data {", "data {\n    validate: 0.3\n   "))
    asked = asked_while_judging(monkeypatch, 2)
    run = tmp_path / "broken"
    broken = list(load(spec).train(folder / "digits", out=run, epochs=3, stop=lambda: bool(asked)))
    assert [event.number for event in broken if isinstance(event, Epoch)] == [1]
    monkeypatch.undo()
    rest = list(load(spec).train(folder / "digits", out=run, resume=run, epochs=3))
    assert [event.number for event in rest if isinstance(event, Epoch)] == [2, 3]
    list(load(spec).train(folder / "digits", out=tmp_path / "whole", epochs=3, workers=1))
    for file in ("model.onnx", "weights.safetensors", "best.safetensors"):
        assert (run / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


@pytest.mark.slow
def test_a_group_that_gives_less_is_refused_with_the_largest_batch(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netspec import machine

    net = load(folder / "tiny.net")
    room = net.training_bytes(4, 1, True)
    monkeypatch.setattr(
        "netspec.net.budget.machine.memory", lambda: machine.Memory(room, "memory.max of the control group box")
    )
    for memory in (None, 10**12):  # what is said does not make the machine larger
        with pytest.raises(Fault, match=r"memory\.max of the control group box") as caught:
            list(net.train(folder / "digits", workers=1, batch=64, memory=memory))
        assert caught.value.code == "N712"
        assert "a batch of 4, the largest that fits" in caught.value.help


@pytest.mark.slow
def test_an_interpreter_that_ends_with_a_training_in_it(folder: Path) -> None:
    code = (
        "from netspec.net import load\n"
        "events = load('tiny.net').train('digits', epochs=99, workers=3)\nnext(events)\nnext(events)\n"
        "print(*open(f'/proc/self/task/{__import__(\"os\").getpid()}/children').read().split())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    workers = done.stdout.split()
    assert len(workers) == 2
    assert not done.stderr
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
