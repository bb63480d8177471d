"""How many patterns a feedback net keeps, and how many flipped bits it mends."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.claims.claim import Chart, Finding, claim
from netspec.claims.deciding import decided, spread
from netspec.claims.lab import Lab

Array = NDArray[Any]

UNITS, BATCH = 200, 40
#: Patterns that are stored, as shares of the units; bits that are flipped, as shares too.
LOADS = (0.05, 0.08, 0.10, 0.12, 0.14, 0.16, 0.20, 0.25, 0.30)
FLIPPED = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4)


def hebb(patterns: Array) -> Array:
    """The weights (units, units) that store patterns of ±1, without a unit's own (Hopfield 1982, equation 2)."""
    weights: Array = (patterns.T @ patterns / patterns.shape[1]).astype(np.float32)
    np.fill_diagonal(weights, 0)
    return weights


def overlap(lab: Lab, count: int, flipped: float, seed: int) -> float:
    """The mean of recalled · stored / units over the patterns, from starts with a share of their bits flipped."""
    rng = np.random.default_rng([seed, count])
    patterns = rng.choice([-1.0, 1.0], (count, UNITS)).astype(np.float32)
    starts = np.where(rng.random(patterns.shape) < flipped, -patterns, patterns)
    net = lab.net("hopfield_memory")
    (name,) = net.initial()
    recalled = net.values({name: hebb(patterns)}, starts)["recalled"]
    return float(np.mean(np.sign(recalled) * patterns))


@claim(
    "A feedback net of n units recalls about 0.14 n patterns, and not many more.",
    source="Hopfield 1982: Neural networks and physical systems (0.15 n); Amit, Gutfreund, Sompolinsky 1985: Storing "
    "infinite numbers of patterns (0.138 n)",
    measured=f"overlap of what is recalled with what was stored, {UNITS} units, 20 rounds, by patterns stored (5 % of "
    "bits flipped) and by bits flipped (0.08 n stored)",
    minutes=0.1,
)
def measure(lab: Lab) -> Finding:
    """At 0.10 n nearly all is recalled, at 0.20 n it is not."""
    stored = {load: [overlap(lab, round(load * UNITS), 0.05, s) for s in lab.seeds] for load in LOADS}
    bits = {share: [overlap(lab, round(0.08 * UNITS), share, s) for s in lab.seeds] for share in FLIPPED}
    return Finding(
        decided(low > 0.95 > high and high < 0.9 for low, high in zip(stored[0.10], stored[0.20], strict=True)),
        f"The overlap is {spread(stored[0.10], '.2f')} at 0.10 n, {spread(stored[0.14], '.2f')} at 0.14 n and "
        f"{spread(stored[0.20], '.2f')} at 0.20 n. With few units the fall is gradual; it is sharp as n grows.",
        ("", "overlap"),
        [(f"{load:.2f} n patterns, 5 % flipped", spread(values, ".3f")) for load, values in stored.items()]
        + [(f"0.08 n patterns, {share:.0%} flipped", spread(values, ".3f")) for share, values in bits.items()],
        [
            Chart(
                "Overlap by patterns stored",
                {"median": [float(np.median(v)) for v in stored.values()]},
                "of " + ", ".join(f"{n:g}" for n in LOADS) + " n",
                "overlap",
            ),
            Chart(
                "Overlap by bits flipped",
                {"median": [float(np.median(v)) for v in bits.values()]},
                "of " + ", ".join(f"{n:.0%}" for n in FLIPPED),
                "overlap",
            ),
        ],
    )
