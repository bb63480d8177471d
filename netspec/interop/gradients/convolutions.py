"""Gradients of convolutions and of transposed ones: each is the other's, and both have one rule for the kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import onnx

from netspec.interop.gradients.forms import INPUT, KERNEL
from netspec.interop.gradients.pointwise import Grads, Rule
from netspec.interop.gradients.sliding import Sliding
from netspec.interop.gradients.tape import Tape, attributes


def _sliding(tape: Tape, node: onnx.NodeProto, wide: str, narrow: str) -> Sliding:
    """What a node says of its kernel."""
    from_maps, to_maps, kernel = (
        tuple(n or 0 for n in tape.sizes[value][first:])
        for value, first in ((wide, 1), (narrow, 1), (node.input[1], 2))
    )
    about, rank = attributes(node), len(kernel)
    pads = about.get("pads", [0] * 2 * rank)
    return Sliding(
        from_maps, to_maps, kernel, tuple(about.get("strides", [1] * rank)), tuple(about.get("dilations", [1] * rank)),
        tuple(pads[:rank]), tuple(pads[rank:]), about.get("group", 1),
    )  # fmt: skip


def _conv(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    """dx is the transposed convolution, which must also give the rows that no window reached."""
    x, w, *bias = node.input
    at = _sliding(tape, node, x, node.output[0])
    dx = INPUT[tape.choices.of("input", at)](tape, at, d, w)
    seen, cropped = _cropped(tape, at, x)
    dw = KERNEL[tape.choices.of("kernel", cropped)](tape, cropped, seen, d)
    return [dx, dw, *(_positions(tape, d, at.rank) for _ in bias)]


def _conv_transpose(tape: Tape, node: onnx.NodeProto, d: str) -> Grads:
    """The convolution with the same kernel is its gradient; d and x change places in the kernel's."""
    x, w, *bias = node.input
    seen, at = _cropped(tape, _sliding(tape, node, node.output[0], x), d)
    dx = tape("Conv", seen, w, strides=list(at.strides), pads=[*at.before, *at.behind], dilations=list(at.dilations),
              group=at.group)  # fmt: skip
    dw = KERNEL[tape.choices.of("kernel", at)](tape, at, seen, x)
    return [dx, dw, *(_positions(tape, d, at.rank) for _ in bias)]


def _cropped(tape: Tape, at: Sliding, wide: str) -> tuple[str, Sliding]:
    """What a kernel slides over, without the rows behind that it does not reach."""
    ends = [b - o for b, o in zip(at.behind, at.over, strict=True)]
    short = [min(end, 0) for end in ends]
    if any(short):
        wide = tape("Pad", wide, tape.ints([0] * (at.rank + 4) + short))  # below 0 it crops
    sizes = (at.wide[0], *(n + less for n, less in zip(at.wide[1:], short, strict=True)))
    return wide, replace(at, wide=sizes, behind=tuple(max(end, 0) for end in ends))


def _positions(tape: Tape, d: str, rank: int) -> str:
    """A bias's gradient: the sum over the batch and all positions."""
    return tape("ReduceSum", d, tape.ints([0, *range(2, 2 + rank)]), keepdims=0)


RULES: Mapping[str, Rule] = {"Conv": _conv, "ConvTranspose": _conv_transpose}
