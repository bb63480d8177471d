"""Labelled pictures on disk: MNIST's four IDX files, CIFAR's binary ones, or a folder a class."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.arrays import Examples, has_arrays, read_arrays
from netspec.data.images import SUFFIXES, read_image
from netspec.diagnostics import Fault, Trouble

Array = NDArray[Any]
_IDX = {"train": "train", "test": "t10k"}
#: Binary CIFAR-10, then CIFAR-100 (whose records begin with a coarse class).
_CIFAR = {"train": [*(f"data_batch_{n}.bin" for n in range(1, 6)), "train.bin"], "test": ["test_batch.bin", "test.bin"]}
_CIFAR_NAMES = ("batches.meta.txt", "fine_label_names.txt")


@dataclass(frozen=True)
class Pictures:
    """``images`` are uint8 (height, width, maps), one array where they are of one size; ``labels`` count classes."""

    images: Array | list[Array]
    labels: Array
    classes: list[str] | None = None

    def __len__(self) -> int:
        return len(self.labels)


def read_part(folder: Path, part: str, classes: list[str] | None, names: Sequence[str]) -> Pictures | Examples:
    """As ``read_set``, or the part's arrays for the inputs and outputs of a net where the folder has such."""
    return read_arrays(folder, part, names) if has_arrays(folder, part) else read_set(folder, part, classes)


def read_set(folder: Path, part: str, classes: list[str] | None = None) -> Pictures:
    """The ``train`` or ``test`` part of the data in a folder.

    Raises Trouble where the folder is not there, Fault where what is in it cannot be used.
    """
    if not folder.is_dir():
        raise Trouble("N706", f"{folder} is not a folder", help="`--data` takes a folder with MNIST's four IDX files, or with train/ and test/")
    images = _idx_file(folder, f"{_IDX[part]}-images")
    if images is not None:
        labels = _idx_file(folder, f"{_IDX[part]}-labels")
        if labels is None:
            raise Fault("N707", f"{folder} has {images.name} and no {_IDX[part]}-labels file beside it")
        return _read_idx(images, labels)
    batches = [path for path in map(folder.joinpath, _CIFAR[part]) if path.is_file()]
    if batches:
        return _read_cifar(folder, batches)
    if (folder / part).is_dir():
        return _read_folder(folder / part, classes)
    raise Fault(
        "N707", f"{folder} holds no {part} data",
        help="MNIST's files are called train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-…, each maybe with .gz;\n"
        f"CIFAR's binary ones data_batch_1.bin … test_batch.bin; folders of pictures are called {part}/CLASS/picture.png;\n"
        f"arrays of other examples are {part}.npz or {part}/NAME.npy, a name for each input and output of the net",
    )  # fmt: skip


def _idx_file(folder: Path, start: str) -> Path | None:
    return next((p for p in sorted(folder.iterdir()) if p.name.startswith(start) and p.is_file()), None)


def _read_idx(images: Path, labels: Path) -> Pictures:
    pixels, numbers = _idx(images, 3), _idx(labels, 1)
    if len(pixels) != len(numbers):
        raise Fault("N707", f"{images.name} has {len(pixels)} pictures, and {labels.name} {len(numbers)} labels")
    if not len(pixels):
        raise Fault("N707", f"{images.name} has no pictures")
    return Pictures(pixels[..., None], numbers.astype(np.int64))


def _idx(path: Path, axes: int) -> Array:
    """An IDX file of bytes: two zeros, 8, the number of axes, their sizes, then the numbers and nothing more."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            head = file.read(4 + 4 * axes)
            if len(head) < 4 + 4 * axes or head[:3] != b"\0\0\x08" or head[3] != axes:
                raise Fault("N707", f"{path} is no IDX file of bytes with {axes} ax{'is' if axes == 1 else 'es'}: it begins with {head[:4].hex(' ') or 'nothing'}")
            sizes = struct.unpack(f">{axes}I", head[4:])
            count = int(np.prod(sizes, dtype=object))
            if count > 2**34:
                raise Fault("N707", f"{path} claims {count:,} bytes")
            body = file.read(count + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile, OSError) as error:
        raise Fault("N707", f"{path} cannot be read to its end: {error}") from None
    if len(body) != count:
        more = "more" if len(body) > count else f"{len(body):,}"
        raise Fault("N707", f"{path} should hold {count:,} bytes after its head, and holds {more}")
    return np.frombuffer(body, dtype=np.uint8).reshape(sizes)


def _read_cifar(folder: Path, batches: list[Path]) -> Pictures:
    """Records of one or two bytes of class and 3 x 32 x 32 of colour (Krizhevsky 2009)."""
    images: list[Array] = []
    numbers: list[Array] = []
    for path in batches:
        size = 3073 + (path.name in ("train.bin", "test.bin"))
        body = np.fromfile(path, dtype=np.uint8)
        if not len(body) or len(body) % size:
            raise Fault("N707", f"{path} holds {len(body):,} bytes, and CIFAR's records have {size:,}")
        records = body.reshape(-1, size)
        numbers.append(records[:, size - 3073].astype(np.int64))
        images.append(records[:, size - 3072 :].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    names = next((folder / name for name in _CIFAR_NAMES if (folder / name).is_file()), None)
    classes = names.read_text(encoding="utf-8", errors="replace").split() if names else None
    return Pictures(np.ascontiguousarray(np.concatenate(images)), np.concatenate(numbers), classes)


def _read_folder(folder: Path, classes: list[str] | None) -> Pictures:
    found = sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    names = classes or found
    unknown = [name for name in found if name not in names]
    if unknown:
        raise Fault("N707", f"{folder} has a folder {unknown[0]}, and there is no such class", help=f"classes: {', '.join(names[:20])}")
    images: list[Array] = []
    labels: list[int] = []
    broken: list[str] = []
    for name in found:
        for path in sorted((folder / name).iterdir()):
            if path.suffix.lower() not in SUFFIXES:
                continue
            try:
                images.append(read_image(path))
                labels.append(names.index(name))
            except Fault as fault:
                broken.append(fault.message)
    if broken:
        raise Fault("N707", f"{len(broken)} pictures cannot be read: {broken[0]}", help="\n".join(broken[:20]))
    if not images:
        raise Fault("N707", f"{folder} holds no pictures", help=f"{folder}/CLASS/picture.png")
    if len({image.shape for image in images}) == 1:
        return Pictures(np.stack(images), np.array(labels), names)
    return Pictures(images, np.array(labels), names)
