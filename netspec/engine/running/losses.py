"""Losses: the mean over a batch, and its gradient, written for one chunk at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from netspec.engine.kernel import Array, Run
from netspec.settings.arguments import of_class
from netspec.settings.losses import LOSSES, VOID, BinaryCrossEntropy, CrossEntropy, Hinge, Loss, Mae, Mse, has_void

#: Places in the sums of a chunk: loss, right answers, answers.
LOSS, RIGHT, COUNT = 0, 1, 2


@dataclass(frozen=True)
class ByClass:
    """What an answer of each class counts, and the labels of the whole batch, which say what it counts together."""

    weights: Array
    labels: Array

    def total(self) -> float:
        """What the answers of the batch count together: the same numbers in the same order, whoever asks."""
        labels = self.labels[self.labels != VOID] if self.voids else self.labels.reshape(-1)
        return float(np.bincount(labels, minlength=len(self.weights)) @ self.weights)

    @property
    def voids(self) -> bool:
        """Whether places may be void, which count nothing."""
        return has_void(self.labels.ndim, len(self.weights))


@dataclass(frozen=True)
class Chunk:
    """What a loss works on: the value, its gradient to fill, the targets, workspace, sums to add to; for the mean over
    ``batch`` images, times ``weight``; ``by_class`` makes it a weighted mean."""

    z: Array
    dz: Array
    target: Array
    work: Array
    sums: Array
    batch: int
    weight: float
    smoothing: float
    by_class: ByClass | None = None

    @property
    def by_answer(self) -> float:
        """What a position's loss is multiplied by."""
        return self.weight / (self.batch * prod(self.z.shape[1:-1]))

    @property
    def by_number(self) -> float:
        """What a number's loss is multiplied by."""
        return self.weight / (self.batch * prod(self.z.shape[1:]))


def bind(
    loss: str, z: Array, dz: Array, target: Array, work: Array, sums: Array, batch: int, weight: float,
    smoothing: float, by_class: ByClass | None = None,
) -> Run:  # fmt: skip
    """The call that adds a chunk's loss to ``sums`` and writes ``dz``.

    A loss that a last layer belongs to contains it: ``z`` is then the value before that.
    """
    return of_class(RULES, LOSSES[loss])(Chunk(z, dz, target, work, sums, batch, weight, smoothing, by_class))


def _cross_entropy(chunk: Chunk) -> Run:
    """−Σ q log softmax(z), q the target with ``smoothing`` spread over all classes; dz = p − q."""
    z, dz, target, p, sums = chunk.z, chunk.dz, chunk.target, chunk.work, chunk.sums
    scale, smoothing = chunk.by_answer, chunk.smoothing
    classes = z.shape[-1]
    rows, flat, dflat, given = (
        p.reshape(-1, classes),
        z.reshape(-1, classes),
        dz.reshape(-1, classes),
        target.reshape(-1),
    )
    where = np.arange(len(rows))

    def run() -> None:
        labels = given
        void = given == VOID if chunk.by_class is not None and chunk.by_class.voids else None
        if void is not None:
            labels = np.where(void, 0, given)
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
        sums[RIGHT] += np.count_nonzero(right if void is None else right & ~void)
        sums[COUNT] += len(labels) - (0 if void is None else np.count_nonzero(void))
        if chunk.by_class is not None:
            sums[LOSS] += _weighted(chunk, chunk.by_class, rows, dflat, labels, less, void)
            return
        dflat[where, labels] = less + smoothing
        loss = -(1 - smoothing) * rows[where, labels].sum(dtype=np.float64)
        if smoothing:
            loss -= smoothing / classes * rows.sum(dtype=np.float64)
            np.subtract(dflat, smoothing / classes, out=dflat)
        sums[LOSS] += loss * scale
        np.multiply(dflat, scale, out=dflat)

    return run


def _weighted(
    chunk: Chunk, by_class: ByClass, rows: Array, p: Array, labels: Array, less: Array, void: Array | None
) -> float:  # fmt: skip
    """Σ w l / Σ w over the batch, w the weight of the label's class; ``p`` becomes the gradient, ``rows`` are log p.

    Of a smoothed target the share of class c counts w_c (PyTorch's ``cross_entropy``), of a ``void`` place nothing
    (its ``ignore_index``). Where nothing counts, all is 0.
    """
    total, weights, smoothing = by_class.total(), by_class.weights, chunk.smoothing
    scale, where, each = chunk.weight / total if total else 0.0, np.arange(len(labels)), weights[labels]
    if void is not None:
        rows[void], each[void] = 0, 0
    loss, spread = -(1 - smoothing) * float(each @ rows[where, labels]), smoothing / len(weights)
    if smoothing:
        loss -= spread * float(rows.sum(axis=0, dtype=np.float64) @ weights)
        np.multiply(p, spread * scale * weights.sum(), out=rows)
        np.subtract(rows, spread * scale * weights, out=rows)
        if void is not None:
            rows[void] = 0
    p[where, labels] = less
    np.multiply(p, ((1 - smoothing) * scale * each)[:, None], out=p)
    if smoothing:
        np.add(p, rows, out=p)
    return loss * scale


def _hinge(chunk: Chunk) -> Run:
    """Σ max(0, 1 + z_j − z_right) / classes (Crammer, Singer 2001, in the mean form of multi-class margins)."""
    z, dz, target, work, sums, scale = chunk.z, chunk.dz, chunk.target, chunk.work, chunk.sums, chunk.by_answer
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


def _binary(chunk: Chunk) -> Run:
    """max(z, 0) − t·z + log(1 + exp −|z|) for each unit; dz = sigmoid(z) − t.

    Near numbers are not subtracted where t is 0 or 1: a sure answer keeps all digits of what it lacks.
    """
    z, dz, target, p, sums, scale = chunk.z, chunk.dz, chunk.target, chunk.work, chunk.sums, chunk.by_number

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


def _mse(chunk: Chunk) -> Run:
    """(z − t)², the mean over all numbers."""
    z, dz, target, work, sums, scale = chunk.z, chunk.dz, chunk.target, chunk.work, chunk.sums, chunk.by_number

    def run() -> None:
        np.subtract(z, target, out=work)
        np.multiply(work, work, out=dz)
        sums[LOSS] += dz.sum(dtype=np.float64) * scale
        np.multiply(work, 2 * scale, out=dz)
        _one_hot(z, target, sums)

    return run


def _mae(chunk: Chunk) -> Run:
    """|z − t|, the mean over all numbers."""
    z, dz, target, work, sums, scale = chunk.z, chunk.dz, chunk.target, chunk.work, chunk.sums, chunk.by_number

    def run() -> None:
        np.subtract(z, target, out=work)
        sums[LOSS] += np.abs(work).sum(dtype=np.float64) * scale
        np.sign(work, out=dz)
        np.multiply(dz, scale, out=dz)
        _one_hot(z, target, sums)

    return run


def _one_hot(z: Array, target: Array, sums: Array) -> None:
    """Right answers where the targets are classes after all, one-hot."""
    if 1 < z.shape[-1] <= 1000 and z.ndim == 2 and (target.sum(axis=1) == 1).all():
        sums[RIGHT] += np.count_nonzero(z.argmax(axis=1) == target.argmax(axis=1))
        sums[COUNT] += len(z)


#: What each loss does to a chunk, by its class.
RULES: dict[type[Loss], Callable[[Chunk], Run]] = {
    CrossEntropy: _cross_entropy,
    Hinge: _hinge,
    BinaryCrossEntropy: _binary,
    Mse: _mse,
    Mae: _mae,
}
