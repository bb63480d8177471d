"""Which of a residual net's paths the gradient comes through."""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.claims.claim import Chart, Finding, claim
from netspec.claims.comparing import residual_units
from netspec.claims.deciding import decided, spread
from netspec.claims.lab import Lab, Learned
from netspec.claims.pictures import ready

Array = NDArray[Any]

UNITS, SAMPLES, EXAMPLES, STEP = 12, 6, 16, 1e-2


def pushed(lab: Lab, run: Learned, unit: str, x: Array, v: Array) -> Array:
    """The derivative of a unit's path at x in the direction v, by a central difference, in its shape."""
    net = lab.net("path_lengths_unit")
    weights = {
        f"y/path/{path.split('/path/')[1]}": a for path, a in run.weights.items() if path.startswith(f"{unit}/path/")
    }
    size = STEP * np.abs(x).mean() / np.maximum(np.abs(v).mean(axis=(1, 2, 3), keepdims=True), 1e-30)
    ahead, behind = (net.values(weights, x + sign * size * v)["y"] for sign in (1, -1))
    derivative: Array = (ahead - behind) / (2 * size)
    return derivative


def sizes(lab: Lab, run: Learned, x: Array, seed: int) -> list[float]:
    """By length 0 to UNITS, the mean size of a random direction behind a path of that length, over what went in.

    That is the Frobenius norm of the path's Jacobian but for a factor: the same for gradients, which go the other way.
    """
    names, rng = residual_units(run.weights), np.random.default_rng(seed)
    values = [run.net.features("stem").values(run.weights, x)["stem"]]
    values += [next(iter(run.net.features(name + "/add").values(run.weights, x).values())) for name in names]
    found = []
    for length in range(len(names) + 1):
        ratios = []
        for _ in range(SAMPLES if 0 < length < len(names) else 2):
            v = rng.standard_normal(values[0].shape).astype(np.float32)
            began = np.linalg.norm(v)
            for k in sorted(rng.choice(len(names), length, replace=False).tolist()):
                v = pushed(lab, run, names[k], values[k], v)
            ratios.append(float(np.linalg.norm(v) / began))
        found.append(float(np.mean(ratios)))
    return found


@claim(
    "Most of a residual net's gradient comes through its short paths, though most paths are of middle length.",
    source="Veit, Wilber, Belongie 2016: Residual networks behave like ensembles of relatively shallow networks, "
    "section 4.3 and figure 6",
    measured=f"{UNITS} units trained for 5 epochs on 2,000 digits: paths by length (binomial), the size of the "
    "Jacobian of sampled paths by length, and their product's share; short is fewer than half of the units",
    minutes=1.8,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """More than half of the product lies on paths of fewer than half of the units."""
    pictures = lab.digits(2000, 500)
    n = lab.few(UNITS, 2)
    paths = [comb(n, k) / 2**n for k in range(n + 1)]
    shares, jacobians = [], []
    for seed in lab.seeds:
        run = lab.learn(lab.net("path_lengths", n=n, classes=pictures.classes), pictures, 5, seed)
        jacobians.append(sizes(lab, run, ready(pictures.test_x[:EXAMPLES], run.data), seed))
        product = np.array(paths) * np.array(jacobians[-1])
        shares.append((product / product.sum()).tolist())
    short = [sum(share[: (n + 1) // 2]) for share in shares]
    middle = np.median(np.array(shares), axis=0)
    return Finding(
        decided(part > 0.5 for part in short),
        f"{spread(short)} of the gradient comes through paths of fewer than {n / 2:g} units, which are "
        f"{sum(paths[: (n + 1) // 2]):.1%} of all.",
        ("units on the path", "share of the paths", "size of its Jacobian", "share of the gradient"),
        [
            (str(k), f"{paths[k]:.2%}", f"{np.median([of[k] for of in jacobians]):.3g}", f"{middle[k]:.2%}")
            for k in range(n + 1)
        ],
        [
            Chart(
                "Paths by length", {"paths": paths, "gradient": middle.tolist()}, "units on the path, and one", "share"
            )
        ],
    )
