"""JPEGs by simplejpeg, where it is installed (`netspec[fast]`) and its pixels are Pillow's."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import Any, BinaryIO

from numpy.typing import NDArray
from PIL import Image

simplejpeg: Any = None
with suppress(ImportError):
    simplejpeg = import_module("simplejpeg")

#: Which of libjpeg's colour spaces each of Pillow's modes is decoded from, and what simplejpeg calls the result.
_SPACES = {"RGB": ("YCbCr", "RGB"), "L": ("Gray", "GRAY")}


def jpeg_pixels(file: BinaryIO, image: Image.Image) -> NDArray[Any] | None:
    """The pixels of a JPEG whose head Pillow has read: (height, width, maps) of uint8, not turned.

    None where Pillow must decode it: another format or mode, a damaged file, or simplejpeg is not there.
    """
    if simplejpeg is None or image.format != "JPEG" or image.mode not in _SPACES:
        return None
    space, name = _SPACES[image.mode]
    file.seek(0)
    content = file.read()
    try:
        height, width, stored, _ = simplejpeg.decode_jpeg_header(content)
        if stored != space or (height, width) != (image.height, image.width):
            return None
        pixels: NDArray[Any] = simplejpeg.decode_jpeg(content, name, fastdct=False, fastupsample=False)
    except ValueError:  # damaged: Pillow says in which way
        return None
    return pixels
