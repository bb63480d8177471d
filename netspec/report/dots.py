"""Figures of trainings side by side: a row for each setting, a dot for each of its trainings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netspec.report.curves import COLOURS, FONT, text_at

WIDE, ROW, TOP, BOTTOM, RIGHT, LONGEST = 420, 24, 64, 40, 90, 48


def dots(rows: Mapping[str, Sequence[float]], title: str, across: str) -> str:
    """The rows in their order, with their mean as a stroke and as a number. ValueError where there is no value."""
    values = [value for row in rows.values() for value in row]
    if not values:
        raise ValueError("there is nothing to draw")
    low, high = min(values), max(values)
    margin = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    low, high = low - margin, high + margin
    shown = [name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…" for name in rows]
    left = 7 * max(map(len, shown)) + 30
    width, height = max(left + WIDE + RIGHT, 9 * len(title) + 30), TOP + ROW * len(rows) + BOTTOM

    def at(value: float) -> float:
        return left + WIDE * (value - low) / (high - low)

    look = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="{FONT}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {look}>',
             f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
             text_at(16, 24, title, 15, "start"), text_at(left + WIDE / 2, height - 8, across, 12)]  # fmt: skip
    for n in range(6):
        value = low + (high - low) * n / 5
        x = at(value)
        parts.append(f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{height - BOTTOM}" stroke="#dddddd"/>')
        parts.append(text_at(x, TOP - 14, f"{value:.4g}", 11))
    for n, (name, row) in enumerate(zip(shown, rows.values(), strict=True)):
        y = TOP + ROW * n + ROW / 2
        parts.append(text_at(left - 10, y + 4, name, 12, "end"))
        parts += [f'<circle cx="{at(v):.1f}" cy="{y:g}" r="4" fill="{COLOURS[0]}" fill-opacity="0.6"/>' for v in row]
        if row:
            mean = sum(row) / len(row)
            x = at(mean)
            parts.append(f'<line x1="{x:.1f}" y1="{y - 9:g}" x2="{x:.1f}" y2="{y + 9:g}" stroke="{COLOURS[1]}" '
                         'stroke-width="2"/>')  # fmt: skip
            parts.append(text_at(left + WIDE + 12, y + 4, f"{mean:.4g}", 12, "start"))
    return "\n".join([*parts, "</svg>", ""])
