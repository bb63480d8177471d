"""What a run's epochs gave: the lines of its log, its table, and which of them is best."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isfinite
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import strict_json
from netspec.diagnostics.html import page_table

if TYPE_CHECKING:
    from netspec.data.scores import Score
    from netspec.engine.training.events import Epoch

#: The columns of metrics.csv.
COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "rate", "seconds")


@dataclass
class History:
    """``lines`` are the epochs so far, as ``log.jsonl`` has them."""

    lines: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def read(cls, lines: Sequence[str]) -> History:
        """Of the lines of a log."""
        return cls([json.loads(line) for line in lines])

    def cells(self) -> list[list[str]]:
        """A row for each epoch, as people read numbers."""
        return [[_cell(name, line[name]) for name in COLUMNS] for line in self.lines]

    def _repr_html_(self) -> str:
        return page_table("epochs", COLUMNS, self.cells(), texts=0)

    def add(self, event: Epoch) -> bool:
        """Note an epoch; whether it is the best so far, which one is only where a part judges."""
        if self.lines:  # of a run that was prolonged: the test belongs to the end
            self.lines[-1] = _untested(self.lines[-1])
        self.lines.append(_line(event))
        return self.best is self.lines[-1]

    def tested(self, scores: Mapping[str, Score]) -> None:
        """Note in the last line how the weights that are kept do on the test set, by output."""
        line, first = self.lines[-1], next(iter(scores.values()))
        line |= {
            "test_loss": first.loss,
            "test_accuracy": first.accuracy,
            "test_right": first.right,
            "test_count": first.count,
        }
        for name, score in scores.items():
            figures = {"test_loss": score.loss, "test_accuracy": score.accuracy, "test_mean_iou": score.mean_iou}
            line["outputs"][name] |= figures
        if first.mean_iou is not None:
            line["test_mean_iou"] = first.mean_iou

    @property
    def best(self) -> dict[str, Any] | None:
        """The line of the best epoch: by validation accuracy, then loss, then the first; None where no part judges."""
        judged = [line for line in self.lines if line.get("val_loss") is not None]
        return max(judged, key=_rank, default=None)

    def verdict(self, where: str = "model.onnx has") -> str:
        """Which weights are kept, ``where``, why, and how they do on the test set."""
        if not self.lines:
            return "nothing was trained"
        best, last = self.best, self.lines[-1]
        if best is None:
            why = f"{where} the weights of the last epoch, {last['epoch']}: no part judges them"
        else:
            how = "loss" if best["val_accuracy"] is None else "accuracy"
            value = f"{best['val_loss']:.4f}" if best["val_accuracy"] is None else f"{best['val_accuracy']:.2%}"
            why = f"{where} the weights of epoch {best['epoch']}, the best by validation {how}: {value}"
        if last["test_accuracy"] is not None:
            iou = f", mean IoU {last['test_mean_iou']:.2%}" if last.get("test_mean_iou") is not None else ""
            return f"{why}; test {last['test_accuracy']:.2%} ({last['test_right']:,} of {last['test_count']:,}){iou}"
        return why if last["test_loss"] is None else f"{why}; test loss {last['test_loss']:.4f}"

    @property
    def columns(self) -> list[str]:
        """What an epoch's row has."""
        return [*COLUMNS, *(name for name in ("val_mean_iou",) if any(name in line for line in self.lines))]

    def jsonl(self) -> str:
        """The log: a JSON object an epoch."""
        return "".join(f"{strict_json(line)}\n" for line in self.lines)

    def table(self) -> str:
        """The same as CSV: a row an epoch, empty where there is no number."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.lines)
        return text.getvalue()


#: What a line says where there was no test.
_NO_TEST = {"test_loss": None, "test_accuracy": None}
#: A count beyond this is none, and cannot be written as a real number.
_MOST = 1e308


def is_line(found: object, number: int) -> bool:
    """Whether what a log's line holds is what is written of epoch ``number``: every figure a number, or none."""
    if not isinstance(found, dict) or not isinstance(outputs := found.get("outputs", {}), dict):
        return False
    heads = [head for head in outputs.values() if isinstance(head, dict)]
    names = (*COLUMNS, *_NO_TEST, "test_right", "test_count")
    known = {name: value for name, value in found.items() if name != "outputs"}
    figures = [*known.values(), *(value for head in heads for value in head.values())]
    return (
        found.get("epoch") == number
        and len(heads) == len(outputs)
        and all(name in found for name in names)
        and all(found[name] is not None for name in ("test_right", "test_count", "rate", "seconds"))
        and all(value is None or _is_figure(value) for value in figures)
    )


def _is_figure(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and (value != value or abs(value) < _MOST)


def _untested(line: dict[str, Any]) -> dict[str, Any]:
    outputs = {
        name: {**figures, **_NO_TEST, "test_mean_iou": None} for name, figures in line.get("outputs", {}).items()
    }
    known = {name: value for name, value in line.items() if name != "test_mean_iou"}
    return {**known, **_NO_TEST, "test_right": 0, "test_count": 0, "outputs": outputs}


def _rank(line: dict[str, Any]) -> tuple[float, float]:
    loss = line["val_loss"]
    return line.get("val_accuracy") or 0.0, -loss if isinstance(loss, float | int) and isfinite(loss) else -inf


def _line(event: Epoch) -> dict[str, Any]:
    """What the log says of an epoch."""
    outputs = {name: dict(vars(figures)) for name, figures in event.outputs.items()}
    iou = next(iter(outputs.values()), {}).get("val_mean_iou")
    return {
        "epoch": event.number,
        "loss": event.loss,
        "accuracy": event.accuracy,
        "val_loss": event.val_loss,
        "val_accuracy": event.val_accuracy,
        **({} if iou is None else {"val_mean_iou": iou}),
        "test_loss": event.test_loss,
        "test_accuracy": event.test_right / event.test_count if event.test_count else None,
        "test_right": event.test_right,
        "test_count": event.test_count,
        "rate": event.rate,
        "seconds": round(event.seconds, 3),
        "outputs": outputs,
    }


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "epoch":
        return f"{value:,}"
    return f"{value:.2%}" if name.endswith("accuracy") else f"{value:.4g}" if name == "rate" else f"{value:.4f}"
