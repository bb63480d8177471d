"""The training step as a model: names, the batch, and several steps beside the engine in double precision."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import onnx
import pytest

from netspec.diagnostics import Fault
from netspec.interop.train_step import losses, optimisers, train_step
from netspec.net import load
from netspec.passes import lower_tables
from netspec.settings.losses import LOSSES
from netspec.settings.train import OPTIMIZERS
from tests.engine.nets import meaning
from tests.interop.steps import Engine, Sample, by_gradients, gradients, off, sample, session, step_of, stepped
from tests.zoo import SPECS

BODY = """netspec 1
net A {
    input x: 2 x 6 x 6
    share twin = conv(3, 3, pad: 1, rate: [1, 2], decay: [0.5, 2]) -> norm -> tanh
    a = x -> conv(3, 1) -> twin -> twin
    output y = a -> dense(4) -> softmax
    output z (train, weight: 0.3) = x -> dense(4, frozen: true) -> tanh -> dense(3) -> softmax
}
train {
    optimizer: OPTIMIZER
    MORE
}
"""


def said(optimizer: str = "sgd(0.1)", more: str = "") -> Any:
    return meaning(BODY.replace("OPTIMIZER", optimizer).replace("MORE", more))


def names(values: Any) -> list[str]:
    return [value.name for value in values]


def dims(value: onnx.ValueInfoProto) -> list[object]:
    return [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]


def test_names_of_what_goes_in_and_comes_out() -> None:
    spec = said("sgd(0.1, momentum: 0.9)")
    proto = train_step(spec.graph, spec.train, lower_tables, {"kind": "training step"})
    paths = list(spec.graph.weights)
    trained = [path for path in paths if "running" not in path and not path.startswith("z/dense.")]
    states = [f"state/{path}" for path in trained]
    targets = ["target.y", "target.z"]
    assert names(proto.graph.input) == ["x", *paths, *targets, "rate", *states]
    assert sorted(names(proto.graph.output)) == sorted(
        ["loss", "right", *(f"{name}.next" for name in (*paths, *states))]
    )
    shapes = {value.name: dims(value) for value in (*proto.graph.input, *proto.graph.output)}
    assert shapes["x"] == ["N", 2, 6, 6] and shapes["target.y"] == ["N"]
    assert shapes["rate"] == shapes["loss"] == shapes["right"] == []
    assert all(shapes[f"{path}.next"] == shapes[path] for path in paths)
    assert {(opset.domain, opset.version) for opset in proto.opset_import} == {("", 18)}
    assert {node.domain for node in proto.graph.node} == {""}
    assert json.loads(proto.metadata_props[0].value) == {"kind": "training step"}
    onnx.checker.check_model(proto, full_check=True)


def test_states_of_several_kinds_and_what_else_is_asked_for() -> None:
    spec = said("adam(0.1)", "average: 0.9\n class_weight: balanced")
    given = names(step_of(spec.graph, spec.train).graph.input)
    assert {"state/a/conv.weight/mean", "state/a/conv.weight/square", "average/a/conv.weight", "step",
            "class_weight/y"} <= set(given)  # fmt: skip
    assert not [name for name in names(step_of(*_plain()).graph.input) if name.startswith("state/") or name == "step"]


def _plain() -> Any:
    spec = said()
    return spec.graph, spec.train


@pytest.mark.parametrize(
    ("optimizer", "more"),
    [
        ("sgd(0.1)", ""),
        ("sgd(0.1, decay: 0.1)", "label_smoothing: 0.1"),
        ("sgd(0.1, momentum: 0.9, decay: 0.01)", "clip: 0.3"),
        ("sgd(0.1, momentum: 0.9, nesterov: true)", "clip: 1000"),
        ("adam(0.01, decay: 0.1)", "average: 0.8"),
        ("adamw(0.01, decay: 0.1)", ""),
        ("rmsprop(0.01, decay: 0.1)", ""),
        ("rmsprop(0.01, momentum: 0.5)", "average: 0.5"),
    ],
)
def test_steps_are_the_engines(optimizer: str, more: str) -> None:
    """Four steps, with another multiple of the rate and other examples at each."""
    spec = said(optimizer, more)
    graph, train = spec.graph, spec.train
    opened, weights = session(step_of(graph, train)), start(graph)
    engine = Engine(graph, train, weights)
    kept: dict[str, Any] = {}
    average: dict[str, Any] = {}
    for number, multiple in enumerate((0.5, 1.0, 0.7, 0.2), 1):
        given = sample(graph, train, seed=number)
        found = stepped(opened, weights, given, train.optimizer.rate * multiple, kept, number)
        engine.optimiser.steps = number - 1
        loss, right, _ = engine.step(given, multiple)
        assert (float(found["loss"]), int(found["right"])) == (pytest.approx(loss, rel=1e-5), right)
        after = engine.weights()
        weights = {path: found[f"{path}.next"] for path in weights}
        kept = {name[:-5]: array for name, array in found.items() if name.startswith(("state/", "average/"))}
        assert {path: off(weights[path], array) for path, array in after.items()} == pytest.approx(
            dict.fromkeys(after, 0), abs=2e-5
        )
        keep = train.average
        if keep is not None:
            trained = engine.exact(engine.store.flat)
            average = {p: a if number == 1 else keep * average[p] + (1 - keep) * a for p, a in trained.items()}
            assert all(off(kept[f"average/{path}"], array) < 2e-5 for path, array in average.items())


def start(graph: Any) -> dict[str, Any]:
    """Weights that are near no special number."""
    rng = np.random.default_rng(4)
    return {
        path: (np.abs(rng.standard_normal(w.shape)) + 0.5 if "running_var" in path else rng.standard_normal(w.shape))
        * 0.5
        for path, w in graph.weights.items()
    }


LOSSES_OF = [
    ("softmax", "cross_entropy", ""),
    ("log_softmax", "cross_entropy", "label_smoothing: 0.2"),
    ("softmax", "cross_entropy", "class_weight: [1, 0, 3, 0.5]"),
    ("softmax", "cross_entropy", "class_weight: [1, 0, 3, 0.5]\n label_smoothing: 0.2"),
    ("tanh", "hinge", ""),
    ("sigmoid", "binary_cross_entropy", ""),
    ("tanh", "mse", ""),
    ("tanh", "mae", ""),
]


@pytest.mark.parametrize(("end", "loss", "more"), LOSSES_OF)
@pytest.mark.parametrize("places", [False, True])
def test_losses_are_the_engines(end: str, loss: str, more: str, places: bool) -> None:
    body = f"conv(4, 3) -> {end}" if places else f"dense(4) -> {end}"
    text = "netspec 1\nnet A {\n input x: 2 x 5 x 6\n output y = x -> %s\n}\ntrain {\n loss: %s\n %s\n}\n"
    spec = meaning(text % (body, loss, more))
    graph, train, weights = spec.graph, by_gradients(spec.train), start(spec.graph)
    given = sample(graph, train)
    weighed = {} if train.class_weight is None else {"y": np.array(train.class_weight, np.float64)}
    if places and loss == "cross_entropy":  # a void place counts nothing
        given.targets["y"][0, 0, :2] = 255
        weighed = weighed or {"y": np.ones(4)}
    found = stepped(session(step_of(graph, train)), weights, given, 0.1)
    value, right, exact = Engine(graph, train, weights, class_weights=weighed).step(given)
    assert (float(found["loss"]), int(found["right"])) == (pytest.approx(value, rel=1e-5), right)
    assert all(off(array, exact[path]) < 1e-5 for path, array in gradients(found).items())


def test_one_hot_targets_have_right_answers_and_others_none() -> None:
    spec = meaning("netspec 1\nnet A {\n input x: 5\n output y = x -> dense(4)\n}\n")
    graph, train, weights = spec.graph, spec.train, start(spec.graph)
    opened, given = session(step_of(graph, train)), sample(spec.graph, spec.train, 20)
    hot = Sample(given.inputs, {"y": np.eye(4)[np.arange(20) % 4]}, {})
    engine = Engine(graph, train, weights, 20)
    assert int(stepped(opened, weights, hot, 0.0)["right"]) == engine.step(hot, 0.0)[1] > 0
    assert int(stepped(opened, weights, given, 0.0)["right"]) == 0


def test_a_sure_answer_keeps_the_digits_of_what_it_lacks() -> None:
    spec = meaning("netspec 1\nnet A {\n input x: 3\n output y = x -> dense(3) -> softmax\n}\n")
    train, weights = by_gradients(spec.train), {"y/dense.weight": 20 * np.eye(3), "y/dense.bias": np.zeros(3)}
    given = Sample({"x": np.eye(3)}, {"y": np.arange(3)}, {})
    found = gradients(stepped(session(step_of(spec.graph, train)), weights, given, 0.1))
    exact = Engine(spec.graph, train, weights).step(given)[2]
    assert off(found["y/dense.weight"], exact["y/dense.weight"]) < 1e-5


def test_the_batch_is_free() -> None:
    spec = said()
    opened, weights = session(step_of(spec.graph, spec.train)), start(spec.graph)
    for batch in (1, 2, 9):
        given = sample(spec.graph, spec.train, batch)
        loss = Engine(spec.graph, spec.train, weights, batch).step(given)[0]
        assert float(stepped(opened, weights, given, 0.1)["loss"]) == pytest.approx(loss, rel=1e-5)


def test_a_net_may_use_the_names_of_the_step() -> None:
    text = """netspec 1
net A {
    input right: 4
    input rate: 4
    output loss = [right, rate] -> concat -> dense(3)
    step = loss -> relu
}
train {
    optimizer: adam
}
"""
    spec = meaning(text)
    proto, given = step_of(spec.graph, spec.train), sample(spec.graph, spec.train)
    assert {"right", "rate", "step/rate", "step"} <= set(names(proto.graph.input))
    assert {"loss", "step/right"} <= set(names(proto.graph.output))
    weights = start(spec.graph)
    found = stepped(session(proto), weights, given, 0.1, more={"rate": given.inputs["rate"], "step/rate": 0.1})
    assert float(found["loss"]) == pytest.approx(Engine(spec.graph, spec.train, weights).step(given)[0], rel=1e-5)


def test_a_weight_that_no_loss_reaches_decays() -> None:
    text = """netspec 1
net A {
    input x: 4
    output y = x -> dense(2)
    output other = x -> dense(3)
}
train {
    loss y: mse
    optimizer: sgd(0.1, decay: 0.5)
}
"""
    spec = meaning(text)
    weights = start(spec.graph)
    found = stepped(session(step_of(spec.graph, spec.train)), weights, sample(spec.graph, spec.train), 0.1)
    path = "other/dense.weight"
    np.testing.assert_allclose(found[f"{path}.next"], 0.95 * weights[path], rtol=1e-6)


def test_each_loss_and_each_optimiser_has_a_rule() -> None:
    assert losses.RULES.keys() == {type(loss) for loss in LOSSES.values()}
    assert optimisers.RULES.keys() == set(OPTIMIZERS.values())


@pytest.mark.parametrize(
    ("body", "code"),
    [("input x: 3\n output y = x -> relu", "N612"), ("input x: 1 x H x 4\n output y = x -> conv(2, 3)", "N212")],
)
def test_what_has_no_step_is_a_fault(body: str, code: str) -> None:
    spec = meaning(f"netspec 1\nnet A {{\n {body}\n}}\n")
    with pytest.raises(Fault) as told:
        step_of(spec.graph, spec.train)
    assert told.value.code == code


def test_equal_steps_are_equal_bytes_and_the_file_says_what_it_is(tmp_path: Any) -> None:
    net = load(SPECS / "lenet5.net")
    one, two = tmp_path / "a.onnx", tmp_path / "b.onnx"
    net.compile_step(one)
    net.compile_step(two)
    assert one.read_bytes() == two.read_bytes()
    about = json.loads(onnx.load(one).metadata_props[0].value)
    assert (about["kind"], about["net"]) == ("training step", "LeNet5")
