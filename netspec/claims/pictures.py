"""Pictures of a claim: bytes, maps last, with a class each, to learn from and to test on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.chain import apply, split
from netspec.settings import Data

Array = NDArray[Any]


@dataclass(frozen=True)
class Pictures:
    """``x`` (count, height, width, maps) of uint8 with classes ``y``; ``test_x`` and ``test_y`` are kept apart."""

    x: Array
    y: Array
    test_x: Array
    test_y: Array
    classes: int

    def parts(self) -> dict[str, tuple[Array, Array]]:
        """As `Net.train` takes them; what is kept apart is looked at after each epoch, and chooses nothing."""
        return {"train": (self.x, self.y), "val": (self.test_x, self.test_y)}

    def first(self, count: int) -> Pictures:
        """With only so many to learn from."""
        return replace(self, x=self.x[:count], y=self.y[:count])

    def validating(self, share: float = 0.2) -> Pictures:
        """The training pictures alone, of which the last are tested on."""
        cut = round(len(self.x) * (1 - share))
        return replace(self, x=self.x[:cut], y=self.y[:cut], test_x=self.x[cut:], test_y=self.y[cut:])

    @property
    def count(self) -> int:
        """How many test."""
        return len(self.test_y)


def ready(images: Array, data: Data) -> Array:
    """Pictures as the net reads them in use: prepared, without augmentation, (count, maps, height, width)."""
    before, _, after = split(data)
    return np.moveaxis(np.asarray(apply(apply(images, before), after), dtype=np.float32), -1, 1)
