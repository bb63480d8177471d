"""The one file that the page may change: read, and saved when somebody asks for it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from netspec.diagnostics import Fault
from netspec.elaborate.files import decode, read_bytes, read_source
from netspec.files import atomic_write

_MARK = b"\xef\xbb\xbf"


class Changed(Exception):
    """The file is not what it was when it was read last."""


@dataclass
class SpecFile:
    """A spec on disk; ``fixed`` says why it cannot be saved, where it cannot.

    ``saved`` is its text as it was read or written last, line ends folded; the file's own line ends and mark are kept.
    """

    path: Path
    fixed: str = ""
    saved: str = ""
    _content: bytes = field(default=b"", repr=False)

    def read(self) -> str:
        """The text of the file now. Raises Fault where it is none."""
        read_source(self.path)  # which says what else it may be
        content = read_bytes(self.path)
        self.saved, self._content = decode(content, str(self.path)), content
        return self.saved

    def save(self, text: str, over: bool = False) -> None:
        """Write the file, whole or not at all.

        Raises Changed where somebody else wrote it meanwhile, unless ``over``; Fault where it cannot be written.
        """
        if self.fixed:
            raise Fault("N604", self.fixed)
        if not over and self._now() != self._content:
            raise Changed
        content = text.replace("\n", "\r\n" if b"\r\n" in self._content else "\n").encode()
        content = _MARK + content if self._content.startswith(_MARK) else content
        atomic_write(self.path, content)
        self.saved, self._content = text, content

    @property
    def key(self) -> str:
        """What a browser knows its unsaved work by."""
        return hashlib.sha256(os.path.realpath(self.path).encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def _now(self) -> bytes:
        try:
            return read_bytes(self.path)
        except Fault:
            return b""  # it is gone, or no text any more
