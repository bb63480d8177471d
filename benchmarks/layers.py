"""Every layer shape of the zoo against PyTorch, forward and backward, sorted by ratio (PyTorch's time / ours).

`python benchmarks/layers.py [SPEC …]`, with OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE unset. Each layer stands alone in a
net whose output's gradient is given; both sides have two workers and make the gradients of weights and of what enters.
PyTorch runs in its two layouts and the better one counts. Layers in which PyTorch takes less than QUICK are left out:
calls are measured there, not arithmetic.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch_net import LAYERS, TorchNet
from train_step import stretch

from netspec.engine.measuring.profile import fill
from netspec.engine.planning import make, phases
from netspec.engine.running.parameters import Parameters
from netspec.engine.running.runner import Runner
from netspec.engine.running.threads import pool
from netspec.graph import Graph, Node, Output
from netspec.net import load
from netspec.shape import is_free, show
from netspec.weights import initial

SPECS = Path(__file__).parents[1] / "specs"
SAMPLES, STRETCH, QUICK = 3, 0.06, 2e-4
#: Examples: so many, or so many numbers at the most in what enters and leaves.
BATCH, MOST = 16, 2**24
SIZES = {"fcn32s": {"H": 224, "W": 224}, "unet": {"H": 572, "W": 572}}


def alone(graph: Graph, node: Node) -> Graph:
    """The net of one layer."""
    inputs = {f"x{i}": shape for i, shape in enumerate(graph.input_shapes(node))}
    return Graph("Alone", inputs, (Node("y", "y", node.op, tuple(inputs), node.shape),), (Output("y", "y"),))


def layers(names: list[str]) -> dict[str, tuple[str, Graph]]:
    """The layers of the zoo that PyTorch is taught, each shape once: what it is, a net that has it, the layer alone."""
    found: dict[str, tuple[str, Graph]] = {}
    for name in names:
        net = load(SPECS / f"{name}.net")
        graph = (net.at(SIZES[name]) if name in SIZES else net).graph
        for node in graph.nodes:
            shapes = graph.input_shapes(node)
            if node.op.name in LAYERS and len(shapes) == 1 and not any(map(is_free, [*shapes, node.shape])):
                told = f"{node.op}: {show(shapes[0])} -> {show(node.shape)}"
                found.setdefault(told, (name, alone(graph, node)))
    return found


def ours(graph: Graph, batch: int) -> float:
    """Seconds of a step of forward and backward."""
    with pool(2) as workers:
        plan = make.plan(graph, batch, True, {"y": "mse"})
        runner = Runner(plan, Parameters(graph, plan.kernels, initial(graph, 1), np.float32), workers, processes=True)
        try:
            fill(runner)
            return seconds(runner.step)
        finally:
            runner.close()


def theirs(graph: Graph, batch: int, layout: torch.memory_format) -> Callable[[], object]:
    """The same by PyTorch."""
    net = TorchNet(graph, initial(graph, 1), layout)
    x = torch.randn(batch, *next(iter(graph.inputs.values())))
    x = (x.contiguous(memory_format=layout) if x.ndim == 4 else x).requires_grad_()
    dy = torch.randn_like(net.run(graph.nodes[0], [x]))

    def step() -> None:
        x.grad = None
        for parameter in net.parameters.values():
            parameter.grad = None
        net.run(graph.nodes[0], [x]).backward(dy)

    return step


def seconds(call: Callable[[], object]) -> float:
    """The median of some stretches."""
    return statistics.median(stretch(call, STRETCH) for _ in range(SAMPLES))


def main(names: list[str]) -> None:
    """Print the table."""
    phases.needing_gradient = lambda graph: frozenset({*graph.inputs, "y"})
    Runner._loss = lambda *_: lambda: None
    torch.set_num_threads(2)
    rows = []
    for told, (name, graph) in layers(names or sorted(path.stem for path in SPECS.glob("*.net"))).items():
        numbers = sum(int(np.prod(shape)) for shape in graph.shapes.values())
        batch = max(1, min(BATCH, MOST // numbers))
        layouts = [
            torch.contiguous_format,
            *([torch.channels_last] if len(next(iter(graph.inputs.values()))) == 3 else []),
        ]
        best = min(seconds(theirs(graph, batch, layout)) for layout in layouts)
        if best < QUICK:
            continue
        mine = ours(graph, batch)
        rows.append((best / mine, told, name, batch, mine, best))
        print(f"{best / mine:.2f} {told} ({name})", file=sys.stderr, flush=True)
    rows.sort()
    print("| ratio | layer | first in | batch | ours, ms | PyTorch, ms |\n| ---: | --- | --- | ---: | ---: | ---: |")
    for ratio, told, name, batch, mine, best in rows:
        print(f"| {ratio:.2f} | {told} | {name} | {batch} | {mine * 1e3:.2f} | {best * 1e3:.2f} |")
    print(
        f"\n{len(rows)} shapes, the middle one {statistics.median(row[0] for row in rows):.2f}; "
        f"{sum(row[0] < 0.5 for row in rows)} below 0.5"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
