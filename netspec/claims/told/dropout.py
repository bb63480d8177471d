"""Dropout in the dense layers of a small AlexNet."""

from __future__ import annotations

from netspec.claims.claim import Finding, claim
from netspec.claims.comparing import HEAD, compared, loss_chart, rows, side_by_side, test_chart, tests
from netspec.claims.deciding import better, spread
from netspec.claims.lab import Lab


@claim(
    "Dropout makes a net generalise better, and makes it learn slower (twice as slow in AlexNet).",
    source="Krizhevsky, Sutskever, Hinton 2012, section 4.2; Srivastava et al. 2014",
    measured="right answers of 1,000 digits in colour after 12 epochs on 1,500, a small AlexNet with dropout(0.5) and "
    "without",
    minutes=1.2,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """By more than the test's chance."""
    pictures = lab.coloured(1500, 1000)
    nets = {f"dropout({p:g})": lab.net("small_alexnet", drop=p, classes=pictures.classes) for p in (0.0, 0.5)}
    runs = compared(lab, nets, pictures, 12)
    right = tests(runs)
    return Finding(
        side_by_side(better, runs, "dropout(0.5)", "dropout(0)", pictures.count),
        f"With dropout {spread(right['dropout(0.5)'])} are right, without {spread(right['dropout(0)'])}.",
        HEAD,
        rows(runs),
        [loss_chart(runs, "Dropout"), test_chart(runs, "Dropout")],
    )
