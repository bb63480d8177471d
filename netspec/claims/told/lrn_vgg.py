"""Local response normalization in VGG's net A."""

from __future__ import annotations

from netspec.claims.claim import Finding, claim
from netspec.claims.comparing import HEAD, compared, rows, side_by_side, test_chart, tests
from netspec.claims.deciding import as_good, spread
from netspec.claims.lab import Lab


@claim(
    "Local response normalization does not improve VGG's net A.",
    source="Simonyan, Zisserman 2015, section 4.1 (A and A-LRN: 29.6 and 29.7 % errors)",
    measured="right answers of 1,000 digits in colour after 10 epochs on 2,000, net A in small with LRN and without",
    minutes=2.8,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """Without it no fewer are right."""
    pictures = lab.coloured(2000, 1000)
    nets = {
        name: lab.net("small_vgg", normed=normed, classes=pictures.classes)
        for name, normed in (("A", False), ("A-LRN", True))
    }
    runs = compared(lab, nets, pictures, 10)
    right = tests(runs)
    return Finding(
        side_by_side(as_good, runs, "A", "A-LRN", pictures.count),
        f"Net A has {spread(right['A'])} right, A-LRN {spread(right['A-LRN'])}.",
        HEAD,
        rows(runs),
        [test_chart(runs, "A and A-LRN")],
    )
