"""What does a connection table change? LeNet-5's c3 against all connections (LeCun et al. 1998, table I)."""

from __future__ import annotations

from pathlib import Path

from common import DIGITS, HERE, accuracy, begin, learn

import netspec
from netspec.report.svg import draw_table


def main(out: Path, quick: bool) -> dict[str, tuple[int, float]]:
    """Parameters, multiply-accumulates and accuracy side by side, and a picture of the table."""
    rows = {}
    for full in (False, True):
        net = netspec.load(HERE / "digits.net", full=full)
        name = "full" if full else "c3"
        print(name)
        rows[name] = (net.parameters, accuracy(learn(net, DIGITS, 1 if quick else 5)[-1]))
        layer = next(layer for layer in net.layers if layer.name == "C3/conv")
        print(f"  C3 has {layer.parameters:,} parameters and {layer.macs:,} multiply-accumulates")
    for name, (parameters, share) in rows.items():
        print(f"{name}: {parameters:,} parameters in all, {share:.2%} of the test digits right")
    (out / "c3.svg").write_text(draw_table(netspec.load(HERE / "digits.net").meaning.tables["c3"]), encoding="utf-8")
    return rows


if __name__ == "__main__":
    begin(main)
