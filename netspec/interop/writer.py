"""What operators speak to while a model is written: it collects nodes, constants and weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from netspec.diagnostics import Fault
from netspec.weights import Model


@dataclass
class Writer:
    """What operators speak to (ops.operator.Emit): collects nodes, constants and weights."""

    model: Model
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initializers: dict[str, onnx.TensorProto] = field(default_factory=dict)
    prefix: str = ""
    count: int = 0

    def __call__(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node; returns the name of its output."""
        self.count += 1
        name = f"{self.prefix}/{kind}_{self.count}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name, **attributes))
        return name

    def several(self, kind: str, count: int, *inputs: str, **attributes: Any) -> list[str]:
        """Add a node of many outputs; returns their names."""
        first = self(kind, *inputs, **attributes)
        names = [first, *(f"{first}_{number}" for number in range(1, count))]
        self.nodes[-1].output.extend(names[1:])
        return names

    def choice(self, condition: str, then: Callable[[], str], otherwise: Callable[[], str]) -> str:
        """One of two values, of which only that one is computed."""
        branches = []
        for make in (then, otherwise):
            outer, self.nodes = self.nodes, []
            result = helper.make_empty_tensor_value_info(make())
            branches.append(helper.make_graph(self.nodes, f"{self.prefix}/branch_{self.count}", [], [result]))
            self.nodes = outer
        return self("If", condition, then_branch=branches[0], else_branch=branches[1])

    def floats(self, values: Any, shape: tuple[int, ...] | None = None) -> str:
        """A constant of float32; Fault N609 where a number is past it."""
        with np.errstate(over="ignore"):
            array = np.asarray(values, dtype=np.float32)
        if not np.isfinite(array).all():
            raise Fault("N609", f"{self.prefix} has a number that a model cannot hold: single precision ends at 3.4e38")
        return self._constant(array if shape is None else array.reshape(shape))

    def doubles(self, values: Any) -> str:
        """A constant of float64."""
        return self._constant(np.asarray(values, dtype=np.float64))

    def scalar(self, value: int) -> str:
        """A constant of int64 without axes."""
        return self._constant(np.asarray(value, dtype=np.int64))

    def ints(self, values: Sequence[int]) -> str:
        """A constant of int64, one axis."""
        return self._constant(np.asarray(list(values), dtype=np.int64))

    def _constant(self, array: Any) -> str:
        self.count += 1
        name = f"{self.prefix}/constant_{self.count}"
        self.initializers[name] = numpy_helper.from_array(array.copy(order="C"), name)
        return name

    def weight(self, path: str) -> str:
        """A weight under its own path."""
        if path not in self.initializers:
            array = np.ascontiguousarray(self.model.weights[path], dtype=np.float32)
            self.initializers[path] = numpy_helper.from_array(array, path)
        return path

    def shaped(self, weight: str, shape: tuple[int, ...]) -> str:
        """A weight in another shape, under its own path where nothing else reads it."""
        array = np.asarray(self.model.weights[weight], dtype=np.float32).reshape(shape)
        name = (
            weight
            if array.shape == tuple(self.model.weights[weight].shape)
            else f"{weight}[{'x'.join(map(str, shape))}]"
        )
        if name not in self.initializers:
            self.initializers[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name
