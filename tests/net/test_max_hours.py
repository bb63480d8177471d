"""A training whose time is over: it ends as if it were stopped, with what it has, and goes on to the same bits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec.net import training
from tests.net.runs import OF_EPOCHS, OURS, begin, content, train

pytestmark = pytest.mark.slow  # whole trainings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    begin()
    return tmp_path


class Time:
    """A clock on which an hour passes each time that it is looked at."""

    def __init__(self) -> None:
        self.ticks: Iterator[int] = iter(range(10**6))

    def monotonic(self) -> float:
        return 3600.0 * next(self.ticks)


@pytest.mark.parametrize(
    ("hours", "done", "told"),
    [
        (1, 0, "stopped after step 1 of epoch 1, whose weights are in model.onnx; continue with `--resume a`"),
        (2, 0, "stopped after step 2 of epoch 1, whose weights are in model.onnx; continue with `--resume a`"),
        (3, 1, "stopped after epoch 1; continue with `--resume a`"),
        (4, 1, "stopped after step 1 of epoch 2; continue with `--resume a`"),
    ],
)
def test_it_ends_where_the_time_is_over(
    hours: int, done: int, told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three steps an epoch: the clock is looked at after each, but for the last, and after each epoch."""
    assert train("-o", "whole", "--epochs", "4") == 0
    capsys.readouterr()
    with monkeypatch.context() as patched:
        patched.setattr(training, "time", Time())
        assert train("-o", "a", "--epochs", "4", "--max-hours", str(hours)) == 0
    out, err = capsys.readouterr()
    assert out == "a/model.onnx\n" and f"the time is over ({hours} hours): {told}\n" in err
    assert set(content("a")) == OURS - (set() if done else OF_EPOCHS)
    lines = [json.loads(line) for line in Path("a/log.jsonl").read_text().splitlines()] if done else []
    assert len(lines) == done and all(line["test_loss"] is not None for line in lines)
    assert train("--resume", "a", "--epochs", "4") == 0
    for name in ("weights.safetensors", "state.safetensors", "model.onnx"):
        assert Path("a", name).read_bytes() == Path("whole", name).read_bytes(), name


def test_time_that_is_left_changes_nothing() -> None:
    assert train("-o", "whole") == 0
    assert train("-o", "a", "--max-hours", "5") == 0
    for name in ("weights.safetensors", "state.safetensors", "model.onnx"):
        assert Path("a", name).read_bytes() == Path("whole", name).read_bytes()
