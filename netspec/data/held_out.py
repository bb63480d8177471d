"""Which examples of a training set are held out to judge it: a share that the seed and their names decide."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.arrays import Examples
from netspec.data.picture_files import PictureFiles
from netspec.data.sets import Pictures

Array = NDArray[Any]
#: What is held out where the data has neither a part to judge by nor one to test with, and nothing else is asked for.
USUAL = 0.2


def held_out(part: Pictures | Examples, share: float, seed: int) -> tuple[Any, Any]:
    """The part without what is held out, and that; each class gives its share.

    An example is held out where a hash of the seed and its name, from 0 to 1, is below the share; so it stays where it
    is when others are added. A class of which none would be held out, or all, gives or keeps the one of the lowest
    hash; one of a single example keeps it. What has no name has its number.
    """
    keys = getattr(part, "keys", None) or list(map(str, range(len(part))))
    labels = part.labels if part.labels is not None else np.zeros(len(part), int)
    ranks = np.array([_rank(seed, key) for key in keys])
    chosen = ranks < share
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        lowest = members[ranks[members].argmin()]
        if chosen[members].all():
            chosen[lowest] = False
        elif len(members) > 1 and not chosen[members].any():
            chosen[lowest] = True
    rest = taken(part, np.flatnonzero(~chosen))
    if isinstance(part, Pictures) and isinstance(rest, Pictures):
        rest = replace(rest, passed=part.passed, unused=part.unused)
    return rest, taken(part, np.flatnonzero(chosen))


def taken(part: Pictures | Examples, places: Array) -> Pictures | Examples:
    """Some examples of a part."""
    files = None if part.files is None else [part.files[i] for i in places]
    if isinstance(part, Examples):
        return replace(part, arrays={name: array[places] for name, array in part.arrays.items()}, files=files)
    images: Any = part.images
    if isinstance(images, PictureFiles):
        images = images.taken(places)
    else:
        images = images[places] if isinstance(images, np.ndarray) else [images[i] for i in places]
    keys = None if part.keys is None else [part.keys[i] for i in places]
    masks = None if part.masks is None else [part.masks[i] for i in places]
    return Pictures(images, part.labels[places], part.classes, keys, files=files, masks=masks)


def _rank(seed: int, key: str) -> float:
    """A number from 0 to below 1."""
    return int.from_bytes(sha256(f"{seed}\n{key}".encode("utf-8", "surrogateescape")).digest()[:7]) / 2**56
