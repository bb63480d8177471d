"""How a net begins: the values and gradients of each layer on a first step, and which layers will not learn.

After Mishkin, Matas 2016 (All you need is a good init, https://arxiv.org/abs/1511.06422), who measure a layer's
deviation on a batch, and Glorot, Bengio 2010, who look at values and gradients by depth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from math import isfinite, log, sqrt

import numpy as np

from netspec.diagnostics.html import Told
from netspec.engine.kernel import Array
from netspec.engine.measuring.profile import fill
from netspec.engine.planning import make
from netspec.engine.running.parameters import Parameters
from netspec.engine.running.runner import Runner
from netspec.engine.running.threads import pool
from netspec.graph import Graph, Node
from netspec.ops.activation import LogSoftmax, Sigmoid, Softmax, Tanh
from netspec.ops.dense import Rbf
from netspec.report.health import html
from netspec.settings.losses import CrossEntropy
from netspec.shape import numbers

#: A layer grows or shrinks values too much past this factor, on its own or from the input on.
GROWTH, RANGE = 10.0, 100.0
#: The norm of a gradient, as a multiple of the largest one of a layer, below which nothing is learnt.
FAINT = 1e-6
#: The share of zeros, or of saturated values, past which a layer is named.
DEAD, SATURATED = 0.95, 0.5
#: The share of a bounded function's limit from which on its slope has almost gone.
LIMIT = 0.99


@dataclass(frozen=True)
class Moments:
    """Of numbers: mean, deviation, share of zeros, and the root of the sum of squares over one example."""

    mean: float
    deviation: float
    zeros: float
    norm: float

    @property
    def size(self) -> float:
        """The root of the mean square."""
        return sqrt(self.mean**2 + self.deviation**2)


@dataclass(frozen=True)
class Vital(Told):
    """A layer's values and the gradient that reaches them, None where none does; what is wrong, empty if nothing."""

    layer: str
    kind: str
    values: Moments
    gradients: Moments | None
    finding: str = ""


@dataclass(frozen=True)
class Health:
    """``losses`` are of each output the first loss and that of a guess among its classes, None where it has none."""

    batch: int
    inputs: Mapping[str, Moments]
    losses: Mapping[str, tuple[float, float | None]]
    layers: tuple[Vital, ...]

    def _repr_html_(self) -> str:
        return html(self)


def health(
    graph: Graph, losses: Mapping[str, str], inputs: Mapping[str, Array], weights: Mapping[str, Array]
) -> Health:
    """Forward and backward once, without a change of the weights; ``inputs`` are (n, sizes…, maps), targets random.

    Fault N212 where an input has a free size.
    """
    batch = len(next(iter(inputs.values())))
    plan = make.plan(graph, batch, True, losses)
    store = Parameters(graph, plan.kernels, weights, np.float32)
    with pool(1) as threads, np.errstate(all="ignore"), closing(Runner(plan, store, threads)) as runner:
        fill(runner)
        for name, array in inputs.items():
            runner.value(name)[...] = array
        values, gradients, saturated = _walked(runner)
        figures = runner.figures()
    begun = {name: _Sums().add(array).moments(batch) for name, array in inputs.items()}
    layers = tuple(
        Vital(node.name, node.op.name, values[node.name].moments(batch),
              gradients[node.name].moments(batch) if node.name in gradients else None)
        for node in graph.nodes
    )  # fmt: skip
    found = _Findings(graph, begun, {vital.layer: vital for vital in layers}, saturated, weights)
    first = {
        output.name: (figures[output.name][0], _guess(graph, output.value, losses[output.name]))
        for output in graph.outputs
        if output.name in figures
    }
    return Health(batch, begun, first, tuple(replace(vital, finding=found.of(vital.layer)) for vital in layers))


class _Sums:
    """Sums over numbers that come in pieces."""

    def __init__(self) -> None:
        self.count = self.zeros = 0
        self.total = self.squares = 0.0

    def add(self, array: Array) -> _Sums:
        numbers = array.astype(np.float64)
        self.count += array.size
        self.zeros += array.size - int(np.count_nonzero(array))
        self.total += float(numbers.sum())
        self.squares += float(np.square(numbers).sum())
        return self

    def moments(self, batch: int) -> Moments:
        mean = self.total / self.count
        variance = max(self.squares / self.count - mean**2, 0.0) if isfinite(self.squares) else float("nan")
        return Moments(mean, sqrt(variance), self.zeros / self.count, sqrt(self.squares / batch))


def _walked(runner: Runner) -> tuple[dict[str, _Sums], dict[str, _Sums], dict[str, _Sums]]:
    """One step, call by call: sums of values, of gradients, and of whether values are saturated, by layer."""
    values, gradients, saturated = (defaultdict[str, _Sums](_Sums) for _ in range(3))

    def look(node: Node, y: Array) -> None:
        values[node.name].add(y)
        flat = _flat(node, y)
        if flat is not None:
            saturated[node.name].add(flat)

    nodes, outputs = runner.binding.nodes, {output.name: output.value for output in runner.plan.graph.outputs}
    for call, phase, chunk, part, runs in runner.walk():
        if call.kind == "loss" and call.node in runner.plan.fused:  # it works out the last layer besides
            last = nodes[outputs[call.node]]
            look(last, _ended(last, runner.arrays.buffer(runner.plan.fused[call.node], chunk, part)))
        node = nodes.get(call.node)
        memory = node and runner.binding.memory(node, call.kind, phase, chunk, part)
        if memory and call.kind == "backward" and memory.dy is not None:
            gradients[call.node].add(memory.dy)
        for run in runs:
            run()
        if memory and call.kind == "forward":
            look(nodes[call.node], memory.y)
    return values, gradients, saturated


def _ended(node: Node, z: Array) -> Array:
    """What a last layer that a loss belongs to makes of its input."""
    if isinstance(node.op, Sigmoid):
        one: Array = 1 / (1 + np.exp(-z))
        return one
    z = z - z.max(axis=-1, keepdims=True)
    log: Array = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    return np.exp(log) if isinstance(node.op, Softmax) else log


def _flat(node: Node, y: Array) -> Array | None:
    """Where a bounded function has almost no slope; None of the others."""
    op = node.op
    flat: Array
    if isinstance(op, Softmax | LogSoftmax):
        flat = y.max(axis=-1) > (LIMIT if isinstance(op, Softmax) else log(LIMIT))
        return flat
    if isinstance(op, Sigmoid | Tanh):
        flat = np.abs(2 * y - 1 if isinstance(op, Sigmoid) else y / (op.scale or 1)) > LIMIT
        return flat
    return None


def _guess(graph: Graph, value: str, loss: str) -> float | None:
    """The loss of who gives each class the same probability."""
    return log(numbers(graph.shapes[value])[0]) if loss == CrossEntropy.name else None


class _Findings:
    """What is wrong with layers, by what reaches them and what they make of it."""

    def __init__(
        self,
        graph: Graph,
        inputs: Mapping[str, Moments],
        vitals: Mapping[str, Vital],
        saturated: Mapping[str, _Sums],
        weights: Mapping[str, Array],
    ) -> None:
        self.graph, self.inputs, self.vitals, self.saturated, self.weights = graph, inputs, vitals, saturated, weights
        self.nodes = {node.name: node for node in graph.nodes}
        norms = [v.gradients.norm for v in vitals.values() if v.gradients is not None and isfinite(v.gradients.norm)]
        self.most = max(norms, default=0.0)
        self.input = max((moments.size for moments in inputs.values()), default=1.0) or 1.0

    def of(self, layer: str) -> str:
        """The first thing that is wrong; empty where nothing is, or where it began before this layer."""
        return next((text for text in self._all(self.nodes[layer]) if text), "")

    def _all(self, node: Node) -> Iterator[str]:
        vital, before = self.vitals[node.name], self._before(node)
        values, gradients = vital.values, vital.gradients
        if not isfinite(values.norm):
            yield "" if not isfinite(before) else "overflows: its values are no finite numbers" + self._because(node)
            return
        flat = self.saturated.get(node.name)
        if flat is not None and flat.total > SATURATED * flat.count:
            yield f"saturated: {flat.total / flat.count:.0%} of its answers are at the limit, {self._given(node)}"
        if values.zeros > DEAD and before > 0 and self._zeros(node) <= DEAD:
            kernel = self.graph.local_weights(node).get("weight")
            begun = kernel is not None and not self.weights[node.key("weight")].any()
            why = "since its kernel begins at 0" if begun else self._given(node)
            yield f"dead: {values.zeros:.0%} of its values are 0, {why}"
        yield self._grown(node, values.deviation, before)
        if gradients is None:
            return
        if not isfinite(gradients.norm):
            yield "exploding: its gradient is no finite number"
        elif self.most and gradients.norm < FAINT * self.most and values.zeros <= DEAD and self._parameters(node):
            share = f"{gradients.norm / self.most:.0e} of the largest one"
            yield f"vanishing: its gradient is {share if gradients.norm else '0: a layer behind it lets none through'}"

    def _grown(self, node: Node, size: float, before: float) -> str:
        """Whether values grew or shrank too much here, or have since the input of the net."""
        kernel = self.graph.local_weights(node).get("weight")
        if not before or kernel is None or kernel.role != "kernel" or isinstance(node.op, Rbf):  # a distance is large
            return ""
        for factor, of, bound in (
            (size / before, "what goes in", GROWTH),
            (size / self.input, "the input of the net", RANGE),
        ):
            if factor > bound:
                return (
                    f"exploding: the deviation of its values is {factor:,.0f} times that of {of}{self._because(node)}"
                )
            if factor < bound**-2:
                return f"vanishing: the deviation of its values is {factor:.0e} of that of {of}{self._because(node)}"
        return ""

    def _before(self, node: Node) -> float:
        """The size of what goes into a layer."""
        return max((self._moments(value).size for value in node.inputs), default=0.0)

    def _zeros(self, node: Node) -> float:
        return max((self._moments(value).zeros for value in node.inputs), default=0.0)

    def _moments(self, value: str) -> Moments:
        return self.inputs[value] if value in self.inputs else self.vitals[value].values

    def _parameters(self, node: Node) -> bool:
        return bool(self.graph.local_weights(node))

    def _given(self, node: Node) -> str:
        """What goes into a layer, in words."""
        given = self._moments(node.inputs[0])
        return f"since values around {given.mean:.3g} with a deviation of {given.deviation:.3g} go in"

    def _because(self, node: Node) -> str:
        """The deviation of a layer's kernel beside the one that keeps the size of values behind a rectifier."""
        kernel = self.graph.local_weights(node).get("weight")
        if kernel is None or kernel.role != "kernel":
            return ""
        fan_in = float(np.mean(np.maximum(np.asarray(kernel.fan_in, np.float64), 1)))
        own = float(np.std(self.weights[node.key("weight")], dtype=np.float64))
        return f"; its kernel has a deviation of {own:.2g}, `init: he` {sqrt(2 / fan_in):.2g}"
