"""What an example of each class counts in the loss of training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.batches import known
from netspec.data.sets import Part
from netspec.data.targets import Target
from netspec.settings import Train
from netspec.settings.losses import VOID, CrossEntropy

Array = NDArray[Any]


def class_weights(settings: Train, part: Part, targets: Sequence[Target]) -> dict[str, Array]:
    """The weight of each class (classes,), by the output that has cross entropy; none where none are asked for.

    ``balanced`` counts the labels of ``part``, the training set. An output with void places has weights in any case,
    since these count nothing.
    """
    asked, found = settings.class_weight, {}
    for target in targets:
        labels, units = known(part, target.output), target.shape[-1]
        if target.loss != CrossEntropy.name or labels is None:
            continue
        masks = isinstance(labels, list)  # what moves these may bring void places in from outside
        parts = labels if masks else [labels]
        void = target.voids and (masks or any((each == VOID).any() for each in parts))
        if asked is not None or void:
            given = balanced(parts, units, target.voids) if isinstance(asked, str) else asked or [1.0] * units
            found[target.output] = np.array(given, np.float64)
    return found


def balanced(labels: Iterable[Array], classes: int, voids: bool = False) -> Array:
    """n / (k · n_c) for each class, of whole numbers below ``classes``; 0 for a class without examples.

    With ``voids`` 255 counts nothing.
    """
    counts = np.zeros(classes, np.int64)
    for each in labels:
        flat = np.asarray(each).reshape(-1)
        counts += np.bincount(flat[flat != VOID] if voids else flat, minlength=classes)
    found: Array = np.divide(counts.sum(), classes * counts, out=np.zeros(classes), where=counts > 0)
    return found
