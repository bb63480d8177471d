"""What is asked about: pictures, in folders, by patterns or from lists; and arrays, for nets that read no pictures."""

from __future__ import annotations

import glob
import io
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.arrays import finite
from netspec.data.folders import below, unwanted
from netspec.data.needs import NOTHING, Needs
from netspec.data.npy import mapped, npz
from netspec.data.rows import SUFFIXES
from netspec.data.table import example, is_table, rows_of
from netspec.diagnostics import Fault, Trouble
from netspec.files import check_target, open_regular
from netspec.kinds import kind_of

Array = NDArray[Any]
#: Suffixes of files that hold arrays.
ARRAYS = (".npz", ".npy")
#: Suffixes of files that hold a table of numbers.
TABLES = (".csv", ".tsv")


@dataclass(frozen=True)
class Item:
    """One thing to ask about: a picture's file, or the rows of some arrays, by the names of the model's inputs."""

    name: str
    path: Path | None = None
    rows: Callable[[], Mapping[str, Array]] | None = None


@dataclass
class Given:
    """What the arguments of a command mean, one item at a time, in order.

    ``needs`` says what the model reads, ``outputs`` what is to be written and so may not be read; ``passed`` counts
    what was passed over in folders, by reason.
    """

    arguments: Sequence[str | Path]
    needs: Needs = NOTHING
    outputs: Sequence[Path] = ()
    passed: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._written = {(there.st_dev, there.st_ino): out for out in self.outputs if (there := _stat(out)) is not None}

    def __iter__(self) -> Iterator[Item]:
        """Raises Trouble N706 where there is nothing, Fault N707 where a folder or an array cannot be read.

        Trouble N604 where something to be read is one of the outputs.
        """
        found = False
        for argument in self.arguments:
            for item in self._of(str(argument)):
                found = True
                yield item
        if not found:
            raise Trouble("N706", f"no pictures in {', '.join(map(str, self.arguments))}")

    def _of(self, argument: str) -> Iterator[Item]:
        if argument == "-":
            yield from self._named(sys.stdin)
        elif os.path.lexists(argument):
            yield from self._path(Path(argument))
        elif argument.startswith("@"):
            self._reads(Path(argument[1:]))
            with io.TextIOWrapper(open_regular(argument[1:], "N706"), "utf-8-sig", "surrogateescape") as lines:
                yield from self._named(lines)
        elif glob.has_magic(argument):
            matches = sorted(glob.iglob(argument, recursive=True))
            if not matches:
                raise Trouble("N706", f"nothing matches {argument}")
            for match in map(Path, matches):
                if why := next(filter(None, map(unwanted, map(Path, match.parts))), None):
                    self.passed[why] += 1
                else:
                    yield from self._path(match)
        else:
            yield from self._path(Path(argument))

    def _named(self, lines: Iterable[str]) -> Iterator[Item]:
        """A file or folder a line."""
        for line in lines:
            if name := line.rstrip("\r\n"):
                yield from self._path(Path(name))

    def _path(self, path: Path) -> Iterator[Item]:
        if os.path.isdir(path):
            for picture in below(path, self.passed):
                self._reads(picture)
                yield Item(str(picture), picture)
            return
        self._reads(path)
        if path.suffix.lower() in ARRAYS:
            yield from self._arrays(path)
        elif path.suffix.lower() in TABLES and self._is_table(path):
            yield from self._table(path)
        elif path.suffix.lower() in SUFFIXES and os.path.isfile(path) and kind_of(path) is None:
            yield Item(str(path), rows=partial(_wrong, f"{path} is no picture: a list of pictures is given as @{path}"))
        else:
            yield Item(str(path), path)

    def _reads(self, path: Path) -> None:
        there = _stat(path) if self._written else None
        if there is not None and (out := self._written.get((there.st_dev, there.st_ino))) is not None:
            check_target(out, [path])  # which says so

    def _is_table(self, path: Path) -> bool:
        """Whether a file has numbers for the model, or can have nothing else that it reads."""
        return is_table(path, self.needs) or (self.needs.units and os.path.isfile(path))

    def _table(self, path: Path) -> Iterator[Item]:
        """An item for each row, by its line."""
        table = rows_of(path, self.needs)
        if not table.lines and not table.wrong:
            raise Fault("N707", f"{path} has no rows behind its header")
        places = {line: row for row, line in enumerate(table.lines)}
        for line in sorted([*places, *table.wrong]):
            found = partial(example, table, self.needs, places[line]) if line in places else None
            yield Item(f"{path}:{line}", rows=found or partial(_wrong, table.wrong[line]))

    def _arrays(self, path: Path) -> Iterator[Item]:
        """An item for each row of the arrays that the model's inputs are named after; a single one needs no name."""
        inputs = list(self.needs.inputs)
        if path.suffix.lower() == ".npy":
            arrays = {"": mapped(path, "N707")}
        else:
            with npz(path, "N707") as packed:
                names = [name for name in packed.members if len(packed.members) == 1 or name in inputs]
                arrays = {name: packed[name] for name in names}
        if len(arrays) == len(inputs) == 1:
            arrays = {inputs[0]: next(iter(arrays.values()))}
        missing = [name for name in inputs if name not in arrays]
        if missing:
            raise Fault(
                "N707",
                f"{path} has nothing for input {missing[0]} of the model",
                help=f"give an npz with an array for each input: {', '.join(inputs)}",
            )
        counts = {array.shape[0] if array.ndim else -1 for array in arrays.values()}
        if len(counts) > 1 or -1 in counts:
            raise Fault("N707", f"the arrays of {path} have different numbers of rows, or none")
        for name, array in arrays.items():
            finite(array, f"array {name} of {path}" if name else str(path))
        for row in range(counts.pop()):
            yield Item(f"{path}[{row}]", rows=partial(_row, arrays, row))


def _stat(path: Path) -> os.stat_result | None:
    with suppress(OSError, ValueError):
        return os.stat(path)
    return None


def _wrong(message: str) -> Mapping[str, Array]:
    raise Fault("N707", message)


def _row(arrays: Mapping[str, Array], row: int) -> dict[str, Array]:
    """A row of each array, channels last."""
    rows = {name: np.asarray(array[row : row + 1]) for name, array in arrays.items()}
    return {name: np.moveaxis(array, 1, -1) if array.ndim > 2 else array for name, array in rows.items()}
