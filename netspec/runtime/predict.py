"""Pictures through a model: labels with probabilities, or values where it gives none; a row for each file."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from netspec.data.ahead import in_order
from netspec.data.chain import fronts
from netspec.data.images import Reading, read_begun
from netspec.data.needs import Needs
from netspec.data.scores import PROBABLE, probable
from netspec.data.slid import Windows, whole
from netspec.data.tested import averaged, views
from netspec.diagnostics import Fault, Trouble, printable
from netspec.files import foreign
from netspec.machine import cores
from netspec.runtime.given import Given, Item
from netspec.runtime.metadata import Ending, endings, preparation
from netspec.runtime.row import Row
from netspec.runtime.session import Session
from netspec.settings import Data
from netspec.settings.losses import takes_labels
from netspec.settings.steps import Step

Array = NDArray[Any]
T = TypeVar("T")


@dataclass
class Seconds:
    """Where the time went, over all threads."""

    reading: float = 0.0
    preparing: float = 0.0
    model: float = 0.0

    def add(self, more: Seconds) -> None:
        """Add others'."""
        self.reading += more.reading
        self.preparing += more.preparing
        self.model += more.model


@dataclass(frozen=True)
class _Ready:
    """Something that was asked about, as the model's inputs in their order; or the ``fault`` that it has."""

    name: str
    inputs: tuple[Array, ...] = ()
    fault: Fault | None = None
    reading: float = 0.0
    preparing: float = 0.0


class Predictor:
    """Answers of the first output of a model, a batch of examples at a time, which ``threads`` read ahead of it."""

    def __init__(self, session: Session, top: int = 1, max_pixels: int | None = None, threads: int = 1) -> None:
        self.session, self.top, self.batch, self.threads = session, top, session.batch, threads
        self.data, ends = preparation(session), endings(session)
        self.shapes = session.inputs
        self.needs = Needs(self.shapes, columns=self.data.columns)
        self.reading = Reading.of(self.data, max_pixels)
        self.first = self._first()
        self.seconds, self.pictures = Seconds(), False
        if not session.outputs:
            raise Fault("N708", "the model has no output")
        self.output = next(iter(session.outputs))
        session.check_output(self.output)
        self.ending = ends.get(self.output, Ending("", None))

    def rows(self, items: Iterable[Item]) -> Iterator[Row]:
        """A row for each, in order; one that cannot be asked about has its error, and the others are done.

        Raises Fault before the first row where the model cannot be asked about pictures at all.
        """
        return (row for row, _ in self.maps(items))

    @property
    def windows(self) -> Windows | None:
        """Those of a map of answers with rows and columns; None where the model does not say them, or has no such."""
        found = self.ending.windows
        return None if found is None or len(found) != 2 else (found[0], found[1])

    def slide(self) -> list[Step]:
        """Answer from now on with a map of each picture as a whole; the steps of the preparation that are left out.

        Raises Fault N708 where the model gives no map.
        """
        if len(self.session.outputs[self.output]) < 2:
            raise Fault(
                "N708",
                f"output {printable(self.output)} of the model gives one answer to a picture, not a map",
                help="compile the net with `--convolutional`, if it ends in dense layers; "
                "one that pools over all places has no map",
            )
        if self.session.metadata.get("raw_pixels") is True or self.windows is None:
            return []
        self.data, left = whole(self.data, self.windows)
        self.first = self._first()
        return left

    def _first(self) -> Step | None:
        """The first step of a picture's preparation, if it is not the model's own."""
        return None if self.session.metadata.get("raw_pixels") is True else next(iter(fronts(self.data)[1]), None)

    def maps(self, items: Iterable[Item]) -> Generator[tuple[Row, Array | None], None, None]:
        """As ``rows``, and the map that each is of, (classes, height, width), of probabilities where there are such."""
        for name, answer in self.answers(items, self.output, self._mapped):
            if isinstance(answer, Fault):
                yield Row(name, error=answer.message, code=answer.code), None
            else:
                values, mean, likely = answer
                yield self._row(name, mean, likely), values

    def _mapped(self, values: Array, count: int) -> Iterator[tuple[Array, Array, bool]]:
        seen = averaged(values, count, self.ending.end)
        for value, (mean, likely) in zip(seen, self._mean(values, count), strict=True):
            yield (np.exp(value) if likely and self.ending.end == "log_softmax" else value), mean, likely

    def values(self, items: Iterable[Item], output: str) -> Iterator[tuple[str, Array | Fault]]:
        """What an output, or a value inside the model that is one, has for each: the mean over its views."""
        return self.answers(items, output, lambda values, count: averaged(values, count, ""))

    def answers(
        self, items: Iterable[Item], output: str, means: Callable[[Array, int], Iterable[T]]
    ) -> Iterator[tuple[str, T | Fault]]:
        """The name of each and what ``means`` makes of the values of a number of examples, or the fault that it has.

        Examples whose inputs are of one size go through the model together.
        """
        for batch in self.batches(items):
            found: dict[int, T | Fault] = {}
            for places in _alike(batch):
                try:
                    values = self._run([batch[place] for place in places], output)
                except Trouble:  # the device's, and no fault of these examples
                    raise
                except Fault as fault:
                    found |= dict.fromkeys(places, fault)
                else:
                    found |= zip(places, means(values, len(places)), strict=True)
            yield from ((ready.name, ready.fault or found[place]) for place, ready in enumerate(batch))

    def batches(self, items: Iterable[Item]) -> Iterator[list[_Ready]]:
        """Examples read and prepared, in order: at most two batches ahead of what is asked for."""
        with closing(in_order(self._checked(items), self._ready, self.threads, 2 * self.batch)) as ready:
            counted = map(self._counted, ready)
            while batch := list(islice(counted, self.batch)):
                yield batch

    def _checked(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items; the first picture asks whether the model reads one."""
        for item in items:
            if item.path is not None and not self.pictures:
                _ = self.session.input
                self.pictures = True
            yield item

    def _counted(self, ready: _Ready) -> _Ready:
        self.seconds.reading += ready.reading
        self.seconds.preparing += ready.preparing
        return ready

    def _ready(self, item: Item) -> _Ready:
        """Read and prepared, in a thread."""
        began = read = perf_counter()
        try:
            if item.path is not None:
                image, _ = read_begun(item.path, self.first, self.reading)
                read = perf_counter()
                given: tuple[Array, ...] = (inputs(self.session, self.data, image),)
            else:
                assert item.rows is not None
                rows = item.rows()
                given = tuple(self._prepared(rows[name], shape) for name, shape in self.shapes.items())
            self._check_size(given)
        except Fault as fault:
            return _Ready(item.name, fault=fault)
        return _Ready(item.name, given, None, read - began, perf_counter() - read)

    def _check_size(self, given: Sequence[Array]) -> None:
        """Fault N703 where an input is smaller than what the model sees of it at a place."""
        windows = self.ending.windows
        if windows is None or len(given) != 1 or self.session.metadata.get("raw_pixels") is True:
            return
        sizes, least = given[0].shape[2:], tuple(size for size, _ in windows)
        if len(sizes) == len(least) and any(size < few for size, few in zip(sizes, least, strict=True)):
            have, want = (" x ".join(map(str, each)) for each in (sizes, least))
            raise Fault("N703", f"the prepared picture is {have}, and the model reads at least {want}",
                        help="resize it")  # fmt: skip

    def _prepared(self, array: Array, shape: tuple[int | None, ...]) -> Array:
        """A row of an array as an input."""
        if self.session.metadata.get("raw_pixels") is True:
            raise Fault(
                "N707", "the model prepares pictures itself, but this is an array",
                help="compile it without `--raw-pixels`",
            )  # fmt: skip
        with foreign("N708", "the preparation that the model asks for does not fit this array"):
            return first_maps(views(array, self.data, shape))

    def _mean(self, values: Array, count: int) -> Iterator[tuple[Array, bool]]:
        """Of each example the mean over views and positions, and whether that is of probabilities."""
        likely = self.ending.end in PROBABLE and probable(np.moveaxis(values, 1, -1), self.ending.end)
        for mean in averaged(over_positions(values, self.ending.end if likely else ""), count, ""):
            yield mean, likely

    def _run(self, batch: Sequence[_Ready], output: str) -> Array:
        """The output's values for examples whose inputs are of one size. Raises Fault N708."""
        began = perf_counter()
        with foreign("N708", "the model does not run on this input"):
            given = [np.concatenate(xs) for xs in zip(*(ready.inputs for ready in batch), strict=True)]
            values = self.session.run(*given, names=[output])[0]
        self.seconds.model += perf_counter() - began
        return values

    def _row(self, name: str, values: Array, likely: bool) -> Row:
        classes, ending = self.data.classes, self.ending
        named = classes is not None and len(classes) == len(values)
        ranked = likely or named or (takes_labels(ending.loss) if ending.loss else not ending.end)
        if ranked and np.isnan(values).any():
            return Row(name, error="the answer of the model is not a number", code="N726")
        order = np.argsort(-values, kind="stable")[: self.top] if ranked else np.arange(len(values))
        names = classes if ranked and classes else [self.output] if len(values) == 1 and not ranked else []
        return Row(
            name,
            tuple((names[i] if i < len(names) else str(i), int(i), float(values[i])) for i in order.tolist()),
            probable=likely,
            ranked=ranked,
        )


def _alike(batch: Sequence[_Ready]) -> list[list[int]]:
    """The places of those whose inputs are of one size, which go through the model together."""
    found: dict[tuple[tuple[int, ...], ...], list[int]] = {}
    for place, ready in enumerate(batch):
        if ready.fault is None:
            found.setdefault(tuple(x.shape for x in ready.inputs), []).append(place)
    return list(found.values())


def predict(
    session: Session, paths: Sequence[str | Path], top: int = 1, max_pixels: int | None = None
) -> Iterator[Row]:
    """A row for each picture or array in what ``paths`` name, in order.

    Raises Fault at once where the model cannot be asked.
    """
    predictor = Predictor(session, top, max_pixels, threads=cores())
    return predictor.rows(Given(paths, predictor.needs))


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
    return array.transpose(0, -1, *range(1, array.ndim - 1)) if array.ndim > 2 else array


def over_positions(values: Array, end: str) -> Array:
    """The mean of a map of answers over its positions, of probabilities where they are logarithms."""
    values = values.astype(np.float64)
    values = np.exp(values) if end == "log_softmax" else values
    mean: Array = values.reshape(*values.shape[:2], -1).mean(axis=2)
    return mean
