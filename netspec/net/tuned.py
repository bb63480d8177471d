"""The methods that this machine was found to run fastest, in one file of the user's cache."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path


def place() -> Path:
    """`netspec/methods.json` in the user's cache folder (XDG_CACHE_HOME, else ~/.cache)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "netspec" / "methods.json"


def tuned() -> dict[str, str]:
    """Methods by a convolution's shape; none where nothing was measured, or the file cannot be read."""
    try:
        told = json.loads(place().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {key: name for key, name in told.items() if isinstance(name, str)} if isinstance(told, dict) else {}


def keep_tuned(found: Mapping[str, str]) -> None:
    """Write the file, whole. Raises Trouble N604 where that cannot be done."""
    from netspec.diagnostics import Trouble
    from netspec.files import atomic_write

    path = place()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Trouble("N604", f"{path.parent} cannot be made: {(error.strerror or str(error)).lower()}") from None
    atomic_write(path, (json.dumps(found, indent=1, sort_keys=True) + "\n").encode())
