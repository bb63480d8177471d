"""Pictures through a model: labels and probabilities, a row each, whatever single files are like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.arrays import Examples
from netspec.data.batches import known, prepared
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
    made: list[Array] = []
    counts: list[int] = []
    errors: dict[int, Fault] = {}
    for place, path in enumerate(paths):
        try:
            one = views(read_image(path)[None], data, session.input[1])
            made.append(one)
            counts.append(len(one))
        except Fault as fault:
            errors[place] = fault
            counts.append(0)
    values = session.run(first_maps(_joined(made)))[0] if made else np.zeros((0, 1))
    rows, taken = [], 0
    for place, path in enumerate(paths):
        if place in errors:
            rows.append(Row(str(path), error=errors[place].message, code=errors[place].code))
            continue
        mean = _probabilities(session, values[taken : taken + counts[place]]).mean(axis=0)
        taken += counts[place]
        rows.append(Row(str(path), _best(mean, data.classes, top)))
    return rows


def _joined(views: list[Array]) -> Array:
    if len({view.shape[1:] for view in views}) > 1:
        raise Fault("N703", "the pictures have different sizes after their preparation", help="run them one by one, or add `resize(h, w)` to `prepare`")
    return np.concatenate(views)


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
    for inputs, wanted in prepared(part, data, session.inputs, [target]):
        values = session.run(*(first_maps(x) for x in inputs.values()))[0]
        y = _probabilities(session, values) if whole else np.moveaxis(values, 1, -1)
        y = averaged(y, len(wanted[output]), "" if whole else end)
        total += score(loss, "softmax" if whole and end == "log_softmax" else end, y, wanted[output])
    return total
