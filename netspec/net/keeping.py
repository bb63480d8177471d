"""What a training leaves in its run's folder: each file whole, and each moment one that another run can go on from."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import strict_json
from netspec.files import atomic_write
from netspec.folders import make_folder
from netspec.net.described import Act, described
from netspec.net.environment import environment
from netspec.net.history import History
from netspec.net.kept import Kept
from netspec.net.left import (
    BEST,
    CARRIED,
    LAST,
    STATE,
    borrowed,
    carried,
    check_complete,
    log_of,
    settings_of,
    state_of,
)
from netspec.net.lock import Lock
from netspec.net.methods_cache import tuned
from netspec.net.recorded import Record
from netspec.net.resuming import check_resumable
from netspec.net.run_folder import RunFolder, room
from netspec.net.start import Start
from netspec.net.turns import Pending, Turns
from netspec.settings import Data, Train

if TYPE_CHECKING:
    from netspec.engine.planning.ways import Ways
    from netspec.engine.training.checkpoint import State
    from netspec.engine.training.events import Epoch
    from netspec.net.net import Net
    from netspec.weights import Arrays


@dataclass(frozen=True)
class Keep:
    """``out`` is the folder where a run is kept, ``resume`` one that was kept before and goes on.

    It goes on in ``out`` or, where that is the same, in place. ``force`` moves aside what is in ``out``; ``command`` is
    how the run was asked for and ``options`` with which; ``tell`` gets what is worth knowing.
    """

    out: Path | None = None
    resume: Path | None = None
    force: bool = False
    command: str | None = None
    tell: Callable[[str], None] = lambda text: None
    options: Mapping[str, Any] = field(default_factory=dict)

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
    history: History = field(default_factory=History)
    same: dict[str, Any] = field(default_factory=dict)
    settings: Train = field(default_factory=Train)
    ways: Ways | None = None
    start: Start = field(default_factory=Start)
    turns: Turns = field(default_factory=Turns)
    forms: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pending = Pending(self.net)

    @contextlib.contextmanager
    def held(self, data: Path | None) -> Iterator[None]:
        """Have the folders to oneself, and let them go however it ends. Here nothing is read or written yet."""
        where = self.where
        if where.resume is not None:
            check_resumable(where.resume)
        try:
            if where.resume is not None and not where.in_place:
                self.source = borrowed(where.resume)
            if where.out is not None:
                inputs = [*self.net.files, *(path for path in (data, where.resume) if path is not None)]
                self.folder = RunFolder(
                    where.out, where.in_place, where.force, self.net.spec().files, where.tell
                ).claim(inputs)
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
        """The state of the run that goes on, if one does; it goes on in the ways that it began in.

        Fault N711 where it is of another net, data or training, N702 where it is damaged.
        """
        from netspec.engine.planning.ways import Ways
        from netspec.weights import fit

        self.same, self.settings, self.ways = now.brief(), settings, Ways.here(tuned())
        folder = self.where.resume
        if folder is None:
            return None
        state, ways = state_of(folder, now)
        self.ways = ways or self.ways
        fit(self.net.graph, dict(state.weights))
        averaged = ["average"] if settings.average is not None and state.place.steps else []
        check_complete(state, folder / STATE, [*self._slots(), *averaged], self._trained())
        self.history = History.read(log_of(folder, state.place.epoch))
        return state

    def _slots(self) -> list[str]:
        """The names of what the optimiser remembers of each weight."""
        from netspec.engine.training.rules import slots

        return list(slots(self.settings.optimizer))

    def _trained(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the weights that are trained."""
        graph = self.net.graph
        return {
            node.key(local): weight.shape
            for node in graph.nodes
            if not getattr(node.op, "frozen", False)
            for local, weight in graph.local_weights(node).items()
            if weight.trained
        }

    # ---- what is kept

    def begin(self, fresh: Arrays, kept: Kept, now: Record, data: Path | None) -> None:
        """Begin the run's folder: the spec, its settings and, where a run goes on elsewhere, what that one left.

        The state with the ``fresh`` weights comes first, so that a run that is killed can go on from its very
        beginning. Trouble N715 where the disk has no room.
        """
        from netspec.passes import check_size

        if self.folder is None:
            return
        check_size(self.net.graph)  # better now than after an epoch
        resume = self.where.resume
        out, before = self.folder.path, {} if resume is None else settings_of(resume)
        room(out, self._bytes())
        self.folder.ready()
        if resume is None:
            self._first(fresh)
        files = {} if self.where.in_place or resume is None else carried(resume)
        for name, text in {**kept.files, "spec.net": kept.text}.items():
            self._written(out / name, text.encode())
        atomic_write(out / "settings.json", (strict_json(self._described(now, data, before), 2) + "\n").encode())
        about = strict_json(environment(self.where.command), 2)
        atomic_write(out / "environment.json", f"{about}\n".encode())
        for name, content in files.items():
            atomic_write(out / name, content)
        if resume is not None:
            self.write_log()
        self._give_back()

    def _first(self, fresh: Arrays) -> None:
        import numpy as np

        from netspec.engine.training.checkpoint import Place, State

        nothing = {path: np.zeros(shape, np.float32) for path, shape in self._trained().items()}
        with self.turns.timed(0.5):  # the model and the weights are about as large
            self._write_state(State(Place(), fresh, dict.fromkeys(self._slots(), nothing)))

    def _written(self, path: Path, content: bytes) -> None:
        make_folder(path.parent)
        atomic_write(path, content)

    def _described(self, now: Record, data: Path | None, before: Mapping[str, Any]) -> dict[str, Any]:
        where = self.where
        found = described(
            Act(where.command, where.options, where.resume is not None),
            self.net, self.settings, self.start, now, data, before,
        )  # fmt: skip
        return {**found, **({"forms": dict(self.forms)} if self.forms else {})}

    def _bytes(self) -> int:
        """What the run still has to write: two states, the weights and the model.

        They are two since a new state is whole before the old one goes.
        """
        weights = 4 * sum(prod(weight.shape) for weight in self.net.graph.weights.values())
        state = weights * (1 + len(self._slots()) + (self.settings.average is not None))
        there = 0
        if self.folder is not None and self.where.in_place:
            files = [self.folder.path / name for name in CARRIED]
            there = sum(file.stat().st_size for file in files if file.is_file())
        return 2 * state + 2 * weights - there

    def keep(self, event: Epoch, data: Data, seed: int) -> None:
        """Log an epoch; its weights, the model and the state to go on from are written, each whole, where it is time.

        The model has the best weights where a part judges, else the last.
        """
        best = self.history.add(event)
        self.pending.data, self.pending.seed = data, seed
        self.pending.add(event.weights(), best or event.val_loss is None, best)
        if self.folder is None:
            return
        if self.turns.due or event.last:
            with self.turns.timed():
                self.flush(event.last)
                self.write_log()
                self._write_state(event.state())
            return
        self.write_log()
        told = self.turns.put_off(event.seconds)
        if told:
            self.where.tell(told)

    def keep_early(self, state: State, data: Data, seed: int) -> None:
        """Weights and model of a training that ends before its first epoch does."""
        self.pending.data, self.pending.seed = data, seed
        self.pending.add({**state.weights, **state.kept.get("average", {})}, True, False)
        self.flush()

    def flush(self, last: bool = True) -> None:
        """Write the weights and the model that were put off; at the ``last`` those that an earlier stop put off too."""
        if self.folder is None:
            return
        if last and self.where.resume is not None and self.pending.chosen is None and self.history.best is not None:
            self.pending.add_model(self.kept_weights())
        self.pending.write(self.folder.path)

    def kept_weights(self) -> dict[str, Any]:
        """The weights that the model has: the best, or the last."""
        from netspec.net.compiling import weights_from

        if self.pending.chosen is None:
            assert self.where.resume is not None
            name = LAST if self.history.best is None else BEST
            self.pending.chosen = weights_from(self.net, self.where.resume / name)[0]
        return self.pending.chosen

    def write_log(self) -> None:
        """The log and its table."""
        if self.folder is not None:
            atomic_write(self.folder.path / "log.jsonl", self.history.jsonl().encode())
            atomic_write(self.folder.path / "metrics.csv", self.history.table().encode())

    def leave(self, state: State) -> None:
        """Keep the place where training is stopped, so that a later run goes on from it.

        No more is written, since it is waited for; which weights were put off is told.
        """
        if self.folder is None:
            return
        self.pending.write_best(self.folder.path)
        self._write_state(state)
        if self.pending.last is not None:
            self.where.tell(f"{LAST} and model.onnx in {self.folder.path} are of an earlier epoch than the log's last")

    def _write_state(self, state: State) -> None:
        from netspec.interop.weight_files import save_weights

        if self.folder is not None:
            ways = {} if self.ways is None else {"ways": self.ways.to_json()}
            save_weights(self.folder.path / STATE, state.arrays(), {**state.to_json(), "same": self.same, **ways})
