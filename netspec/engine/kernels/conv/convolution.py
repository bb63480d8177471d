"""What all ways to run a convolution share: its geometry, and the value within zeros."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netspec.engine.kernel import Array, Memory, Run, nothing
from netspec.engine.kernels.conv.compact import Compact
from netspec.engine.kernels.conv.windows import extent, inner


class Convolution(Compact):
    """A way to run a convolution: ``can`` says which ones it is able to run, `choose` which of them it is good for."""

    keeps = ("x",)
    #: Whether a kernel's gradient is collected in a transformed shape of its own.
    transformed: ClassVar[bool] = False

    @classmethod
    def can(cls, plain: Convolution) -> bool:
        """Whether this method can run a convolution."""
        raise NotImplementedError

    def geometry(self) -> None:
        self.places = self.y[:-1]
        self.sizes = self.xs[0][:-1]
        self.cover = extent(self.window, self.places)
        self.padded = any(map(any, self.window.pads))
        self.depthwise: bool = self.groups == self.inputs and self.groups > 1
        self.unit_steps = all(n == 1 for n in (*self.window.stride, *self.window.dilation))

    def within_zeros(self, m: Memory) -> tuple[Array, Run]:
        """The padded input, in the workspace ``xp``, and the call that fills it; without padding the input itself."""
        x = m.xs[0]
        if not self.padded:
            return x, nothing
        xp = m.scratch["xp"]
        part, kept = inner(xp, self.window, self.sizes)
        source = x[kept]

        def fill() -> None:
            xp.fill(0)
            np.copyto(part, source)

        return xp, fill
