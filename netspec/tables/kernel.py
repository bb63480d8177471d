"""A kernel table: which taps of a kernel exist, and which share a weight."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from netspec.tables.written import kernel_figures, kernel_html


@dataclass(frozen=True, repr=False)
class KernelTable:
    """The taps of a kernel in row order: the number of each one's weight, or -1 for none.

    ``names`` are the letters of shared weights, by number.
    """

    name: str
    size: tuple[int, ...]
    taps: tuple[int, ...]
    names: tuple[tuple[int, str], ...] = ()

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return kernel_figures(self)

    def _repr_html_(self) -> str:
        """For notebooks."""
        return kernel_html(self)

    @cached_property
    def weights(self) -> int:
        """Different weights of one connection."""
        return max(self.taps) + 1

    @cached_property
    def count(self) -> int:
        """Taps that exist: uses of a weight at a position."""
        return sum(tap >= 0 for tap in self.taps)
