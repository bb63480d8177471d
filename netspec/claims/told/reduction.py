"""1 x 1 convolutions that reduce maps before large kernels."""

from __future__ import annotations

from netspec.claims.claim import Finding, claim
from netspec.claims.comparing import HEAD, compared, loss_chart, rows, side_by_side, tests
from netspec.claims.deciding import as_good, decided, spread, together
from netspec.claims.lab import Lab


@claim(
    "Reducing maps by 1 x 1 convolutions before larger kernels makes a module far cheaper, and no worse.",
    source="Szegedy et al. 2015: Going deeper with convolutions, section 4",
    measured="multiply-accumulates, and right answers of 1,000 digits after 6 epochs on 3,000, two modules with and "
    "without the reductions",
    minutes=2.3,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """Half of the cost at most, and as good."""
    pictures = lab.digits(3000, 1000)
    nets = {
        name: lab.net("reduction", reduced=reduced, classes=pictures.classes)
        for name, reduced in (("with 1 x 1", True), ("without", False))
    }
    runs = compared(lab, nets, pictures, 6)
    right, macs = tests(runs), {name: net.summary()["macs"] for name, net in nets.items()}
    return Finding(
        together(
            [
                decided([2 * macs["with 1 x 1"] <= macs["without"]]),
                side_by_side(as_good, runs, "with 1 x 1", "without", pictures.count),
            ]
        ),
        f"With them {macs['with 1 x 1']:,} multiply-accumulates give {spread(right['with 1 x 1'])} right, without them "
        f"{macs['without']:,} give {spread(right['without'])}.",
        HEAD,
        rows(runs),
        [loss_chart(runs, "1 x 1 reductions")],
    )
