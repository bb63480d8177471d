"""Eight drawn shapes in colour, 32 × 32, turned and moved, on noise: for nets that want more than digits."""

from __future__ import annotations

from math import cos, pi, sin
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SIZE, SCALE = 32, 4
CLASSES = ("circle", "cross", "half", "pentagon", "ring", "square", "star", "triangle")


def draw(kind: str, rng: np.random.Generator) -> Image.Image:
    """One picture; drawn four times as large and made small, so that edges are smooth."""
    ground, ink = rng.integers(0, 256, (2, 3))
    while np.abs(ground - ink).sum() < 120:
        ink = rng.integers(0, 256, 3)
    picture = Image.new("RGB", (SIZE * SCALE, SIZE * SCALE), tuple(map(int, ground)))
    pen, colour = ImageDraw.Draw(picture), tuple(map(int, ink))
    r = rng.uniform(7, 13) * SCALE
    x, y = rng.uniform(r, SIZE * SCALE - r, 2)
    turn = rng.uniform(0, 2 * pi)

    def corners(*rays: float) -> list[tuple[float, float]]:
        return [
            (x + r * k * cos(turn + 2 * pi * n / len(rays)), y + r * k * sin(turn + 2 * pi * n / len(rays)))
            for n, k in enumerate(rays)
        ]

    box = (x - r, y - r, x + r, y + r)
    if kind == "circle":
        pen.ellipse(box, fill=colour)
    elif kind == "ring":
        pen.ellipse(box, outline=colour, width=int(r / 3))
    elif kind == "half":
        pen.pieslice(box, turn * 180 / pi, turn * 180 / pi + 180, fill=colour)
    elif kind == "cross":
        ends = corners(1, 1, 1, 1)
        for a, b in (ends[::2], ends[1::2]):
            pen.line((a, b), fill=colour, width=int(r / 2.5))
    else:
        pen.polygon(
            corners(*{"triangle": [1] * 3, "square": [1] * 4, "pentagon": [1] * 5, "star": [1, 0.42] * 5}[kind]),
            fill=colour,
        )
    small = np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.LANCZOS), dtype=float)
    return Image.fromarray((small + rng.normal(0, 12, small.shape)).clip(0, 255).astype(np.uint8))


def make(folder: Path, train: int, test: int, seed: int = 1) -> Path:
    """Write `train/CLASS/*.png` and `test/CLASS/*.png`, so many pictures in each part; the same from the same seed."""
    for part, count in (("train", train), ("test", test)):
        for n in range(count):
            kind = CLASSES[n % len(CLASSES)]
            place = folder / part / kind
            place.mkdir(parents=True, exist_ok=True)
            draw(kind, np.random.default_rng([seed, part == "test", n])).save(place / f"{n:05d}.png")
    return folder
