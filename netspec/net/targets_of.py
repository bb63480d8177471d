"""What the outputs of a net are held against while it is trained."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netspec.data.targets import Target
    from netspec.net.net import Net


def targets_of(net: Net, losses: Mapping[str, str]) -> list[Target]:
    """That of each output with a loss."""
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
