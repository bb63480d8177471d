"""What each layer sees of the input: receptive field, stride and offset, an axis at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from netspec.graph import Graph, Node
from netspec.ops.conv import Convolution, Deconv
from netspec.ops.dense import Dense, Rbf
from netspec.ops.pool import GlobalPool, Pool, Subsample
from netspec.ops.rearrange import Crop, Flatten, Pad, Reshape, Upsample
from netspec.ops.window import Window, each
from netspec.ops.wiring import Connect
from netspec.shape import Shape


@dataclass(frozen=True)
class Field:
    """For each axis the pixels seen, the pixels between two neighbours, and where the first begins.

    ``everything`` says that every output sees all of the input.
    """

    size: tuple[float, ...]
    stride: tuple[float, ...]
    offset: tuple[float, ...]
    everything: bool = False

    def texts(self) -> tuple[str, str, str]:
        """The three as text."""
        if self.everything:
            return ("all", "", "")
        return _times(self.size), _times(self.stride), _times(self.offset)

    def verdict(self, name: str, graph: Graph) -> str:
        """Whether it sees the whole picture."""
        shape = next(iter(graph.inputs.values()))[1:]
        sizes = [n if isinstance(n, int) else None for n in shape]
        if self.everything or (sizes and all(n is not None and s >= n for s, n in zip(self.size, sizes, strict=False))):
            return f"{name} sees the whole picture"
        return f"{name} sees {_times(self.size)} of {' x '.join(map(str, shape))}: not the whole picture"


def _times(sizes: tuple[float, ...]) -> str:
    return " x ".join(f"{n:g}" for n in sizes)


def fields(graph: Graph) -> dict[str, Field]:
    """The field of every value; where several meet, the widest (Dumoulin, Visin 2016, section 2)."""
    found: dict[str, Field] = {}
    for name, shape in graph.inputs.items():
        axes = len(shape) - 1
        found[name] = Field((1.0,) * axes, (1.0,) * axes, (0.0,) * axes, everything=axes == 0)
    for node in graph.nodes:
        met = [found[value] for value in node.inputs]
        widest = max(met, key=lambda f: (f.everything, sum(f.size)))
        if len(met) > 1 and not widest.everything and all(len(f.offset) == len(widest.offset) for f in met):
            low = tuple(min(f.offset[k] for f in met) for k in range(len(widest.offset)))
            high = tuple(max(f.offset[k] + f.size[k] for f in met) for k in range(len(widest.offset)))
            widest = Field(tuple(h - a for a, h in zip(low, high, strict=True)), widest.stride, low)
        found[node.name] = _through(node, graph.shapes[node.inputs[0]], widest)
    return found


def _through(node: Node, x: Shape, before: Field) -> Field:
    """The field of a node's output, from that of its input of shape ``x``."""
    op, axes = node.op, len(before.stride)
    if before.everything or isinstance(op, Dense | Rbf | GlobalPool | Flatten | Reshape):
        return replace(before, everything=True)
    if isinstance(op, Deconv):
        return _transposed(op.window(x), op.trims(x), before)
    if isinstance(op, Convolution | Pool | Subsample):
        return _windowed((op.pool() if isinstance(op, Subsample) else op).window(x), before)
    if isinstance(op, Upsample):
        factors = each(op.factor, axes, "factor")
        return replace(before, stride=tuple(s / f for s, f in zip(before.stride, factors, strict=True)))
    if isinstance(op, Connect):
        return replace(before, stride=tuple(s * n for s, n in zip(before.stride, op.strides(x), strict=True)))
    if isinstance(op, Pad | Crop):
        moved = [-p for p in each(op.size, axes, "size")] if isinstance(op, Pad) else op.starts(x)
        rows = zip(before.offset, moved, before.stride, strict=True)
        return replace(before, offset=tuple(o + m * s for o, m, s in rows))
    return before


def _windowed(at: Window, before: Field) -> Field:
    """A kernel of reach r sees r - 1 strides more and begins before the picture by its padding; strides multiply."""
    rows = list(zip(before.size, before.stride, before.offset, at.reach, at.stride, at.pads, strict=True))
    return Field(
        tuple(f + (r - 1) * s for f, s, _, r, _, _ in rows),
        tuple(s * n for _, s, _, _, n, _ in rows),
        tuple(o - p[0] * s for _, s, o, _, _, p in rows),
    )


def _transposed(at: Window, trims: Sequence[tuple[int, int]], before: Field) -> Field:
    """Output j sees the inputs i with 0 <= j + trim - i * stride < reach: at most (reach - 1) // stride + 1 of them."""
    rows = list(zip(before.size, before.stride, before.offset, at.reach, at.stride, trims, strict=True))
    return Field(
        tuple(f + (r - 1) // n * s for f, s, _, r, n, _ in rows),
        tuple(s / n for _, s, _, _, n, _ in rows),
        tuple(o - (r - 1 - p[0]) // n * s for _, s, o, r, n, p in rows),
    )
