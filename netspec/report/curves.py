"""Learning curves as SVG: polylines with axes, every attribute written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isfinite
from typing import Any
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT = 640, 400, 60, 52, 44, 150
WIDE, TALL = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
FONT = "DejaVu Sans, Helvetica, Arial, sans-serif"
#: Values at 1, 2, 3 …; None where there is none.
Line = Sequence[float | None]
COLOURS = ("#1f5fa8", "#c8503c", "#3c8c50", "#8c5aa0", "#c89632", "#3ca0aa")


def curves(lines: Mapping[str, Line], title: str, across: str, up: str) -> str:
    """One line for each name, its values at 1, 2, 3 …; ``across`` and ``up`` name the axes.

    What is None, infinite or no number is left out. Raises ValueError where there is no value at all.
    """
    return _sheet([_chart(lines, title, across, up)])


def learning_curves(epochs: Sequence[Mapping[str, Any]], title: str) -> str:
    """The loss above the accuracy, in training and validation, of the lines of a log; what none has is left out.

    Raises ValueError where there is no value at all.
    """
    charts: list[list[str]] = []
    for up in ("loss", "accuracy"):
        named = {"training": up, "validation": f"val_{up}"}
        lines = {name: [_value(epoch.get(key)) for epoch in epochs] for name, key in named.items()}
        lines = {name: line for name, line in lines.items() if any(value is not None for value in line)}
        if lines:
            charts.append(_chart(lines, "" if charts else title, "epoch", up))
    if not charts:
        raise ValueError("there is nothing to draw")
    return _sheet(charts)


def _value(value: Any) -> float | None:
    """A number that can be drawn."""
    return float(value) if isinstance(value, int | float) and isfinite(value) else None


def _sheet(charts: Sequence[Sequence[str]]) -> str:
    """Charts one below the other."""
    height = HEIGHT * len(charts)
    look = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" font-family="{FONT}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {look}>'
    body = [line for n, chart in enumerate(charts) for line in _moved(chart, n * HEIGHT)]
    return "\n".join([head, f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>', *body, "</svg>", ""])


def _moved(chart: Sequence[str], down: int) -> Sequence[str]:
    return [f'<g transform="translate(0 {down})">', *chart, "</g>"] if down else chart


def _chart(lines: Mapping[str, Line], title: str, across: str, up: str) -> list[str]:
    values = [value for line in lines.values() for value in map(_value, line) if value is not None]
    if not values:
        raise ValueError("there is nothing to draw")
    low, high = min(values), max(values)
    margin = (high - low) * 0.05 or 1.0
    frame = _Frame(
        low - margin if low < 0 else max(low - margin, 0.0), high + margin, max(max(map(len, lines.values())) - 1, 1)
    )
    parts = [
        text_at(LEFT, 22, title, 15, "start"),
        text_at(LEFT + WIDE / 2, HEIGHT - 8, across, 12),
        text_at(4, TOP - 10, up, 12, "start"),
        *frame.axes(),
    ]
    for row, (name, line) in enumerate(lines.items()):
        parts += frame.line(name, [_value(value) for value in line], COLOURS[row % len(COLOURS)], row)
    return parts


@dataclass(frozen=True)
class _Frame:
    """The area between the axes: values from ``low`` to ``high``, and ``steps`` from the first to the last."""

    low: float
    high: float
    steps: int

    def at(self, n: int, value: float) -> tuple[float, float]:
        """Where the value of step ``n`` stands, in pixels; SVG counts down."""
        return LEFT + WIDE * n / self.steps, TOP + TALL * (self.high - value) / (self.high - self.low)

    def axes(self) -> Iterator[str]:
        """Six lines across with their values, and up to six numbers of steps, from 1."""
        for n in range(6):
            value = self.low + (self.high - self.low) * n / 5
            y = self.at(0, value)[1]
            yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{LEFT + WIDE}" y2="{y:.1f}" stroke="#dddddd"/>'
            yield text_at(LEFT - 8, y + 4, f"{value:.3g}", 11, "end")
        for n in sorted({round(self.steps * k / 5) for k in range(6)}):
            yield text_at(self.at(n, self.low)[0], TOP + TALL + 18, str(n + 1), 11)

    def line(self, name: str, values: Line, colour: str, row: int) -> Iterator[str]:
        """A curve, broken where a value is missing, and its name with its colour in row ``row`` of the key."""
        x, y = LEFT + WIDE + 14, TOP + 12 + 20 * row
        for known, stretch in groupby(enumerate(values), lambda at: at[1] is not None):
            points = ["{:.1f},{:.1f}".format(*self.at(n, value)) for n, value in stretch if value is not None]
            if known:
                there = " ".join(points)
                yield f'<polyline points="{there}" fill="none" stroke="{colour}" stroke-width="2"/>'
            if known and len(points) == 1:
                at, _, down = points[0].partition(",")
                yield f'<circle cx="{at}" cy="{down}" r="3" fill="{colour}"/>'
        yield f'<line x1="{x}" y1="{y}" x2="{x + 20}" y2="{y}" stroke="{colour}" stroke-width="2"/>'
        yield text_at(x + 26, y + 4, name, 12, "start")


def text_at(x: float, y: float, text: str, size: int, anchor: str = "middle", colour: str = "#222222") -> str:
    """A text of any characters."""
    look = f'font-size="{size}" fill="{colour}" text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(text)}</text>'
