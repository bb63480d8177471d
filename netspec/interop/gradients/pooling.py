"""Gradients of pools and of what makes maps larger."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
import onnx

from netspec.interop.gradients.pointwise import Grads, Rule
from netspec.interop.gradients.tape import Tape, attributes


def _max_pool(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    """To where the largest number stood, which the pool's second output says in the flat input."""
    if len(node.output) == 1:
        node.output.append(f"{node.output[0]}/where")
    x, flat = node.input[0], tape.ints([-1])
    zeros = tape.zeros(tape("Reshape", tape("Size", x), flat))
    where = tape("Reshape", node.output[1], flat)
    found = tape("ScatterElements", zeros, where, tape("Reshape", d, flat), axis=0, reduction="add")
    return [tape.like(found, x)]


def _average_pool(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    """Each mean's share to each cell of its window: repeated where windows part the map, else a transposed convolution
    with ones."""
    x, about = node.input[0], attributes(node)
    sizes, out = tape.sizes[x][2:], tape.sizes[node.output[0]][2:]
    rank, kernel = len(sizes), list(about["kernel_shape"])
    strides, pads = list(about.get("strides", [1] * rank)), list(about.get("pads", [0] * 2 * rank))
    padded = any(pads) and not about.get("count_include_pad", 0)
    d = tape("Mul", d, tape.floats(1 / _cells(sizes, out, kernel, strides, pads) if padded else 1 / prod(kernel)))
    # a window that `ceil` lets reach past the end has pads of its own; what is left there is cut off again
    reach = [(o - 1) * s + k - a for o, s, k, a in zip(_whole(out), strides, kernel, pads, strict=False)]
    if kernel == strides and not any(pads):
        found = _repeated(tape, d, tape.sizes[x][1] or 0, _whole(out), kernel)
    else:
        ones = tape.floats(np.ones((tape.sizes[x][1] or 0, 1, *kernel)))
        found = tape("ConvTranspose", d, ones, strides=strides, pads=[*pads[:rank], *[0] * rank],
                     group=tape.sizes[x][1])  # fmt: skip
    more = [n - r for n, r in zip(_whole(sizes), reach, strict=True)]
    return [tape("Pad", found, tape.ints([0] * (2 + rank) + [0, 0, *more])) if any(more) else found]


def _whole(sizes: tuple[int | None, ...]) -> list[int]:
    return [n or 0 for n in sizes]


def _cells(sizes: Any, out: Any, kernel: list[int], strides: list[int], pads: list[int]) -> Any:
    """The cells of each window that lie on the map."""
    counts = np.ones(())
    for n, o, k, s, before in zip(sizes, out, kernel, strides, pads, strict=False):
        first = np.arange(o) * s - before
        counts = counts[..., None] * (np.minimum(first + k, n) - np.maximum(first, 0))
    return counts


def _repeated(tape: Tape, d: str, maps: int, out: list[int], kernel: list[int]) -> str:
    """Each number over the cells of a window of its own."""
    apart = [size for n in out for size in (n, 1)]
    over = [size for k in kernel for size in (1, k)]
    rows = tape("Reshape", d, tape.ints([-1, maps, *apart]))
    wide = tape("Expand", rows, tape.ints([1, 1, *over]))
    return tape("Reshape", wide, tape.ints([-1, maps, *(n * k for n, k in zip(out, kernel, strict=True))]))


def _global_average(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    x = node.input[0]
    return [tape.stretched(tape("Mul", d, tape.floats(1 / prod(_whole(tape.sizes[x][2:])))), x)]


def _global_max(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    """To the first place of the largest number."""
    x = node.input[0]
    rows = tape.ints([0, 0, -1])
    flat = tape("Reshape", x, rows)
    where = tape("ArgMax", flat, axis=2, keepdims=1)
    zeros = tape.zeros(tape("Shape", flat))
    return [tape.like(tape("ScatterElements", zeros, where, tape("Reshape", d, rows), axis=2), x)]


def _resize(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    """Along each axis by itself, a product with a constant matrix."""
    linear, rank = attributes(node)["mode"] == b"linear", len(tape.sizes[node.input[0]])
    for axis in range(2, rank):
        there, out = (tape.sizes[value][axis] or 0 for value in (node.input[0], node.output[0]))
        turned = [*(i for i in range(rank) if i != axis), axis]
        rows = tape("MatMul", tape("Transpose", d, perm=turned), tape.floats(_stretching(there, out, linear)))
        d = tape("Transpose", rows, perm=np.argsort(turned).tolist())
    return [d, *[None] * (len(node.input) - 1)]


def _stretching(there: int, out: int, linear: bool) -> Any:
    """(out, there): what each place of a longer axis takes of those of the shorter."""
    matrix, factor = np.zeros((out, there)), out / there
    for place in range(out):
        if not linear:
            matrix[place, int(place // factor)] = 1
            continue
        at = min(max((place + 0.5) / factor - 0.5, 0), there - 1)
        low = int(at)
        matrix[place, low] += 1 - (at - low)
        matrix[place, min(low + 1, there - 1)] += at - low
    return matrix


RULES: Mapping[str, Rule] = {
    "MaxPool": _max_pool, "AveragePool": _average_pool, "GlobalAveragePool": _global_average,
    "GlobalMaxPool": _global_max, "Resize": _resize,
}  # fmt: skip
