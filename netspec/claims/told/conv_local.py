"""Shared weights with few pictures and with many."""

from __future__ import annotations

from netspec.claims.claim import Finding, claim
from netspec.claims.comparing import HEAD, compared, rows, tests
from netspec.claims.deciding import decided, spread
from netspec.claims.lab import Lab

FEW, MANY = 300, 6000


@claim(
    "Sharing weights over a picture helps the more, the fewer pictures there are.",
    source="LeCun 1989: Generalization and network design strategies; Goodfellow, Bengio, Courville 2016, section 9.4",
    measured="right answers of 1,000 digits, a net of two layers with shared weights (convolution) and without "
    f"(local), after 40 epochs on {FEW} and 4 on {MANY:,}",
    minutes=0.4,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """The gain is positive with few, and larger than with many."""
    many = lab.digits(MANY, 1000)
    kinds = {
        name: lab.net("conv_local", shared=s, classes=many.classes) for name, s in (("shared", True), ("local", False))
    }
    runs = {}
    for count, epochs in ((FEW, 40), (MANY, 4)):
        runs.update({f"{n}, {count:,}": of for n, of in compared(lab, kinds, many.first(count), epochs).items()})
    right = tests(runs)
    gains = {
        n: [a - b for a, b in zip(right[f"shared, {n:,}"], right[f"local, {n:,}"], strict=True)] for n in (FEW, MANY)
    }
    return Finding(
        decided(few > 0 and few > more for few, more in zip(gains[FEW], gains[MANY], strict=True)),
        f"With {FEW} pictures sharing gains {spread(gains[FEW])}, with {MANY:,} {spread(gains[MANY])}.",
        HEAD,
        rows(runs),
    )
