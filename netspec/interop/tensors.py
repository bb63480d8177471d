"""Safetensors files by their own rules, written and read: what a head claims is held against the file first."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.bounds import take
from netspec.diagnostics import Fault
from netspec.files import Buffer, foreign, open_regular

Array = NDArray[Any]
#: The longest head that is read: more than 100,000 tensors.
HEAD = 2**24
_TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?",
}  # fmt: skip
_NAMES = {np.dtype(code): name for name, code in _TYPES.items() if name != "BF16"}


@dataclass(frozen=True)
class Tensor:
    """A tensor as the head has it; its bytes lie from ``start`` to ``end``, counted from behind the head."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


def read_tensors(path: Path, help: str = "") -> tuple[dict[str, Array], dict[str, Any]]:
    """The tensors by name, and the metadata.

    Raises Fault N702 where the file is not what it says, Trouble N601 where there is none.
    """
    with open_regular(path) as file, foreign("N702", f"{path} holds no weights", help):
        size = os.fstat(file.fileno()).st_size
        if size < 8:
            raise Fault("N702", f"{path} holds no weights: it has {size} bytes", help=help)
        length = struct.unpack("<Q", file.read(8))[0]
        if HEAD < length <= size - 8:
            raise Fault(
                "N702",
                f"{path} holds no weights: its header has {length:,} bytes, but at most {HEAD:,} are read",
                help=help,
            )
        if length > size - 8:
            raise Fault(
                "N702",
                f"{path} holds no weights: its first 8 bytes claim a header of {length:,}, but {size - 8:,} follow",
                help=help,
            )
        head = json.loads(file.read(length).decode("utf-8"), object_pairs_hook=_once)
        if not isinstance(head, dict):
            raise Fault("N702", f"{path} holds no weights: its header is not an object", help=help)
        metadata = head.pop("__metadata__", {})
        tensors = sorted(
            (_tensor(name, about) for name, about in head.items()), key=lambda tensor: (tensor.start, tensor.end)
        )
        end = 0
        for tensor in tensors:
            if tensor.start != end:
                raise Fault(
                    "N702",
                    f"{path}: tensor {tensor.name[:100]} begins at byte {tensor.start:,}, "
                    f"but the one before it ends at {end:,}",
                )
            end = tensor.end
        if end != size - 8 - length:
            raise Fault("N702", f"{path} should hold {end:,} bytes of tensors, but holds {size - 8 - length:,}")
        arrays = {tensor.name: _read(file, tensor, path) for tensor in tensors}
        return {name: arrays[name] for name in sorted(arrays)}, metadata if isinstance(metadata, dict) else {}


def tensor_bytes(arrays: Mapping[str, Array], metadata: Mapping[str, str]) -> list[Buffer]:
    """A safetensors file in pieces, those of the arrays not copied: the widest numbers first, then by name.

    The bytes are those of the library's ``save``, which needs room for everything once more.
    """
    names = sorted(arrays, key=lambda name: (-arrays[name].dtype.itemsize, name))
    head: dict[str, Any] = {"__metadata__": dict(metadata)}
    pieces: list[Buffer] = []
    end = 0
    for name in names:
        array = np.ascontiguousarray(arrays[name])  # of strided ones the library writes other numbers
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        start, end = end, end + array.nbytes
        head[name] = {"dtype": _NAMES[array.dtype], "shape": list(arrays[name].shape), "data_offsets": [start, end]}
        if array.size:
            pieces.append(array.reshape(-1).data.cast("B"))
    text = json.dumps(head, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return [struct.pack("<Q", len(text)), text, *pieces]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in result if names.count(name) > 1) if len(names) < 1000 else "a name"
        raise ValueError(f"{twice[:100]} stands twice in its head")
    return result


def _tensor(name: str, about: Any) -> Tensor:
    """What the head says of a tensor. Raises ValueError where that cannot be."""
    if not isinstance(about, dict) or set(about) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"its head says of tensor {name[:100]} something else than dtype, shape and data_offsets")
    dtype, shape, ends = about["dtype"], about["shape"], about["data_offsets"]
    if dtype not in _TYPES:
        raise ValueError(
            f"tensor {name[:100]} has numbers of type {str(dtype)[:20]}, "
            f"and those that are read are {', '.join(_TYPES)}"
        )
    if not _whole(shape) or len(shape) > 32 or not _whole(ends) or len(ends) != 2:
        raise ValueError(f"tensor {name[:100]} has no whole numbers as shape and data_offsets")
    count, itemsize = prod(shape), np.dtype(_TYPES[dtype]).itemsize
    if count * itemsize != ends[1] - ends[0]:
        raise ValueError(f"tensor {name[:100]} should have {count * itemsize:,} bytes, and has {ends[1] - ends[0]:,}")
    return Tensor(name, dtype, tuple(shape), ends[0], ends[1])


def _whole(numbers: Any) -> bool:
    return isinstance(numbers, list) and all(type(n) is int and 0 <= n < 2**62 for n in numbers)


def _read(file: Any, tensor: Tensor, path: Path) -> Array:
    if tensor.start == tensor.end:
        return np.empty(tensor.shape, np.float32 if tensor.dtype == "BF16" else _TYPES[tensor.dtype])
    numbers = take(file, tensor.end - tensor.start, f"{path}: tensor {tensor.name[:100]}", "N702")
    if tensor.dtype == "BOOL":
        return np.asarray(numbers != 0).reshape(tensor.shape)
    array: Array = numbers.view(_TYPES[tensor.dtype])
    if tensor.dtype == "BF16":  # the upper half of single precision
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return array.reshape(tensor.shape)
