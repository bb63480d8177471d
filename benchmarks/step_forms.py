"""The training step as one graph through onnxruntime beside the engine's, in several forms of its gradients.

`python benchmarks/step_forms.py [--tune] [NET …]`: medians of interleaved samples, each of steps that take 0.2 s, on
two threads. "one form" has each kernel's gradient as a convolution over the batch and each input's as a transposed one,
"by shape" is what is written where nothing was measured, "tuned" what `--tune` finds here. Batches and nets are those
of `train_step.py`, SGD with momentum; auxiliary heads and dropout are left out.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
import onnxruntime
from train_step import MOMENTUM, NETS, RATE, SAMPLES, STRETCH, Ours, batch_of, graph_of

from netspec.engine.running.threads import pool
from netspec.graph import Graph
from netspec.interop.export import serialize
from netspec.interop.gradients.sliding import Choices, possible
from netspec.interop.train_step import train_step
from netspec.net.forms import Timed, taken_by
from netspec.passes import lower_tables
from netspec.runtime.devices import Device
from netspec.runtime.stepping import Loop, open_step
from netspec.settings import Train
from netspec.settings.train import Sgd
from netspec.weights import initial

DEVICE = Device("cpu", threads=2)


def by_graph(
    graph: Graph, x: np.ndarray, labels: np.ndarray, forms: dict[str, str]
) -> tuple[Callable[[], Any], Choices]:
    """A step by onnxruntime, and the forms that its gradients have."""
    output, choices = graph.outputs[0].name, Choices(forms)
    train = Train(loss={output: "cross_entropy"}, optimizer=Sgd(rate=RATE, momentum=MOMENTUM))
    opened = open_step(serialize(train_step(graph, train, lower_tables, {}, True, choices)), DEVICE)
    weights = initial(graph, 1)
    arrays = {name: np.asarray(weights.get(name, np.zeros([n or 1 for n in shape])), np.float32)
              for name, shape in opened.given.items() if name in opened.kept or name in weights}  # fmt: skip
    loop, name = Loop(opened, arrays), next(iter(graph.inputs))
    given = {name: x, f"target.{output}": labels, "rate": np.array(RATE, np.float32)}

    def step() -> None:
        loop.run(given, len(x))
        loop.turn()

    return step, choices


def sample(step: Callable[[], Any]) -> float:
    """Seconds of a step, over as many as take a while."""
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < STRETCH or not count:
        step()
        count += 1
    return (time.perf_counter() - began) / count


def main() -> None:
    """Print a row a net."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nets", nargs="*", metavar="NET")
    parser.add_argument("--tune", action="store_true")
    asked = parser.parse_args()
    print(f"onnxruntime {onnxruntime.__version__}, {platform.processor() or platform.machine()}, 2 threads\n")
    print("| net-batch | engine ms | one form | by shape |" + (" tuned |" if asked.tune else ""))
    print("| --- | --- | --- | --- |" + (" --- |" if asked.tune else ""))
    for key in asked.nets or ("lenet5-64", "lenet5-256", "mlp-128", "resnet20-128"):
        with ExitStack() as stack:
            graph, n = graph_of(key), NETS[key][2]
            x, labels = batch_of(graph, n)
            ours = Ours(graph, n, stack.enter_context(pool(2)))
            ours.fill(x, labels)
            usual, choices = by_graph(graph, x, labels, {})
            one = {key: "convolution" if met.of == "kernel" else "transposed" for key, met in choices.met.items()}
            steps = {"engine": ours.step, "one": by_graph(graph, x, labels, one)[0], "shape": usual}
            if asked.tune:
                device = Device("cpu", n, 2)
                best = {}
                for gradient, met in choices.met.items():
                    times = {form: taken_by(met, form, device) for form in possible(met.of, met.at)}
                    best[gradient] = Timed(met, {form: t for form, t in times.items() if t is not None}).best
                steps["tuned"] = by_graph(graph, x, labels, best)[0]
            for step in steps.values():
                step()
            taken = {name: [] for name in steps}
            for _ in range(SAMPLES):
                for name, step in steps.items():
                    taken[name].append(sample(step))
            ours.runner.close()
        medians = {name: 1e3 * statistics.median(values) for name, values in taken.items()}
        own = medians.pop("engine")
        print(f"| {key} | {own:.1f} | " + " | ".join(f"{ms:.1f} ({ms / own:.2f})" for ms in medians.values()) + " |")


if __name__ == "__main__":
    main()
