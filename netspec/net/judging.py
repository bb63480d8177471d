"""How good weights are: the deployed net's answers to a part of the data, held against what that says."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from netspec.net.sized import as_read
from netspec.settings import Data
from netspec.shape import is_free

if TYPE_CHECKING:
    from netspec.data.confusion import Confusion
    from netspec.data.scores import Score
    from netspec.data.sets import Part
    from netspec.data.targets import Target
    from netspec.net.net import Net
    from netspec.weights import Model


@dataclass(frozen=True)
class Judge:
    """Scores weights of ``net`` by output, for ``targets`` of which the data says what is right.

    Free sizes are those of what is judged.
    ``stop`` is asked between slices of the data.
    """

    net: Net
    data: Data
    inputs: Mapping[str, Any]
    targets: tuple[Target, ...]
    workers: int | None
    stop: Callable[[], bool]

    def scores(
        self, weights: Mapping[str, Any], part: Part, confusions: MutableMapping[str, Confusion] | None = None
    ) -> dict[str, Score] | None:
        """The score of each output that has a loss and is in the deployed net; None where asked to stop meanwhile.

        Where ``confusions`` are given, what was taken for what is counted there, by output.
        """
        from netspec.data.batches import judged, prepared
        from netspec.data.confusion import count
        from netspec.data.scores import Score, answers, score
        from netspec.engine.running.evaluate import values

        targets = judged(part, self.targets)
        model, heads = _headed(self.net.model(weights), targets)
        totals, sizes = {target.output: Score() for target in heads}, None
        with closing(prepared(part, self.data, self.inputs, list(heads))) as slices:
            for inputs, wanted in slices if heads else ():
                if self.stop():
                    return None
                now = {name: array.shape[1:] for name, array in inputs.items()}
                if now != sizes and any(map(is_free, self.net.graph.inputs.values())):
                    model, sizes = _headed(as_read(self.net, inputs).model(weights), targets)[0], now
                read = {name: array for name, array in inputs.items() if name in model.graph.inputs}
                found = values(model, read, workers=self.workers)
                for target, end in heads.items():
                    held = wanted[target.output]
                    given = answers(found[target.output], len(held), end, bool(end))
                    totals[target.output] += score(target.loss, given, held)
                    if confusions is not None:
                        count(confusions, target, given, held)
        return totals


def _headed(model: Model, targets: list[Target]) -> tuple[Model, dict[Target, str]]:
    """The model whose outputs are what the losses read; and by target its last layer where that was cut."""
    from netspec.data.scores import BELONGS

    nodes = {node.name: node for node in model.graph.nodes}
    by_name = {target.output: target for target in targets}
    outputs, heads = [], {}
    for output in model.graph.outputs:
        target = by_name.get(output.name)
        if target is None:
            continue
        cut = target.end in BELONGS.get(target.loss, ())
        outputs.append(replace(output, value=nodes[output.value].inputs[0]) if cut else output)
        heads[target] = target.end if cut else ""
    if not outputs:
        return model, heads
    return replace(model, graph=replace(model.graph, outputs=tuple(outputs)).deployed()), heads
