"""What does a middle layer know? Features as vectors: the nearest pictures to a picture, by what F5 says of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from common import DIGITS, HERE, begin, learn, test_pictures
from PIL import Image

import netspec


def main(out: Path, quick: bool) -> float:
    """Train, take the 120 numbers of F5 for 512 digits, and look up the four nearest of eight of them."""
    net = netspec.load(HERE / "digits.net")
    weights = learn(net, DIGITS, 1 if quick else 4)[-1].weights()
    x, labels = test_pictures(net, DIGITS, 512)
    vectors = net.features("F5").values(weights, x)["F5"]
    print(f"F5 of {len(vectors)} pictures: {vectors.shape[1]} numbers each")
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    nearest = np.argsort(-vectors @ vectors.T, axis=1)[:, 1:5]
    share = float(np.mean(labels[nearest] == labels[:, None]))
    print(f"{share:.1%} of the four nearest are of the same class")
    rows = [np.concatenate([x[k, 0] for k in (n, *nearest[n])], axis=1) for n in range(8)]
    grey = np.concatenate(rows)
    picture = Image.fromarray(((grey - grey.min()) / np.ptp(grey) * 255).astype(np.uint8))
    picture.resize((picture.width * 3, picture.height * 3), Image.Resampling.NEAREST).save(out / "features.png")
    return share


if __name__ == "__main__":
    begin(main)
