"""Is the memory that netspec tells for training right? Told against measured, for ten nets of the zoo.

`python benchmarks/memory.py [NET …]`: each net trains three steps in a process of its own, with a worker for each core;
measured is what the process and its workers hold above what it held before (proportional set size: memory that they
share counts once). Told is what `netspec show --batch N` prints.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from netspec.engine.measuring.profile import fill
from netspec.engine.planning import make
from netspec.engine.planning.needs import training_bytes
from netspec.engine.running.parameters import Parameters
from netspec.engine.running.runner import Runner
from netspec.engine.running.threads import pool
from netspec.engine.training.optimiser import Optimiser
from netspec.machine import cores
from netspec.net import load
from netspec.weights import initial

SPECS = Path(__file__).parents[1] / "specs"
#: net, settings, batch
NETS = {
    "mlp": ({}, 2048), "lenet5": ({}, 4096), "autoencoder": ({}, 512), "alexnet": ({}, 16), "vgg": ({"config": "A"}, 4),
    "googlenet": ({}, 8), "resnet": ({"depth": 18}, 8), "resnet_cifar": ({}, 64), "densenet": ({}, 4), "unet": ({}, 1),
    "mobilenet_v2": ({}, 8), "squeezenet": ({}, 16), "deepface": ({}, 4),
}  # fmt: skip
SIZES = {"unet": {"H": 572, "W": 572}}


def held(process: int) -> int:
    """Bytes that a process and its children hold."""
    told = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    mine = next(int(line.split()[1]) for line in told if line.startswith("Pss:")) * 1024
    children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    return mine + sum(held(int(child)) for child in children)


def measure(name: str, recompute: bool) -> tuple[int, int]:
    """Bytes told and measured."""
    settings, batch = NETS[name]
    net = load(SPECS / f"{name}.net", **settings)
    net = net.at(SIZES[name]) if name in SIZES else net
    train = net.train_settings
    with pool() as threads:
        a = np.ones((256, 256), np.float32)
        a @ a  # the libraries' own buffers are no part of a net
        began = held(os.getpid())
        plan = make.plan(net.graph, batch, True, train.loss, recompute=recompute)
        store = Parameters(net.graph, plan.kernels, initial(net.graph, 1), np.float32)
        optimiser = Optimiser(train.optimizer, store)
        runner = Runner(plan, store, threads, optimiser=optimiser, processes=True)
        fill(runner)
        for _ in range(3):
            runner.step()
        found = held(os.getpid()) - began
        runner.close()
    return training_bytes(
        plan, len(optimiser.state), cores()
    ), found  # an average of the weights, where a spec has one, is not run here


def main(names: list[str]) -> None:
    """Print the table."""
    print("| net, batch | kept | told, MB | measured, MB | told / measured |")
    print("| --- | --- | --- | --- | --- |")
    for name in names or NETS:
        for kind in ("all", "recomputed"):
            done = subprocess.run(
                [sys.executable, __file__, "--one", name, kind], capture_output=True, text=True, check=True
            )
            told, found = map(int, done.stdout.split())
            print(
                f"| {name}, {NETS[name][1]} | {kind} | {told / 1e6:.1f} | {found / 1e6:.1f} | {told / found:.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(*measure(sys.argv[2], sys.argv[3] == "recomputed"))
    else:
        main(sys.argv[1:])
