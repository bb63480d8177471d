"""What a run ran on: versions, processor, cores, memory, the library of matrix products."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import os
import platform
import re
from contextlib import suppress
from typing import Any

from netspec import __version__, machine
from netspec.files import read_regular

#: Packages whose versions may change a result.
PACKAGES = ("numpy", "onnx", "onnxruntime", "onnxruntime-gpu", "pillow")


def environment(command: str | None) -> dict[str, Any]:
    """As ``environment.json`` has it; None for what this machine does not tell. ``memory`` and ``free`` are bytes."""
    free = machine.memory()
    return {
        "command": command,
        "versions": {"netspec": __version__, "python": platform.python_version(), **_versions()},
        "system": platform.platform(),
        "processor": _processor(),
        "cores": machine.cores(),
        "memory": _memory(),
        "free": None if free is None else free.free,
        "blas": _blas(),
    }


def _versions() -> dict[str, str]:
    from importlib import metadata

    found = {}
    for name in PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def _processor() -> str | None:
    with suppress(Exception):
        text = read_regular("/proc/cpuinfo", 2**20).decode("utf-8", "replace")
        named = re.search(r"^model name\s*:\s*(\S.*)$", text, re.MULTILINE)
        if named:
            return named[1].strip()
    return platform.processor() or platform.machine() or None


def _memory() -> int | None:
    with suppress(AttributeError, OSError, ValueError):  # not every system has these
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _blas() -> list[dict[str, Any]]:
    """The libraries of matrix products that are loaded, each with its version, kernels and threads."""
    from threadpoolctl import threadpool_info

    found = []
    with suppress(Exception):  # what it cannot look into is none of a training's business
        for library in threadpool_info():
            if library.get("user_api") == "blas":
                names = {"library": "internal_api", "version": "version", "kernels": "architecture"}
                found.append({name: library.get(key) for name, key in names.items()})
    return found
