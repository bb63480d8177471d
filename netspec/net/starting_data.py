"""Examples that a net can be trained on at once: digits where it reads pictures, else what is drawn by a seed."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from netspec.shape import is_free

if TYPE_CHECKING:
    from netspec.data.targets import Target
    from netspec.net.net import Net

#: The classes of the digits; their sides; what a free size is.
TEN, SIDE, FREE = 10, 28, 64
#: Digits of a class in training and test, of a small net and of a large one; examples that are drawn.
SMALL, LARGE, DRAWN = {"train": 30, "test": 10}, {"train": 2, "test": 1}, {"train": 4, "test": 2}
Files = Iterator[tuple[str, bytes]]


def wanted(net: Net) -> str | None:
    """The parameter of the net that makes it tell ten classes apart, where digits are its data and it tells others."""
    from netspec.net.classes import parameters_for

    targets = _targets(net)
    if not _reads_digits(net, targets) or targets[0].rebuilds or targets[0].shape == (TEN,):
        return None
    return next(parameters_for(net, targets[0].output, TEN), None)


def examples(net: Net, large: bool) -> tuple[str, Files]:
    """What is told of the data's layout, and the files with their contents, below the new folder."""
    from netspec.data.shipped import as_pictures

    targets = _targets(net)
    if _reads_digits(net, targets):
        found = as_pictures(LARGE if large else SMALL, _side(net))
        return DIGITS, ((f"data/{path}", content) for path, content in found)
    (shape, *others), answer = net.graph.inputs.values(), targets[0].shape
    if (
        not others
        and len(shape) == len(answer) == 3
        and all(size in (0, side) for size, side in zip(answer, shape[1:], strict=False))
    ):
        return MAPS, _maps(net)
    return ARRAYS, _arrays(net, targets)


DIGITS = """`data/` has handwritten digits (MNIST), a folder for each class: `data/train/3/0001.png`. Put folders with
pictures of your own in their place, in `train/` and `test/`; names of folders are the classes, and
`--set classes=N` says how many the net tells apart."""
MAPS = """`data/train/images/` has pictures and `data/train/labels/` a picture of the same name for each, whose pixels
are numbers of classes; `data/test/` has the same. They are drawn at random, and bright places are class 1: put your own
in their place."""
ARRAYS = """`data/train.npz` and `data/test.npz` have an array for each input and output of the net, an example along
the first axis. Their numbers are drawn at random, so that nothing can be learned from them: put your own in their
place."""


def _targets(net: Net) -> list[Target]:
    from netspec.net.targets_of import targets_of

    return targets_of(net, net.train_settings.loss)


def _reads_digits(net: Net, targets: list[Target]) -> bool:
    """Whether pictures in folders fit: of one input, and an answer for each picture."""
    from netspec.settings.losses import takes_labels
    from netspec.settings.steps import Grayscale

    shapes = list(net.graph.inputs.values())
    grey = any(isinstance(step, Grayscale) for step in net.data.prepare)
    picture = (len(shapes[0]) == 3 and shapes[0][0] in (1, 3)) or (shapes[0] == (SIDE * SIDE,) and grey)
    answers = len(targets[0].shape) == 1 and (takes_labels(targets[0].loss) or targets[0].rebuilds)
    return len(shapes) == 1 and picture and answers and not is_free(shapes[0])


def _side(net: Net) -> tuple[int, int]:
    """The sizes at which digits are written: their own where the preparation brings them to the input's, else those."""
    from netspec.data.chain import split
    from netspec.settings.picture import Picture

    (shape,) = net.graph.inputs.values()
    if len(shape) == 1:
        return SIDE, SIDE
    _, height, width = (int(str(size)) for size in shape)
    picture = Picture(SIDE, SIDE)
    before, augment, after = split(net.data)
    for step in (*before, *augment, *after):
        picture = step.after(picture)
    return (SIDE, SIDE) if (picture.height, picture.width) == (height, width) else (height, width)


def _maps(net: Net) -> Files:
    """Random pictures, and beside each its bright places as class 1."""
    import numpy as np

    from netspec.data.drawn import natural
    from netspec.report.pictures import png

    rng = np.random.default_rng(1)
    ((maps, *sides),) = net.graph.inputs.values()
    height, width = (size if isinstance(size, int) else FREE for size in sides)
    for part, count in DRAWN.items():
        for number in range(count):
            picture = np.stack([natural((height, width), rng) for _ in range(int(str(maps)))], axis=-1)
            bright = (picture.mean(axis=-1) > 128).astype(np.uint8)
            for kind, pixels in (("images", picture.squeeze()), ("labels", bright)):
                yield f"data/{part}/{kind}/{number:04}.png", png(pixels)


def _arrays(net: Net, targets: list[Target]) -> Files:
    """An npz of each part: numbers from 0 to 1 for units, else whole ones up to 255, which take little room."""
    import numpy as np

    from netspec.settings.losses import takes_labels

    rng = np.random.default_rng(1)
    for part, count in DRAWN.items():
        arrays: dict[str, Any] = {}
        for name, shape in net.input_shapes().items():
            sizes = (count, *(size or FREE for size in shape))
            drawn = rng.random(sizes) if len(shape) == 1 else rng.integers(0, 256, sizes)
            arrays[name] = drawn.astype(np.float32)
        for target in (target for target in targets if not target.rebuilds):
            *places, last = (size or FREE for size in target.shape)
            if takes_labels(target.loss):
                arrays[target.output] = rng.integers(0, last, (count, *places))
            else:
                arrays[target.output] = rng.integers(0, 2, (count, last, *places)).astype(np.float32)
        content = io.BytesIO()
        np.savez_compressed(content, **arrays)
        yield f"data/{part}.npz", content.getvalue()
