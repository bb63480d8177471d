"""What the numbers of each of Pillow's modes become: bytes, grey or red green blue, what is transparent over white."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netspec.diagnostics import Fault

Array = NDArray[Any]
Limits = tuple[float, float]
_GREY = ("1", "L", "LA", "La", "I", "F")


@dataclass(frozen=True)
class Depth:
    """What only the file knows of the numbers that Pillow gives: bits of a grey value, and of what is transparent."""

    bits: int = 8
    grey: bool = False
    tiff: bool = False

    WIDE: ClassVar[tuple[str, ...]] = ("I;16", "I;16L", "I;16B", "I;16N")

    @staticmethod
    def of(image: Image.Image) -> Depth:
        """Of a picture that is not yet loaded."""
        tiles = getattr(image, "tile", ())
        stored = str(tiles[0][3] if tiles else "")
        if image.mode in Depth.WIDE or ";16B" in stored or (image.mode == "I" and image.format == "PPM"):
            return Depth(16, "LA;16B" in stored, image.format == "TIFF")  # the grey one Pillow makes coloured
        return Depth(next((bits for bits in (1, 2, 4) if f"L;{bits}" in stored), 1 if image.mode == "1" else 8))

    def key(self, value: Any) -> Any:
        """A transparent value of the file as Pillow's numbers have it."""
        if isinstance(value, tuple):
            return tuple(number >> 8 for number in value) if self.bits == 16 else value
        if isinstance(value, int) and self.bits < 8:  # few bits are spread over 0 to 255
            return min(value, 2**self.bits - 1) * 255 // (2**self.bits - 1)
        return value

    def check(self, limits: Limits | None, path: str | Path, span: Limits | None) -> None:
        """Fault N705 where wide numbers are not 0 to 255, or may be meant otherwise, and there is no ``span``."""
        if limits is None:
            return
        low, high = limits
        if not np.isfinite(low) or not np.isfinite(high):
            raise Fault("N705", f"{path} has a number that is not finite")
        if span is not None:
            return
        if self.tiff and 0 < high <= 255:  # programs write bytes into wide TIFFs, and their upper byte is black
            raise Fault(
                "N705",
                f"{path} has 16-bit numbers from {low:g} to {high:g}: "
                f"255 may be white or nearly black; {_asked(0, 255)}",
            )
        if self.bits == 16 and low >= 0:
            return
        if low < 0 or high > 255:
            raise Fault(
                "N705",
                f"{path} has numbers from {low:g} to {high:g}, but a picture's are 0 to 255; {_asked(low, high)}",
            )
        if isinstance(high, float) and high <= 1:
            raise Fault(
                "N705",
                f"{path} has real numbers from {low:g} to {high:g}: 1 may be white or nearly black; {_asked(0, 1)}",
            )


def _asked(low: float, high: float) -> str:
    return f"begin `prepare` with their range, such as `range({low:g}, {high:g})`"


def maps_of(image: Image.Image, depth: Depth) -> int:
    """One map where a picture is grey, else three."""
    return 1 if depth.grey or image.mode in _GREY or image.mode in Depth.WIDE else 3


def span_of(bands: Iterable[Image.Image], mode: str) -> Limits | None:
    """The least and the largest of wide numbers: whole or real as they are; None for others."""
    if mode not in ("I", "F", *Depth.WIDE):
        return None
    ends = [(array.min(), array.max()) for array in map(np.asarray, bands)]
    kind = float if mode == "F" else int
    if mode == "F" and not np.isfinite(ends).all():
        return float("nan"), float("nan")
    return kind(min(low for low, _ in ends)), kind(max(high for _, high in ends))


def to_bytes(image: Image.Image, depth: Depth, span: Limits | None) -> Array:
    """A part of a picture as uint8 (height, width, 1 or 3); with a ``span``, wide numbers as float32."""
    if image.mode in Depth.WIDE or image.mode in ("I", "F"):
        return _wide(image, depth, span)[..., None]
    clear = image.info.get("transparency")
    if image.mode in ("1", "L"):
        grey = np.array(image.convert("L"))
        if isinstance(clear, int):
            grey[grey == depth.key(clear)] = 255
        return grey[..., None]
    if not image.has_transparency_data:
        return np.asarray(image.convert("RGB"))
    if image.mode == "RGB":
        image.info["transparency"] = depth.key(clear)
    seen = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
    over: Array = np.asarray(Image.alpha_composite(Image.new("RGBA", seen.size, (255, 255, 255, 255)), seen))
    return over[..., : maps_of(image, depth)]


def _wide(image: Image.Image, depth: Depth, span: Limits | None) -> Array:
    """16 bits lose the lower eight; wider numbers are 0 to 255 already, and what is behind their point is cut off."""
    wide = np.asarray(image)
    clear = image.info.get("transparency")
    if span is not None:
        numbers = wide.astype(np.float32)
        return np.where(wide == clear, np.float32(span[1]), numbers) if isinstance(clear, int) else numbers
    result: Array = (np.clip(wide, 0, 65535) >> 8 if depth.bits == 16 else np.clip(wide, 0, 255)).astype(np.uint8)
    if isinstance(clear, int):
        result[wide == clear] = 255
    return result
