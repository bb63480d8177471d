"""From a name to where it is meant, and to all places that mean it, in this file and in others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lsprotocol.types import (
    DefinitionParams,
    DocumentHighlight,
    DocumentHighlightKind,
    DocumentHighlightParams,
    Location,
    Position,
    Range,
    ReferenceParams,
)

from netspec.diagnostics import Fault, Trouble
from netspec.elaborate.files import decode, read_bytes
from netspec.lsp.documents import Document, uri_of
from netspec.lsp.folders import specs_below
from netspec.lsp.library import Shelf, parsed
from netspec.lsp.locating import Locator
from netspec.lsp.names import Declared, Mention, Names
from netspec.lsp.snapshot import Snapshot

#: What a file gives to those that use it.
_GIVEN = ("block", "constant", "table", "parameter")


def definition(snapshot: Snapshot, params: DefinitionParams) -> Location | None:
    """Where a name is meant; of the path of a used file, that file."""
    mention = snapshot.names.at(snapshot.places.offset(params.position))
    if mention is None:
        return None
    if mention.kind == "file":
        path = snapshot.shelf.path(mention.name)
        there = path is not None and (path.is_file() or os.path.realpath(path) in snapshot.around.unsaved)
        return Location(_uri(snapshot, str(path)), Range(Position(0, 0), Position(0, 0))) if there else None
    return None if mention.declared is None else Locator(snapshot)(mention.declared.span)


def _uri(snapshot: Snapshot, path: str) -> str:
    other = snapshot.open_at(path)
    return uri_of(path) if other is None else other.uri


def references(snapshot: Snapshot, params: ReferenceParams) -> list[Location] | None:
    """All places that mean what the name at a place does."""
    mention = snapshot.names.at(snapshot.places.offset(params.position))
    if mention is None or mention.declared is None:
        return None
    declared, locate = mention.declared, Locator(snapshot)
    return [
        locate(one.span)
        for reading in readings(snapshot, declared)
        for one in reading.names.of(declared)
        if params.context.include_declaration or not one.declares
    ]


def highlights(snapshot: Snapshot, params: DocumentHighlightParams) -> list[DocumentHighlight] | None:
    """The places of this file that mean what the name at a place does."""
    mention = snapshot.names.at(snapshot.places.offset(params.position))
    if mention is None or mention.declared is None:
        return None
    kinds = {True: DocumentHighlightKind.Write, False: DocumentHighlightKind.Read}
    return [
        DocumentHighlight(snapshot.places.range(one.span), kinds[one.declares])
        for one in snapshot.names.of(mention.declared)
    ]


@dataclass(frozen=True)
class Reading:
    """A file and its names; ``document`` is None where it is not open."""

    path: Path | None
    text: str
    names: Names
    document: Document | None


def readings(snapshot: Snapshot, declared: Declared) -> Iterator[Reading]:
    """The files that may name what is declared: this one, and where others can, those that it uses and that use it."""
    yield Reading(snapshot.document.path, snapshot.document.text, snapshot.names, snapshot.document)
    if declared.kind not in _GIVEN or snapshot.document.path is None:
        return
    seen = {os.path.realpath(snapshot.document.path)}
    for real, names in snapshot.shelf.names.items():
        seen.add(real)
        yield _reading(snapshot, Path(names.braces.span.source.name), names)
    declaring = os.path.realpath(declared.span.source.name)
    for path in _beside(snapshot, Path(declared.span.source.name)):
        real = os.path.realpath(path)
        if real not in seen:
            seen.add(real)
            using = _names(snapshot, path, declaring)
            if using is not None:
                yield _reading(snapshot, path, using)


def _reading(snapshot: Snapshot, path: Path, names: Names) -> Reading:
    document = snapshot.open_at(str(path))
    return Reading(path, names.braces.span.source.text if document is None else document.text, names, document)


def _beside(snapshot: Snapshot, declaring: Path) -> Iterator[Path]:
    """The files that are open, and those in and below the folder of a file and of the one that asks."""
    yield from (document.path for document in snapshot.around.unsaved.values() if document.path is not None)
    folders = {declaring.parent, *([snapshot.document.path.parent] if snapshot.document.path else [])}
    for folder in folders:
        yield from specs_below(folder)


def _names(snapshot: Snapshot, path: Path, declaring: str) -> Names | None:
    """The names of another file, if it uses the one that declares something."""
    document = snapshot.open_at(str(path))
    try:
        text = decode(read_bytes(path) if document is None else document.text.encode(), str(path))
    except (Fault, Trouble, UnicodeEncodeError):
        return None
    if "use" not in text:
        return None
    shelf = Shelf(path, snapshot.around.root, snapshot.shelf.unsaved)
    names = shelf.resolve(parsed(str(path), text))
    return names if declaring in shelf.names else None


def mention_at(snapshot: Snapshot, position: Position) -> Mention | None:
    """What is named at a place."""
    return snapshot.names.at(snapshot.places.offset(position))
