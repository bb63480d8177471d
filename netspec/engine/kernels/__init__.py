"""The kernels, one file a family as in `ops`, found through the operator they run."""

from collections.abc import Mapping, Sequence
from math import prod

from netspec.engine.kernel import Kernel
from netspec.engine.kernels import (
    activation,
    conv,
    deconv,
    dense,
    grouped,
    join,
    local,
    maxpool,
    norm,
    pool,
    rearrange,
    softmax,
    training,
    wiring,
)
from netspec.engine.kernels.by_rows import ByRows
from netspec.engine.kernels.depthwise import Depthwise
from netspec.engine.kernels.scattered import Scattered
from netspec.engine.kernels.tiled import Tiled, Tiled4
from netspec.engine.kernels.transforms import TAPS
from netspec.engine.kernels.winograd import Winograd
from netspec.engine.kernels.winograd_rows import WinogradRows
from netspec.ops import Operator, Weight

_FAMILIES = (conv, deconv, local, dense, pool, maxpool, norm, grouped, activation, softmax, join, rearrange, wiring, training)

#: The kernel of each operator.
KERNELS: dict[type[Operator], type[Kernel]] = {
    value.op_type: value
    for family in _FAMILIES
    for value in vars(family).values()
    if isinstance(value, type)
    and issubclass(value, Kernel)
    and value.__module__ == family.__name__
    and "op_type" in value.__dict__
}


#: How a convolution may be run.
METHODS: dict[str, type[conv.Conv]] = {kind.method: kind for kind in (conv.Conv, Tiled, Tiled4, WinogradRows, Winograd, Depthwise, ByRows, Scattered)}


def kernel_for(
    op: Operator, xs: Sequence[tuple[int, ...]], y: tuple[int, ...], weights: Mapping[str, Weight], shared: bool,
    measured: Mapping[str, str] | None = None,
) -> Kernel:  # fmt: skip
    """The kernel that runs an operator on these shapes; shapes decide its method, never the number of workers.

    A ``shared`` layer's gradients add up over its uses, so they must all have one shape: no transformed ones.
    ``measured`` has methods by ``shape_key`` that a machine was found to run faster than the table's.
    """
    plain = convolution(op, xs, y, weights)
    if plain is None:
        return KERNELS[type(op)](op, xs, y, weights)
    names = [name for name in possible(plain) if not (shared and METHODS[name] is WinogradRows)]
    name = (measured or {}).get(shape_key(plain), names[0])
    kind = METHODS[name if name in names else names[0]]
    return plain if kind is conv.Conv else kind(op, xs, y, weights)


def convolution(op: Operator, xs: Sequence[tuple[int, ...]], y: tuple[int, ...], weights: Mapping[str, Weight]) -> conv.Conv | None:
    """The plain kernel of a convolution; None for any other operator."""
    return conv.Conv(op, xs, y, weights) if isinstance(op, conv.Conv.op_type) else None


def possible(plain: conv.Conv) -> list[str]:
    """The methods that can run a convolution; the one that was measured as the fastest for its maps stands first
    (AMD EPYC with AVX-512, one thread)."""
    able = [name for name, kind in METHODS.items() if kind.can(plain)]
    taps, stride = plain.taps, plain.window.stride
    inputs, outputs, pairs = plain.inputs, plain.outputs, plain.inputs * plain.outputs
    few, tall = pairs <= 32, taps[0] > TAPS
    empty = plain.table is not None and 16 * plain.table.connections <= pairs and min(inputs, outputs) >= 64
    wide = max(stride) == 1 or plain.groups > 1 or any(k > 2 * s for k, s in zip(taps, stride, strict=True))  # taps in a plane
    tiny = prod(plain.places) <= 49 and max(taps) <= 3  # the transformed kernels are more to move than the patches
    table: tuple[tuple[type[conv.Conv], bool], ...] = (
        (Scattered, empty), (Depthwise, True), (WinogradRows, pairs <= 1024),
        (Winograd, wide and not tiny and min(inputs, outputs) >= 3 and pairs * prod(stride) >= 90),
        (Tiled4, few or (tall and inputs <= 4)), (Tiled, few or (inputs <= 8 and outputs <= 64)), (ByRows, tall), (conv.Conv, True),
    )  # fmt: skip
    first = next(kind.method for kind, pays in table if pays and kind.method in able)
    return [first, *(name for name in able if name != first)]


def shape_key(plain: conv.Conv) -> str:
    """A convolution's shape in words: all that a method's speed depends on."""
    at = plain.window
    sizes = " x ".join(map(str, (plain.inputs, *plain.sizes)))
    return f"{sizes} -> {plain.outputs}, {'x'.join(map(str, at.kernel))}, stride {at.stride}, dilation {at.dilation}, pads {at.pads}, groups {plain.groups}"


__all__ = ["KERNELS", "METHODS", "convolution", "kernel_for", "possible", "shape_key"]
