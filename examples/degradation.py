"""Are deeper nets better? Plain and residual nets of 20 and 56 layers (He et al. 2016, figures 1 and 6)."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from common import SPECS, begin, learn
from shapes import CLASSES, make

import netspec
from netspec.report.curves import curves
from netspec.settings import Train
from netspec.settings.train import Adam, Cosine, Warmup

#: A recipe for some thousands of pictures; the paper's is for 50,000.
RECIPE = Train(
    loss={"label": "cross_entropy"}, optimizer=Adam(rate=0.002), schedule=(Warmup(epochs=1), Cosine()), batch=64, seed=1
)


def main(out: Path, quick: bool) -> dict[str, list[float]]:
    """Train four nets alike and draw their training loss: the plain one of 56 layers is worse than that of 20."""
    losses: dict[str, list[float]] = {}
    with TemporaryDirectory() as folder:
        data = make(Path(folder), *((64, 16) if quick else (4000, 800)))
        for plain in (True, False):
            for n in (1, 2) if quick else (3, 9):
                net = netspec.load(SPECS / "resnet_cifar.net", n=n, plain=plain, classes=len(CLASSES))
                name = f"{'plain' if plain else 'residual'} {6 * n + 2}"
                print(name)
                losses[name] = [epoch.loss for epoch in learn(net, data, 1 if quick else 12, settings=RECIPE)]
    (out / "degradation.svg").write_text(
        curves(losses, "Training loss on drawn shapes", "epoch", "loss"), encoding="utf-8"
    )
    return losses


if __name__ == "__main__":
    begin(main)
