"""Gradients of what acts on a number at a time, and of softmax."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import pi, sqrt

import onnx

from netspec.interop.gradients.tape import Tape, attributes

Grads = list[str | None]
Rule = Callable[[Tape, onnx.NodeProto, str], Grads]
#: Selu's constants, as the standard has them.
_ALPHA, _GAMMA = 1.67326319217681884765625, 1.05070102214813232421875


def _both(tape: Tape, node: onnx.NodeProto, *grads: str) -> Grads:
    """Gradients in the shape of the result, summed to those of the inputs."""
    return [tape.summed(grad, node.output[0], x) for grad, x in zip(grads, node.input, strict=True)]


def _add(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    return _both(tape, node, d, d)


def _sub(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    return _both(tape, node, d, tape("Neg", d))


def _mul(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    return _both(tape, node, tape("Mul", d, node.input[1]), tape("Mul", d, node.input[0]))


def _div(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    quotient = tape("Div", d, node.input[1])
    return _both(tape, node, quotient, tape("Neg", tape("Mul", quotient, node.output[0])))


def _pow(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    """Exponents are constants. At 0, where a root is infinitely steep, the gradient is 0, as in the engine."""
    base, power = node.input[0], float(tape.constant(node.input[1]))
    slope = tape("Mul", tape("Pow", base, tape.floats(power - 1)), tape.floats(power))
    steep = tape("Where", tape("Equal", base, tape.floats(0.0)), tape.floats(0.0), slope) if power < 1 else slope
    return [tape("Mul", d, steep), None]


def _sqrt(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    return [tape("Div", tape("Mul", d, tape.floats(0.5)), node.output[0])]


def _exp(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    return [tape("Mul", d, node.output[0])]


def _erf(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    bell = tape("Exp", tape("Neg", tape("Mul", node.input[0], node.input[0])))
    return [tape("Mul", d, tape("Mul", bell, tape.floats(2 / sqrt(pi))))]


def _abs(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    return [tape("Mul", d, tape("Sign", node.input[0]))]


def _identity(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    return [d]


def _where_positive(tape: Tape, x: str, then: str, otherwise: str) -> Grads:
    return [tape("Where", tape("Greater", x, tape.floats(0.0)), then, otherwise)]


def _relu(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    return _where_positive(tape, node.output[0], d, tape.floats(0.0))


def _clip(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    x, low, high = node.input
    inside = tape("And", tape("Greater", x, low), tape("Less", x, high))
    return [tape("Where", inside, d, tape.floats(0.0)), None, None]


def _leaky(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    slope = tape.floats(attributes(node).get("alpha", 0.01))
    return _where_positive(tape, node.input[0], d, tape("Mul", d, slope))


def _prelu(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    x, slope = node.input
    positive = tape("Greater", x, tape.floats(0.0))
    below = tape("Where", positive, tape.floats(0.0), tape("Mul", d, x))
    return [tape("Where", positive, d, tape("Mul", d, slope)), tape.summed(below, x, slope)]


def _elu(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    alpha = tape.floats(attributes(node).get("alpha", 1.0))
    return _where_positive(tape, node.input[0], d, tape("Mul", d, tape("Add", node.output[0], alpha)))


def _selu(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    above, below = tape("Mul", d, tape.floats(_GAMMA)), tape("Add", node.output[0], tape.floats(_ALPHA * _GAMMA))
    return _where_positive(tape, node.input[0], above, tape("Mul", d, below))


def _sigmoid(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    y = node.output[0]
    return [tape("Mul", d, tape("Mul", y, tape("Sub", tape.floats(1.0), y)))]


def _hard_sigmoid(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    y, slope = node.output[0], tape.floats(attributes(node)["alpha"])
    inside = tape("And", tape("Greater", y, tape.floats(0.0)), tape("Less", y, tape.floats(1.0)))
    return [tape("Where", inside, tape("Mul", d, slope), tape.floats(0.0))]


def _hard_swish(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    x = node.input[0]
    middle = tape("Add", tape("Div", x, tape.floats(3.0)), tape.floats(0.5))
    upper = tape("Where", tape("Greater", x, tape.floats(3.0)), tape.floats(1.0), middle)
    return [tape("Mul", d, tape("Where", tape("Less", x, tape.floats(-3.0)), tape.floats(0.0), upper))]


def _tanh(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    y = node.output[0]
    return [tape("Mul", d, tape("Sub", tape.floats(1.0), tape("Mul", y, y)))]


def _softplus(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    return [tape("Mul", d, tape("Sigmoid", node.input[0]))]


def _softsign(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    root = tape("Add", tape.floats(1.0), tape("Abs", node.input[0]))
    return [tape("Div", d, tape("Mul", root, root))]


def _softmax(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    y, axes = node.output[0], tape.ints([attributes(node)["axis"]])
    mean = tape("ReduceSum", tape("Mul", d, y), axes, keepdims=1)
    return [tape("Mul", y, tape("Sub", d, mean))]


def _log_softmax(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    total = tape("ReduceSum", d, tape.ints([attributes(node)["axis"]]), keepdims=1)
    return [tape("Sub", d, tape("Mul", tape("Exp", node.output[0]), total))]


RULES: Mapping[str, Rule] = {
    "Add": _add, "Sub": _sub, "Mul": _mul, "Div": _div, "Pow": _pow, "Sqrt": _sqrt, "Exp": _exp, "Erf": _erf,
    "Abs": _abs, "Identity": _identity, "Relu": _relu, "Clip": _clip, "LeakyRelu": _leaky, "PRelu": _prelu,
    "Elu": _elu, "Selu": _selu, "Sigmoid": _sigmoid, "HardSigmoid": _hard_sigmoid, "HardSwish": _hard_swish,
    "Tanh": _tanh, "Softplus": _softplus, "Softsign": _softsign, "Softmax": _softmax, "LogSoftmax": _log_softmax,
}  # fmt: skip
