"""One training: data to the engine, its events out, and what it learns into a folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Fault, Trouble, strict_json
from netspec.net.tuned import tuned
from netspec.settings import Train

if TYPE_CHECKING:
    from netspec.data.targets import Target
    from netspec.engine.state import State
    from netspec.engine.train import Epoch, Event
    from netspec.net import Net
    from netspec.weights import Model


@dataclass(frozen=True)
class Budget:
    """``memory`` that training may take, in bytes; whether the batch was ``asked`` for; whether activations are made again."""

    memory: int | None = None
    asked: bool = False
    recompute: bool = False

    def settle(self, net: Net, batch: int, examples: int, workers: int | None) -> tuple[int, bool]:
        """The batch, and whether activations are made again so that it fits. Fault N712 where none does."""
        limit = self.memory if self.memory is not None else _free()
        if limit is None:
            return batch, self.recompute
        batch = min(batch, examples)
        if self.memory is None or self.asked:
            for recompute in dict.fromkeys((self.recompute, True)):
                if net.training_bytes(batch, workers, recompute) <= limit:
                    return batch, recompute
        largest = {again: net.largest_batch(limit, workers, again, examples) for again in dict.fromkeys((self.recompute, True))}
        recompute = max(largest, key=lambda again: (largest[again], not again))
        if self.memory is not None and not self.asked and largest[recompute]:
            plain = largest.get(False, 0)
            return (plain, False) if plain >= min(batch, examples) else (largest[recompute], recompute)
        needs = net.training_bytes(batch, workers, True)
        best = f"a batch of {largest[recompute]:,} is the largest that fits" if largest[recompute] else "not even one example fits"
        raise Fault("N712", f"training on batches of {batch:,} takes {_told(needs)}, and there are {_told(limit)}",
                    help=f"{best}{', with `--checkpoint-activations`' if recompute and largest[recompute] else ''}")  # fmt: skip


def _told(count: int) -> str:
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _free() -> int | None:
    """Memory that the machine has to give, in bytes; None where it does not tell."""
    try:
        told = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return 1024 * next(int(line.split()[1]) for line in told if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return None


@dataclass
class Training:
    """``out`` is the folder where the run is kept, ``resume`` one that was kept before and goes on."""

    net: Net
    settings: Train
    folder: Path
    out: Path | None
    workers: int | None
    stop: Callable[[], bool]
    resume: Path | None = None
    budget: Budget = Budget()
    log: list[str] = field(default_factory=list)

    def run(self) -> Iterator[Event]:
        """Read the data, train, keep what is asked for."""
        from netspec.data.batches import Batches, check, known, with_mean
        from netspec.data.sets import read_part
        from netspec.engine.train import Epoch, Progress, Trainer
        from netspec.weights import initial

        net, graph = self.net, self.net.graph
        self.inputs, self.targets = net.input_shapes(), targets(net, self.settings)
        names = [*self.inputs, *(target.output for target in self.targets)]
        train, test = (read_part(self.folder, part, net.data.classes, names) for part in ("train", "test"))
        classes = net.data.classes or getattr(train, "classes", None)
        self.data = with_mean(net.data, train, self.inputs).model_copy(update={"classes": classes})
        batch, recompute = self.budget.settle(net, self.settings.batch, len(train), self.workers)
        settings = self.settings = self.settings.model_copy(update={"batch": batch})
        batches = Batches(train, self.data, self.inputs, self.targets, settings.seed)
        self.testable = [target for target in self.targets if target.rebuilds or known(test, target.output) is not None]
        check(test, self.testable or self.targets[:1])
        state = None if self.resume is None else self.left(self.resume)
        fresh = initial(graph, settings.seed) if state is None else {}
        trainer = Trainer(graph, fresh, settings, batches, settings.seed, self.stop, self.workers, state, tuned(), recompute)
        del fresh, state  # the trainer has them
        if self.out is not None:
            self.begin()
        for event in trainer.run():
            if isinstance(event, Epoch):
                event = self.scored(event, test)
                if self.out is not None:
                    self.keep(event)
            elif isinstance(event, Progress) and event.last and self.out is not None:
                self.leave(event.state())
            yield event

    # ---- the test set

    def scored(self, event: Epoch, test: Any) -> Epoch:
        """The event with what the net now makes of the test set: of every output that has a loss and something in it."""
        from netspec.data.batches import prepared
        from netspec.data.scores import Score, answers, score
        from netspec.engine.evaluate import values

        weights = event.weights()
        model, heads = self._tested(self.net.model(weights))
        if not heads:
            return replace(event, weights=lambda: weights)
        totals = {target.output: Score() for target in heads}
        for inputs, wanted in prepared(test, self.data, self.inputs, list(heads)):
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

    # ---- the run's folder

    def begin(self) -> None:
        """The run's folder with the spec in it; the log of a run that goes on."""
        from netspec.files import atomic_write

        assert self.out is not None
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Trouble("N604", f"{self.out} cannot be made: {(error.strerror or str(error)).lower()}") from None
        atomic_write(self.out / "spec.net", self.net.source.text.encode())
        atomic_write(self.out / "settings.json", (json.dumps(self.settings.to_json(), indent=2, default=str) + "\n").encode())
        if self.resume is not None and (self.resume / "log.jsonl").is_file():
            self.log = (self.resume / "log.jsonl").read_text(encoding="utf-8", errors="replace").splitlines()

    def keep(self, event: Epoch) -> None:
        """Weights, log, model and the state to go on from after an epoch, each whole."""
        from netspec.files import atomic_write
        from netspec.interop.weight_files import save_weights

        assert self.out is not None
        weights = event.weights()
        save_weights(self.out / "weights.safetensors", weights, {"net": self.net.name, "data": self.data.to_json()})
        self.net.compile(self.out / "model.onnx", weights, self.data)
        told = {
            "epoch": event.number, "loss": event.loss, "accuracy": event.accuracy, "test_loss": event.test_loss,
            "test_accuracy": event.test_right / event.test_count if event.test_count else None,
            "test_right": event.test_right, "test_count": event.test_count, "rate": event.rate, "seconds": round(event.seconds, 3),
            "outputs": {name: vars(figures) for name, figures in event.outputs.items()},
        }  # fmt: skip
        self.log.append(strict_json(told))
        atomic_write(self.out / "log.jsonl", ("\n".join(self.log) + "\n").encode())
        self.leave(event.state())

    def leave(self, state: State) -> None:
        """Keep the place, so that a later run goes on from it."""
        from netspec.interop.weight_files import save_weights

        assert self.out is not None
        save_weights(self.out / STATE, state.arrays(), {"place": state.told(), "same": self._same()})

    def left(self, folder: Path) -> State:
        """The state that a run left in its folder. Fault N711 where it is of another net, data or training."""
        from netspec.engine.state import State
        from netspec.interop.weight_files import load_weights
        from netspec.weights import fit

        if not (folder / STATE).is_file():
            raise Trouble("N711", f"{folder} has no {STATE} to go on from", help="it is written after each epoch, and when training is stopped")
        arrays, told = load_weights(folder / STATE)
        try:
            state = State.read(arrays, told["place"])
        except (KeyError, TypeError, ValueError):
            raise Fault("N702", f"{folder / STATE} holds no training to go on with") from None
        fit(self.net.graph, dict(state.weights))
        differing = [name for name, value in self._same().items() if told.get("same", {}).get(name) != value]
        if differing:
            raise Fault("N711", f"{folder} was trained with another {' and another '.join(differing)}",
                        help="go on with the same spec, data and settings, or leave `--resume` out")  # fmt: skip
        return state

    def _same(self) -> dict[str, str]:
        """What must not change between two halves of a run; more epochs may follow where the schedule does not count them."""
        told = self.settings.to_json()
        free = () if any(word in told["schedule"] for word in ("cosine", "poly")) else ("epochs",)
        kept = {name: str(value) for name, value in told.items() if name not in (*free, "stop")}
        return {**kept, "data": json.dumps(self.data.to_json(), sort_keys=True)}


#: The file that a run goes on from.
STATE = "state.safetensors"


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
