"""Pictures that stay in their files until they are asked for; what was decoded is kept as far as there is room."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from netspec.data.ahead import grouped, in_order
from netspec.data.chain import apply
from netspec.data.folders import UNREADABLE
from netspec.data.images import Reading, read_begun, read_image
from netspec.data.inputs import Images, each
from netspec.data.store import Kept, Store
from netspec.diagnostics import Fault, several
from netspec.files import open_regular
from netspec.machine import cores
from netspec.settings import steps

if TYPE_CHECKING:
    from netspec.data.folders import Listing

Array = NDArray[Any]
Made = TypeVar("Made")
#: Bytes of pictures that a thread works on at a time, and of the file that it hashes.
PIECE = 2**22


@dataclass(frozen=True, slots=True)
class Found:
    """One picture: its file, and the file's digest; its size there (height, width, maps), and what is kept of it.

    ``shape`` is behind the steps that it was kept after.
    """

    path: Path
    digest: bytes
    size: tuple[int, ...]
    shape: tuple[int, ...]
    kept: Kept | None


class PictureFiles(Sequence[Array]):
    """Pictures (height, width, maps) behind the steps ``front``, each decoded when it is asked for unless it was kept.

    They are what decoding gives, whether or not it was kept, and in whatever thread. ``found`` has a row for each.
    """

    def __init__(self, found: Sequence[Found], reading: Reading, store: Store) -> None:
        self.found, self.reading, self.store = found, reading, store
        self.front = reading.front

    def __len__(self) -> int:
        return len(self.found)

    def __getitem__(self, place: Any) -> Any:
        """The picture at a place; of a slice or several places those, one array where they are of one size."""
        if isinstance(place, int | np.integer):
            return self._one(self.found[int(place)])
        places = range(*place.indices(len(self))) if isinstance(place, slice) else np.asarray(place).tolist()
        return each([self._one(self.found[i]) for i in places], np.asarray)

    def __iter__(self) -> Iterator[Array]:
        threads = cores()
        with closing(in_order(self.found, self._one, threads, 2 * threads)) as pictures:
            yield from pictures

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(list(self), dtype)

    def taken(self, places: Sequence[int] | Array) -> PictureFiles:
        """Some of them."""
        return PictureFiles([self.found[i] for i in places], self.reading, self.store)

    def original(self, place: int) -> Array:
        """A picture as its file has it."""
        return read_image(self.found[place].path, self.reading)

    def digests(self) -> Iterator[bytes]:
        """SHA-256 of each file, as it was when it was first read."""
        return (one.digest for one in self.found)

    def different(self) -> list[int]:
        """The place of the first picture of each shape."""
        firsts: dict[tuple[int, ...], int] = {}
        for place, one in enumerate(self.found):
            firsts.setdefault(one.shape, place)
        return list(firsts.values())

    def at_a_time(self) -> int:
        """How many a thread should work on at a time: few where much is to be done or held for each."""
        some = self.found[:: max(1, len(self) // 64)]
        largest = max(prod(one.shape if one.kept is not None else one.size) for one in some)
        return max(1, PIECE // max(1, largest))

    def _one(self, one: Found) -> Array:
        kept = None if one.kept is None else self.store.read(one.kept)
        return _read(one.path, self.reading)[0] if kept is None else kept


def _read(path: Path, reading: Reading) -> tuple[Array, tuple[int, ...]]:
    """A picture behind the steps in front, and its size in the file."""
    picture, size = read_begun(path, next(iter(reading.front), None), reading)
    return behind(picture, reading.front), size


def behind(picture: Array, chain: Sequence[steps.Step]) -> Array:
    """One picture after some steps."""
    return np.asarray(apply(picture[None], chain)[0]) if chain else picture


def done(images: Images | PictureFiles) -> int:
    """How many steps of a chain pictures have been through."""
    return len(images.front) if isinstance(images, PictureFiles) else 0


def in_slices(
    images: Images | PictureFiles, size: int, change: Callable[[Any], Made]
) -> Generator[list[Made], None, None]:
    """What ``change`` makes of each ``size`` of them, in one piece or, of files, in several, which threads do ahead."""
    if not isinstance(images, PictureFiles):
        for at in range(0, len(images), size):
            yield [change(images[at : at + size])]
        return
    piece, count = images.at_a_time(), len(images)
    groups = [
        [slice(low, min(low + piece, at + size, count)) for low in range(at, min(at + size, count), piece)]
        for at in range(0, count, size)
    ]
    threads = cores()
    with closing(grouped(groups, lambda part: change(images[part]), threads, 2 * threads)) as made:
        yield from made


def decoded(found: Listing, reading: Reading, where: Path) -> PictureFiles:
    """The pictures, each decoded once by a thread a core, and kept as far as the reading's store has room.

    Raises Fault N707 with all that cannot be read, unless such are skipped: they are then no longer in ``found``.
    Fault N703 where one cannot go through the steps in front.
    """
    store, threads = reading.store or Store(), cores()
    with closing(in_order(found.files, lambda path: _first(path, reading, store), threads, 4 * threads)) as results:
        read = list(results)
    unfit = next((one for one in read if isinstance(one, Fault) and one.code != "N705"), None)
    broken = [one.line for one in read if isinstance(one, Fault) and one.code == "N705"]
    good = [place for place, one in enumerate(read) if isinstance(one, Found)]
    if broken and reading.skip and good:
        found.files[:], found.keys[:] = [found.files[i] for i in good], [found.keys[i] for i in good]
        found.labels[:] = [found.labels[i] for i in good]
        found.passed[UNREADABLE] += len(broken)
    elif broken:
        many = "a picture" if len(broken) == 1 else f"{len(broken):,} pictures"
        raise Fault(
            "N707",
            f"{many} cannot be read (N705): {broken[0]}",
            help="\n".join(several(broken)),
        )
    if unfit is not None:
        raise unfit
    if not good:
        raise Fault("N707", f"{where} holds no pictures", help=f"put them into {where}/CLASS/")
    return PictureFiles([one for one in read if isinstance(one, Found)], replace(reading, store=store), store)


def _first(path: Path, reading: Reading, store: Store) -> Found | Fault:
    """A picture read for the first time, or what is wrong with it."""
    try:
        prepared, size = _read(path, reading)
        with open_regular(path, "N705", Fault) as file:
            digest = sha256()
            while content := file.read(PIECE):
                digest.update(content)
    except Fault as fault:
        return fault
    return Found(path, digest.digest(), size, prepared.shape, store.keep(prepared))
