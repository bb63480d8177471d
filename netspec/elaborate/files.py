"""Files on disk: a spec's text, what it uses, its class names; bounded, and never anything but plain files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from netspec.diagnostics import Fault, Problems, Source, Span, Trouble
from netspec.elaborate.declarations import declare_ahead
from netspec.elaborate.scope import Effort, Failed, Scope, fail
from netspec.elaborate.statements import let
from netspec.elaborate.tables import declare
from netspec.elaborate.trace import Trace
from netspec.files import read_regular
from netspec.kinds import mistaken
from netspec.language import LARGEST, parse
from netspec.language import syntax as s
from netspec.language.version import says_version

#: A file may use others this deep, and so many in all.
DEEPEST, MOST = 32, 256


def read_source(path: Path, name: str = "") -> Source:
    """The text of a file. Raises Trouble where there is none to read, Fault where it is no text or no spec."""
    other = mistaken(path, "a spec")
    if other:
        raise Trouble("N601", other) if path.is_dir() else Fault("N602", other)
    return Source(name or str(path), decode(read_bytes(path), str(path)))


def source_of(text: str, name: str) -> Source:
    """A text that is no file, held to the same rules. Raises Fault where it is too large or no text."""
    try:
        content = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Fault("N602", f"the {name} is no Unicode: character {error.start} is half of a pair") from None
    _check_size(content, name)
    return Source(name, decode(content, name))


def read_bytes(path: Path) -> bytes:
    """A plain file of a bounded size."""
    content = read_regular(path, LARGEST)
    _check_size(content, path)
    return content


def _check_size(content: bytes, name: object) -> None:
    if len(content) > LARGEST:
        raise Fault("N602", f"{name} is larger than {LARGEST // 2**20} MiB, the limit for a spec")


def decode(content: bytes, name: str) -> str:
    """UTF-8 text with its line ends folded; a byte order mark in front is no part of it."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before, behind = (
            _folded(content[: error.start].decode("utf-8")),
            _folded(content[error.start :].decode("utf-8", errors="replace")),
        )
        position, place = len(before), f"line {before.count(chr(10)) + 1}"
        raise Fault(
            "N602",
            f"{name} is not UTF-8: byte {error.start} ({place}) is 0x{content[error.start]:02X}",
            help="save it as UTF-8",
            span=Span(Source(name, before + behind, quoted=says_version(before)), position, position + 1),
        ) from None
    return _folded(text)


def _folded(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


class Library:
    """The files that a file uses, each read once; circles are errors.

    They lie below ``root``, links followed; it defaults to the folder in which the main file is named. A spec from
    elsewhere must not be able to show its reader's files, nor the machine's. What an editor has not saved yet counts in
    place of the file, by its real path.
    """

    def __init__(
        self,
        problems: Problems,
        main: Path | None = None,
        root: Path | None = None,
        unsaved: Mapping[str, str] | None = None,
        trace: Trace | None = None,
    ) -> None:
        self.problems = problems
        self.effort = Effort()
        self.read: dict[Path, Scope] = {}
        self.lacking: set[Path] = set()  # files that may lack names, since a line or a file that they use failed
        self.texts: dict[Path, str] = {}
        self.labels: Path | None = None  # the file of the class names
        self.reading: list[Path] = [] if main is None else [main]
        self.root = root if root is not None else Path() if main is None else main.parent
        self.left = LARGEST
        self.unsaved, self.trace = unsaved or {}, trace

    def reach(self, name: str, beside: Path) -> Path:
        """The path of a file that ``beside`` names. Raises Fault where it does not lie below the root."""
        if os.path.isabs(name):
            raise Fault(
                "N603",
                "an absolute path is not taken",
                help="write the path from this file on, to a file in its folder or below",
            )
        path = Path(os.path.normpath(beside.parent / name))
        try:
            base, real = os.path.realpath(self.root), os.path.realpath(path)
            below = os.path.commonpath([base, real]) == base
        except (ValueError, OSError):  # another drive, a NUL
            below = False
        if not below:
            raise Fault(
                "N603",
                "it lies outside the folder of the spec, links followed",
                help="put the file below the spec's folder, or name a folder above both: `--root DIR`",
            )
        return path

    def text(self, path: Path, name: str) -> str:
        """The text of a file, which counts to what all of them may come to. Raises Fault where there is none."""
        unsaved = self.unsaved.get(os.path.realpath(path)) if self.unsaved else None
        content = read_bytes(path) if unsaved is None else unsaved.encode("utf-8", errors="surrogatepass")
        self.left -= len(content)
        if self.left < 0:
            raise Fault("N603", f"the files that are used come to more than {LARGEST // 2**20} MiB")
        return decode(content, name)

    def take(self, node: s.Use, into: Scope, beside: Path | None) -> None:
        """Give ``into`` the blocks, tables and constants of the file that ``node`` uses."""
        if beside is None:
            raise fail(into, "N603", node.span, "a text that is no file cannot use another")
        try:
            path = self.reach(node.path, beside)
        except Fault as fault:
            raise self._unusable(node, into, fault) from None
        if any(_same_file(path, other) for other in self.reading):
            raise fail(
                into,
                "N603",
                node.span,
                f'"{_cut(node.path)}" is used in a circle',
                help="take the piece that both need into a third file",
            )
        if len(self.reading) >= DEEPEST or (len(self.read) >= MOST and path not in self.read):
            raise fail(into, "N603", node.span, f"files use files deeper than {DEEPEST}, or more than {MOST} in all")
        scope = self.read.get(path) or self._load(path, node, into)
        for name, binding in scope.names.items():
            if binding.kind in ("constant", "block", "unknown"):
                into.bind(name, binding, node.span)
        into.broken = into.broken or path in self.lacking

    def _load(self, path: Path, node: s.Use, into: Scope) -> Scope:
        shown = os.path.relpath(path) if not path.is_absolute() else str(path)
        try:
            text = self.text(path, shown)
            if not says_version(text):  # what it holds instead is none of an error's business
                raise Fault("N603", "it is no netspec file: its first line that is not a comment is not `netspec 1`")
        except (Trouble, Fault) as fault:
            raise self._unusable(node, into, fault, str(path)) from None
        source = Source(shown, text)
        self.texts[path] = source.text
        before = len(self.problems.errors)
        file = parse(source, self.problems)
        scope = Scope(self.problems, effort=self.effort, trace=self.trace)
        self.reading.append(path)
        declare_file(file, scope, self, path)
        self.reading.pop()
        if scope.broken:
            self.lacking.add(path)
        scope.broken = scope.broken or len(self.problems.errors) > before
        self.read[path] = scope
        return scope

    @staticmethod
    def _unusable(node: s.Use, into: Scope, fault: Fault, path: str = "") -> Failed:
        why = fault.message.removeprefix(path).lstrip() if path else fault.message
        if fault.code == "N602" and "UTF-8" in why:  # the byte that is wrong is somebody's too
            why = "it is no netspec file: it is not UTF-8"
        return fail(
            into,
            "N603",
            node.span,
            f'"{_cut(node.path)}" cannot be used: {why}',
            help=fault.help if fault.code == "N603" else "",
        )


def _same_file(path: Path, other: Path) -> bool:
    """Whether two paths lead to one file."""
    return path == other or os.path.realpath(path) == os.path.realpath(other)


def _cut(name: str) -> str:
    return name if len(name) <= 80 else f"{name[:77]}…"


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
