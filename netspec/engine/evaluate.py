"""A trained model's values, by the engine: what onnxruntime must agree with."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netspec.engine import plan as planning
from netspec.engine.kernel import Array
from netspec.engine.run import Runner
from netspec.engine.store import Store
from netspec.engine.threads import pool
from netspec.weights import Model


def values(model: Model, inputs: Mapping[str, Array], dtype: object = np.float32, workers: int | None = None) -> dict[str, Array]:
    """The outputs of a model for inputs channels last, channels last too; norm uses its running statistics."""
    batch = len(next(iter(inputs.values())))
    plan = planning.make(model.graph, batch, False, {}, dtype)
    store = Store(model.graph, plan.kernels, model.weights, dtype)
    with pool(workers) as workers_:
        runner = Runner(plan, store, workers_)
        for name, array in inputs.items():
            np.copyto(runner.value(name), array)
        runner.step()
        return {output.name: runner.value(output.value).copy() for output in model.graph.outputs}
