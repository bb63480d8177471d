"""What arguments may be: words, numbers with bounds, and the frozen base of all that takes some."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import FrozenInstanceError, dataclass, field
from math import nextafter
from typing import Annotated, Any, ClassVar, NoReturn, Self, TypeVar, dataclass_transform, get_type_hints

from netspec.diagnostics.html import page_table
from netspec.settings.readers import either, instance, list_of, number, optional, whole
from netspec.shape import LEAST, SINGLE

T = TypeVar("T")


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
class Takes:
    """What an argument takes, in words, and how it is read; ``words`` are the bare words among it.

    ``read`` gives the value as it is kept; it raises ValueError for one that is not taken.
    """

    text: str
    read: Callable[[object], Any]
    words: tuple[str, ...] = ()


class Refused(ValueError):
    """Arguments that something does not take: what is wrong with each, by name; "" stands for several together."""

    def __init__(self, kind: str, reasons: Mapping[str, str]) -> None:
        self.kind, self.reasons = kind, reasons
        super().__init__(f"{kind}: {'; '.join(f'{name} {reason}'.strip() for name, reason in reasons.items())}")


_REQUIRED: Any = object()


@dataclass(frozen=True, slots=True)
class Field:
    """One argument as a class declares it; ``about`` says what it means."""

    takes: Takes
    default: Any = _REQUIRED
    about: str = ""

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is _REQUIRED


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Arguments:
    """Something with arguments: its fields, in the order in which a file writes them.

    A field is annotated with a type, what it takes and what it means: ``units: Annotated[int, Takes(…), "how many"]``.
    Annotations are looked at when a class is first used, so that declaring a hundred classes costs nothing. Instances
    do not change.
    """

    name: ClassVar[str]
    _fields: ClassVar[Mapping[str, Field]]

    def __init__(self, **values: Any) -> None:
        fields, kept, reasons = self.fields(), {}, {}
        for name, declared in fields.items():
            if name not in values:
                default = declared.default
                kept[name] = copy(default) if isinstance(default, list | dict) else default
                if declared.required:
                    reasons[name] = "is missing"
                continue
            try:
                kept[name] = declared.takes.read(values[name])
            except ValueError:
                reasons[name] = f"must be {declared.takes.text}"
        reasons.update((name, "is not taken") for name in values if name not in fields)
        if not reasons:
            self.__dict__.update(kept, _given=frozenset(values))
            disagreement = self.disagreement()
            reasons |= {"": disagreement} if disagreement else {}
        if reasons:
            raise Refused(getattr(self, "name", type(self).__name__), reasons)

    @classmethod
    def fields(cls) -> Mapping[str, Field]:
        """The arguments by name."""
        if "_fields" not in cls.__dict__:
            cls._fields = _declared(cls)
        return cls._fields

    @classmethod
    def positional(cls) -> list[str]:
        """The arguments that may be given by position, in order."""
        return list(cls.fields())

    @property
    def given(self) -> frozenset[str]:
        """The arguments that somebody gave; the others have their defaults."""
        given: frozenset[str] = self.__dict__["_given"]
        return given

    def disagreement(self) -> str:
        """What is wrong with the arguments together, though each may be taken; nothing where they agree."""
        return ""

    def arguments(self) -> dict[str, Any]:
        """The values by name."""
        return {name: self.__dict__[name] for name in self.fields()}

    def replaced(self, **values: Any) -> Self:
        """The same with other values, which are taken as they are."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__, **values, _given=self.given | values.keys())
        return other

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"{name} of {self.name} is set once")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"{name} of {self.name} is set once")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Arguments) and self.arguments() == other.arguments()

    def __hash__(self) -> int:
        return hash((type(self), *self.arguments().values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.arguments().items())})"

    def _repr_html_(self) -> str:
        rows = [(name, _written(value), self.fields()[name].about) for name, value in self.arguments().items()]
        return page_table(self.name, ("", "", ""), rows, texts=3)

    def __str__(self) -> str:
        given = [f"{k}: {_written(v)}" for k, v in self.arguments().items() if v != self.fields()[k].default]
        return f"{self.name}({', '.join(given)})" if given else self.name


def _declared(kind: type[Arguments]) -> Mapping[str, Field]:
    """The fields that a class and those above it declare, the upper ones first; the lowest says what one takes.

    What a field means is said once: one that is declared anew, for its default, means what it did.
    """
    found: dict[str, Field] = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        said = getattr(hint, "__metadata__", ())
        about = next((text for text in said if isinstance(text, str)), None)
        for takes in said:
            if isinstance(takes, Takes):
                default = getattr(kind, name, _REQUIRED)
                found[name] = Field(takes, default, _meaning(kind, name) if about is None else about)
    return found


def _meaning(kind: type[Arguments], name: str) -> str:
    above = (base for base in kind.__mro__[1:] if issubclass(base, Arguments))
    return next((base.fields()[name].about for base in above if name in base.fields()), "")


def _written(value: Any) -> str:
    """A value as a file would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return " x ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def of_class(rules: Mapping[type[Any], T], value: object) -> T:
    """The rule of a value's class, or of the nearest above it; TypeError where there is none: never a default."""
    for kind in type(value).__mro__:
        if kind in rules:
            return rules[kind]
    raise TypeError(f"{type(value).__name__} has no rule among {', '.join(known.__name__ for known in rules)}")


def past_single(value: object) -> str:
    """What to say beside what an argument takes, where a number in it is too large or small for a model."""
    numbers = value.values if isinstance(value, Word) else (value,)
    sizes = [abs(number) for number in numbers if isinstance(number, int | float)]
    if any(0 < size < LEAST for size in sizes):
        return ", from the 1.2e-38 of single precision on,"
    return ", up to the 3.4e38 of single precision," if any(size > SINGLE for size in sizes) else ""


Count = Annotated[int, Takes("a whole number of at least 1", whole(1))]
Maybe = Annotated[int | None, Takes("a whole number of at least 1", optional(whole(1)))]
Whole = Annotated[int, Takes("a whole number of at least 0", whole(0))]
Real = Annotated[float, Takes("a number", number(-SINGLE, SINGLE))]
Positive = Annotated[float, Takes("a number above 0", number(LEAST, SINGLE))]
NotNegative = Annotated[float, Takes("a number of at least 0", number(0, SINGLE))]
Share = Annotated[float, Takes("a number from 0 to below 1", number(0, nextafter(1, 0)))]
Flag = Annotated[bool, Takes("true or false", instance(bool))]
_one_or_each = either(number(), list_of(number()))
Numbers = Annotated[float | list[float], Takes("a number, or a list of one for each map", _one_or_each)]


def _above_zero(value: object) -> float | list[float]:
    numbers: float | list[float] = _one_or_each(value)
    if not min(numbers if isinstance(numbers, list) else [numbers], default=0) > 0:
        raise ValueError(value)
    return numbers


Deviations = Annotated[float | list[float], Takes("a number above 0, or a list of one for each map", _above_zero)]
