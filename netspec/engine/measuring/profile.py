"""Where a training step's time goes: each layer's share by direction, and what its arithmetic and memory reach."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from math import prod

import numpy as np

from netspec.diagnostics.html import Told
from netspec.engine.kernel import Array
from netspec.engine.planning import make
from netspec.engine.planning.needs import training_bytes
from netspec.engine.planning.ways import Ways
from netspec.engine.running.parameters import Parameters
from netspec.engine.running.runner import Runner
from netspec.engine.running.threads import pool
from netspec.engine.training.optimiser import Optimiser
from netspec.graph import Graph, Node
from netspec.report.profile import html
from netspec.settings import Train
from netspec.shape import numbers
from netspec.weights import initial


@dataclass(frozen=True)
class Line(Told):
    """A layer's seconds a step on one worker; ``flops`` and ``bytes`` of forward and backward together.

    Backward has two products for each of forward's where the layer has weights and hands a gradient on, else one.
    Bytes are the least that must pass: what is read and written once.
    """

    layer: str
    kind: str
    method: str
    forward: float
    backward: float
    flops: int
    bytes: int


@dataclass(frozen=True)
class Profile:
    """``step`` is a whole step's seconds on ``workers`` (median), update included; lines are of one worker."""

    batch: int
    workers: int
    step: float
    bytes: int
    lines: tuple[Line, ...]

    def _repr_html_(self) -> str:
        return html(self)


def profile(
    graph: Graph,
    settings: Train,
    batch: int,
    workers: int | None = None,
    repeats: int = 5,
    ways: Ways | None = None,
    recompute: bool = False,
) -> Profile:
    """Time training steps on random numbers, batch by batch as training has them."""
    plan = make.plan(graph, batch, True, settings.loss, ways=ways, recompute=recompute)
    store = Parameters(graph, plan.kernels, initial(graph, 1), np.float32)
    with pool(workers) as threads, np.errstate(all="ignore"):
        optimiser = Optimiser(settings.optimizer, store, settings.clip)
        optimiser.multiple = 0.0  # the weights stay as they are, so that numbers neither vanish nor run away
        with closing(Runner(plan, store, threads, optimiser=optimiser, processes=True)) as runner:
            fill(runner)
            taken = []
            for _ in range(repeats + 1):
                began = time.perf_counter()
                runner.step()
                taken.append(time.perf_counter() - began)
            times = _layers(runner, repeats)
            lines = tuple(_line(runner, node, times) for node in graph.nodes)
            return Profile(
                batch,
                runner.workers,
                statistics.median(taken[1:]),
                training_bytes(plan, len(optimiser.state), runner.workers),
                lines,
            )


def fill(runner: Runner) -> None:
    """Random inputs and targets."""
    rng = np.random.default_rng(0)
    for name in runner.plan.graph.inputs:
        value = runner.value(name)
        value[...] = rng.standard_normal(value.shape, dtype=np.float32)
    for output in runner.plan.graph.outputs:
        target: Array | None = runner.targets.get(output.name)
        if target is not None:
            classes = numbers(runner.plan.graph.shapes[output.value])[0]
            target[...] = (
                rng.integers(0, classes, target.shape) if target.dtype == np.int64 else rng.random(target.shape)
            )


def _layers(runner: Runner, repeats: int) -> Mapping[tuple[str, bool], float]:
    """Seconds a step by layer and direction (backward: True), the least of the repeats, on one worker."""
    best: dict[tuple[str, bool], float] = {}
    for _ in range(repeats):
        once: dict[tuple[str, bool], float] = {}
        for step, *_, calls in runner.walk():
            began = time.perf_counter()
            for call in calls:
                call()
            key = (step.node, step.kind in ("backward", "backward_sums", "again"))
            once[key] = once.get(key, 0.0) + time.perf_counter() - began
        for key, seconds in once.items():
            best[key] = min(best.get(key, seconds), seconds)
    return best


def _line(runner: Runner, node: Node, times: Mapping[tuple[str, bool], float]) -> Line:
    plan, graph = runner.plan, runner.plan.graph
    kernel, batch = plan.kernels[node.name], plan.batch
    passed = sum(value in plan.needs_gradient for value in node.inputs) > 0
    cost = graph.cost(node)
    products = 1 + bool(graph.node_parameters(node)) + passed
    values = prod(numbers(node.shape)) + sum(prod(numbers(shape)) for shape in graph.input_shapes(node))
    weights = sum(prod(weight.shape) for weight in graph.local_weights(node).values())
    return Line(
        node.name,
        node.op.name,
        kernel.method,
        times.get((node.name, False), 0.0),
        times.get((node.name, True), 0.0),
        2 * (0 if cost is None else cost.macs) * batch * products,
        plan.dtype.itemsize * (batch * values * (2 + passed) + 3 * weights),
    )
