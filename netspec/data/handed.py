"""Data that a program hands over: arrays, or examples one after the other, as the parts that a folder would give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.arrays import checked
from netspec.data.folders import PARTS, in_order
from netspec.data.parts import Parts, parted
from netspec.data.sets import Part, Pictures
from netspec.data.steps import OF_ANY_NUMBERS
from netspec.data.targets import Target
from netspec.diagnostics import Fault, did_you_mean, printable
from netspec.settings import Data
from netspec.settings.losses import takes_labels

Array = NDArray[Any]
Sizes = Mapping[str, tuple[int | None, ...]]


@dataclass(frozen=True)
class Reader:
    """Reads what is handed over for a net: ``inputs`` are shapes by name, maps first, None for a free size.

    Arrays have an example along the first axis and are as the spec has them, maps first; the axis of a single map may
    be left out. Bytes (height, width, 1 or 3), as libraries for pictures give them, are pictures. What is wrong is
    Fault N707.
    """

    inputs: Sizes
    targets: Sequence[Target]
    data: Data

    def parts(self, value: Any, seed: int) -> Parts:
        """The parts: of ``train``, ``val`` and ``test`` where they are given by these names, else all is to train.

        What there is to validate with is held out as of a folder.
        """
        given = _by_part(value, self._names()) or {"train": value}
        train = self.part(given["train"], "train", self.data.classes)
        classes = self.data.classes or getattr(train, "classes", None)
        val, test = (self.part(given[name], name, classes) if name in given else None for name in ("val", "test"))
        return parted(train, val, test, self.data, seed)

    def part(self, value: Any, part: str, classes: list[str] | None) -> Part:
        """One part of the data; ``classes`` number what is called by name."""
        found = {name: _array(array, name, part) for name, array in self._named(value, part).items()}
        self._known(found, part)
        classes = self._numbered(found, part, classes)
        for name, array in found.items():
            if not isinstance(array, list) and array.dtype.kind == "U":
                raise Fault("N707", f"{name} of the {part} data is {_sizes(array.shape)} of texts, not of numbers")
        counts = {name: len(array) for name, array in found.items()}
        if len(set(counts.values())) > 1 or 0 in counts.values():
            lengths = ", ".join(f"{name} has {count:,}" for name, count in counts.items())
            raise Fault("N707", f"the arrays of the {part} data are of unequal length, or empty: {lengths} examples",
                        help="give each one row for every example")  # fmt: skip
        for name, shape in self.inputs.items():
            _opaque(found[name], shape, name, part)
        pictures = self._pictures(found, classes)
        if pictures is not None:
            return pictures
        shaped = {name: self._shaped(array, name, part) for name, array in found.items()}
        labels = [target.output for target in self.targets if takes_labels(target.loss)]
        return checked(shaped, part, classes, labels)

    def _names(self) -> list[str]:
        return [*self.inputs, *(target.output for target in self.targets)]

    def _named(self, value: Any, part: str) -> Mapping[str, Any]:
        """The values by the net's names."""
        if isinstance(value, Mapping):
            return {str(name): one for name, one in value.items()}
        if isinstance(value, tuple) and len(value) == 2:
            x, y = value
            return {**self._of(x, list(self.inputs), "inputs", part), **self._of(y, self._judged(), "outputs", part)}
        if hasattr(value, "__array__") or hasattr(value, "__array_interface__"):
            return self._of(value, list(self.inputs), "inputs", part)
        try:
            examples = iter(value)
        except TypeError:
            raise Fault("N707", f"the {part} data are of type {type(value).__name__}",
                        help="give a folder, (x, y), a dict with an array for each input and output, "
                        "or examples one after the other") from None  # fmt: skip
        return self._gathered(examples, part)

    def _judged(self) -> list[str]:
        """The outputs that one y is for: the only one, or all where the loss of each takes numbers of classes."""
        names = [target.output for target in self.targets]
        return names if all(takes_labels(target.loss) for target in self.targets) else names[:1]

    def _of(self, value: Any, names: list[str], kind: str, part: str) -> Mapping[str, Any]:
        if isinstance(value, Mapping):
            return {str(name): one for name, one in value.items()}
        if kind == "inputs" and len(names) > 1:
            raise Fault("N707", f"the {part} data have one array, and the net reads {', '.join(names)}",
                        help="give a dict with an array for each, by its name")  # fmt: skip
        return dict.fromkeys(names, value)

    def _gathered(self, examples: Iterable[Any], part: str) -> Mapping[str, Any]:
        """Examples that come one at a time, or a batch at a time, together."""
        columns: dict[str, list[Any]] = {}
        for number, example in enumerate(examples):
            if isinstance(example, list) and len(example) == 2:
                example = tuple(example)
            if not isinstance(example, Mapping | tuple):
                raise Fault("N707", f"example {number} of the {part} data is of type {type(example).__name__}",
                            help="give each as (x, y), or as a dict by the net's names; arrays of all examples "
                            "as a tuple (x, y)")  # fmt: skip
            named = self._named(example, part)
            if number and set(named) != set(columns):
                raise Fault("N707", f"example {number} of the {part} data has {', '.join(named)}, and those before it "
                            f"{', '.join(columns)}")  # fmt: skip
            for name, one in named.items():
                columns.setdefault(name, []).append(np.asarray(one))
        if not columns:
            raise Fault("N707", f"the {part} data are empty", help="an iterator that was read once gives nothing again")
        first = next((name for name in self.inputs if name in columns), "")
        if first and _is_batch(columns[first][0], self.inputs[first]):
            return {name: [row for batch in batches for row in np.atleast_1d(batch)]
                    for name, batches in columns.items()}  # fmt: skip
        return columns

    def _known(self, found: Mapping[str, Any], part: str) -> None:
        names = self._names()
        for name in found:
            if name not in names:
                raise Fault("N707", f"the {part} data have {printable(name)}, and the net has {', '.join(names)}",
                            help=did_you_mean(name, names))  # fmt: skip
        missing = [name for name in self.inputs if name not in found]
        if missing:
            raise Fault("N707", f"the {part} data have nothing for input {missing[0]}",
                        help=f"the net reads {', '.join(self.inputs)}")  # fmt: skip

    def _numbered(self, found: dict[str, Any], part: str, classes: list[str] | None) -> list[str] | None:
        """Numbers in place of class names, and what the classes are called."""
        for target in self.targets:
            y = found.get(target.output)
            if isinstance(y, list) or y is None or not takes_labels(target.loss):
                continue
            if y.dtype.kind == "b":
                found[target.output] = y.astype(np.int64)
            elif y.dtype.kind == "U":
                classes = classes or in_order(set(y.reshape(-1).tolist()))
                unknown = sorted(set(y.reshape(-1).tolist()) - set(classes))
                if unknown:
                    raise Fault("N707", f"the {part} data have a class {printable(unknown[0])}, and there are "
                                f"{', '.join(classes[:20])}", help=did_you_mean(unknown[0], classes))  # fmt: skip
                place = {name: number for number, name in enumerate(classes)}
                numbers = [place[name] for name in y.reshape(-1).tolist()]
                found[target.output] = np.array(numbers, np.int64).reshape(y.shape)
        return classes

    def _pictures(self, found: Mapping[str, Any], classes: list[str] | None) -> Pictures | None:
        """As pictures, which augmentation may change, where there is one input of bytes and a class for each."""
        (name, shape), *others = self.inputs.items()
        x = found.get(name)
        if others or x is None or not _are_pictures(x, shape):
            return None
        ys = [found[target.output] for target in self.targets if target.output in found]
        if any(y is not ys[0] or isinstance(y, list) or y.dtype.kind not in "iu" or prod(y.shape[1:]) != 1 for y in ys):
            return None
        labels = ys[0].reshape(-1).astype(np.int64) if ys else np.zeros(len(x), np.int64)
        if not ys and not all(target.rebuilds for target in self.targets):
            return None
        wide = [one if one.ndim == 3 else one[..., None] for one in x]
        same = len({one.shape for one in wide}) == 1
        return Pictures(np.stack(wide) if same else wide, labels, classes)

    def _shaped(self, array: Any, name: str, part: str) -> Any:
        """An array of an input as its spec has it, maps first. Fault N707 where it can be no such one."""
        if isinstance(array, list):
            first, other = array[0].shape, next(one.shape for one in array if one.shape != array[0].shape)
            raise Fault("N707", f"the examples of {name} in the {part} data are of different shapes: "
                        f"{_sizes(first)} and {_sizes(other)}")  # fmt: skip
        shape = self.inputs.get(name)
        if shape is None:
            return array
        if _are_pictures(array, shape):
            array = array if array.ndim == 4 else array[..., None]
            return np.moveaxis(array, -1, 1)
        if _is_one(array, shape):
            raise Fault("N707", f"array {name} of the {part} data is {_sizes(array.shape)} of {array.dtype}, "
                        "and examples lie along the first axis",
                        help=f"give one example as `{name}[None]`")  # fmt: skip
        if array.ndim == len(shape) and len(shape) > 1 and shape[0] == 1:
            array = array[:, None]
        found = array.shape[1:]
        changed = [step for step in self.data.prepare if not isinstance(step, OF_ANY_NUMBERS)]
        if changed or _fits(found, shape) or (len(shape) == 1 and prod(found) == shape[0]):
            return array
        last = len(found) == len(shape) and _fits((found[-1], *found[:-1]), shape)
        axes = ", ".join(map(str, (0, len(shape), *range(1, len(shape)))))
        raise Fault("N707", f"array {name} of the {part} data is {_sizes(array.shape)} of {array.dtype}, "
                    f"but input {name} reads {_sizes(shape)} of each example",
                    help=f"maps come first: `{name}.transpose({axes})`" if last else "")  # fmt: skip


def _by_part(value: Any, names: Sequence[str]) -> dict[str, Any] | None:
    """The parts by their usual names, where the value is a dict of them."""
    if not isinstance(value, Mapping) or "train" not in value or "train" in names:
        return None
    usual = {other: part for part, others in PARTS.items() for other in others}
    for name in value:
        if name not in usual:
            raise Fault("N707", f"the data have a part {printable(name)}", help="parts are called train, val and test")
    return {usual[name]: part for name, part in value.items() if part is not None}


def _array(value: Any, name: str, part: str) -> Any:
    """A value as one array, or a list of arrays where they differ in shape. Fault N707 where it is none of numbers."""
    rows = isinstance(value, list | tuple)
    arrays = [np.asarray(one) for one in value] if rows else []
    if len({one.shape for one in arrays}) > 1:
        found: Any = arrays
    else:
        found = np.asarray(value)
        if found.dtype.kind == "O" and found.size and all(isinstance(one, str) for one in found.reshape(-1)):
            found = found.astype(str)
        if found.ndim == 0:
            raise Fault(
                "N707", f"{name} of the {part} data is a single {type(value).__name__}, not one row per example"
            )
    for one in found if isinstance(found, list) else [found]:
        if one.dtype.kind not in "biufU":
            raise Fault("N707", f"{name} of the {part} data is {_sizes(one.shape)} of {one.dtype}, not of numbers")
    return found


def _opaque(x: Any, shape: tuple[int | None, ...], name: str, part: str) -> None:
    """Fault N707 where bytes with the maps last have one for transparency, for a net that reads grey or colour."""
    one = next((one for one in x if one.ndim == 3), None) if isinstance(x, list) else x[0] if x.ndim == 4 else None
    if one is None or one.dtype != np.uint8 or one.shape[-1] not in (2, 4) or len(shape) != 3 or shape[0] not in (1, 3):
        return
    if one.shape[0] in (1, 3) or _fits(one.shape, shape):  # the maps come first
        return
    what, size = (f"a picture of {name}", one.shape) if isinstance(x, list) else (f"array {name}", x.shape)
    raise Fault("N707", f"{what} of the {part} data is {_sizes(size)} of uint8, and the last map of such pictures is "
                "their transparency",
                help=f"leave it off, `{name}[..., :{one.shape[-1] - 1}]`, or lay them over white")  # fmt: skip


def _are_pictures(x: Any, shape: tuple[int | None, ...]) -> bool:
    """Whether these are bytes with the maps last, or of one map; what fits the spec with its maps first is not."""
    if len(shape) != 3:
        return False
    if isinstance(x, list):
        return all(
            one.dtype == np.uint8 and (one.ndim == 2 or (one.ndim == 3 and one.shape[-1] in (1, 3))) for one in x
        )
    if x.dtype != np.uint8 or (x.ndim == 4 and _fits(x.shape[1:], shape)):
        return False
    if x.ndim == 3 and x.shape[-1] in (3, 4) and not _fits((1, *x.shape[1:]), shape):
        return False  # one picture, and not many of three columns
    return x.ndim == 3 or (x.ndim == 4 and x.shape[-1] in (1, 3))


def _is_batch(x: Array, shape: tuple[int | None, ...]) -> bool:
    """Whether what comes is several examples at a time."""
    bare = len(shape) > 1 and shape[0] == 1 and x.ndim == len(shape) and x.shape[0] != 1  # the axis of its map left out
    return x.ndim == len(shape) + 1 or (bare and not (x.dtype == np.uint8 and x.shape[-1] == 1))


def _is_one(array: Array, shape: tuple[int | None, ...]) -> bool:
    """Whether an array is a single picture, where many are wanted."""
    if len(shape) != 3 or array.ndim == 4:
        return False
    if array.ndim == 3:
        coloured = array.dtype == np.uint8 and array.shape[-1] in (3, 4) and not _fits((1, *array.shape[1:]), shape)
        return coloured or (shape[0] != 1 and _fits(array.shape, shape))
    return array.ndim == 2 and _fits((1, *array.shape), shape)


def _fits(found: tuple[int, ...], shape: tuple[int | None, ...]) -> bool:
    return len(found) == len(shape) and all(want in (None, have) for have, want in zip(found, shape, strict=True))


def _sizes(shape: tuple[int | None, ...]) -> str:
    return " x ".join("any" if n is None else str(n) for n in shape) or "a single number"
