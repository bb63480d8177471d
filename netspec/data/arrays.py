"""Examples that are no pictures: an array for each input and output of the net, maps first as the spec has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from netspec.diagnostics import Fault

Array = NDArray[Any]


@dataclass(frozen=True)
class Examples:
    """Arrays by name, channels last, an example along the first axis."""

    arrays: Mapping[str, Array]

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))


def has_arrays(folder: Path, part: str) -> bool:
    """Whether a folder holds a part (`train`, `test`) as `train.npz` or as `train/NAME.npy`."""
    return (folder / f"{part}.npz").is_file() or any((folder / part).glob("*.npy"))


def read_arrays(folder: Path, part: str, names: Sequence[str]) -> Examples:
    """A part's arrays for the names of a net. Raises Fault N707 where one cannot be read or their lengths differ.

    `NAME.npy` is mapped and not read, so that it may be larger than memory. Nothing is ever unpickled.
    """
    arrays: dict[str, Array] = {}
    packed = folder / f"{part}.npz"
    try:
        if packed.is_file():
            with np.load(packed, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files if name in names}
                known = list(file.files)
        else:
            known = [path.stem for path in sorted((folder / part).glob("*.npy"))]
            arrays = {name: np.load(folder / part / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in known if name in names}
    except (ValueError, OSError, EOFError, KeyError, BadZipFile) as error:
        raise Fault("N707", f"the {part} data in {folder} cannot be read: {str(error)[:200]}", help="arrays are plain numbers, saved with numpy.savez or numpy.save") from None
    if not arrays:
        raise Fault("N707", f"the {part} data in {folder} has {', '.join(known) or 'no array'}, and the net has {', '.join(names)}",
                    help="an array is called as the input or output that it is for")  # fmt: skip
    for name, array in arrays.items():
        if array.dtype.kind not in "fiub" or array.ndim == 0:
            raise Fault("N707", f"array {name} of the {part} data holds {array.dtype} and no numbers by example")
    counts = {name: len(array) for name, array in arrays.items()}
    if len(set(counts.values())) > 1 or 0 in counts.values():
        raise Fault("N707", f"the arrays of the {part} data have {', '.join(f'{n} {name}' for name, n in counts.items())}",
                    help="each holds one row for every example")  # fmt: skip
    return Examples({name: np.moveaxis(array, 1, -1) if array.ndim > 2 else array for name, array in arrays.items()})
