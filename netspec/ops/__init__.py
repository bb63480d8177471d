"""The operators: one frozen class each, found through the explicit tuple of families."""

from types import ModuleType

from netspec.ops import activation, conv, dense, join, norm, pool, rearrange, training, wiring
from netspec.ops.arguments import Init
from netspec.ops.operator import Cost, Emit, Operator, Trained, Weight

FAMILIES = (conv, dense, pool, norm, activation, join, rearrange, wiring, training)


def _operators_in(family: ModuleType) -> list[type[Operator]]:
    found = (value for value in vars(family).values() if isinstance(value, type) and issubclass(value, Operator))
    return [op for op in found if op.__module__ == family.__name__ and "name" in op.__dict__]


#: Every layer by the name that a file writes.
OPERATORS: dict[str, type[Operator]] = {op.name: op for family in FAMILIES for op in _operators_in(family)}

__all__ = ["FAMILIES", "OPERATORS", "Cost", "Emit", "Init", "Operator", "Trained", "Weight"]
