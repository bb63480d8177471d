"""A trained model's values, by the engine: what onnxruntime must agree with."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netspec.engine.kernel import Array
from netspec.engine.planning import make
from netspec.engine.running.parameters import Parameters
from netspec.engine.running.runner import Runner
from netspec.engine.running.threads import pool
from netspec.weights import Model


def values(
    model: Model,
    inputs: Mapping[str, Array],
    dtype: type[np.floating] | np.dtype[np.floating] = np.float32,
    workers: int | None = None,
) -> dict[str, Array]:
    """The outputs of a model for inputs channels last, channels last too; norm uses its running statistics."""
    batch = len(next(iter(inputs.values())))
    plan = make.plan(model.graph, batch, False, {}, dtype)
    store = Parameters(model.graph, plan.kernels, model.weights, dtype)
    with pool(workers) as workers_:
        runner = Runner(plan, store, workers_)
        for name, array in inputs.items():
            np.copyto(runner.value(name), array)
        runner.step()
        return {output.name: runner.value(output.value).copy() for output in model.graph.outputs}
