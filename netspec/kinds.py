"""What a file or folder is, by what is in it: a file of the wrong kind is told as what it is."""

from __future__ import annotations

import re
import struct
from pathlib import Path

from netspec.diagnostics import Fault
from netspec.files import open_regular

#: What a model says of itself, as its ``kind``, that is one step of training and answers nothing.
STEP = "training step"
#: How pictures begin.
_PICTURES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM", b"\0\0\0 ftyp")
_SPEC = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:\s|#[^\n]*\n)*netspec\s+\d")
#: An ONNX file begins with its version of the format, and soon names what made it or holds a graph.
_MODEL = re.compile(rb"\A\x08[\x01-\x20](?:\x12|\x1a|\x22|\x2a|\x32|\x3a)")


def kind_of(path: Path) -> str | None:
    """ "a spec", "weights", "a model", "a picture", "arrays", "a run's folder", "a folder"; else None."""
    try:
        if path.is_dir():
            run = any((path / name).is_file() for name in ("settings.json", "state.safetensors"))
            return "a run's folder" if run else "a folder"
        with open_regular(path) as file:
            head = file.read(2**12)
            size = file.seek(0, 2)
    except (Fault, OSError, ValueError):
        return None
    if head.startswith(_PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "a picture"
    if head.startswith(b"\x93NUMPY") or (head.startswith(b"PK") and path.suffix.lower() == ".npz"):
        return "arrays"
    if len(head) > 8 and head[8:9] == b"{" and struct.unpack("<Q", head[:8])[0] <= size - 8:
        return "weights"
    if _SPEC.match(head):
        return "a spec"
    return "a model" if _MODEL.match(head) else None


def mistaken(path: Path, wanted: str) -> str | None:
    """`m.onnx is a model, and a spec is wanted`, where a path is known to be something else than ``wanted``."""
    found = kind_of(path)
    if found is None or found == wanted or (found == "arrays" and wanted == "weights"):  # which may be in an npz
        return None
    is_it = "holds" if found in ("weights", "arrays") else "is"
    return f"{path} {is_it} {found}, and {wanted} {_IS.get(wanted, 'is')} wanted"


_IS = {"weights": "are"}
