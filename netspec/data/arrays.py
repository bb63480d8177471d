"""Examples that are no pictures: an array for each input and output of the net, maps first as the spec has them."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.npy import mapped, npz
from netspec.diagnostics import Fault

Array = NDArray[Any]
#: Numbers that are looked over at a time.
SLICE = 2**20
#: More classes than any net has.
CLASSES = 2**20
#: The largest number in single precision.
MOST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Examples:
    """Arrays by name, channels last, an example along the first axis; ``classes`` where they are called by name.

    ``labelled`` names the array that has the number of each example's class, where one has; ``files`` says where each
    example is from, where that is known. ``unused`` are the arrays or columns beside them that nothing asks for.
    """

    arrays: Mapping[str, Array]
    classes: list[str] | None = None
    labelled: str | None = None
    files: list[str] | None = None
    unused: Sequence[str] = ()

    def with_labels(self, names: Collection[str]) -> Examples:
        """The classes' numbers are in the first of some arrays that has one for each example."""
        found = (name for name, array in self.arrays.items() if name in names and _are_labels(array))
        return replace(self, labelled=next(found, None))

    @property
    def labels(self) -> Array | None:
        """The number of each example's class, where there is one for each."""
        return None if self.labelled is None else self.arrays[self.labelled].astype(np.int64)

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))


def _are_labels(array: Array) -> bool:
    """Whether these are numbers that classes may have, one for each example."""
    if array.ndim != 1 or array.dtype.kind not in "iu" or not len(array):
        return False
    return int(array.min()) >= 0 and int(array.max()) < CLASSES


def has_arrays(folder: Path, part: str) -> bool:
    """Whether a folder holds a part (`train`, `test`) as `train.npz` or as `train/NAME.npy`."""
    return _packed(folder, part) is not None or bool(_names(folder / part))


def loose_arrays(folder: Path, names: Sequence[str]) -> bool:
    """Whether an array for one of the names stands in a folder itself, without parts."""
    return any(name in names for name in _names(folder))


def all_arrays(folder: Path, parts: Sequence[str], alone: bool) -> Examples | None:
    """All arrays of a part, whatever net they are for; None where there are none. ``parts`` are its names.

    Those of the folder itself are taken where they may be (``alone``) and it has none by the part.
    """
    part = next((name for name in parts if has_arrays(folder, name)), None)
    if part is None and not (alone and _names(folder)):
        return None
    part = part or parts[0]
    file = _packed(folder, part)
    if file is None:
        names = _names(folder / part) or _names(folder)
    else:
        with npz(file, "N707") as packed:
            names = list(packed.members)
    return read_arrays(folder, part, names, names) if names else None


def read_arrays(folder: Path, part: str, names: Sequence[str], labels: Collection[str] = ()) -> Examples:
    """A part's arrays for the names of a net, channels last; those of the folder itself where it has none by the part.

    Those of ``labels`` are numbers of classes, one for each example or each of its places, and have no maps.
    Raises Fault N707 where one cannot be read, lengths differ, or a number is not finite in single precision.
    `NAME.npy` is mapped and not read, so that it may be larger than memory. Nothing is ever unpickled.
    """
    file = _packed(folder, part)
    if file is not None:
        with npz(file, "N707") as packed:
            known = list(packed.members)
            arrays = {name: packed[name] for name in known if name in names}
    else:
        where = folder / part if _names(folder / part) else folder
        known = _names(where)
        arrays = {name: mapped(where / f"{name}.npy", "N707") for name in known if name in names}
    if not arrays:
        held = ", ".join(known[:20]) or "no array"
        raise Fault(
            "N707",
            f"the {part} data in {folder} has {held}, but the net has {', '.join(names)}",
            help="name each array after the input or output that it is for",
        )
    unused = [name for name in known if name not in arrays]
    return replace(checked(arrays, part, labels=labels), unused=unused)


def checked(
    arrays: Mapping[str, Array], part: str, classes: list[str] | None = None, labels: Collection[str] = ()
) -> Examples:  # fmt: skip
    """The arrays of a part, maps first but for ``labels``, as examples.

    Fault N707 where lengths differ or a number is not finite.
    """
    for name, array in arrays.items():
        if array.ndim == 0:
            raise Fault("N707", f"array {name} of the {part} data is a single {array.dtype}, not one row per example")
    counts = {name: len(array) for name, array in arrays.items()}
    if len(set(counts.values())) > 1 or 0 in counts.values():
        lengths = ", ".join(f"{count} {name}" for name, count in counts.items())
        raise Fault(
            "N707", f"the arrays of the {part} data have {lengths}", help="give each array one row for every example"
        )
    for name, array in arrays.items():
        finite(array, f"array {name} of the {part} data")
    last = {
        name: np.moveaxis(array, 1, -1) if array.ndim > 2 and name not in labels else array
        for name, array in arrays.items()
    }
    return Examples(last, classes).with_labels(labels)


def _packed(folder: Path, part: str) -> Path | None:
    """The npz file of a part: what is given is one, which is a training set, or it is called after the part."""
    if is_packed(folder):
        return folder if part == "train" else None
    path = folder / f"{part}.npz"
    return path if os.path.lexists(path) and not os.path.isdir(path) else None


def is_packed(path: Path) -> bool:
    """Whether this is an npz file."""
    return path.suffix.lower() == ".npz" and os.path.isfile(path)


def _names(folder: Path) -> list[str]:
    """What the npy files of a folder are called."""
    try:
        return sorted(path.stem for path in folder.iterdir() if path.suffix == ".npy")
    except OSError:  # there is no such folder, or what is wrong with it is said where pictures are looked for
        return []


def finite(array: Array, what: str) -> None:
    """Fault N707 where a number is not finite in single precision; rows are counted from 0, as in NumPy."""
    if array.dtype.kind != "f":
        return
    step = max(1, SLICE // max(1, prod(array.shape[1:])))
    for at in range(0, len(array), step):
        rows = np.asarray(array[at : at + step], np.float64).reshape(min(step, len(array) - at), -1)
        good = (np.abs(rows) <= MOST).all(axis=1)
        if not good.all():
            row = int((~good).argmax())
            wrong = rows[row][~(np.abs(rows[row]) <= MOST)][0]
            raise Fault(
                "N707",
                f"{what} has {wrong} in row {at + row}",
                help="numbers must be finite in single precision",
            )
