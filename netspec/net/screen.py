"""What is told before the first step: the net, the weights it begins with, and a batch that is not the spec's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from netspec.net.start import Start
from netspec.settings import Data, Train, steps

if TYPE_CHECKING:
    from netspec.graph import Graph
    from netspec.net.net import Net

#: Weights and patterns that are told one by one.
_FEW = 6


def told_of_net(net: Net, whole: Graph) -> str:
    """The net with its parameters, and how many of them are frozen; ``whole`` has none so."""
    total, trained = whole.parameters(), net.graph.parameters()
    frozen = f", {total - trained:,} of them frozen" if trained < total else ""
    frozen = ", all of them frozen: nothing is learned" if total and not trained else frozen
    layers = len(net.graph.nodes)
    return f"net {net.name}: {total:,} parameters, {layers:,} layer{'' if layers == 1 else 's'}{frozen}"


def told_of_start(whole: Graph, start: Start) -> Iterator[str]:
    """Where the weights come from, and which begin from the seed in spite of that."""
    if start.name is not None:
        fresh = [path for path in whole.weights if start.is_fresh(path)]
        few = ", ".join(fresh[:_FEW]) + (f" and {len(fresh) - _FEW:,} more" if len(fresh) > _FEW else "")
        anew = f"; from the seed begin {few}" if fresh else ""
        yield f"{len(whole.weights) - len(fresh):,} of {len(whole.weights):,} weights are those of {start.name}{anew}"


def told_of_colours(data: Data) -> Iterator[str]:
    """Whose colours `pca_jitter` moves a picture along."""
    for step in data.augment:
        if isinstance(step, steps.PcaJitter):
            own = "the training set's own principal colours, measured"
            yield f"pca_jitter: {'the published principal colours of ImageNet' if step.of else own}"


def told_of_batch(said: Train, used: Train, examples: int) -> Iterator[str]:
    """What a batch that is not the spec's means for the rate, which stays (Goyal et al. 2017 would scale it)."""
    rate, batch, before = used.optimizer.rate, min(used.batch, examples), min(said.batch, examples)
    if batch != before and rate == said.optimizer.rate:
        yield (
            f"the batch is {batch:,}, and the spec's {before:,}: the rate stays {rate:g}; "
            f"in proportion it would be {rate * batch / before:.3g} (`--rate`)"
        )
