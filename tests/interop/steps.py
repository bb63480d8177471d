"""A training step through onnxruntime beside the engine's in double precision, on the same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort

from netspec.engine.kernel import Clock
from netspec.engine.planning import make
from netspec.engine.running.parameters import Parameters
from netspec.engine.running.runner import Runner
from netspec.engine.running.threads import pool
from netspec.engine.training.optimiser import Optimiser
from netspec.graph import Graph, Node
from netspec.interop.train_step import train_step
from netspec.ops import OPERATORS
from netspec.ops.training import Dropout
from netspec.passes.lower_tables import lower_tables
from netspec.settings import Train
from netspec.settings.train import Sgd
from netspec.shape import numbers
from tests.engine.kernels.cases import Case

Arrays = dict[str, Any]
LEVEL = ort.GraphOptimizationLevel.ORT_ENABLE_ALL


@dataclass(frozen=True)
class Sample:
    """Inputs and targets of a batch, maps first, and the masks of dropouts."""

    inputs: Arrays
    targets: Arrays
    masks: Arrays


def sample(graph: Graph, train: Train, batch: int = 3, seed: int = 1) -> Sample:
    """Random numbers for a net; labels below 3, or of all classes where there are fewer."""
    rng = np.random.default_rng(seed)
    inputs = {name: rng.standard_normal((batch, *numbers(shape))) for name, shape in graph.inputs.items()}
    targets: Arrays = {}
    for output in graph.outputs:
        shape, loss = numbers(graph.shapes[output.value]), train.loss.get(output.name)
        if loss in ("cross_entropy", "hinge"):
            targets[output.name] = rng.integers(0, shape[0], (batch, *shape[1:]))
        elif loss is not None:
            targets[output.name] = rng.random((batch, *shape))
    masks = {
        node.name: (rng.random((batch, *numbers(node.shape))) >= node.op.share) / (1 - node.op.share)
        for node in graph.nodes
        if isinstance(node.op, Dropout)
    }
    return Sample(inputs, targets, masks)


def session(proto: onnx.ModelProto) -> Any:
    """A model opened on one thread of the processor."""
    options = ort.SessionOptions()
    options.graph_optimization_level = LEVEL
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    return ort.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])


def step_of(graph: Graph, train: Train) -> onnx.ModelProto:
    """The model of a net's training step."""
    return train_step(graph, train, lower_tables, {})


def stepped(
    opened: Any, weights: Mapping[str, Any], given: Sample, rate: float, kept: Mapping[str, Any] | None = None,
    number: int = 1, more: Mapping[str, Any] | None = None,
) -> Arrays:  # fmt: skip
    """What a step gives; states that are not in ``kept`` are zeros."""
    feeds: Arrays = {**weights, **given.inputs, "rate": rate, "step": number, **(kept or {}), **(more or {})}
    feeds |= {f"target.{name}": target for name, target in given.targets.items()}
    feeds |= {f"mask/{name}": mask for name, mask in given.masks.items()}
    kinds = {"tensor(float)": np.float32, "tensor(int64)": np.int64}
    fed = {
        value.name: np.asarray(feeds.get(value.name, np.zeros(value.shape if value.name not in feeds else ())),
                               kinds[value.type])
        for value in opened.get_inputs()
    }  # fmt: skip
    return dict(zip([value.name for value in opened.get_outputs()], opened.run(None, fed), strict=True))


class Engine:
    """The engine on the same batch; its dropouts draw masks of their own, so nets with some are not for it."""

    def __init__(self, graph: Graph, train: Train, weights: Mapping[str, Any], batch: int = 3,
                 dtype: type = np.float64, class_weights: Mapping[str, Any] | None = None) -> None:  # fmt: skip
        plan = make.plan(graph, batch, True, train.loss, dtype)
        self.graph, self.pool = graph, pool(1)
        self.store = Parameters(graph, plan.kernels, weights, dtype)
        self.optimiser = Optimiser(train.optimizer, self.store, train.clip)
        self.runner = Runner(plan, self.store, self.pool.__enter__(), Clock(), train.label_smoothing, self.optimiser,
                             class_weights=class_weights)  # fmt: skip

    def step(self, given: Sample, multiple: float = 1.0) -> tuple[float, int, Arrays]:
        """Loss, right answers, gradients by path."""
        for name, x in given.inputs.items():
            np.copyto(self.runner.value(name), np.moveaxis(x, 1, -1))
        for name, target in given.targets.items():
            place = self.runner.targets[name]
            np.copyto(place, target if place.dtype.kind == "i" else np.moveaxis(target, 1, -1))
        self.optimiser.multiple = multiple
        loss, right, _ = self.runner.step()
        return loss, right, self.exact(self.runner.gradient)

    def exact(self, flat: Any) -> Arrays:
        """A flat array by path, in the shapes that files have, in double precision."""
        found = {}
        for path, slot in self.store.slots.items():
            node, local = self.store.owner[path]
            array = flat[slot.stretch].reshape(slot.shape)
            found[path] = np.array(self.store.kernels[node.name].unpack(local, array), dtype=np.float64)
        return found

    def weights(self) -> Arrays:
        """All weights."""
        fixed = {path: np.array(view, dtype=np.float64) for path, view in self.store.views.items()}
        return {**{path: a for path, a in fixed.items() if path not in self.store.slots}, **self.exact(self.store.flat)}

    def state(self, name: str) -> Arrays:
        """What the optimiser keeps, by path."""
        return self.exact(self.optimiser.state[name])


def off(found: Any, right: Any) -> float:
    """The largest difference, of the largest number that is right."""
    right = np.asarray(right)
    return float(np.abs(found - right).max(initial=0) / max(np.abs(right).max(initial=0), 1e-12))


def by_gradients(train: Train) -> Train:
    """A training whose momentum after the first step is the gradient."""
    return train.replaced(optimizer=Sgd(rate=0.01, momentum=0.5), clip=None, average=None)


def gradients(found: Arrays) -> Arrays:
    """The gradients that a first step of ``by_gradients`` kept, by path."""
    return {name[6:-5]: array for name, array in found.items() if name.startswith("state/")}


def with_front(case: Case) -> Graph:
    """A case behind a trained slope for each input: its gradients need those of the inputs."""
    graph = case.graph()
    slope, node = OPERATORS["prelu"](), graph.nodes[0]
    front = [Node(f"f/{name}", f"f/{name}", slope, (name,), shape) for name, shape in graph.inputs.items()]
    read = replace(node, inputs=tuple(before.name for before in front))
    return replace(graph, nodes=(*front, read))
