"""Learning curves as SVG: polylines with axes, every attribute written out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT = 640, 400, 60, 52, 44, 150
COLOURS = ("#1f5fa8", "#c8503c", "#3c8c50", "#8c5aa0", "#c89632", "#3ca0aa")


def curves(lines: Mapping[str, Sequence[float]], title: str, across: str, up: str) -> str:
    """One line a name, its values at 1, 2, 3 …; ``across`` and ``up`` name the axes. Raises ValueError without a value."""
    values = [value for line in lines.values() for value in line]
    if not values:
        raise ValueError("there is nothing to draw")
    low, high = min(values), max(values)
    margin = (high - low) * 0.05 or 1.0
    low, high = low - margin if low < 0 else max(low - margin, 0.0), high + margin
    steps = max(max(map(len, lines.values())) - 1, 1)
    wide, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def at(n: int, value: float) -> tuple[float, float]:
        return LEFT + wide * n / steps, TOP + tall * (high - value) / (high - low)

    parts = [_text(LEFT, 22, title, 15, "start"), _text(LEFT + wide / 2, HEIGHT - 8, across, 12), _text(4, TOP - 10, up, 12, "start")]
    for n in range(6):
        value = low + (high - low) * n / 5
        y = at(0, value)[1]
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{LEFT + wide}" y2="{y:.1f}" stroke="#dddddd"/>')
        parts.append(_text(LEFT - 8, y + 4, f"{value:.3g}", 11, "end"))
    for n in sorted({round(steps * k / 5) for k in range(6)}):
        parts.append(_text(at(n, low)[0], TOP + tall + 18, str(n + 1), 11))
    for (name, line), colour, row in zip(lines.items(), COLOURS * (len(lines) // len(COLOURS) + 1), range(len(lines)), strict=False):
        points = " ".join("{:.1f},{:.1f}".format(*at(n, value)) for n, value in enumerate(line))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        y = TOP + 12 + 20 * row
        parts.append(f'<line x1="{LEFT + wide + 14}" y1="{y}" x2="{LEFT + wide + 34}" y2="{y}" stroke="{colour}" stroke-width="2"/>')
        parts.append(_text(LEFT + wide + 40, y + 4, name, 12, "start"))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>', *parts, "</svg>", ""])


def _text(x: float, y: float, text: str, size: int, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="#222222" text-anchor="{anchor}">{escape(text)}</text>'
