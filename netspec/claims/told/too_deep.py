"""A net far too deep for its data."""

from __future__ import annotations

from netspec.claims.claim import Finding, claim
from netspec.claims.comparing import HEAD, compared, loss_chart, rows, side_by_side, tests
from netspec.claims.deciding import better, spread
from netspec.claims.lab import Lab

#: Units a stage of 10 and 110 layers.
UNITS = {10: 2, 110: 27}
#: The share of right answers in training from which on a net fits its data.
FITS = 0.95


@claim(
    "Far deeper residual nets still fit the training set, but generalise worse: 1,202 layers overfit where 110 do not.",
    source="He, Zhang, Ren, Sun 2016, section 4.2 (7.93 against 6.43 % errors on CIFAR-10)",
    measured="a pair scaled down, 110 layers against 10 on small maps: right answers of 2,000 digits after 24 epochs "
    "on 300, and in training",
    minutes=7.2,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """The shallow one has more right on the test, by more than chance, and both fit what they learned from."""
    pictures = lab.digits(300, 2000)
    nets = {
        f"{depth} layers": lab.net("residual", n=lab.few(n), classes=pictures.classes) for depth, n in UNITS.items()
    }
    runs = compared(lab, nets, pictures, 24)
    right = tests(runs)
    return Finding(
        side_by_side(better, runs, "10 layers", "110 layers", pictures.count, FITS),
        f"10 layers have {spread(right['10 layers'])} right, 110 have {spread(right['110 layers'])}. It is a pair "
        "scaled down: whether 1,202 layers overfit on CIFAR-10 is not measured here.",
        HEAD,
        rows(runs),
        [loss_chart(runs, "Too deep")],
    )
