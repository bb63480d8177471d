"""A name changed in all places that mean it; what would mean something else then is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from lsprotocol.types import (
    OptionalVersionedTextDocumentIdentifier,
    PrepareRenameParams,
    PrepareRenamePlaceholder,
    RenameParams,
    TextDocumentEdit,
    TextEdit,
    WorkspaceEdit,
)
from pygls.exceptions import JsonRpcInvalidParams

from netspec.diagnostics import Span
from netspec.elaborate.declarations import SPECIAL
from netspec.language.keywords import KEYWORDS
from netspec.language.lexer import LONGEST_NAME
from netspec.lsp.documents import Document, uri_of
from netspec.lsp.names import Declared
from netspec.lsp.navigation import Reading, mention_at, readings
from netspec.lsp.parameters import places_of
from netspec.lsp.positions import BOM, Places
from netspec.lsp.snapshot import Snapshot, analysed
from netspec.ops import OPERATORS

#: What cannot take the name of a layer.
_NO_LAYER = ("value", "input", "output", "share", "block")


def prepared(snapshot: Snapshot, params: PrepareRenameParams) -> PrepareRenamePlaceholder | None:
    """The name at a place, where it is one that the files declare."""
    mention = mention_at(snapshot, params.position)
    if mention is None or mention.declared is None:
        return None
    return PrepareRenamePlaceholder(snapshot.places.range(mention.span), mention.name)


def renamed(snapshot: Snapshot, params: RenameParams) -> WorkspaceEdit | None:
    """The edits, of each file in the version that was read."""
    mention, new = mention_at(snapshot, params.position), params.new_name
    if mention is None or mention.declared is None:
        return None
    _allowed(new, mention.declared)
    spans = [(reading, list(_spans(reading, mention.declared))) for reading in readings(snapshot, mention.declared)]
    spans = [(reading, found) for reading, found in spans if found]
    _still_means_the_same(snapshot, spans, new)
    return WorkspaceEdit(document_changes=[_edits(snapshot, reading, found, new) for reading, found in spans])


def _spans(reading: Reading, declared: Declared) -> Iterator[Span]:
    for mention in reading.names.of(declared):
        yield mention.span
    source = reading.names.braces.span.source
    if declared.kind == "parameter" and source.name == declared.span.source.name and _of_net(reading, declared):
        yield from places_of(declared.name, source)


def _of_net(reading: Reading, declared: Declared) -> bool:
    nets = [one.declared for one in reading.names.mentions if one.kind == "net" and one.declared is not None]
    return any(one.place == declared.place for net in nets for one in net.parameters.values())


def _allowed(new: str, declared: Declared) -> None:
    why = ""
    if not new.isidentifier() or len(new) > LONGEST_NAME:
        why = f"`{new[:40]}` is no name"
    elif new in KEYWORDS or new == "x":
        why = f"`{new}` is a word of the language"
    elif declared.kind in _NO_LAYER and (new in OPERATORS or new in SPECIAL):
        why = f"`{new}` is a layer: a {declared.kind} cannot take its name"
    if why:
        raise JsonRpcInvalidParams(message=why)


def _still_means_the_same(snapshot: Snapshot, spans: list[tuple[Reading, list[Span]]], new: str) -> None:
    """Refuse what would make names mean something else, or make errors that were not there."""
    around = snapshot.around
    texts: dict[str, Document] = {}
    for reading, found in spans:
        document = reading.document or Document(uri_of(reading.path or ""), None, reading.text, reading.path)
        changed = replace(document, text=_applied(reading.names.braces.span.source.text, found, new))
        texts[document.real or document.uri] = changed
    after = replace(around, unsaved={**around.unsaved, **texts})
    for (reading, _), document in zip(spans, texts.values(), strict=True):
        before = reading.document or replace(document, text=reading.text)
        old, now = analysed(before, around), analysed(document, after)
        if _meanings(old) != _meanings(now) or len(now.problems.errors) > len(old.problems.errors):
            known = {(problem.code, problem.message) for problem in old.problems}
            why = next((p.message for p in now.problems.errors if (p.code, p.message) not in known), "")
            raise JsonRpcInvalidParams(message=why or f"`{new}` means something else there already")


def _applied(text: str, spans: list[Span], new: str) -> str:
    for span in sorted(spans, key=lambda span: span.start, reverse=True):
        text = text[: span.start] + new + text[span.end :]
    return text


def _meanings(snapshot: Snapshot) -> list[tuple[str, object]]:
    """Of each mention its kind, and which mention declares it; of what another file declares, where in that file."""
    mentions = snapshot.names.mentions
    declaring = {one.declared.place: index for index, one in enumerate(mentions) if one.declares and one.declared}
    orders = _orders(snapshot)
    return [
        (one.kind, None if one.declared is None else declaring.get(one.declared.place, orders.get(one.declared.place)))
        for one in mentions
    ]


def _orders(snapshot: Snapshot) -> Mapping[tuple[str, int], object]:
    """The declarations of used files by their order in them, which stays when offsets do not."""
    return {
        one.declared.place: (real, index)
        for real, names in snapshot.shelf.names.items()
        for index, one in enumerate(names.mentions)
        if one.declares and one.declared
    }


def _edits(snapshot: Snapshot, reading: Reading, spans: list[Span], new: str) -> TextDocumentEdit:
    source, document = reading.names.braces.span.source, reading.document
    places = Places(source, snapshot.around.encoding, reading.text.startswith(BOM))
    uri = document.uri if document is not None else uri_of(reading.path or Path())
    version = document.version if document is not None else None
    return TextDocumentEdit(
        OptionalVersionedTextDocumentIdentifier(uri, version), [TextEdit(places.range(span), new) for span in spans]
    )
