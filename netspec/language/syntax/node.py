"""What every part of the syntax has: where it is written, and how deep it goes."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from inspect import get_annotations
from typing import Any, ClassVar, NoReturn, dataclass_transform

from netspec.diagnostics import Span


@dataclass_transform(eq_default=False, frozen_default=True)
class _Frozen:
    """A value whose class declares fields as a dataclass does, and gets them in that order.

    No dataclass itself: Python writes and compiles the methods of one at every start, and the 45 classes of the syntax
    took a tenth of `netspec check`.
    """

    fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls.fields = (*cls.fields, *get_annotations(cls))

    def __init__(self, *values: Any, **named: Any) -> None:
        self.__dict__.update(zip(self.fields, values, strict=False), **named)
        if len(self.__dict__) < len(self.fields):  # the class has the defaults
            missing = [name for name in self.fields if name not in self.__dict__ and not hasattr(type(self), name)]
            if missing:
                raise TypeError(f"{type(self).__name__} needs its {', '.join(missing)}")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"{name} of {type(self).__name__} is set once")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"{name} of {type(self).__name__} is set once")


class Node(_Frozen):
    """Anything written in a file; ``span`` is where."""

    span: Span

    @property
    def depth(self) -> int:
        """How deep it nests without brackets."""
        depth: int = self.__dict__.get("_depth", 0)
        return depth

    def nested(self, depth: int) -> None:
        """Note how deep it nests; said once, while it is built."""
        self.__dict__["_depth"] = depth
