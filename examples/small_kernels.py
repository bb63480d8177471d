"""Why do VGG's nets stack 3 × 3? Two see what one 5 × 5 sees, with fewer weights (Simonyan, Zisserman 2015, 2.3)."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from common import begin

import netspec
from netspec.report.receptive import fields

STACKS = {"5 × 5": "conv(64, 5, pad: 2)", "two 3 × 3": "(conv(64, 3, pad: 1) -> relu) * 2",
          "7 × 7": "conv(64, 7, pad: 3)", "three 3 × 3": "(conv(64, 3, pad: 1) -> relu) * 3"}  # fmt: skip


def main(out: Path, quick: bool) -> dict[str, tuple[int, float]]:
    """Print parameters, multiply-accumulates and receptive field side by side."""
    rows = {}
    print(f"{'layers':12} {'parameters':>10} {'macs at 32 × 32':>16}  sees")
    with TemporaryDirectory() as folder:
        for name, stack in STACKS.items():
            spec = Path(folder) / "stack.net"
            spec.write_text(
                f"netspec 1\nnet Stack {{\n input x: 64 x 32 x 32\n output y = x -> {stack}\n}}\n", encoding="utf-8"
            )
            net = netspec.load(spec)
            field = fields(net.graph)[net.layers[-1].name].size[0]
            rows[name] = (net.parameters, field)
            print(f"{name:12} {net.parameters:10,} {net.summary()['macs']:16,}  {field:g} × {field:g}")
    return rows


if __name__ == "__main__":
    begin(main)
