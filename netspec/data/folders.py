"""Pictures in a folder for each class."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unicodedata import category

import numpy as np
from numpy.typing import NDArray

from netspec.data.images import SUFFIXES, Reading, read_image
from netspec.diagnostics import Fault
from netspec.files import reason

Array = NDArray[Any]


def read_folder(folder: Path, classes: list[str] | None, reading: Reading) -> tuple[Array | list[Array], Array, list[str]]:
    """Pictures, their classes, and the names of those: ``classes``, or the folders' own. Raises Fault N707."""
    found = [path.name for path in entries(folder) if os.path.isdir(path) and not path.name.startswith(".")]
    names = classes or found
    for name in found:
        if any(category(letter) in ("Cc", "Cs") for letter in name):
            raise Fault("N707", f"{folder} has a folder {name!r}, whose name is no text", help="a class is called as its folder, in UTF-8")
        if name not in names:
            raise Fault("N707", f"{folder} has a folder {name}, and there is no such class", help=_listed(names))
    images: list[Array] = []
    labels: list[int] = []
    broken: list[str] = []
    for name in found:
        for path in entries(folder / name):
            if path.suffix.lower() not in SUFFIXES:
                continue
            try:
                images.append(read_image(path, reading))
                labels.append(names.index(name))
            except Fault as fault:
                broken.append(f"{fault.message}{f' ({fault.help})' if fault.help else ''}")
    if broken:
        many = "a picture" if len(broken) == 1 else f"{len(broken):,} pictures"
        raise Fault("N707", f"{many} cannot be read (N705): {broken[0]}", help="\n".join(broken[:20]) if len(broken) > 1 else "")
    if not images:
        raise Fault("N707", f"{folder} holds no pictures", help=f"{folder}/CLASS/picture.png")
    alike = len({image.shape for image in images}) == 1  # bytes among wide numbers become such
    return np.stack(images) if alike else images, np.array(labels), names


def numbered(folder: Path) -> list[str] | None:
    """The names of classes that have none but their numbers, where all folders are called by such: `3` is the fourth."""
    found = [path.name for path in entries(folder) if os.path.isdir(path) and not path.name.startswith(".")]
    if not found or not all(name.isascii() and name.isdigit() and len(name) < 6 and str(int(name)) == name for name in found):
        return None
    return [str(number) for number in range(1 + max(map(int, found)))]


def entries(folder: Path) -> list[Path]:
    """What a folder has, in order. Raises Fault N707 where it cannot be read."""
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise Fault("N707", f"{folder} cannot be read: {reason(error)}") from None


def _listed(names: Sequence[str]) -> str:
    more = f", … and {len(names) - 20} more" if len(names) > 20 else ""
    return f"classes: {', '.join(names[:20])}{more}"
