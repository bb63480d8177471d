"""What tells one set of examples from another: a digest of all that is in it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from netspec.data.arrays import Examples
from netspec.data.picture_files import PictureFiles

if TYPE_CHECKING:
    from netspec.data.sets import Pictures

#: Bytes that are looked at in one go: arrays may be larger than memory.
_PIECE = 2**24


def digest(part: Pictures | Examples) -> str:
    """SHA-256 of the shapes and numbers of a part in their order, pictures with their labels.

    Of pictures in files it is that of the files.
    """
    found = sha256()
    if isinstance(part, Examples):
        arrays: dict[str, Any] = dict(part.arrays)
    else:
        arrays = {"images": part.images, "labels": part.labels}
        arrays |= {} if part.masks is None else {"masks": part.masks}
    for name, array in sorted(arrays.items()):
        found.update(f"{name} {len(array)}\n".encode())
        if isinstance(array, PictureFiles):
            for content in array.digests():
                found.update(content)
            continue
        for piece in array if isinstance(array, list) else [array]:
            _add(found, piece)
    return found.hexdigest()


def _add(found: Any, array: Any) -> None:
    found.update(f"{array.dtype.str} {array.shape}\n".encode())
    rows = max(1, _PIECE // max(1, array[:1].nbytes)) if array.ndim else 1
    for at in range(0, len(array), rows) if array.ndim else ():
        found.update(np.ascontiguousarray(array[at : at + rows]).data)
