"""What a picture costs the four nets, at one budget and at their published sizes."""

from __future__ import annotations

from netspec.claims.claim import Finding, claim
from netspec.claims.deciding import decided, spread
from netspec.claims.lab import Lab
from netspec.claims.ranking import NAMES, NETS, ORDER, PUBLISHED, in_order, told, trained


@claim(
    "By computation Inception is the cheapest, then DenseNet and ResNet, and VGG the dearest by far.",
    source="Szegedy et al. 2015; Huang et al. 2017; He et al. 2016; Simonyan, Zisserman 2015, at their published sizes",
    measured="multiply-accumulates of GoogLeNet, DenseNet-121, ResNet-50 and VGG-16 for a picture of 224 x 224; beside "
    "them those of the nets of one budget, and the processor seconds of their epochs",
    minutes=13,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """The published sizes decide; at one budget it depends on how they were made small."""
    found = trained(lab)
    published = {name: lab.net(PUBLISHED[name]).summary()["macs"] for name in NETS}
    small = {name: lab.net(f"rank/{name}").summary()["macs"] for name in NETS}
    seconds = {name: [run["seconds"] for run in found[name]["runs"]] for name in NETS}
    verdict = decided([in_order(published) and published["vgg"] > 2 * published["resnet"]])
    order = told({name: macs / 1e9 for name, macs in published.items()}, ".2f", "G")
    return Finding(
        verdict,
        f"At their published sizes: {order}.",
        ("net", "published, macs", "at one budget, macs", "processor seconds an epoch at one budget"),
        [(NAMES[name], f"{published[name]:,}", f"{small[name]:,}", spread(seconds[name], ".2f")) for name in ORDER],
    )
