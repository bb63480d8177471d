"""What a code of few numbers keeps of a picture, beside principal components."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.claims.claim import Finding, claim
from netspec.claims.deciding import ordered, spread, together
from netspec.claims.lab import Lab

Array = NDArray[Any]

CODES, EPOCHS = (2, 8, 30), 20


def by_components(x: Array, others: Array, count: int) -> float:
    """The mean square error of other pictures from so many principal components of ``x``."""
    mean = x.mean(axis=0)
    axes = np.linalg.svd(x - mean, full_matrices=False)[2][:count]
    return float(np.mean(((others - mean) - (others - mean) @ axes.T @ axes) ** 2))


@claim(
    "A deep auto-encoder keeps more of a picture in a code of few numbers than principal components do.",
    source="Hinton, Salakhutdinov 2006: Reducing the dimensionality of data with neural networks",
    measured=f"mean square error of 1,000 other digits from 2, 8 and 30 numbers, after {EPOCHS} epochs on 5,000, "
    "beside as many principal components",
    minutes=1.6,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """With each length of code, and every seed."""
    pictures = lab.digits(5000, 1000)
    x, others = (images.reshape(len(images), -1).astype(np.float32) / 255 for images in (pictures.x, pictures.test_x))
    found, verdicts, rows = {}, [], []
    for code in CODES:
        net = lab.net("autoencoder_pca", code_units=code)
        runs = [lab.learn(net, {"train": (x, x), "val": (others, others)}, EPOCHS, seed) for seed in lab.seeds]
        found[code] = [float(np.mean((run.values(others)["picture"] - others) ** 2)) for run in runs]
        components = by_components(x, others, code)
        verdicts.append(ordered({"net": found[code], "pca": [components] * len(runs)}, ("net", "pca")))
        rows.append((str(code), spread(found[code], ".4f"), f"{components:.4f}"))
    return Finding(
        together(verdicts),
        "; ".join(f"{code} numbers: {net}, components {pca}" for code, net, pca in rows) + ".",
        ("numbers of the code", "auto-encoder", "principal components"),
        rows,
    )
