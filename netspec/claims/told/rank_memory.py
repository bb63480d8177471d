"""What training the four nets takes in memory, told before the first step and measured."""

from __future__ import annotations

from itertools import pairwise

from netspec.claims.claim import Finding, claim
from netspec.claims.deciding import decided
from netspec.claims.lab import Lab
from netspec.claims.measuring import peak_of_training
from netspec.claims.ranking import NAMES, NETS, PUBLISHED

#: By bytes of a training step, the least first.
ORDER = ("inception", "densenet", "resnet", "vgg")
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
    published = {n: lab.net(PUBLISHED[n][0], **PUBLISHED[n][1]).training_bytes(BATCH, workers=1) for n in NETS}
    nets = {name: lab.net(f"rank/{name}") for name in NETS}
    told = {name: net.training_bytes(LARGE, workers=1) for name, net in nets.items()}
    peaks = {name: peak_of_training(net, LARGE) for name, net in nets.items()}
    costs = [published[name] for name in ORDER]
    order = " < ".join(
        f"{NAMES[name]} {published[name] / 1e6:,.0f} MB" for name in sorted(published, key=lambda n: published[n])
    )
    return Finding(
        decided([all(a < b for a, b in pairwise(costs))]),
        f"At their published sizes: {order}.",
        ("net", f"published, batch {BATCH}, MB", f"at one budget, batch {LARGE}, MB told", "MB measured"),
        [(NAMES[n], f"{published[n] / 1e6:,.0f}", f"{told[n] / 1e6:.1f}", f"{peaks[n] / 1e6:.1f}") for n in ORDER],
    )
