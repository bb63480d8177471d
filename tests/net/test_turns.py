"""Large runs are not written after each epoch; what is put off is written in the end, and nothing is lost by it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netspec.interop.weight_files import load_weights
from netspec.net import turns
from netspec.net.turns import Turns
from tests.net.runs import OURS, SPEC, begin, content, train


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    begin()
    return tmp_path


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


def test_writing_may_take_a_second_or_a_tenth_of_the_time_since(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(turns, "time", clock)
    turn = Turns()
    assert turn.due  # nothing is known
    for took, passed, due in ((1.0, 0.0, True), (1.5, 14.9, False), (1.5, 15.1, True), (30.0, 299.0, False)):
        with turn.timed():
            clock.now += took
        clock.now += passed
        assert turn.due == due, (took, passed)
    assert "about every 60 epochs" in (turn.put_off(5.0) or "") and turn.put_off(5.0) is None  # told once


SLOW = {"SHORT": 0.0, "SHARE": 1e-9}  # as if writing took ages


def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SLOW.items():
        monkeypatch.setattr(turns, name, value)


@pytest.mark.slow
@pytest.mark.parametrize("more", ["", "validate: 0.2\n"])
def test_the_end_is_the_same(more: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    Path("s.net").write_text(
        SPEC.replace("data { prepare", "data {\n validate: 0.2\n prepare" if more else "data { prepare")
    )
    assert train("-o", "a", "--epochs", "6") == 0
    capsys.readouterr()
    slow(monkeypatch)
    assert train("-o", "b", "--epochs", "6") == 0
    assert capsys.readouterr().err.count("weights, model and state are written about every") == 1
    assert set(content("a")) == set(content("b"))
    for name in {*OURS, "best.safetensors"} & set(content("a")) - {"settings.json", "log.jsonl", "metrics.csv"}:
        if name.endswith((".safetensors", ".onnx")):
            assert content("a")[name] == content("b")[name], name


@pytest.mark.slow
def test_a_run_that_is_stopped_goes_on_to_the_same_bits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from netspec.engine.training.events import Progress
    from netspec.net import load

    Path("s.net").write_text(SPEC.replace("data { prepare", "data {\n validate: 0.2\n prepare"))
    assert train("-o", "whole", "--epochs", "8") == 0
    slow(monkeypatch)
    asked: list[int] = []
    said: list[str] = []
    for event in load("s.net").train("d", out="a", epochs=8, workers=1, stop=lambda: bool(asked), tell=said.append):
        if isinstance(event, Progress) and event.epoch == 5:
            asked.append(1)
    assert not Path("a/weights.safetensors").exists() and Path("a/best.safetensors").exists()
    assert any("of an earlier epoch" in line for line in said)
    assert train("--resume", "a", "--epochs", "8") == 0
    for name in ("weights.safetensors", "best.safetensors", "state.safetensors", "model.onnx"):
        assert content("a")[name] == content("whole")[name], name


def test_numbers_that_run_away_leave_the_last_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """The third epoch's rate makes numbers infinite; the weights are those of the last epoch of the log."""
    slow(monkeypatch)
    Path("s.net").write_text(SPEC.replace("constant", "step(at: [2], factor: 1e38)").replace("0.2", "30"))
    assert train("-o", "a", "--epochs", "9") == 1
    lines = [json.loads(line) for line in Path("a/log.jsonl").read_text().splitlines()]
    assert len(lines) == 2 and load_weights(Path("a/weights.safetensors"))[0]
