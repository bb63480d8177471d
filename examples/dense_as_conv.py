"""What is a dense layer as a convolution? The same numbers; and then the net slides over any picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from common import DIGITS, HERE, begin, learn, test_pictures
from PIL import Image

import netspec


def main(out: Path, quick: bool) -> dict[str, float]:
    """Train on digits, turn the dense layers round, and find digits in a strip wider than any it has seen."""
    net = netspec.load(HERE / "digits.net")
    weights = learn(net, DIGITS, 1 if quick else 6)[-1].weights()
    x, labels = test_pictures(net, DIGITS, 8)

    wide = net.to_convolutional()
    turned = wide.reshaped(weights)
    dense, conv = net.values(weights, x)["digit"], wide.values(turned, x)["digit"]
    difference = float(np.abs(dense - conv[:, :, 0, 0]).max())
    print(f"dense {dense.shape}, as a convolution {conv.shape}: they differ by {difference:.1e} at most")

    strip = np.full((1, 1, 28, 28 * 8), x.min(), dtype=np.float32)
    strip[0, 0] = np.concatenate([picture[0] for picture in x], axis=1)
    answers = wide.values(turned, strip)["digit"][0, :, 0]  # (classes, places)
    best, sure = answers.argmax(axis=0), answers.max(axis=0)
    step = (28 * 8 - 28) / (answers.shape[1] - 1)
    found = [int(best[round(28 * n / step)]) for n in range(8)]
    print(f"a strip of {strip.shape[3]} × 28 pixels gives {answers.shape[1]} answers, one every {step:g} pixels")
    print(
        f"drawn:  {' '.join(map(str, labels))}\nfound:  {' '.join(map(str, found))}   "
        f"(surest {sure.max():.2f}, least sure {sure.min():.2f})"
    )

    grey = (strip[0, 0] - strip.min()) / np.ptp(strip)
    lane = np.repeat(np.interp(np.arange(224), 14 + step * np.arange(len(sure)), sure)[None], 6, axis=0)
    picture = (np.concatenate([grey, lane]) * 255).astype(np.uint8)
    Image.fromarray(picture).resize((224 * 4, 34 * 4), Image.Resampling.NEAREST).save(out / "dense_as_conv.png")
    return {"difference": difference, "found": float(np.mean(np.array(found) == labels))}


if __name__ == "__main__":
    begin(main)
