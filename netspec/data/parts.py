"""The parts of a data set: what trains, what judges each epoch, and what tests once at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netspec.data.folders import is_number, not_used, passed_over
from netspec.data.held_out import USUAL, held_out
from netspec.data.images import Reading
from netspec.data.needs import Needs
from netspec.data.sets import Part, Pictures, find_part, read_part
from netspec.settings import Data
from netspec.settings.losses import VOID


@dataclass(frozen=True)
class Parts:
    """``val`` judges every epoch, ``test`` the weights that are kept, each None where there is none.

    ``share`` of the training set was held out as ``val``, where that was done; ``classes`` are the names there are.
    """

    train: Part
    val: Part | None
    test: Part | None
    share: float | None = None
    classes: Sequence[str] | None = None

    def named(self) -> dict[str, Part]:
        """Those that there are, by name."""
        all_parts = {"train": self.train, "val": self.val, "test": self.test}
        return {name: part for name, part in all_parts.items() if part is not None}

    def messages(self) -> Iterator[str]:
        """What to tell of them before the first step: how they were found, examples by class, what was passed over."""
        parts = self.named()
        examples = f"training example{'' if len(self.train) == 1 else 's'}"
        roles = {"train": examples, "val": "to validate", "test": "to test"}
        yield ", ".join(f"{len(part):,} {roles[name]}" for name, part in parts.items())
        if self.share is not None and self.val is not None:
            count, total = len(self.val), len(self.train) + len(self.val)
            yield (
                f"{count:,} of {total:,} training examples are held out to judge each epoch, chosen by name and seed"
                f" (share {self.share:g})"
            )
        if self.val is None:
            yield "no part judges the epochs: the last weights are kept; `data { validate: 0.1 }` holds a tenth out"
        labels = {name: part.labels for name, part in parts.items() if part.labels is not None}
        if "train" in labels and getattr(self.train, "masks", None) is None:
            most = max(int(found.max(initial=-1)) for found in labels.values())
            names = [*(self.classes or ()), *map(str, range(len(self.classes or ()), most + 1))]
            counts = [np.bincount(found, minlength=len(names)) for found in labels.values()]
            yield f"examples of each class ({', '.join(labels)}): {_by_class(names, counts)}"
            numbers = [name for name in self.classes or () if is_number(name)]
            if 0 < len(numbers) < len(self.classes or ()):
                yield f"numbers among names of classes are names too, not places: {', '.join(numbers[:20])}"
        yield from _of_places(parts)
        left_out: Counter[str] = Counter()
        for part in parts.values():
            left_out += getattr(part, "passed", Counter())
        passed = passed_over(left_out)
        unused = not_used(name for part in parts.values() for name in part.unused)
        yield from filter(None, (passed, unused))


def _of_places(parts: Mapping[str, Part]) -> Iterator[str]:
    """The places of each class, where label pictures have them; what is void, and a class that has none."""
    masks = {name: part.masks for name, part in parts.items() if isinstance(part, Pictures) and part.masks is not None}
    if "train" not in masks:
        return
    counts = [
        np.sum([np.bincount(mask.ravel(), minlength=VOID + 1) for mask in found], axis=0) for found in masks.values()
    ]
    most = max(int(np.flatnonzero(count[:VOID]).max(initial=-1)) for count in counts)
    yield f"places of each class ({', '.join(masks)}): {_by_class(list(map(str, range(most + 1))), counts)}"
    if any(count[VOID] for count in counts):
        void = "/".join(f"{count[VOID]:,}" for count in counts)
        yield f"places of 255, which are void unless the net has a class of that number: {void}"


#: The name of what a run held out of its training set.
HELD_OUT = "held out"
#: Classes that are told one by one.
_CLASSES = 12


def _by_class(names: Sequence[str], counts: Sequence[np.ndarray]) -> str:
    each = [f"{name} {'/'.join(f'{count[i]:,}' for count in counts)}" for i, name in enumerate(names)]
    if len(each) <= _CLASSES:
        return ", ".join(each)
    train = counts[0]
    least, most = names[int(train.argmin())], names[int(train.argmax())]
    return f"{len(each)} classes, from {train.min():,} ({least}) to {train.max():,} ({most})"


def read_parts(folder: Path, data: Data, needs: Needs, seed: int, reading: Reading) -> Parts:
    """All parts of a data set; a class has the same number in each, by its name.

    Where there is no part to validate with, ``validate`` says what share of the training set is held out for it; where
    there is no test part either, a fifth is, unless it says another. Raises Fault N707.
    """
    train = read_part(folder, "train", data.classes, needs, reading)
    classes = data.classes or getattr(train, "classes", None)
    val, test = (find_part(folder, part, classes, needs, reading) for part in ("val", "test"))
    return parted(train, val, test, data, seed)


def parted(train: Part, val: Part | None, test: Part | None, data: Data, seed: int) -> Parts:
    """The parts that there are; where none validates, a share of ``train`` does."""
    share = data.validate if data.validate is not None else USUAL if test is None else None
    classes = data.classes or train.classes
    if val is not None or not share:
        return Parts(train, val, test, classes=classes)
    rest, out = held_out(train, share, seed)
    if not len(out):  # each class has one example, and keeps it
        return Parts(train, None, test, classes=classes)
    return Parts(rest, out, test, share, classes)


def part_to_judge(
    folder: Path,
    data: Data,
    needs: Needs,
    seed: int | None,
    reading: Reading,
    own: Callable[[Part], bool] = lambda held_out: True,
) -> tuple[str, Part]:
    """The part to judge a finished model by, and its name: test, else val, else what was held out of the training set.

    Of a model that knows of nothing held out it is all of that set, and so where that was not its ``own``. Raises Fault
    N707 where there is none of these.
    """
    for name in ("test", "val"):
        found = find_part(folder, name, data.classes, needs, reading)
        if found is not None:
            return name, found
    train = find_part(folder, "train", data.classes, needs, reading)
    if train is not None:
        if seed is None or not data.validate:
            return "all", train
        out = held_out(train, data.validate, seed)[1]
        return (HELD_OUT, out) if len(out) and own(out) else ("all", train)
    return "test", read_part(folder, "test", data.classes, needs, reading)  # which says what it looked for
