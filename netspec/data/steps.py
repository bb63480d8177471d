"""What every picture goes through: the same arithmetic in training, in use, and in a model that takes pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netspec.data.inputs import Images, each, numbers, single
from netspec.data.pixel_graph import PixelGraph
from netspec.diagnostics import Fault
from netspec.settings import steps
from netspec.settings.conventions import is_first

Array = NDArray[Any]


@dataclass(frozen=True)
class Fixed:
    """What a step does: ``change`` to pictures that are read, ``graph`` to those in a model that takes pixels."""

    change: Callable[[Images, Any], Images]
    graph: Callable[[PixelGraph, Any], None]


_FILTERS = {
    name: getattr(Image.Resampling, name.upper()) for name in ("bilinear", "bicubic", "nearest", "box", "lanczos")
}


def resize_picture(picture: Image.Image, step: steps.Resize) -> Array:
    """What ``resize`` makes of the bytes of a picture, which need not become numbers before: the same ones."""
    height, width = step.sizes(picture.height, picture.width)
    return np.asarray(picture.resize((width, height), _FILTERS[step.filter])).reshape(height, width, -1)


def resize_image(image: Array, height: int, width: int, name: str) -> Array:
    """Pillow's resize of (height, width, maps): bytes in whole numbers, all others in single precision.

    But for the three of colour it goes map by map, since of four Pillow would take the last for transparency.
    """
    if image.shape[:2] == (height, width):
        return image
    how = _FILTERS[name]
    if image.dtype == np.uint8 and image.shape[2] == 3:
        return np.asarray(Image.fromarray(image).resize((width, height), how))
    known = image if image.dtype == np.uint8 else single(image)
    maps = [np.asarray(Image.fromarray(known[..., c]).resize((width, height), how)) for c in range(known.shape[2])]
    return np.stack(maps, axis=-1)


def resize(images: Images, step: steps.Resize) -> Images:
    """Each to the step's size, which may depend on its own; an array of that size stays."""
    if isinstance(images, np.ndarray) and step.sizes(*images.shape[1:3]) == images.shape[1:3]:
        return images

    def one(image: Array) -> Array:
        height, width = step.sizes(*image.shape[:2])
        return resize_image(image, height, width, step.filter)

    return each(images, one)


def resize_graph(graph: PixelGraph, step: steps.Resize) -> None:
    """The same in a graph."""
    if step.short is None:
        height, width = (graph.write.ints([size]) for size in step.sizes(1, 1))
    else:
        height, width = _scaled(graph, step, step.short)
    graph.value = graph.resized(height, width, step.filter)


def _scaled(graph: PixelGraph, step: steps.Resize, length: int) -> list[str]:
    """Height and width where the shorter side comes to ``length``, as the step's own ``scaled`` has them."""
    write, sizes = graph.write, (graph.size(2), graph.size(3))
    short = write("Min", *sizes)
    scaled = [write("Mul", size, write.ints([length])) for size in sizes]
    if not is_first(step):
        return [write("Div", size, short) for size in scaled]
    divisor = graph.cast(short, "DOUBLE")
    parts = [write("Round", write("Div", graph.cast(size, "DOUBLE"), divisor)) for size in scaled]
    return [write("Max", graph.cast(part, "INT64"), write.ints([1])) for part in parts]


def center_crop(images: Images, step: steps.CenterCrop) -> Images:
    """The middle of each."""
    if isinstance(images, np.ndarray):
        return images[(slice(None), *_middle(images[0], step))]
    return each(images, lambda image: image[_middle(image, step)])


def _middle(image: Array, step: steps.CenterCrop) -> tuple[slice, slice]:
    (rows, columns), (height, width) = image.shape[:2], step.sizes()
    if height > rows or width > columns:
        raise Fault(
            "N703",
            f"a crop of {height} x {width} does not fit into a picture of {rows} x {columns}",
            help="resize before it",
        )
    top, left = step.before(rows - height), step.before(columns - width)
    return slice(top, top + height), slice(left, left + width)


def center_crop_graph(graph: PixelGraph, step: steps.CenterCrop) -> None:
    """The same in a graph, of pictures of any size."""
    write, (height, width) = graph.write, step.sizes()
    top, left = (
        before(graph, write("Sub", graph.size(axis), write.ints([size])), step)
        for axis, size in ((2, height), (3, width))
    )
    graph.value = graph.cut(top, left, height, width)


def before(graph: PixelGraph, spare: str, step: steps.CenterCrop | steps.TenCrop) -> str:
    """Rows or columns before a crop, as the step's own ``before`` has them."""
    write = graph.write
    if not is_first(step):
        rest = write("Mod", spare, write.ints([4]))
        spare = write("Add", spare, write("Div", rest, write.ints([3])))
    return write("Div", spare, write.ints([2]))


def grayscale(images: Images, step: steps.Grayscale) -> Images:
    """Luma; of bytes a byte, by Pillow's whole-number weights."""

    def one(array: Array) -> Array:
        if array.shape[-1] == 1:
            return array
        if array.shape[-1] != 3:
            raise Fault(
                "N703",
                f"grayscale is for pictures of 1 or 3 maps, but one has {array.shape[-1]}",
                help="arrays of pictures are (n, maps, height, width); take a map of transparency off",
            )
        if array.dtype == np.uint8:
            wide = array.astype(np.uint32) @ np.array([19595, 38470, 7471], dtype=np.uint32)
            return ((wide + 0x8000) >> 16).astype(np.uint8)[..., None]
        return luma(array)[..., None]

    return numbers(images, one)


def grayscale_graph(graph: PixelGraph, step: steps.Grayscale) -> None:
    """The same in a graph."""
    if graph.maps == 1:
        return
    write, weights = graph.write, (19595, 38470, 7471) if graph.bytes else (0.299, 0.587, 0.114)
    value = graph.cast(graph.value, "DOUBLE") if graph.bytes else graph.value
    constant = (write.doubles if graph.bytes else write.floats)(np.reshape(weights, (1, 3, 1, 1)))
    value = write("ReduceSum", write("Mul", value, constant), write.ints([1]), keepdims=1)
    if graph.bytes:
        value = write("Floor", write("Mul", write("Add", value, write.doubles(2.0**15)), write.doubles(2.0**-16)))
        value = graph.cast(value, "UINT8")
    graph.value, graph.maps = value, 1


def luma(array: Array) -> Array:
    """Brightness of coloured numbers, without the axis of maps."""
    brightness: Array = array @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return brightness


def invert(images: Images, step: steps.Invert) -> Images:
    """255 minus it; bytes stay bytes."""
    return numbers(images, lambda array: 255 - array if array.dtype == np.uint8 else np.float32(255) - array)


def invert_graph(graph: PixelGraph, step: steps.Invert) -> None:
    """The same in a graph."""
    write = graph.write
    graph.value = write("Sub", write.floats(255.0), graph.cast(graph.value, "FLOAT"))
    if graph.bytes:
        graph.value = graph.cast(graph.value, "UINT8")


#: Each of a step's sums, in NumPy and in a graph.
_ARITHMETIC: dict[str, tuple[Callable[[Array, Array], Array], str]] = {
    "subtract": (np.subtract, "Sub"),
    "multiply": (np.multiply, "Mul"),
    "divide": (np.divide, "Div"),
    "at_least": (np.maximum, "Max"),
    "at_most": (np.minimum, "Min"),
}


def arithmetic(images: Images, step: steps.Numeric) -> Images:
    """A step's sums, in single precision: a number for all maps, or one for each."""
    sums = [(_ARITHMETIC[name][0], np.array(number, np.float32, ndmin=1)) for name, number in step.sums()]

    def one(array: Array) -> Array:
        for _, number in sums:
            if len(number) not in (1, array.shape[-1]) and array.shape[-1] != 1:
                raise Fault(
                    "N703", f"{step.name} has {len(number)} numbers, but the picture has {array.shape[-1]} maps"
                )
        array = single(array)
        for change, number in sums:
            array = change(array, number)
        return array

    return numbers(images, one)


def arithmetic_graph(graph: PixelGraph, step: steps.Numeric) -> None:
    """The same in a graph."""
    for name, number in step.sums():
        numbers = np.atleast_1d(np.asarray(number, dtype=np.float32))
        constant = graph.write.floats(numbers, (1, len(numbers), 1, 1))
        graph.value = graph.write(_ARITHMETIC[name][1], graph.floats(), constant)
        graph.maps = max(graph.maps, len(numbers))


#: What each fixed step does, by its class.
FIXED: dict[type[steps.Step], Fixed] = {
    steps.Resize: Fixed(resize, resize_graph),
    steps.CenterCrop: Fixed(center_crop, center_crop_graph),
    steps.Grayscale: Fixed(grayscale, grayscale_graph),
    steps.Invert: Fixed(invert, invert_graph),
    steps.Numeric: Fixed(arithmetic, arithmetic_graph),
}
#: Those among them that change numbers, whatever they are of.
OF_ANY_NUMBERS = (steps.Numeric, steps.Invert)
