"""The kernels, a room or a file for each family of `ops`, found through the operator they run."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netspec import ops
from netspec.engine.kernel import Kernel
from netspec.engine.kernels import join, rearrange, training, wiring
from netspec.engine.kernels.activation import piecewise, smooth, softmax
from netspec.engine.kernels.conv import deconv, local, patches
from netspec.engine.kernels.conv.choose import METHODS, chosen, convolution, possible, shape_key
from netspec.engine.kernels.dense import rbf
from netspec.engine.kernels.dense.choose import dense
from netspec.engine.kernels.norm import batch, grouped, lrn
from netspec.engine.kernels.norm.still import StillNorm
from netspec.engine.kernels.pool import average, maximum, power
from netspec.ops import Operator, Weight

#: The files that have one kernel an operator; a layer of units and a convolution have several, and a room's ``choose``.
_FILES = (
    patches,
    deconv,
    local,
    rbf,
    average,
    maximum,
    power,
    batch,
    grouped,
    lrn,
    piecewise,
    smooth,
    softmax,
    join,
    rearrange,
    wiring,
    training,
)

#: What makes the kernel of each operator from the shapes that enter, the one that leaves, and its weights.
Make = Callable[[Any, Sequence[tuple[int, ...]], tuple[int, ...], Mapping[str, Weight]], Kernel]

#: The kernel of each operator; of a convolution the plain one.
KERNELS: dict[type[Operator], Make] = {
    value.op_type: value
    for file in _FILES
    for value in vars(file).values()
    if isinstance(value, type)
    and issubclass(value, Kernel)
    and value.__module__ == file.__name__
    and "op_type" in value.__dict__
} | {ops.dense.Dense: dense}


def kernel_for(
    op: Operator,
    xs: Sequence[tuple[int, ...]],
    y: tuple[int, ...],
    weights: Mapping[str, Weight],
    shared: bool,
    measured: Mapping[str, str] | None = None,
) -> Kernel:
    """The kernel that runs an operator on these shapes; shapes decide its method, never the number of workers.

    ``shared`` layers are used several times; ``measured`` has methods by ``shape_key`` that a machine was found to run
    faster than the rules'.
    """
    if isinstance(op, ops.norm.Norm) and op.frozen:
        return StillNorm(op, xs, y, weights)
    plain = convolution(op, xs, y, weights)
    if plain is None:
        return KERNELS[type(op)](op, xs, y, weights)
    kind = chosen(plain, shared, measured or {})
    return plain if kind is type(plain) else kind(op, xs, y, weights)


__all__ = ["KERNELS", "METHODS", "convolution", "kernel_for", "possible", "shape_key"]
