"""What could be written at a place: layers, arguments and their words, names, settings, generators, tables that fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lsprotocol.types import (
    CompletionItem,
    CompletionItemKind,
    CompletionItemLabelDetails,
    CompletionList,
    CompletionParams,
    InsertTextFormat,
    MarkupContent,
    MarkupKind,
    Range,
    TextEdit,
)

from netspec.elaborate.tables import KINDS
from netspec.lsp import words
from netspec.lsp.cursor import Cursor, cursor
from netspec.lsp.entering import entering
from netspec.lsp.figures import shapes
from netspec.lsp.folders import specs_below
from netspec.lsp.hover import described
from netspec.lsp.names import Declared
from netspec.lsp.signature import called_at
from netspec.lsp.snapshot import Snapshot
from netspec.report.described import Argument, Described
from netspec.tables import KernelTable, Table

TRIGGERS = ["(", ":", ".", ">", "[", '"']
_VALUES = ("value", "input", "output")
_CONSTANTS = ("constant", "parameter", "variable", "table", "size")
_KINDS = {
    "block": CompletionItemKind.Function, "share": CompletionItemKind.Function, "table": CompletionItemKind.Struct,
    "constant": CompletionItemKind.Constant, "parameter": CompletionItemKind.Constant,
}  # fmt: skip
#: Arguments that take a table, by name.
_TABLES = ("table", "codes", "shortcut", "kernel")
_TOP = {"net": "net ", "block": "block ", "let": "let ", "use": 'use "', "train": "train {", "data": "data {"}
_IN_BODY = ("input", "output", "let", "block", "share", "expect")
_SIZES = {"maps": "of a value", "height": "of a value", "width": "of a value", "depth": "of a value",
          "length": "of a value", "units": "of a value", "inputs": "of a table", "outputs": "of a table",
          "connections": "of a table", "fan_in": "of a table", "weights": "of a table"}  # fmt: skip


class _Offer:
    """Items for one place."""

    def __init__(self, snapshot: Snapshot, found: Cursor, end: int) -> None:
        self.snapshot, self.found, self.offset = snapshot, found, end
        self.range = Range(snapshot.places.position(found.start), snapshot.places.position(end))
        self.visible = snapshot.names.braces.at(found.start).visible(found.start)

    def item(
        self,
        label: str,
        kind: CompletionItemKind,
        detail: str = "",
        about: str = "",
        text: str = "",
        first: bool = False,
    ) -> CompletionItem:
        new = text or label
        snippet = "$" in new
        return CompletionItem(
            label,
            CompletionItemLabelDetails(description=detail or None),
            kind,
            documentation=MarkupContent(MarkupKind.Markdown, about) if about else None,
            sort_text=f"{0 if first else 1}{label}",
            insert_text_format=InsertTextFormat.Snippet if snippet else None,
            text_edit=TextEdit(self.range, new),
        )

    def words(self, names: Iterable[str], detail: str = "", first: bool = False) -> Iterator[CompletionItem]:
        for name in names:
            yield self.item(name, CompletionItemKind.Keyword, detail, first=first)

    def described(self, known: Iterable[Described]) -> Iterator[CompletionItem]:
        for one in known:
            needed = any(argument.required for argument in one.ordered)
            text = f"{one.name}($1)" if needed and self.snapshot.around.snippets else ""
            kind = CompletionItemKind.Method if one.kind == "layer" else CompletionItemKind.Function
            yield self.item(one.name, kind, one.about.split("\n")[0], described(one), text)

    def declared(self, kinds: tuple[str, ...], first: bool = False) -> Iterator[CompletionItem]:
        for name, one in self.visible.items():
            if one.kind in kinds:
                yield self.item(name, _KINDS.get(one.kind, CompletionItemKind.Variable), self._detail(one), first=first)

    def _detail(self, one: Declared) -> str:
        binding = self.snapshot.trace.bound(one.span.source.name, one.span.start)
        if binding is not None and binding.kind == "value":
            return shapes([value.shape for value in binding.what])
        return one.kind

    # ---- by what is wanted

    def all(self) -> Iterator[CompletionItem]:
        wants = self.found.wants()
        offer = getattr(self, f"_{wants.replace(' ', '_')}", None) if wants else None
        if offer is not None:
            yield from offer()

    def _declaration(self) -> Iterator[CompletionItem]:
        for name, text in _TOP.items():
            yield self.item(name, CompletionItemKind.Keyword, text=text)
        yield from self._table_kinds()

    def _table_kinds(self) -> Iterator[CompletionItem]:
        for name, about in KINDS.items():
            yield self.item(f"{name} table", CompletionItemKind.Keyword, about=about, text=f"{name} table ")

    def _first_table(self) -> Iterator[CompletionItem]:
        yield self.item("table", CompletionItemKind.Keyword)

    def _statement(self) -> Iterator[CompletionItem]:
        yield from self.words(_IN_BODY)
        yield from self._table_kinds()
        yield from self._stage()

    def _stage(self) -> Iterator[CompletionItem]:
        last = self.found.last
        behind_arrow = last is not None and last.type == "ARROW"
        inside = any(braces.enters for braces in self.snapshot.names.braces.at(self.found.start).chain())
        if not behind_arrow:
            yield from self.declared(_VALUES, first=True)
            if inside:
                yield self.item("in", CompletionItemKind.Keyword, first=True)
        if behind_arrow or inside or self.found.inmost.holds == "stages":
            yield from self.declared(("block", "share"), first=True)
            yield from self.described(words.layers().values())

    def _value(self) -> Iterator[CompletionItem]:
        argument = self._present()
        if argument is not None and argument.name in _TABLES and argument.takes.endswith("table"):
            yield from self._fitting(argument)
        if argument is not None:
            for name in argument.words:
                yield self.item(name, CompletionItemKind.EnumMember, about=words.word(self._owner(), name), first=True)
            if argument.takes.startswith("true"):
                yield from self.words(("true", "false"), first=True)
        yield from self.declared(("constant", "parameter", "variable", "size"))
        yield from self.declared(_VALUES)
        yield from self.described(words.functions().values())

    def _owner(self) -> str:
        return str(self.found.inmost.name or "")

    def _present(self) -> Argument | None:
        """The argument whose value is being written."""
        called = called_at(self.snapshot, self.found, self.found.inmost)
        if called is None:
            return None
        given = self.found.inmost.given()
        present = given[-1]
        if len(present) > 1 and present[1].type == "COLON":
            known = {one.name: one for one in (*called.ordered, *called.named)}
            return known.get(str(present[0]))
        place = len(given) - 1
        return called.ordered[place] if place < len(called.ordered) else None

    def _fitting(self, argument: Argument) -> Iterator[CompletionItem]:
        """The tables that fit what enters the layer, and its own maps where they are written as a number."""
        maps, first = entering(self.snapshot, self.found), self.found.inmost.given()[0]
        outputs = _whole(first[0]) if len(first) == 1 else None
        for name, one in self.visible.items():
            table = self._table(one)
            if isinstance(table, KernelTable) != (argument.name == "kernel"):
                continue
            if isinstance(table, Table):
                if maps is not None and table.inputs != maps:
                    continue
                if outputs is not None and argument.name != "shortcut" and table.outputs != outputs:
                    continue
                detail = f"{table.inputs} -> {table.outputs}"
            elif one.kind != "table":
                continue
            else:
                detail = "kernel table" if isinstance(table, KernelTable) else "table"
            yield self.item(name, CompletionItemKind.Struct, detail, first=True)

    def _table(self, one: Declared) -> Table | KernelTable | None:
        binding = self.snapshot.trace.bound(one.span.source.name, one.span.start)
        return binding.what if binding is not None and isinstance(binding.what, Table | KernelTable) else None

    def _argument(self) -> Iterator[CompletionItem]:
        called = called_at(self.snapshot, self.found, self.found.inmost)
        if called is None:
            return
        given = {str(part[0]) for part in self.found.inmost.given() if len(part) > 1 and part[1].type == "COLON"}
        for one in (*called.ordered, *called.named):
            if one.name not in given:
                about = ". It takes ".join(part for part in (one.about, one.takes) if part)
                detail = "" if one.required else one.default or ""
                yield self.item(one.name, CompletionItemKind.Property, detail, about, f"{one.name}: ", first=True)
        if self.found.head and self.found.head[0].type != "EXPECT":
            yield from self._value()

    def _expected(self) -> Iterator[CompletionItem]:
        yield from self.declared((*_VALUES, "share"), first=True)
        yield self.item("net", CompletionItemKind.Keyword, "the deployed net")

    def _size(self) -> Iterator[CompletionItem]:
        for name, of in _SIZES.items():
            yield self.item(name, CompletionItemKind.Property, of)

    def _made(self) -> Iterator[CompletionItem]:
        yield from self.described(words.generators().values())
        yield self.item("transpose", CompletionItemKind.Function, "the other way round", text="transpose(")
        wanted = [_whole(word) for word in self.found.head if word.type == "NUMBER"][:2]
        for name, one in self.visible.items():
            table = self._table(one)
            if isinstance(table, Table) and (len(wanted) < 2 or [table.inputs, table.outputs] == wanted):
                yield self.item(name, CompletionItemKind.Struct, f"{table.inputs} -> {table.outputs}", first=True)

    # ---- in sections

    def _section(self) -> str:
        return next((str(one.name) for one in reversed(self.found.around) if one.holds == "section"), "")

    def _setting(self) -> Iterator[CompletionItem]:
        for name, one in words.settings(self._section()).items():
            about = f"{one.about}. It takes {one.takes}"
            yield self.item(name, CompletionItemKind.Property, one.default or "", about, f"{name}: ")

    def _word(self) -> Iterator[CompletionItem]:
        key = str(self.found.inmost.statement[0])
        behind = words.behind(key)
        yield from self.described(behind.values())
        setting = words.settings(self._section()).get(key)
        if setting is not None:
            yield from self.words([word for word in setting.words if word not in behind], first=True)
            if setting.takes.startswith("true"):
                yield from self.words(("true", "false"), first=True)
        yield from self.declared(_CONSTANTS)


def _whole(word: object) -> int | None:
    """The number that a word is, where it is a whole one that a table can have."""
    text = str(word)
    return int(text) if text.isdecimal() and len(text) < 10 else None


def completion(snapshot: Snapshot, params: CompletionParams) -> CompletionList | None:
    """What could be written at a place; nothing within comments."""
    offset = snapshot.places.offset(params.position)
    files = _files(snapshot, offset)
    if files is not None:
        return files
    found = cursor(snapshot, offset)
    return None if found is None else CompletionList(False, list(_Offer(snapshot, found, offset).all()))


def _files(snapshot: Snapshot, offset: int) -> CompletionList | None:
    """The files that a line could use, where its string is being written."""
    line, column = snapshot.source.place(offset)
    before = snapshot.source.line(line)[: column - 1]
    head, quote, typed = before.partition('"')
    if head.strip() != "use" or not quote or '"' in typed or snapshot.document.path is None:
        return None
    folder = snapshot.document.path.parent
    place = Range(snapshot.places.position(offset - len(typed)), snapshot.places.position(offset))
    paths = sorted(
        path.relative_to(folder).as_posix() for path in specs_below(folder) if path != snapshot.document.path
    )
    return CompletionList(
        False, [CompletionItem(path, kind=CompletionItemKind.File, text_edit=TextEdit(place, path)) for path in paths]
    )
