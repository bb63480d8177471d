"""Local response normalization in a small AlexNet."""

from __future__ import annotations

from netspec.claims.claim import Finding, claim
from netspec.claims.comparing import HEAD, best_rates, compared, rows, side_by_side, test_chart, tests
from netspec.claims.deciding import better, spread
from netspec.claims.lab import Lab


@claim(
    "Local response normalization makes AlexNet's errors fewer.",
    source="Krizhevsky, Sutskever, Hinton 2012, section 3.3 (1.4 % less of top 1; CIFAR-10 13 % to 11 %)",
    measured="right answers of 1,000 digits in colour after 10 epochs on 2,000, a small AlexNet with LRN and without, "
    "the rate of each from a short grid on a validation part",
    minutes=3,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """By more than the test's chance."""
    pictures = lab.coloured(2000, 1000)
    nets = {
        name: lab.net("small_alexnet", normed=normed, classes=pictures.classes)
        for name, normed in (("with LRN", True), ("without", False))
    }
    rates = best_rates(lab, nets, pictures)
    runs = compared(lab, nets, pictures, 10, rates)
    right = tests(runs)
    return Finding(
        side_by_side(better, runs, "with LRN", "without", pictures.count),
        f"With LRN {spread(right['with LRN'])} are right, without {spread(right['without'])}.",
        (*HEAD, "rate"),
        [(*row, f"{rates[row[0]]:g}") for row in rows(runs)],
        [test_chart(runs, "LRN")],
    )
