"""Are the optimisers, losses, schedules and averages those of PyTorch? The largest difference over 20 steps of each.

`python benchmarks/optimisers.py` trains one small net on the same batches by both; float32, differences as a share of
the largest weight (or of the loss). 1e-4 is the limit; exit status 1 past it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch_net import TorchNet

from netspec.engine.running import losses
from netspec.engine.running.parameters import Parameters
from netspec.engine.running.runner import Runner
from netspec.engine.running.threads import pool
from netspec.engine.training.optimiser import Optimiser
from netspec.engine.training.schedule import Schedule
from netspec.graph import Graph
from netspec.net import load
from netspec.settings.train import Adam, AdamW, Cosine, Plateau, Poly, RmsProp, Sgd, Step, Warmup, takes_labels
from netspec.weights import initial

STEPS, LIMIT = 20, 1e-4
SPEC = """netspec 1
net Small {
    input x: 2 x 6 x 6
    output y = x -> conv(4, 3) -> tanh -> dense(8, rate: [2, 0.5]) -> tanh -> dense(3) -> softmax
}
"""
Made = Callable[[list[dict[str, Any]]], torch.optim.Optimizer]
RULES: dict[str, tuple[Any, Made, float | None]] = {
    "sgd": (Sgd(rate=0.1), lambda g: torch.optim.SGD(g, lr=0.1), None),
    "sgd, momentum, decay": (Sgd(rate=0.1, momentum=0.9, decay=0.01),
        lambda g: torch.optim.SGD(g, lr=0.1, momentum=0.9), None),
    "sgd, nesterov": (Sgd(rate=0.1, momentum=0.9, nesterov=True),
        lambda g: torch.optim.SGD(g, lr=0.1, momentum=0.9, nesterov=True), None),
    "sgd, clip": (Sgd(rate=0.5, momentum=0.9), lambda g: torch.optim.SGD(g, lr=0.5, momentum=0.9), 0.05),
    "adam, decay": (Adam(rate=0.01, decay=0.01), lambda g: torch.optim.Adam(g, lr=0.01), None),
    "adamw": (AdamW(rate=0.01, decay=0.05), lambda g: torch.optim.AdamW(g, lr=0.01), None),
    "rmsprop, momentum": (RmsProp(rate=0.001, momentum=0.9, decay=0.01),
        lambda g: torch.optim.RMSprop(g, lr=0.001, momentum=0.9), None),
}  # fmt: skip


def batch(step: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures, maps first, and classes."""
    rng = np.random.default_rng(step)
    return rng.standard_normal((8, 2, 6, 6), dtype=np.float32), rng.integers(0, 3, 8)


def rule(graph: Graph, name: str) -> float:
    """The largest difference of the weights after the steps, with label smoothing and an exponential mean on top."""
    settings, make, clip = RULES[name]
    plan = make.plan(graph, 8, True, {"y": "cross_entropy"})
    store = Parameters(graph, plan.kernels, initial(graph, 1), np.float32)
    theirs = TorchNet(graph, initial(graph, 1), torch.contiguous_format)
    groups = []
    for path, parameter in theirs.parameters.items():
        slot = store.slots[path]
        groups.append(
            {"params": [parameter], "lr": settings.rate * slot.rate, "weight_decay": settings.decay * slot.decay}
        )
    optimiser = make(groups)
    mean = torch.optim.swa_utils.AveragedModel(
        torch.nn.ParameterList(theirs.parameters.values()), multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.9)
    )
    average = None
    with pool(1) as threads:
        ours = Optimiser(settings, store, clip)
        runner = Runner(plan, store, threads, smoothing=0.1, optimiser=ours)
        for step in range(STEPS):
            x, labels = batch(step)
            np.copyto(runner.value("x"), np.moveaxis(x, 1, -1))
            np.copyto(runner.targets["y"], labels)
            runner.step()
            average = store.flat.copy() if average is None else 0.9 * average + np.float32(0.1) * store.flat
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(
                theirs(torch.from_numpy(x)), torch.from_numpy(labels), label_smoothing=0.1
            ).backward()
            if clip is not None:
                torch.nn.utils.clip_grad_norm_(list(theirs.parameters.values()), clip)
            optimiser.step()
            mean.update_parameters(torch.nn.ParameterList(theirs.parameters.values()))
    wanted = {path: parameter.detach().numpy() for path, parameter in theirs.parameters.items()}
    averaged = dict(zip(theirs.parameters, (p.detach().numpy() for p in mean.module), strict=True))
    pairs = [(store.weights(), wanted), (store.trained(average), averaged)]
    return max(
        float(np.abs(a[path].reshape(b[path].shape) - b[path]).max() / np.abs(b[path]).max())
        for a, b in pairs
        for path in b
    )


def loss(name: str) -> float:
    """The largest difference of a loss and of its gradient."""
    rng = np.random.default_rng(0)
    z, work = rng.standard_normal((6, 5)), np.empty((6, 5))
    target = rng.integers(0, 5, 6) if takes_labels(name) else rng.random((6, 5))
    dz, sums = np.empty_like(z), np.zeros(3)
    losses.bind(name, z, dz, target, work, sums, 6, 1.0, 0.0)()
    functional = torch.nn.functional
    theirs = {
        "cross_entropy": functional.cross_entropy, "mse": functional.mse_loss, "mae": functional.l1_loss,
        "hinge": functional.multi_margin_loss, "binary_cross_entropy": functional.binary_cross_entropy_with_logits,
    }[name]  # fmt: skip
    value = torch.from_numpy(z.copy()).requires_grad_()
    told = theirs(value, torch.from_numpy(target))
    told.backward()
    return max(abs(float(told) - sums[losses.LOSS]), float(np.abs(value.grad.numpy() - dz).max()))


def schedule(name: str) -> float:
    """The largest difference of the rates of 12 epochs."""
    scheduler = torch.optim.lr_scheduler
    ours, make = {
        "step(every)": (Step(every=3, factor=0.5), lambda o: scheduler.StepLR(o, 3, 0.5)),
        "step(at)": (Step(at=[2, 7], factor=0.1), lambda o: scheduler.MultiStepLR(o, [2, 7], 0.1)),
        "cosine": (Cosine(), lambda o: scheduler.CosineAnnealingLR(o, 12)),
        "poly": (Poly(power=2), lambda o: scheduler.PolynomialLR(o, 12, 2)),
        "plateau": (Plateau(patience=2, factor=0.5),
            lambda o: scheduler.ReduceLROnPlateau(o, factor=0.5, patience=1, threshold=0)),
        "warmup": (Warmup(epochs=4), lambda o: scheduler.LambdaLR(o, lambda epoch: min(epoch / 4, 1))),
    }[name]  # fmt: skip
    mine, worst = Schedule((ours,), 12), 0.0
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = make(optimiser)
    told = [3.0, 2.0, 2.5, 2.1, 2.0, 1.5, 1.6, 1.7, 1.8, 1.2, 1.3, 1.4]
    for epoch in range(12):
        worst = max(worst, abs(mine.at(epoch) - optimiser.param_groups[0]["lr"]))
        optimiser.step()
        mine.seen(told[epoch])
        theirs.step(*([told[epoch]] if name == "plateau" else []))
    return worst


def main() -> int:
    """Print the table; 1 where a difference is past the limit."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "small.net"
        path.write_text(SPEC, encoding="utf-8")
        graph = load(path).graph
    rows = {name: rule(graph, name) for name in RULES}
    rows |= {name: loss(name) for name in ("cross_entropy", "mse", "mae", "hinge", "binary_cross_entropy")}
    rows |= {name: schedule(name) for name in ("step(every)", "step(at)", "cosine", "poly", "plateau", "warmup")}
    print("| what | largest difference from PyTorch |\n| --- | --- |")
    for name, apart in rows.items():
        print(f"| {name} | {apart:.1e} |")
    return int(max(rows.values()) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
