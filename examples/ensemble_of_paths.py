"""Is a residual net an ensemble of shallow ones? Count its paths, then take units out (Veit, Wilber, Belongie 2016)."""

from __future__ import annotations

from math import comb
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from common import SPECS, begin, learn, test_pictures
from shapes import CLASSES, make

import netspec
from netspec.report.curves import curves


def without(net: netspec.Net, weights: dict[str, np.ndarray], unit: str) -> dict[str, np.ndarray]:
    """The weights with a unit's path silenced: its last norm gives zeros, so that only the shortcut is left."""
    last = [path for path in weights if path.startswith(f"{unit}/path/") and "/norm_2." in path]
    return weights | {path: np.zeros_like(weights[path]) for path in last if path.endswith(("weight", "bias"))}


def main(out: Path, quick: bool) -> dict[str, float]:
    """The share of paths by their length, and what the net still knows without one unit."""
    n = 1 if quick else 3
    units = 3 * n
    shares = [comb(units, k) / 2**units for k in range(units + 1)]
    for k, share in enumerate(shares):
        print(f"{share:7.2%} of the {2**units} paths run through {k} of {units} units")
    (out / "paths.svg").write_text(
        curves({"paths": shares}, "Paths by length", "units on the way, and one", "share"), encoding="utf-8"
    )

    with TemporaryDirectory() as folder:
        data = make(Path(folder), *((64, 16) if quick else (4000, 400)))
        net = netspec.load(SPECS / "resnet_cifar.net", n=n, classes=len(CLASSES))
        weights = learn(net, data, 1 if quick else 8)[-1].weights()
        x, labels = test_pictures(net, data, 400)
    names = list(dict.fromkeys(node.name.rsplit("/", 1)[0] for node in net.graph.nodes if node.op.name == "add"))
    right = {"all": float(np.mean(net.values(weights, x)["label"].argmax(axis=1) == labels))}
    for unit in names:
        answers = net.values(without(net, weights, unit), x)["label"]
        right[unit] = float(np.mean(answers.argmax(axis=1) == labels))
    for unit, share in right.items():
        print(f"{share:7.2%} right {'with ' if unit == 'all' else 'without '}{unit}")
    return right


if __name__ == "__main__":
    begin(main)
