"""Which of four nets of one budget gets to a training loss first."""

from __future__ import annotations

from statistics import fmean

from netspec.claims.claim import Chart, Finding, claim
from netspec.claims.deciding import decided, rising, spread
from netspec.claims.lab import Lab
from netspec.claims.ranking import EPOCHS, NAMES, NETS, trained

#: The training loss that is to be reached: less than half of what a guess among ten classes has.
LOSS = 1.0


def epochs_until(losses: list[float]) -> int:
    """Epochs until the loss is at or below LOSS; one more than there were where it never was."""
    return next((n for n, loss in enumerate(losses, 1) if loss <= LOSS), len(losses) + 1)


@claim(
    "VGG converges faster than Inception, DenseNet and ResNet.",
    source="textbook ranking of the four architectures by convergence",
    measured=f"four nets of about 100,000 parameters on 3,000 digits in colour, {EPOCHS} epochs, the rate of each from "
    f"three on a validation part: epochs until a training loss of {LOSS:g}, and the mean loss of all steps (the area "
    "under the curve)",
    minutes=8,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """Every seed's order by the area under the curve decides."""
    found = trained(lab)
    areas = {name: [fmean(run["steps"]) for run in found[name]["runs"]] for name in NETS}
    until = {name: [epochs_until(run["losses"]) for run in found[name]["runs"]] for name in NETS}
    verdict = decided(
        areas["vgg"][seed] < min(areas[name][seed] for name in NETS[1:]) for seed in range(len(lab.seeds))
    )
    order = " < ".join(NAMES[name] for name in rising(areas))
    return Finding(
        verdict,
        f"By the area under the curve, the fastest first: {order}.",
        ("net", "parameters", "rate", f"epochs to {LOSS:g}", "mean loss of all steps", "last training loss"),
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
                {
                    NAMES[n]: sorted(found[n]["runs"], key=lambda run: fmean(run["steps"]))[len(lab.seeds) // 2][
                        "losses"
                    ]
                    for n in NETS
                },
                "epoch",
                "loss",
            )
        ],
    )
