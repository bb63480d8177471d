"""What the data of a training must give: something for each input, and for each output with a loss."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netspec.data.needs import Needs
    from netspec.data.targets import Target
    from netspec.net.net import Net


def targets_of(net: Net, losses: Mapping[str, str]) -> list[Target]:
    """What each output with a loss is held against."""
    from netspec.data.targets import targets

    graph = net.graph
    values = {output.name: output.value for output in graph.outputs}
    ends = {node.name: node.op.name for node in graph.nodes}
    return targets(
        losses,
        {name: graph.shapes[value] for name, value in values.items()},
        {name: ends.get(value, "") for name, value in values.items()},
        list(graph.inputs.values()),
    )


def needed(net: Net, losses: Mapping[str, str]) -> Needs:
    """The inputs, and the outputs with a loss, as data is looked for."""
    from netspec.data.needs import Needs
    from netspec.settings.losses import takes_labels

    found = targets_of(net, losses)
    labels = frozenset(target.output for target in found if takes_labels(target.loss))
    return Needs(
        net.input_shapes(),
        {target.output: prod(target.shape) or None for target in found},
        labels,
        frozenset(target.output for target in found if target.output in labels and len(target.shape) > 1),
        frozenset(target.output for target in found if target.rebuilds),
        net.data.columns,
    )
