"""What a pipeline gives, and the contract's formulas of its size, for the specs that are written at random."""

from __future__ import annotations

from dataclasses import dataclass, replace

#: The free sizes' numbers.
FREE = {"H": 9, "W": 8, "D": 7}


@dataclass(frozen=True)
class Value:
    """What a pipeline gives: maps (or units, without ``sizes``) and ``grid``,
    the places that only equal ones may join."""

    maps: int
    sizes: tuple[int, ...]
    grid: str

    @property
    def free(self) -> bool:
        return self.grid.startswith("free")

    def on(self, sizes: tuple[int, ...], change: str) -> Value:
        """The value on other places."""
        return (
            self
            if sizes == self.sizes and not self.free
            else replace(self, sizes=sizes, grid=f"{self.grid} {change}" if self.free else str(sizes))
        )


def sides(kernel: int, dilation: int, pad: int | str) -> tuple[int, int]:
    total = dilation * (kernel - 1)
    return (total // 2, total - total // 2) if isinstance(pad, str) else (pad, pad)


def places(kind: str, size: int, kernel: int, stride: int, dilation: int, pad: int | str, up: bool) -> int:
    """The contract's formulas."""
    before, behind = sides(kernel, dilation, pad)
    reach = dilation * (kernel - 1) + 1
    if kind == "deconv":
        return size * stride if pad == "same" else (size - 1) * stride - before - behind + reach
    room = size + before + behind - reach
    count = (-(-room // stride) if up else room // stride) + 1
    while up and (count - 1) * stride - before >= size:
        count -= 1
    return count if room >= 0 else 0
