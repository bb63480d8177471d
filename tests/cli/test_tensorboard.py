"""What TensorBoard is given: the figures of the log, an epoch a step; without the package a line that helps."""

from __future__ import annotations

import json
import struct
from importlib import util
from pathlib import Path

import pytest

from netspec.cli import main
from tests.net.runs import begin


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    begin()


def events(folder: Path) -> list[tuple[str, int, float]]:
    """The scalars of a folder: records of a length, its checksum, an Event of TensorBoard's protocol, its checksum."""
    from tensorboardX.proto.event_pb2 import Event

    found = []
    for path in sorted(folder.iterdir()):
        data, at = path.read_bytes(), 0
        while at < len(data):
            (length,) = struct.unpack_from("<Q", data, at)
            event = Event.FromString(data[at + 12 : at + 12 + length])
            found += [(value.tag, event.step, value.simple_value) for value in event.summary.value]
            at += 12 + length + 4
    return found


def test_the_figures_are_those_of_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "s.net", "--data", "d", "-o", "run", "--threads", "1", "--tensorboard"]) == 0
    assert "3 steps per epoch" in capfd.readouterr().err  # what is not an epoch is told as ever
    found = {(tag, step): value for tag, step, value in events(Path("run/tensorboard"))}
    log = [json.loads(line) for line in Path("run/log.jsonl").read_text().splitlines()]
    assert len(log) == 2
    for row in log:
        for tag, key in (("loss/training", "loss"), ("accuracy/training", "accuracy"), ("rate", "rate")):
            assert found[tag, row["epoch"]] == pytest.approx(row[key], rel=1e-6)
    assert found["accuracy/test", 2] == pytest.approx(log[-1]["test_accuracy"], rel=1e-6)
    assert ("loss/validation", 1) not in found and ("accuracy/test", 1) not in found


def test_a_run_that_goes_on_writes_the_epochs_that_follow() -> None:
    for more in (["-o", "run"], ["--resume", "run", "--epochs", "3"]):
        assert main(["train", "s.net", "--data", "d", "--threads", "1", "--tensorboard", *more]) == 0
    assert sorted(step for tag, step, _ in events(Path("run/tensorboard")) if tag == "rate") == [1, 2, 3]


def test_without_the_package(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    spec = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name, *more: None if name == "tensorboardX" else spec(name, *more))
    assert main(["train", "s.net", "--data", "d", "-o", "run", "--tensorboard"]) == 2
    assert 'pip install "netspec[tensorboard]"' in capfd.readouterr().err
    assert not Path("run").exists()
    assert main(["train", "s.net", "--data", "d", "-o", "run", "--threads", "1"]) == 0
