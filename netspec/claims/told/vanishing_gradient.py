"""What is left of a gradient behind many layers."""

from __future__ import annotations

from dataclasses import replace
from math import log10

from netspec.claims.claim import Chart, Finding, claim
from netspec.claims.deciding import decided, spread
from netspec.claims.lab import Lab

KINDS, DEPTH = ("sigmoid", "tanh", "relu"), 10


@claim(
    "Behind layers of sigmoids gradients vanish; rectifiers hand them through, and half of their values are zeros.",
    source="Hochreiter 1991; Glorot, Bengio 2010: Understanding the difficulty of training deep feedforward neural "
    "networks; Glorot, Bordes, Bengio 2011: Deep sparse rectifier neural networks",
    measured=f"deviation of the gradient at the first of {DEPTH} layers over that at the last, and the share of zeros, "
    "at the first step (`netspec show --health`)",
    minutes=0.1,
)
def measure(lab: Lab) -> Finding:
    """Less than a thousandth is left with sigmoids, more than a tenth with rectifiers."""
    left: dict[str, list[float]] = {kind: [] for kind in KINDS}
    zeros: dict[str, list[float]] = {kind: [] for kind in KINDS}
    curves: dict[str, list[float]] = {}
    for kind in KINDS:
        net = lab.net("vanishing_gradient", active=kind, depth=DEPTH)
        for seed in lab.seeds:
            settings = net.train_settings.replaced(seed=seed)
            health = replace(net, meaning=replace(net.meaning, train=settings)).health(64)
            layers = [one for one in health.layers if one.kind == kind and one.gradients is not None]
            sizes = [one.gradients.deviation for one in layers if one.gradients is not None]
            left[kind].append(sizes[0] / sizes[-1])
            zeros[kind].append(sum(one.values.zeros for one in layers) / len(layers))
            curves.setdefault(kind, [log10(size) for size in sizes])
    return Finding(
        decided(s < 1e-3 and r > 0.1 for s, r in zip(left["sigmoid"], left["relu"], strict=True)),
        "Of the gradient at the last layer the first one has "
        + ", ".join(f"{spread(left[k], '.2g')} with {k}" for k in KINDS)
        + ".",
        ("", "gradient, first over last", "zeros among the values"),
        [(kind, spread(left[kind], ".2g"), spread(zeros[kind])) for kind in KINDS],
        [Chart("Deviation of the gradient by layer, logarithm to 10", curves, "layer", "log")],
    )
