"""Dropout in the dense layers of a small AlexNet."""

from __future__ import annotations

from netspec.claims.claim import Finding, claim
from netspec.claims.comparing import (
    HEAD,
    WINDOW,
    best_rates,
    compared,
    loss_chart,
    rows,
    side_by_side,
    steps_until,
    test_chart,
    tests,
)
from netspec.claims.deciding import better, decided, spread, together
from netspec.claims.lab import Lab

#: The training loss that is to be reached: less than half of what a guess among ten classes has.
LOSS = 1.0


@claim(
    "Dropout makes a net generalise better, and makes it learn slower (twice as slow in AlexNet).",
    source="Krizhevsky, Sutskever, Hinton 2012, section 4.2; Srivastava et al. 2014",
    measured="right answers of 1,000 digits in colour after 12 epochs on 1,500, a small AlexNet with dropout(0.5) and "
    f"without, the rate of each from a short grid on a validation part; steps until the mean loss of {WINDOW} in a row "
    f"is {LOSS:g}",
    minutes=2,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """Better by more than the test's chance, and slower."""
    pictures = lab.coloured(1500, 1000)
    nets = {f"dropout({p:g})": lab.net("small_alexnet", drop=p, classes=pictures.classes) for p in (0.0, 0.5)}
    rates = best_rates(lab, nets, pictures)
    runs = compared(lab, nets, pictures, 12, rates)
    right = tests(runs)
    steps = {name: [steps_until(run.steps, LOSS) for run in of] for name, of in runs.items()}
    return Finding(
        together(
            [
                side_by_side(better, runs, "dropout(0.5)", "dropout(0)", pictures.count),
                decided(slow > fast for slow, fast in zip(steps["dropout(0.5)"], steps["dropout(0)"], strict=True)),
            ]
        ),
        f"With dropout {spread(right['dropout(0.5)'])} are right and {spread(steps['dropout(0.5)'], 'g')} steps lead "
        f"to a training loss of {LOSS:g}, without {spread(right['dropout(0)'])} and "
        f"{spread(steps['dropout(0)'], 'g')}.",
        (*HEAD, "rate"),
        [(*row, f"{rates[row[0]]:g}") for row in rows(runs)],
        [loss_chart(runs, "Dropout"), test_chart(runs, "Dropout")],
    )
