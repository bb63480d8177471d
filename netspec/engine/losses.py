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
        best = flat.argmax(axis=1)
        np.subtract(flat, flat[where, best][:, None], out=rows)
        np.exp(rows, out=dflat)
        dflat[where, best] = 0
        rest = dflat.sum(axis=1)  # beside the largest, which is 1: what a sure answer lacks, to the last digit
        dflat[where, best] = 1
        np.subtract(rows, np.log1p(rest)[:, None], out=rows)  # log-probabilities
        np.divide(dflat, (1 + rest)[:, None], out=dflat)
        right = best == labels
        less = np.where(right, -rest / (1 + rest), dflat[where, labels] - 1)  # p − 1 at the label
        dflat[where, labels] = less + smoothing
        loss = -(1 - smoothing) * rows[where, labels].sum(dtype=np.float64)
        if smoothing:
            loss -= smoothing / classes * rows.sum(dtype=np.float64)
            np.subtract(dflat, smoothing / classes, out=dflat)
        sums[LOSS] += loss * scale
        sums[RIGHT] += np.count_nonzero(right)
        sums[COUNT] += len(labels)
        np.multiply(dflat, scale, out=dflat)

    return run


def _hinge(z: Array, dz: Array, target: Array, work: Array, sums: Array, scale: float, weight: float) -> Run:
    """Σ max(0, 1 + z_j − z_right) / classes (Crammer, Singer 2001, in the mean form of multi-class margins)."""
    classes = z.shape[-1]
    flat, dflat, labels = z.reshape(-1, classes), dz.reshape(-1, classes), target.reshape(-1)
    margins, where = work.reshape(-1, classes), np.arange(len(labels))

    def run() -> None:
        np.subtract(flat, flat[where, labels][:, None], out=margins)
        np.add(margins, 1, out=margins)
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
    """max(z, 0) − t·z + log(1 + exp −|z|) for each unit; dz = sigmoid(z) − t, without a difference of near numbers for t of 0 or 1."""

    def run() -> None:
        np.maximum(z, 0, out=p)
        np.multiply(z, target, out=dz)
        np.subtract(p, dz, out=p)
        far = p.sum(dtype=np.float64)
        np.abs(z, out=dz)
        np.negative(dz, out=dz)
        np.exp(dz, out=dz)
        np.log1p(dz, out=p)
        sums[LOSS] += (far + p.sum(dtype=np.float64)) * scale
        above = z > 0
        sums[RIGHT] += np.count_nonzero(above == (target > 0.5))
        sums[COUNT] += z.size
        np.add(dz, 1, out=p)
        np.divide(dz, p, out=dz)  # sigmoid(−|z|)
        np.negative(dz, out=dz, where=above)
        np.subtract(above, target, out=p)
        np.add(dz, p, out=dz)
        np.multiply(dz, scale, out=dz)

    return run


def _distance(loss: str, z: Array, dz: Array, target: Array, work: Array, sums: Array, scale: float) -> Run:
    """mse: (z − t)², mae: |z − t|, the mean over all numbers."""
    classes = z.shape[-1]

    def run() -> None:
        np.subtract(z, target, out=work)
        if loss == "mse":
            np.multiply(work, work, out=dz)
            sums[LOSS] += dz.sum(dtype=np.float64) * scale
            np.multiply(work, 2 * scale, out=dz)
        else:
            sums[LOSS] += np.abs(work).sum(dtype=np.float64) * scale
            np.sign(work, out=dz)
            np.multiply(dz, scale, out=dz)
        if 1 < classes <= 1000 and z.ndim == 2 and (target.sum(axis=1) == 1).all():
            sums[RIGHT] += np.count_nonzero(z.argmax(axis=1) == target.argmax(axis=1))
            sums[COUNT] += len(z)

    return run
