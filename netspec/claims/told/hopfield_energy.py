"""What a feedback net makes small."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.claims.claim import Chart, Finding, claim
from netspec.claims.deciding import decided
from netspec.claims.lab import Lab
from netspec.claims.told.hopfield_capacity import UNITS, hebb

Array = NDArray[Any]

STARTS, ROUNDS = 20, 25


def energies(weights: Array, state: Array, rng: np.random.Generator) -> list[float]:
    """The energy -1/2 s W s (Hopfield 1982, equation 7) before and after each change of one unit, in any order."""
    found = [float(-0.5 * state @ weights @ state)]
    for unit in np.concatenate([rng.permutation(len(state)) for _ in range(ROUNDS)]):
        state[unit] = 1.0 if weights[unit] @ state >= 0 else -1.0
        found.append(float(-0.5 * state @ weights @ state))
    return found


@claim(
    "A feedback net with symmetric weights makes its energy smaller with each change of a unit, and comes to rest.",
    source="Hopfield 1982: Neural networks and physical systems with emergent collective computational abilities, "
    "equation 7",
    measured=f"the energy over {ROUNDS} rounds of single changes, and of changes of all units at once (the net's "
    f"rounds), from {STARTS} random states, 20 patterns stored in 200 units",
    minutes=0.1,
)
def measure(lab: Lab) -> Finding:
    """No single change raises it; at rest a last round changes nothing."""
    rises, rests = [], []
    curve: list[float] = []
    together: list[float] = []
    for seed in lab.seeds:
        rng = np.random.default_rng(seed)
        weights = hebb(rng.choice([-1.0, 1.0], (20, UNITS)).astype(np.float32)).astype(float)
        ways = [energies(weights, rng.choice([-1.0, 1.0], UNITS), rng) for _ in range(lab.few(STARTS, 2))]
        rises.append(sum(int(np.sum(np.diff(way) > 1e-9)) for way in ways))
        rests.append(sum(way[-1] == way[-1 - UNITS] for way in ways) / len(ways))
        curve = curve or ways[0][::UNITS]
        together = together or at_once(lab, weights, rng.choice([-1.0, 1.0], UNITS))
    return Finding(
        decided(rise == 0 and rest == 1 for rise, rest in zip(rises, rests, strict=True)),
        f"Of all single changes {sum(rises)} raised the energy, and {min(rests):.0%} of the states were at rest in the "
        "last round.",
        ("round", "energy, one unit after the other", "energy, all at once"),
        [(str(n), f"{a:.1f}", f"{b:.1f}") for n, (a, b) in enumerate(zip(curve, together, strict=True))],
        [
            Chart(
                "Energy by rounds", {"one after the other": curve, "all at once": together}, "rounds, and one", "energy"
            )
        ],
    )


def at_once(lab: Lab, weights: Array, state: Array) -> list[float]:
    """The energy round by round where the net changes all units together."""
    found = []
    for rounds in range(ROUNDS + 1):
        if rounds:
            net = lab.net("hopfield_memory", rounds=1)
            (name,) = net.initial()
            state = np.sign(net.values({name: weights.astype(np.float32)}, state[None])["recalled"][0])
        found.append(float(-0.5 * state @ weights @ state))
    return found
