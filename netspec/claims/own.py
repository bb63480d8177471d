"""Pictures of a folder as claims read them: of one size, mixed, so many of each part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netspec.claims.pictures import Pictures
from netspec.data.digest import digest
from netspec.data.needs import NOTHING
from netspec.data.sets import Pictures as Found
from netspec.data.sets import find_part, read_set
from netspec.diagnostics import Fault

Array = NDArray[Any]
#: Height and width by the number of maps: those of MNIST, and of CIFAR-10.
SIDES = {1: 28, 3: 32}
#: The share of the training part that tests where there is no other part.
HELD = 1 / 6
#: Mixes the pictures of a folder, which come class by class.
SEED = 1998


def own_pictures(folder: Path, train: int, test: int, maps: int) -> Pictures:
    """At most so many pictures of a data set in any layout that `netspec train` reads, brought to one size.

    Raises Fault N707 where it has fewer than two classes.
    """
    learnt, tested = _parts(folder)
    rng = np.random.default_rng(SEED)
    order = rng.permutation(len(learnt))
    if tested is not None:
        others = rng.permutation(len(tested))[:test]
    else:
        tested, cut = learnt, max(1, round(HELD * len(order)))
        order, others = order[cut:], order[:cut][:test]
    order = order[:train]
    classes = int(max(learnt.labels.max(initial=0), tested.labels.max(initial=0))) + 1
    if classes < 2:
        raise Fault(
            "N707", f"{folder} has pictures of one class alone", help="a claim tells two classes apart at least"
        )
    return Pictures(
        _sized(learnt, order, maps), learnt.labels[order], _sized(tested, others, maps), tested.labels[others], classes
    )


def own_digest(folder: Path) -> str:
    """The digest of the pictures that ``own_pictures`` takes from."""
    return " ".join(digest(part) for part in _parts(folder) if part is not None)


def _parts(folder: Path) -> tuple[Found, Found | None]:
    """What there is to learn from and to test on."""
    learnt = read_set(folder, "train")
    others = (find_part(folder, name, learnt.classes, NOTHING) for name in ("test", "val"))
    return learnt, next((part for part in others if isinstance(part, Found)), None)


def _sized(found: Found, rows: Array, maps: int) -> Array:
    """Pictures of (side, side, maps) of uint8."""
    return np.stack([_one(np.asarray(found.images[row]), maps) for row in rows.tolist()])


def _one(image: Array, maps: int) -> Array:
    side = SIDES[maps]
    picture = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).convert("L" if maps == 1 else "RGB")
    if picture.size != (side, side):
        picture = picture.resize((side, side), Image.Resampling.LANCZOS)
    return np.asarray(picture).reshape(side, side, maps)
