"""Whole training steps against PyTorch on the same cores: forward, backward, update; float32, SGD with momentum.

`python benchmarks/train_step.py [--no-compile] [NET …]`, with OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE unset. Both sides
have the same weights and batch; their gradients are compared in float64 first. Samples are interleaved. PyTorch runs
eagerly and through `torch.compile` (which needs a C++ compiler), each in its two layouts, and the better one counts;
dropout is left out on both sides. Peak memory is of a process of its own, and of eager PyTorch.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

from netspec.engine.planning import make
from netspec.engine.running.parameters import Parameters
from netspec.engine.running.runner import Runner
from netspec.engine.running.threads import Pool, pool
from netspec.engine.training.optimiser import Optimiser
from netspec.graph import Graph
from netspec.net import load
from netspec.settings.train import Sgd
from netspec.weights import initial

SPECS = Path(__file__).parents[1] / "specs"
#: net, settings, batch, the ratio to eager PyTorch that must be reached; to `torch.compile` it is 1 for each
NETS: dict[str, tuple[str, dict[str, Any], int, float]] = {
    "lenet5-64": ("lenet5", {}, 64, 1.5),
    "lenet5-256": ("lenet5", {}, 256, 1.5),
    "mlp-128": ("mlp", {}, 128, 1.2),
    "vgg16-8": ("vgg", {}, 8, 1.3),
    "alexnet-32": ("alexnet", {}, 32, 1.4),
    "resnet20-128": ("resnet_cifar", {}, 128, 1.1),
    "resnet18-16": ("resnet", {"depth": 18}, 16, 1.2),
    "densenet121-8": ("densenet", {}, 8, 1.1),
    "deepface-8": ("deepface", {}, 8, 1.5),
}
#: What is wanted beyond what must be reached.
WANTED = 1.5
SAMPLES, RATE, MOMENTUM = int(os.environ.get("SAMPLES", "7")), 1e-3, 0.9
#: Seconds of steps that make a sample.
STRETCH = 0.2


class Ours:
    """One training step by the engine."""

    def __init__(self, graph: Graph, batch: int, workers: Pool, dtype: Any = np.float32) -> None:
        output = next(out.name for out in graph.outputs if not out.train)
        self.name, self.output = next(iter(graph.inputs)), output
        plan = make.plan(graph, batch, True, {output: "cross_entropy"}, dtype)
        self.plan = plan
        self.store = Parameters(graph, plan.kernels, initial(graph, 1), dtype)
        optimiser = Optimiser(Sgd(rate=RATE, momentum=MOMENTUM), self.store)
        self.runner = Runner(plan, self.store, workers, optimiser=optimiser, processes=True)

    def fill(self, x: np.ndarray, labels: np.ndarray) -> None:
        """Put a batch in; ``x`` has maps first."""
        np.copyto(self.runner.value(self.name), np.moveaxis(x, 1, -1))
        np.copyto(self.runner.targets[self.output], labels)

    def step(self) -> float:
        """Forward, backward, update."""
        return self.runner.step()[0]


class Torch:
    """The same by PyTorch, in one of its layouts, eagerly or compiled."""

    def __init__(self, graph: Graph, layout: str, dtype: str = "float32", compiled: bool = False) -> None:
        import torch
        from torch_net import TorchNet

        torch.set_num_threads(2)
        self.net = TorchNet(graph, initial(graph, 1), getattr(torch, layout))
        if dtype == "float64":
            for group in (self.net.parameters, self.net.buffers):
                group.update({path: t.detach().double().requires_grad_(t.requires_grad) for path, t in group.items()})
        self.optimiser = torch.optim.SGD(list(self.net.parameters.values()), lr=RATE, momentum=MOMENTUM)
        self.torch = torch
        self.loss = torch.compile(self._loss) if compiled else self._loss

    def _loss(self, x: Any, labels: Any) -> Any:
        return self.torch.nn.functional.cross_entropy(self.net(x), labels)

    def fill(self, x: np.ndarray, labels: np.ndarray) -> None:
        """Put a batch in."""
        self.x, self.labels = self.torch.from_numpy(x), self.torch.from_numpy(labels)

    def step(self) -> float:
        """Forward, backward, update."""
        self.optimiser.zero_grad(set_to_none=True)
        loss = self.loss(self.x, self.labels)
        loss.backward()
        self.optimiser.step()
        return float(loss.detach())


def graph_of(key: str) -> Graph:
    """The net's graph without auxiliary heads and dropout."""
    spec, parameters, *_ = NETS[key]
    return load(SPECS / f"{spec}.net", **parameters).graph.deployed().bypass(lambda node: node.op.name == "dropout")


def batch_of(graph: Graph, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Random pictures and classes."""
    rng = np.random.default_rng(1)
    shape = next(iter(graph.inputs.values()))
    classes = graph.shapes[graph.outputs[0].value][0]
    return rng.standard_normal((n, *shape), dtype=np.float32), rng.integers(0, classes, n)


def difference(graph: Graph) -> float:
    """Of the gradients of two images in float64, the largest as a share of each weight's largest."""
    x, labels = batch_of(graph, 2)
    theirs = Torch(graph, "contiguous_format", "float64")
    theirs.fill(x.astype(np.float64), labels)
    theirs.step()
    with pool(1) as workers:
        ours = Ours(graph, 2, workers, np.float64)
        ours.fill(x, labels)
        ours.runner.step()
        found = ours.store.weights(np.asarray(ours.runner.gradient))
    worst = 0.0
    for path in theirs.net.parameters:
        wanted = theirs.net.gradient(path)
        worst = max(
            worst, float(np.abs(found[path].reshape(wanted.shape) - wanted).max() / max(np.abs(wanted).max(), 1e-8))
        )
    return worst


def stretch(call: Callable[[], object], length: float) -> float:
    """Seconds a call, of so many in a row as fill ``length`` seconds, one at least.

    A pause and an unmeasured call stand before: idle threads of what ran last spin for a while.
    """
    time.sleep(0.05)
    call()
    began, calls = time.perf_counter(), 0
    while calls == 0 or time.perf_counter() - began < length:
        call()
        calls += 1
    return (time.perf_counter() - began) / calls


def interleaved(calls: Mapping[str, Callable[[], float]], samples: int = SAMPLES) -> dict[str, float]:
    """Medians in seconds of samples that take turns."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(samples):
        for name, call in calls.items():
            times[name].append(stretch(call, STRETCH))
    return {name: statistics.median(taken) for name, taken in times.items()}


def memory(key: str, who: str) -> int:
    """Peak memory in MB above the process's start, of three steps in a process of its own."""
    done = subprocess.run([sys.executable, __file__, "--memory", who, key], capture_output=True, text=True, check=True)
    return int(done.stdout)


def measure_memory(key: str, who: str) -> int:
    """The same, in this process."""
    graph, batch = graph_of(key), NETS[key][2]
    x, labels = batch_of(graph, batch)
    if who == "torch":
        import torch

        torch.set_num_threads(2)
    began = _status("VmRSS")
    with pool(2) as workers:
        net: Any = (
            Ours(graph, batch, workers)
            if who == "ours"
            else Torch(graph, "channels_last" if x.ndim == 4 else "contiguous_format")
        )
        net.fill(x, labels)
        for _ in range(3):
            net.step()
    return (_status("VmHWM") - began) // 1024


def _status(name: str) -> int:
    """A size of this process in KB (`getrusage` would count the parent's peak)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def row(key: str, compiled: bool) -> str:
    """One line of the table."""
    _, _, batch, must = NETS[key]
    graph = graph_of(key)
    apart = difference(graph)
    x, labels = batch_of(graph, batch)
    layouts = ["contiguous_format", "channels_last"] if x.ndim == 4 else ["contiguous_format"]
    with pool(2) as workers, ExitStack() as stack:
        ours = Ours(graph, batch, workers)
        stack.callback(ours.runner.close)
        nets: dict[str, Ours | Torch] = {"ours": ours}
        for ways in (False, True)[: 1 + compiled]:
            nets |= {f"{layout} {ways}": Torch(graph, layout, compiled=ways) for layout in layouts}
        for net in nets.values():
            net.fill(x, labels)
        times = interleaved({name: net.step for name, net in nets.items()})
    eager, fused = (
        [times[f"{layout} {ways}"] for layout in layouts if f"{layout} {ways}" in times] for ways in (False, True)
    )
    peak = {who: memory(key, who) for who in ("ours", "torch")}
    return (
        f"| {key} | {times['ours'] * 1e3:.1f} | {_each(eager)} | {_each(fused)} "
        f"| {_ratio(eager, times['ours'])} | {must:g} | {must * WANTED:.2g} | {_ratio(fused, times['ours'])} "
        f"| {peak['ours']} / {peak['torch']} | {apart:.0e} |"
    )


def _each(taken: list[float]) -> str:
    return " / ".join(f"{seconds * 1e3:.1f}" for seconds in taken) or "-"


def _ratio(taken: list[float], ours: float) -> str:
    return f"**{min(taken) / ours:.2f}**" if taken else "-"


def machine() -> str:
    """The processor, its widest vectors and second-level cache, and the kernels that BLAS chose for it."""
    told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    name = next(
        (line.split(":", 1)[1].strip() for line in told.splitlines() if line.startswith("model name")),
        platform.machine(),
    )
    vectors = next((flag for flag in ("avx512f", "avx2", "asimd") if f" {flag}" in told), "no wide vectors known")
    cache = Path("/sys/devices/system/cpu/cpu0/cache/index2/size")
    blas = sorted(
        {
            f"{info['internal_api']} {info.get('architecture')}"
            for info in threadpool_info()
            if info["user_api"] == "blas"
        }
    )
    return (
        f"{name}, {len(os.sched_getaffinity(0))} cores, {vectors}, "
        f"L2 {cache.read_text().strip() if cache.exists() else 'unknown'}; BLAS: {', '.join(blas)}"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        print(measure_memory(sys.argv[3], sys.argv[2]))
        sys.exit()
    print(machine() + "\n")
    print(
        "| net-batch | ours, ms | PyTorch default / channels_last | compiled | ratio | must | wanted "
        "| ratio to compiled "
        "| MB ours / PyTorch | gradients apart |"
    )
    print("| --- " * 10 + "|", flush=True)
    for chosen in [name for name in sys.argv[1:] if name != "--no-compile"] or NETS:
        print(row(chosen, "--no-compile" not in sys.argv), flush=True)
