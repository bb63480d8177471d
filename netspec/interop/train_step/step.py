"""The step put together: what goes in, forward, losses, gradients, update, what comes out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import onnx
from onnx import TensorProto, helper

from netspec.diagnostics import Fault
from netspec.graph import Graph, Node, Output
from netspec.interop.export import BATCH
from netspec.interop.gradients import Tape, backward
from netspec.interop.gradients.sliding import Choices
from netspec.interop.gradients.tape import Sizes
from netspec.interop.opsets import IR, OPSET
from netspec.interop.train_step import losses
from netspec.interop.train_step.forward import forward
from netspec.interop.train_step.optimisers import RULES, Moment, Rule, clipped, kept_names, squared
from netspec.interop.train_step.spread import lowered
from netspec.ops.operator import fixed
from netspec.settings import Train
from netspec.settings.arguments import of_class
from netspec.settings.losses import LOSSES, CrossEntropy, takes_labels
from netspec.settings.train import BALANCED
from netspec.shape import numbers
from netspec.weights import Model


def train_step(
    graph: Graph, train: Train, lower: Callable[[Model], Model], metadata: Mapping[str, Any], followed: bool = False,
    choices: Choices | None = None,
) -> onnx.ModelProto:  # fmt: skip
    """The ONNX model of one training step of a net as its ``train`` section says, checked.

    In, all float32 with maps first unless said: the net's inputs; ``target.OUTPUT`` (N, …), int64 numbers of classes
    or an array like the output; each weight by its path; ``state/PATH`` what the optimiser keeps, of more than one
    ``state/PATH/NAME``, zeros at first; ``average/PATH``; ``rate``, the schedule's multiple times the optimiser's rate,
    a number; ``step``, int64, from 1; ``mask/NODE`` of a dropout (N, …), 0 or 1 / (1 − share);
    ``class_weight/OUTPUT`` (classes,) where it is balanced. Out: each of the weights, states and averages as
    ``NAME.next``, the ``loss`` of all outputs, and ``right``, int64, the right answers of the first output. Where an
    input of the net is called ``rate``, ``step``, ``loss`` or ``right``, the step's own is ``step/rate`` and so on.

    ``lower`` is the pass that turns layers with tables into what a runtime knows. With ``followed`` the model is for
    who trains with it: what stays as it is does not come out, but ``loss/OUTPUT`` (times its weight) and
    ``right/OUTPUT`` of each output do, and ``squares``, the gradient's length squared before it is clipped. ``choices``
    decide in which forms gradients of convolutions are written, and learn which there are.
    Raises Fault N212 where a size is free, N612 where there is nothing to train or a layer has no gradient.
    """
    for shape in graph.inputs.values():
        fixed(shape, f"the training step of net {graph.name}")
    heads = [output for output in graph.outputs if output.name in train.loss]
    trained = _trained(graph)
    if not heads or not trained:
        raise Fault("N612", f"net {graph.name} has no {'weights to train' if heads else 'output with a loss'}",
                    help="a step changes weights so that a loss becomes smaller")  # fmt: skip
    run, spreads = lowered(graph, lower)
    tape = Tape(Model(graph, {}), choices=choices or Choices())
    for name, shape in graph.inputs.items():
        tape.given(name, (None, *numbers(shape)))
    for path, weight in graph.weights.items():
        tape.given(path, weight.shape)
    values, results = forward(tape, run, spreads)
    tape.derive()
    lost, seeds = _lost(tape, graph, heads, train, values)
    found = backward(tape, seeds, trained)
    gradients = {path: found.get(path) or _none(tape, path) for path in trained}
    tape.prefix = "update"
    squares = squared(tape, gradients)
    results |= _updated(tape, graph, train, trained, clipped(tape, gradients, squares, train.clip))
    outputs = {own(graph, "loss"): _whole(tape, lost), own(graph, "right"): _first(tape, heads, lost)}
    if followed:
        outputs |= {f"loss/{name}": each.loss for name, each in lost.items()}
        outputs |= {f"right/{name}": each.right for name, each in lost.items() if each.right is not None}
        outputs[own(graph, "squares")] = squares
    else:
        results |= {path: path for path in graph.weights if path not in results}
    outputs |= {f"{path}.next": value for path, value in results.items()}
    return _model(tape, graph.name, outputs, metadata)


def own(graph: Graph, name: str) -> str:
    """A name of the step's own; where an input of the net is called so, it stands in a folder."""
    return f"step/{name}" if name in graph.inputs else name


def _trained(graph: Graph) -> dict[str, tuple[Node, str]]:
    """The weights that gradients change, each with a node that has it and its name there."""
    found: dict[str, tuple[Node, str]] = {}
    for node in graph.nodes:
        for local, weight in graph.local_weights(node).items():
            if weight.trained and not getattr(node.op, "frozen", False):
                found.setdefault(node.key(local), (node, local))
    return found


def _none(tape: Tape, path: str) -> str:
    """The gradient of a weight that no loss depends on."""
    return tape.zeros(tape("Shape", path))


def _lost(
    tape: Tape, graph: Graph, heads: list[Output], train: Train, values: Mapping[str, str]
) -> tuple[dict[str, losses.Lost], dict[str, str]]:  # fmt: skip
    """What each output with a loss lost, by its name, and where gradients begin."""
    seeds: dict[str, str] = {}
    found = {}
    for output in heads:
        tape.prefix = f"loss/{output.name}"
        value = values[_scored(graph, output, train.loss[output.name])]
        rule = of_class(losses.RULES, LOSSES[train.loss[output.name]])
        lost = found[output.name] = rule(tape, _head(tape, graph, output, train, value))
        seeds[value] = tape("Add", seeds[value], lost.gradient) if value in seeds else lost.gradient
    return found, seeds


def _whole(tape: Tape, lost: Mapping[str, losses.Lost]) -> str:
    """The loss of all outputs."""
    parts = [each.loss for each in lost.values()]
    return tape("Sum", *parts) if len(parts) > 1 else parts[0]


def _first(tape: Tape, heads: list[Output], lost: Mapping[str, losses.Lost]) -> str:
    """The right answers of the first output that is no auxiliary head."""
    first = next((lost[output.name] for output in heads if not output.train), None)
    return tape.scalar(0) if first is None or first.right is None else first.right


def _scored(graph: Graph, output: Output, loss: str) -> str:
    """What a loss reads: the value before a last layer that belongs to it, which nobody else may read."""
    node = next((node for node in graph.nodes if node.name == output.value), None)
    if node is not None and node.op.name in LOSSES[loss].ends and not graph.users[output.value]:
        return node.inputs[0]
    return output.value


def _head(tape: Tape, graph: Graph, output: Output, train: Train, value: str) -> losses.Head:
    shape, loss = numbers(graph.shapes[output.value]), train.loss[output.name]
    labels = takes_labels(loss)
    target = tape.given(f"target.{output.name}", (None, *(shape[1:] if labels else shape)),
                        TensorProto.INT64 if labels else TensorProto.FLOAT)  # fmt: skip
    weights = None
    if loss == CrossEntropy.name and train.class_weight is not None:
        weights = (
            tape.given(f"class_weight/{output.name}", (shape[0],))
            if train.class_weight == BALANCED
            else tape.floats(train.class_weight)
        )
    return losses.Head(value, target, output.weight, shape[0], len(shape) + 1, train.label_smoothing, weights)


def _updated(
    tape: Tape, graph: Graph, train: Train, trained: Mapping[str, tuple[Node, str]], gradients: Mapping[str, str]
) -> dict[str, str]:  # fmt: skip
    """The trained weights, what is kept for each, and their averages after the step, by the name that they came by."""
    rule: Rule = of_class(RULES, train.optimizer)(train.optimizer)
    rate, found = tape.given(own(graph, "rate"), ()), {}
    number = ""
    if rule.counts or train.average is not None:
        number = tape.given(own(graph, "step"), (), TensorProto.INT64)
    for path, grad in gradients.items():
        tape.prefix = f"update/{path}"
        times, decay = graph.multiples(*trained[path])
        moment = Moment(rate if times == 1 else tape("Mul", rate, tape.floats(times)),
                        getattr(train.optimizer, "decay", 0.0) * decay, number)  # fmt: skip
        names = kept_names(train.optimizer, path)
        kept = {name: tape.given(given, tape.sizes[path]) for name, given in names.items()}
        found[path], after = rule.step(tape, path, grad, kept, moment)
        found |= {names[name]: value for name, value in after.items()}
        if train.average is not None:
            name = tape.given(f"average/{path}", tape.sizes[path])
            found[name] = _averaged(tape, name, found[path], train.average, number)
    return found


def _averaged(tape: Tape, before: str, now: str, keep: float, number: str) -> str:
    """keep · before + (1 − keep) · now; after the first step what the weights then are."""
    mean = tape("Add", tape("Mul", before, tape.floats(keep)), tape("Mul", now, tape.floats(1 - keep)))
    return tape("Where", tape("Equal", number, tape.scalar(1)), now, mean)


def _model(tape: Tape, name: str, outputs: Mapping[str, str], metadata: Mapping[str, Any]) -> onnx.ModelProto:
    """The model of what the outputs need, each under its name; inputs stay, whether they are needed or not."""
    tape.nodes += [helper.make_node("Identity", [value], [given], given) for given, value in outputs.items()]
    needed, kept = set(outputs), []
    for node in reversed(tape.nodes):
        if not needed.isdisjoint(node.output):
            kept.append(node)
            needed.update(node.input)
    inputs = [_info(given, tape.kinds[given], sizes) for given, sizes in tape.inputs.items()]
    infos = [_info(given, *_kind(tape, given)) for given in outputs]
    constants = [tensor for given, tensor in tape.initializers.items() if given in needed]
    body = helper.make_graph(kept[::-1], name, inputs, infos, constants)
    proto = helper.make_model(
        body, ir_version=IR, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="netspec"
    )
    helper.set_model_props(proto, {"netspec": json.dumps(metadata, sort_keys=True, ensure_ascii=False)})
    onnx.checker.check_model(proto, full_check=True)
    return proto


def _kind(tape: Tape, output: str) -> tuple[int, Sizes]:
    """The element type and sizes of an output: of the input that it continues, else of a number."""
    given = output.removesuffix(".next")
    if given != output:
        return tape.kinds[given], tape.sizes[given]
    counts = output.removeprefix("step/").split("/")[0] == "right"
    return (TensorProto.INT64 if counts else TensorProto.FLOAT), ()


def _info(name: str, kind: int, sizes: Iterable[int | None]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, [BATCH if n is None else n for n in sizes])
