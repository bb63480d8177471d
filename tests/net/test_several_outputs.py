"""Every output is trained and scored under its name, or named as not scored; losses are training's however sure it is.

The nets are one dense layer, so that what they answer is worked out here in float64 by hand.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.cli import main
from netspec.net import Net, load
from netspec.net.evaluation import evaluate

RNG = np.random.default_rng(5)
X = RNG.standard_normal((12, 6)).astype(np.float32)
GIVEN: dict[str, Any] = {
    "x": X,
    "kind": RNG.integers(0, 3, 12),
    "flag": RNG.integers(0, 2, (12, 2)).astype(np.float32),
    "price": RNG.standard_normal((12, 1)).astype(np.float32),
}
SPEC = """netspec 1
net Three {
    input x: 6
    output kind = x -> dense(3) -> END
    output flag = x -> dense(2) -> sigmoid
    output price = x -> dense(1)
}
train { LOSSES
 epochs: 2 }
"""
EACH = "loss kind: cross_entropy\n loss flag: binary_cross_entropy\n loss price: mae"


def three(folder: Path, losses: str = EACH, end: str = "softmax", without: tuple[str, ...] = ()) -> Net:
    for part in ("train", "test"):
        np.savez(
            folder / f"{part}.npz",
            **{name: array for name, array in GIVEN.items() if part == "train" or name not in without},
        )
    (folder / "three.net").write_text(SPEC.replace("END", end).replace("LOSSES", losses))
    return load(folder / "three.net")


def by_hand(weights: Any) -> dict[str, tuple[float, float | None]]:
    """Loss and accuracy of each output, from the formulas of the losses in float64."""

    def z(name: str) -> np.ndarray:
        return X.astype(np.float64) @ np.asarray(weights[f"{name}/dense.weight"], np.float64).T + np.asarray(
            weights[f"{name}/dense.bias"], np.float64
        )

    kind, flag = z("kind"), z("flag")
    logs = kind - kind.max(axis=1, keepdims=True)
    logs = logs - np.log(np.exp(logs).sum(axis=1, keepdims=True))
    return {
        "kind": (-logs[np.arange(12), GIVEN["kind"]].mean(), np.mean(kind.argmax(axis=1) == GIVEN["kind"])),
        "flag": ((np.logaddexp(0, flag) - GIVEN["flag"] * flag).mean(), ((flag > 0) == (GIVEN["flag"] > 0.5)).mean()),
        "price": (np.abs(z("price") - GIVEN["price"]).mean(), None),
    }


def told(*arguments: object, capfd: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = main([str(argument) for argument in arguments])
    return (status, *capfd.readouterr())


@pytest.mark.parametrize("end", ["softmax", "log_softmax"])
@pytest.mark.parametrize("size", [1.0, 30.0, 1e4])
def test_eval_gives_every_outputs_own_loss(
    size: float, end: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    net = three(tmp_path, end=end)
    weights = net.initial()
    most = max(float(np.abs(X @ np.asarray(weights[f"{name}/dense.weight"]).T).max()) for name in ("kind", "flag"))
    weights = {path: np.asarray(array) * np.float32(size / most) for path, array in weights.items()}
    net.compile(tmp_path / "m.onnx", weights)
    status, out, _ = told("eval", tmp_path / "m.onnx", "--data", tmp_path, "--json", "--device", "cpu", capfd=capfd)
    found = json.loads(out)
    assert (
        status == 0
        and list(found["outputs"]) == ["kind", "flag", "price"]
        and found["unscored"] == {}
        and found["from_probabilities"] == []
    )
    for name, (loss, accuracy) in by_hand(weights).items():
        assert found["outputs"][name]["loss"] == pytest.approx(loss, rel=1e-5), name
        assert found["outputs"][name]["accuracy"] == (None if accuracy is None else pytest.approx(accuracy)), name
    assert (found["loss"], found["accuracy"]) == (
        found["outputs"]["kind"]["loss"],
        found["outputs"]["kind"]["accuracy"],
    )


def test_training_and_its_log_tell_every_outputs_own_figures(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    net = three(tmp_path)
    events = [event for event in net.train(tmp_path, out=tmp_path / "run") if hasattr(event, "number")]
    rows = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    for event, row in zip(events, rows, strict=True):
        assert list(event.outputs) == ["kind", "flag", "price"]
        assert event.loss == pytest.approx(sum(figures.loss for figures in event.outputs.values()))
        assert event.accuracy == event.outputs["kind"].accuracy and event.test_loss == event.outputs["kind"].test_loss
        assert {name: vars(figures) for name, figures in event.outputs.items()} == row["outputs"]
    for name, (loss, accuracy) in by_hand(events[-1].weights()).items():
        figures = events[-1].outputs[name]
        assert figures.test_loss == pytest.approx(loss, rel=1e-5)
        assert figures.test_accuracy == (None if accuracy is None else pytest.approx(accuracy))
    scores = evaluate(tmp_path / "run" / "model.onnx", tmp_path, "cpu")[1].scores
    assert {name: score.loss for name, score in scores.items()} == pytest.approx(
        {name: f.test_loss for name, f in events[-1].outputs.items()}, rel=1e-5
    )


def test_trainings_test_is_not_floored_either(tmp_path: Path) -> None:
    net = three(tmp_path, losses=EACH + "\n optimizer: sgd(50000)")
    event = [event for event in net.train(tmp_path, epochs=1) if hasattr(event, "number")][-1]
    wanted = by_hand(event.weights())
    assert wanted["flag"][0] > 100
    assert {name: figures.test_loss for name, figures in event.outputs.items()} == pytest.approx(
        {name: loss for name, (loss, _) in wanted.items()}, rel=1e-5
    )


def test_an_output_without_a_loss_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    three(tmp_path, losses="loss kind: cross_entropy")
    spec, run = tmp_path / "three.net", tmp_path / "run"
    status, _, said = told("check", spec, capfd=capfd)
    assert status == 0 and said.count("warning[N514]") == 2 and "flag" in said and "price" in said
    status, _, said = told("train", spec, "--data", tmp_path, "--out", run, capfd=capfd)
    assert status == 0 and "flag" in said and "price" in said
    status, out, said = told("eval", run / "model.onnx", "--data", tmp_path, "--json", capfd=capfd)
    assert status == 0 and "output flag is not scored" in said and "output price is not scored" in said
    assert told("eval", run / "model.onnx", "--data", tmp_path, capfd=capfd)[1].startswith("kind: loss ")
    assert list(json.loads(out)["outputs"]) == ["kind"] and list(json.loads(out)["unscored"]) == ["flag", "price"]


@pytest.mark.parametrize("losses", ["loss: mse", EACH, ""])
def test_nothing_is_said_where_every_output_has_a_loss(
    losses: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    three(tmp_path, losses=losses, end="relu" if losses == "loss: mse" else "softmax")
    assert told("check", tmp_path / "three.net", capfd=capfd) == (0, "", "")


def test_an_output_that_the_test_set_says_nothing_of_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    three(tmp_path, without=("kind", "flag"))
    status, _, said = told("train", tmp_path / "three.net", "--data", tmp_path, "--out", tmp_path / "run", capfd=capfd)
    assert status == 0 and any("kind" in line and "not tested" in line for line in said.splitlines())
    row = json.loads((tmp_path / "run" / "log.jsonl").read_text().splitlines()[-1])
    assert row["outputs"]["kind"]["test_loss"] is None and row["outputs"]["price"]["test_loss"] is not None
    status, out, said = told("eval", tmp_path / "run" / "model.onnx", "--data", tmp_path, capfd=capfd)
    assert status == 0 and "output kind is not scored: the data has nothing for it" in said and "loss" in out
    np.savez(tmp_path / "test.npz", x=X)
    status, _, said = told("eval", tmp_path / "run" / "model.onnx", "--data", tmp_path, capfd=capfd)
    assert status == 1 and "error[N707]" in said


def test_what_training_makes_small_is_the_weighted_sum_of_the_outputs_own_losses(tmp_path: Path) -> None:
    three(tmp_path)
    spec = tmp_path / "aux.net"
    spec.write_text(
        SPEC.replace("END", "softmax")
        .replace("LOSSES", EACH)
        .replace("output price", "output price (train, weight: 0.25)")
    )
    event = [event for event in load(spec).train(tmp_path, epochs=1) if hasattr(event, "number")][-1]
    own = {name: figures.loss for name, figures in event.outputs.items()}
    assert event.loss == pytest.approx(own["kind"] + own["flag"] + 0.25 * own["price"])
    assert own["price"] == pytest.approx(
        by_hand(load(spec).initial())["price"][0], rel=1e-5
    )  # the only step's, before it
    assert event.outputs["price"].test_loss is None and event.outputs["flag"].test_loss is not None


def test_every_outputs_figures_go_on_where_they_stood(tmp_path: Path) -> None:
    net, asked = three(tmp_path), iter(range(100))
    list(net.train(tmp_path, out=tmp_path / "run", batch=3, stop=lambda: next(asked) >= 2))
    halves, whole = (
        [event.outputs for event in net.train(tmp_path, batch=3, **more) if hasattr(event, "number")]
        for more in ({"out": tmp_path / "run", "resume": tmp_path / "run"}, {})
    )  # fmt: skip
    assert halves == whole and len(whole) == 2
