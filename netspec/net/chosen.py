"""The settings of a training: the spec's, with what was asked for in place of their own; and what it is limited to.

A program's arguments are read as those of a file are, so that a 0 or a text is told by its name before anything begins.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from netspec.settings import Train
from netspec.settings.arguments import Arguments, Maybe, Refused, Takes
from netspec.settings.readers import number, optional, whole
from netspec.settings.train import Patience

A = TypeVar("A", bound=Arguments)


class Limits(Arguments):
    """What a training may take of the machine, and how long."""

    name: ClassVar[str] = "train"
    memory: Annotated[int | None, Takes("a whole number of bytes, at least 1", optional(whole(1)))] = None
    cache: Annotated[int | None, Takes("a whole number of bytes", optional(whole(0)))] = None
    workers: Maybe = None
    max_pixels: Maybe = None
    max_hours: Annotated[float | None, Takes("a number above 0", optional(number(5e-324)))] = None


def chosen(
    settings: Train, epochs: int | None, seed: int | None, batch: int | None, rate: float | None, patience: int | None
) -> Train:
    """The settings with what is given in place of their own. Raises Refused (a ValueError) for what is not taken."""
    optimizer = None if rate is None else _with(settings.optimizer, rate=rate)
    stop = None if patience is None else Patience(epochs=plain(patience))
    return _with(settings, epochs=epochs, seed=seed, batch=batch, optimizer=optimizer, stop=stop)


def _with(settings: A, **values: Any) -> A:
    """The same with those of the values that are given."""
    fields, read, reasons = settings.fields(), {}, {}
    for name, value in values.items():
        if value is None:
            continue
        try:
            read[name] = fields[name].takes.read(plain(value))
        except ValueError:
            reasons[name] = f"must be {fields[name].takes.text}, not {value!r}"
    if reasons:
        raise Refused(settings.name, reasons)
    return settings.replaced(**read)


def plain(value: Any) -> Any:
    """A number of NumPy's as Python's own, which settings are made of and JSON writes; all else as it is."""
    return value.item() if hasattr(value, "dtype") and getattr(value, "shape", None) == () else value


def folder(name: str, path: str | Path | None) -> Path | None:
    """A path as it is given. Raises ValueError for an empty one, which would stand for the working folder."""
    if path == "":
        raise ValueError(f"{name} is an empty name")
    return None if path is None else Path(path)
