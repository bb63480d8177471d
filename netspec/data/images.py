"""Pictures from files: upright, red green blue or grey, 0 to 255; anything else is an error, never a guess."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from netspec.data.jpeg import jpeg_pixels
from netspec.data.modes import Depth, maps_of, span_of, to_bytes
from netspec.data.steps import resize_picture
from netspec.data.store import Store
from netspec.diagnostics import Fault
from netspec.files import foreign, open_regular
from netspec.settings import Data
from netspec.settings.steps import Resize, Step

Array = NDArray[Any]
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM", "AVIF")
SUFFIXES = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".avif",
)  # fmt: skip
#: The largest picture that is decoded, unless `--max-pixels` says another: where Pillow warns.
MOST_PIXELS = 89_478_485
#: Pixels that become numbers at a time, and those of a picture that does so at once where it can.
BAND, SMALL = 2**18, 2**20


#: How a data set may lie on disk.
LAYOUTS = ("folder", "list", "table", "idx", "cifar", "arrays")


@dataclass(frozen=True)
class Reading:
    """How examples are read: how large a picture may be, and what its numbers run from and to where `range` says it.

    ``layout`` is the one of LAYOUTS that is insisted on; ``skip`` passes over pictures that cannot be decoded. Pictures
    of a set are kept in ``store`` behind the steps ``front``, those of parts that only judge behind ``judged``.
    """

    max_pixels: int = MOST_PIXELS
    span: tuple[float, float] | None = None
    layout: str | None = None
    skip: bool = False
    front: tuple[Step, ...] = ()
    judged: tuple[Step, ...] = ()
    store: Store | None = None

    @staticmethod
    def of(data: Data, max_pixels: int | None = None, layout: str | None = None, skip: bool = False) -> Reading:
        """As a net's `data` asks for it."""
        return Reading(MOST_PIXELS if max_pixels is None else max_pixels, data.span, layout, skip)

    def kept(self, store: Store, front: tuple[Step, ...], judged: tuple[Step, ...]) -> Reading:
        """With a place for what is decoded, and the steps that it is kept behind."""
        return replace(self, store=store, front=front, judged=judged)

    def of_part(self, part: str) -> Reading:
        """With the steps that the pictures of a part are kept behind."""
        return self if part == "train" else replace(self, front=self.judged)

    def allows(self, layout: str) -> bool:
        """Whether data may be of a layout."""
        return self.layout in (None, layout)


#: 0 to 255, and no larger than the usual limit.
PLAIN = Reading()


def read_image(path: str | Path, reading: Reading = PLAIN) -> Array:
    """A picture as uint8 (height, width, maps), three maps or, where it is grey, one.

    EXIF's turn is obeyed, transparent parts lie over white, 16 bits become 8; of several frames the first is taken.
    With a ``span`` pictures of wide numbers are float32, as they are in the file. Raises Fault N705.
    """
    return read_stored(path, reading)[0]


def read_stored(path: str | Path, reading: Reading = PLAIN) -> tuple[Array, str]:
    """As ``read_image``, and how the file stores the pixels, in Pillow's word: `L`, `RGB`, `RGBA`, `P`, `I;16` …"""
    with _opened(path, reading) as (file, image):
        mode = str(image.mode)  # before it is decoded, which may change it
        return _upright(file, image, path, reading.span), mode


def read_begun(path: str | Path, first: Step | None, reading: Reading = PLAIN) -> tuple[Array, tuple[int, ...]]:
    """As ``read_image``, and the picture's size (height, width, maps); it may be through the ``first`` step already.

    That is a resize of bytes that need no conversion and no turn, which Pillow takes before they are numbers: half the
    time of all else but decoding. What has its size already no resize changes, so all steps may follow.
    """
    with _opened(path, reading) as (file, image):
        if not isinstance(first, Resize) or reading.span is not None or not _is_plain(image) or _turn(image) != 1:
            pixels = _upright(file, image, path, reading.span)
            return pixels, pixels.shape
        with _SILENT if image.format == "TIFF" else nullcontext():
            image.load()
        return resize_picture(image, first), (image.height, image.width, len(image.getbands()))


def _is_plain(image: Image.Image) -> bool:
    """Whether there is nothing to convert."""
    return image.mode in ("L", "RGB") and not image.has_transparency_data


def _turn(image: Image.Image) -> int:
    """EXIF's orientation, 1 for an upright picture."""
    turn: int = image.getexif().get(0x0112, 1)
    return turn


def read_numbers(path: str | Path, reading: Reading = PLAIN) -> Array:
    """The numbers of a label picture's pixels, (height, width) of uint8: grey levels, or places in a palette.

    Raises Fault N705 where it is a picture of colours, or of numbers past 255.
    """
    with _opened(path, reading) as (_, image):
        if image.mode not in ("L", "P", "1", "I;16", "I"):
            raise Fault("N705", f"{path} has colours ({image.mode}), and labels are numbers of classes",
                        help="save it as a grey or a palette picture, whose pixels are the numbers")  # fmt: skip
        if image.format == "JPEG":
            raise Fault("N705", f"{path} is a JPEG, whose pixels are not the numbers that were saved in it",
                        help="save label pictures as PNG")  # fmt: skip
        numbers = np.asarray(image)
    if numbers.max(initial=0) > 255:
        raise Fault("N705", f"{path} has a class {numbers.max():,}, and 255 is the largest number of a label")
    return numbers.astype(np.uint8)


class _Shared:
    """Something of the whole process that is one way while anybody reads a picture, in any thread: set by the first
    that begins, and put back by the last that ends."""

    def __init__(self, change: Callable[[], Callable[[], None]]) -> None:
        self.change, self.readers, self.lock = change, 0, threading.Lock()

    def __enter__(self) -> None:
        with self.lock:
            if not self.readers:
                self.put_back = self.change()
            self.readers += 1

    def __exit__(self, *error: object) -> None:
        with self.lock:
            self.readers -= 1
            if not self.readers:
                self.put_back()


def _no_limit() -> Callable[[], None]:
    """Pillow's own limit, which is the same for all, makes way for ours; so do its warnings."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    caught = warnings.catch_warnings()
    caught.__enter__()
    warnings.simplefilter("ignore")

    def put_back() -> None:
        caught.__exit__(None, None, None)
        Image.MAX_IMAGE_PIXELS = limit

    return put_back


def _no_lines() -> Callable[[], None]:
    """Without the lines that libtiff writes to the terminal by itself: our own message has the file's name."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no stderr
        return lambda: None
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    os.close(nothing)

    def put_back() -> None:
        os.dup2(kept, 2)
        os.close(kept)

    return put_back


_UNLIMITED, _SILENT = _Shared(_no_limit), _Shared(_no_lines)


@contextmanager
def _opened(path: str | Path, reading: Reading) -> Iterator[tuple[BinaryIO, Image.Image]]:
    """A picture's file, and the picture, whose head is read. Raises Fault N705 where it is none, or is too large."""
    with open_regular(path, "N705", Fault) as file, foreign("N705", f"{path} cannot be decoded"), _UNLIMITED:
        try:
            with Image.open(file, formats=FORMATS) as image:
                if image.width * image.height > reading.max_pixels:
                    raise Fault(
                        "N705",
                        f"{path} has {image.width:,} x {image.height:,} pixels, "
                        f"past the limit of {reading.max_pixels:,} that `--max-pixels` sets",
                    )
                yield file, image
        except UnidentifiedImageError:
            raise Fault("N705", f"{path} cannot be decoded: it is not a picture that can be read") from None


def _upright(file: BinaryIO, image: Image.Image, path: str | Path, span: tuple[float, float] | None) -> Array:
    """The numbers of a picture, turned as its EXIF says.

    They are copied band by band, so that there is never a second picture in Pillow's form.
    """
    depth = Depth.of(image)
    small = span is None and image.width * image.height <= SMALL
    pixels = jpeg_pixels(file, image) if small else None
    if pixels is None:
        with _SILENT if image.format == "TIFF" else nullcontext():
            image.load()
    turn = _turn(image)
    height, width = image.height, image.width
    wide = span is not None and image.mode in ("I", "F", *Depth.WIDE)
    shape = (width, height) if turn in (5, 6, 7, 8) else (height, width)
    result = np.empty((*shape, maps_of(image, depth)), np.float32 if wide else np.uint8)
    rows = _as_stored(result, turn)
    if pixels is None and small and _is_plain(image):
        pixels = np.asarray(image)
    if pixels is not None:
        rows[...] = pixels.reshape(rows.shape)  # nothing to convert, and no second picture of any size
        return result
    step = max(1, BAND // width)
    bands = [(y, min(y + step, height)) for y in range(0, height, step)]
    limits = span_of((image.crop((0, top, width, bottom)) for top, bottom in bands), image.mode)
    depth.check(limits, path, span)
    for top, bottom in bands:
        rows[top:bottom] = to_bytes(image.crop((0, top, width, bottom)), depth, span)
    if span is not None and not wide and span[1] <= 1 < result.max(initial=0):
        raise Fault(
            "N705", f"{path} has whole numbers from 0 to 255, which `range({span[0]:g}, {span[1]:g})` would make white"
        )
    return result


def _as_stored(upright: Array, turn: int) -> Array:
    """A view of an upright array whose rows and columns are those of the file, by EXIF's orientation."""
    view = upright.swapaxes(0, 1) if turn in (5, 6, 7, 8) else upright
    view = view[::-1] if turn in (3, 4, 6, 7) else view
    return view[:, ::-1] if turn in (2, 3, 7, 8) else view
