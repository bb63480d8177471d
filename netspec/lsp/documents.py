"""The documents that an editor has open: their texts, saved or not, under the editor's own names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lsprotocol.types import TextDocumentContentChangeEvent, TextDocumentContentChangePartial
from pygls.uris import from_fs_path, to_fs_path

from netspec.lsp.positions import edited


@dataclass(frozen=True)
class Document:
    """One version of a document's text, as the editor has it; one that is no file (``untitled:``) has no path."""

    uri: str
    version: int | None
    text: str
    path: Path | None

    @staticmethod
    def opened(uri: str, version: int | None, text: str) -> Document:
        """A document by its URI."""
        return Document(uri, version, text, path_of(uri))

    def changed(self, changes: Sequence[TextDocumentContentChangeEvent], version: int, encoding: str) -> Document:
        """The version after some changes, each to the text that the one before it left."""
        text = self.text
        for change in changes:
            if isinstance(change, TextDocumentContentChangePartial):
                text = edited(text, change.range, change.text, encoding)
            else:
                text = change.text
        return replace(self, text=text, version=version)

    @property
    def real(self) -> str | None:
        """The real path of the file, links followed."""
        return None if self.path is None else os.path.realpath(self.path)


def path_of(uri: str) -> Path | None:
    """The file that a URI names; None where it names none."""
    if not uri.lower().startswith("file:"):
        return None
    try:
        found = to_fs_path(uri)
    except ValueError:
        return None
    return None if not found or "\0" in found else Path(found)


def uri_of(path: str | Path) -> str:
    """The URI of a file."""
    return from_fs_path(os.path.abspath(path)) or Path(path).as_uri()
