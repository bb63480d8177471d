"""What LeNet's connection table changes."""

from __future__ import annotations

from netspec.claims.claim import Drawing, Finding, claim
from netspec.claims.comparing import HEAD, compared, rows, side_by_side, test_chart, tests
from netspec.claims.deciding import as_good, spread
from netspec.claims.lab import Lab
from netspec.report.drawing import draw_table

#: Maps of C3 with all connections that cost what 16 with the table do: 60 connections are 10 maps of six.
EQUAL = 10


@claim(
    "LeNet-5's sparse table for C3 is as accurate as all connections at the same cost.",
    source="LeCun, Bottou, Bengio, Haffner 1998, section II.B and table I",
    measured="right answers of 2,000 digits after 6 epochs on 5,000: 16 maps with the table, 16 with all 96 "
    "connections, and 10 with all 60 that cost as much as the table",
    minutes=0.5,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """The table against ten full maps."""
    pictures = lab.digits(5000, 2000)
    classes = pictures.classes
    nets = {
        "the table": lab.net("digits", classes=classes),
        "full, 16 maps": lab.net("digits", full=True, classes=classes),
        "full, 10 maps": lab.net("digits", full=True, maps=EQUAL, classes=classes),
    }
    runs = compared(lab, nets, pictures, 6)
    right = tests(runs)
    cost = {
        name: next(layer for layer in net.layers if layer.name == "C3/conv").macs or 0 for name, net in nets.items()
    }
    return Finding(
        side_by_side(as_good, runs, "the table", "full, 10 maps", pictures.count),
        f"With the table {spread(right['the table'], '.2%')} are right, with ten full maps "
        f"{spread(right['full, 10 maps'], '.2%')}, with sixteen {spread(right['full, 16 maps'], '.2%')}.",
        (*HEAD, "macs of C3"),
        [(*row, f"{cost[row[0]]:,}") for row in rows(runs)],
        [
            test_chart(runs, "C3's table"),
            Drawing("The table", draw_table(nets["the table"].meaning.tables["c3"]).encode()),
        ],
    )
