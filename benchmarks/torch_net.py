"""A graph of netspec as PyTorch runs it: the independent judge of gradients, and the peer in speed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from netspec.graph import Graph, Node
from netspec.ops.window import Window
from netspec.tables import KernelTable, Table
from netspec.tables.spread import spread_cells, spread_taps


class TorchNet:
    """Forward with losses left out of the last layer: gives what stands before a final softmax or sigmoid."""

    def __init__(self, graph: Graph, weights: Mapping[str, np.ndarray], layout: torch.memory_format) -> None:
        self.graph, self.layout = graph, layout
        self.parameters: dict[str, Tensor] = {}
        self.buffers: dict[str, Tensor] = {}
        self.tables: dict[str, Table] = {}
        for node in graph.nodes:
            for local, weight in graph.local_weights(node).items():
                path, array = node.key(local), weights[node.key(local)]
                table, taps = getattr(node.op, "table", None), getattr(node.op, "kernel", None)
                if local == "weight" and isinstance(taps, KernelTable):
                    array = spread_taps(taps, array)
                if local == "weight" and isinstance(table, Table) and not table.is_full:
                    self.tables[path] = table
                    array = spread_cells(table, array, 0)
                tensor = torch.from_numpy(np.array(array, dtype=np.float32))
                if tensor.ndim == 4 and node.op.name == "conv":
                    tensor = tensor.to(memory_format=layout)
                if weight.trained:
                    self.parameters[path] = tensor.requires_grad_()
                else:
                    self.buffers[path] = tensor
        last = next(out.value for out in graph.outputs if not out.train)
        self.last = next(node for node in graph.nodes if node.name == last)

    def __call__(self, x: Tensor) -> Tensor:
        """The value before the last layer's softmax, as class scores."""
        values = {next(iter(self.graph.inputs)): x.contiguous(memory_format=self.layout) if x.ndim == 4 else x}
        for node in self.graph.nodes:
            if node is self.last and node.op.name == "softmax":
                return values[node.inputs[0]]
            values[node.name] = self.run(node, [values[name] for name in node.inputs])
        return values[self.last.name]

    def run(self, node: Node, xs: list[Tensor]) -> Tensor:
        """One layer."""
        own = {
            local: self.parameters.get(node.key(local), self.buffers.get(node.key(local)))
            for local in self.graph.local_weights(node)
        }
        shapes = self.graph.input_shapes(node)
        return LAYERS[node.op.name](node.op, xs, own, shapes)

    def gradient(self, path: str) -> np.ndarray:
        """A parameter's gradient in netspec's form: only the cells that a table has."""
        gradient = self.parameters[path].grad.contiguous().numpy()
        if path in self.tables:
            cells = self.tables[path].cells
            assert gradient.ndim == 4 and self.tables[path].weights == self.tables[path].connections
            made = np.zeros((self.tables[path].weights, *gradient.shape[2:]), gradient.dtype)
            made[cells.weight] = gradient[cells.output, cells.input]
            return made
        return gradient


def _padded(x: Tensor, window: Window) -> tuple[Tensor, Any]:
    if all(a == b for a, b in window.pads):
        return x, tuple(a for a, _ in window.pads)
    flat = [p for pair in reversed(window.pads) for p in pair]
    return functional.pad(x, flat), 0


def _conv(op: Any, xs: list[Tensor], w: dict[str, Tensor], shapes: Any) -> Tensor:
    window = op.window(shapes[0])
    x, pads = _padded(xs[0], window)
    run = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}[len(window.kernel)]
    return run(x, w["weight"], w.get("bias"), window.stride, pads, window.dilation, op.groups)


def _local(op: Any, xs: list[Tensor], w: dict[str, Tensor], shapes: Any) -> Tensor:
    window = op.window(shapes[0])
    weight = w["weight"]  # (rows, columns, maps, inputs, taps…)
    rows, columns, maps = weight.shape[:3]
    cols = functional.unfold(
        xs[0], window.kernel, 1, tuple(a for a, _ in window.pads), window.stride
    )  # (n, inputs · taps, places)
    y = torch.bmm(cols.permute(2, 0, 1), weight.reshape(rows * columns, maps, -1).transpose(1, 2))
    y = y.permute(1, 2, 0).reshape(len(cols), maps, rows, columns)
    return y + w["bias"] if "bias" in w else y


def _pool(op: Any, xs: list[Tensor], w: dict[str, Tensor], shapes: Any) -> Tensor:
    window = op.window(shapes[0])
    pads = tuple(a for a, _ in window.pads)
    rank = len(window.kernel)
    if op.name == "maxpool":
        run = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}[rank]
        return run(xs[0], window.kernel, window.stride, pads, ceil_mode=op.ceil)
    run = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}[rank]
    return run(xs[0], window.kernel, window.stride, pads, ceil_mode=op.ceil, count_include_pad=False)


def _subsample(op: Any, xs: list[Tensor], w: dict[str, Tensor], shapes: Any) -> Tensor:
    return functional.avg_pool2d(xs[0], op.size) * w["weight"][:, None, None] + w["bias"][:, None, None]


def _norm(op: Any, xs: list[Tensor], w: dict[str, Tensor], shapes: Any) -> Tensor:
    return functional.batch_norm(
        xs[0], w["running_mean"], w["running_var"], w.get("weight"), w.get("bias"), True, 1 - op.momentum, op.epsilon
    )


def _connect(op: Any, xs: list[Tensor], w: dict[str, Tensor], shapes: Any) -> Tensor:
    y = xs[0][:, :, :: op.strides(shapes[0])[0], :: op.strides(shapes[0])[1]]
    return functional.pad(y, (0, 0, 0, 0, 0, op.table.outputs - y.shape[1]))  # option A only


def _plain(run: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    return lambda op, xs, w, shapes: run(xs[0])


LAYERS: dict[str, Callable[..., Tensor]] = {
    "conv": _conv, "local": _local, "maxpool": _pool, "avgpool": _pool, "subsample": _subsample, "norm": _norm,
    "connect": _connect,
    "dense": lambda op, xs, w, shapes: functional.linear(xs[0].flatten(1), w["weight"], w.get("bias")),
    "lrn": lambda op, xs, w, shapes: functional.local_response_norm(xs[0], op.size, op.alpha, op.beta, op.bias),
    "relu": lambda op, xs, w, shapes: functional.relu(xs[0]) if op.max is None else functional.relu6(xs[0]),
    "tanh": lambda op, xs, w,
    shapes: op.scale * torch.tanh(op.slope * xs[0]) if op.scale != 1 or op.slope != 1 else torch.tanh(xs[0]),
    "sigmoid": _plain(torch.sigmoid), "softmax": lambda op, xs, w, shapes: functional.softmax(xs[0], 1),
    "dropout": lambda op, xs, w, shapes: functional.dropout(xs[0], op.share, True),
    "add": lambda op, xs, w, shapes: sum(xs[1:], xs[0]), "concat": lambda op, xs, w, shapes: torch.cat(xs, 1),
    "multiply": lambda op, xs, w, shapes: xs[0] * (xs[1] if xs[1].ndim == xs[0].ndim else xs[1][..., None, None]),
    "global_avgpool": lambda op, xs, w, shapes: xs[0].mean(dim=tuple(range(2, xs[0].ndim))),
    "flatten": lambda op, xs, w, shapes: xs[0].flatten(1),
    "shuffle": lambda op, xs, w, shapes: xs[0].unflatten(1, (op.groups, -1)).transpose(1, 2).flatten(1, 2).contiguous(),
}  # fmt: skip
