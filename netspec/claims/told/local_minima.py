"""Where gradient descent ends, by the size of the net."""

from __future__ import annotations

import numpy as np

from netspec.claims.claim import Chart, Finding, claim
from netspec.claims.deciding import decided
from netspec.claims.lab import Lab
from netspec.claims.told.perceptron_xor import X, Y

HIDDEN, STARTS, STUCK = (2, 4, 16), 12, 0.1
BINS = np.linspace(0, 0.8, 9)


def ends(lab: Lab, hidden: int, seed: int) -> list[float]:
    """The last losses of some starts."""
    net = lab.net("perceptron_xor", hidden=hidden)
    return [
        lab.learn(net, {"train": (X, Y)}, 6, seed=1000 * seed + start).losses[-1] for start in range(lab.few(STARTS, 2))
    ]


@claim(
    "Small nets get stuck in bad minima; in larger ones nearly every start ends equally well.",
    source="Choromanska, Henaff, Mathieu, Ben Arous, LeCun 2015: The loss surfaces of multilayer networks, section 5",
    measured=f"last losses of XOR after 600 steps from {STARTS} starts a seed with 2, 4 and 16 hidden units; stuck is "
    f"above {STUCK:g}",
    minutes=0.3,
)
def measure(lab: Lab) -> Finding:
    """Fewer starts get stuck with each larger net, and none in the largest."""
    found = {hidden: [ends(lab, hidden, seed) for seed in lab.seeds] for hidden in HIDDEN}
    stuck = {hidden: [float(np.mean(np.array(row) > STUCK)) for row in rows] for hidden, rows in found.items()}
    everyone = {hidden: np.concatenate(rows) for hidden, rows in found.items()}
    return Finding(
        decided(few > 0 and many == 0 for few, many in zip(stuck[2], stuck[16], strict=True)),
        "Stuck: "
        + ", ".join(f"{np.mean(share):.0%} of the starts with {hidden} units" for hidden, share in stuck.items())
        + ".",
        ("hidden units", "starts", "stuck", "least loss", "median", "largest"),
        [
            (
                str(h),
                str(len(all)),
                f"{np.mean(all > STUCK):.0%}",
                f"{all.min():.4f}",
                f"{np.median(all):.4f}",
                f"{all.max():.4f}",
            )
            for h, all in everyone.items()
        ],
        [
            Chart(
                "Histogram of last losses, in steps of 0.1",
                {f"{h} units": (np.histogram(all, BINS)[0] / len(all)).tolist() for h, all in everyone.items()},
                "loss: 1 is 0 to 0.1, 2 is 0.1 to 0.2 …",
                "share of starts",
            )
        ],
    )
