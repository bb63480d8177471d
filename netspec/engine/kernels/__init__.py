"""The kernels, one file a family as in `ops`, found through the operator they run."""

from netspec.engine.kernel import Kernel
from netspec.engine.kernels import activation, conv, dense, join, norm, pool, rearrange, training, wiring
from netspec.ops import Operator

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

__all__ = ["KERNELS"]
