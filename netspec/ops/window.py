"""Where a window goes: kernel, stride, pads and dilation for each axis, and the sizes that come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from netspec.diagnostics import Fault
from netspec.shape import Dim, padding_behind, show, window
from netspec.tables import KernelTable


@dataclass(frozen=True, slots=True)
class Window:
    """One window for each spatial axis; ``pads`` are (before, behind)."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    ceil: bool = False

    @property
    def taps(self) -> int:
        """Elements of the kernel."""
        return prod(self.kernel)

    @property
    def reach(self) -> tuple[int, ...]:
        """How far the kernel spreads on each axis, dilation counted."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    def sizes(self, sizes: Sequence[Dim]) -> tuple[Dim, ...]:
        """Places of the window on each axis; Fault where it does not fit."""
        rows = zip(sizes, self.kernel, self.stride, self.pads, self.dilation, strict=True)
        result = tuple(window(n, k, s, p, d, self.ceil) for n, k, s, p, d in rows)
        if any(isinstance(n, int) and n < 1 for n in result):
            wide = show(self.reach)
            padded = [n + sum(p) if isinstance(n, int) else n for n, p in zip(sizes, self.pads, strict=True)]
            with_pads = f" ({show(padded)} with its padding)" if any(map(sum, self.pads)) else ""
            raise Fault(
                "N202",
                f"a window of {wide} does not fit into {show(tuple(sizes))}{with_pads}",
                at="kernel",
                help="make the window smaller, pad, or stride less before it",
            )
        return result

    @property
    def ends(self) -> tuple[int, ...]:
        """Padding behind on each axis; with ``ceil`` so much that rounding down gives the same places at every size."""
        rows = zip(self.reach, self.stride, self.pads, strict=True)
        return tuple(padding_behind(r, s, p[1]) if self.ceil else p[1] for r, s, p in rows)


def make(
    rank: int,
    kernel: int | tuple[int, ...] | KernelTable,
    stride: int | tuple[int, ...],
    pad: int | tuple[int, ...] | str,
    dilation: int | tuple[int, ...] = 1,
    ceil: bool = False,
) -> Window:
    """A window for ``rank`` axes; Fault where an argument has another number of sizes."""
    kernels = each(kernel.size if isinstance(kernel, KernelTable) else kernel, rank, "kernel")
    dilations = each(dilation, rank, "dilation")
    if pad == "same":
        total = [d * (k - 1) for k, d in zip(kernels, dilations, strict=True)]
        pads = tuple((n // 2, n - n // 2) for n in total)
    else:
        assert not isinstance(pad, str)
        pads = tuple((n, n) for n in each(pad, rank, "pad"))
    return Window(kernels, each(stride, rank, "stride"), pads, dilations, ceil)


def each(value: int | tuple[int, ...], rank: int, at: str) -> tuple[int, ...]:
    """One number for all axes, or a number for each."""
    if isinstance(value, int):
        return (value,) * rank
    if len(value) != rank:
        axes = {1: "1 axis", 2: "2 axes", 3: "3 axes"}[rank]
        raise Fault("N203", f"{at} {show(value)} has {len(value)} sizes, but the value has {axes}", at=at)
    return tuple(value)
