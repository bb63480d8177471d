"""The oracle of what is exported: the net as written and as deployed, onnxruntime with and without its optimiser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import onnxruntime as ort

from netspec import passes
from netspec.diagnostics import Problems, Source, render
from netspec.elaborate import elaborate
from netspec.engine.running.evaluate import values
from netspec.graph import Graph
from netspec.interop.export import export, serialize
from netspec.language import parse
from netspec.passes.training_only import drop_training_only
from netspec.shape import numbers
from netspec.weights import Model

Arrays = dict[str, Any]
LEVELS = (
    ort.GraphOptimizationLevel.ORT_DISABLE_ALL,
    ort.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
    ort.GraphOptimizationLevel.ORT_ENABLE_ALL,
)  # fmt: skip
ENDS = (LEVELS[0], LEVELS[-1])


def graph_of(text: str) -> Graph | None:
    """The graph of a spec; None where `check` has an error to tell."""
    problems = Problems()
    graph = elaborate(parse(Source("s.net", text), problems), problems).graph
    return None if problems.errors else graph


def sound(text: str, parameters: Mapping[str, Any] | None = None) -> Graph:
    """The graph of a spec that `check` must accept."""
    problems = Problems()
    graph = elaborate(parse(Source("s.net", text), problems), problems, parameters).graph
    assert graph is not None and not problems.errors, f"{render(problems)}\n{text}"
    return graph


def weights_for(graph: Graph, seed: int = 0) -> Arrays:
    """Weights of both signs that neither make values grow from layer to layer nor are special: no zeros, no ones."""
    rng = np.random.default_rng(seed)
    made: Arrays = {}
    for path, weight in graph.weights.items():
        array = rng.standard_normal(weight.shape)
        if path.endswith("running_var"):
            array = np.abs(array) + 0.5
        elif weight.role == "fixed":
            array = np.sign(array)
        elif weight.role == "kernel":
            fan_in = np.asarray(weight.fan_in, dtype=np.float64)
            array = array / np.sqrt(np.maximum(fan_in, 1).reshape(fan_in.shape + (1,) * (array.ndim - fan_in.ndim)))
        made[path] = array.astype(np.float32)
    return made


def inputs_for(graph: Graph, seed: int = 0, images: int = 2) -> Arrays:
    """Inputs of both signs, maps first."""
    rng = np.random.default_rng(seed + 1)
    return {
        name: rng.standard_normal((images, *numbers(shape))).astype(np.float32) for name, shape in graph.inputs.items()
    }


def by_engine(model: Model, inputs: Mapping[str, Any], dtype: object = np.float32) -> Arrays:
    """What the engine answers, maps first."""
    last = {name: np.ascontiguousarray(np.moveaxis(x, 1, -1)) for name, x in inputs.items()}
    return {name: np.moveaxis(y, -1, 1) for name, y in values(model, last, dtype, 1).items()}


def written(graph: Graph, weights: Arrays) -> Model:
    """The net as it is written, without what only training needs: no other pass has touched it."""
    return drop_training_only(Model(graph, weights))


def by_onnxruntime(content: bytes, inputs: Mapping[str, Any], level: Any) -> Arrays:
    """What onnxruntime answers at one level of its optimiser."""
    options = ort.SessionOptions()
    options.graph_optimization_level = level
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return dict(zip([output.name for output in session.get_outputs()], session.run(None, dict(inputs)), strict=True))


def differences(wanted: Arrays, found: Arrays, what: str) -> Iterable[str]:
    """Where answers differ in shape, or by more than 1e-4 of the largest."""
    if list(wanted) != list(found):
        yield f"{what}: outputs {list(found)}, and {list(wanted)} are wanted"
        return
    for name, right in wanted.items():
        other, scale = found[name], float(np.abs(right).max(initial=0)) + 1e-6
        if other.shape != right.shape:
            yield f"{what}: {name} is {other.shape}, and {right.shape} is wanted"
        elif not np.allclose(other, right, rtol=0, atol=1e-4 * scale, equal_nan=True):
            yield f"{what}: {name} is off by {float(np.abs(other - right).max()) / scale:.2g} of the largest"


def disagreements(
    graph: Graph, seed: int = 0, levels: Sequence[Any] = ENDS, weights: Arrays | None = None
) -> list[str]:
    """All in which the exported model differs from the net as it was written; a free size needs a number first."""
    weights = weights_for(graph, seed) if weights is None else weights
    inputs = inputs_for(graph, seed)
    right = by_engine(written(graph, weights), inputs)
    model = passes.run(Model(graph, weights), passes.DEPLOY)
    content = serialize(export(model, {}))
    told = list(differences(right, by_engine(model, inputs), "the deployed net"))
    for level in levels:
        told += differences(right, by_onnxruntime(content, inputs, level), f"onnxruntime, {level.name}")
    return told
