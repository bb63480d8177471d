"""What only training has a use for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from netspec.ops.operator import Emit, Names, Operator, Shapes
from netspec.settings.arguments import Share
from netspec.shape import Shape


class Dropout(Operator):
    """Drops a share of the numbers at random while training, and enlarges the others to make up for it."""

    name: ClassVar[str] = "dropout"
    source: ClassVar[str] = (
        "Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014 (inverted, as everywhere today)"
    )
    formula: ClassVar[str] = "y = x · kept / (1 − share)"

    share: Annotated[Share, "the part of the values that is dropped"] = 0.5

    def decided(self, xs: Shapes) -> list[str]:
        """That nothing happens in use."""
        return ["what is kept is enlarged while training, and in use nothing happens"]

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return emit("Identity", xs[0])


#: What `passes/training_only.py` takes out.
TRAINING_ONLY = (Dropout,)
