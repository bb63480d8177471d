"""What a path stands for: the user's cache, what a run's folder has, the system's own hole, no regular file."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

_KINDS = (
    (stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"),
)  # fmt: skip
#: What commands read of a run's folder.
IN_RUN = (
    "spec.net", "settings.json", "log.jsonl", "model.onnx",
    "best.safetensors", "weights.safetensors", "state.safetensors",
)  # fmt: skip


def in_run(path: str | Path, *names: str) -> Path:
    """A run's folder stands for what is in it: the first of ``names`` that the folder has; another path for itself."""
    path = Path(path)
    with contextlib.suppress(OSError, ValueError):
        for name in names if path.is_dir() else ():
            if (path / name).is_file():
                return path / name
    return path


def cache_folder() -> Path | None:
    """`netspec` in the user's cache folder: XDG_CACHE_HOME where that is an absolute path, else ~/.cache.

    None for a user of whom the system knows no home.
    """
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        return (given if given.is_absolute() else Path.home() / ".cache") / "netspec"
    except RuntimeError:
        return None


def is_nowhere(path: str | Path) -> bool:
    """Whether a path is the system's own hole (`/dev/null`), which takes everything and keeps nothing."""
    with contextlib.suppress(OSError, ValueError):
        there = os.stat(path)
        return stat.S_ISCHR(there.st_mode) and os.path.samestat(there, os.stat(os.devnull))
    return False


def kind_of_file(mode: int) -> str:
    """What a file that is not regular is, from its mode."""
    return next((name for test, name in _KINDS if test(mode)), "no regular file")
