"""What a file claims, held against what it can hold and what there is, before anything is read."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from netspec.diagnostics import Fault
from netspec.files import foreign, open_regular
from netspec.machine import memory

Array = NDArray[Any]
#: A byte of deflate's gives at most so many.
DEFLATE = 1032
#: Bytes that are there without asking.
SMALL = 2**24
#: Bytes that are read at a time.
PIECE = 2**20


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """A data file, unpacked where it is called .gz, and the most bytes that it can hold. Raises Fault N707."""
    with open_regular(path, "N707", Fault) as file, foreign("N707", f"{path} cannot be read to its end"):
        size = os.fstat(file.fileno()).st_size
        if path.suffix != ".gz":
            yield file, size
            return
        with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
            yield cast(BinaryIO, unpacked), size * DEFLATE  # it reads as files do


def take(file: Any, count: int, what: str, code: str = "N707", after: str = "") -> Array:
    """Exactly ``count`` bytes; ``after`` says where they stand.

    Raises Fault ``code`` where there are fewer, or the machine has no room for them.
    """
    room = memory() if count > SMALL else None
    if room is not None and count > room.free:
        raise Fault(code, f"{what} claims {count:,} bytes, but only {room.free:,} are free, which is {room.limit}")
    result = np.empty(count, np.uint8)
    view, at = memoryview(result.data), 0
    while at < count:
        piece = file.read(min(PIECE, count - at))
        if not piece:
            raise Fault(code, f"{what} should hold {count:,} bytes{after}, but holds {at:,}")
        view[at : at + len(piece)] = piece
        at += len(piece)
    return result
