"""Rectangles on a page: each where it fits highest, so that little is left empty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log

Size = tuple[float, float]


@dataclass(frozen=True)
class Sheet:
    """Where each rectangle's top left lies, and how large the page is."""

    places: tuple[tuple[float, float], ...]
    width: float
    height: float


def packed(sizes: Sequence[Size], width: float, gap: float) -> Sheet:
    """Rectangles in their order, each as high as it fits on a page of a width, then as far left; the first at 0, 0."""
    placed: list[tuple[float, float, float, float]] = []
    for wide, high in sizes:
        spots = [(0.0, 0.0)]
        spots += [(x + w + gap, y) for x, y, w, _ in placed] + [(x, y + h + gap) for x, y, _, h in placed]
        spots += [(0.0, y + h + gap) for _, y, _, h in placed]
        free = [
            (y, x)
            for x, y in spots
            if (x == 0 or x + wide <= width)
            and not any(
                x < a + w + gap and a < x + wide + gap and y < b + h + gap and b < y + high + gap
                for a, b, w, h in placed
            )
        ]
        y, x = min(free)
        placed.append((x, y, wide, high))
    return Sheet(
        tuple((x, y) for x, y, _, _ in placed),
        max(x + w for x, _, w, _ in placed),
        max(y + h for _, y, _, h in placed),
    )


def sheets(sizes: Sequence[Size], gap: float, most: float | None = None) -> Iterator[Sheet]:
    """Pages of several widths, none wider than ``most`` if it can be helped."""
    least, all_ = max(wide for wide, _ in sizes), sum(wide + gap for wide, _ in sizes)
    widths = [least * (all_ / least) ** (step / 10) for step in range(11)]
    for width in [*widths, *([] if most is None else [most])]:
        yield packed(sizes, width if most is None else max(min(width, most), least), gap)


def cost(sheet: Sheet, page: Size) -> float:
    """How bad a sheet is: large, or such that it must be much smaller to fit on a page of paper."""
    smaller = max(sheet.width / page[0], sheet.height / page[1], 1)
    form = abs(log(sheet.width / sheet.height / page[0] * page[1]))
    return sheet.width * sheet.height * smaller**2 * (1 + 0.3 * form)
