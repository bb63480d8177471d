"""Does a second worker cost anything when another process wants its core? Steps by one and two workers, alone and
beside load.

`python benchmarks/load.py [NET …]`: a busy process takes a core of two while steps are timed, with one worker and with
two in turn; the last column is the seconds of two workers over those of one beside the busy process: 1.1 at most is
wanted.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import numpy as np

from netspec.engine.measuring.profile import fill
from netspec.engine.planning import make
from netspec.engine.running.parameters import Parameters
from netspec.engine.running.runner import Runner
from netspec.engine.running.threads import pool
from netspec.engine.training.optimiser import Optimiser
from netspec.net import load
from netspec.weights import initial

SPECS = Path(__file__).parents[1] / "specs"
#: net and batch: short steps have the most barriers a second
NETS = {"lenet5": 64, "mlp": 128, "resnet_cifar": 16}
#: Rounds in which each is timed once, and seconds of each time.
ROUNDS, SECONDS = 5, 1.0


def runner(stack: ExitStack, name: str, workers: int) -> Runner:
    """A training of a net, bound and filled."""
    net = load(SPECS / f"{name}.net")
    plan = make.plan(net.graph, NETS[name], True, net.train_settings.loss)
    store = Parameters(net.graph, plan.kernels, initial(net.graph, 1), np.float32)
    optimiser = Optimiser(net.train_settings.optimizer, store)
    optimiser.multiple = 0.0
    threads = stack.enter_context(pool(workers))
    bound = stack.enter_context(closing(Runner(plan, store, threads, optimiser=optimiser, processes=True)))
    fill(bound)
    return bound


def seconds(bound: Runner) -> float:
    """Seconds a step, over all of a second's."""
    began, steps = time.perf_counter(), 0
    while time.perf_counter() - began < SECONDS:
        bound.step()
        steps += 1
    return (time.perf_counter() - began) / steps


@contextmanager
def busy() -> Iterator[None]:
    """Another process computes all the while."""
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        time.sleep(0.2)
        yield
    finally:
        other.kill()
        other.wait()


def timed(one: Runner, two: Runner) -> tuple[float, float]:
    """Medians of one worker's and of two workers' seconds, in turn."""
    pairs = [(seconds(one), seconds(two)) for _ in range(ROUNDS)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def main(names: list[str]) -> None:
    """Print the table."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    print("| net | 1 worker, ms | 2 workers, ms | 1 beside load, ms | 2 beside load, ms | ratio beside load |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in names or NETS:
        with ExitStack() as stack:
            one, two = (runner(stack, name, workers) for workers in (1, 2))
            alone = timed(one, two)
            with busy():
                loaded = timed(one, two)
        cells = " | ".join(f"{1000 * value:.2f}" for value in (*alone, *loaded))
        print(f"| {name} | {cells} | {loaded[1] / loaded[0]:.2f} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
