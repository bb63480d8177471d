"""Labelled pictures on disk: MNIST's four IDX files, CIFAR's binary ones, or a folder a class."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.arrays import Examples, has_arrays, read_arrays
from netspec.data.cifar import FILES, read_cifar
from netspec.data.folders import entries, numbered, read_folder
from netspec.data.idx import read_idx
from netspec.data.images import PLAIN, Reading
from netspec.diagnostics import Fault, Trouble

Array = NDArray[Any]
_IDX = {"train": "train", "test": "t10k"}


@dataclass(frozen=True)
class Pictures:
    """``images`` are (height, width, maps), one array where they are of one size; ``labels`` count ``classes``."""

    images: Array | list[Array]
    labels: Array
    classes: list[str] | None = None

    def __len__(self) -> int:
        return len(self.labels)


def read_both(folder: Path, classes: list[str] | None, names: Sequence[str], reading: Reading = PLAIN) -> tuple[Any, Any]:
    """The ``train`` and the ``test`` part: a class has the same number in both, by its name."""
    train = read_part(folder, "train", classes, names, reading)
    return train, read_part(folder, "test", classes or getattr(train, "classes", None), names, reading)


def read_part(folder: Path, part: str, classes: list[str] | None, names: Sequence[str], reading: Reading = PLAIN) -> Pictures | Examples:
    """As ``read_set``, or the part's arrays for the inputs and outputs of a net where the folder has such."""
    _is_folder(folder)
    return read_arrays(folder, part, names) if has_arrays(folder, part) else read_set(folder, part, classes, reading)


def read_set(folder: Path, part: str, classes: list[str] | None = None, reading: Reading = PLAIN) -> Pictures:
    """The ``train`` or ``test`` part of the data in a folder; ``classes`` say which number each name has.

    Raises Trouble where the folder is not there, Fault where what is in it cannot be used.
    """
    _is_folder(folder)
    images = _idx_file(folder, f"{_IDX[part]}-images")
    if images is not None:
        labels = _idx_file(folder, f"{_IDX[part]}-labels")
        if labels is None:
            raise Fault("N707", f"{folder} has {images.name} and no {_IDX[part]}-labels file beside it")
        return Pictures(*read_idx(images, labels))
    batches = [path for path in map(folder.joinpath, FILES[part]) if os.path.lexists(path) and not os.path.isdir(path)]
    if batches:
        return by_name(Pictures(*read_cifar(batches)), classes, batches[0])
    if os.path.isdir(folder / part):
        known = classes or (numbered(folder / part) if part == "test" else None)
        return Pictures(*read_folder(folder / part, known, reading))
    raise Fault(
        "N707", f"{folder} holds no {part} data",
        help="MNIST's files are called train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-…, each maybe with .gz;\n"
        f"CIFAR's binary ones data_batch_1.bin … test_batch.bin; folders of pictures are called {part}/CLASS/picture.png;\n"
        f"arrays of other examples are {part}.npz or {part}/NAME.npy, a name for each input and output of the net",
    )  # fmt: skip


def by_name(pictures: Pictures, classes: list[str] | None, place: Path) -> Pictures:
    """The pictures with their classes counted as ``classes`` has them. Fault N707 where one of theirs is none of these."""
    own = pictures.classes
    if classes is None or own is None or own == classes:
        return pictures
    for number in np.unique(pictures.labels).tolist():
        if own[number] not in classes:
            raise Fault("N707", f"{place} has pictures of {own[number]}, and there is no such class", help=f"classes: {', '.join(classes[:20])}")
    places = np.array([classes.index(name) if name in classes else -1 for name in own])
    return Pictures(pictures.images, places[pictures.labels], classes)


def _is_folder(folder: Path) -> None:
    if not os.path.isdir(folder):  # of a folder that may not be looked into, Path's raises
        raise Trouble("N706", f"{folder} is not a folder", help="`--data` takes a folder with MNIST's four IDX files, or with train/ and test/")


def _idx_file(folder: Path, start: str) -> Path | None:
    return next((path for path in entries(folder) if path.name.startswith(start) and not os.path.isdir(path)), None)
