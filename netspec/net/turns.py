"""When a run is written: large weights take long, and are not written after each epoch where epochs are short."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.net.left import BEST, LAST
from netspec.net.recorded import tables
from netspec.settings import Data

if TYPE_CHECKING:
    from netspec.net.net import Net

#: Seconds that writing may always take, and the share of the time since the last one that it may take else.
SHORT, SHARE = 1.0, 0.1


@dataclass
class Turns:
    """Whose turn it is: ``took`` seconds it takes to write a run, which was done at ``written`` for the last time."""

    took: float = 0.0
    written: float = field(default_factory=time.monotonic)
    told: bool = False

    @property
    def due(self) -> bool:
        """Whether writing is short, by itself or beside what was trained since."""
        return self.took <= SHORT or self.took <= SHARE * (time.monotonic() - self.written)

    @contextmanager
    def timed(self, share: float = 1.0) -> Iterator[None]:
        """Around the writing of a ``share`` of a run."""
        began = time.monotonic()
        yield
        self.written = time.monotonic()
        self.took = (self.written - began) / share

    def put_off(self, seconds: float) -> str | None:
        """What is told of it once, after an epoch that took so long."""
        if self.told:
            return None
        self.told = True
        every = ceil(self.took / SHARE / max(seconds, 1e-3))
        return (
            f"writing this run takes {self.took:.1f} s and an epoch {seconds:.1f} s: weights, model and state are "
            f"written about every {every:,} epochs and at the end, the state where training is stopped too"
        )


@dataclass
class Pending:
    """The weights of a run that are to be written: ``last`` ones, and the ``chosen`` ones that the model has."""

    net: Net
    seed: int = 0
    data: Data = field(default_factory=Data)
    last: dict[str, Any] | None = None
    chosen: dict[str, Any] | None = None
    new_model: bool = False
    new_best: bool = False

    def add(self, weights: dict[str, Any], chosen: bool, best: bool) -> None:
        """Weights of one more epoch."""
        self.last = weights
        if chosen:
            self.chosen, self.new_model = weights, True
        self.new_best = self.new_best or best

    def add_model(self, weights: dict[str, Any]) -> None:
        """Weights that are kept already, and of which there may be no model."""
        self.chosen, self.new_model = weights, True

    def write_best(self, folder: Path) -> None:
        """The best weights: a state whose log has them as such is nothing without them."""
        if self.new_best and self.chosen is not None:
            self._save(folder / BEST, self.chosen)
            self.new_best = False

    def write(self, folder: Path) -> None:
        """All that is not written yet; the model first, since weights that no model can have are not kept."""
        from netspec.net.compiling import write

        if self.new_model and self.chosen is not None:
            write(self.net, folder / "model.onnx", self.chosen, self.data, False, self.seed)
            self.new_model = False
        self.write_best(folder)
        if self.last is not None:
            self._save(folder / LAST, self.last)
            self.last = None

    def _save(self, path: Path, weights: dict[str, Any]) -> None:
        from netspec.interop.weight_files import save_weights

        about = {"net": self.net.name, "data": self.data.to_json(), "tables": tables(self.net.graph)}
        save_weights(path, weights, about)
