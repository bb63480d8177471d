"""Steps one after the other: which rule each has, and how many random numbers they take."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.augment import RANDOM
from netspec.data.inputs import Images
from netspec.data.steps import FIXED, OF_ANY_NUMBERS
from netspec.diagnostics import Fault
from netspec.settings import Data, steps
from netspec.settings.arguments import of_class

Array = NDArray[Any]


def split(data: Data) -> tuple[list[steps.Step], list[steps.Step], list[steps.Step]]:
    """What stands before the augmentation, the augmentation, and what stands after it.

    Unless its place is marked it is the front, but for a `range`: that is how pictures are read.
    """
    marks = [i for i, step in enumerate(data.prepare) if isinstance(step, steps.Augment)]
    place = marks[0] if marks else int(data.span is not None)
    return list(data.prepare[:place]), list(data.augment), list(data.prepare[place + len(marks) :])


def fronts(data: Data) -> tuple[tuple[steps.Step, ...], tuple[steps.Step, ...]]:
    """The steps that pictures are kept behind: of a training set, whose pictures may also judge, and of other parts.

    They come first wherever a picture is used, and leave bytes bytes; only `range`, in front, makes other numbers.
    """
    before, augment, _ = split(data)
    trained = before if augment else [step for step in data.prepare if not isinstance(step, steps.Augment)]
    first, last = data.tested()
    judged = list(takewhile(_keeps, [*first, *last] if data.test is None else first))
    common = takewhile(lambda pair: pair[0] == pair[1], zip(trained, judged, strict=False))
    return tuple(step for step, _ in common), tuple(judged)


def _keeps(step: steps.Step) -> bool:
    return not isinstance(step, steps.Numeric) or isinstance(step, steps.Range)


def apply(images: Images, chain: Sequence[steps.Step], draws: Array | None = None) -> Images:
    """Pictures after some steps; random ones take their numbers, 0 to 1, from a row of ``draws`` each."""
    taken = 0
    for step in chain:
        if isinstance(step, steps.Augment):
            continue
        if step.random:
            assert draws is not None
            rule = of_class(RANDOM, step)
            images = rule.change(images, step, draws[:, taken : taken + rule.draws])
            taken += rule.draws
        else:
            _for_pictures(images, step)
            images = of_class(FIXED, step).change(images, step)
    return images


def draws_needed(chain: Sequence[steps.Step]) -> int:
    """Random numbers that a chain takes for one picture."""
    return sum(of_class(RANDOM, step).draws for step in chain if step.random)


def _for_pictures(images: Images, step: steps.Step) -> None:
    """Fault N703 where a step that is for pictures meets other examples."""
    if isinstance(step, OF_ANY_NUMBERS) or not isinstance(images, np.ndarray) or images.ndim == 4:
        return
    known = sorted(name for name, kind in steps.STEPS.items() if issubclass(kind, OF_ANY_NUMBERS))
    raise Fault(
        "N703",
        f"{step.name} is for pictures, but an example has {images.ndim - 1} axes",
        help=f"use those of any numbers: {', '.join(known)}",
    )
