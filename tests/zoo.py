"""Small variants of every net of the zoo: the same wiring on smaller pictures, for checks that run each whole."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from netspec.net import Net, load

SPECS = Path(__file__).parents[1] / "specs"
#: spec: parameters, and a size for the axes of its pictures (None: as it is; a depth of 16 stays)
SMALL: dict[str, tuple[dict[str, Any], int | None]] = {
    "alexnet": ({"classes": 5}, 67), "approximate": ({}, None), "autoencoder": ({}, None), "c3d": ({"classes": 5}, 32),
    "convnext": ({"counts": [1, 1, 1, 1], "maps": [8, 16, 24, 32], "classes": 5}, 32), "deepface": ({"people": 5}, 80),
    "densenet": ({"growth": 4, "start": 8, "blocks": [2, 2, 2, 2], "classes": 5}, 64), "fcn32s": ({"classes": 3}, 32),
    "googlenet": ({"classes": 5}, 96), "highway": ({}, None), "hopfield": ({"units": 12}, None),
        "inception": ({"classes": 5}, None),
    "lenet5": ({}, None), "lenet5_cross": ({}, None), "lenet5_rbf": ({}, None), "mlp": ({}, None),
    "mobilenet_v2": ({"classes": 5}, 64), "nin": ({}, None), "perceptron": ({}, None), "rbf": ({"centres": 12}, None),
    "resnet": ({"depth": 50, "classes": 5}, 64), "resnet_cifar": ({"n": 2}, 16),
        "resnext": ({"counts": [1, 1, 1, 1], "classes": 5}, 64),
    "senet": ({"counts": [1, 1, 1, 1], "classes": 5}, 64), "shufflenet": ({"classes": 5}, 64), "siamese": ({}, None),
    "squeezenet": ({"classes": 5}, 64), "unet": ({}, 188), "vgg": ({"classes": 5}, 32), "wave": ({}, None),
}  # fmt: skip


def small(name: str, smooth: bool = False) -> Net:
    """The small variant of a spec: its text with smaller pictures and dense layers, and without the paper's figures.

    A ``smooth`` one has no kinks: softplus for rectifiers, means for the largest numbers of pools.
    """
    parameters, size = SMALL[name]
    lines = (SPECS / f"{name}.net").read_text(encoding="utf-8").splitlines()
    kept = [line.replace("4096", "48") for line in lines if not line.strip().startswith("expect ")]
    if size is not None:
        kept = [
            re.sub(r"\b(?!16\b)\d{2,3}\b|\b[HW]\b", str(size), line) if line.strip().startswith("input ") else line
            for line in kept
        ]
    if smooth:
        kept = [re.sub(r"\brelu\b(\([^)]*\))?", "softplus", line).replace("maxpool(", "avgpool(") for line in kept]
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.net"
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")
        return load(path, **parameters)
