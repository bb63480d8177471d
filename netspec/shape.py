"""Sizes of values: whole numbers, and free sizes with the arithmetic that layers do on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

#: The most elements a value may have (language.md section 7).
MOST_ELEMENTS = 2**31
#: The most bytes of weights that one model file holds: protobuf ends at 2 GiB.
LARGEST_MODEL = 2**31 - 2**24
#: The largest number of a value: single precision, in which nets are trained and models compute.
SINGLE = 3.4028234663852886e38
#: The smallest above 0 that has all its digits there.
LEAST = 1.1754943508222875e-38


@dataclass(frozen=True, slots=True)
class Free:
    """A size unknown while the net is built: ``(times · base + plus) // over``, always kept in lowest form."""

    base: str | Free
    times: int = 1
    plus: int = 0
    over: int = 1

    def at(self, sizes: Mapping[str, int]) -> int:
        """The number that it is when the names have these sizes.

        Raises KeyError where one is not given.
        """
        inner = sizes[self.base] if isinstance(self.base, str) else self.base.at(sizes)
        return (self.times * inner + self.plus) // self.over

    @property
    def depth(self) -> int:
        """How many roundings lie in one another."""
        return 1 if isinstance(self.base, str) else 1 + self.base.depth

    @property
    def name(self) -> str:
        """The name of the size it comes from."""
        return self.base if isinstance(self.base, str) else self.base.name

    def __str__(self) -> str:
        inner = self.base if isinstance(self.base, str) else f"({self.base})"
        text = inner if self.times == 1 else f"{self.times}*{inner}"
        if self.plus:
            text = f"{text} {'+' if self.plus > 0 else '-'} {abs(self.plus)}"
        if self.over == 1:
            return text
        return f"({text})//{self.over}" if " " in text else f"{text}//{self.over}"


Dim = int | Free
Shape = tuple[Dim, ...]


def linear(size: Dim, times: int, plus: int, over: int) -> Dim:
    """``(times · size + plus) // over``, simplified: the one operation that window, crop and stride need."""
    if isinstance(size, int):
        return (times * size + plus) // over
    if size.over == 1 or times == 1:
        # floor((floor((a·x + b)/s) + c)/t) = floor((a·x + b + c·s)/(s·t))
        merged = (size.times * times, size.plus * times + plus * size.over, over * size.over)
        return _lowest(size.base, *merged)
    return _lowest(size, times, plus, over)


def _lowest(base: str | Free, times: int, plus: int, over: int) -> Dim:
    if times % over == 0:
        times, plus, over = times // over, plus // over, 1
    if isinstance(base, Free) and times == 1 and over == 1:
        return linear(base, 1, plus, 1)
    return Free(base, times, plus, over)


def window(size: Dim, kernel: int, stride: int, pad: tuple[int, int], dilation: int, ceil: bool = False) -> Dim:
    """Places of a window: ``(size + pads − dilation·(kernel−1) − 1) // stride + 1``.

    ``ceil`` rounds up, but no window starts in the padding behind.
    """
    reach = dilation * (kernel - 1) + 1
    behind = padding_behind(reach, stride, pad[1]) if ceil else pad[1]
    return linear(size, 1, pad[0] + behind - reach + stride, stride)


def padding_behind(reach: int, stride: int, pad: int) -> int:
    """The padding behind with which rounding down gives, at every size, as many places as rounding up with ``pad``.

    Rounded up there are ``(size + pads − reach + stride − 1) // stride + 1``, and of windows that start on the map or
    before it ``(size + before − 1) // stride + 1``: the smaller of the two is one division of the smaller number.
    """
    return min(pad + stride - 1, reach - 1)


def slid(size: Free) -> tuple[int, int] | None:
    """The least base size that has a place, and how many cells more give a second: a window and its stride.

    None where there is neither up to 2 ** 14.
    """
    least: list[int] = []
    for base in range(1, 2**14 + 1):
        if size.at({size.name: base}) > len(least):
            least.append(base)
            if len(least) == 2:
                return least[0], base - least[0]
    return None


def same(a: Dim, b: Dim) -> bool:
    """Whether two sizes can be equal: always, or for pictures of a suitable free size.

    ``2·(H//2)`` and ``H`` agree for every even H, so a net that joins them is accepted;
    onnxruntime refuses a picture of another size when the net runs.
    """
    if a == b:
        return True
    if isinstance(a, int) or isinstance(b, int) or a.name != b.name:
        return False
    return all(a.at({a.name: n}) == b.at({b.name: n}) for n in (256, 512, 1024))


def elements(shape: Shape) -> int | None:
    """How many numbers a value has; None where a size is free."""
    return None if is_free(shape) else prod(d for d in shape if isinstance(d, int))


def is_free(shape: Shape) -> bool:
    """Whether any size of a shape is free."""
    return any(isinstance(d, Free) for d in shape)


def numbers(shape: Shape) -> tuple[int, ...]:
    """A shape that is known to have no free size, as numbers."""
    if is_free(shape):
        raise ValueError(f"{show(shape)} has a free size")
    return tuple(d for d in shape if isinstance(d, int))


def show(shape: Sequence[Dim]) -> str:
    """A shape as the language writes it: ``16 x 10 x 10``."""
    return " x ".join(f"({d})" if isinstance(d, Free) and " " in str(d) else str(d) for d in shape)


def at(shape: Shape, sizes: Mapping[str, int]) -> Shape:
    """The shape with the free sizes that ``sizes`` names replaced by numbers."""
    return tuple(d.at(sizes) if isinstance(d, Free) and d.name in sizes else d for d in shape)
