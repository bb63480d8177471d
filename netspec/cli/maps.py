"""``netspec run --map`` and ``--boxes``: what a fully convolutional model answers at each place of a picture."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli.output import Number, note
from netspec.cli.paths import PATH
from netspec.cli.rows import Sinks, sinks
from netspec.diagnostics import Fault, Trouble, printable
from netspec.files import atomic_write, check_target, open_regular
from netspec.folders import make_folder

if TYPE_CHECKING:
    from PIL.Image import Image

    from netspec.runtime.boxes import Box
    from netspec.runtime.predict import Predictor
    from netspec.runtime.row import Row


#: What the boxes are called as rows, in their folder.
BOXES = "boxes.csv"
#: What a picture of ours has written in it, by which it is known when it is to be replaced.
_MARK = ("Software", "netspec")


def _probability(ctx: click.Context, param: click.Parameter, value: float) -> float:
    if value != value:
        raise click.BadParameter("nan is no probability", ctx, param)
    return value


def apart_from_maps(files: Mapping[str, Path | None], maps: Path | None, boxes: Path | None) -> None:
    """Rows do not go where a map or boxes may."""
    for form, path in files.items():
        where = None if path is None else path.resolve()
        taken = where is not None and (where.suffix in (".npy", ".png") or where.name == BOXES)
        for option, folder in (("map", maps), ("boxes", boxes)):
            if where is not None and taken and folder is not None and where.parent == folder.resolve():
                raise click.UsageError(f"--{form} {path} may be what --{option} writes: give it another name")


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--map``, ``--boxes`` and ``--min-prob``."""
    folder = PATH
    for add in (
        click.option("--min-prob", type=Number(0, 1), default=0.5, show_default=True,
                     callback=_probability, help="The least probability of a box."),
        click.option("--boxes", type=folder, metavar="FOLDER",
                     help="Slide the model over each picture: draw what it finds as boxes, and write boxes.csv."),
        click.option("--map", "maps", type=folder, metavar="FOLDER",
                     help="Write the answers at each place of a picture, as an array and as a picture."),
    ):  # fmt: skip
        command = add(command)
    return command


@contextmanager
def painter(predictor: Predictor, maps: Path | None, boxes: Path | None, least: float) -> Iterator[Painter | None]:
    """Who writes the maps and boxes that are asked for; None where none are.

    Raises Fault N708 where the model has none, Trouble N604 where a folder cannot be written into.
    """
    if maps is None and boxes is None:
        yield None
        return
    if maps is not None and boxes is not None and maps.resolve() == boxes.resolve():
        raise click.UsageError("--map and --boxes write pictures of the same names: give each a folder of its own")
    left = predictor.slide()
    windows = predictor.windows
    if boxes is not None and (windows is None or max(stride for _, stride in windows) == 1):
        raise Fault(
            "N708",
            f"output {printable(predictor.output)} of the model does not answer by a window that slides over a picture",
            help="compile a net for pictures of one size with `--convolutional`; "
            "`--map` shows what a net answers at each pixel",
        )
    if left:
        steps = ", ".join(step.name for step in left)
        note(f"the picture is seen whole: {steps} of the preparation left out, which would leave one place of the map")
    for folder in (maps, boxes):
        if folder is not None:
            make_folder(folder, "written")
    with sinks({"csv": None if boxes is None else boxes / BOXES}, False, []) as rows:
        made = Painter(predictor, maps, boxes, least, rows)
        yield made
        made.closing()


class Painter:
    """Writes the map and the boxes of each picture under its name in the folders, and the boxes as rows too."""

    def __init__(self, predictor: Predictor, maps: Path | None, boxes: Path | None, least: float, rows: Sinks) -> None:
        self.predictor, self.maps, self.boxes, self.least, self.rows = predictor, maps, boxes, least, rows
        self.names: dict[str, int] = {}  # those that are used, each with the last number that was put behind it
        self.pictures = self.found = self.left = self.without = 0

    def add(self, row: Row, values: Any) -> Mapping[str, Any]:
        """Write what there is of one; the files, as columns of its row."""
        asked = {"map": self.maps, "boxes": self.boxes}
        columns: dict[str, Any] = {name: None for name, folder in asked.items() if folder is not None}
        if values is None or values.ndim < 2:
            if self.boxes is not None and row.error:
                self.rows.add(row.flat())
            return columns
        name = self._name(row.filename)
        if self.maps is not None:
            columns["map"] = str(self._map(self.maps / name, row, values))
        if self.boxes is not None and Path(row.filename).is_file():
            columns["boxes"] = str(self._boxes(self.boxes / name, row, values))
        elif self.boxes is not None:
            self.without += 1
        return columns

    def _name(self, filename: str) -> str:
        """The picture's name without its suffix, numbered where there was one of that name before."""
        name = stem = Path(filename).stem
        while name in self.names:
            self.names[stem] += 1
            name = f"{stem}-{self.names[stem]}"
        self.names[name] = 1
        return name

    def _map(self, path: Path, row: Row, values: Any) -> Path:
        import numpy as np

        from netspec.report.painted import map_picture

        array, content = path.with_name(f"{path.name}.npy"), io.BytesIO()
        check_target(array, [row.filename])
        picture = _ours(path, row, array) if values.ndim == 3 else None
        np.save(content, np.asarray(values, np.float32))
        atomic_write(array, [content.getbuffer()])
        if picture is not None:
            windows = self.predictor.windows or ((1, 1), (1, 1))
            _save(map_picture(values, (windows[0][1], windows[1][1])), picture)
        return array

    def _boxes(self, path: Path, row: Row, values: Any) -> Path:
        from netspec.data.images import read_image
        from netspec.data.slid import Lie
        from netspec.report.painted import boxes_picture
        from netspec.runtime.boxes import found, suppressed

        predictor, windows = self.predictor, self.predictor.windows
        assert windows is not None
        if not row.probable:
            raise Fault("N708", "boxes are drawn by probabilities, and the model gives none",
                        help="end the net in `softmax`")  # fmt: skip
        out = _ours(path, row)
        image = read_image(row.filename, predictor.reading)
        every = found(values, windows, self.least)
        boxes = suppressed(every)
        self.pictures, self.found, self.left = self.pictures + 1, self.found + len(every), self.left + len(boxes)
        lie = Lie.of(predictor.data, image.shape[:2])
        drawn = [(lie.back(box.place, image.shape[:2]), box) for box in boxes]
        for place, box in drawn:
            self.rows.add(self._row(row.filename, place, box))
        labelled = [(place, box.index, f"{self._label(box)} {box.prob:.2f}") for place, box in drawn]
        _save(boxes_picture(image, labelled), out)
        return out

    def _label(self, box: Box) -> str:
        classes = self.predictor.data.classes
        return printable(classes[box.index]) if classes and box.index < len(classes) else str(box.index)

    def _row(self, filename: str, place: tuple[float, ...], box: Box) -> Mapping[str, Any]:
        top, left, bottom, right = (round(side, 1) for side in place)
        return {
            "filename": filename, "label": self._label(box), "prob": box.prob, "index": box.index, "error": None,
            "left": left, "top": top, "right": right, "bottom": bottom,
        }  # fmt: skip

    def closing(self) -> None:
        """What non-maximum suppression did."""
        from netspec.runtime.boxes import OVERLAP

        if self.boxes is not None:
            note(
                f"{self.left:,} box{'' if self.left == 1 else 'es'} in {self.pictures:,} "
                f"picture{'' if self.pictures == 1 else 's'}: {self.found:,} places have a probability of "
                f"{self.least:g} or more; where boxes of a class overlap by more than {OVERLAP:g} "
                "(intersection over union) the surest is left (non-maximum suppression)"
            )
            if self.without:
                note(f"{self.without:,} example{' has' if self.without == 1 else 's have'} no picture to draw on")


def _save(picture: Image, out: Path) -> None:
    """As PNG, marked as ours."""
    from PIL.PngImagePlugin import PngInfo

    content, info = io.BytesIO(), PngInfo()
    info.add_text(*_MARK)
    picture.save(content, "PNG", pnginfo=info)
    atomic_write(out, [content.getbuffer()])


def _ours(path: Path, row: Row, *besides: Path) -> Path:
    """Where a picture goes. Trouble N604 where it, or what is written beside it, is there and was not written by us."""
    out = path.with_name(f"{path.name}.png")
    check_target(out, [row.filename])
    there = [file for file in (out, *besides) if file.exists()]
    if not there:
        return out
    ours = False
    if out.exists():
        with open_regular(out, "N604") as file:
            ours = b"tEXt%b\0%b" % tuple(word.encode() for word in _MARK) in file.read(1024)
    if not ours:
        raise Trouble(
            "N604",
            f"{there[0]} cannot be written: it is there already, and was not made by `netspec run`",
            help="give a folder of its own",
        )
    return out
