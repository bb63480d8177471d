"""What DenseNet saves, and what it costs."""

from __future__ import annotations

from netspec.claims.claim import Finding, claim
from netspec.claims.deciding import as_good, decided, spread, together
from netspec.claims.lab import Lab
from netspec.claims.ranking import EPOCHS, trained

GROWTH, BATCH = 10, 32


@claim(
    "At equal accuracy DenseNet has fewer parameters than ResNet, and takes more memory to train.",
    source="Huang et al. 2017, section 4.3 and figure 3; Pleiss et al. 2017: Memory-efficient implementation of "
    "DenseNets",
    measured=f"the nets of rank-convergence, DenseNet with a growth of {GROWTH} (half of the parameters): right "
    "answers of 1,000 digits in colour, parameters, bytes of a training step; and those of DenseNet-121 and ResNet-50",
    minutes=14,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """As many right with half of the parameters, and more bytes."""
    pictures = lab.coloured(3000, 1000)
    shared = trained(lab)
    dense = lab.net("rank/densenet", growth=GROWTH, classes=pictures.classes)
    residual = lab.net("rank/resnet", classes=pictures.classes)
    rate = shared["densenet"]["rate"]
    ours = [lab.learn(dense, pictures, EPOCHS, seed, rate=rate).accuracy for seed in lab.seeds]
    others = [run["tests"][-1] for run in shared["resnet"]["runs"]]
    nets = {
        "DenseNet, growth 10": dense,
        "ResNet": residual,
        "DenseNet-121": lab.net("densenet"),
        "ResNet-50": lab.net("resnet"),
    }
    rights = {"DenseNet, growth 10": spread(ours), "ResNet": spread(others)}
    told = {name: net.training_bytes(BATCH, workers=1) for name, net in nets.items()}
    pairs = (("DenseNet, growth 10", "ResNet"), ("DenseNet-121", "ResNet-50"))
    fewer = [nets[a].parameters < nets[b].parameters and told[a] > told[b] for a, b in pairs]
    return Finding(
        together([as_good(ours, others, pictures.count), decided([all(fewer)])]),
        f"With {dense.parameters:,} parameters DenseNet has {spread(ours)} right and takes "
        f"{told[pairs[0][0]] / 1e6:.0f} MB; ResNet with {residual.parameters:,} has {spread(others)} and takes "
        f"{told['ResNet'] / 1e6:.0f} MB.",
        ("net", "parameters", f"MB of a step of {BATCH}", "right"),
        [
            (name, f"{net.parameters:,}", f"{told[name] / 1e6:,.1f}", rights.get(name, "-"))
            for name, net in nets.items()
        ],
    )
