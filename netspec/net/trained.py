"""What a training leaves in Python: its epochs, its figures, its weights, and answers to new examples."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.net.history import COLUMNS, History
from netspec.settings import Data

if TYPE_CHECKING:
    from netspec.net.net import Net
    from netspec.net.training import Training
    from netspec.weights import Arrays, Model

#: The figures of the weights that are kept.
FIGURES = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy")


@dataclass(frozen=True, repr=False, eq=False)
class Run:
    """A training that has ended. ``weights`` are the best where a part judged the epochs, else the last, by path.

    ``data`` are the settings with what training measured and the classes' names; ``folder`` is where the run is kept,
    None where it is not.
    """

    net: Net
    log: History
    weights: Arrays
    data: Data
    folder: Path | None = None
    workers: int | None = None

    @classmethod
    def of(cls, net: Net, training: Training) -> Run:
        """What a training has come to."""
        keeper = training.keeper
        folder = None if keeper.folder is None else keeper.folder.path
        return cls(net, keeper.history, keeper.kept_weights(), training.data, folder, training.workers)

    @property
    def history(self) -> list[dict[str, Any]]:
        """A row an epoch, as ``metrics.csv`` has it: epoch, loss, accuracy, val_loss, val_accuracy, rate, seconds.

        Where the net has several outputs with a loss, ``outputs`` has the figures of each.
        """
        return [
            {name: line[name] for name in COLUMNS}
            | ({"outputs": line["outputs"]} if len(line.get("outputs", {})) > 1 else {})
            for line in self.log.lines
        ]

    @property
    def figures(self) -> dict[str, Any]:
        """The figures of the weights that are kept: those of their epoch, and of the test; None where there is none."""
        if not self.log.lines:
            return dict.fromkeys([*FIGURES, "test_loss", "test_accuracy"])
        kept, last = self.log.best or self.log.lines[-1], self.log.lines[-1]
        return {name: kept[name] for name in FIGURES} | {name: last[name] for name in ("test_loss", "test_accuracy")}

    @property
    def classes(self) -> list[str] | None:
        """What the classes are called, by number."""
        return self.data.classes

    def predict(self, x: Any) -> Any:
        """The answers to examples, given as to ``fit`` (an array, or a dict by input), an example along the first axis.

        An array of the only output, maps first, else a dict by output. Raises Fault where an array does not fit.
        """
        from netspec.net.asking import predicted

        return predicted(self.net, self.weights, self.data, x, self.workers)

    def compile(self, path: str | Path, raw_pixels: bool = False, **form: Any) -> Model:
        """Write the model with these weights and this preparation; takes what ``Net.compile`` takes."""
        return self.net.compile(path, self.weights, self.data, raw_pixels, **form)

    def __repr__(self) -> str:
        from netspec.report.columns import columns

        return "\n".join([*columns([COLUMNS, *self.log.cells()], 0), self._verdict()])

    def _repr_html_(self) -> str:
        """For notebooks: the same, every text escaped."""
        from netspec.diagnostics.html import page_table

        return page_table(f"net {self.net.name}: {self._verdict()}", COLUMNS, self.log.cells(), texts=0)

    def _verdict(self) -> str:
        return self.log.verdict("kept are") if self.log.lines else "no epoch was finished"
