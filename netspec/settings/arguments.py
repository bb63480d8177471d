"""What arguments may be: words, numbers with bounds, and the frozen base of all that takes some."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from netspec.shape import LEAST, SINGLE


@dataclass(frozen=True, slots=True)
class Word:
    """A word that an argument takes, with arguments of its own: ``same``, ``gaussian(0.01)``."""

    name: str
    values: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)

    @staticmethod
    def read(value: object) -> Word | None:
        """A word as it is, or read from a string that carries one: ``"gaussian(0.01)"``."""
        if isinstance(value, Word):
            return value
        found = re.fullmatch(r"\s*([^\W\d]\w*)\s*(?:\((.*)\))?\s*", value) if isinstance(value, str) else None
        if found is None:
            return None
        try:
            numbers = tuple(float(part) for part in (found[2] or "").split(",") if part.strip())
        except ValueError:
            return None
        return Word(found[1], numbers)

    def __str__(self) -> str:
        given = [*map(str, self.values), *(f"{k}: {v}" for k, v in self.named.items())]
        return f"{self.name}({', '.join(given)})" if given else self.name


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an argument takes: told in words, and the bare words among it."""

    told: str
    words: tuple[str, ...] = ()


class Arguments(BaseModel):
    """Something with arguments: its fields, in the order in which a file writes them."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True, defer_build=True
    )

    name: ClassVar[str]

    @classmethod
    def positional(cls) -> list[str]:
        """The arguments that may be given by position, in order."""
        return list(cls.model_fields)

    @classmethod
    def wanted(cls, argument: str) -> Wanted:
        """What an argument takes."""
        info = cls.model_fields[argument]
        return next((m for m in info.metadata if isinstance(m, Wanted)), Wanted("another value"))

    def arguments(self) -> dict[str, Any]:
        """The arguments by name."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def __str__(self) -> str:
        given = [f"{k}: {_told(v)}" for k, v in self.arguments().items() if v != type(self).model_fields[k].default]
        return f"{self.name}({', '.join(given)})" if given else self.name


def _told(value: Any) -> str:
    """A value as a file would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return " x ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def past_single(value: object) -> str:
    """What to tell beside what an argument takes, where a number in it is too large or small for a model; else nothing."""
    numbers = value.values if isinstance(value, Word) else (value,)
    sizes = [abs(number) for number in numbers if isinstance(number, int | float)]
    if any(0 < size < LEAST for size in sizes):
        return ", from the 1.2e-38 of single precision on,"
    return ", up to the 3.4e38 of single precision," if any(size > SINGLE for size in sizes) else ""


Count = Annotated[int, Field(ge=1), Wanted("a whole number of at least 1")]
Whole = Annotated[int, Field(ge=0), Wanted("a whole number of at least 0")]
Real = Annotated[float, Field(ge=-SINGLE, le=SINGLE, allow_inf_nan=False), Wanted("a number")]
Positive = Annotated[float, Field(ge=LEAST, le=SINGLE, allow_inf_nan=False), Wanted("a number above 0")]
NotNegative = Annotated[float, Field(ge=0, le=SINGLE, allow_inf_nan=False), Wanted("a number of at least 0")]
Share = Annotated[float, Field(ge=0, lt=1), Wanted("a number from 0 to below 1")]
Flag = Annotated[bool, Wanted("true or false")]
