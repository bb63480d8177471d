"""What this machine was found to run fastest, in files of the user's cache: engine methods, forms of gradients."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.diagnostics import Fault, Trouble
from netspec.files import atomic_write, read_regular, reason
from netspec.locations import cache_folder

if TYPE_CHECKING:
    from netspec.engine.measuring.tuning import Trial
    from netspec.graph import Graph

#: The files: of the engine's own methods, and of the forms in which gradients are written for onnxruntime.
METHODS, FORMS = "methods.json", "forms.json"
#: Bytes that the file may have: a line for each shape, and no net has so many.
LARGEST = 2**24


def place(name: str = METHODS) -> Path | None:
    """The file; None for a user of whom the system knows no home."""
    folder = cache_folder()
    return None if folder is None else folder / name


def tuned(name: str = METHODS) -> dict[str, str]:
    """What was found, by a convolution's shape; nothing where none was measured, or the file cannot be read."""
    path = place(name)
    try:
        found = None if path is None else json.loads(read_regular(path, LARGEST))
    except (Fault, ValueError, RecursionError):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


def keep_tuned(found: Mapping[str, str], name: str = METHODS) -> None:
    """Write the file, whole. Raises Trouble N604 where that cannot be done."""
    path = place(name)
    if path is None:
        raise Trouble(
            "N604",
            "the measured methods cannot be kept: this user has no home folder",
            help="set XDG_CACHE_HOME to a folder for it",
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Trouble("N604", f"{path.parent} cannot be made: {reason(error)}") from None
    atomic_write(path, (json.dumps(found, indent=1, sort_keys=True) + "\n").encode())


def tune(graph: Graph) -> Iterator[Trial]:
    """Time the methods that can run each convolution of a graph, and at the end keep what was found for later plans."""
    from netspec.engine.measuring.tuning import trials

    found = tuned()
    for trial in trials(graph):
        found.pop(trial.key, None)
        if trial.best != trial.usual:
            found[trial.key] = trial.best
        yield trial
    keep_tuned(found)
