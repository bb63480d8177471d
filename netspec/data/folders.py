"""Pictures in a folder for each class."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from unicodedata import category

from netspec.data.images import SUFFIXES
from netspec.diagnostics import Fault, printable, several
from netspec.files import reason

#: The parts of a data set, and what their folders and arrays may be called.
PARTS = {"train": ("train",), "val": ("val", "valid", "validation"), "test": ("test",)}
#: What systems leave among pictures.
_LEFT = ("__MACOSX", "Thumbs.db", "desktop.ini")
#: Names of a folder that are in memory at a time.
AT_A_TIME = 2**14
UNREADABLE = "that cannot be decoded"
#: Names of columns and arrays that one line tells.
MOST_TOLD = 50
#: What shows that a folder is a run's or a sweep's.
_RUNS = (("settings.json", "spec.net"), ("sweep.json",), (".lock",))
HIDDEN, LEFT, OWN, UNKNOWN, OUTSIDE, UNLISTED = (
    "hidden",
    "left by a system",
    "made by netspec",
    "no picture by their names",
    "outside the classes' folders",
    "in no list",
)


@dataclass
class Listing:
    """Pictures that were found: files, their ``keys`` (the path from the class's folder), and the class of each.

    ``passed`` counts what was passed over, by reason; ``unused`` are the columns of a list that nothing asks for.
    """

    classes: list[str]
    files: list[Path] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)
    unused: Sequence[str] = ()


def listing(folder: Path, classes: Sequence[str] | None = None, wrong: list[str] | None = None) -> Listing:
    """The pictures of a folder with a folder for each class, at any depth below it.

    ``classes`` say which number each name has; without them the folders do, ``in_order``. Raises Fault N707
    where folders are none of the classes, have a name that is not text, or hold no picture; where ``wrong`` is given
    that is told there, and the others are listed.
    """
    passed: Counter[str] = Counter()
    found = []
    for path in entries(folder):
        why = _no_class(path)
        if why is None:
            found.append(path.name)
        else:
            passed[why] += 1
    names = list(classes or in_order(found))
    result = Listing(names, passed=passed)
    numbers = {name: number for number, name in enumerate(names)}
    faults = [fault for name in found if (fault := _of_class(folder, name, numbers.get(name), result)) is not None]
    lines = [fault.line for fault in faults]
    if wrong is not None:
        wrong += lines
    elif len(faults) == 1:
        raise faults[0]
    elif faults:
        raise Fault("N707", f"{len(faults):,} folders cannot be used: {faults[0].message}",
                    help="\n".join(several(lines)), each=lines)  # fmt: skip
    return result


def _of_class(folder: Path, name: str, number: int | None, result: Listing) -> Fault | None:
    """List the pictures of the class of a number; what is wrong with its folder, if anything."""
    if is_hidden(name):
        return Fault(
            "N707",
            f"{folder} has a folder {name!r}, whose name is not valid text",
            help="name the folder after its class, in UTF-8",
        )
    if number is None:
        return Fault("N707", f"{folder} has a folder {name}, but there is no such class", help=in_short(result.classes))
    before = len(result.files)
    _below(folder / name, number, result)
    if len(result.files) > before:
        return None
    return Fault(
        "N707",
        f"the folder of class {name} holds no pictures: {folder / name}",
        help=f"remove it, or put pictures into it: {', '.join(SUFFIXES[:4])} …",
    )


def _below(folder: Path, label: int, result: Listing) -> None:
    for path in below(folder, result.passed):
        result.files.append(path)
        result.keys.append(path.relative_to(folder).as_posix())
        result.labels.append(label)


def below(folder: Path, passed: Counter[str], deep: bool = True) -> Iterator[Path]:
    """The pictures of a folder and, unless not ``deep``, of those in it, in order.

    What is passed over is counted by its reason. Folders that are links are not followed. Raises Fault N707 where a
    folder cannot be read.
    """
    for path in _each(folder):
        why = unwanted(path)
        if why is None and os.path.isdir(path) and not path.is_symlink():
            yield from below(path, passed) if deep else ()
        elif why is None and _is_picture(path):
            yield path
        else:
            passed[why or UNKNOWN] += 1


def unwanted(path: Path) -> str | None:
    """Why a file or folder is passed over by its name alone; None where it is not."""
    return LEFT if path.name in _LEFT else HIDDEN if path.name.startswith(".") else None


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def passed_over(passed: Counter[str]) -> str | None:
    """One line for what was passed over; None where that is nothing."""
    if not passed.total():
        return None
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(passed.items()))
    return f"{passed.total():,} file{'s' if passed.total() > 1 else ''} passed over: {reasons}"


def not_used(names: Iterable[str]) -> str | None:
    """One line for columns or arrays that stand there and nothing asks for; None where there are none."""
    each = [json.dumps(printable(name[:60]), ensure_ascii=False) for name in dict.fromkeys(names)]
    more = f" and {len(each) - MOST_TOLD:,} more" if len(each) > MOST_TOLD else ""
    return f"not used of the data: {', '.join(each[:MOST_TOLD])}{more}" if each else None


def class_folders(folder: Path) -> list[str]:
    """The names of the folders that a folder has for classes."""
    return [path.name for path in entries(folder) if _no_class(path) is None]


def _no_class(path: Path) -> str | None:
    """Why what stands among the folders for classes is none; None where it is one."""
    why = unwanted(path)
    if why is None and os.path.isdir(path):
        return OWN if _has_runs(path) else None
    return why or (OUTSIDE if _is_picture(path) else UNKNOWN)


def _has_runs(path: Path) -> bool:
    """Whether a folder is a run's or a sweep's, or has nothing but such; one with a picture is not."""
    with suppress(OSError), os.scandir(path) as inside:
        if any(all((path / name).is_file() for name in names) for names in _RUNS):
            return not any(map(_is_picture, map(Path, inside)))
        first = next(inside, None)
        return first is not None and all(
            one.is_dir(follow_symlinks=False) and _has_runs(Path(one)) for one in (first, *inside)
        )
    return False


def numbered(folder: Path) -> list[str] | None:
    """The names of classes that are only numbered, where all folders are called by numbers: `3` is the fourth."""
    found = class_folders(folder)
    if not found or not all(map(is_number, found)):
        return None
    return [str(number) for number in range(1 + max(map(int, found)))]


def in_order(names: Iterable[str]) -> list[str]:
    """Names of classes as they are numbered, wherever they come from: by their letters, but numbers by their size.

    Numbers are whole ones without a sign or zeros in front, and all must be.
    """
    found = sorted(names)
    digits = all(name.isascii() and name.isdigit() and (name[0] != "0" or len(name) == 1) for name in found)
    return sorted(found, key=len) if digits else found


def not_flat(folder: Path) -> None:
    """Fault N707 where a folder has pictures and no folder, so that nothing says of which class they are."""
    if not os.path.isdir(folder) or class_folders(folder):
        return
    count = sum(1 for _ in below(folder, Counter()))
    if count:
        raise Fault(
            "N707",
            f"{folder} has {count:,} picture{'s' * (count > 1)}, and nothing says of which class they are",
            help="put them into a folder for each class, or write labels.csv beside them, with lines `filename,label`",
        )


def is_hidden(name: str) -> bool:
    """Whether a name has what no text has: control characters, or bytes of no letters."""
    return any(category(letter) in ("Cc", "Cs") for letter in name)


def is_number(name: str) -> bool:
    """Whether a class's name is its number: digits alone, as they are usually written."""
    return name.isascii() and name.isdigit() and len(name) < 6 and str(int(name)) == name


def entries(folder: Path) -> list[Path]:
    """What a folder has, in order. Raises Fault N707 where it cannot be read."""
    with _readable(folder):
        return list(map(folder.joinpath, sorted(os.listdir(folder))))


def _each(folder: Path) -> Iterator[Path]:
    """The same one at a time: of a million names only some are in memory, and the folder is read again for the next."""
    names = _names(folder, "")
    yield from map(folder.joinpath, names)
    while len(names) == AT_A_TIME:
        names = _names(folder, names[-1])
        yield from map(folder.joinpath, names)


def _names(folder: Path, last: str) -> list[str]:
    """The first names of a folder behind one, in order."""
    found, end = list[str](), ""
    with _readable(folder), os.scandir(folder) as there:
        for name in (one.name for one in there):
            if name > last and (not end or name < end):
                found.append(name)
                if len(found) == 2 * AT_A_TIME:
                    found.sort()
                    del found[AT_A_TIME:]
                    end = found[-1]
    return sorted(found)[:AT_A_TIME]


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Fault("N707", f"{folder} cannot be read: {reason(error)}") from None


def in_short(names: Sequence[str]) -> str:
    """The classes that there are, the first twenty by name."""
    more = f", … and {len(names) - 20} more" if len(names) > 20 else ""
    return f"classes: {', '.join(map(printable, names[:20]))}{more}"
