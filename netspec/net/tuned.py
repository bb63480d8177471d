"""The methods that this machine was found to run fastest, in one file of the user's cache."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

#: Bytes that the file may have: a line for each shape, and no net has so many.
LARGEST = 2**24


def place() -> Path | None:
    """`netspec/methods.json` in the user's cache folder: XDG_CACHE_HOME where that is an absolute path, else ~/.cache.

    None for a user of whom the system knows no home.
    """
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        return (given if given.is_absolute() else Path.home() / ".cache") / "netspec" / "methods.json"
    except RuntimeError:
        return None


def tuned() -> dict[str, str]:
    """Methods by a convolution's shape; none where nothing was measured, or the file cannot be read."""
    from netspec.diagnostics import Fault
    from netspec.files import read_regular

    path = place()
    try:
        told = None if path is None else json.loads(read_regular(path, LARGEST))
    except (Fault, ValueError, RecursionError):
        return {}
    return {key: name for key, name in told.items() if isinstance(name, str)} if isinstance(told, dict) else {}


def keep_tuned(found: Mapping[str, str]) -> None:
    """Write the file, whole. Raises Trouble N604 where that cannot be done."""
    from netspec.diagnostics import Trouble
    from netspec.files import atomic_write

    path = place()
    if path is None:
        raise Trouble("N604", "what was found cannot be kept: the system knows no home of this user",
                      help="XDG_CACHE_HOME names a folder for it")  # fmt: skip
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Trouble("N604", f"{path.parent} cannot be made: {(error.strerror or str(error)).lower()}") from None
    atomic_write(path, (json.dumps(found, indent=1, sort_keys=True) + "\n").encode())
