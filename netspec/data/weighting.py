"""What an example of each class counts in the loss of training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.batches import known
from netspec.data.sets import Part
from netspec.data.targets import Target
from netspec.settings import Train
from netspec.settings.losses import CrossEntropy

Array = NDArray[Any]


def class_weights(settings: Train, part: Part, targets: Sequence[Target]) -> dict[str, Array]:
    """The weight of each class (classes,), by the output that has cross entropy; none where none are asked for.

    ``balanced`` counts the labels of ``part``, the training set.
    """
    asked, found = settings.class_weight, {}
    for target in targets if asked is not None else ():
        labels = known(part, target.output)
        if target.loss == CrossEntropy.name and labels is not None:
            given = balanced(labels, target.shape[-1]) if isinstance(asked, str) else asked
            found[target.output] = np.array(given, np.float64)
    return found


def balanced(labels: Array, classes: int) -> Array:
    """n / (k · n_c) for each class, of whole numbers below ``classes``; 0 for a class without examples."""
    counts = np.bincount(np.asarray(labels).reshape(-1), minlength=classes)
    found: Array = np.divide(counts.sum(), classes * counts, out=np.zeros(classes), where=counts > 0)
    return found
