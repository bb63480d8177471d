"""A feedback net that solves an assignment problem."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.claims.claim import Finding, claim
from netspec.claims.deciding import decided, spread
from netspec.claims.lab import Lab

Array = NDArray[Any]

#: Rows and columns, problems a seed, and the constants of the motion: what one unit a row and a column is worth, what a
#: cost is worth, the gain at first and at last, the step in time and the number of steps.
N, PROBLEMS = 5, 40
PENALTY, COST, GAIN, STEP, STEPS = 1.0, 0.6, (0.3, 12.0), 0.05, 2000


def settled(costs: Array, rng: np.random.Generator) -> Array:
    """The units' values (n, n), 0 to 1, at rest: du/dt = -u - dE/dV, V = sigmoid(gain u) (Hopfield, Tank 1985, eq. 3).

    E asks that rows and columns add up to 1, and that the costs are small; the gain is raised on the way.
    """
    u = rng.normal(0, 0.01, costs.shape)
    for step in range(STEPS):
        gain = GAIN[0] + (GAIN[1] - GAIN[0]) * step / STEPS
        v = 1 / (1 + np.exp(-gain * u))
        slope = PENALTY * ((v.sum(axis=1, keepdims=True) - 1) + (v.sum(axis=0, keepdims=True) - 1)) + COST * costs
        u = u + STEP * (-u / 10 - slope + PENALTY / 2)
    return 1 / (1 + np.exp(-GAIN[1] * u))


def one(seed: int, problems: int) -> tuple[float, float, float, float]:
    """Shares of problems that were assigned, and assigned best; mean costs over the least, found and by lot."""
    rng = np.random.default_rng(seed)
    everyone = np.array(list(permutations(range(N))))
    valid, best, cost, lot = 0, 0, [], []
    for _ in range(problems):
        costs = rng.random((N, N))
        sums = costs[np.arange(N), everyone].sum(axis=1)
        on = settled(costs, rng) > 0.5
        lot.append(sums.mean() / sums.min())
        if (on.sum(axis=0) == 1).all() and (on.sum(axis=1) == 1).all():
            valid += 1
            cost.append(costs[on].sum() / sums.min())
            best += bool(cost[-1] < 1 + 1e-9)
    return valid / problems, best / problems, float(np.mean(cost or [0.0])), float(np.mean(lot))


@claim(
    "A feedback net of analogue units solves a small assignment problem.",
    source="Hopfield, Tank 1985: Neural computation of decisions in optimization problems; Tank, Hopfield 1986: Simple "
    "neural optimization networks",
    measured=f"{PROBLEMS} random problems of {N} x {N} a seed: shares with one unit on in each row and column, and "
    "with the least of all 120 costs; the mean cost over the least, beside that of an assignment by lot",
    minutes=0.1,
)
def measure(lab: Lab) -> Finding:
    """It solves them where nine of ten answers are assignments, within a tenth of the least cost."""
    found = [one(seed, lab.few(PROBLEMS, 4)) for seed in lab.seeds]
    valid, best, cost, lot = (list(values) for values in zip(*found, strict=True))
    return Finding(
        decided(share >= 0.9 and 0 < over <= 1.1 for share, over in zip(valid, cost, strict=True)),
        f"{spread(valid, '.0%')} of the answers are assignments, {spread(best, '.0%')} the best of all; they cost "
        f"{spread(cost, '.2f')} times the least, those by lot {spread(lot, '.2f')}.",
        ("", "found"),
        [
            ("an assignment", spread(valid, ".0%")),
            ("the best of all", spread(best, ".0%")),
            ("cost over the least", spread(cost, ".3f")),
            ("cost over the least, by lot", spread(lot, ".3f")),
        ],
    )
