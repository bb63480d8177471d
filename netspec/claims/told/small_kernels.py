"""Stacks of 3 x 3 against one large kernel."""

from __future__ import annotations

from netspec.claims.claim import Finding, claim
from netspec.claims.comparing import HEAD, compared, loss_chart, rows, side_by_side
from netspec.claims.deciding import as_good, decided, together
from netspec.claims.lab import Lab
from netspec.report.receptive import fields


@claim(
    "Two 3 x 3 see what one 5 x 5 sees, and three what a 7 x 7 sees, with fewer parameters and no less accuracy.",
    source="Simonyan, Zisserman 2015, section 2.3",
    measured="parameters, receptive field (as `netspec show --receptive` has it) and right answers of 2,000 digits "
    "after 5 epochs on 4,000",
    minutes=3.7,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """Fields equal, parameters fewer, answers as good."""
    pictures = lab.digits(4000, 2000)
    pairs = {
        name: lab.net("small_kernels", kernel=kernel, stacked=stacked, classes=pictures.classes)
        for name, kernel, stacked in (
            ("5 x 5", 5, False), ("two 3 x 3", 5, True), ("7 x 7", 7, False), ("three 3 x 3", 7, True)
        )
    }  # fmt: skip
    runs = compared(lab, pairs, pictures, 5)
    seen = {name: fields(net.graph)[net.graph.names["body"]].size[0] for name, net in pairs.items()}
    verdicts = [
        together(
            [
                decided([seen[large] == seen[small] and pairs[small].parameters < pairs[large].parameters]),
                side_by_side(as_good, runs, small, large, pictures.count),
            ]
        )
        for large, small in (("5 x 5", "two 3 x 3"), ("7 x 7", "three 3 x 3"))
    ]
    return Finding(
        together(verdicts),
        "; ".join(
            f"{name} sees {seen[name]:g} pixels and has {net.parameters:,} parameters" for name, net in pairs.items()
        )
        + ".",
        (*HEAD, "sees"),
        [(*row, f"{seen[row[0]]:g}") for row in rows(runs)],
        [loss_chart(runs, "Small kernels")],
    )
