"""Pictures through a model: labels with probabilities, or values where it gives none; a row for each file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.images import SUFFIXES, Reading, read_image
from netspec.data.scores import PROBABLE, probable
from netspec.data.tested import averaged, views
from netspec.diagnostics import Fault, Trouble
from netspec.files import foreign, reason
from netspec.runtime.metadata import Ending, endings, preparation
from netspec.runtime.session import BATCH, Session
from netspec.settings import Data
from netspec.settings.losses import takes_labels

Array = NDArray[Any]


@dataclass(frozen=True)
class Row:
    """One file's answer, or an error.

    The answers are the best classes with their numbers, which are probabilities where ``probable`` says so and values
    otherwise; a model without classes gives all its values in their order.
    """

    filename: str
    answers: tuple[tuple[str, int, float], ...] = ()
    error: str = ""
    code: str = ""
    probable: bool = True


def files(paths: Sequence[Path]) -> list[Path]:
    """The files themselves, and the pictures in folders, in the order given."""
    found: list[Path] = []
    for path in paths:
        if os.path.isdir(path):
            found += sorted(_below(path))
        else:
            found.append(path)
    if not found:
        raise Trouble("N706", f"no pictures in {', '.join(map(str, paths))}")
    return found


def _below(folder: Path) -> Iterator[Path]:
    """What is called a picture in a folder and those in it; what is no regular file gets a row that says so."""

    def unreadable(error: OSError) -> None:
        raise Trouble("N706", f"{error.filename} cannot be read: {reason(error)}")

    for place, _, names in os.walk(folder, onerror=unreadable):
        yield from (path for path in map(Path(place).joinpath, names) if path.suffix.lower() in SUFFIXES)


class Predictor:
    """Answers of the first output of a model. Raises Fault where the model cannot be asked about pictures at all."""

    def __init__(self, session: Session, top: int, max_pixels: int | None = None) -> None:
        self.session, self.top = session, top
        self.data, ends = preparation(session), endings(session)
        self.input = session.input[1]
        self.reading = Reading.of(self.data, max_pixels)
        if not session.outputs:
            raise Fault("N708", "the model has no output")
        self.output = next(iter(session.outputs))
        session.check_output(self.output)
        self.ending = ends.get(self.output, Ending("", None))

    def rows(self, paths: Sequence[Path]) -> Iterator[Row]:
        """A row for each file, in order; one that is no picture has its error, and the others are done."""
        for at in range(0, len(paths), BATCH):
            yield from self._batch(paths[at : at + BATCH])

    def _batch(self, paths: Sequence[Path]) -> list[Row]:
        """Pictures that become inputs of one size go through the model together."""
        rows: dict[int, Row] = {}
        alike: dict[tuple[int, ...], list[tuple[int, Array]]] = {}
        for place, path in enumerate(paths):
            try:
                x = inputs(self.session, self.data, read_image(path, self.reading))
                alike.setdefault(x.shape, []).append((place, x))
            except Fault as fault:
                rows[place] = Row(str(path), error=fault.message, code=fault.code)
        for group in alike.values():
            rows |= self._together(paths, group)
        return [rows[place] for place in range(len(paths))]

    def _together(self, paths: Sequence[Path], group: list[tuple[int, Array]]) -> dict[int, Row]:
        try:
            with foreign("N708", "the model does not run on this input"):
                values = self.session.run(np.concatenate([x for _, x in group]), names=[self.output])[0]
                likely = self.ending.end in PROBABLE and probable(np.moveaxis(values, 1, -1), self.ending.end)
                means = averaged(over_positions(values, self.ending.end if likely else ""), len(group), "")
        except Fault as fault:
            return {place: Row(str(paths[place]), error=fault.message, code=fault.code) for place, _ in group}
        return {place: self._row(paths[place], mean, likely) for (place, _), mean in zip(group, means, strict=True)}

    def _row(self, path: Path, values: Array, likely: bool) -> Row:
        classes, ending = self.data.classes, self.ending
        named = classes is not None and len(classes) == len(values)
        ranked = likely or named or (takes_labels(ending.loss) if ending.loss else not ending.end)
        if ranked and np.isnan(values).any():
            return Row(str(path), error="the answer of the model is not a number", code="N726")
        order = np.argsort(-values, kind="stable")[: self.top] if ranked else np.arange(len(values))
        names = classes if ranked and classes else [self.output] if len(values) == 1 and not ranked else []
        return Row(
            str(path),
            tuple((names[i] if i < len(names) else str(i), int(i), float(values[i])) for i in order.tolist()),
            probable=likely,
        )


def predict(session: Session, paths: Sequence[Path], top: int, max_pixels: int | None = None) -> Iterator[Row]:
    """A row for each file, in order. Raises Fault at once where the model cannot be asked."""
    return Predictor(session, top, max_pixels).rows(paths)


def inputs(session: Session, data: Data, image: Array) -> Array:
    """What the model reads of a picture: prepared, maps first; or its bytes, where the model prepares them itself."""
    name, shape = session.input
    if session.metadata.get("raw_pixels") is not True:
        with foreign("N708", "the preparation that the model asks for does not fit this picture"):
            return first_maps(views(image[None], data, shape))
    if len(shape) != 3:
        raise Fault("N708", f"input {name} of the model is not a picture: height, width and maps were expected")
    maps = shape[-1] or 1
    image = np.repeat(image, maps, axis=-1) if image.shape[-1] == 1 else image
    if image.shape[-1] != maps:
        raise Fault(
            "N703",
            f"the picture has {image.shape[-1]} maps, and the model reads {maps}",
            help="add `grayscale` to `prepare`",
        )
    return image[None]


def first_maps(array: Array) -> Array:
    """(n, height, width, maps) to (n, maps, height, width); units stay."""
    return np.moveaxis(array, -1, 1) if array.ndim > 2 else array


def over_positions(values: Array, end: str) -> Array:
    """The mean of a map of answers over its positions, of probabilities where they are logarithms."""
    values = values.astype(np.float64)
    values = np.exp(values) if end == "log_softmax" else values
    mean: Array = values.reshape(*values.shape[:2], -1).mean(axis=2)
    return mean
