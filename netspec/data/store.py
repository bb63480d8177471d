"""Where decoded pictures are kept so that they are decoded once: memory, then a file, and nothing past a bound."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from netspec.files import reason
from netspec.machine import memory

Array = NDArray[Any]
#: Of free memory and of the free part of the disk, a picture's place may be in this share.
SHARE = 4
#: Memory that is taken to be free where the machine does not tell, and what an array takes besides its numbers.
_UNKNOWN, _HEAD = 2**32, 128
#: Where arrays may begin in the file.
_ALIGNED = 64


@dataclass(frozen=True)
class Placed:
    """A picture in the file of a store."""

    at: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


#: A kept picture: itself, or where it is in the file.
Kept = Array | Placed


class Store:
    """Keeps pictures of one command: ``most`` bytes in all, ``in_memory`` of them in memory, the others in a file.

    Without ``most`` it is a quarter of the free memory, and then a quarter of what is free where temporary files go.
    With it memory takes a quarter of what is free at most, too. The file has no name (what ends the process frees it)
    and is mapped into memory to be read; where it cannot be written it is given up, and ``trouble`` says why. Any
    thread may keep and read.
    """

    def __init__(self, most: int | None = None, in_memory: int | None = None) -> None:
        if in_memory is None:
            free = memory()
            in_memory = (_UNKNOWN if free is None else free.free) // SHARE
        self.asked, self.in_memory = most, in_memory if most is None else min(most, in_memory)
        self.most = most
        self.held = self.filed = self.left_out = self.pictures = 0
        self.trouble = ""
        self._file: IO[bytes] | None = None
        self._map: mmap | None = None
        self._end = 0
        self._lock = threading.Lock()

    def keep(self, picture: Array) -> Kept | None:
        """The picture kept, or None where there is no room for it."""
        with self._lock:
            self.pictures += 1
            if self.held + picture.nbytes + _HEAD <= self.in_memory:
                self.held += picture.nbytes + _HEAD
            else:
                placed = self._write(picture)
                self.left_out += picture.nbytes if placed is None else 0
                return placed
        kept = np.array(picture, order="C")  # a part of a picture would hold the whole of it
        kept.flags.writeable = False
        return kept

    def read(self, kept: Kept) -> Array | None:
        """A kept picture, not to be written to; None where the file was given up."""
        if not isinstance(kept, Placed):
            return kept
        with self._lock:
            if self._file is None:
                return None
            end = kept.at + int(np.prod(kept.shape)) * kept.dtype.itemsize
            if self._map is None or len(self._map) < end:
                self._map = mmap(self._file.fileno(), 0, access=ACCESS_READ)
            return np.ndarray(kept.shape, kept.dtype, self._map, kept.at)

    def _write(self, picture: Array) -> Placed | None:
        """The picture behind what is in the file; None where it has no room or the file cannot be written."""
        try:
            if not self.trouble and self._file is None and (self.most is None or self.held < self.most):
                self._open()
            at = -(-self._end // _ALIGNED) * _ALIGNED
            if self._file is None or self.most is None or self.held + at + picture.nbytes > self.most:
                return None
            self._file.seek(at)
            left = memoryview(np.ascontiguousarray(picture).data).cast("B")
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            self._give_up(error)
            return None
        self._end = at + picture.nbytes
        self.filed += picture.nbytes
        return Placed(at, picture.shape, picture.dtype)

    def _open(self) -> None:
        """Begin the file; what is given away of the disk is settled now."""
        free = shutil.disk_usage(tempfile.gettempdir()).free
        room = self.held + free // SHARE
        if self.asked is not None:  # a tenth stays free in any case: runs are written too
            room = min(self.asked, self.held + free - free // 10)
        self.most = room
        descriptor, name = tempfile.mkstemp(prefix="netspec-")
        self._file = os.fdopen(descriptor, "r+b", buffering=0)
        weakref.finalize(self, self._file.close)
        os.unlink(name)

    def _give_up(self, error: OSError) -> None:
        """Without a file: what was in it is decoded anew, and the disk has its room back."""
        self.trouble = reason(error)
        self.left_out += self.filed
        self.filed = self._end = 0
        if self._file is not None:
            self._file.close()
        self._file = self._map = None

    def told(self) -> str | None:
        """One line for what is kept; None where there was nothing to keep."""
        if not self.pictures:
            return None
        places = [f"{size(self.held)} kept in memory"] if self.held else []
        places += [f"{size(self.filed)} kept in a file"] if self.filed else []
        if self.left_out:
            bound = "do not fit a quarter of what is free (`--cache SIZE` keeps more)"
            if self.asked is not None:
                asked = size(self.asked).removesuffix(" bytes").replace(" ", "")
                bound = f"do not fit `--cache {asked}`"
            if self.trouble:
                bound = f"since a temporary file cannot be written: {self.trouble}"
            places += [f"decoded anew each epoch: {size(self.left_out)} {bound}"]
        return f"pictures: {', '.join(places)}"


def size(count: int) -> str:
    """Bytes, rounded: 61 MB."""
    for unit, one in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if count >= one:
            return f"{count / one:.3g} {unit}"
    return f"{count} bytes"
