"""Rows of answers in a folder, a Parquet file for each block of them: what has a row is not asked about again."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.cli.output import note
from netspec.cli.rows import Parquet, Row, columns, pyarrow, valid
from netspec.diagnostics import Trouble, printable
from netspec.files import atomic_write, foreign, open_regular, sweep
from netspec.folders import make_folder
from netspec.locations import in_run
from netspec.net.lock import Lock

if TYPE_CHECKING:
    from netspec.runtime.given import Item

#: Rows of a block: what is lost at most where the machine fails.
BLOCK = 1024
_NAME = re.compile(r"rows-(\d+)\.parquet")


class Blocks:
    """The rows of a folder, which all are answers to the same question: ``asked`` is that, in words.

    Raises Trouble N717 where the folder has rows of another question, or a file that cannot be read.
    """

    kept = True

    def __init__(self, folder: Path, asked: Mapping[str, str]) -> None:
        self.folder, self.asked = folder, {f"netspec.{name}": value for name, value in asked.items()}
        self.before, self.number, self.passed, self.written = Counter[str](), 0, 0, 0
        self.names: list[str] = []
        self.rows: list[Row] = []
        for path in sorted(folder.glob("*.parquet")):
            self._read(path)

    def missing(self, items: Iterable[Item]) -> Iterator[Item]:
        """Those without a row. What is given twice has two."""
        for item in items:
            name = valid(item.name)
            if self.before[name]:
                self.before[name] -= 1
                self.passed += 1
            else:
                yield item

    def add(self, row: Row) -> None:
        """Keep a row until there are enough; those with errors that come before the first answer wait for it."""
        self.rows.append(row)
        if not self.names and row.get("error") is None:
            self.names = columns(row)
        if self.names and len(self.rows) >= BLOCK:
            self._write()

    def end(self) -> None:
        """Write what is left."""
        if self.rows:
            self.names = self.names or columns(self.rows[0])
            self._write()

    def _write(self) -> None:
        content = io.BytesIO()
        block = Parquet(content, self.names, self.asked)
        rows, self.rows = self.rows, []
        for row in rows:
            block.add(row)
        block.end()
        atomic_write(self.folder / f"rows-{self.number:06}.parquet", content.getvalue())
        self.number += 1
        self.written += len(rows)

    def _read(self, path: Path) -> None:
        """What a block has."""
        _, parquet = pyarrow()
        with open_regular(path, "N717") as file, foreign("N717", f"{path} cannot be read", "remove it"):
            packed = parquet.ParquetFile(file)
            told = {key.decode(): value.decode() for key, value in (packed.schema_arrow.metadata or {}).items()}
            for key, value in self.asked.items():
                if told.get(key) != value:
                    raise self._other(path, key.removeprefix("netspec."))
            rows = packed.read(["filename", "error"])
        self.before.update(rows["filename"].to_pylist())
        if not self.names and rows["error"].null_count:
            self.names = packed.schema_arrow.names
        found = _NAME.fullmatch(path.name)
        self.number = max(self.number, int(found[1]) + 1 if found else 0)

    def _other(self, path: Path, what: str) -> Trouble:
        return Trouble("N717", f"{path} has rows of another question than this one: the {what} differs",
                       help="give the rows of this one a folder of their own")  # fmt: skip


def question(model: Path, top: int) -> dict[str, str]:
    """What tells rows apart: the bytes of the model, with weights that lie beside it, and how many labels are told."""
    path = in_run(model, "model.onnx")
    beside = path.with_name(f"{path.name}.data")
    digests = []
    for each in (path, beside) if beside.is_file() else (path,):
        with open_regular(each) as file:
            digests.append(file_digest(file, "sha256").hexdigest())
    return {"model": " ".join(digests), "number of labels": str(top)}


@contextmanager
def blocks(folder: Path, asked: Mapping[str, str]) -> Iterator[Blocks]:
    """The folder for the time of a command, which is the only one in it; rows that came before it ends are kept."""
    pyarrow()
    new = not folder.exists()
    make_folder(folder)
    lock = Lock(folder, "writing rows into it", "give these rows another folder").take()
    try:
        sweep(folder)
        found = Blocks(folder, asked)
        try:
            yield found
        finally:
            found.end()
            if found.passed:
                note(f"{found.passed:,} had rows in {printable(str(folder))} already")
            if found.written:
                note(f"wrote {found.written:,} row{'' if found.written == 1 else 's'} into {printable(str(folder))}")
    finally:
        lock.release()
        if new:
            with suppress(OSError):  # it has rows
                folder.rmdir()
