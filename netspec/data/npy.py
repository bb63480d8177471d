"""NumPy's files, npy and npz: their headers are checked before anything is read; nothing is ever unpickled."""

from __future__ import annotations

import os
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.lib import format as layout
from numpy.typing import NDArray

from netspec.data.bounds import DEFLATE, take
from netspec.diagnostics import Fault
from netspec.files import foreign, open_regular

Array = NDArray[Any]
#: The longest head of an array.
HEAD = 10_000
#: Arrays in one file.
MOST = 100_000
_HELP = "save arrays of plain numbers with numpy.savez or numpy.save"


@dataclass(frozen=True)
class Head:
    """What an npy file says of its array."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    by_columns: bool

    @property
    def bytes(self) -> int:
        """How many there are of numbers."""
        return prod(self.shape) * self.dtype.itemsize


class Packed:
    """An npz file that is open: arrays by name, each read when it is asked for."""

    def __init__(self, file: zipfile.ZipFile, path: Path, code: str) -> None:
        self.file, self.path, self.code = file, path, code
        self.members = {name.removesuffix(".npy"): info for name, info in self._members().items()}

    def _members(self) -> dict[str, zipfile.ZipInfo]:
        found = self.file.infolist()
        if len(found) > MOST:
            raise Fault(self.code, f"{self.path} holds {len(found):,} files, but at most {MOST:,} are read")
        for name, times in Counter(info.filename for info in found).items():
            if times > 1:
                raise Fault(self.code, f"{self.path} holds {name} {times} times", help=_HELP)
        for info in found:
            if not info.filename.endswith(".npy"):
                raise Fault(self.code, f"{self.path} holds {info.filename}, which is not an array", help=_HELP)
            if info.flag_bits & 1:
                raise Fault(self.code, f"{self.path}: {info.filename} is encrypted", help=_HELP)
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Fault(
                    self.code,
                    f"{self.path}: {info.filename} is compressed by a method that NumPy does not use",
                    help=_HELP,
                )
        return {info.filename: info for info in found}

    def __getitem__(self, name: str) -> Array:
        info = self.members[name]
        what = f"{self.path}: {info.filename}"
        if info.file_size > info.compress_size * DEFLATE + 64:
            raise Fault(
                self.code, f"{what} claims {info.file_size:,} bytes, more than its {info.compress_size:,} can unpack to"
            )
        with foreign(self.code, f"{what} cannot be read", _HELP), self.file.open(info) as member:
            head = read_head(member, what, self.code)
            if member.tell() + head.bytes != info.file_size:
                raise Fault(
                    self.code,
                    f"{what} should hold {head.bytes:,} bytes after its header, "
                    f"but holds {info.file_size - member.tell():,}",
                )
            numbers = take(member, head.bytes, what, self.code)
            member.read(1)  # its end, where the check sum is looked at
            return _shaped(numbers, head)


@contextmanager
def npz(path: Path, code: str) -> Iterator[Packed]:
    """An npz file. Raises Fault ``code`` where it is none, or holds what is no array."""
    with (
        open_regular(path, code, Fault) as file,
        foreign(code, f"{path} cannot be read", _HELP),
        zipfile.ZipFile(file) as packed,
    ):
        yield Packed(packed, path, code)


def mapped(path: Path, code: str) -> Array:
    """The array of an npy file, mapped and not read, so that it may be larger than memory."""
    with open_regular(path, code, Fault) as file, foreign(code, f"{path} cannot be read", _HELP):
        size, head = os.fstat(file.fileno()).st_size, read_head(file, str(path), code)
        if size - file.tell() != head.bytes:
            raise Fault(
                code, f"{path} should hold {head.bytes:,} bytes after its header, but holds {size - file.tell():,}"
            )
        if not head.bytes:
            return np.empty(head.shape, head.dtype)
        numbers: Array = np.memmap(
            cast(Any, file), head.dtype, "r", file.tell(), head.shape, "F" if head.by_columns else "C"
        )
        return numbers


def read_head(file: Any, what: str, code: str) -> Head:
    """What stands in front of an array's numbers. Raises Fault ``code`` where they are no numbers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # heads of Python 2
        version = layout.read_magic(file)
        if version not in ((1, 0), (2, 0), (3, 0)):
            raise Fault(
                code, f"{what} is written in version {version[0]}.{version[1]} of NumPy's format, which is not known"
            )
        reads = layout.read_array_header_1_0 if version == (1, 0) else layout.read_array_header_2_0
        shape, by_columns, dtype = reads(file, max_header_size=HEAD)
    if dtype.hasobject:
        raise Fault(code, f"{what} cannot be read: it holds Python objects, and nothing is ever unpickled", help=_HELP)
    if dtype.kind not in "fiub" or dtype.names is not None or dtype.subdtype is not None:
        raise Fault(code, f"{what} holds {str(dtype)[:60]}, not numbers", help=_HELP)
    if any(isinstance(n, bool) or n < 0 for n in shape) or len(shape) > 32 or prod(shape) >= 2**62:
        raise Fault(code, f"{what} claims a shape that no array has: {str(shape)[:60]}")
    return Head(tuple(shape), dtype, by_columns)


def _shaped(numbers: Array, head: Head) -> Array:
    if not numbers.size:
        return np.empty(head.shape, head.dtype)
    flat = numbers.view(head.dtype)
    return flat.reshape(head.shape[::-1]).transpose() if head.by_columns else flat.reshape(head.shape)
