"""Whether a data set has the classes that a net tells apart."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from netspec.data.folders import in_short
from netspec.diagnostics import Fault, Problems, printable
from netspec.language import parse
from netspec.language import syntax as s

if TYPE_CHECKING:
    from netspec.data.sets import Part
    from netspec.data.targets import Target
    from netspec.net.net import Net


def check_count(net: Net, part: Part, targets: Sequence[Target]) -> None:
    """Fault N707 where the data has other classes than an output tells apart, with the `--set` that mends it."""
    from netspec.data.batches import known
    from netspec.settings.losses import takes_labels

    names = getattr(part, "classes", None)
    for target in targets:
        units, given = target.shape[-1], known(part, target.output)
        if not takes_labels(target.loss):
            continue
        if names is None and isinstance(given, np.ndarray) and given.ndim == 1 and given.dtype.kind in "iu":
            most = int(given.max(initial=0))
            if most >= units:
                raise _unfit(net, target, f"a class {most}", most + 1, "")
        if names is not None and len(names) == 1 < units:
            raise Fault(
                "N707",
                f"the data has one class, {printable(names[0])}, but output {target.output} gives {units}",
                help="the examples of the other classes are missing",
            )
        if names is not None and len(names) != units:
            raise _unfit(net, target, f"{len(names)} classes", len(names), in_short(names))


def _unfit(net: Net, target: Target, has: str, count: int, names: str) -> Fault:
    parameter = next(parameters_for(net, target.output, count), None)
    mend = f"say `--set {parameter}={count}`" if parameter else f"end it in `dense({count})`"
    return Fault(
        "N707",
        f"the data has {has}, but output {target.output} gives {target.shape[-1]}",
        help="\n".join(filter(None, [mend, names])),
    )


def parameters_for(net: Net, output: str, count: int) -> Iterator[str]:
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
