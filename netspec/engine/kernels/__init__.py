"""The kernels, one file a family as in `ops`, found through the operator they run."""

from collections.abc import Mapping, Sequence

from netspec.engine.kernel import Kernel
from netspec.engine.kernels import activation, conv, dense, join, norm, pool, rearrange, training, wiring
from netspec.engine.kernels.tiled import Tiled, Tiled4
from netspec.engine.kernels.winograd import Winograd
from netspec.ops import Operator, Weight

_FAMILIES = (conv, dense, pool, norm, activation, join, rearrange, wiring, training)

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


def kernel_for(
    op: Operator, xs: Sequence[tuple[int, ...]], y: tuple[int, ...], weights: Mapping[str, Weight], shared: bool
) -> Kernel:  # fmt: skip
    """The kernel that runs an operator on these shapes; shapes decide its method, never the number of workers.

    A ``shared`` layer's gradients add up over its uses, so they must all have one shape: no transformed ones.
    """
    plain = KERNELS[type(op)](op, xs, y, weights)
    if not isinstance(plain, conv.Conv):
        return plain
    if not shared and Winograd.pays(plain):
        return Winograd(op, xs, y, weights)
    side = Tiled.side(plain)
    return plain if side == 1 else (Tiled4 if side == Tiled4.tile else Tiled)(op, xs, y, weights)


__all__ = ["KERNELS", "kernel_for"]
