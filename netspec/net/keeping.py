"""What a run leaves in its folder, each file whole, and what a later one finds there to go on from."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Fault, Trouble, strict_json
from netspec.files import atomic_write, read_regular, reason
from netspec.net.kept import Kept
from netspec.net.lock import Lock
from netspec.net.recorded import Record, compare, digest
from netspec.net.run_folder import RunFolder, room
from netspec.settings import Data, Train

if TYPE_CHECKING:
    from netspec.engine.state import State
    from netspec.engine.train import Epoch
    from netspec.net import Net
    from netspec.weights import Arrays

#: The file that a run goes on from.
STATE = "state.safetensors"
#: What a run that goes on elsewhere takes along besides its log.
_CARRIED = ("weights.safetensors", "model.onnx", STATE)
_LARGEST = 2**40


@dataclass(frozen=True)
class Keep:
    """``out`` is the folder where a run is kept, ``resume`` one that was kept before and goes on, in ``out`` or, the same, in place.

    ``force`` moves aside what is in ``out``; ``command`` is how it was asked for; ``tell`` gets what is worth knowing.
    """

    out: Path | None = None
    resume: Path | None = None
    force: bool = False
    command: str | None = None
    tell: Callable[[str], None] = lambda text: None

    @property
    def used(self) -> bool:
        """Whether there is a folder at all."""
        return self.out is not None or self.resume is not None

    @property
    def in_place(self) -> bool:
        """Whether the run goes on where it is."""
        if self.out is None or self.resume is None:
            return False
        with contextlib.suppress(OSError):
            return os.path.samefile(self.out, self.resume)
        return False


@dataclass
class Keeper:
    """Keeps one training; with no ``out`` it keeps nothing."""

    net: Net
    where: Keep
    folder: RunFolder | None = None
    source: Lock | None = None
    log: list[str] = field(default_factory=list)
    same: dict[str, Any] = field(default_factory=dict)
    settings: Train = field(default_factory=Train)

    @contextlib.contextmanager
    def held(self, data: Path) -> Iterator[None]:
        """Have the folders to oneself, and let them go however it ends. Nothing has been read yet, nor is it written."""
        where = self.where
        if where.resume is not None and not (where.resume / STATE).is_file():
            raise Trouble("N711", f"{where.resume} has no {STATE} to go on from", help="it is written after each epoch, and when training is stopped")
        try:
            if where.resume is not None and not where.in_place:
                self.source = _borrowed(where.resume)
            if where.out is not None:
                inputs = [*self.net.files, data, *([where.resume] if where.resume is not None else [])]
                self.folder = RunFolder(where.out, where.in_place, where.force, self.net.spec().files, where.tell).claim(inputs)
            yield
        finally:
            if self.folder is not None:
                self.folder.release()
            self._give_back()

    def _give_back(self) -> None:
        if self.source is not None:
            self.source.release()
            self.source = None

    # ---- what was left

    def left(self, now: Record, settings: Train) -> State | None:
        """The state of the run that goes on, if one does. Fault N711 where it is of another net, data or training, N702 where it is damaged."""
        from netspec.engine.state import State
        from netspec.interop.weight_files import load_weights
        from netspec.weights import fit

        self.same, self.settings = now.brief(), settings
        folder = self.where.resume
        if folder is None:
            return None
        arrays, told = load_weights(folder / STATE)
        compare(folder, now, told.get("same"), _settings(folder).get("layers"))
        try:
            state = State.read(arrays, told)
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            raise Fault("N702", f"{folder / STATE} is damaged: it holds no training to go on with") from None
        fit(self.net.graph, dict(state.weights))
        self._complete(state, folder)
        self.log = _log(folder / "log.jsonl", state.place.epoch)
        return state

    def _complete(self, state: State, folder: Path) -> None:
        """Fault N702 unless the state has all that the optimiser and the averaging remember."""
        from netspec.engine.optimiser import STATE as SLOTS

        averaged = self.settings.average is not None and state.place.steps
        for name in [*SLOTS[self.settings.optimizer.name], *(["average"] if averaged else [])]:
            found = {path: tuple(array.shape) for path, array in state.kept.get(name, {}).items()}
            if any(found.get(path) != shape for path, shape in self._trained().items()):
                raise Fault("N702", f"{folder / STATE} is damaged: it has not all of the optimiser's {name}")

    def _trained(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the weights that are trained."""
        graph = self.net.graph
        return {
            node.key(local): weight.shape
            for node in graph.nodes if not getattr(node.op, "frozen", False)
            for local, weight in graph.local_weights(node).items() if weight.trained
        }  # fmt: skip

    # ---- what is kept

    def begin(self, fresh: Arrays, kept: Kept, now: Record, data: Path) -> None:
        """The run's folder with the spec and its settings; what an earlier run left, where it goes on elsewhere. Trouble N715 for want of room.

        The state with the ``fresh`` weights comes first, so that a run that is killed can go on from its very beginning.
        """
        from netspec.passes import check_size

        if self.folder is None:
            return
        check_size(self.net.graph)  # better now than after an epoch
        out, before = self.folder.path, {} if self.where.resume is None else _settings(self.where.resume)
        room(out, self._bytes())
        self.folder.ready()
        if self.where.resume is None:
            self._first(fresh)
        carried = {} if self.where.in_place or self.where.resume is None else _carried(self.where.resume)
        for name, text in {**kept.files, "spec.net": kept.text}.items():
            self._written(out / name, text.encode())
        atomic_write(out / "settings.json", (strict_json(self._described(now, data, before), 2) + "\n").encode())
        for name, content in carried.items():
            atomic_write(out / name, content)
        if self.where.resume is not None:
            self._write_log()
        self._give_back()

    def _first(self, fresh: Arrays) -> None:
        import numpy as np

        from netspec.engine.optimiser import STATE as SLOTS
        from netspec.engine.state import Place, State

        nothing = {path: np.zeros(shape, np.float32) for path, shape in self._trained().items()}
        self.leave(State(Place(), fresh, dict.fromkeys(SLOTS[self.settings.optimizer.name], nothing)))

    def _written(self, path: Path, content: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Trouble("N604", f"{path.parent} cannot be made: {reason(error)}") from None
        atomic_write(path, content)

    def _described(self, now: Record, data: Path, before: Mapping[str, Any]) -> dict[str, Any]:
        """All that the run is; one that goes on keeps how it began."""
        act = {"command": self.where.command, "version": _version(), "time": datetime.now(UTC).isoformat(timespec="seconds")}
        began = {name: before[name] for name in act if name in before} or act
        resumed = before.get("resumed")
        more = {"resumed": [*(resumed if isinstance(resumed, list) else []), act]} if self.where.resume is not None else {}
        told = {name: value for name, value in now.data.items() if name not in Data.model_fields}
        about = {"path": str(data.absolute()), "digest": digest(told), **told}
        return {**self.settings.to_json(), "parameters": dict(self.net.given), "data": about, **began, **more, "layers": dict(now.net)}

    def _bytes(self) -> int:
        """What the run still has to write: two states, since a new one is whole before the old one goes, the weights and the model."""
        from netspec.engine.optimiser import STATE as SLOTS

        weights = 4 * sum(prod(weight.shape) for weight in self.net.graph.weights.values())
        there = 0
        if self.folder is not None and self.where.in_place:
            there = sum((self.folder.path / name).stat().st_size for name in _CARRIED if (self.folder.path / name).is_file())
        return -there + weights * (2 * (1 + len(SLOTS[self.settings.optimizer.name]) + (self.settings.average is not None)) + 2)

    def keep(self, event: Epoch, data: Data) -> None:
        """Weights, model, log and the state to go on from after an epoch, each whole."""
        from netspec.interop.weight_files import save_weights

        if self.folder is None:
            return
        out, weights = self.folder.path, event.weights()
        save_weights(out / "weights.safetensors", weights, {"net": self.net.name, "data": data.to_json()})
        self.net.compile(out / "model.onnx", weights, data)
        told = {
            "epoch": event.number, "loss": event.loss, "accuracy": event.accuracy, "test_loss": event.test_loss,
            "test_accuracy": event.test_right / event.test_count if event.test_count else None,
            "test_right": event.test_right, "test_count": event.test_count, "rate": event.rate, "seconds": round(event.seconds, 3),
            "outputs": {name: vars(figures) for name, figures in event.outputs.items()},
        }  # fmt: skip
        self.log.append(strict_json(told))
        self._write_log()
        self.leave(event.state())

    def _write_log(self) -> None:
        assert self.folder is not None
        atomic_write(self.folder.path / "log.jsonl", "".join(f"{line}\n" for line in self.log).encode())

    def leave(self, state: State) -> None:
        """Keep the place, so that a later run goes on from it."""
        from netspec.interop.weight_files import save_weights

        if self.folder is not None:
            save_weights(self.folder.path / STATE, state.arrays(), {**state.told(), "same": self.same})


def _borrowed(folder: Path) -> Lock | None:
    """The lock of a folder that is only read; none where it takes no files."""
    try:
        return Lock(folder).take()
    except Trouble as trouble:
        if trouble.code != "N604":
            raise
        return None


def _settings(folder: Path) -> dict[str, Any]:
    """What a run's settings.json says; nothing where there is none. Fault N702 where it is damaged."""
    path = folder / "settings.json"
    if not path.exists():
        return {}
    try:
        told = json.loads(read_regular(path, 2**28))
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise Fault("N702", f"{path} is damaged: it holds no settings of a run", help="without it the run goes on too: move it away")
    return told


def _log(path: Path, epochs: int) -> list[str]:
    """The lines of a log up to an epoch: what was written after the state was left is done again. Fault N702 where it is damaged."""
    if not path.exists():
        return []
    lines = read_regular(path, 2**30).decode("utf-8", errors="replace").splitlines()[:epochs]
    for number, line in enumerate(lines, 1):
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict) or told.get("epoch") != number:
            raise Fault("N702", f"{path} is damaged: line {number} is not that of epoch {number}", help="without it the run goes on too: move it away")
    if len(lines) < epochs:
        raise Fault("N702", f"{path} is damaged: it has {len(lines)} lines, and {epochs} epochs are done", help="without it the run goes on too: move it away")
    return lines


def _carried(folder: Path) -> dict[str, bytes]:
    """The files that an earlier run left, read before anything is written."""
    return {name: read_regular(folder / name, _LARGEST) for name in _CARRIED if (folder / name).is_file()}


def _version() -> str:
    try:
        return metadata.version("netspec")
    except metadata.PackageNotFoundError:
        return "unknown"
