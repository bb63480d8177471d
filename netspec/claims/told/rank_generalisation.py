"""Which of four nets of one budget does best on what it has not seen."""

from __future__ import annotations

from typing import Any

from netspec.claims.claim import Chart, Finding, claim
from netspec.claims.deciding import better, rising, spread
from netspec.claims.lab import Lab
from netspec.claims.ranking import EPOCHS, NAMES, NETS, trained


def at_equal_loss(runs: list[dict[str, Any]], level: float) -> list[float]:
    """Right answers on the test after the first epoch whose training loss is at most a level, else after the last."""
    return [
        next(
            (right for loss, right in zip(run["losses"], run["tests"], strict=True) if loss <= level), run["tests"][-1]
        )
        for run in runs
    ]


@claim(
    "At one budget of parameters the nets with shortcuts and branches (Inception, DenseNet, ResNet) generalise better "
    "than VGG.",
    source="textbook ranking of the four architectures by generalisation; Huang et al. 2017, section 4.3",
    measured=f"the nets of rank-convergence: right answers of 1,000 others after {EPOCHS} epochs and at equal training "
    "loss (the largest of the four last ones), and the gap to those in training",
    minutes=13,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """The worst of the three is held against VGG."""
    found = trained(lab)
    tests = {name: [run["tests"][-1] for run in found[name]["runs"]] for name in NETS}
    level = max(run["losses"][-1] for name in NETS for run in found[name]["runs"])
    equal = {name: at_equal_loss(found[name]["runs"], level) for name in NETS}
    gaps = {name: [run["accuracies"][-1] - run["tests"][-1] for run in found[name]["runs"]] for name in NETS}
    worst = rising({name: tests[name] for name in NETS[1:]})[0]
    order = " > ".join(NAMES[name] for name in reversed(rising(tests)))
    return Finding(
        better(tests[worst], tests["vgg"], found["vgg"]["count"]),
        f"By right answers on the test part: {order}.",
        ("net", "test", f"test at a training loss of {level:.2f}", "training less test"),
        [(NAMES[name], spread(tests[name]), spread(equal[name]), spread(gaps[name])) for name in NETS],
        [
            Chart(
                "Right answers on the test part, first seed",
                {NAMES[n]: found[n]["runs"][0]["tests"] for n in NETS},
                "epoch",
                "share",
            )
        ],
    )
