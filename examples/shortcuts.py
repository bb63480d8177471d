"""Which shortcut? A: zeros for new maps, B: projections where sizes change, C: everywhere (He et al. 2016, 4.1)."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from common import SPECS, accuracy, begin, learn
from shapes import CLASSES, make

import netspec
from netspec.report.curves import curves

OPTIONS = {"A": "pad", "B": "auto", "C": "project"}


def main(out: Path, quick: bool) -> dict[str, tuple[int, float]]:
    """Parameters, test accuracy and curves of the three."""
    rows, losses = {}, {}
    with TemporaryDirectory() as folder:
        data = make(Path(folder), *((64, 16) if quick else (2000, 400)))
        for option, shortcut in OPTIONS.items():
            net = netspec.load(SPECS / "resnet_cifar.net", n=1 if quick else 2, shortcut=shortcut, classes=len(CLASSES))
            epochs = learn(net, data, 1 if quick else 6)
            rows[option], losses[f"{option} ({shortcut})"] = (
                (net.parameters, accuracy(epochs[-1])),
                [epoch.loss for epoch in epochs],
            )
    for option, (parameters, share) in rows.items():
        print(f"{option}: {parameters:,} parameters, {share:.2%} of the test set right")
    (out / "shortcuts.svg").write_text(curves(losses, "Shortcuts A, B, C", "epoch", "loss"), encoding="utf-8")
    return rows


if __name__ == "__main__":
    begin(main)
