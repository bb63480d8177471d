"""Nothing that is still read is written over: a step is played through, and each byte knows whose number it holds."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np
import pytest

from netspec.engine.kernel import last
from netspec.engine.planning import make
from netspec.engine.planning.plan import Plan
from netspec.engine.planning.ways import Ways
from netspec.graph import Node
from netspec.shape import numbers
from tests.engine.nets import graph, meaning
from tests.engine.running.test_nets import MIXED, TABLES, TWO_LOSSES
from tests.zoo import small


class Memory:
    """Both memories of a plan, a number for each byte: which buffer wrote it last."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.names = {name: number for number, name in enumerate(plan.buffers, 1)}
        self.batch = np.zeros(plan.batch_bytes, np.int32)
        self.local = np.zeros(plan.local_bytes, np.int32)

    def bytes(self, name: str, chunk: tuple[int, int]) -> np.ndarray:
        buffer, item = self.plan.buffers[name], self.plan.dtype.itemsize
        arena = self.local if buffer.local else self.batch
        images = chunk[1] - chunk[0] if buffer.scaled else 1
        skipped = 0 if buffer.local or not buffer.scaled else chunk[0]
        start = buffer.offset + skipped * prod(buffer.image) * item
        end = start + images * prod(buffer.image) * item
        assert end <= len(arena)
        return arena[start:end]

    def write(self, name: str, chunk: tuple[int, int]) -> None:
        self.bytes(name, chunk)[:] = self.names[name]

    def read(self, name: str, chunk: tuple[int, int]) -> None:
        assert (self.bytes(name, chunk) == self.names[name]).all(), f"{name} is written over before it is read"


def touched(plan: Plan, node: Node, kind: str, phase: int, n: int) -> Iterator[tuple[str, str]]:
    """What a call reads and writes by the kernel's own word, in that order; workspace is written before it is read."""
    backward = kind in ("backward", "backward_sums")
    again = kind == "again"
    inputs, kernel = plan.remakers[node.name] if again else (node.inputs, plan.kernels[node.name])
    result = f"again{phase}:{node.name}" if again else node.name

    def kept(value: str) -> str:
        return f"again{phase}:{value}" if (backward or again) and value in plan.remakers else value

    for name in kernel.workspace(n, backward):
        yield "write", f"{kind}:{node.name}:{name}"
    if not backward or "x" in kernel.keeps:
        for value in inputs:
            yield "read", kept(value)
    if backward:
        yield "read", f"d:{node.name}"
        if "y" in kernel.keeps:
            yield "read", kept(node.name)
        for name in kernel.saved(1):
            yield "read", f"saved:{node.name}:{name}"
    if kind == "backward":
        for name in plan.adds(node, phase):
            yield "write", f"backward:{node.name}:{name}"
        added = plan.added(node)
        for i, value in enumerate(node.inputs):
            if value in plan.needs_gradient:
                yield "write", f"more:{node.name}:{i}" if i in added else f"d:{value}"
        for i in added:
            yield "read", f"more:{node.name}:{i}"
            yield "read", f"d:{node.inputs[i]}"
            yield "write", f"d:{node.inputs[i]}"
    if kind in ("forward", "again"):
        yield "write", result
    if kind == "forward":
        for name in kernel.saved(1):
            yield "write", f"saved:{node.name}:{name}"
    for name in kernel.workspace(n, backward):
        yield "read", f"{kind}:{node.name}:{name}"


def play(plan: Plan) -> None:
    memory, nodes = Memory(plan), {node.name: node for node in plan.graph.nodes}
    for name in plan.graph.inputs:
        memory.write(name, (0, plan.batch))
    for phase, calls in enumerate(plan.phases):
        for chunk in plan.chunks[phase]:
            memory.local[:] = 0
            for call in calls:
                if call.kind == "loss":
                    value = plan.fused.get(call.node, next(o.value for o in plan.graph.outputs if o.name == call.node))
                    memory.write(f"loss:{call.node}", chunk)
                    memory.read(value, chunk)
                    memory.write(f"d:{value}", chunk)
                    memory.read(f"loss:{call.node}", chunk)
                    continue
                for way, name in touched(plan, nodes[call.node], call.kind, phase, chunk[1] - chunk[0]):
                    getattr(memory, way)(name, chunk)
    for name in plan.graph.inputs:
        memory.read(name, (0, plan.batch))  # who asks for a step again finds them
    for output in () if plan.train else plan.graph.outputs:
        memory.read(output.value, (0, plan.batch))


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("recompute", [False, True])
@pytest.mark.parametrize("batch", [1, 7])
@pytest.mark.parametrize("text", [MIXED, TWO_LOSSES, TABLES], ids=["mixed", "two losses", "tables"])
def test_what_is_read_is_what_was_written(text: str, batch: int, recompute: bool, train: bool) -> None:
    spec = meaning(text)
    assert spec.graph is not None
    play(make.plan(spec.graph, batch, train, spec.train.loss if train else {}, recompute=recompute))


@pytest.mark.slow
@pytest.mark.parametrize("recompute", [False, True])
@pytest.mark.parametrize("name", ["densenet", "googlenet", "lenet5", "mobilenet_v2", "resnet", "senet", "unet"])
def test_what_is_read_is_what_was_written_in_the_zoo(name: str, recompute: bool) -> None:
    net = small(name)
    play(make.plan(net.graph, 9, True, net.train_settings.loss, recompute=recompute))


CONV_NORM = "input x: 2 x 4 x 4", "output y = x -> conv(3, 3) -> norm -> relu -> dense(2)"


def test_what_lives_in_one_phase_exists_for_a_chunk_and_the_rest_for_the_batch() -> None:
    plan = make.plan(graph(*CONV_NORM), 8, True, {"y": "mse"})
    local = {name for name, buffer in plan.buffers.items() if buffer.local}
    # the sums of the batch part three phases: what passes between them is there for all images
    assert {"y/relu", "y", "d:y", "loss:y"} & set(plan.buffers) <= local
    assert not {"x", "y/conv", "d:y/norm"} & local
    assert {"d:y/conv", "d:y/relu"} <= local


def test_what_the_caller_reads_and_writes_exists_for_the_batch() -> None:
    net = graph("input x: 4", "output y = x -> dense(3) -> tanh")
    trained, used = (make.plan(net, 8, train, {"y": "mse"}) for train in (True, False))
    assert not trained.buffers["x"].local and not used.buffers["x"].local
    value = net.outputs[0].value
    assert trained.buffers[value].local and not used.buffers[value].local
    assert used.buffers["y/dense"].local


def test_sizes_are_those_of_the_shapes() -> None:
    plan = make.plan(graph(*CONV_NORM), 8, True, {"y": "mse"}, np.float64)
    for name, shape in plan.graph.shapes.items():
        if name in plan.buffers:
            assert plan.buffers[name].shape(3) == (3, *last(numbers(shape)))
    assert plan.batch_bytes % 64 == 0 and plan.local_bytes % 64 == 0
    assert plan.batch_bytes >= 8 * (
        8 * 2 * 16 + 8 * 3 * 4 * 2
    )  # the input, and of the convolution the result and d:y/norm
    assert make.plan(graph(*CONV_NORM), 8, True, {"y": "mse"}, np.float32).batch_bytes < plan.batch_bytes


def test_memory_of_a_chunk_does_not_grow_with_the_batch_where_no_norm_parts_it() -> None:
    net = graph("input x: 2 x 64 x 64", "output y = x -> conv(8, 3) -> tanh -> conv(8, 3) -> dense(2)")
    small_, large = (make.plan(net, batch, True, {"y": "mse"}, ways=Ways(2**20)) for batch in (256, 512))
    assert small_.local_bytes == large.local_bytes
    assert large.batch_bytes == 2 * small_.batch_bytes == 512 * 2 * 64 * 64 * 4  # the pictures alone
