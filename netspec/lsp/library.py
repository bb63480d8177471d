"""The files that a document uses, as it sees them: their names, from what is open or from the disk."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from netspec.diagnostics import Fault, Problems, Source, Trouble
from netspec.elaborate.files import DEEPEST, MOST, Library
from netspec.language import parse
from netspec.language import syntax as s
from netspec.language.version import says_version
from netspec.lsp.names import Declared, Names
from netspec.lsp.resolve import resolved


@lru_cache(maxsize=64)
def parsed(name: str, text: str) -> s.File:
    """The syntax of a file; what is wrong with it is told by its analysis."""
    return parse(Source(name, text), Problems())


@dataclass
class Shelf:
    """Reads the files that one document uses, and those that they use, each once; what cannot be read has no names."""

    main: Path | None
    root: Path | None
    unsaved: Mapping[str, str]
    names: dict[str, Names] = field(default_factory=dict)
    _reading: list[str] = field(default_factory=list)

    def resolve(self, file: s.File) -> Names:
        """The names of the document itself."""
        if self.main is None:
            return resolved(file)
        self._library = Library(Problems(), self.main, self.root, self.unsaved)
        self._reading = [os.path.realpath(self.main)]
        return self._resolve(file, self.main)

    def _resolve(self, file: s.File, beside: Path) -> Names:
        return resolved(file, lambda use: self._taken(use, beside))

    def _taken(self, use: s.Use, beside: Path) -> Mapping[str, Declared]:
        path = self.path(use.path, beside)
        if path is None:
            return {}
        real = os.path.realpath(path)
        if real in self._reading or len(self._reading) >= DEEPEST or len(self.names) >= MOST:
            return {}
        if real not in self.names:
            try:
                text = self._library.text(path, str(path))
            except (Fault, Trouble):
                return {}
            if not says_version(text):
                return {}
            self._reading.append(real)
            self.names[real] = self._resolve(parsed(str(path), text), path)
            self._reading.pop()
        return self.names[real].exported

    def path(self, name: str, beside: Path | None = None) -> Path | None:
        """Where a file lies that is used; None where it may not be."""
        beside = beside or self.main
        if beside is None:
            return None
        try:
            return Library(Problems(), self.main, self.root).reach(name, beside)
        except Fault:
            return None
