"""Label pictures, whose pixels are numbers of classes: read, and changed as their pictures are."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netspec.data.augment import RANDOM, mirrored, part_of, random_crop, rotated
from netspec.data.folders import UNREADABLE, below
from netspec.data.images import Reading, read_numbers
from netspec.data.steps import center_crop, resize
from netspec.diagnostics import Fault, several
from netspec.settings import Data, steps
from netspec.settings.arguments import of_class
from netspec.settings.losses import VOID

Array = NDArray[Any]
#: What the folder beside `images` may be called.
FOLDERS = ("labels", "masks", "annotations")


@dataclass(frozen=True)
class Pairs:
    """Pictures and their label pictures, and the path of each from its folder without its suffix."""

    pictures: list[Path]
    labels: list[Path]
    keys: list[str]
    passed: Counter[str]


def pairs(folder: Path, part: str = "") -> Pairs | None:
    """The pictures of `folder/images` with those in a folder of labels beside it, by name; None where there are none.

    With a ``part`` those of `folder/images/PART`. Fault N707 lists what has no partner.
    """
    images = folder / "images" / part
    there = [folder / name / part for name in FOLDERS if os.path.isdir(folder / name / part)]
    if not there or not os.path.isdir(images):
        return None
    if len(there) > 1:
        raise Fault("N707", f"{images} has two folders of label pictures: {' and '.join(map(str, there))}",
                    help="move one of them elsewhere")  # fmt: skip
    (beside,) = there
    passed: Counter[str] = Counter()
    pictures, labels = (_named(where, passed) for where in (images, beside))
    if not pictures and not labels:
        raise Fault("N707", f"{images} holds no pictures", help=f"their label pictures belong into {beside}")
    wrong = [f"{path} has no picture of its name in {beside}" for key, path in pictures.items() if key not in labels]
    wrong += [f"{path} has no picture of its name in {images}" for key, path in labels.items() if key not in pictures]
    if wrong:
        raise Fault("N707", f"{len(wrong):,} of the pictures and labels have no partner: {wrong[0]}",
                    help="\n".join(several(wrong)), each=wrong)  # fmt: skip
    keys = list(pictures)
    return Pairs(list(pictures.values()), [labels[key] for key in keys], keys, passed)


def decodable(found: Pairs, reading: Reading) -> Pairs:
    """Without those whose label picture cannot be decoded, which are counted among what was passed over."""
    good = []
    for place, path in enumerate(found.labels):
        with suppress(Fault):
            read_numbers(path, reading)
            good.append(place)
    passed = found.passed + Counter({UNREADABLE: len(found.labels) - len(good)})
    pictures, labels = ([paths[i] for i in good] for paths in (found.pictures, found.labels))
    return Pairs(pictures, labels, [found.keys[i] for i in good], passed)


def misfit(path: Path, labels: Sequence[int], picture: Sequence[int]) -> list[str]:
    """What is said where labels and their picture are of two sizes, height and width first; nothing where of one."""
    if labels[:2] == picture[:2]:
        return []
    both = (" x ".join(map(str, shape[:2])) for shape in (labels, picture))
    return [f"{path}: the labels are {' and their picture '.join(both)}"]


def _named(folder: Path, passed: Counter[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in below(folder, passed):
        key = path.relative_to(folder).with_suffix("").as_posix()
        if key in found:
            raise Fault("N707", f"two pictures are called {key}: {found[key]} and {path}")
        found[key] = path
    return found


def read_labels(paths: Sequence[Path], sizes: Sequence[tuple[int, ...]], reading: Reading) -> list[Array]:
    """The numbers of classes, (height, width) of uint8, of the ``sizes`` of their pictures.

    Fault N707 lists all that is wrong.
    """
    found, wrong = [], list[str]()
    for path, size in zip(paths, sizes, strict=True):
        try:
            labels = read_numbers(path, reading)
        except Fault as fault:
            wrong.append(fault.line)
            continue
        wrong += misfit(path, labels.shape, size)
        found.append(labels)
    if wrong:
        what = "a label picture" if len(wrong) == 1 else f"{len(wrong):,} label pictures"
        raise Fault("N707", f"{what} cannot be used: {wrong[0]}", help="\n".join(several(wrong)), each=wrong)
    return found


def follow(labels: Sequence[Array], chain: Sequence[steps.Step], draws: Array | None = None) -> list[Array]:
    """Labels (height, width) behind the steps that their pictures go through, by the same ``draws``.

    What comes in from outside is void, 255. Colours change nothing here.
    """
    # zeros come in from outside, and so they are what is void
    turned, taken = [(VOID - array)[..., None] for array in labels], 0
    for step in chain:
        count = of_class(RANDOM, step).draws if step.random else 0
        change = next((rule for kind, rule in FOLLOWED.items() if isinstance(step, kind)), None)
        if change is not None:
            rows = np.zeros((len(turned), 0)) if draws is None else draws[:, taken : taken + count]
            turned = [change(array, step, row) for array, row in zip(turned, rows, strict=True)]
        taken += count
    return [VOID - array[..., 0] for array in turned]


def tested(labels: Sequence[Array], data: Data) -> list[Array]:
    """Labels of test pictures. Raises Fault N707 for ten crops, of which none has the whole."""
    first, last = data.tested()
    if isinstance(data.test, steps.TenCrop):
        raise Fault("N707", "ten crops of a picture have no common labels", help="leave out `test: ten_crop(…)`")
    return follow(labels, [*first, *([] if data.test is None else [data.test]), *last])


#: What moves the places of a picture, and how labels follow: (height, width, 1) of bytes, the step, its draws.
FOLLOWED: dict[type[steps.Step], Callable[[Array, Any, Array], Array]] = {
    steps.Resize: lambda image, step, _: np.asarray(resize([image], step.replaced(filter="nearest"))[0]),
    steps.CenterCrop: lambda image, step, _: np.asarray(center_crop([image], step)[0]),
    steps.RandomCrop: lambda image, step, row: np.asarray(random_crop(image[None], step, row[None]))[0],
    steps.RandomResizedCrop: lambda image, step, row: part_of(image, step, row, "nearest"),
    steps.Mirror: lambda image, _, row: mirrored(image, row),
    steps.Rotate: lambda image, step, row: rotated(image, step, row, Image.Resampling.NEAREST),
}
#: What changes colours alone.
UNMOVED = (steps.PcaJitter, steps.ColorJitter, steps.Grayscale, steps.Invert, steps.Numeric, steps.Augment)
