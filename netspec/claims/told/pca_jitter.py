"""Colours moved along their principal components."""

from __future__ import annotations

from dataclasses import replace

from netspec.claims.claim import Finding, claim
from netspec.claims.comparing import HEAD, best_rates, compared, rows, side_by_side, test_chart, tests
from netspec.claims.deciding import better, spread
from netspec.claims.lab import Lab
from netspec.settings import steps


@claim(
    "Moving the colours along the principal components of the training set's colours makes errors fewer.",
    source="Krizhevsky, Sutskever, Hinton 2012, section 4.1 (more than 1 % less of top 1)",
    measured="right answers of 1,000 digits in colour after 10 epochs on 2,000, a small AlexNet with `pca_jitter(0.1)` "
    "and without, the rate of each from a short grid on a validation part",
    minutes=7.5,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """By more than the test's chance."""
    pictures = lab.coloured(2000, 1000)
    net = lab.net("small_alexnet", classes=pictures.classes)
    jittered = net.data.replaced(augment=(*net.data.augment, steps.PcaJitter(sigma=0.1)))
    nets = {"without": net, "with pca_jitter": replace(net, meaning=replace(net.meaning, data=jittered))}
    rates = best_rates(lab, nets, pictures)
    runs = compared(lab, nets, pictures, 10, rates)
    right = tests(runs)
    return Finding(
        side_by_side(better, runs, "with pca_jitter", "without", pictures.count),
        f"With it {spread(right['with pca_jitter'])} are right, without {spread(right['without'])}.",
        (*HEAD, "rate"),
        [(*row, f"{rates[row[0]]:g}") for row in rows(runs)],
        [test_chart(runs, "pca_jitter")],
    )
