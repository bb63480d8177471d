"""What an earlier run left in its folder, read so that another can go on from it."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Fault, Trouble
from netspec.files import read_regular
from netspec.net.history import is_line
from netspec.net.lock import Lock
from netspec.net.recorded import Record, compare

if TYPE_CHECKING:
    from netspec.engine.planning.ways import Ways
    from netspec.engine.training.checkpoint import State

#: The file that a run goes on from.
STATE = "state.safetensors"
#: Weights of the last epoch, and of the one that was judged best.
LAST, BEST = "weights.safetensors", "best.safetensors"
#: What a run that goes on elsewhere takes along besides its log.
CARRIED = (LAST, BEST, "model.onnx", STATE)
_LARGEST = 2**40
WITHOUT = "move the file away: the run can be resumed without it"


def borrowed(folder: Path) -> Lock | None:
    """The lock of a folder that is only read; none where nothing can be written there."""
    try:
        return Lock(folder).take()
    except Trouble as trouble:
        if trouble.code != "N604":
            raise
        return None


def state_of(folder: Path, now: Record) -> tuple[State, Ways | None]:
    """The state of a run, and the ways that it ran in.

    Fault N711 where it is of another net, data or training, N702 where it is damaged.
    """
    from netspec.engine.planning.ways import Ways
    from netspec.engine.training.checkpoint import State
    from netspec.interop.weight_files import load_weights

    arrays, about = load_weights(folder / STATE)
    compare(folder, now, about.get("same"), settings_of(folder).get("layers"))
    try:
        return State.read(arrays, about), Ways.read(about.get("ways"))
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        raise Fault("N702", f"{folder / STATE} is damaged: it holds no state of a training") from None


def check_complete(state: State, path: Path, slots: list[str], trained: Mapping[str, tuple[int, ...]]) -> None:
    """Fault N702 unless a state has an array of every trained weight's shape for all that the optimiser remembers."""
    for name in slots:
        found = {weight: tuple(array.shape) for weight, array in state.kept.get(name, {}).items()}
        if any(found.get(weight) != shape for weight, shape in trained.items()):
            raise Fault("N702", f"{path} is damaged: a part of the optimiser's {name} is missing")


def settings_of(folder: Path) -> dict[str, Any]:
    """What a run's settings.json says; nothing where there is none. Fault N702 where it is damaged."""
    path = folder / "settings.json"
    if not path.exists():
        return {}
    try:
        found = json.loads(read_regular(path, 2**28))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Fault("N702", f"{path} is damaged: it holds no settings of a run", help=WITHOUT)
    return found


def forms_of(folder: Path) -> dict[str, str]:
    """The forms in which a run's gradients are written. Fault N702 where its settings.json is damaged."""
    from netspec.interop.gradients.sliding import NAMES

    found = settings_of(folder).get("forms", {})
    known = {name for names in NAMES.values() for name in names}
    if not isinstance(found, dict) or not all(isinstance(name, str) and name in known for name in found.values()):
        path = folder / "settings.json"
        raise Fault("N702", f"{path} is damaged: it names forms of gradients that there are not", help=WITHOUT)
    return found


def log_of(folder: Path, epochs: int) -> list[str]:
    """The lines of a run's log up to an epoch: what was written after the state was left is done again.

    Fault N702 where it is damaged.
    """
    path = folder / "log.jsonl"
    if not path.exists():
        return []
    lines = read_regular(path, 2**30).decode("utf-8", errors="replace").splitlines()[:epochs]
    for number, line in enumerate(lines, 1):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        if not is_line(found, number):
            raise Fault("N702", f"{path} is damaged: line {number} is not that of epoch {number}", help=WITHOUT)
    if len(lines) < epochs:
        raise Fault("N702", f"{path} is damaged: it has {len(lines)} lines, and {epochs} epochs are done", help=WITHOUT)
    return lines


def carried(folder: Path) -> dict[str, bytes]:
    """The files that an earlier run left, read before anything is written."""
    return {name: read_regular(folder / name, _LARGEST) for name in CARRIED if (folder / name).is_file()}
