"""A run whose layer is cut to its strongest connections and trained on, in a run of its own."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Trouble
from netspec.kinds import kind_of, mistaken
from netspec.net.resuming import said

if TYPE_CHECKING:
    from netspec.net.events import Events
    from netspec.net.net import Net
    from netspec.net.pruning import Layer

#: Training examples that correlations are measured on.
EXAMPLES = 256


@dataclass(frozen=True)
class Figures:
    """Of a run: accuracy and loss of its first output on the test part, or what stands for it; costs of the net."""

    accuracy: float | None
    loss: float
    connections: int | None
    macs: int | None
    parameters: int


@dataclass(frozen=True)
class Cut:
    """One step: the net with ``left`` of ``of`` connections, and its training."""

    number: int
    left: int
    of: int
    events: Events


class Pruning:
    """Cuts ``statement`` of the net of ``run`` to the share ``keep`` of its connections, in ``steps``.

    After each step it is trained on: the last one into ``out``. ``by`` is "magnitude", the norm of a connection's
    kernel, or "correlation", of what it brings with what its output sums up, on ``EXAMPLES`` training examples.
    ``how`` has arguments of ``Net.train``. The run and its files stay as they are.

    Raises Trouble N601 where ``run`` is none, Fault N101 or N728 where no table can be cut from the statement.
    """

    def __init__(
        self, run: Path, statement: str, keep: float, out: Path, by: str = "magnitude", steps: int = 1,
        data: Path | None = None, **how: Any,
    ) -> None:  # fmt: skip
        from netspec.net.pruning import layer_of
        from netspec.net.reading import load
        from netspec.net.run_folder import RunFolder

        if kind_of(run) != "a run's folder":
            raise Trouble("N601", mistaken(run, "a run's folder") or f"{run} is no run's folder",
                          help="`netspec train` makes one")  # fmt: skip
        about = said(run)
        folder = data or about.data
        if folder is None:
            raise Trouble("N601", f"{run} does not say what it was trained on", help="give it: `--data DIR`")
        self.run, self.statement, self.keep, self.out, self.by, self.steps = run, statement, keep, out, by, steps
        self.data, self.how = folder, {**about.options, **how}
        self.net = load(run)
        self.weights: Mapping[str, Any] = self.net.weights_from(run)[0]
        layer_of(self.net, statement, self.weights)
        RunFolder(out, False, False, (), print).claim([run]).release()  # what is wrong with it is told before any work
        self.before = self._figures(self.net, run)

    def cuts(self) -> Iterator[Cut]:
        """The steps, each to be trained before the next one is asked for."""
        from netspec.net.pruning import chosen, cut, layer_of

        whole = len(layer_of(self.net, self.statement, self.weights).pairs)
        for number in range(1, self.steps + 1):
            layer = layer_of(self.net, self.statement, self.weights)
            count = max(1, round(whole * self.keep ** (number / self.steps)))
            feeds = chosen(layer, self._strengths(layer), count)
            self.net, self.weights = cut(self.net, self.weights, self.statement, feeds)
            last = number == self.steps
            events = self.net.train(self.data, start=self.weights, out=self.out if last else None, **self.how)
            yield Cut(number, sum(map(len, feeds)), whole, events)

    def trained(self, weights: Callable[[], Mapping[str, Any]]) -> None:
        """Go on with what a step's last epoch made of the weights."""
        self.weights = weights()

    def after(self) -> Figures:
        """The figures of the new run."""
        return self._figures(self.net, self.out)

    def _strengths(self, layer: Layer) -> Any:
        from netspec.net.pruning import correlations, magnitudes

        return magnitudes(layer) if self.by == "magnitude" else correlations(
            self.net, self.weights, layer, self._examples()
        )  # fmt: skip

    def _examples(self) -> Mapping[str, Any]:
        """Training examples as the net reads them, channels last."""
        events = self.net.train(self.data, **self.how)
        events.close()  # nothing is trained: it reads the data as a training does
        _, batches = events.training.ready()
        with closing(batches.epoch(0, min(EXAMPLES, len(batches)))) as source:
            return {name: array.copy() for name, array in next(source)[0].items()}

    def _figures(self, net: Net, run: Path) -> Figures:
        from netspec.net.evaluation import evaluate

        _, found = evaluate(run, self.data, "cpu")
        score = next(iter(found.scores.values()))
        told = net.summary()
        return Figures(score.accuracy, score.loss, told["connections"], told["macs"], told["parameters"])
