"""What training the four nets takes in memory, told before the first step and measured."""

from __future__ import annotations

from netspec.claims.claim import Finding, claim
from netspec.claims.deciding import decided
from netspec.claims.lab import Lab
from netspec.claims.measuring import peak_of_training
from netspec.claims.ranking import NAMES, NETS, ORDER, PUBLISHED, in_order, told

BATCH, LARGE = 8, 128


@claim(
    "By the memory of training Inception takes the least, then DenseNet and ResNet, and VGG the most.",
    source="Huang et al. 2017 with Pleiss et al. 2017 (memory-efficient DenseNets); Simonyan, Zisserman 2015",
    measured=f"bytes of a training step of GoogLeNet, DenseNet-121, ResNet-50 and VGG-16 in batches of {BATCH}, as "
    f"told before the first step; beside them those of the nets of one budget in batches of {LARGE}, told and measured "
    "in a process of its own",
    minutes=0.1,
)
def measure(lab: Lab) -> Finding:
    """The published sizes decide."""
    published = {n: lab.net(PUBLISHED[n]).training_bytes(BATCH, workers=1) for n in NETS}
    nets = {name: lab.net(f"rank/{name}") for name in NETS}
    ahead = {name: net.training_bytes(LARGE, workers=1) for name, net in nets.items()}
    peaks = {name: peak_of_training(net, LARGE) for name, net in nets.items()}
    order = told({name: taken / 1e6 for name, taken in published.items()}, ",.0f", "MB")
    return Finding(
        decided([in_order(published)]),
        f"At their published sizes: {order}.",
        ("net", f"published, batch {BATCH}, MB", f"at one budget, batch {LARGE}, MB told", "MB measured"),
        [(NAMES[n], f"{published[n] / 1e6:,.0f}", f"{ahead[n] / 1e6:.1f}", f"{peaks[n] / 1e6:.1f}") for n in ORDER],
    )
