"""Pydantic's strict mode as an independent judge: readers take, keep and refuse what it does."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Annotated, Any

import pytest
from pydantic import ConfigDict, Field, TypeAdapter

from netspec.settings.readers import Reader, instance, list_of, named, number, optional, tuple_of, whole

REFUSED = object()
KINDS: dict[str, tuple[Any, Callable[[], Reader]]] = {
    "a count": (Annotated[int, Field(ge=1)], lambda: whole(1)),
    "a whole number": (Annotated[int, Field(ge=0)], lambda: whole(0)),
    "a number": (Annotated[float, Field(ge=-3e38, le=3e38)], lambda: number(-3e38, 3e38)),
    "a share": (Annotated[float, Field(ge=0, le=1)], lambda: number(0, 1)),
    "a flag": (bool, lambda: instance(bool)),
    "a word": (str, lambda: instance(str)),
    "a word or nothing": (str | None, lambda: optional(instance(str))),
    "a list of counts": (list[Annotated[int, Field(ge=1)]], lambda: list_of(whole(1))),
    "a list of two numbers or more": (Annotated[list[float], Field(min_length=2)], lambda: list_of(number(), 2)),
    "a size": (tuple[Annotated[int, Field(ge=1)], ...], lambda: tuple_of(whole(1))),
    "numbers by name": (dict[str, float], lambda: named(instance(str), number())),
}
VALUES: list[object] = [
    None, True, False, 0, 1, -1, 7, 2**70, -(2**70), 0.0, 1.0, -0.0, 0.5, 1.0000001, -2.5, 3e38, 3.1e38, 1e308, inf,
    -inf, "", "1", "true", b"1", [], [1], [1, 2], [1.0, 2], [0], [True], ["1"], (), (1,), (1, 2), (0,), (1.0,), {},
    {"a": 1}, {"a": 0.5, "b": 2}, {"a": "1"}, {1: 1.0}, {"a": True}, object(), 1j, {1}, range(2),
]  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_a_reader_takes_what_strict_mode_takes(name: str) -> None:
    kind, reader = KINDS[name]
    judge = TypeAdapter(kind, config=ConfigDict(strict=True))
    for value in VALUES:
        expected, result = _tried(judge.validate_python, value), _tried(reader(), value)
        assert result == expected and type(result) is type(expected), value


def _tried(read: Callable[[object], object], value: object) -> object:
    """What is made of a value; REFUSED where it is not taken."""
    try:
        return read(value)
    except ValueError:  # pydantic's own is one
        return REFUSED


def test_nan_is_no_number() -> None:  # which strict mode would take where nothing bounds it
    assert _tried(number(), nan) is REFUSED
