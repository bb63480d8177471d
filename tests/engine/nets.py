"""Nets from a few lines of text, elaborated and bound, for the tests of the engine."""

from __future__ import annotations

import numpy as np

from netspec.diagnostics import Problems, Source, render
from netspec.elaborate import Elaborated, elaborate
from netspec.engine.planning import make
from netspec.engine.running.parameters import Parameters
from netspec.engine.running.runner import Runner
from netspec.engine.running.threads import Pool
from netspec.graph import Graph
from netspec.language import parse
from netspec.weights import initial


def meaning(text: str) -> Elaborated:
    """What a spec says; it must have no fault."""
    problems = Problems()
    found = elaborate(parse(Source("net", text), problems), problems)
    assert not problems.errors, render(problems)
    return found


def graph(*lines: str) -> Graph:
    """The graph of a net with these lines."""
    found = meaning("netspec 1\nnet A {\n" + "\n".join(lines) + "\n}\n").graph
    assert found is not None
    return found


def runner(spec: Elaborated, workers: Pool, batch: int, dtype: type = np.float64, processes: bool = False) -> Runner:
    """A training bound to memory, with random inputs and targets."""
    assert spec.graph is not None
    plan = make.plan(spec.graph, batch, True, spec.train.loss, dtype)
    store = Parameters(spec.graph, plan.kernels, initial(spec.graph, 0), dtype)
    bound = Runner(plan, store, workers, smoothing=spec.train.label_smoothing, processes=processes)
    rng = np.random.default_rng(1)
    for name in spec.graph.inputs:
        bound.value(name)[...] = rng.standard_normal(bound.value(name).shape)
    for target in bound.targets.values():
        target[...] = rng.integers(0, 3, target.shape) if target.dtype.kind == "i" else rng.random(target.shape)
    return bound
