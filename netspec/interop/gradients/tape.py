"""What a graph with gradients is written on: a writer whose weights are inputs, and who knows every value's shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from netspec.interop.gradients.sliding import Choices
from netspec.interop.opsets import IR, OPSET
from netspec.interop.writer import Writer

#: Sizes of a value, None where the batch decides.
Sizes = tuple[int | None, ...]
#: Batches that shapes are derived for; what differs between the two is the batch's.
_BATCHES = (5, 7)


@dataclass(frozen=True)
class Own:
    """A value made by several nodes that has one rule for all: gradients of ``inputs`` from its own gradient.

    It is shorter or more exact than the rules of the nodes one after the other.
    """

    inputs: tuple[str, ...]
    rule: Callable[[str], Sequence[str | None]]


@dataclass
class Tape(Writer):
    """Collects the nodes of a step. ``inputs`` are the values given from outside, maps first, None for the batch.

    ``kinds`` are their element types, ``own`` the values with a rule of their own, ``named`` those written once for
    all; ``choices`` decide in which form gradients of convolutions are written.
    """

    inputs: dict[str, Sizes] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    own: dict[str, Own] = field(default_factory=dict)
    sizes: dict[str, Sizes] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    choices: Choices = field(default_factory=Choices)

    def given(self, name: str, sizes: Sizes, kind: int = TensorProto.FLOAT) -> str:
        """An input of the graph."""
        self.inputs[name] = self.sizes[name] = sizes
        self.kinds[name] = kind
        return name

    def weight(self, path: str) -> str:
        """A weight under its own path, which is an input."""
        return path

    def shaped(self, weight: str, shape: tuple[int, ...]) -> str:
        """A weight in another shape."""
        return weight if self.sizes.get(weight) == shape else self("Reshape", weight, self.ints(shape))

    def constant(self, name: str) -> Any:
        """The numbers of a constant; KeyError where it is none."""
        return numpy_helper.to_array(self.initializers[name])

    def derive(self) -> None:
        """Find the sizes of every value written so far: those that differ between two batches are the batch's."""
        small, large = (self._derived(batch) for batch in _BATCHES)
        for name, sizes in small.items():
            other = large[name]
            self.sizes[name] = tuple(a if a == b else None for a, b in zip(sizes, other, strict=True))

    def _derived(self, batch: int) -> dict[str, tuple[int, ...]]:
        inputs = [
            helper.make_tensor_value_info(name, self.kinds[name], [batch if n is None else n for n in sizes])
            for name, sizes in self.inputs.items()
        ]
        ends = [helper.make_empty_tensor_value_info(node.output[0]) for node in self.nodes[-1:]]
        graph = helper.make_graph(self.nodes, "forward", inputs, ends, list(self.initializers.values()))
        proto = helper.make_model(graph, ir_version=IR, opset_imports=[helper.make_opsetid("", OPSET)])
        proto = onnx.shape_inference.infer_shapes(proto, check_type=True, strict_mode=True, data_prop=True)
        found = {name: tuple(tensor.dims) for name, tensor in self.initializers.items()}
        for info in (*proto.graph.input, *proto.graph.value_info, *proto.graph.output):
            found[info.name] = tuple(dim.dim_value for dim in info.type.tensor_type.shape.dim)
        return found

    # ---- what rules are written with

    def like(self, value: str, other: str) -> str:
        """A value in the shape of another of as many numbers."""
        sizes = self.sizes[other]
        free = [n for n in sizes if n is None]
        if len(free) > 1:
            return self("Reshape", value, self("Shape", other))
        return self("Reshape", value, self.ints([-1 if n is None else n for n in sizes]))

    def stretched(self, value: str, other: str) -> str:
        """A value, each axis 1 or as in the other, over the other's shape."""
        sizes = self.sizes[other]
        if None in sizes:
            return self("Expand", value, self("Shape", other))
        return self("Expand", value, self.ints([n for n in sizes if n is not None]))

    def summed(self, value: str, of: str, to: str) -> str:
        """A value in the shape of ``of``, summed over the axes along which ``to`` was stretched to that."""
        wide, narrow = self.sizes[of], self.sizes[to]
        if wide == narrow:
            return value
        more = len(wide) - len(narrow)
        axes = [*range(more), *(i + more for i, n in enumerate(narrow) if n == 1 and wide[i + more] != 1)]
        if axes:
            value = self("ReduceSum", value, self.ints(axes), keepdims=1)
        return self.like(value, to) if more else value

    def zeros(self, shape: str) -> str:
        """Zeros of a shape that is a value."""
        return self("ConstantOfShape", shape)

    def gathered(self, rows: str, index: Any) -> str:
        """``rows[index]`` along the first axis, zeros where the index is below 0; the index is constant."""
        index = np.asarray(index, dtype=np.int64)
        if (index < 0).any():
            count, *row = self.sizes[rows]
            if None in row:
                rows = self("Pad", rows, self.ints([0] * (len(row) + 1) + [1] + [0] * len(row)))
            else:
                blank = self.floats(np.zeros(prod(n or 0 for n in row)), (1, *(n or 0 for n in row)))
                rows = self("Concat", rows, blank, axis=0)
            index = np.where(index < 0, count, index)
        return self("Gather", rows, self._constant(index), axis=0)


def attributes(node: onnx.NodeProto) -> Mapping[str, Any]:
    """A node's attributes by name."""
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}
