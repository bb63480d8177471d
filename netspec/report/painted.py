"""Maps of answers and boxes as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Array = NDArray[Any]


def palette(count: int = 256) -> Array:
    """A colour for each class, (count, 3): that of PASCAL VOC, whose first is black (Everingham et al. 2010)."""
    numbers = np.arange(count)
    colours = np.zeros((count, 3), np.uint8)
    for bit in range(8):
        for channel in range(3):
            colours[:, channel] |= (((numbers >> (3 * bit + channel)) & 1) << (7 - bit)).astype(np.uint8)
    return colours


def map_picture(values: Array, cells: tuple[int, int]) -> Image.Image:
    """A map of answers (classes, rows, columns) as a picture, ``cells`` pixels for a place.

    The surest class in its colour; to 256 classes a pixel's number is the class's. A single map is grey, from its
    least to its largest, or from 0 to 1 where it lies there.
    """
    if len(values) == 1:
        low, high = (0.0, 1.0) if values.min() >= 0 and values.max() <= 1 else (values.min(), values.max())
        grey = np.rint(255 * (values[0] - low) / ((high - low) or 1.0)).astype(np.uint8)
        return Image.fromarray(_wide(grey, cells))
    best = values.argmax(axis=0)
    if len(values) > 256:
        return Image.fromarray(_wide(palette(len(values))[best], cells))
    picture = Image.fromarray(_wide(best.astype(np.uint8), cells))
    picture.putpalette(palette().tobytes())
    return picture


def _wide(array: Array, cells: tuple[int, int]) -> Array:
    return array.repeat(cells[0], axis=0).repeat(cells[1], axis=1)


def boxes_picture(
    image: Array, boxes: Sequence[tuple[Sequence[float], int, str]], thick: int | None = None
) -> Image.Image:  # fmt: skip
    """A picture (height, width, 1 or 3) with boxes, each (top, left, bottom, right), the number of a class, a text."""
    picture = Image.fromarray(np.broadcast_to(image, (*image.shape[:2], 3)).copy())
    draw, side = ImageDraw.Draw(picture), max(picture.size)
    thick = thick or max(1, side // 300)
    font = ImageFont.load_default(max(10, side // 40))
    colours = palette()
    for (top, left, bottom, right), index, text in reversed(boxes):  # the surest last, over the others
        colour = tuple(int(c) for c in colours[1 + index % 255])
        corner = (left, top, max(left, right - 1), max(top, bottom - 1))
        draw.rectangle(corner, outline=colour, width=thick)
        edges = draw.textbbox((0, 0), text, font=font)
        wide, high = edges[2] + 2 * thick, edges[3] + thick
        x, y = min(left, max(0, picture.width - wide)), top - high if top >= high else top
        draw.rectangle((x, y, x + wide, y + high), fill=colour)
        light = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] > 128
        draw.text((x + thick, y), text, font=font, fill="black" if light else "white")
    return picture
