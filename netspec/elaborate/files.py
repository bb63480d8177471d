"""Files on disk: a spec's text, what it uses, its class names; bounded, and never anything but plain files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from netspec.diagnostics import Fault, Problems, Source, Trouble
from netspec.elaborate.ahead import declare_ahead
from netspec.elaborate.bodies import let
from netspec.elaborate.expressions import fail
from netspec.elaborate.scope import Effort, Failed, Scope
from netspec.elaborate.tables import declare
from netspec.files import read_regular
from netspec.language import LARGEST, parse
from netspec.language import syntax as s

#: A file may use others this deep, and so many in all.
DEEPEST, MOST = 32, 256


def read_source(path: Path, name: str = "") -> Source:
    """The text of a file. Raises Trouble where there is none to read, Fault where it is no text."""
    return Source(name or str(path), decode(read_bytes(path), str(path)))


def read_bytes(path: Path) -> bytes:
    """A plain file of a bounded size."""
    content = read_regular(path, LARGEST)
    if len(content) > LARGEST:
        raise Fault("N602", f"{path} is larger than {LARGEST // 2**20} MiB, the limit for a spec")
    return content


def decode(content: bytes, name: str) -> str:
    """UTF-8 text with its line ends folded; a byte order mark in front is no part of it."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Fault("N602", f"{name} is not UTF-8: byte {error.start} (line {line}) is 0x{content[error.start]:02X}",
                    help="save it as UTF-8") from None  # fmt: skip
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


class Library:
    """The files that a file uses, each read once; circles are errors."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.effort = Effort()
        self.read: dict[Path, Scope] = {}
        self.texts: dict[Path, str] = {}
        self.labels: Path | None = None  # the file of the class names
        self.reading: list[Path] = []

    def take(self, node: s.Use, into: Scope, beside: Path | None) -> None:
        """Give ``into`` the blocks, tables and constants of the file that ``node`` uses."""
        if beside is None:
            raise fail(into, "N603", node.span, "a text that is no file cannot use another")
        path = Path(os.path.normpath(beside.parent / node.path))
        if path in self.reading:
            raise fail(into, "N603", node.span, f'"{node.path}" is used in a circle', help="take the piece that both need into a third file")
        if len(self.reading) >= DEEPEST or len(self.read) >= MOST:
            raise fail(into, "N603", node.span, f"files use files deeper than {DEEPEST}, or more than {MOST} in all")
        scope = self.read.get(path) or self._load(path, node, into)
        for name, binding in scope.names.items():
            if binding.kind in ("constant", "block", "unknown"):
                into.bind(name, binding, node.span)

    def _load(self, path: Path, node: s.Use, into: Scope) -> Scope:
        try:
            source = read_source(path, os.path.relpath(path) if not path.is_absolute() else str(path))
        except (Trouble, Fault) as fault:
            raise fail(into, "N603", node.span, f'"{node.path}" cannot be used: {fault.message.removeprefix(str(path)).lstrip()}') from None
        self.texts[path] = source.text
        before = len(self.problems.errors)
        file = parse(source, self.problems)
        scope = Scope(self.problems, effort=self.effort)
        self.reading.append(path)
        declare_file(file, scope, self, path)
        self.reading.pop()
        scope.broken = scope.broken or len(self.problems.errors) > before
        self.read[path] = scope
        return scope


def declare_file(
    file: s.File, scope: Scope, library: Library, path: Path | None, at_net: Callable[[s.Net], None] | None = None
) -> None:
    """Bind all that a file declares outside its net, line by line; the net is built where it stands."""
    declare_ahead(file.items, scope)
    for item in file.items:
        try:
            if isinstance(item, s.Use):
                library.take(item, scope, path)
            elif isinstance(item, s.Let):
                let(item, scope)
            elif isinstance(item, s.Table):
                declare(item, scope)
            elif isinstance(item, s.Net) and at_net is not None:
                at_net(item)
        except Failed:
            scope.broken = True
