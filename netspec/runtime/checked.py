"""Files of models, looked at before onnxruntime opens them."""

from __future__ import annotations

from pathlib import Path

from netspec.diagnostics import Fault, Trouble
from netspec.files import open_regular, read_regular
from netspec.kinds import kind_of, mistaken


def check_model(path: Path) -> None:
    """Trouble N601 for a folder, Fault N708 for a file, that is known to be something else than a model."""
    other = mistaken(path, "a model")
    if other and kind_of(path) == "a run's folder":  # with a model it would stand for that
        raise Trouble("N601", f"the run in {path} has no model yet",
                      help=f"go on with it: `netspec train --resume {path}`")  # fmt: skip
    if other:
        raise Trouble("N601", other) if path.is_dir() else Fault("N708", other)


def source(path: Path) -> str | bytes:
    """What onnxruntime opens: the path, after a look at the file; its bytes where the path is no UTF-8."""
    with open_regular(path) as file:
        size = file.seek(0, 2)
        if not 0 < size < 2**31:
            why = "it is empty" if not size else f"it has {size:,} bytes, and an ONNX file at most {2**31 - 1:,}"
            raise Fault("N708", f"{path} cannot be opened: {why}")
    try:
        str(path).encode()
        return str(path)
    except UnicodeEncodeError:
        return read_regular(path, size)
