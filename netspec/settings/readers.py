"""How arguments are read: each reader gives the value as it is kept, and raises ValueError for one that is not taken.

Nothing is guessed: ``true`` is not a number, 3.0 not a whole number, and a word not the number that is written in it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

Reader = Callable[[object], Any]


def whole(least: int) -> Reader:
    """A whole number of at least so much."""

    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ValueError(value)
        return value

    return read


def number(least: float = -inf, most: float = inf) -> Reader:
    """A number from ``least`` to ``most``, kept as a float."""

    def read(value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(value)
        try:
            return float(value)
        except OverflowError:
            raise ValueError(value) from None

    return read


def instance(kind: type) -> Reader:
    """A value of a class, as it is."""

    def read(value: object) -> object:
        if not isinstance(value, kind):
            raise ValueError(value)
        return value

    return read


def one_of(*words: str) -> Reader:
    """One of some words."""

    def read(value: object) -> object:
        if not isinstance(value, str) or value not in words:
            raise ValueError(value)
        return value

    return read


def not_all_zero(reader: Reader) -> Reader:
    """A list, as ``reader`` takes it, in which some number is not 0."""

    def read(value: object) -> Any:
        found = reader(value)
        if not any(found):
            raise ValueError(value)
        return found

    return read


def optional(reader: Reader) -> Reader:
    """What ``reader`` takes, or nothing."""
    return lambda value: None if value is None else reader(value)


def either(*readers: Reader) -> Reader:
    """What the first reader makes of it that takes it."""

    def read(value: object) -> Any:
        for reader in readers:
            try:
                return reader(value)
            except ValueError:
                continue
        raise ValueError(value)

    return read


def list_of(reader: Reader, at_least: int = 0) -> Reader:
    """A list of what ``reader`` takes."""

    def read(value: object) -> list[Any]:
        if not isinstance(value, list) or len(value) < at_least:
            raise ValueError(value)
        return [reader(item) for item in value]

    return read


def tuple_of(reader: Reader) -> Reader:
    """A tuple of what ``reader`` takes."""

    def read(value: object) -> tuple[Any, ...]:
        if not isinstance(value, tuple):
            raise ValueError(value)
        return tuple(reader(item) for item in value)

    return read


def sizes(least: int) -> Reader:
    """A whole number of at least so much, or a size of such numbers."""
    return either(whole(least), tuple_of(whole(least)))


def named(names: Reader, values: Reader) -> Reader:
    """A dictionary."""

    def read(value: object) -> dict[Any, Any]:
        if not isinstance(value, dict):
            raise ValueError(value)
        return {names(name): values(item) for name, item in value.items()}

    return read
