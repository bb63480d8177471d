"""Four nets of one parameter budget, trained alike: what the four rankings share."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from netspec.claims.comparing import best_rate
from netspec.claims.lab import Lab, Learned

#: In the order in which the textbook ranks them.
NETS = ("vgg", "inception", "densenet", "resnet")
NAMES = {"vgg": "VGG", "inception": "Inception", "densenet": "DenseNet", "resnet": "ResNet"}
#: Rates that are tried, and the epochs of a training.
RATES, EPOCHS = (0.01, 0.03, 0.1, 0.3), 10
#: The zoo's net of the published size.
PUBLISHED = {"vgg": "vgg", "inception": "googlenet", "densenet": "densenet", "resnet": "resnet"}
#: By what a picture costs at those sizes, in computation and in memory, the least first.
ORDER = ("inception", "densenet", "resnet", "vgg")


def trained(lab: Lab) -> Mapping[str, Mapping[str, Any]]:
    """By net its rate, and of each seed the losses and shares of right answers of every epoch, and the seconds."""
    return dict(lab.once("ranking", lambda: {name: _one(lab, name) for name in NETS}))


def in_order(costs: Mapping[str, float]) -> bool:
    """Whether costs by net rise in ORDER."""
    return all(costs[a] < costs[b] for a, b in pairwise(ORDER))


def told(costs: Mapping[str, float], form: str, unit: str) -> str:
    """Costs by net as a sentence, the least first."""
    rising = sorted(costs, key=lambda name: costs[name])
    return " < ".join(f"{NAMES[name]} {costs[name]:{form}} {unit}" for name in rising)


def _one(lab: Lab, name: str) -> dict[str, Any]:
    pictures = lab.coloured(3000, 1000)
    net = lab.net(f"rank/{name}", classes=pictures.classes)
    best = best_rate(lab, net, pictures, RATES)
    runs = [_figures(lab.learn(net, pictures, EPOCHS, seed, rate=best)) for seed in lab.seeds]
    return {"rate": best, "parameters": net.parameters, "count": pictures.count, "runs": runs}


def _figures(run: Learned) -> dict[str, Any]:
    seconds = run.seconds / max(len(run.losses), 1)
    return {
        "losses": list(run.losses), "steps": list(run.steps), "accuracies": list(run.accuracies),
        "tests": list(run.tests), "seconds": seconds,
    }  # fmt: skip
