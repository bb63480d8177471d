"""Text in columns: the rows of a CSV, TSV or text file, each with the line that it begins in."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from netspec.diagnostics import Fault, several
from netspec.files import open_regular, read_regular

SUFFIXES = (".csv", ".tsv", ".txt")
#: Bytes that such a file may have.
LARGEST = 2**30
#: Bytes in which the first row must end.
HEAD = 2**22
Row = tuple[int, list[str]]


def read_rows(path: Path, blanks: bool = False) -> list[Row]:
    """The rows of a file that are not empty, by (line, fields): what stands in quotes may have commas and line ends.

    The first line says what parts the fields: a tab, a comma or a semicolon, whichever it has first of these; with
    ``blanks`` the last blank, where it has none. A byte order mark and Windows' line ends are taken. Raises Fault N707.
    """
    return list(each_row(path, blanks))


def each_row(path: Path, blanks: bool = False) -> Iterator[Row]:
    """As ``read_rows``, one after the other."""
    return _rows(path, _text(path), blanks)


def first_row(path: Path, blanks: bool = False) -> list[str]:
    """The fields of the first row alone; none of an empty file."""
    with open_regular(path, "N707", Fault) as file:
        content = file.read(HEAD)
    try:  # what is cut off at the end is not looked at
        text = codecs.getincrementaldecoder(_encoding(content))().decode(content)
    except UnicodeDecodeError:
        text = _text(path)  # which says where
    return next((fields for _, fields in _rows(path, text, blanks)), [])


def _rows(path: Path, text: str, blanks: bool) -> Iterator[Row]:
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    mark = next((mark for mark in "\t,;" if mark in first), None)
    if mark is None and blanks:
        for number, row in enumerate(text.splitlines(), 1):
            if row.strip():
                yield number, row.strip().rsplit(None, 1)
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark or ",", strict=True)
    line = 1
    try:
        for fields in reader:
            if any(field.strip() for field in fields) or len(fields) > 1:
                yield line, [field.strip() for field in fields]
            line = reader.line_num + 1
    except csv.Error as error:
        raise Fault("N707", f"{path}:{line}: this is no row of a CSV file: {error}",
                    help="quote a field as \"a, b\", and a quote within one twice") from None  # fmt: skip


def _text(path: Path) -> str:
    content = read_regular(path, LARGEST, "N707", Fault)
    if len(content) > LARGEST:
        raise Fault("N707", f"{path} is larger than {LARGEST:,} bytes, the limit for such a file",
                    help="write the numbers as arrays: train/NAME.npy")  # fmt: skip
    try:
        text = content.decode(_encoding(content))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Fault("N707", f"{path}:{line}: this is not UTF-8: byte {error.start} is 0x{content[error.start]:02X}",
                    help="save the file in UTF-8") from None  # fmt: skip
    if "\0" in text:
        raise Fault("N707", f"{path} is not a text file: it holds bytes of 0")
    return text


def _encoding(content: bytes) -> str:
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    return "utf-16" if wide else "utf-8-sig"


def refuse(path: Path, wrong: Sequence[str], help: str = "") -> None:
    """Fault N707 with all that is wrong with a file's rows, to 50, unless that is nothing."""
    if not wrong:
        return
    if len(wrong) == 1:
        raise Fault("N707", wrong[0], help=help)
    message = f"{path} has {len(wrong):,} faults: {wrong[0]}"
    raise Fault("N707", message, help="\n".join([*several(wrong), help]), each=wrong)
