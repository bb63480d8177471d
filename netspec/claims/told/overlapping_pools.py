"""Pooling with windows that overlap."""

from __future__ import annotations

from netspec.claims.claim import Finding, claim
from netspec.claims.comparing import HEAD, compared, rows, side_by_side, test_chart, tests
from netspec.claims.deciding import better, spread
from netspec.claims.lab import Lab


@claim(
    "Pools whose windows overlap (3 at steps of 2) give fewer errors than those that do not (2 at steps of 2).",
    source="Krizhevsky, Sutskever, Hinton 2012, section 3.4 (0.4 % less)",
    measured="right answers of 2,000 digits after 6 epochs on 5,000, LeNet's wiring with both",
    minutes=1.3,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """By more than the test's chance."""
    pictures = lab.digits(5000, 2000)
    nets = {f"window {n}": lab.net("digits", window=n, classes=pictures.classes) for n in (2, 3)}
    runs = compared(lab, nets, pictures, 6)
    right = tests(runs)
    return Finding(
        side_by_side(better, runs, "window 3", "window 2", pictures.count),
        f"With overlap {spread(right['window 3'], '.2%')} are right, without {spread(right['window 2'], '.2%')}.",
        HEAD,
        rows(runs),
        [test_chart(runs, "Overlapping pools")],
    )
