"""Gradients of what moves, cuts, repeats or adds up numbers."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
import onnx

from netspec.interop.gradients.pointwise import Grads, Rule
from netspec.interop.gradients.tape import Tape, attributes


def _reshape(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    return [tape.like(d, node.input[0]), *[None] * (len(node.input) - 1)]


def _transpose(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    return [tape("Transpose", d, perm=np.argsort(attributes(node)["perm"]).tolist())]


def _concat(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    axis, start, parts = attributes(node)["axis"], 0, []
    for x in node.input:
        end = start + (tape.sizes[x][axis] or 0)
        parts.append(tape("Slice", d, tape.ints([start]), tape.ints([end]), tape.ints([axis])))
        start = end
    return [*parts]


def _pad(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    pads = tape.constant(node.input[1]).tolist()
    rank = len(pads) // 2
    axes = [i for i in range(rank) if pads[i] or pads[rank + i]]
    starts = [pads[i] for i in axes]
    ends = [pads[i] + (tape.sizes[node.input[0]][i] or 0) for i in axes]
    cut = tape("Slice", d, tape.ints(starts), tape.ints(ends), tape.ints(axes)) if axes else d
    return [cut, *[None] * (len(node.input) - 1)]


def _slice(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    """Zeros where nothing was taken from: between, by one more axis that is padded; then around, below 0 to crop."""
    given = [tape.constant(name).tolist() for name in node.input[1:]]
    starts, axes, steps = given[0], given[2], given[3] if len(given) > 3 else [1] * len(given[0])
    there, now = tape.sizes[node.input[0]], list(tape.sizes[node.output[0]])
    rank = len(there)
    before, behind = [0] * rank, [0] * rank
    for axis, start, step in zip(axes, starts, steps, strict=True):
        if step > 1:
            pads = [0] * (2 * rank + 2)
            pads[rank + 1 + axis + 1] = step - 1
            now[axis] = (now[axis] or 0) * step
            wide = tape("Pad", tape("Unsqueeze", d, tape.ints([axis + 1])), tape.ints(pads))
            d = tape("Reshape", wide, tape.ints([-1 if n is None else n for n in now]))
        before[axis], behind[axis] = start, (there[axis] or 0) - start - (now[axis] or 0)
    return [tape("Pad", d, tape.ints([*before, *behind])), *[None] * (len(node.input) - 1)]


def scattered(tape: Tape, d: str, index: Any, rows: int) -> str:
    """The gradient of ``rows[index]``, whose index is constant; below 0 nothing was read.

    It is a gather again: of the places that read each row, then their sum. The order is fixed, where a scatter's may
    differ from run to run on a card.
    """
    index = np.asarray(index).reshape(-1)
    kept = np.flatnonzero(index >= 0)
    order = kept[np.argsort(index[kept], kind="stable")]
    counts = np.bincount(index[order], minlength=rows)
    most = int(counts.max(initial=0))
    if len(kept) == len(index) == rows and (order == np.arange(rows)).all():
        return d
    places = np.full((rows, max(most, 1)), -1, dtype=np.int64)
    places[index[order], np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)] = order
    found = tape.gathered(d, places)
    return tape("ReduceSum", found, tape.ints([1]), keepdims=0)


def _gather(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    axis, index, sizes = attributes(node).get("axis", 0), tape.constant(node.input[1]), tape.sizes[node.input[0]]
    turned = [axis, *(i for i in range(len(sizes)) if i != axis)]
    rows = d
    if axis:
        rows = tape("Transpose", d, perm=turned)
    tape.sizes[rows] = (index.size, *(sizes[i] for i in turned[1:]))
    found = scattered(tape, rows, index, sizes[axis] or 0)
    return [tape("Transpose", found, perm=np.argsort(turned).tolist()) if axis else found, None]


def _scatter(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    """Sums of rows onto zeros, as a sparse layer of units writes it."""
    return [None, None, tape("GatherElements", d, node.input[1], axis=attributes(node)["axis"])]


def _expand(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    return [tape.summed(d, node.output[0], node.input[0]), None]


def _reduce(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    x, about = node.input[0], attributes(node)
    sizes = tape.sizes[x]
    axes = [axis % len(sizes) for axis in tape.constant(node.input[1]).tolist()]
    if not about.get("keepdims", 1):
        d = tape("Unsqueeze", d, tape.ints(axes))
    if node.op_type == "ReduceMean":
        d = tape("Mul", d, tape.floats(1 / prod(sizes[axis] or 0 for axis in axes)))
    return [tape.stretched(d, x), None]


RULES: Mapping[str, Rule] = {
    "Reshape": _reshape, "Flatten": _reshape, "Unsqueeze": _reshape, "Transpose": _transpose, "Concat": _concat,
    "Pad": _pad, "Slice": _slice, "Gather": _gather, "ScatterElements": _scatter, "Expand": _expand,
    "ReduceSum": _reduce, "ReduceMean": _reduce,
}  # fmt: skip
