"""What is shipped: the specs, and for whoever has no data yet a small part of MNIST (LeCun, Cortes, Burges 1998)."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from PIL import Image

from netspec.data.sets import read_set
from netspec.files import read_regular
from netspec.folders import fill_folder, make_folder

#: Where they lie in the package.
DEMO = Path(__file__).parent / "demo"
_LARGEST = 2**24


def specs() -> Path:
    """The folder of the specs: in the package when it is installed, else in the checkout."""
    inside = Path(__file__).parents[1] / "specs"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "specs"


def write(folder: Path, pictures: bool) -> int:
    """Write them into a new or empty folder, as MNIST's files or as a folder for each class; how many files.

    Raises Trouble N604 where that cannot be done; then none of them is left, since a part would pass for a data set.
    """
    make_folder(folder.parent)
    return fill_folder(folder, as_pictures() if pictures else _as_idx())


def _as_idx() -> Iterator[tuple[str, bytes]]:
    for path in sorted(DEMO.glob("*-ubyte.gz")):
        yield path.name, read_regular(path, _LARGEST)


def as_pictures(
    most: Mapping[str, int] | None = None, size: tuple[int, int] | None = None
) -> Iterator[tuple[str, bytes]]:
    """The digits as PNG files in a folder for each class: all, or of each class the first ``most`` of a part.

    ``size`` is the height and width that they are brought to.
    """
    for part in ("train", "test"):
        found, seen = read_set(DEMO, part), Counter[int]()
        for number, (image, label) in enumerate(zip(found.images, found.labels.tolist(), strict=True)):
            seen[label] += 1
            if most is not None and seen[label] > most[part]:
                continue
            content, picture = io.BytesIO(), Image.fromarray(image[..., 0])
            (picture if size is None else picture.resize(size[::-1])).save(content, "PNG")
            yield f"{part}/{label}/{number:04}.png", content.getvalue()
