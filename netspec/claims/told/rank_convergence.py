"""Which of four nets of one budget gets to a training loss first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from netspec.claims.claim import Chart, Finding, claim
from netspec.claims.comparing import WINDOW, steps_until
from netspec.claims.deciding import decided, rising, spread
from netspec.claims.lab import Lab
from netspec.claims.ranking import EPOCHS, NAMES, NETS, RATES, trained

#: The training loss that is to be reached: less than half of what a guess among ten classes has.
LOSS = 1.0


def middle(runs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The run of the seed with the median area under the curve."""
    return sorted(runs, key=lambda run: fmean(run["steps"]))[len(runs) // 2]


@claim(
    "VGG converges faster than Inception, DenseNet and ResNet.",
    source="textbook ranking of the four architectures by convergence",
    measured=f"four nets of about 100,000 parameters on 3,000 digits in colour, {EPOCHS} epochs, the rate of each from "
    f"{len(RATES)} on a validation part: steps until the mean loss of {WINDOW} in a row is {LOSS:g} (all where it "
    "never is), and the mean loss of all steps (the area under the curve)",
    minutes=13,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """Every seed's order by the area under the curve decides."""
    found = trained(lab)
    areas = {name: [fmean(run["steps"]) for run in found[name]["runs"]] for name in NETS}
    until = {name: [steps_until(run["steps"], LOSS) for run in found[name]["runs"]] for name in NETS}
    verdict = decided(
        areas["vgg"][seed] < min(areas[name][seed] for name in NETS[1:]) for seed in range(len(lab.seeds))
    )
    order = " < ".join(NAMES[name] for name in rising(areas))
    return Finding(
        verdict,
        f"By the area under the curve, the fastest first: {order}.",
        ("net", "parameters", "rate", f"steps to {LOSS:g}", "mean loss of all steps", "last training loss"),
        [
            (
                NAMES[name],
                f"{found[name]['parameters']:,}",
                f"{found[name]['rate']:g}",
                spread(until[name], "g"),
                spread(areas[name], ".3f"),
                spread([run["losses"][-1] for run in found[name]["runs"]], ".3f"),
            )
            for name in NETS
        ],
        [
            Chart(
                "Training loss, median seed",
                {NAMES[name]: middle(found[name]["runs"])["losses"] for name in NETS},
                "epoch",
                "loss",
            )
        ],
    )
