"""Gradients of products: matrices, convolutions, and norms whose statistics stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import onnx

from netspec.interop.gradients.pointwise import Grads, Rule
from netspec.interop.gradients.tape import Sizes, Tape, attributes


def _gemm(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    """y = x · w + b, w turned where ``transB`` says so."""
    turned = attributes(node).get("transB", 0)
    x, w, *bias = node.input
    dw = tape("Gemm", d, x, transA=1) if turned else tape("Gemm", x, d, transA=1)
    return [tape("Gemm", d, w, transB=1 - turned), dw, *(tape.summed(d, node.output[0], b) for b in bias)]


def _matmul(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    x, w = node.input
    rank = len(tape.sizes[x])
    turned = [*range(rank - 2), rank - 1, rank - 2]
    dx = tape("MatMul", d, tape("Transpose", w, perm=turned))
    return [dx, tape("MatMul", tape("Transpose", x, perm=turned), d)]


@dataclass(frozen=True)
class _Window:
    """What a convolution's node says, each a number an axis."""

    strides: list[int]
    before: list[int]
    behind: list[int]
    dilations: list[int]
    group: int

    @classmethod
    def of(cls, node: onnx.NodeProto, rank: int) -> _Window:
        about: Mapping[str, Any] = attributes(node)
        pads = list(about.get("pads", [0] * 2 * rank))
        return cls(
            list(about.get("strides", [1] * rank)), pads[:rank], pads[rank:],
            list(about.get("dilations", [1] * rank)), about.get("group", 1),
        )  # fmt: skip

    def rest(self, sizes: Sizes, kernel: Sizes) -> list[int]:
        """Rows behind, padding among them, that no window reached, as the stride did not go into them."""
        return [
            ((n or 0) + a + b - (d * ((k or 0) - 1) + 1)) % s
            for n, k, s, a, b, d in zip(
                sizes, kernel, self.strides, self.before, self.behind, self.dilations, strict=True
            )
        ]


def _conv(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    """dx is the transposed convolution, which must also give the rows that no window reached."""
    x, w, *bias = node.input
    sizes, kernel = tape.sizes[x], tape.sizes[w]
    rank = len(sizes) - 2
    at = _Window.of(node, rank)
    over = at.rest(sizes[2:], kernel[2:])
    dx = tape("ConvTranspose", d, w, strides=at.strides, pads=[*at.before, *at.behind], dilations=at.dilations,
              group=at.group, output_padding=over)  # fmt: skip
    seen, pads = _cropped(tape, x, at, over)
    dw = _kernel(tape, seen, (sizes[1] or 0) // at.group, d, at, pads)
    return [dx, dw, *(_positions(tape, d, rank) for _ in bias)]


def _conv_transpose(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    """The convolution with the same kernel is its gradient; d and x change places in the kernel's."""
    x, w, *bias = node.input
    rank = len(tape.sizes[x]) - 2
    at = _Window.of(node, rank)
    over = list(attributes(node).get("output_padding", [0] * rank))
    seen, pads = _cropped(tape, d, at, over)
    dx = tape("Conv", seen, w, strides=at.strides, pads=pads, dilations=at.dilations, group=at.group)
    outputs = (tape.sizes[node.output[0]][1] or 0) // at.group
    dw = _kernel(tape, seen, outputs, x, at, pads)
    return [dx, dw, *(_positions(tape, d, rank) for _ in bias)]


def _cropped(tape: Tape, wide: str, at: _Window, over: list[int]) -> tuple[str, list[int]]:
    """What windows slid over, without the rows behind that none reached, and the pads that are left of its own."""
    ends = [b - o for b, o in zip(at.behind, over, strict=True)]
    short = [min(end, 0) for end in ends]
    if any(short):
        zeros = [0] * len(ends)
        wide = tape("Pad", wide, tape.ints([0, 0, *zeros, 0, 0, *short]))  # below 0 it crops
    return wide, [*at.before, *(max(end, 0) for end in ends)]


def _kernel(tape: Tape, wide: str, maps: int, narrow: str, at: _Window, pads: list[int]) -> str:
    """A kernel's gradient, (maps of ``narrow``, ``maps`` a group of ``wide``, taps…): a convolution over the batch.

    Batch and maps change places in both, and so do strides and dilations.
    """
    axes = list(range(2, 2 + len(at.strides)))
    if at.group == 1:
        data = tape("Transpose", wide, perm=[1, 0, *axes])
    else:  # (n, g · maps, …) to (maps, g · n, …)
        parted = tape("Reshape", wide, tape("Concat", tape.ints([-1, at.group, maps]),
                                            tape("Shape", wide, start=2), axis=0))  # fmt: skip
        turned = tape("Transpose", parted, perm=[2, 1, 0, *(axis + 1 for axis in axes)])
        data = tape("Reshape", turned, tape("Concat", tape.ints([maps, -1]), tape("Shape", wide, start=2), axis=0))
    window = tape("Transpose", narrow, perm=[1, 0, *axes])
    found = tape("Conv", data, window, strides=at.dilations, dilations=at.strides, pads=pads, group=at.group)
    return tape("Transpose", found, perm=[1, 0, *axes])


def _positions(tape: Tape, d: str, rank: int) -> str:
    """A bias's gradient: the sum over the batch and all positions."""
    return tape("ReduceSum", d, tape.ints([0, *range(2, 2 + rank)]), keepdims=0)


def _normalised(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    """A norm by running statistics is a product a map, and so is its gradient; it stands where nothing of it learns."""
    _, gain, _, mean, variance = node.input
    zeros = tape.zeros(tape("Shape", mean))
    epsilon = attributes(node)["epsilon"]
    return [tape("BatchNormalization", d, gain, zeros, zeros, variance, epsilon=epsilon), None, None, None, None]


RULES: Mapping[str, Rule] = {
    "Gemm": _gemm, "MatMul": _matmul, "Conv": _conv, "ConvTranspose": _conv_transpose,
    "BatchNormalization": _normalised,
}  # fmt: skip
