"""MNIST's files: IDX, bytes with their sizes in front, maybe gzipped."""

from __future__ import annotations

import struct
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.bounds import opened, take
from netspec.diagnostics import Fault

Array = NDArray[Any]


def read_idx(images: Path, labels: Path) -> tuple[Array, Array]:
    """Pictures (n, height, width, 1) as uint8, and their classes as int64.

    Raises Fault N707 where a file is damaged or the two do not belong together.
    """
    pixels, numbers = _idx(images, 3), _idx(labels, 1)
    if len(pixels) != len(numbers):
        raise Fault("N707", f"{images} has {len(pixels):,} pictures, but {labels.name} has {len(numbers):,} labels")
    if not pixels.size:
        raise Fault("N707", f"{images} has no pictures: its header says {' x '.join(map(str, pixels.shape))}")
    return pixels[..., None], numbers.astype(np.int64)


def _idx(path: Path, axes: int) -> Array:
    """Two zeros, 8, the number of axes, their sizes, then the numbers and nothing more."""
    with opened(path) as (file, most):
        head = file.read(4 + 4 * axes)
        if head[:4] != bytes((0, 0, 8, axes)):
            raise Fault(
                "N707",
                f"{path} is not an IDX file of bytes with {axes} ax{'is' if axes == 1 else 'es'}: "
                f"it begins with {head[:4].hex(' ') or 'nothing'}, not with 00 00 08 {axes:02}",
            )
        if len(head) < 4 + 4 * axes:
            raise Fault("N707", f"{path} ends within its header, at byte {len(head)} of {4 + 4 * axes}")
        sizes = struct.unpack(f">{axes}I", head[4:])
        count = prod(sizes)
        if count > most - (0 if path.suffix == ".gz" else len(head)):
            held = (
                f"more than the {most:,} that it can hold"
                if path.suffix == ".gz"
                else f"but holds {most - len(head):,}"
            )
            raise Fault("N707", f"{path} should hold {count:,} bytes after its header, {held}")
        body = take(file, count, str(path), after=" after its header")
        if file.read(1):
            raise Fault("N707", f"{path} should hold {count:,} bytes after its header, but holds more")
    return body.reshape(sizes)
