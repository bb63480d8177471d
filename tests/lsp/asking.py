"""Questions to an analysed text, asked where `‸` stands in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lsprotocol import types as lsp

from netspec.lsp.documents import Document
from netspec.lsp.hover import hover
from netspec.lsp.snapshot import Snapshot, Surroundings, analysed

MARK = "‸"
ALL = lsp.Range(lsp.Position(0, 0), lsp.Position(10_000, 0))


def snapshot(text: str, uri: str = "untitled:a", **around: Any) -> Snapshot:
    """A text, analysed."""
    return analysed(Document.opened(uri, 1, text), Surroundings(**around))


def marked(text: str, uri: str = "untitled:a", **around: Any) -> tuple[Snapshot, lsp.Position]:
    """A text without its mark, analysed, and the place of the mark."""
    before, mark, after = text.partition(MARK)
    assert mark and MARK not in after
    found = snapshot(before + after, uri, **around)
    return found, found.places.position(len(before))


def this(uri: str = "untitled:a") -> lsp.TextDocumentIdentifier:
    """The document."""
    return lsp.TextDocumentIdentifier(uri)


def hovered(text: str, **around: Any) -> str:
    """What is shown of the name at the mark."""
    found, place = marked(text, **around)
    shown = hover(found, lsp.HoverParams(this(), place))
    assert shown is None or isinstance(shown.contents, lsp.MarkupContent)
    return "" if shown is None else shown.contents.value


def spec(name: str) -> str:
    """One of our own specs."""
    return (Path(__file__).parents[2] / "specs" / f"{name}.net").read_text(encoding="utf-8")


def edited(found: Snapshot, edits: list[lsp.TextEdit] | None) -> str:
    """The text of a document after some edits, all places being those before."""
    from netspec.lsp.positions import edited as replaced

    text = found.document.text
    for edit in sorted(edits or [], key=lambda edit: (edit.range.start.line, edit.range.start.character), reverse=True):
        text = replaced(text, edit.range, edit.new_text, found.around.encoding)
    return text
