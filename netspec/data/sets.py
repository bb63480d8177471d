"""Labelled examples on disk: MNIST's IDX files, CIFAR's binary ones, arrays, or a folder for each class."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.arrays import Examples, has_arrays, is_packed, loose_arrays, read_arrays
from netspec.data.beside import beside, not_both
from netspec.data.cifar import FILES, read_cifar
from netspec.data.folders import PARTS, UNLISTED, Listing, below, class_folders, entries, listing, not_flat, numbered
from netspec.data.idx import read_idx
from netspec.data.images import PLAIN, Reading
from netspec.data.label_pictures import FOLDERS, Pairs, decodable, pairs, read_labels
from netspec.data.lists import listed, read_list
from netspec.data.needs import NOTHING, Needs
from netspec.data.picture_files import PictureFiles, decoded
from netspec.data.rows import SUFFIXES
from netspec.data.table import read_table
from netspec.data.texts import list_of, plain_table, table_of
from netspec.diagnostics import Fault, Trouble
from netspec.kinds import kind_of, mistaken

Array = NDArray[Any]
#: How the names of a part's IDX files begin.
_IDX = {"train": ("train",), "val": PARTS["val"], "test": ("t10k", "test")}


@dataclass(frozen=True)
class Pictures:
    """``images`` are (height, width, maps), in their files or one array where they are of one size.

    ``labels`` count ``classes``. Where places have classes ``masks`` are those, (height, width) of each picture, and
    ``labels`` are all 0. ``keys`` name the pictures where they have names, and ``files`` is where they are; ``passed``
    counts what was passed over in their folder, by reason; ``unused`` are columns of their list.
    """

    images: Array | list[Array] | PictureFiles
    labels: Array
    classes: list[str] | None = None
    keys: list[str] | None = None
    passed: Counter[str] = field(default_factory=Counter)
    files: list[str] | None = None
    masks: list[Array] | None = None
    unused: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.labels)


Part = Pictures | Examples
_DEMO = "without data of your own: `netspec data demo DIR` writes digits to begin with"


def read_set(folder: Path, part: str, classes: list[str] | None = None, reading: Reading = PLAIN) -> Pictures:
    """The pictures of a part of the data in a folder; ``classes`` say which number each name has.

    Raises Trouble where the folder is not there, Fault where what is in it cannot be used.
    """
    found = read_part(folder, part, classes, NOTHING, reading)
    assert isinstance(found, Pictures)
    return found


def read_part(folder: Path, part: str, classes: list[str] | None, needs: Needs, reading: Reading = PLAIN) -> Part:
    """As ``find_part``; Fault N707 where the folder has no such part."""
    found = find_part(folder, part, classes, needs, reading)
    if found is None and reading.layout is not None:
        raise Fault(
            "N707",
            f"{folder} holds no {part} data in the format `{reading.layout}`",
            help="leave `--format` out to take what is there; `netspec explain N707` lists what each format is",
        )
    if found is None:
        if part == "train":
            not_flat(folder)
        run = ": it is a run's folder" if kind_of(folder) == "a run's folder" else ""
        raise Fault(
            "N707",
            f"{folder} holds no {part} data{run}",
            help="MNIST's files are called train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-…, "
            "each maybe with .gz;\n"
            "CIFAR's binary ones data_batch_1.bin … test_batch.bin; "
            f"folders of pictures are called {part}/CLASS/picture.png;\n"
            f"a list of pictures is {part}.csv, with lines `filename,label`, "
            "and a table too, with a header and numbers;\n"
            f"arrays of other examples are {part}.npz or {part}/NAME.npy, a name for each input and output of the net\n"
            f"{_DEMO}",
        )
    return found


def find_part(
    folder: Path, part: str, classes: list[str] | None, needs: Needs, reading: Reading = PLAIN
) -> Part | None:
    """The ``train``, ``val`` or ``test`` part of the data in a folder; None where it has no such part.

    ``classes`` say which number each name has, ``needs`` what the net reads and is held against. A file alone, and a
    folder that has a folder for each class and no parts, is a training set. Raises Trouble where the folder is not
    there, Fault where what is in it cannot be used.
    """
    check_folder(folder)
    table = table_of(folder, part, needs, reading)
    if table is not None:
        return read_table(table, needs, classes)
    if needs.maps and reading.allows("folder") and (pictures := _with_masks(folder, part, classes, reading)):
        return pictures
    if needs.maps and _parted(folder):
        return None
    found = listing_of(folder, part, classes, reading)
    if found is not None:
        images = decoded(found, reading.of_part(part), folder)
        files = list(map(str, found.files))
        return Pictures(
            images, np.array(found.labels), found.classes, found.keys, found.passed, files, None, found.unused
        )
    for name in PARTS[part] if needs.names and reading.allows("arrays") else ():
        if has_arrays(folder, name):
            return read_arrays(folder, name, needs.names, needs.labels)
    if not os.path.isdir(folder):  # a file, which is a training set
        return None
    idx = _idx(folder, part) if reading.allows("idx") else None
    return (
        idx
        or (_cifar(folder, part, classes) if reading.allows("cifar") else None)
        or (_loose(folder, needs, classes, reading) if part == "train" else None)
    )


def masked(folder: Path, part: str) -> Pairs | None:
    """The pictures of a part that have label pictures beside them; None where there are none."""
    found = (pairs(folder / name) or pairs(folder, name) for name in PARTS[part])
    whole = part == "train" and not _parted(folder)
    return next(filter(None, found), None) or (pairs(folder) if whole else None)


def _parted(folder: Path) -> bool:
    """Whether the parts stand below the pictures and the labels: images/train and labels/train."""
    return any(os.path.isdir(folder / "images" / name) for name in chain(*PARTS.values()))


def _with_masks(folder: Path, part: str, classes: list[str] | None, reading: Reading) -> Pictures | None:
    """The pictures of a part with a label picture for each: PART/images and PART/labels, or these without parts."""
    found = masked(folder, part)
    if found is None:
        alone = [where for name in PARTS[part] if os.path.isdir(where := folder / name / "images")]
        if alone:
            raise Fault(
                "N707",
                f"{alone[0]} has no label pictures beside it",
                help=f"put them into {alone[0].parent / FOLDERS[0]}: one of the same name for each",
            )
        return None
    if reading.skip:
        found = decodable(found, reading)
    beside = dict(zip(found.pictures, found.labels, strict=True))
    listed = Listing([], found.pictures, found.keys, [0] * len(found.keys), found.passed)
    images = decoded(listed, reading.of_part(part), folder)  # which may leave some out
    masks = read_labels([beside[path] for path in listed.files], [one.size for one in images.found], reading)
    files = list(map(str, listed.files))
    return Pictures(images, np.array(listed.labels), classes, listed.keys, listed.passed, files, masks)


def _loose(folder: Path, needs: Needs, classes: list[str] | None, reading: Reading) -> Part | None:
    """What may be meant for a training set where nothing else is one: arrays without a part, a table of other names."""
    if reading.allows("arrays") and loose_arrays(folder, needs.names):
        return read_arrays(folder, "train", needs.names, needs.labels)
    table = plain_table(folder, "train", reading)
    return read_table(table, needs, classes) if table is not None and needs.by_columns else None


def listing_of(
    folder: Path, part: str, classes: list[str] | None, reading: Reading = PLAIN, wrong: list[str] | None = None
) -> Listing | None:
    """The pictures of a part that stand in folders or in a list; None where there are none, or they are elsewhere.

    Raises Fault N707 where a list or a folder cannot be used; ``wrong`` is as of ``listing``.
    """
    listed_in = list_of(folder, part) if reading.allows("list") else None
    if listed_in is not None:
        found = listed(listed_in, classes, wrong)
        _look_beside(folder, part, listed_in, found, reading)
        return found
    where = folder_of(folder, part, reading) if reading.allows("folder") and os.path.isdir(folder) else None
    known = classes or (numbered(where) if where is not None and part != "train" else None)
    return None if where is None else listing(where, known, wrong)


def _look_beside(folder: Path, part: str, listed_in: Path, found: Listing, reading: Reading) -> None:
    """Count the pictures in a list's folder that no list has. Fault N707 where they may be meant in its place."""
    if not os.path.isdir(folder):
        return
    lists = {name: path for name in PARTS if (path := list_of(folder, name)) is not None}
    known = (found if path == listed_in else read_list(path)[0] for path in lists.values())
    others = beside(folder, {os.path.abspath(path) for one in known for path in one.files}, lists)
    if reading.layout is None:
        not_both(folder, others, listed_in, "list")
    if part == "train":
        found.passed[UNLISTED] += len(others)


def check_folder(folder: Path) -> None:
    """Trouble N706 unless there is such a folder, or a list, a table or arrays in a file."""
    if is_packed(folder) or (folder.suffix.lower() in SUFFIXES and os.path.isfile(folder)):
        return
    if not os.path.isdir(folder):  # of a folder that may not be looked into, Path's raises
        raise Trouble(
            "N706",
            mistaken(folder, "a folder of data") or f"{folder} {_why_not(folder)}",
            help="give `--data` a folder with MNIST's four IDX files, with train/ and test/, "
            "or with a folder for each class, a list with lines `filename,label`, a table with a header, "
            f"or an npz\n{_DEMO}",
        )


def _why_not(path: Path) -> str:
    if not os.path.exists(path):
        return "is a link that leads nowhere" if os.path.islink(path) else "does not exist"
    return f"is neither a folder nor a file of a kind that holds data: {', '.join(SUFFIXES)}, .npz"


def _idx(folder: Path, part: str) -> Pictures | None:
    start = _idx_start(folder, part)
    images = None if start is None else _idx_file(folder, f"{start}-images")
    if images is None:
        return None
    labels = _idx_file(folder, f"{start}-labels")
    if labels is None:
        raise Fault("N707", f"{folder} has {images.name}, but no {start}-labels file beside it")
    return Pictures(*read_idx(images, labels))


def _idx_start(folder: Path, part: str) -> str | None:
    """How the names of a part's IDX files begin; None where it has none."""
    return next((start for start in _IDX[part] if _idx_file(folder, f"{start}-images") is not None), None)


def _idx_file(folder: Path, start: str) -> Path | None:
    return next((path for path in entries(folder) if path.name.startswith(start) and not os.path.isdir(path)), None)


def _cifar(folder: Path, part: str, classes: list[str] | None) -> Pictures | None:
    batches = _batches(folder, part)
    return by_name(Pictures(*read_cifar(batches)), classes, batches[0]) if batches else None


def _batches(folder: Path, part: str) -> list[Path]:
    """CIFAR's files of a part."""
    found = map(folder.joinpath, FILES.get(part, []))
    return [path for path in found if os.path.lexists(path) and not os.path.isdir(path)]


def folder_of(folder: Path, part: str, reading: Reading) -> Path | None:
    """The folder that has a part's folders of classes; None where there is none, or the data is of another kind.

    Fault N707 where either may be meant, and ``reading`` does not say which.
    """
    where = next((folder / name for name in PARTS[part] if os.path.isdir(folder / name)), None)
    if where is None and part == "train" and not has_parts(folder):
        where = folder if class_folders(folder) else None
    if reading.layout is not None:
        return where
    if any(has_arrays(folder, name) for name in PARTS[part]):
        return None
    start, batches = _idx_start(folder, part), _batches(folder, part)
    other = next(iter(batches), None) if start is None else _idx_file(folder, f"{start}-images")
    if where is not None and other is not None:
        not_both(folder, list(below(where, Counter())), other, "cifar" if start is None else "idx")
    return where if other is None else None


def has_parts(folder: Path) -> bool:
    """Whether a folder has a folder for a part, of which all its folders are, or one of them is `train`."""
    parts = {name for names in PARTS.values() for name in names}
    found = class_folders(folder)
    return "train" in found or (bool(found) and set(found) <= parts)


def by_name(pictures: Pictures, classes: list[str] | None, place: Path) -> Pictures:
    """The pictures with their classes counted as ``classes`` has them. Fault N707 where one has no such class."""
    own = pictures.classes
    if classes is None or own is None or own == classes:
        return pictures
    for number in np.unique(pictures.labels).tolist():
        if own[number] not in classes:
            raise Fault(
                "N707",
                f"{place} has pictures of {own[number]}, but there is no such class",
                help=f"classes: {', '.join(classes[:20])}",
            )
    numbers = {name: number for number, name in enumerate(classes)}
    places = np.array([numbers.get(name, -1) for name in own])
    return replace(pictures, labels=places[pictures.labels], classes=classes)
