"""Shortcuts of options A, B and C."""

from __future__ import annotations

from netspec.claims.claim import Finding, claim
from netspec.claims.comparing import HEAD, compared, loss_chart, rows, side_by_side, tests
from netspec.claims.deciding import as_good, spread
from netspec.claims.lab import Lab

OPTIONS = {"A, zeros": "pad", "B, projected where sizes change": "auto", "C, projected everywhere": "project"}


@claim(
    "Padding new maps with zeros is as good as projections, which cost parameters.",
    source="He, Zhang, Ren, Sun 2016, section 4.1 and table 3 (options A, B and C: 25.03, 24.52 and 24.19 % errors)",
    measured="right answers of 2,000 digits after 6 epochs on 2,000, residual nets of 18 layers on small maps with "
    "each option",
    minutes=3.8,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """A against the better of the two others."""
    pictures = lab.digits(2000, 2000)
    nets = {
        name: lab.net("residual", n=lab.few(4), shortcut=shortcut, classes=pictures.classes)
        for name, shortcut in OPTIONS.items()
    }
    runs = compared(lab, nets, pictures, 6)
    right = tests(runs)
    a, *others = OPTIONS
    best = max(others, key=lambda name: sum(right[name]))
    return Finding(
        side_by_side(as_good, runs, a, best, pictures.count),
        "; ".join(f"{name}: {nets[name].parameters:,} parameters, {spread(right[name])} right" for name in OPTIONS)
        + ".",
        HEAD,
        rows(runs),
        [loss_chart(runs, "Shortcuts")],
    )
