"""R10: pictures of every format and mode with bytes changed, cut and repeated:
an array as a sound one has it, or N705, and nothing else."""

from __future__ import annotations

import io
import random
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from netspec.data.images import Reading, read_image
from netspec.diagnostics import Fault
from tests.fuzz.files import damaged, told
from tests.fuzz.frame import Harness

MODES = ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV", "I;16", "I;16B", "I", "F"]
FORMATS: list[tuple[str, dict[str, Any]]] = [
    ("PNG", {}), ("PNG", {"transparency": 7}), ("JPEG", {}), ("JPEG", {"progressive": True}), ("BMP", {}), ("GIF", {}),
    ("WEBP", {}),
    ("WEBP", {"lossless": True}), ("PPM", {}), ("TIFF", {}),
    *(("TIFF", {"compression": name}) for name in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "group4")),
]  # fmt: skip


@cache
def corpus() -> list[bytes]:
    """Small pictures, with several frames and EXIF where the format has them."""
    made = []
    base = Image.radial_gradient("L").resize((23, 17))
    for mode in MODES:
        colours = Image.merge("RGB", [base, base.rotate(90), base.rotate(180)])
        picture = Image.frombytes(mode, base.size, colours.tobytes()) if mode == "LAB" else _as(mode, base, colours)
        for form, options in FORMATS:
            for more in ({}, {"save_all": True, "append_images": [picture, picture]}, {"exif": _turned(picture)}):
                held = io.BytesIO()
                try:
                    picture.save(held, form, **options, **more)
                except (OSError, ValueError, KeyError, TypeError, AttributeError, SystemError, RuntimeError):
                    continue  # this format does not have this mode
                made.append(held.getvalue())
    return made


def _as(mode: str, grey: Image.Image, colours: Image.Image) -> Image.Image:
    if mode in ("I;16", "I;16B"):
        return Image.frombytes(mode, grey.size, np.asarray(grey).astype("<u2" if mode == "I;16" else ">u2").tobytes())
    return (
        colours.convert("P").convert("PA")
        if mode == "PA"
        else (grey if mode in ("1", "L", "LA", "I", "F") else colours).convert(mode)
    )


def _turned(picture: Image.Image) -> Image.Exif:
    exif = picture.getexif()
    exif[0x0112] = 6
    return exif


def _case(draw: random.Random, folder: Path) -> None:
    content = draw.choice(corpus())
    if draw.random() < 0.95:
        content = damaged(draw, content, draw.choice(corpus()))
    path = folder / "a.png"
    path.write_bytes(content)
    span = draw.choice((None, (0.0, 1.0), (0.0, 65535.0)))
    try:
        made = read_image(path, Reading(max_pixels=draw.choice((10**4, 10**6, 89_478_485)), span=span))
    except Fault as fault:
        return told(fault, "N705", path)
    assert made.dtype == np.uint8 or (span is not None and made.dtype == np.float32)
    assert made.ndim == 3 and made.shape[2] in (1, 3) and made.size


PICTURES = Harness("pictures", "R10", _case, short=1_500, long=200_000, megabytes=1000)
