"""What a step speaks to while a model is written that takes pixels; steps themselves know no onnx."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol


class Write(Protocol):
    """Adds nodes and constants to a model's graph."""

    def __call__(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node of the default domain; returns the name of its output."""

    def floats(self, values: Any, shape: tuple[int, ...] | None = None) -> str:
        """A constant of float32."""

    def doubles(self, values: Any) -> str:
        """A constant of float64."""

    def ints(self, values: Sequence[int]) -> str:
        """A constant of int64, one axis."""


class PixelGraph(Protocol):
    """Pictures on their way through the graph: ``value`` is (N, maps, height, width).

    ``bytes`` says that its numbers are uint8, as they are until the first step that makes others: then float32.
    """

    value: str
    maps: int
    bytes: bool

    @property
    def write(self) -> Write:
        """Adds nodes and constants."""

    def size(self, axis: int) -> str:
        """The size of an axis, int64, one axis: 2 is height, 3 width."""

    def cast(self, value: str, kind: str) -> str:
        """A value in numbers of another kind: FLOAT, DOUBLE, UINT8 or INT64."""

    def floats(self) -> str:
        """The pictures in single precision from here on."""

    def cut(self, top: str, left: str, height: int, width: int) -> str:
        """A part of each picture; ``top`` and ``left`` are int64, one axis."""

    def resized(self, height: str, width: str, filter: str) -> str:
        """Each picture in another size, int64, one axis, by one of Pillow's filters."""
