"""What a run says of itself when it has ended: curves, confusion matrix, and the page that shows them."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import printable
from netspec.files import atomic_write, read_regular
from netspec.net.history import History
from netspec.settings import Data

if TYPE_CHECKING:
    from netspec.data.confusion import Confusion, Mistake
    from netspec.data.sets import Part
    from netspec.net.net import Net
    from netspec.report.page import Judged, Page, Picture, Table

#: Mistakes that the page shows, and characters of a setting's value.
MOST_MISTAKES, LONGEST = 24, 300
#: A picture with smaller sides is enlarged pixel by pixel.
COARSE = 100
#: Letters of a figure or matrix beyond which the page leaves it out.
_LARGEST = 3_000_000
PARTS = {"test": "the test part", "val": "the validation part"}


@dataclass(frozen=True)
class Report:
    """The kept weights of a run and how they did on ``part`` of the data, ``name``, by output."""

    net: Net
    data: Data
    history: History
    weights: Mapping[str, Any]
    name: str = ""
    part: Part | None = None
    confusions: Mapping[str, Confusion] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """The files of the report, into a run's folder that has its log and settings."""
        from netspec.report.confusion import confusion_csv
        from netspec.report.page import html

        curves, matrix = self._curves(), self._matrix()
        if curves is not None:
            atomic_write(folder / "curves.svg", curves.encode())
        if matrix is not None:
            output, confusion = matrix
            assert confusion.matrix is not None
            names = self.named(confusion)
            atomic_write(folder / "confusion.csv", confusion_csv(names, confusion.matrix).encode())
            atomic_write(folder / "confusion.svg", self._drawn(output, confusion).encode())
        atomic_write(folder / "report.html", html(self.page(folder, curves)).encode())

    def named(self, confusion: Confusion) -> list[str]:
        """A name for each class that can be written: the data's, where it has one for each, else its number."""
        names = self.data.classes
        return (
            list(map(printable, names))
            if names and len(names) == confusion.classes
            else list(map(str, range(confusion.classes)))
        )

    def _curves(self) -> str | None:
        from netspec.report.curves import learning_curves

        try:
            return learning_curves(self.history.lines, self.net.name)
        except ValueError:
            return None

    def _matrix(self) -> tuple[str, Confusion] | None:
        """The first output that has a matrix."""
        return next(((name, c) for name, c in self.confusions.items() if c.matrix is not None), None)

    def _drawn(self, output: str, confusion: Confusion) -> str:
        from netspec.report.confusion import confusion_svg

        assert confusion.matrix is not None
        several = f", output {output}" if len(self.confusions) > 1 else ""
        return confusion_svg(self.named(confusion), confusion.matrix, f"{self.net.name}: {PARTS[self.name]}{several}")

    # ---- the page

    def page(self, folder: Path, curves: str | None) -> Page:
        """All that the page says."""
        from netspec.report.drawing import draw_net
        from netspec.report.page import Page

        figure = draw_net(self.net.graph).svg
        return Page(
            f"{self.net.name}: {printable(folder.absolute().name)}",
            self.history.verdict(),
            self._facts(),
            curves,
            PARTS.get(self.name, ""),
            [self._judged(output, confusion) for output, confusion in self.confusions.items()],
            self._kernels(),
            figure if len(figure) <= _LARGEST else None,
            dict(self._tables(folder)),
        )

    def _facts(self) -> dict[str, str]:
        lines = self.history.lines
        last, best = lines[-1], self.history.best
        seconds = sum(line["seconds"] for line in lines)
        facts = {
            "test accuracy": _share(last.get("test_accuracy")),
            "test loss": _number(last.get("test_loss")),
            "test mean IoU": _share(last.get("test_mean_iou")),
            "best validation mean IoU": _share(None if best is None else best.get("val_mean_iou")),
            "best validation accuracy": _share(None if best is None else best.get("val_accuracy")),
            "best validation loss": _number(None if best is None else best.get("val_loss")),
            "last training loss": _number(last.get("loss")),
            "epochs": f"{len(lines):,}",
            "time of the epochs": f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min",
            "parameters": f"{self.net.parameters:,}",
        }
        return {name: value for name, value in facts.items() if value}

    def _judged(self, output: str, confusion: Confusion) -> Judged:
        from netspec.report.page import Judged, Table

        names = self.named(confusion)
        rows = [
            (name, f"{found.examples:,}", *map(_share, (found.recall, found.precision, found.f1)))
            for name, found in zip(names, confusion.figures(), strict=True)
        ]
        drawn = None if confusion.matrix is None else self._drawn(output, confusion)
        wrong = confusion.mistakes()
        worst = wrong[:MOST_MISTAKES]
        table = Table(("example", "label", "answer"), [self._told(mistake, names) for mistake in worst], 3)
        return Judged(
            output,
            Table(("class", "examples", "accuracy (recall)", "precision", "F1"), rows),
            drawn if drawn is None or len(drawn) <= _LARGEST else None,
            list(self._pictures(worst, names)),
            table,
            len(wrong),
        )

    def _told(self, mistake: Mistake, names: Sequence[str]) -> tuple[str, str, str]:
        """Its name or number, its label and what was said, each with its probability."""
        keys: Sequence[str] | None = getattr(self.part, "keys", None)
        said = "no number" if isnan(mistake.prob) else f"{names[mistake.answer]} {_share(mistake.prob)}"
        label = names[mistake.label]
        return (
            printable(keys[mistake.example]) if keys else str(mistake.example),
            label if isnan(mistake.label_prob) else f"{label} {_share(mistake.label_prob)}",
            said,
        )

    def _pictures(self, worst: Sequence[Mistake], names: Sequence[str]) -> Iterator[Picture]:
        from netspec.report.page import Picture
        from netspec.report.pictures import data_uri, small

        images: Any = getattr(self.part, "images", None)
        for mistake in worst if images is not None else ():
            key, label, said = self._told(mistake, names)
            pixels = small(getattr(images, "original", images.__getitem__)(mistake.example))
            yield Picture(data_uri(pixels), (f"answer: {said}", f"label: {label}", key), max(pixels.shape[:2]) < COARSE)

    def _kernels(self) -> Picture | None:
        """Those of the first convolution that has any with more than one tap."""
        from netspec.report.page import Picture
        from netspec.report.pictures import MOST_KERNELS, data_uri, kernels

        graph = self.net.graph
        for node in graph.nodes:
            for local, weight in graph.local_weights(node).items():
                array = self.weights.get(node.key(local))
                if weight.role != "kernel" or array is None or array.ndim not in (3, 4) or min(array.shape[-2:]) < 2:
                    continue
                height, width = array.shape[-2:]
                count = array.shape[0] * (1 if array.ndim == 3 or array.shape[1] == 3 else array.shape[1])
                some = f"the first {MOST_KERNELS} of {count:,}" if count > MOST_KERNELS else f"{count:,}"
                line = f"{node.key(local)}: {some} kernels of {height} x {width}; grey is 0"
                return Picture(data_uri(kernels(array)), (line,))
        return None

    def _tables(self, folder: Path) -> Iterator[tuple[str, Table]]:
        from netspec.report.page import Table

        columns = self.history.columns
        rows = [tuple(_cell(line.get(name)) for name in columns) for line in self.history.lines]
        yield "Epochs", Table([name.replace("_", " ") for name in columns], rows, 0)
        rows = [(layer.name, layer.kind, layer.shape, f"{layer.parameters:,}", _cell(layer.macs))
                for layer in self.net.layers]  # fmt: skip
        yield "Layers", Table(("layer", "kind", "shape", "parameters", "multiply-accumulates"), rows, 2)
        for name in ("settings", "environment"):
            found = json.loads(read_regular(folder / f"{name}.json", 2**28))
            found.pop("layers", None)
            yield name.capitalize(), Table(("name", "value"), list(_flat(found)), 2)


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Names and values, those of inner mappings under both their names."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}: ")
        elif value is not None:
            text = printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
            yield f"{before}{name}", text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2%}"


def _number(value: float | None) -> str:
    return f"{value:.4f}" if isinstance(value, float | int) else ""


def _cell(value: Any) -> str:
    """A number as a table has it."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
