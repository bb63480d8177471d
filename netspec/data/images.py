"""Pictures from files: upright, red green blue or grey, 0 to 255; anything else is an error, never a guess."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from netspec.diagnostics import Fault

Array = NDArray[Any]
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm")
#: The largest picture that is decoded.
MOST_PIXELS = 178_956_970


def read_image(path: Path) -> Array:
    """A picture as uint8 (height, width, maps), three maps or, where it is grey, one.

    EXIF's turn is obeyed, transparent parts lie over white, 16 bits become 8. Raises Fault N705.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise Fault("N705", f"{path} has {image.width} x {image.height} pixels, past the limit of {MOST_PIXELS:,}")
                return to_array(ImageOps.exif_transpose(image))
    except Fault:
        raise
    except FileNotFoundError:
        raise Fault("N705", f"{path} is not there") from None
    except Exception as error:  # Pillow raises many kinds for bad bytes; all of them mean this file
        told = "it is no picture that can be read" if type(error).__name__ == "UnidentifiedImageError" else str(error)[:120]
        raise Fault("N705", f"{path} cannot be decoded: {told}") from None


def to_array(image: Image.Image) -> Array:
    """A decoded picture as uint8 (height, width, 1 or 3)."""
    if image.mode.startswith("I;16") or image.mode == "I":
        wide = np.asarray(image).astype(np.int64)
        return (np.clip(wide, 0, 65535) >> 8).astype(np.uint8)[..., None]  # convert() would clip at 255
    if image.mode == "F":
        return np.asarray(np.clip(np.asarray(image), 0, 255).astype(np.uint8)[..., None])
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))[..., None]
    if "A" in image.mode or "transparency" in image.info:
        seen = image.convert("RGBA")
        white = Image.new("RGBA", seen.size, (255, 255, 255, 255))
        return np.asarray(Image.alpha_composite(white, seen).convert("RGB"))
    return np.asarray(image.convert("RGB"))
