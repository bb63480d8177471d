"""A net without one of its units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec import Net
from netspec.claims.claim import Finding, claim
from netspec.claims.comparing import residual_units
from netspec.claims.deciding import decided, spread
from netspec.claims.lab import Lab, Learned
from netspec.claims.pictures import Pictures, ready

Array = NDArray[Any]

UNITS = 4


def units(net: Net) -> list[str]:
    """The paths of units whose input and output have one shape: all of a stage but its first."""
    stages: dict[str, list[str]] = {}
    for name in residual_units(net.graph.weights):
        stages.setdefault(name.rsplit("/", 1)[0], []).append(name)
    return [name for of in stages.values() for name in of[1:]]


def without(weights: Mapping[str, Array], unit: str, plain: bool) -> dict[str, Array]:
    """The weights with a unit handing its input on: a residual path gives zeros, a plain one convolves with a single 1.

    What stands behind a rectifier is not negative, so that the plain unit's own ones change nothing.
    """
    changed = dict(weights)
    for path in weights:
        if not path.startswith(f"{unit}/path/"):
            continue
        array = np.array(weights[path])
        what = path.rsplit(".", 1)[1]
        if not plain:
            changed[path] = np.zeros_like(array) if "/norm" in path and what in ("weight", "bias") else array
        elif "/conv" in path:
            changed[path] = np.zeros_like(array)
            if what == "weight":
                changed[path][np.arange(len(array)), np.arange(len(array)), 1, 1] = 1
        else:
            changed[path] = np.zeros_like(array) if what in ("bias", "running_mean") else np.ones_like(array)
    return changed


def right(run: Learned, weights: Mapping[str, Array], pictures: Pictures) -> float:
    """The share of right answers of the test pictures."""
    answers = run.net.values(weights, ready(pictures.test_x, run.data))["label"]
    return float(np.mean(answers.argmax(axis=1) == pictures.test_y))


@claim(
    "A residual net behaves like an ensemble of shallower ones: without one of its units it still answers, on average; "
    "a plain net does not.",
    source="Veit, Wilber, Belongie 2016: Residual networks behave like ensembles of relatively shallow networks, "
    "figure 3",
    measured="right answers of 500 digits without each unit in turn, residual and plain nets of 18 layers on small "
    "maps, 6 epochs on 2,000",
    minutes=0.6,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """On the mean of its units the residual net keeps three quarters of its right answers, the plain one does not."""
    pictures = lab.digits(2000, 500)
    kept: dict[str, list[float]] = {}
    rows = []
    for kind, plain in (("residual", False), ("plain", True)):
        net = lab.net("residual", n=lab.few(UNITS, 2), plain=plain, classes=pictures.classes)
        runs = [lab.learn(net, pictures, 6, seed) for seed in lab.seeds]
        whole = [right(run, run.weights, pictures) for run in runs]
        less = {u: [right(run, without(run.weights, u, plain), pictures) for run in runs] for u in units(net)}
        kept[kind] = [float(np.mean([of[n] for of in less.values()])) / whole[n] for n in range(len(runs))]
        rows += [(kind, "none", spread(whole)), *((kind, unit, spread(of)) for unit, of in less.items())]
    return Finding(
        decided(r >= 0.75 > p for r, p in zip(kept["residual"], kept["plain"], strict=True)),
        f"Without one unit the residual net keeps {spread(kept['residual'])} of its right answers on average, the "
        f"plain one {spread(kept['plain'])}.",
        ("net", "without", "right"),
        rows,
    )
