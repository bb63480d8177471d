"""How an approximation's error falls with hidden units."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.claims.claim import Chart, Finding, claim
from netspec.claims.deciding import ordered, spread
from netspec.claims.lab import Lab

Array = NDArray[Any]

HIDDEN = (1, 4, 16, 64, 256)


def target(x: Array) -> Array:
    """A smooth function of two numbers from -1 to 1."""
    values: Array = np.sin(3 * x[:, :1]) * np.cos(2 * x[:, 1:]) + 0.3 * x[:, :1]
    return values


def rms(lab: Lab, hidden: int, seed: int) -> float:
    """The root of the mean square error on a grid of 41 x 41, after training on 2,000 random points."""
    x = np.random.default_rng(seed).uniform(-1, 1, (2000, 2)).astype(np.float32)
    run = lab.learn(lab.net("approximate", hidden=hidden), {"train": (x, target(x))}, 60, seed=seed)
    axis = np.linspace(-1, 1, 41, dtype=np.float32)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    return float(np.sqrt(np.mean((run.values(grid - x.mean(axis=0))["value"] - target(grid)) ** 2)))


@claim(
    "One hidden layer approximates any continuous function, the better the more units it has.",
    source="Cybenko 1989: Approximation by superpositions of a sigmoidal function (theorem 1, any error is reached by "
    "some number of units, which it does not bound); Barron 1993: Universal approximation bounds (squared error of "
    "order 1/n)",
    measured="root of the mean square error of sin(3x) cos(2y) + 0.3x on a grid, with 1 to 256 hidden units",
    minutes=0.2,
)
def measure(lab: Lab) -> Finding:
    """It holds where each larger net has the smaller error; the bounds stand beside it."""
    found = {hidden: [rms(lab, hidden, seed) for seed in lab.seeds] for hidden in HIDDEN}
    first, last = found[HIDDEN[0]], found[HIDDEN[-1]]
    bound = [float(np.median(first)) / hidden**0.5 for hidden in HIDDEN]
    return Finding(
        ordered({str(h): [-error for error in errors] for h, errors in found.items()}, [str(h) for h in HIDDEN]),
        f"The error falls from {spread(first, '.3f')} with one unit to {spread(last, '.4f')} with 256; Barron's "
        f"1/sqrt(n) asks for {bound[-1]:.4f}. Gradient descent need not find what Cybenko proves to be there.",
        ("hidden units", "error", "of one unit, by Barron's 1/sqrt(n)"),
        [(str(h), spread(found[h], ".4f"), f"{b:.4f}") for h, b in zip(HIDDEN, bound, strict=True)],
        [
            Chart(
                "Error by hidden units (1, 4, 16, 64, 256), logarithm to 10",
                {
                    "found": [float(np.log10(np.median(found[h]))) for h in HIDDEN],
                    "1/sqrt(n)": np.log10(bound).tolist(),
                },
                "units: 1 is 1, 2 is 4, 3 is 16 …",
                "log error",
            )
        ],
    )
