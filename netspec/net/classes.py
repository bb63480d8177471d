"""Whether a data set has the classes that a net tells apart."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Fault, Problems
from netspec.language import parse
from netspec.language import syntax as s

if TYPE_CHECKING:
    from netspec.data.targets import Target
    from netspec.net.net import Net


def check_count(net: Net, classes: Sequence[str], targets: Sequence[Target]) -> None:
    """Fault N707 where an output has more classes than there are folders, with the `--set` that mends it."""
    from netspec.settings.losses import takes_labels

    for target in targets:
        units = target.shape[-1]
        if takes_labels(target.loss) and units > len(classes):
            names = list(_parameters(net, target.output, len(classes)))
            raise Fault(
                "N707",
                f"the data has {len(classes)} classes, but output {target.output} gives {units}",
                help=f"say `--set {names[0]}={len(classes)}`" if names else f"end it in `dense({len(classes)})`",
            )


def _parameters(net: Net, output: str, count: int) -> Iterator[str]:
    """The parameters of the net that give an output so many units when they are that number."""
    from netspec.elaborate import elaborate

    file = parse(net.source, Problems())
    for item in file.items:
        for parameter in item.parameters if isinstance(item, s.Net) else ():
            given: dict[str, Any] = {**net.given, parameter.name: count}
            graph = elaborate(file, Problems(), given, net.path).graph
            values = {} if graph is None else {out.name: graph.shapes[out.value] for out in graph.outputs}
            if values.get(output, ())[:1] == (count,):
                yield parameter.name
