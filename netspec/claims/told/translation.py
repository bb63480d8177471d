"""What moving a picture changes in the answers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.claims.claim import Chart, Finding, claim
from netspec.claims.deciding import decided, spread
from netspec.claims.lab import Lab
from netspec.claims.pictures import ready

Array = NDArray[Any]

SHIFTS = (0, 1, 2, 3, 4, 6, 8)


def moved(images: Array, by: int) -> Array:
    """Pictures moved to the right, with what stood at their edge on the left."""
    filled = np.repeat(images[:, :, :1], by, axis=2)
    return np.concatenate([filled, images[:, :, : images.shape[2] - by]], axis=2)


@claim(
    "Convolution and pooling make a net's answers invariant to small translations; a net of dense layers has no such "
    "thing.",
    source="LeCun, Bottou, Bengio, Haffner 1998, section II.A; Goodfellow, Bengio, Courville 2016, section 9.3",
    measured="right answers of 1,000 digits moved by 0 to 8 pixels, after 6 epochs on 5,000 that stand in the middle: "
    "LeNet's wiring, and a hidden layer of 512 units",
    minutes=1,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """By two pixels the convolutional net loses less than five in a hundred, and less than the other."""
    pictures = lab.digits(5000, 1000)
    nets = {"convolutional": ("digits", "digit"), "dense": ("by_heart", "label")}
    right: dict[str, list[list[float]]] = {}
    for kind, (name, output) in nets.items():
        runs = [lab.learn(lab.net(name, classes=pictures.classes), pictures, 6, seed) for seed in lab.seeds]
        right[kind] = [
            [
                float(
                    np.mean(
                        run.values(ready(moved(pictures.test_x, by), run.data))[output].argmax(axis=1)
                        == pictures.test_y
                    )
                )
                for run in runs
            ]
            for by in SHIFTS
        ]
    lost = {kind: [a - b for a, b in zip(of[0], of[2], strict=True)] for kind, of in right.items()}
    verdict = decided(c < 0.05 and c < d for c, d in zip(lost["convolutional"], lost["dense"], strict=True))
    return Finding(
        verdict,
        f"Moved by two pixels, the convolutional net loses {spread(lost['convolutional'])} of its right answers, the "
        f"dense one {spread(lost['dense'])}; by eight it has {spread(right['convolutional'][-1])} left: invariance is "
        "approximate and ends soon.",
        ("moved by", *right),
        [(f"{by} pixels", *(spread(of[n]) for of in right.values())) for n, by in enumerate(SHIFTS)],
        [
            Chart(
                "Right answers by translation, median",
                {kind: [float(np.median(values)) for values in of] for kind, of in right.items()},
                "moved by " + ", ".join(map(str, SHIFTS)) + " pixels",
                "share",
            )
        ],
    )
