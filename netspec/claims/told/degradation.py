"""Plain and residual nets, shallow and deep."""

from __future__ import annotations

from netspec.claims.claim import Finding, claim
from netspec.claims.comparing import HEAD, compared, last_losses, loss_chart, rows
from netspec.claims.deciding import decided, spread
from netspec.claims.lab import Lab

#: Units a stage of 18 and 34 layers.
UNITS = {18: 4, 34: 8}


@claim(
    "Deeper plain nets have a higher training loss; with shortcuts the deeper net has the lower one.",
    source="He, Zhang, Ren, Sun 2016: Deep residual learning, figures 1 and 4 (plain and residual nets of 18 and 34 "
    "layers)",
    measured="training losses of plain and residual nets of 18 and 34 layers on small maps, 6 epochs on 2,000 digits: "
    "plain 34 > plain 18 and residual 34 < residual 18",
    minutes=1.7,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """Both orders, with every seed."""
    pictures = lab.digits(2000, 500)
    nets = {
        f"{'plain' if plain else 'residual'} {depth}": lab.net(
            "residual", n=lab.few(n), plain=plain, classes=pictures.classes
        )
        for plain in (True, False)
        for depth, n in UNITS.items()
    }
    runs = compared(lab, nets, pictures, 6)
    last = last_losses(runs)
    plain = decided(deep > few for few, deep in zip(last["plain 18"], last["plain 34"], strict=True))
    residual = decided(deep < few for few, deep in zip(last["residual 18"], last["residual 34"], strict=True))
    both = decided(
        p34 > p18 and r34 < r18
        for p18, p34, r18, r34 in zip(
            *(last[name] for name in ("plain 18", "plain 34", "residual 18", "residual 34")), strict=True
        )
    )
    order = ", ".join(f"{name} {spread(values, '.3f')}" for name, values in last.items())
    return Finding(
        both,
        f"Last training losses: {order}. That plain nets get worse with depth {plain}; that residual ones get better "
        f"{residual}.",
        HEAD,
        rows(runs),
        [loss_chart(runs, "Degradation")],
    )
