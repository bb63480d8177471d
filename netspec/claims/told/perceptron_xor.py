"""XOR, with and without hidden units."""

from __future__ import annotations

import numpy as np

from netspec.claims.claim import Finding, claim
from netspec.claims.deciding import decided, spread
from netspec.claims.lab import Lab

STARTS = 5
#: The four rows, a hundred times, so that an epoch has a hundred steps.
X = np.tile(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32), (100, 1))
Y = (X[:, 0] != X[:, 1]).astype(int)


def right(lab: Lab, hidden: int, seed: int) -> float:
    """The most of the four rows that any of some starts gets right."""
    net = lab.net("perceptron_xor", hidden=hidden)
    most = 0
    for start in range(lab.few(STARTS)):
        run = lab.learn(net, {"train": (X, Y)}, 6, seed=100 * seed + start)
        most = max(most, int(np.sum((run.values(X[:4])["value"][:, 0] > 0.5) == Y[:4])))
    return most


@claim(
    "No perceptron computes XOR; one with a hidden layer does.",
    source="Minsky, Papert 1969: Perceptrons; Rumelhart, Hinton, Williams 1986: Learning internal representations",
    measured=f"rows of the four that are right after 600 steps, the best of {STARTS} starts a seed, with 0, 2 and 4 "
    "hidden units",
    minutes=0.3,
)
def measure(lab: Lab) -> Finding:
    """Three of four at most without hidden units, four of four with them."""
    found = {hidden: [right(lab, hidden, seed) for seed in lab.seeds] for hidden in (0, 2, 4)}
    return Finding(
        decided(none < 4 and both == 4 for none, both in zip(found[0], found[4], strict=True)),
        f"Without hidden units {spread(found[0], 'g')} of 4 rows are right, with two {spread(found[2], 'g')}, with "
        f"four {spread(found[4], 'g')}.",
        ("hidden units", "right of 4"),
        [(str(hidden), spread(values, "g")) for hidden, values in found.items()],
    )
