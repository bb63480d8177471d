"""How much faster does a net learn with ReLU than with sigmoid? (Krizhevsky, Sutskever, Hinton 2012, figure 1)."""

from __future__ import annotations

from pathlib import Path

from common import DIGITS, HERE, begin, learn

import netspec
from netspec.report.curves import curves


def main(out: Path, quick: bool) -> dict[str, list[float]]:
    """The same net with both, from the same seed, on the same digits."""
    losses = {}
    for active in ("relu", "sigmoid"):
        print(active)
        net = netspec.load(HERE / "digits.net", active=active)
        losses[active] = [epoch.loss for epoch in learn(net, DIGITS, 1 if quick else 6)]
    (out / "relu_speed.svg").write_text(curves(losses, "ReLU and sigmoid", "epoch", "training loss"), encoding="utf-8")
    return losses


if __name__ == "__main__":
    begin(main)
