"""One training: data to the engine, its events out, and what it learns into a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Trouble
from netspec.net.budget import Budget
from netspec.net.keeping import Keep, Keeper
from netspec.net.recorded import record
from netspec.net.tuned import tuned
from netspec.settings import Train

if TYPE_CHECKING:
    from netspec.data.targets import Target
    from netspec.engine.train import Epoch, Event
    from netspec.net import Net
    from netspec.weights import Model


@dataclass
class Training:
    """``folder`` has the data; ``where`` says what is kept, and what goes on."""

    net: Net
    settings: Train
    folder: Path
    where: Keep
    workers: int | None
    stop: Callable[[], bool]
    budget: Budget = field(default_factory=Budget)
    max_pixels: int | None = None

    def run(self) -> Iterator[Event]:
        """Read the data, train, keep what is asked for. The run's folder is held until the last event, or until this is closed."""
        keeper = Keeper(self.net, self.where)
        with keeper.held(self.folder):
            try:
                yield from self._run(keeper)
            except MemoryError:
                raise no_memory() from None
            except RuntimeError as error:
                raise (no_memory() if "start new thread" in str(error) else error) from None

    def _run(self, keeper: Keeper) -> Iterator[Event]:
        from netspec.data.batches import Batches, check, known, with_mean
        from netspec.data.images import Reading
        from netspec.data.sets import read_both
        from netspec.engine.train import Epoch, Progress, Trainer
        from netspec.weights import initial

        net, graph = self.net, self.net.graph
        self.inputs, self.targets = net.input_shapes(), targets(net, self.settings)
        names = [*self.inputs, *(target.output for target in self.targets)]
        train, test = read_both(self.folder, net.data.classes, names, Reading.of(net.data, self.max_pixels))
        classes = net.data.classes or getattr(train, "classes", None)
        self.data = with_mean(net.data, train, self.inputs).model_copy(update={"classes": classes})
        batches = Batches(train, self.data, self.inputs, self.targets, self.settings.seed)  # what it holds is no longer free
        batch, recompute = self.budget.settle(net, self.settings.batch, len(train), self.workers)
        asked = self.settings
        settings = self.settings = asked.model_copy(update={"batch": batch})
        self.testable = [target for target in self.targets if target.rebuilds or known(test, target.output) is not None]
        check(test, self.testable or self.targets[:1])
        now = record(graph, settings, self.data, {"train": train, "test": test} if self.where.used else {})
        state = keeper.left(now, settings)
        fresh = initial(graph, settings.seed) if state is None else {}
        trainer = Trainer(graph, fresh, settings, batches, settings.seed, self.stop, self.workers, state, tuned(), recompute)
        keeper.begin(fresh, net.spec(asked if self.budget.memory is None else settings), now, self.folder)
        del fresh, state  # the trainer has them
        before: Progress | None = None
        for event in trainer.run():
            if isinstance(event, Progress):
                before = event
                if event.last:
                    keeper.leave(event.state())
            elif isinstance(event, Epoch):
                scored = self.scored(event, test)
                if scored is None:  # asked to stop meanwhile: the epoch ends when it is tested, by who goes on
                    if before is not None:
                        keeper.leave(before.state())
                    return
                event = scored
                keeper.keep(event, self.data)
            yield event

    # ---- the test set

    def scored(self, event: Epoch, test: Any) -> Epoch | None:
        """The event with what the net now makes of the test set: of every output that has a loss and something in it.

        None where training is asked to stop before that is known.
        """
        from netspec.data.batches import prepared
        from netspec.data.scores import Score, answers, score
        from netspec.engine.evaluate import values

        weights = event.weights()
        model, heads = self._tested(self.net.model(weights))
        if not heads:
            return replace(event, weights=lambda: weights)
        totals = {target.output: Score() for target in heads}
        for inputs, wanted in prepared(test, self.data, self.inputs, list(heads)):
            if self.stop():
                return None
            read = {name: array for name, array in inputs.items() if name in model.graph.inputs}
            found = values(model, read, workers=self.workers)
            for target, end in heads.items():
                held = wanted[target.output]
                totals[target.output] += score(target.loss, answers(found[target.output], len(held), end, bool(end)), held)
        outputs = {
            name: replace(figures, test_loss=totals[name].loss, test_accuracy=totals[name].accuracy) if name in totals else figures
            for name, figures in event.outputs.items()
        }  # fmt: skip
        first = totals[next(iter(heads)).output]
        return replace(event, test_right=first.right, test_count=first.count, test_loss=first.loss, outputs=outputs, weights=lambda: weights)

    def _tested(self, model: Model) -> tuple[Model, dict[Target, str]]:
        """The model whose outputs are the values that the losses read, and by target the last layer that was taken away for that."""
        from netspec.data.scores import BELONGS

        nodes = {node.name: node for node in model.graph.nodes}
        outputs, heads = [], {}
        for output in model.graph.outputs:
            target = next((target for target in self.testable if target.output == output.name), None)
            if target is None:
                continue
            cut = target.end in BELONGS.get(target.loss, ())
            outputs.append(replace(output, value=nodes[output.value].inputs[0]) if cut else output)
            heads[target] = target.end if cut else ""
        return replace(model, graph=replace(model.graph, outputs=tuple(outputs)).deployed()) if outputs else model, heads


def no_memory() -> Trouble:
    """What is told where the machine has not what was planned with."""
    return Trouble("N712", "the memory ran out: the machine gives less than this takes",
                   help="a smaller `--batch`, or `--memory SIZE` with less than is free; a state that was kept goes on with `--resume`")  # fmt: skip


def targets(net: Net, settings: Train) -> list[Target]:
    """What each output with a loss is held against. An output rebuilds the input where that is the only one, of the same shape,
    and the loss is one between numbers (an auto-encoder)."""
    from netspec.data.targets import Target
    from netspec.settings.train import takes_labels

    graph, found = net.graph, []
    inputs = list(graph.inputs.values())
    ends = {node.name: node.op.name for node in graph.nodes}
    for output in graph.outputs:
        loss = settings.loss.get(output.name)
        if loss is None:
            continue
        shape = graph.shapes[output.value]
        rebuilds = not takes_labels(loss) and len(inputs) == 1 and shape == inputs[0]
        sizes = tuple(n if isinstance(n, int) else 0 for n in (*shape[1:], shape[0]))
        found.append(Target(output.name, loss, ends.get(output.value, ""), sizes, rebuilds))
    return found
