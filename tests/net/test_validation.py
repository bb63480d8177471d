"""The validation part decides which weights are kept, and when the rate falls or training stops; the test runs once."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netspec.engine.training.events import Epoch
from netspec.interop.weight_files import load_weights
from netspec.net import load
from netspec.net.evaluation import evaluate
from netspec.net.history import History
from netspec.net.judging import Judge

pytestmark = pytest.mark.slow  # whole trainings

SPEC = """netspec 1
net Small {
    input x: 1 x 6 x 6
    output y = x -> conv(4, 3) -> norm -> relu -> dense(2) -> softmax
}
train {
    loss: cross_entropy
    optimizer: sgd(RATE)
    schedule: SCHEDULE
    epochs: EPOCHS
    batch: 8
    seed: 4
}
data { prepare: scale(1 / 255) }
"""


def spec(folder: Path, rate: float = 0.05, schedule: str = "constant", epochs: int = 6, more: str = "") -> Path:
    path = folder / "s.net"
    text = SPEC.replace("RATE", str(rate)).replace("SCHEDULE", schedule).replace("EPOCHS", str(epochs))
    path.write_text(text.replace("seed: 4", f"seed: 4\n    {more}"))
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    draw = np.random.default_rng(3)
    for kind, shade in (("dark", 90), ("light", 130)):
        for n in range(40):
            path = tmp_path / "d" / kind / f"{n}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray((draw.normal(shade, 60, (6, 6))).clip(0, 255).astype(np.uint8)).save(path)
    return tmp_path / "d"


def epochs(path: Path, data: Path, **more: Any) -> list[Epoch]:
    return [event for event in load(path).train(data, workers=1, **more) if isinstance(event, Epoch)]


def test_the_best_weights_are_kept_and_the_model_has_them(tmp_path: Path, data: Path) -> None:
    run = tmp_path / "run"
    events = epochs(spec(tmp_path, 2.0, epochs=8), data, out=run)
    order = sorted(events, key=lambda event: (-(event.val_accuracy or 0), event.val_loss, event.number))
    best = order[0]
    assert best.number < 8, "the last one is the best: this data shows nothing"
    kept, last = load_weights(run / "best.safetensors")[0], load_weights(run / "weights.safetensors")[0]
    assert any((kept[path] != last[path]).any() for path in kept)
    _, found = evaluate(run / "model.onnx", data, "cpu")
    assert found.part == "held out"
    assert found.scores["y"].accuracy == best.val_accuracy
    assert found.scores["y"].loss == pytest.approx(best.val_loss, rel=1e-5)


LINES: list[tuple[list[tuple[float | None, float | None]], int | None]] = [  # accuracy, loss; the best epoch
    ([(0.5, 1.0), (0.7, 2.0), (0.6, 0.1)], 2),
    ([(0.7, 1.0), (0.7, 0.9), (0.7, 0.95)], 2),
    ([(0.7, 1.0), (0.7, 1.0)], 1),
    ([(None, 1.0), (None, 0.5), (None, 0.7)], 2),
    ([(None, float("nan")), (None, 3.0)], 2),
    ([(0.0, 3.0), (0.0, 2.0)], 2),
    ([(None, None), (None, None)], None),
]


@pytest.mark.parametrize(("lines", "best"), LINES)
def test_which_epoch_is_best(lines: list[tuple[float | None, float | None]], best: int | None) -> None:
    history, found = History(), None
    for number, (accuracy, loss) in enumerate(lines, 1):
        event = Epoch(number, 0.1, None, 0.1, 1.0, 0.0, dict, lambda: None, val_loss=loss, val_accuracy=accuracy)  # type: ignore[return-value]
        found = number if history.add(event) else found
    assert found == best == (None if history.best is None else history.best["epoch"])


def test_the_validation_loss_ends_training_and_lowers_the_rate(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([3.0, 2.0, 2.5, 2.5, 2.5, 2.5])
    scores = Judge.scores

    def judged(self: Judge, weights: Any, part: Any) -> Any:
        from dataclasses import replace

        found = scores(self, weights, part)
        return {name: replace(score, loss=next(losses)) for name, score in (found or {}).items()}

    monkeypatch.setattr(Judge, "scores", judged)
    events = epochs(spec(tmp_path, schedule="plateau(2, 0.5)", epochs=6, more="stop: patience(3)"), data)
    assert [event.val_loss for event in events] == [3.0, 2.0, 2.5, 2.5, 2.5]
    assert [event.rate for event in events] == [0.05, 0.05, 0.05, 0.05, 0.025]
    assert [event.last for event in events] == [False] * 4 + [True]


def test_the_test_is_looked_at_once_with_the_weights_that_are_kept(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("dark", "light"):
        (tmp_path / "d" / "train").mkdir(exist_ok=True)
        (data / kind).rename(data / "train" / kind)
        test = data / "test" / kind
        test.mkdir(parents=True)
        for n in range(8):
            (data / "train" / kind / f"{n}.png").rename(test / f"{n}.png")
    seen: list[int] = []
    scores = Judge.scores
    monkeypatch.setattr(
        Judge,
        "scores",
        lambda self, weights, part, *more: (seen.append(len(part)), scores(self, weights, part, *more))[1],
    )
    path = spec(tmp_path, 2.0)
    path.write_text(path.read_text().replace("data {", "data { validate: 0.25\n"))
    told: list[str] = []
    events = epochs(path, data, out=tmp_path / "run", tell=told.append)
    held = seen[0]
    assert seen == [held] * 6 + [16]
    assert [event.test_loss is None for event in events] == [True] * 5 + [False]
    last = json.loads((tmp_path / "run" / "log.jsonl").read_text().splitlines()[-1])
    _, found = evaluate(tmp_path / "run" / "model.onnx", data, "cpu")
    assert found.part == "test" and found.scores["y"].accuracy == last["test_accuracy"] == events[-1].test_right / 16
    assert found.scores["y"].loss == pytest.approx(last["test_loss"], rel=1e-5)
    assert told[-1].startswith("model.onnx has the weights of epoch ") and "the best by validation accuracy" in told[-1]
    assert f"test {last['test_accuracy']:.2%}" in told[-1]


def test_a_table_has_a_row_an_epoch(tmp_path: Path, data: Path) -> None:
    events = epochs(spec(tmp_path), data, out=tmp_path / "run")
    with open(tmp_path / "run" / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "rate", "seconds"]
    for row, event in zip(rows, events, strict=True):
        assert float(row["val_loss"]) == event.val_loss and float(row["loss"]) == event.loss
        assert int(row["epoch"]) == event.number and float(row["val_accuracy"]) == event.val_accuracy


def test_a_run_that_goes_on_keeps_the_best_of_all(tmp_path: Path, data: Path) -> None:
    path, whole, run = spec(tmp_path, 2.0, epochs=8), tmp_path / "whole", tmp_path / "run"
    epochs(path, data, out=whole)
    left = iter(range(17))  # steps: 4 epochs of 4, and one more
    for _ in load(path).train(data, workers=1, out=run, stop=lambda: next(left, None) is None):
        pass
    epochs(path, data, out=tmp_path / "moved", resume=run)
    for name in ("best.safetensors", "model.onnx", "weights.safetensors"):
        assert (tmp_path / "moved" / name).read_bytes() == (whole / name).read_bytes()


def test_the_rate_and_the_patience_may_be_given(tmp_path: Path, data: Path) -> None:
    events = epochs(spec(tmp_path, 0.5, epochs=30), data, rate=1e-30, patience=2, out=tmp_path / "run")
    assert [event.rate for event in events] == [1e-30] * len(events)
    best = min(range(len(events)), key=lambda n: events[n].val_loss or 0)
    assert len(events) == best + 3  # nothing learns, so the loss hardly falls
    kept = (tmp_path / "run" / "spec.net").read_text()
    assert "sgd(rate: 1e-30)" in kept and "stop: patience(epochs: 2)" in kept
