"""How a convolution is run: the methods that can, and the one that was measured as the fastest for its shape.

Thresholds were read off `benchmarks/layers.py` and `netspec profile --tune` (float32, AMD EPYC with AVX-512). A shape
decides, never the number of workers, so that a training's bits do not depend on the machine's cores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

from netspec import ops
from netspec.engine.kernels.conv.convolution import Convolution
from netspec.engine.kernels.conv.depthwise import Depthwise
from netspec.engine.kernels.conv.patches import Patches
from netspec.engine.kernels.conv.row_patches import RowPatches
from netspec.engine.kernels.conv.sparse_blocks import SparseBlocks
from netspec.engine.kernels.conv.tiles import Tiles, Tiles4
from netspec.engine.kernels.conv.winograd import Winograd
from netspec.engine.kernels.conv.winograd_rows import WinogradRows
from netspec.engine.kernels.conv.winograd_transforms import TAPS
from netspec.ops import Operator, Weight

#: How a convolution may be run, by the name that ``netspec profile`` shows.
METHODS: dict[str, type[Convolution]] = {
    kind.method: kind for kind in (Patches, Tiles, Tiles4, WinogradRows, Winograd, Depthwise, RowPatches, SparseBlocks)
}

#: Pairs of an input and an output map up to which tiles beat all else: LeNet-5's C1, 1 -> 6 of 5 x 5, is below, its C3,
#: 6 -> 16, above.
FEW_PAIRS = 32
#: Maps in and out up to which tiles of 2 still pay for few maps into many: first layers of 3 maps into 64.
TILE_INPUTS, TILE_OUTPUTS = 8, 64
#: Maps in up to which a kernel of more rows than Winograd takes is run by tiles of 4 and not by patches of rows.
TALL_INPUTS = 4
#: Pairs up to which the transform along rows alone is cheaper than along both axes: 3 x 3 of 32 -> 32 maps is the last.
ROW_PAIRS = 1024
#: Pairs, times the stride's cells, from which a transform along every axis pays, and maps that each side must have.
PAIRS, MAPS = 90, 3
#: Positions up to which patches beat the transform for kernels of at most so many taps, since what is transformed is
#: more to move than the patches; with so many pairs of maps in a group, 512 x 512 at the end of ResNet, products are
#: all that counts.
TINY_PLACES, TINY_TAPS, TINY_PAIRS = 49, 3, 2**18
#: A table's dense kernel is this many times its connections, and each side has so many maps, where blocks of it pay.
EMPTY, EMPTY_MAPS = 16, 64


def nearly_empty(plain: Convolution) -> bool:
    """Whether a table leaves so little that only what is there is multiplied."""
    table, least = plain.table, min(plain.inputs, plain.outputs)
    return table is not None and EMPTY * table.connections <= plain.inputs * plain.outputs and least >= EMPTY_MAPS


def few_pairs(plain: Convolution) -> bool:
    """Whether products are so narrow that more multiplications in wider ones are faster."""
    return plain.inputs * plain.outputs <= FEW_PAIRS


def tall(plain: Convolution) -> bool:
    """Whether the kernel has more rows than Winograd's points allow."""
    return bool(plain.taps[0] > TAPS)


def by_rows(plain: Convolution) -> bool:
    """Whether the transform along rows alone is the cheaper one."""
    return plain.inputs * plain.outputs <= ROW_PAIRS


def saves_products(plain: Convolution) -> bool:
    """Whether what a transform along every axis saves in products is more than it costs in passes."""
    stride, pairs = plain.window.stride, plain.inputs * plain.outputs
    several = any(k > 2 * s for k, s in zip(plain.taps, stride, strict=True))  # taps in a plane of the strides
    wide = max(stride) == 1 or plain.groups > 1 or several
    few = prod(plain.places) <= TINY_PLACES and max(plain.taps) <= TINY_TAPS
    tiny = few and pairs // plain.groups**2 < TINY_PAIRS
    return wide and not tiny and min(plain.inputs, plain.outputs) >= MAPS and pairs * prod(stride) >= PAIRS


def always(plain: Convolution) -> bool:
    """Whenever it is able to."""
    return True


#: The first that is able and pays is the one: the special cases first, each with its threshold, patches for the rest.
RULES: tuple[tuple[type[Convolution], Callable[[Convolution], bool]], ...] = (
    (SparseBlocks, nearly_empty),
    (Depthwise, always),
    (WinogradRows, by_rows),
    (Winograd, saves_products),
    (Tiles4, lambda plain: few_pairs(plain) or (tall(plain) and plain.inputs <= TALL_INPUTS)),
    (Tiles, lambda plain: few_pairs(plain) or (plain.inputs <= TILE_INPUTS and plain.outputs <= TILE_OUTPUTS)),
    (RowPatches, tall),
    (Patches, always),
)


def convolution(
    op: Operator, xs: Sequence[tuple[int, ...]], y: tuple[int, ...], weights: Mapping[str, Weight]
) -> Convolution | None:
    """The plain kernel of a convolution; None for any other operator."""
    return Patches(op, xs, y, weights) if isinstance(op, ops.conv.Conv) else None


def possible(plain: Convolution) -> list[str]:
    """The methods that can run a convolution; the one that was measured as the fastest for its shape stands first."""
    able = [name for name, kind in METHODS.items() if kind.can(plain)]
    first = next(kind.method for kind, pays in RULES if kind.method in able and pays(plain))
    return [first, *(name for name in able if name != first)]


def chosen(plain: Convolution, shared: bool, measured: Mapping[str, str]) -> type[Convolution]:
    """The method that runs a convolution: the one that was ``measured`` on this machine, else the rules' own.

    A ``shared`` layer's gradients add up over its uses, so they must all have one shape: no transformed ones.
    """
    names = [name for name in possible(plain) if not (shared and METHODS[name].transformed)]
    name = measured.get(shape_key(plain), names[0])
    return METHODS[name if name in names else names[0]]


def shape_key(plain: Convolution) -> str:
    """A convolution's shape in words: all that a method's speed depends on."""
    at: Any = plain.window
    sizes = " x ".join(map(str, (plain.inputs, *plain.sizes)))
    kernel = "x".join(map(str, at.kernel))
    layout = f"stride {at.stride}, dilation {at.dilation}, pads {at.pads}, groups {plain.groups}"
    return f"{sizes} -> {plain.outputs}, {kernel}, {layout}"
