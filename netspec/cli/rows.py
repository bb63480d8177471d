"""Rows of answers as they come, to files and to standard output: CSV, JSON lines, one JSON array, Parquet.

A file gets its name when the last row is in it; until then what is written has none, and nothing is left of it where
the command ends early.
"""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import csv
import errno
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

import click

from netspec.cli.output import STANDARD_OUTPUT, apart, note, result
from netspec.cli.paths import PATH, NamedPath
from netspec.diagnostics import Trouble, printable, strict_json
from netspec.files import atomic_write, reason
from netspec.locations import is_nowhere

#: Rows that are put into a Parquet file at a time.
GROUP = 4096
Row = Mapping[str, Any]
T = TypeVar("T")
#: The columns where there is no answer to go by.
NOTHING: Row = dict.fromkeys(("filename", "label", "prob", "index", "error"))
File = BinaryIO | io.RawIOBase
_FOLDER = "netspec.folder"


class Sink(Protocol):
    """What takes rows, the first of which decides the columns."""

    def add(self, row: Row) -> None:
        """Write a row."""

    def end(self) -> None:
        """Write what is left."""


class Csv:
    """A head, then a row each; what a row has not is empty."""

    def __init__(self, file: File, names: Sequence[str]) -> None:
        self.file, self.text = file, io.StringIO()
        self.writer = csv.DictWriter(self.text, names, extrasaction="ignore", lineterminator="\n")
        self.writer.writeheader()

    def add(self, row: Row) -> None:
        """Write a row."""
        self.writer.writerow(row)
        self.end()

    def end(self) -> None:
        """Hand on what was written."""
        self.file.write(self.text.getvalue().encode("utf-8", "surrogateescape"))
        self.text.seek(0)
        self.text.truncate()


class JsonLines:
    """An object a line."""

    def __init__(self, file: File, names: Sequence[str]) -> None:
        self.file = file

    def add(self, row: Row) -> None:
        """Write a row."""
        self.file.write(f"{strict_json(dict(row))}\n".encode())

    def end(self) -> None:
        """Nothing is left."""


class Json:
    """One array of objects."""

    def __init__(self, file: File, names: Sequence[str]) -> None:
        self.file, self.before = file, "[\n"

    def add(self, row: Row) -> None:
        """Write a row."""
        self.file.write(f"{self.before}{strict_json(dict(row))}".encode())
        self.before = ",\n"

    def end(self) -> None:
        """Close the array."""
        self.file.write(b"[]\n" if self.before == "[\n" else b"\n]\n")


class Parquet:
    """Columns of text, whole numbers and float64, in groups of rows; ``told`` is kept beside them."""

    def __init__(self, file: File, names: Sequence[str], told: Mapping[str, str] | None = None) -> None:
        self.arrow, parquet = pyarrow()
        kinds = {"prob": self.arrow.float64(), "value": self.arrow.float64(), "index": self.arrow.int64()}
        self.schema = self.arrow.schema(
            [(name, kinds.get(name.split("_")[0], self.arrow.string())) for name in names], told
        )
        self.writer = parquet.ParquetWriter(file, self.schema)
        self.rows: list[Row] = []

    def add(self, row: Row) -> None:
        """Keep a row until there are enough."""
        self.rows.append({name: valid(row.get(name)) for name in self.schema.names})
        if len(self.rows) == GROUP:
            self._write()

    def end(self) -> None:
        """Write the last rows and the foot."""
        self._write()
        self.writer.close()

    def _write(self) -> None:
        self.writer.write_table(self.arrow.Table.from_pylist(self.rows, self.schema))
        self.rows = []


def valid(value: Any) -> Any:
    """A name of any bytes as valid text."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def pyarrow() -> tuple[Any, Any]:
    """pyarrow and its Parquet. Raises UsageError where it is not installed."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise click.UsageError(
            '--parquet needs pyarrow, which is not installed: pip install "netspec[parquet]"'
        ) from None
    return pyarrow, parquet


FORMS: dict[str, type[Any]] = {"csv": Csv, "jsonl": JsonLines, "json": Json, "parquet": Parquet}


class Sinks:
    """The places where rows go. ``open`` says what each is, by its form; the columns are those of the first answer.

    Rows with errors that come before it wait for it.
    """

    def __init__(self, files: Mapping[str, File]) -> None:
        self.files, self.open, self.waiting = files, list[Sink](), list[Row]()

    @property
    def kept(self) -> bool:
        """Whether rows go anywhere."""
        return bool(self.files)

    def missing(self, items: Iterable[T]) -> Iterable[T]:
        """What has no row yet: all."""
        return items

    def add(self, row: Row) -> None:
        """Write a row to all."""
        if self.open:
            for sink in self.open:
                sink.add(row)
        else:
            self.waiting.append(row)
            if row.get("error") is None:
                self._begin(row)

    def _begin(self, row: Row) -> None:
        names = columns(row)
        self.open = [FORMS[form](file, names) for form, file in self.files.items()]
        waiting, self.waiting = self.waiting, []
        for each in waiting:
            self.add(each)

    def end(self) -> None:
        """Write what is left."""
        if not self.open and self.files:
            self._begin(self.waiting[0] if self.waiting else NOTHING)
        for sink in self.open:
            sink.end()


def columns(row: Row) -> list[str]:
    """The columns of all rows, by the first one that is an answer."""
    return [*row, *(("code",) if "error" in row and "code" not in row else ())]


@contextmanager
def sinks(asked: Mapping[str, Path | None], as_json: bool, inputs: Sequence[Path]) -> Iterator[Sinks]:
    """Where the options say that rows go: each a file, or ``-`` for standard output, which only one may have.

    Raises Trouble N604 where a file cannot be written, before a row is asked for and when all are there.
    """
    given = {form: path for form, path in asked.items() if path is not None}
    out = [form for form, path in given.items() if str(path) == STANDARD_OUTPUT] + (["json"] if as_json else [])
    if len(out) > 1:
        raise click.UsageError(f"only one form can go to standard output, not {' and '.join(out)}")
    if "parquet" in given:
        pyarrow()
    paths = {form: result(path, *inputs) for form, path in given.items() if form not in out}
    apart(paths.values())
    with ExitStack() as stack:
        files = {form: stack.enter_context(_unnamed(path)) for form, path in paths.items()}
        found = Sinks(files | dict.fromkeys(out, _Standard()))
        with _told(paths):
            yield found
            found.end()
        for form, path in paths.items():
            _named(files[form], path)


class _Standard(io.RawIOBase):
    """Standard output, as bytes."""

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, content: Any) -> int:
        """On a terminal what is printable: names are those of strangers."""
        if sys.stdout.isatty():
            click.echo(printable(bytes(content).decode("utf-8", "replace"), keep="\n"), nl=False)
        else:
            sys.stdout.buffer.write(content)
        return len(content)


@contextmanager
def _told(paths: Mapping[str, Path]) -> Iterator[None]:
    """A full disk, while rows are written to files; what standard output does not take is told where commands end."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if not paths or error.errno == errno.EBADF:
            raise
        raise Trouble("N604", f"{', '.join(map(str, paths.values()))} cannot be written: {reason(error)}") from None


@contextmanager
def _unnamed(path: Path) -> Iterator[BinaryIO]:
    """A file without a name, beside where its content is to be."""
    folder = None if is_nowhere(path) else path.resolve().parent
    with tempfile.TemporaryFile(dir=folder) as file:
        yield file


def _named(file: BinaryIO, path: Path) -> None:
    file.flush()
    if file.seek(0, 2):
        with mmap(file.fileno(), 0, access=ACCESS_READ) as content, memoryview(content) as view:
            atomic_write(path, [view])
    else:
        atomic_write(path, b"")
    note(f"wrote {path}")


class _FileOrFolder(NamedPath):
    """A path, of which is known whether a slash at its end says that it is a folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path."""
        if ctx is not None and str(value).endswith(("/", os.sep)):
            ctx.meta[_FOLDER] = True
        return super().convert(value, param, ctx)


def is_folder(path: Path) -> bool:
    """Whether rows go into a folder: one that is there, or that the command said is one."""
    return path.is_dir() or click.get_current_context().meta.get(_FOLDER, False)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--csv``, ``--jsonl`` and ``--parquet``."""
    for form, what in (
        ("parquet", "Parquet (needs netspec[parquet]); into FOLDER/ in blocks, without what has a row there"),
        ("jsonl", "JSON, a line each"),
        ("csv", "CSV"),
    ):
        command = click.option(
            f"--{form}",
            type=_FileOrFolder(path_type=Path) if form == "parquet" else PATH,
            metavar="FILE",
            help=f"Write the rows as {what}; - is standard output.",
        )(command)
    return command
