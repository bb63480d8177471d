"""How a net begins: random examples through its preparation, forward and backward once."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from math import prod
from typing import TYPE_CHECKING

from netspec.shape import numbers

if TYPE_CHECKING:
    from netspec.engine.measuring.health import Health
    from netspec.net.net import Net

#: Examples of a batch, if they fit into so many bytes.
MOST, MEMORY = 8, 4 * 2**30
#: What a free size is.
SIZE = 224


def health(net: Net, batch: int | None = None, seed: int | None = None) -> Health:
    """The values and gradients of each layer on a first step, and what is wrong with them.

    Free sizes are 224, as those of pictures mostly are. Raises Fault N712 where the batch takes more memory than there
    is, as training does.
    """
    import numpy as np

    from netspec.data.drawn import drawn
    from netspec.engine.measuring.health import health as examined
    from netspec.net.budget import Budget

    net = net.at(dict.fromkeys(net.free_sizes, SIZE))
    settings = net.train_settings
    seed = settings.seed if seed is None else seed
    rng = np.random.Generator(np.random.Philox(key=[seed % 2**64, 1]))
    batch = batch or max(1, net.largest_batch(MEMORY, workers=1, most=MOST))
    Budget(asked=True).settle(_Needs(net), batch, batch, workers=1, recomputes=False)
    inputs = {name: drawn(net.data, numbers(shape), batch, rng) for name, shape in net.graph.inputs.items()}
    return examined(net.graph, settings.loss, inputs, net.initial(seed))


class _Needs:
    """The memory of a first step: that of training, the examples while they are prepared, and a value in float64."""

    def __init__(self, net: Net) -> None:
        from netspec.net.budget import bytes_of

        self.training = bytes_of(net, 1, False)
        inputs = sum(prod(numbers(shape)) for shape in net.graph.inputs.values())
        self.example = 16 * inputs + 16 * max(prod(numbers(shape)) for shape in net.graph.shapes.values())

    def training_bytes(self, batch: int, workers: int | None, recompute: bool) -> int:
        """The memory of a step."""
        return self.training(batch) + batch * self.example

    def largest_batch(self, memory: int, workers: int | None, recompute: bool, most: int) -> int:
        """The largest batch that fits."""
        from netspec.net.budget import largest

        return largest(lambda batch: self.training_bytes(batch, 1, False), memory, most)
