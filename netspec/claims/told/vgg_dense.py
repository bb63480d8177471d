"""Where VGG's parameters are, and where its work is."""

from __future__ import annotations

from netspec.claims.claim import Finding, claim
from netspec.claims.deciding import decided
from netspec.claims.lab import Lab


@claim(
    "Most of VGG's parameters are in its first dense layer (102,760,448), and most of its work in its convolutions.",
    source="Simonyan, Zisserman 2015, table 2 (138 million in all)",
    measured="parameters and multiply-accumulates of VGG-16 by kind of layer",
    minutes=0.1,
)
def measure(lab: Lab) -> Finding:
    """Weights of FC1 to the last one, and the shares."""
    net = lab.net("vgg")
    first = next(layer for layer in net.layers if layer.kind == "dense")
    weights = (first.parameters or 0) - 4096
    by_kind = {
        kind: [
            sum(getattr(layer, what) or 0 for layer in net.layers if layer.kind == kind)
            for what in ("parameters", "macs")
        ]
        for kind in ("conv", "dense")
    }
    (conv, work), (dense, little) = by_kind["conv"], by_kind["dense"]
    return Finding(
        decided([weights == 102_760_448 and 2 * weights > net.parameters and work > little]),
        f"Its first dense layer has {weights:,} of {net.parameters:,} parameters; convolutions do "
        f"{work / (work + little):.1%} of the work.",
        ("layers", "parameters", "macs"),
        [
            ("convolutions", f"{conv:,}", f"{work:,}"),
            ("dense", f"{dense:,}", f"{little:,}"),
            ("of them the first, without biases", f"{weights:,}", f"{first.macs or 0:,}"),
        ],
    )
