"""Labels that were drawn by lot are learned all the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from netspec.claims.claim import Finding, claim
from netspec.claims.comparing import HEAD, compared, loss_chart, rows
from netspec.claims.deciding import decided, spread
from netspec.claims.lab import Lab, Learned
from netspec.claims.pictures import Pictures, ready


def right(run: Learned, pictures: Pictures) -> float:
    """The share of the training pictures that the net has right at the end."""
    answers = run.values(ready(pictures.x, run.data))["label"]
    return float(np.mean(answers.argmax(axis=1) == pictures.y))


@claim(
    "A net with more weights than examples learns any finite set by heart, whatever its labels are.",
    source="Zhang, Bengio, Hardt, Recht, Vinyals 2017: Understanding deep learning requires rethinking generalization",
    measured="right answers in training and on 1,000 others after 40 epochs on 500 digits, with their labels and with "
    "labels by lot",
    minutes=0.2,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """All of the drawn labels are learned."""
    pictures = lab.digits(500, 1000)
    lots = replace(pictures, y=np.random.default_rng(1).integers(0, pictures.classes, len(pictures.y)))
    net = lab.net("by_heart", classes=pictures.classes)
    runs = {**compared(lab, {"their labels": net}, pictures, 40), **compared(lab, {"labels by lot": net}, lots, 40)}
    learnt = [right(run, lots) for run in runs["labels by lot"]]
    others = [run.accuracy for run in runs["labels by lot"]]
    return Finding(
        decided(share == 1 for share in learnt),
        f"Of 500 labels drawn by lot {spread(learnt)} are learned; of others {spread(others)} are right, a guess.",
        HEAD,
        rows(runs),
        [loss_chart(runs, "Learned by heart")],
    )
