"""Training by onnxruntime: the engine's run to rounding, and its own bits where it goes on."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.diagnostics import Fault
from netspec.engine.training.checkpoint import State
from netspec.engine.training.events import Epoch
from netspec.net import Net, load, loads
from netspec.settings import Data
from netspec.shape import numbers
from tests.zoo import SPECS, small

BODY = """netspec 1
net A(part = 0.3) {
    input x: 2 x 8 x 8
    share twin = conv(3, 3, pad: 1, rate: [1, 2], decay: [0.5, 2]) -> norm -> tanh
    a = x -> conv(3, 1) -> twin -> twin -> dropout(part)
    output y = a -> dense(4) -> dropout(0.5) -> dense(4) -> softmax
    output z (train, weight: 0.3) = x -> dense(4, frozen: true) -> tanh -> dense(4) -> softmax
}
train {
    optimizer: OPTIMIZER
    batch: 10
    epochs: 2
    MORE
}
"""
TRAININGS = [
    ("sgd(0.1)", "average: 0.7"),
    ("sgd(0.1, momentum: 0.9, nesterov: true, decay: 0.01)", "schedule: warmup(1) -> cosine\n clip: 0.3"),
    ("adam(0.01, decay: 0.1)", "average: 0.8\n class_weight: balanced"),
    ("adamw(0.01, decay: 0.1)", "class_weight: [1, 2, 0, 0.5]\n label_smoothing: 0.1"),
    ("rmsprop(0.01, decay: 0.1)", "schedule: plateau(1, 0.5)"),
    ("rmsprop(0.01, momentum: 0.5)", "loss: hinge"),
]


def said(optimizer: str, more: str = "") -> Net:
    return loads(BODY.replace("OPTIMIZER", optimizer).replace("MORE", more))


def plain(net: Net) -> Net:
    """The net with nothing to prepare: its data are arrays."""
    return replace(net, meaning=replace(net.meaning, data=Data()))


def examples(net: Net, many: int = 25) -> dict[str, Any]:
    """Random inputs and classes for a net, maps first, as a program hands them over."""
    rng = np.random.default_rng(3)
    found: dict[str, Any] = {
        name: rng.standard_normal((many, *numbers(shape)), dtype=np.float32) for name, shape in net.graph.inputs.items()
    }
    for output in net.graph.outputs:
        found[output.name] = rng.integers(0, numbers(net.graph.shapes[output.value])[0], many)
    return found


def trained(net: Net, data: Any, **how: Any) -> tuple[list[Epoch], State]:
    """The epochs of a training and where it ended."""
    epochs = [event for event in net.train(data, workers=1, **how) if isinstance(event, Epoch)]
    return epochs, epochs[-1].state()


def moved(net: Net, state: State) -> dict[str, Any]:
    """How far each weight came from where it began."""
    first = net.initial()
    return {path: array - first[path] for path, array in state.weights.items()}


def off(ours: dict[str, Any], theirs: dict[str, Any]) -> float:
    """The largest difference of a weight's numbers, by length; against at least 1e-4 of the longest.

    A gradient that should be nothing, as of a gain before a norm, is nothing but rounding.
    """
    assert ours.keys() == theirs.keys()
    longest = max(float(np.linalg.norm(array)) for array in ours.values())
    return max(
        float(np.linalg.norm(array - theirs[path])) / max(float(np.linalg.norm(array)), 1e-4 * longest, 1e-30)
        for path, array in ours.items()
    )


def check_equal(net: Net, data: Any, least: float, **how: Any) -> None:
    """Train with both engines: figures, weights and what is kept are equal to rounding."""
    (ours, left), (theirs, right) = (trained(net, data, engine=name, **how) for name in ("netspec", "onnxruntime"))
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert b.loss == pytest.approx(a.loss, rel=1e-4)
        assert (b.number, b.accuracy, b.rate, b.last) == (a.number, a.accuracy, a.rate, a.last)
        assert b.outputs.keys() == a.outputs.keys()
        for name, figures in a.outputs.items():
            assert b.outputs[name].loss == pytest.approx(figures.loss, rel=1e-4)
            assert b.outputs[name].accuracy == figures.accuracy
    assert off(moved(net, left), moved(net, right)) < least
    assert left.kept.keys() == right.kept.keys()
    assert all(off(group, right.kept[name]) < least for name, group in left.kept.items())
    assert left.place.steps == right.place.steps


@pytest.mark.slow
@pytest.mark.parametrize(("optimizer", "more"), TRAININGS)
def test_a_run_is_the_engines_to_rounding(optimizer: str, more: str) -> None:
    """With masks, two heads, shared and frozen layers, a last batch that is smaller, and all that is kept."""
    net = said(optimizer, more)
    check_equal(net, examples(net), 2e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lenet5", "mlp", "resnet_cifar", "densenet", "googlenet"])
def test_nets_of_the_zoo_take_the_engines_steps(name: str) -> None:
    """Two steps of smooth nets: a rectifier that falls on the other side of 0 moves numbers further than rounding."""
    net = plain(small(name, smooth=True))
    check_equal(net, examples(net, 12), 1e-3, epochs=1, batch=6, rate=1e-3)


@pytest.mark.parametrize("loss", ["mse", "mae", "binary_cross_entropy"])
def test_targets_that_are_arrays(loss: str) -> None:
    end = "sigmoid" if loss == "binary_cross_entropy" else "tanh"
    net = loads(f"netspec 1\nnet A {{\n input x: 3 x 6 x 6\n output y = x -> conv(2, 3) -> {end}\n}}\n"
                f"train {{\n loss: {loss}\n batch: 4\n epochs: 2\n}}\n")  # fmt: skip
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((9, 3, 6, 6), dtype=np.float32), rng.random((9, 2, 4, 4), dtype=np.float32)
    check_equal(net, (x, y), 1e-4)


def test_one_hot_targets_and_void_places_are_counted() -> None:
    rng = np.random.default_rng(1)
    net = loads("netspec 1\nnet A {\n input x: 5\n output y = x -> dense(3)\n}\ntrain {\n loss: mse\n epochs: 1\n}\n")
    check_equal(net, (rng.standard_normal((9, 5), dtype=np.float32), np.eye(3, dtype=np.float32)[np.arange(9) % 3]),
                1e-4)  # fmt: skip
    net = loads("netspec 1\nnet A {\n input x: 1 x 6 x 6\n output y = x -> conv(3, 3) -> softmax\n}\n"
                "train {\n epochs: 1\n batch: 4\n}\n")  # fmt: skip
    labels = rng.integers(0, 3, (9, 4, 4))
    labels[:, 0] = 255
    check_equal(net, (rng.standard_normal((9, 1, 6, 6), dtype=np.float32), labels), 1e-4)


def _files(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in ("weights.safetensors", "state.safetensors", "model.onnx")}


@pytest.mark.slow
@pytest.mark.parametrize(("optimizer", "more"), TRAININGS)
def test_a_run_goes_on_bit_for_bit(optimizer: str, more: str, tmp_path: Path) -> None:
    net = said(optimizer, more)
    data, by = examples(net), {"engine": "onnxruntime", "device": "cpu"}
    whole, _ = trained(net, data, out=tmp_path / "whole", **by)
    for steps in (2, 4):
        broken = tmp_path / f"broken{steps}"
        asked = iter([False] * (steps - 1) + [True] * 9)
        assert list(net.train(data, out=broken, workers=1, stop=partial(next, asked), **by))
        rest, _ = trained(net, data, out=broken, resume=broken, **by)
        assert [epoch.loss for epoch in rest] == [epoch.loss for epoch in whole][-len(rest) :]
        assert _files(broken) == _files(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.parametrize(("began", "goes_on"), [("netspec", "onnxruntime"), ("onnxruntime", "netspec")])
def test_another_engine_does_not_go_on(began: str, goes_on: str, tmp_path: Path) -> None:
    net = said("sgd(0.1)")
    trained(net, examples(net), out=tmp_path / "run", engine=began)
    with pytest.raises(Fault, match="was trained with another engine") as told:
        trained(net, examples(net), out=tmp_path / "run", resume=tmp_path / "run", engine=goes_on, epochs=3)
    assert told.value.code == "N711"
    assert f"engine: {began} in the run, {goes_on} here" in str(told.value.help)
    epochs, _ = trained(net, examples(net), resume=tmp_path / "run", engine=began, epochs=3)
    assert [epoch.number for epoch in epochs] == [3]


def test_what_diverges_is_told_as_by_the_engine() -> None:
    net, told = said("sgd(1e30)"), []
    for engine in ("netspec", "onnxruntime"):
        with pytest.raises(Fault) as error:
            trained(net, examples(net), engine=engine)
        told.append((error.value.code, str(error.value)))
    assert told[0][0] == "N704" and told[0] == told[1]


@pytest.mark.slow
def test_where_it_runs_is_one_line_more_and_the_memory_is_told(tmp_path: Path) -> None:
    net, lines = said("sgd(0.1)"), {}
    for engine in ("netspec", "onnxruntime"):
        told: list[str] = []
        trained(net, examples(net), out=tmp_path / engine, engine=engine, tell=told.append)
        lines[engine] = told
    assert [line for line in lines["onnxruntime"] if line not in lines["netspec"]] == [
        "training by onnxruntime on the cpu"
    ]
    ours, theirs = ({path.name for path in (tmp_path / name).iterdir()} for name in lines)
    assert ours == theirs
    assert json.loads((tmp_path / "onnxruntime" / "settings.json").read_text())["options"]["engine"] == "onnxruntime"


@pytest.mark.slow
def test_a_batch_that_does_not_fit_is_made_smaller_or_told() -> None:
    net = plain(load(SPECS / "lenet5.net"))
    data = examples(net, 300)
    with pytest.raises(Fault) as told:
        trained(net, data, engine="onnxruntime", memory=20_000_000, batch=300, epochs=1)
    assert told.value.code == "N712" and "--checkpoint-activations" not in str(told.value.help)
    epochs, state = trained(net, data, engine="onnxruntime", memory=15_000_000, epochs=1)
    assert epochs and state.place.steps > -(-300 // net.train_settings.batch)


@pytest.mark.parametrize("how", [
    {"engine": "torch"}, {"device": "cpu"}, {"engine": "onnxruntime", "device": "tpu"},
    {"engine": "onnxruntime", "recompute": True},
])  # fmt: skip
def test_what_makes_no_sense_is_refused(how: dict[str, Any]) -> None:
    net = said("sgd(0.1)")
    with pytest.raises(ValueError, match=r"engine|device"):
        net.train(examples(net), **how)
