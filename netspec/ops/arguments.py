"""Types of operators' arguments: sizes, pads, and how weights begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from netspec.settings.arguments import Takes, Word
from netspec.settings.readers import either, one_of, optional, sizes
from netspec.shape import SINGLE

Sizes = Annotated[int | tuple[int, ...], Takes("a whole number of at least 1, or a size such as 3 x 1", sizes(1))]
Pads = Annotated[
    int | tuple[int, ...] | Literal["same"],
    Takes("a whole number of at least 0, a size such as 0 x 3, or same", either(sizes(0), one_of("same")), ("same",)),
]

_INITS = {"he": 0, "xavier": 0, "lecun": 0, "gaussian": 1, "uniform": 1, "constant": 1}


@dataclass(frozen=True, slots=True)
class Init:
    """How a weight starts: he, xavier, lecun, gaussian(σ), uniform(a) or constant(c)."""

    kind: str
    value: float = 0.0

    def __str__(self) -> str:
        return f"{self.kind}({self.value:g})" if _INITS[self.kind] else self.kind


def _init(value: object) -> object:
    word = Word.read(value)
    if word is None or word.name not in _INITS or len(word.values) != _INITS[word.name] or word.named:
        raise ValueError(value)
    if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in word.values) or any(
        abs(v) > SINGLE for v in word.values
    ):
        raise ValueError(value)
    return Init(word.name, *map(float, word.values))


def _bias(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    word = Word.read(value)
    if word is None or word.name != "constant":
        raise ValueError(value)
    return _init(word)


def _pair(value: object) -> object:
    pair: list[Any] = value if isinstance(value, list) else [value, value]
    if len(pair) != 2 or not all(isinstance(v, int | float) and not isinstance(v, bool) and v >= 0 for v in pair):
        raise ValueError(value)
    return float(pair[0]), float(pair[1])


Multiple = Annotated[
    tuple[float, float] | None,
    Takes("a number of at least 0, or two in a list, for weights and bias", optional(_pair)),
]

Initial = Annotated[Init, Takes("he, xavier, lecun, gaussian(σ), uniform(a) or constant(c)", _init, tuple(_INITS))]

Bias = Annotated[bool | Init | None, Takes("true, false or constant(c)", _bias, ("constant",))]
