"""Pictures through a model: labels and probabilities, a row each, whatever single files are like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.arrays import Examples
from netspec.data.batches import known, prepared, wanted
from netspec.data.images import SUFFIXES, read_image
from netspec.data.sets import Pictures
from netspec.data.targets import Score, Target, score
from netspec.data.tested import averaged, views
from netspec.diagnostics import Fault, Trouble
from netspec.runtime.session import BATCH, Session
from netspec.settings import Data
from netspec.settings.train import takes_labels

Array = NDArray[Any]


@dataclass(frozen=True)
class Row:
    """One file's answer: the best classes with their probabilities, or an error."""

    filename: str
    answers: tuple[tuple[str, int, float], ...] = ()
    error: str = ""
    code: str = ""


def settings(session: Session) -> Data:
    """The preparation that travels in the model. Raises Fault where netspec wrote none into it."""
    try:
        return Data.from_json(session.metadata["data"])
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Fault("N708", "the model does not say how its pictures are prepared", help="compile it with netspec") from None


def files(paths: Sequence[Path]) -> list[Path]:
    """The files themselves, and the pictures in folders, in the order given."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        else:
            found.append(path)
    if not found:
        raise Trouble("N706", f"no pictures in {', '.join(map(str, paths))}")
    return found


def predict(session: Session, paths: Sequence[Path], top: int) -> Iterator[Row]:
    """A row for each file, in order; one that is no picture has its error, and the others are done."""
    data = settings(session)
    for at in range(0, len(paths), BATCH):
        yield from _batch(session, data, paths[at : at + BATCH], top)


def _batch(session: Session, data: Data, paths: Sequence[Path], top: int) -> list[Row]:
    """Pictures that become inputs of one size go through the model together."""
    errors: dict[int, Fault] = {}
    alike: dict[tuple[int, ...], list[tuple[int, Array]]] = {}
    for place, path in enumerate(paths):
        try:
            made = _inputs(session, data, read_image(path))
            alike.setdefault(made.shape, []).append((place, made))
        except Fault as fault:
            errors[place] = fault
    answers: dict[int, Array] = {}
    for group in alike.values():
        try:
            values = _probabilities(session, session.run(np.concatenate([made for _, made in group]))[0])
            means = averaged(values, len(group), "")
            answers |= {place: mean for (place, _), mean in zip(group, means, strict=True)}
        except Fault as fault:
            errors |= dict.fromkeys((place for place, _ in group), fault)
    return [
        Row(str(path), error=errors[place].message, code=errors[place].code) if place in errors
        else Row(str(path), _best(answers[place], data.classes, top))
        for place, path in enumerate(paths)
    ]  # fmt: skip


def _inputs(session: Session, data: Data, image: Array) -> Array:
    """What the model reads of a picture: prepared, maps first; or its bytes, where the model prepares them itself."""
    if not session.metadata.get("raw_pixels"):
        return first_maps(views(image[None], data, session.input[1]))
    maps = session.input[1][-1] or 1
    image = np.repeat(image, maps, axis=-1) if image.shape[-1] == 1 else image
    if image.shape[-1] != maps:
        raise Fault("N703", f"the picture has {image.shape[-1]} maps, and the model reads {maps}", help="add `grayscale` to `prepare`")
    return image[None]


def first_maps(array: Array) -> Array:
    """(n, height, width, maps) to (n, maps, height, width); units stay."""
    return np.moveaxis(array, -1, 1) if array.ndim > 2 else array


def _probabilities(session: Session, values: Array) -> Array:
    """Of the first output, by what it ends in; a map of answers is averaged over its positions."""
    end = session.metadata.get("end", "")
    values = values.reshape(*values.shape[:2], -1).mean(axis=2) if end != "log_softmax" else values
    if end == "log_softmax":
        values = np.exp(values.astype(np.float64)).reshape(*values.shape[:2], -1).mean(axis=2)
    return values


def _best(values: Array, classes: list[str] | None, top: int) -> tuple[tuple[str, int, float], ...]:
    order = np.argsort(-values, kind="stable")[:top]
    return tuple((classes[i] if classes and i < len(classes) else str(i), int(i), float(values[i])) for i in order.tolist())


def evaluate(session: Session, part: Pictures | Examples) -> Score:
    """Loss and right answers of the first output over a test set; a map of answers is averaged where an example has one class."""
    data, (output, sizes) = settings(session), next(iter(session.outputs.items()))
    loss, end = session.metadata.get("loss") or "cross_entropy", session.metadata.get("end", "")
    given = known(part, output)
    whole = takes_labels(loss) and given is not None and given.ndim == 1
    shape = tuple(n or 0 for n in (sizes[:1] if whole else (*sizes[1:], sizes[0])))
    target = Target(output, loss, end, shape, not takes_labels(loss) and [sizes] == list(session.inputs.values()))
    total = Score()
    for inputs, held in _slices(session, part, data, target):
        values = session.run(*inputs)[0]
        y = _probabilities(session, values) if whole else np.moveaxis(values, 1, -1)
        y = averaged(y, len(held), "" if whole else end)
        total += score(loss, "softmax" if whole and end == "log_softmax" else end, y, held)
    return total


def _slices(session: Session, part: Pictures | Examples, data: Data, target: Target) -> Iterator[tuple[list[Array], Array]]:
    """Inputs as the model reads them, and targets."""
    if not session.metadata.get("raw_pixels"):
        for inputs, found in prepared(part, data, session.inputs, [target]):
            yield [first_maps(x) for x in inputs.values()], found[target.output]
        return
    if isinstance(part, Examples):
        raise Fault("N707", "the model prepares pictures itself, and the data are arrays", help="compile it without `--raw-pixels`")
    for at, image in enumerate(part.images):
        yield [_inputs(session, data, image)], wanted(part, [target], slice(at, at + 1), {})[target.output]
