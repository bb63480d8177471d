"""How many neurons AlexNet has."""

from __future__ import annotations

from netspec.claims.claim import Finding, claim
from netspec.claims.deciding import decided
from netspec.claims.lab import Lab

#: The paper's own list, section 3.5.
PAPER = {
    "conv1": 253_440,
    "conv2": 186_624,
    "conv3": 64_896,
    "conv4": 64_896,
    "conv5": 43_264,
    "fc6": 4096,
    "fc7": 4096,
    "label": 1000,
}


@claim(
    "AlexNet has 650,000 neurons: 253,440, 186,624, 64,896, 64,896, 43,264, 4,096, 4,096 and 1,000.",
    source="Krizhevsky, Sutskever, Hinton 2012, abstract and section 3.5",
    measured="units of its layers, as `netspec show` counts them",
    minutes=0.1,
)
def measure(lab: Lab) -> Finding:
    """The sum within one in a hundred, and each layer."""
    found = dict.fromkeys(PAPER, 0)
    for layer in lab.net("alexnet").layers:
        found[layer.name.split("/")[0]] = found.get(layer.name.split("/")[0], 0) + (layer.units or 0)
    found = {name: found[name] for name in PAPER}
    total = sum(found.values())
    differ = [name for name in PAPER if found[name] != PAPER[name]]
    return Finding(
        decided([abs(total - 650_000) < 0.01 * 650_000 and not differ]),
        f"It has {total:,}. The paper's list adds up to {sum(PAPER.values()):,}; it differs in "
        f"{', '.join(differ) or 'nothing'}: 55 x 55 x 96 cells are 290,400, as the paper's figure 2 draws them.",
        ("layer", "paper", "here"),
        [(name, f"{PAPER[name]:,}", f"{found[name]:,}") for name in PAPER]
        + [("sum", f"{sum(PAPER.values()):,}", f"{total:,}")],
    )
