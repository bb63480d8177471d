"""Losses: the mean over a batch, and its gradient, written for one chunk at a time."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from netspec.engine.kernel import Array, Run

#: What a loss is given: the value, its gradient to fill, the targets, workspace, sums to add to.
Bound = Callable[[Array, Array, Array, Array, Array], Run]

#: Places in the sums of a chunk: loss, right answers, answers, finite (0 while all is well).
LOSS, RIGHT, COUNT = 0, 1, 2


def bind(
    loss: str, end: str, z: Array, dz: Array, target: Array, work: Array, sums: Array, batch: int,
    weight: float, smoothing: float,
) -> Run:  # fmt: skip
    """The call that adds a chunk's loss to ``sums`` and writes ``dz``, for the mean over ``batch`` images.

    ``end`` is the layer that was taken away because the loss contains it, or "".
    """
    positions = prod(z.shape[1:-1])
    if loss == "cross_entropy":
        return _cross_entropy(z, dz, target, work, sums, weight / (batch * positions), weight, smoothing)
    if loss == "hinge":
        return _hinge(z, dz, target, work, sums, weight / (batch * positions), weight)
    scale = weight / (batch * prod(z.shape[1:]))
    if loss == "binary_cross_entropy":
        return _binary(z, dz, target, work, sums, scale)
    return _distance(loss, z, dz, target, work, sums, scale)


def _cross_entropy(
    z: Array, dz: Array, target: Array, p: Array, sums: Array, scale: float, weight: float, smoothing: float
) -> Run:
    """−Σ q log softmax(z), q the target with ``smoothing`` spread over all classes; dz = p − q."""
    classes = z.shape[-1]
    rows, flat, dflat, labels = p.reshape(-1, classes), z.reshape(-1, classes), dz.reshape(-1, classes), target.reshape(-1)
    where = np.arange(len(rows))

    def run() -> None:
        top = flat.max(axis=1, keepdims=True)
        np.subtract(flat, top, out=rows)
        np.exp(rows, out=dflat)
        total = dflat.sum(axis=1, keepdims=True)
        np.subtract(rows, np.log(total), out=rows)  # log-probabilities
        np.divide(dflat, total, out=dflat)
        loss = -(1 - smoothing) * rows[where, labels].sum(dtype=np.float64)
        if smoothing:
            loss -= smoothing / classes * rows.sum(dtype=np.float64)
            np.subtract(dflat, smoothing / classes, out=dflat)
        sums[LOSS] += loss * scale
        sums[RIGHT] += np.count_nonzero(flat.argmax(axis=1) == labels)
        sums[COUNT] += len(labels)
        dflat[where, labels] -= 1 - smoothing
        np.multiply(dflat, scale, out=dflat)

    return run


def _hinge(z: Array, dz: Array, target: Array, work: Array, sums: Array, scale: float, weight: float) -> Run:
    """Σ max(0, 1 + z_j − z_right) / classes (Crammer, Singer 2001, in the mean form of multi-class margins)."""
    classes = z.shape[-1]
    flat, dflat, labels = z.reshape(-1, classes), dz.reshape(-1, classes), target.reshape(-1)
    margins, where = work.reshape(-1, classes), np.arange(len(labels))

    def run() -> None:
        np.subtract(flat, flat[where, labels][:, None] - 1, out=margins)
        margins[where, labels] = 0
        np.maximum(margins, 0, out=margins)
        sums[LOSS] += margins.sum(dtype=np.float64) * scale / classes
        sums[RIGHT] += np.count_nonzero(flat.argmax(axis=1) == labels)
        sums[COUNT] += len(labels)
        np.greater(margins, 0, out=dflat)
        dflat[where, labels] = -dflat.sum(axis=1)
        np.multiply(dflat, scale / classes, out=dflat)

    return run


def _binary(z: Array, dz: Array, target: Array, p: Array, sums: Array, scale: float) -> Run:
    """log(1 + exp z) − t·z for each unit; dz = sigmoid(z) − t."""

    def run() -> None:
        np.logaddexp(z, 0, out=p)
        np.multiply(z, target, out=dz)
        sums[LOSS] += (p.sum(dtype=np.float64) - dz.sum(dtype=np.float64)) * scale
        sums[RIGHT] += np.count_nonzero((z > 0) == (target > 0.5))
        sums[COUNT] += z.size
        np.multiply(z, 0.5, out=dz)
        np.tanh(dz, out=dz)
        np.multiply(dz, 0.5, out=dz)
        np.add(dz, 0.5, out=dz)
        np.subtract(dz, target, out=dz)
        np.multiply(dz, scale, out=dz)

    return run


def _distance(loss: str, z: Array, dz: Array, target: Array, work: Array, sums: Array, scale: float) -> Run:
    """mse: (z − t)², mae: |z − t|, the mean over all numbers."""
    classes = z.shape[-1]

    def run() -> None:
        np.subtract(z, target, out=work)
        if loss == "mse":
            sums[LOSS] += np.vdot(work, work) * scale
            np.multiply(work, 2 * scale, out=dz)
        else:
            sums[LOSS] += np.abs(work).sum(dtype=np.float64) * scale
            np.sign(work, out=dz)
            np.multiply(dz, scale, out=dz)
        if 1 < classes <= 1000 and z.ndim == 2 and (target.sum(axis=1) == 1).all():
            sums[RIGHT] += np.count_nonzero(z.argmax(axis=1) == target.argmax(axis=1))
            sums[COUNT] += len(z)

    return run
