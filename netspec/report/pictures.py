"""Arrays as pictures of a page: PNGs that are written into its text."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import io
from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
#: The longest side of a small picture, and about that of a drawn kernel, in pixels.
LONGEST, KERNEL = 160, 36
#: Kernels that are drawn at most, and how many stand in a row.
MOST_KERNELS, ACROSS = 256, 16
_GAP = 3


def png(pixels: Array) -> bytes:
    """A uint8 picture (height, width) or (height, width, 3 or 4) as a file."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG")
    return file.getvalue()


def data_uri(pixels: Array) -> str:
    """The same as the address of an image that holds it."""
    return f"data:image/png;base64,{b64encode(png(pixels)).decode()}"


def small(picture: Array) -> Array:
    """A picture (height, width, maps) as it can be shown: uint8, of three maps or grey, no side over 160 pixels.

    What is not uint8 runs from its lowest number to its highest; of two maps, or more than four, the first is shown.
    """
    from PIL import Image

    pixels = picture[..., :3] if picture.shape[-1] in (3, 4) else picture[..., 0]
    if pixels.dtype != np.uint8:
        pixels = _stretched(np.asarray(pixels, np.float64))
    longest = max(pixels.shape[:2])
    if longest <= LONGEST:
        return pixels
    height, width = (max(1, round(side * LONGEST / longest)) for side in pixels.shape[:2])
    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).resize((width, height)))


def _stretched(pixels: Array) -> Array:
    known = pixels[np.isfinite(pixels)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    share = (np.nan_to_num(pixels, nan=low, posinf=high, neginf=low) - low) / (high - low or 1.0)
    return np.round(255 * share).astype(np.uint8)


def kernels(weights: Array) -> Array:
    """Kernels (outputs, inputs, height, width), or (kernels, height, width), side by side as RGBA pixels.

    Those of three inputs are drawn in colour, others one by one; 0 is grey, and the largest absolute value of all of
    them black or white. At most 256 are drawn.
    """
    height, width = weights.shape[-2:]
    colour = weights.ndim == 4 and weights.shape[1] == 3
    tiles = weights.transpose(0, 2, 3, 1) if colour else weights.reshape(-1, height, width)[..., None]
    tiles = np.nan_to_num(tiles[:MOST_KERNELS].astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    largest = float(np.abs(tiles).max(initial=0.0)) or 1.0
    pixels = np.round(127.5 + 127.5 * tiles / largest).astype(np.uint8)
    pixels = np.broadcast_to(pixels, (*pixels.shape[:-1], 3))
    times = max(1, KERNEL // max(height, width))
    pixels = pixels.repeat(times, axis=1).repeat(times, axis=2)
    high, wide = pixels.shape[1] + _GAP, pixels.shape[2] + _GAP
    columns = min(ACROSS, len(pixels))
    sheet = np.zeros((-(-len(pixels) // columns) * high - _GAP, columns * wide - _GAP, 4), np.uint8)
    for n, tile in enumerate(pixels):
        y, x = n // columns * high, n % columns * wide
        sheet[y : y + high - _GAP, x : x + wide - _GAP, :3] = tile
        sheet[y : y + high - _GAP, x : x + wide - _GAP, 3] = 255
    return sheet
