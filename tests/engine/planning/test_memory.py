"""The plan's memory: nothing big is allocated in a step, activations made again give the same bits, and what is told is
held."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from netspec.engine.measuring.profile import fill
from netspec.engine.planning import make
from netspec.engine.running.parameters import Parameters
from netspec.engine.running.runner import Runner
from netspec.engine.running.threads import pool
from netspec.engine.training.optimiser import Optimiser
from netspec.graph import Graph
from netspec.settings import Train
from netspec.weights import initial
from tests.zoo import small

pytestmark = pytest.mark.slow

#: What a step may allocate: numbers of one layer at most, never of a batch.
LITTLE = 2**20
#: Nets that together have a layer of every family.
FAMILIES = (
    "lenet5",
    "lenet5_cross",
    "resnet_cifar",
    "densenet",
    "googlenet",
    "mobilenet_v2",
    "shufflenet",
    "convnext",
    "highway",
    "nin",
    "wave",
    "autoencoder",
)


def bound(graph: Graph, settings: Train, batch: int, recompute: bool = False) -> Runner:
    plan = make.plan(graph, batch, True, settings.loss, recompute=recompute)
    store = Parameters(graph, plan.kernels, initial(graph, 1), np.float32)
    with pool(1) as threads:
        runner = Runner(plan, store, threads, optimiser=Optimiser(settings.optimizer, store))
    fill(runner)
    return runner


@pytest.mark.parametrize("name", FAMILIES)
def test_a_step_allocates_little(name: str) -> None:
    net = small(name)
    runner = bound(net.graph, net.train_settings, 32)
    runner.step()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    runner.step()
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert peak < LITTLE


@pytest.mark.parametrize("name", ["densenet", "resnet", "mobilenet_v2", "googlenet", "senet"])
def test_activations_made_again_are_the_same_bits_in_less_memory(name: str) -> None:
    net = small(name)
    found = []
    for recompute in (False, True):
        runner = bound(net.graph, net.train_settings, 24, recompute)
        loss = runner.step()
        found.append((loss, runner.gradient.tobytes(), runner.plan.batch_bytes + runner.plan.local_bytes))
    assert found[0][:2] == found[1][:2]
    assert found[1][2] < found[0][2]
