"""CIFAR's binary files: records of a class and 3 x 32 x 32 of colour (Krizhevsky 2009), and the classes' names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.bounds import opened, take
from netspec.diagnostics import Fault
from netspec.files import read_regular

Array = NDArray[Any]
#: Files of CIFAR-10, then of CIFAR-100, whose records begin with a coarse class.
FILES = {"train": [*(f"data_batch_{n}.bin" for n in range(1, 6)), "train.bin"], "test": ["test_batch.bin", "test.bin"]}
_COARSE = ("train.bin", "test.bin")
_NAMES = ("batches.meta.txt", "fine_label_names.txt")
_LARGEST = 2**20


def read_cifar(batches: Sequence[Path]) -> tuple[Array, Array, list[str] | None]:
    """Pictures, their classes, and the names of those where a file beside them has them. Raises Fault N707."""
    beside = batches[0].parent
    names = next((beside / name for name in _NAMES if (beside / name).exists()), None)
    classes = None if names is None else _names(names)
    images: list[Array] = []
    numbers: list[Array] = []
    for path in batches:
        size = 3073 + (path.name in _COARSE)
        with opened(path) as (file, most):
            if not most:
                raise Fault("N707", f"{path} is empty")
            if most % size:
                raise Fault("N707", f"{path} holds {most:,} bytes, but CIFAR's records have {size:,}: "
                            f"the last one, from byte {most - most % size:,} on, has {most % size:,}")  # fmt: skip
            records = take(file, most, str(path)).reshape(-1, size)
        labels = records[:, size - 3073].astype(np.int64)
        if classes is not None and int(labels.max()) >= len(classes):
            record = int((labels >= len(classes)).argmax())
            raise Fault(
                "N707",
                f"{path} has class {labels[record]} at byte {record * size + size - 3073:,}, "
                f"but {names} has only {len(classes)} names",
            )
        numbers.append(labels)
        images.append(records[:, size - 3072 :].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    return np.ascontiguousarray(np.concatenate(images)), np.concatenate(numbers), classes


def _names(path: Path) -> list[str]:
    """A name a line; empty lines may stand behind the last one."""
    content = read_regular(path, _LARGEST, "N707", Fault)
    if len(content) > _LARGEST:
        raise Fault("N707", f"{path} is larger than {_LARGEST:,} bytes, the limit for names of classes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Fault(
            "N707",
            f"{path}:{line}: the name of a class is not UTF-8: byte {error.start} is 0x{content[error.start]:02X}",
        ) from None
    lines = [line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").rstrip().split("\n")]
    first: dict[str, int] = {}
    for number, name in enumerate(lines, 1):
        if not name:
            raise Fault("N707", f"{path}:{number}: this line is empty, but should name class {number - 1}")
        if first.setdefault(name, number) != number:
            raise Fault(
                "N707",
                f"{path}:{number}: the class {name} is already in line {first[name]}",
                help="give each class a name of its own",
            )
    return lines
