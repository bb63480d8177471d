"""What every picture goes through: the same arithmetic in training, evaluation and use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netspec.diagnostics import Fault
from netspec.settings import Arguments, Data, steps

Array = NDArray[Any]
Images = Array | list[Array]

_FILTERS = {name: getattr(Image.Resampling, name.upper()) for name in ("bilinear", "bicubic", "nearest", "box", "lanczos")}


def split(data: Data) -> tuple[list[Arguments], list[Arguments], list[Arguments]]:
    """What stands before the augmentation, the augmentation, and what stands after it.

    Unless its place is marked it is the front, but for a `range`: that is how pictures are read.
    """
    marks = [i for i, step in enumerate(data.prepare) if isinstance(step, steps.Augment)]
    at = marks[0] if marks else int(data.span is not None)
    return list(data.prepare[:at]), list(data.augment), list(data.prepare[at + len(marks) :])


def apply(images: Images, chain: Sequence[Arguments], draws: Array | None = None) -> Images:
    """Pictures after some steps; random ones take their numbers, 0 to 1, from a row of ``draws`` each."""
    taken = 0
    for step in chain:
        if getattr(step, "random", False):
            assert draws is not None
            count = DRAWS[step.name]
            images = _RANDOM[step.name](images, step, draws[:, taken : taken + count])
            taken += count
        elif not isinstance(step, steps.Augment):
            if step.name not in _NUMERIC and isinstance(images, np.ndarray) and images.ndim != 4:
                raise Fault("N703", f"{step.name} is for pictures, and an example has {images.ndim - 1} axes", help=f"of `prepare`, {', '.join(sorted(_NUMERIC))} are for any numbers")
            images = _FIXED[step.name](images, step)
    return images


def draws_needed(chain: Sequence[Arguments]) -> int:
    """Random numbers that a chain takes for one picture."""
    return sum(DRAWS.get(step.name, 0) for step in chain)


def each(images: Images, change: Callable[[Array], Array]) -> Images:
    """Change picture by picture; pictures of one size become one array."""
    done = [change(image) for image in images]
    return np.stack(done) if done and len({image.shape for image in done}) == 1 else done


def _numbers(images: Images, change: Callable[[Array], Array]) -> Images:
    """Change numbers, not places: all pictures at once where they are one array."""
    return change(images) if isinstance(images, np.ndarray) else [change(image) for image in images]


def _float(array: Array) -> Array:
    return array.astype(np.float32) if array.dtype != np.float32 else array


def resize_image(image: Array, height: int, width: int, name: str) -> Array:
    """Pillow's resize of (height, width, maps): bytes in whole numbers, floats map by map."""
    if image.shape[:2] == (height, width):
        return image
    how = _FILTERS[name]
    if image.dtype == np.uint8:
        picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
        return np.asarray(picture.resize((width, height), how)).reshape(height, width, image.shape[2])
    maps = [np.asarray(Image.fromarray(image[..., c], mode="F").resize((width, height), how)) for c in range(image.shape[2])]
    return np.stack(maps, axis=-1)


def _resize(images: Images, step: Any) -> Images:
    def one(image: Array) -> Array:
        height, width = step.sizes(*image.shape[:2])
        return resize_image(image, height, width, step.filter)

    return each(images, one)


def _center_crop(images: Images, step: Any) -> Images:
    def one(image: Array) -> Array:
        return image[_middle(image, step)]

    if isinstance(images, np.ndarray):
        return images[(slice(None), *_middle(images[0], step))]
    return each(images, one)


def _middle(image: Array, step: Any) -> tuple[slice, slice]:
    (rows, columns), (height, width) = image.shape[:2], step.sizes()
    if height > rows or width > columns:
        raise Fault("N703", f"a crop of {height} x {width} does not fit into a picture of {rows} x {columns}", help="resize before it")
    top, left = step.before(rows - height), step.before(columns - width)
    return slice(top, top + height), slice(left, left + width)


def _grayscale(images: Images, step: Any) -> Images:
    def one(array: Array) -> Array:
        if array.shape[-1] == 1:
            return array
        if array.dtype == np.uint8:  # Pillow's whole-number weights
            wide = array.astype(np.uint32) @ np.array([19595, 38470, 7471], dtype=np.uint32)
            return ((wide + 0x8000) >> 16).astype(np.uint8)[..., None]
        return (array @ np.array([0.299, 0.587, 0.114], dtype=np.float32))[..., None]

    return _numbers(images, one)


def _invert(images: Images, step: Any) -> Images:
    return _numbers(images, lambda array: 255 - array if array.dtype == np.uint8 else np.float32(255) - array)


def _range(images: Images, step: Any) -> Images:
    low, factor = np.float32(step.low), np.float32(255 / (step.high - step.low))
    return _numbers(images, lambda array: np.clip((_float(array) - low) * factor, 0, 255).astype(np.float32, copy=False))


def _scale(images: Images, step: Any) -> Images:
    return _numbers(images, lambda array: _float(array) * np.float32(step.factor))


def _normalize(images: Images, step: Any) -> Images:
    mean, std = (np.atleast_1d(np.asarray(value, dtype=np.float32)) for value in (step.mean, step.std))

    def one(array: Array) -> Array:
        for what in (mean, std):
            if len(what) not in (1, array.shape[-1]) and array.shape[-1] != 1:
                raise Fault("N703", f"normalize has {len(what)} numbers, and the picture {array.shape[-1]} maps")
        return (_float(array) - mean) / std

    return _numbers(images, one)


def _subtract(images: Images, step: Any) -> Images:
    if step.value is None:
        raise Fault("N703", "subtract(mean) needs the training set's mean", help="train first: the mean is kept with the weights")
    mean = np.asarray(step.value, dtype=np.float32)
    return _numbers(images, lambda array: _float(array) - mean)


_FIXED: dict[str, Callable[[Images, Any], Images]] = {
    "resize": _resize, "center_crop": _center_crop, "grayscale": _grayscale, "invert": _invert, "scale": _scale,
    "normalize": _normalize, "subtract": _subtract, "range": _range,
}  # fmt: skip

#: Steps that change numbers, whatever they are of.
_NUMERIC = {"scale", "normalize", "subtract", "invert", "range"}

# ---- augmentation

#: Random numbers that each step takes for one picture.
DRAWS = {"random_crop": 2, "random_resized_crop": 22, "mirror": 1, "rotate": 1, "pca_jitter": 6, "color_jitter": 3}


def _random_crop(images: Images, step: Any, draws: Array) -> Images:
    n, p = step.size, step.pad
    if not isinstance(images, np.ndarray):
        return each_drawn(images, draws, lambda image, row: _random_crop(image[None], step, row[None])[0])
    padded = np.pad(images, ((0, 0), (p, p), (p, p), (0, 0)))
    height, width = padded.shape[1] - n, padded.shape[2] - n
    if height < 0 or width < 0:
        raise Fault("N703", f"a crop of {n} x {n} does not fit into a picture of {padded.shape[1]} x {padded.shape[2]}", help="resize before it")
    top, left = (draws * [height + 1, width + 1]).astype(np.int64).T
    views = np.lib.stride_tricks.sliding_window_view(padded, (n, n), axis=(1, 2))
    cut: Array = np.moveaxis(views[np.arange(len(images)), top, left], 1, -1)
    return cut


def each_drawn(images: Images, draws: Array, change: Callable[[Array, Array], Any]) -> Images:
    """Change picture by picture, each with its own random numbers."""
    rows = iter(draws)
    return each(images, lambda image: change(image, next(rows)))


def _random_resized_crop(images: Images, step: Any, draws: Array) -> Images:
    def one(image: Array, row: Array) -> Array:
        top, left, height, width = resized_part(image.shape[0], image.shape[1], row)
        part = np.ascontiguousarray(image[top : top + height, left : left + width])
        return resize_image(part, step.size, step.size, "bilinear")

    return each_drawn(images, draws, one)


def resized_part(height: int, width: int, row: Array) -> tuple[int, int, int, int]:
    """Top, left, height and width of a part of 8 to 100 % of the area, its sides 3:4 to 4:3 (torchvision's RandomResizedCrop).

    Ten tries of area and shape; where none fits, the middle, as large as the bounds of its shape let it be.
    """
    for share, shape in row[:20].reshape(10, 2):
        area, ratio = height * width * (0.08 + 0.92 * share), np.exp((2 * shape - 1) * np.log(4 / 3))
        w, h = round(float(np.sqrt(area * ratio))), round(float(np.sqrt(area / ratio)))
        if 0 < w <= width and 0 < h <= height:
            return int(row[20] * (height - h + 1)), int(row[21] * (width - w + 1)), h, w
    w, h = min(width, round(height * 4 / 3)), min(height, round(width * 4 / 3))
    return (height - h) // 2, (width - w) // 2, h, w


def _mirror(images: Images, step: Any, draws: Array) -> Images:
    return each_drawn(images, draws, lambda image, row: image[:, ::-1] if row[0] < 0.5 else image)


def _rotate(images: Images, step: Any, draws: Array) -> Images:
    def one(image: Array, row: Array) -> Array:
        angle = (2 * float(row[0]) - 1) * step.degrees
        maps = [np.asarray(Image.fromarray(np.ascontiguousarray(image[..., c])).rotate(angle, Image.Resampling.BILINEAR)) for c in range(image.shape[2])]
        return np.stack(maps, axis=-1)

    return each_drawn(images, draws, one)


#: Principal components of ImageNet's colours, 0 to 1: values, and a vector a column (Krizhevsky's decorrelation).
_PCA_VALUES = np.array([0.2175, 0.0188, 0.0045], dtype=np.float32)
_PCA_VECTORS = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]], dtype=np.float32)


def _gaussians(draws: Array) -> Array:
    """Three normal numbers from six uniform ones (Box, Muller 1958)."""
    radius = np.sqrt(-2 * np.log(np.maximum(draws[:3], 1e-12)))
    normal: Array = (radius * np.cos(2 * np.pi * draws[3:])).astype(np.float32)
    return normal


def _pca_jitter(images: Images, step: Any, draws: Array) -> Images:
    def one(image: Array, row: Array) -> Array:
        colour = image if image.shape[2] == 3 else np.repeat(image, 3, axis=2)
        moved = _PCA_VECTORS @ (_gaussians(row) * step.sigma * _PCA_VALUES) * 255
        return np.asarray(np.clip(_float(colour) + moved, 0, 255))

    return each_drawn(images, draws, one)


def _color_jitter(images: Images, step: Any, draws: Array) -> Images:
    def one(image: Array, row: Array) -> Array:
        amounts = (step.brightness, step.contrast, step.saturation)
        brightness, contrast, saturation = (_factor(float(r), amount) for r, amount in zip(row, amounts, strict=True))
        array = np.clip(_float(image) * np.float32(brightness), 0, 255)
        grey = array @ np.array([0.299, 0.587, 0.114], dtype=np.float32) if array.shape[2] == 3 else array[..., 0]
        array = np.clip((array - grey.mean()) * np.float32(contrast) + grey.mean(), 0, 255)
        grey = (array @ np.array([0.299, 0.587, 0.114], dtype=np.float32) if array.shape[2] == 3 else array[..., 0])[..., None]
        return np.asarray(np.clip((array - grey) * np.float32(saturation) + grey, 0, 255))

    return each_drawn(images, draws, one)


def _factor(draw: float, amount: float) -> float:
    """A factor from [max(0, 1 - amount), 1 + amount]."""
    least = max(0.0, 1 - amount)
    return least + draw * (1 + amount - least)


_RANDOM: dict[str, Callable[[Images, Any, Array], Any]] = {
    "random_crop": _random_crop, "random_resized_crop": _random_resized_crop, "mirror": _mirror, "rotate": _rotate,
    "pca_jitter": _pca_jitter, "color_jitter": _color_jitter,
}  # fmt: skip


def as_input(images: Images, shape: tuple[int | None, ...]) -> Array:
    """Prepared examples as float32 (n, sizes…, maps), or (n, units), for an input of ``shape`` (maps first).

    Grey pictures become as many equal maps as the net reads. Raises Fault N703 where sizes differ.
    """
    if not isinstance(images, np.ndarray) and len(shape) == 3 and shape[0] == 3:  # grey ones among them
        images = each(images, lambda image: np.repeat(image, 3, axis=-1) if image.shape[-1] == 1 else image)
    if not isinstance(images, np.ndarray):
        raise Fault("N703", "the pictures have different sizes after their preparation", help="add `resize(h, w)` to `prepare`")
    array = _float(images)
    if len(shape) == 1 and shape[0] == array[0].size:
        return np.moveaxis(array, -1, 1).reshape(len(array), -1)
    if len(shape) == 3 and array.shape[-1] == 1 and shape[0] == 3:
        array = np.repeat(array, 3, axis=-1)
    wanted = (*shape[1:], shape[0])
    if array.ndim - 1 != len(shape) or any(want is not None and have != want for have, want in zip(array.shape[1:], wanted, strict=True)):
        have = " x ".join(map(str, (array.shape[-1], *array.shape[1:-1])))
        want = " x ".join("any" if n is None else str(n) for n in shape)
        kind = "picture" if array.ndim == 4 else "example"
        raise Fault("N703", f"a prepared {kind} is {have}, and the net reads {want}",
                    help="end `prepare` with what is missing: `resize(h, w)`, `grayscale`" if array.ndim == 4 else "")  # fmt: skip
    return array
