"""What a middle layer says of a picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.claims.claim import Drawing, Finding, claim
from netspec.claims.deciding import decided, spread
from netspec.claims.lab import Lab
from netspec.claims.pictures import ready
from netspec.report.pictures import png

Array = NDArray[Any]


def nearest(vectors: Array, count: int) -> Array:
    """The numbers (n, count) of those whose direction is nearest, without itself."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    alike = unit @ unit.T
    np.fill_diagonal(alike, -np.inf)
    found: Array = np.argsort(-alike, axis=1)[:, :count]
    return found


def same(near: Array, labels: Array) -> float:
    """The share of those near that are of the same class."""
    return float(np.mean(labels[near] == labels[:, None]))


@claim(
    "Pictures whose features are near each other are alike, though their pixels are not.",
    source="Krizhevsky, Sutskever, Hinton 2012, section 6.1 and figure 4",
    measured="the share of the four nearest of 1,000 digits that are of the same class, by the 120 values of F5 and by "
    "pixels (5 epochs on 5,000), and the share that is near by both",
    minutes=0.1,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """More are of one class by features than by pixels, and fewer than half are near by pixels too."""
    pictures = lab.digits(5000, 1000)
    pixels, features, shared = [], [], []
    drawn: list[Drawing] = []
    for seed in lab.seeds:
        run = lab.learn(lab.net("digits", classes=pictures.classes), pictures, 5, seed)
        x = ready(pictures.test_x, run.data)
        near = nearest(run.net.features("F5").values(run.weights, x)["F5"], 4)
        features.append(same(near, pictures.test_y))
        flat = nearest(x.reshape(len(x), -1), 4)
        pixels.append(same(flat, pictures.test_y))
        shared.append(float(np.mean((near[:, :, None] == flat[:, None, :]).any(axis=2))))
        drawn = drawn or [
            Drawing("Eight digits, and the four nearest of each by F5", _sheet(pictures.test_x, near), ".png")
        ]
    return Finding(
        decided(a > b and both < 0.5 for a, b, both in zip(features, pixels, shared, strict=True)),
        f"By features {spread(features)} of the four nearest are of the same class, by pixels {spread(pixels)}; "
        f"{spread(shared)} of them are the same ones.",
        ("", "of the same class"),
        [("by the values of F5", spread(features)), ("by pixels", spread(pixels)), ("near by both", spread(shared))],
        drawn,
    )


def _sheet(images: Array, near: Array) -> bytes:
    rows = [np.concatenate([images[k][..., 0] for k in (n, *near[n])], axis=1) for n in range(min(8, len(images)))]
    return png(np.concatenate(rows).repeat(2, axis=0).repeat(2, axis=1))
