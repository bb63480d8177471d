"""Pictures under way, one array or a list of many sizes, and what they are where the net reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.diagnostics import Fault

Array = NDArray[Any]
#: (n, height, width, maps) of one size, or a list of pictures (height, width, maps).
Images = Array | list[Array]


def each(images: Images, change: Callable[[Array], Array]) -> Images:
    """Change picture by picture; pictures of one size become one array."""
    changed = [change(image) for image in images]
    return np.stack(changed) if changed and len({image.shape for image in changed}) == 1 else changed


def numbers(images: Images, change: Callable[[Array], Array]) -> Images:
    """Change numbers, not places: all pictures at once where they are one array."""
    return change(images) if isinstance(images, np.ndarray) else [change(image) for image in images]


def single(array: Array) -> Array:
    """In single precision."""
    return array.astype(np.float32) if array.dtype != np.float32 else array


def as_input(images: Images, shape: tuple[int | None, ...]) -> Array:
    """Prepared examples as float32 (n, sizes…, maps), or (n, units), for an input of ``shape`` (maps first).

    Grey pictures become as many equal maps as the net reads. Raises Fault N703 where sizes differ.
    """
    if not isinstance(images, np.ndarray) and len(shape) == 3 and shape[0] == 3:  # grey ones among them
        images = each(images, lambda image: np.repeat(image, 3, axis=-1) if image.shape[-1] == 1 else image)
    if not isinstance(images, np.ndarray):
        raise different_sizes()
    array = single(images)
    if len(shape) == 1 and shape[0] == array[0].size:
        return np.moveaxis(array, -1, 1).reshape(len(array), -1)
    if len(shape) == 3 and array.shape[-1] == 1 and shape[0] == 3:
        array = np.repeat(array, 3, axis=-1)
    expected = (*shape[1:], shape[0])
    if array.ndim - 1 != len(shape) or any(
        size is not None and found != size for found, size in zip(array.shape[1:], expected, strict=True)
    ):
        raise _unfit(array, shape)
    return array


def different_sizes() -> Fault:
    """What is said where pictures cannot be one array."""
    return Fault(
        "N703", "the pictures have different sizes after their preparation", help="add `resize(h, w)` to `prepare`"
    )


def _unfit(array: Array, shape: tuple[int | None, ...]) -> Fault:
    found = " x ".join(map(str, (array.shape[-1], *array.shape[1:-1])))
    expected = " x ".join("any" if n is None else str(n) for n in shape)
    kind = "picture" if array.ndim == 4 else "example"
    return Fault(
        "N703",
        f"a prepared {kind} is {found}, but the net reads {expected}",
        help="end `prepare` with what is missing: `resize(h, w)`, `grayscale`" if array.ndim == 4 else "",
    )
